"""The threads of stories: they are opened, found again, and what stands in them is rendered here."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import discord
from discord.ext import commands

from bot.errors import NotHere
from bot.rules.posts import Post
from bot.rules.stories import Story
from bot.ui import permissions
from bot.ui.answers import change, open_form, whisper
from bot.ui.cards import Card, notice
from bot.ui.cutting import label
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue, private
from bot.ui.permissions import STORIES, STORIES_BETTER, lacking
from bot.ui.prose import Prose, prose
from cogs.core.context import InteractionContext
from cogs.core.generation_flow import GenerationFlow
from cogs.core.next_steps import next_steps
from cogs.core.outbox import CLOCKS_DIFFER, OutboxDispatcher
from cogs.core.services import Services
from cogs.stories import custom_ids
from cogs.stories.cards import story_card
from cogs.stories.forms import StoryForm

_log = logging.getLogger(__name__)

ARCHIVE_AFTER_MIN: Final = 10080
"""A week, the longest that Discord has."""
THREAD_NAME = 100
"""Characters that the name of a thread may have."""


class ThreadsCog(commands.Cog):
    """Keeps the threads of stories. Showing begins to work when this cog is loaded, and ends with it."""

    def __init__(self, bot: commands.Bot, services: Services, dispatcher: OutboxDispatcher) -> None:
        self._bot = bot
        self._services = services
        self._dispatcher = dispatcher
        dispatcher.register("story", self.card, prepare=self.open, settled=self.pin)
        dispatcher.register("passage", self.prose)

    async def cog_load(self) -> None:
        self._dispatcher.start()

    async def cog_unload(self) -> None:
        self._dispatcher.stop()

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """The thread of a story was deleted by hand: the story stays in the archive."""
        story = await self._services.hosting.forget_thread(payload.thread_id)
        if story is not None:
            _log.info("the thread of story %d was deleted", story.id)

    # ---- what is on show

    async def card(self, post: Post) -> Card | None:
        """Render the card of a story."""
        found = await self._services.story_queries.get_with_last(post.ref_id)
        if found is None:
            return None
        story, last = found
        return story_card(await self._dispatcher.say(story.server_id), story, last)

    async def prose(self, post: Post) -> Prose | None:
        """Render a passage."""
        found = await self._services.story_queries.get_posted_passage(post)
        if found is None:
            return None
        if not found.is_canon and post.message_id is None:
            return None  # it was taken back before anybody saw it
        say = await self._dispatcher.say(found.story.server_id)
        steps = next_steps(say, found.story, found.passage) if found.is_newest else ()
        return prose(say, found.passage, post.part, stands=found.is_canon, buttons=steps, first=found.is_first)

    async def pin(self, post: Post, message: discord.PartialMessage) -> None:
        """Pin the card of a story when it is new, without leaving a note that it was pinned."""
        if post.message_id is not None:
            return
        try:
            await message.pin()
            async for note in message.channel.history(limit=5, after=message):
                if note.type is discord.MessageType.pins_add and note.author == self._bot.user:
                    await note.delete()
        except (discord.HTTPException, aiohttp.ClientError) as error:
            _log.info("the card of story %d could not be pinned: %s", post.ref_id, error)

    # ---- opening

    async def open(self, post: Post) -> bool:
        """Open the thread of a story that has none, and tell whether there is one already. One that was opened just
        before a crash is found again, so that there are never two."""
        story = await self._services.story_queries.get(post.ref_id)
        if story is None or story.thread_id is not None:
            return True
        thread = await self._opened_before(story, post)
        if thread is None:
            channel = self._bot.get_channel(story.channel_id) or await self._bot.fetch_channel(story.channel_id)
            await self._services.outbox.mark_tried(post)
            assert isinstance(channel, discord.TextChannel), "a story is begun in a channel that can have threads"
            kind = discord.ChannelType.news_thread if channel.is_news() else discord.ChannelType.public_thread
            thread = await channel.create_thread(
                name=thread_name(story), type=kind, auto_archive_duration=ARCHIVE_AFTER_MIN
            )
        if not await self._services.hosting.set_thread(story.id, thread.id):
            await thread.delete()
        return False

    async def _opened_before(self, story: Story, post: Post) -> discord.Thread | None:
        guild = self._bot.get_guild(story.server_id)
        me = self._bot.user
        if post.tried_ms is None or guild is None or me is None:
            return None
        since = datetime.fromtimestamp(post.tried_ms / 1000, UTC) - CLOCKS_DIFFER
        for thread in await guild.active_threads():
            ours = (
                thread.parent_id == story.channel_id and thread.owner_id == me.id and thread.name == thread_name(story)
            )
            late = thread.created_at is not None and thread.created_at >= since
            new = late or not thread.total_message_sent  # by this machine's clock, which may be wrong, or by itself
            if ours and new and not await self._services.hosting.is_known(thread.id):
                return thread
        return None


def thread_name(story: Story) -> str:
    """Return what the thread of a story is called."""
    return label(story.title, THREAD_NAME)


async def open_story_form(
    interaction: discord.Interaction[Any], flow: GenerationFlow, context: InteractionContext, *beginning: int
) -> None:
    """Ask for a new story in a form: with the id of a generation and a position, for one that begins with that
    suggestion. Raises `NotAllowed` where the person lacks the role for starting stories."""
    await context.enter(interaction)
    await flow.permitted(interaction, "stories")
    say = private(interaction)
    place_for_story(interaction, say)
    await open_form(interaction, StoryForm(say, custom_ids.NEW_FORM.id(*beginning)))


async def show_opened(
    interaction: discord.Interaction[Any], services: Services, dispatcher: OutboxDispatcher, story: Story
) -> bool:
    """Have the thread of a story opened that is kept already, and tell the person where it is; return whether they are
    known to have heard."""
    say = private(interaction)
    title = escape(story.title)
    heard = await whisper(interaction, notice(say("story.opening", title=title)))
    await dispatcher.flush()
    opened = await services.story_queries.get(story.id)
    if opened is None or opened.thread_id is None:
        await change(interaction, notice(say("story.opens_later", title=title)))
        return heard
    notes = [say("story.opened", title=title, thread=f"<#{opened.thread_id}>")]
    if missing := lacking(interaction, STORIES_BETTER):
        notes.append(f"-# {say('story.opened_without', permissions=permissions.told(say, missing))}")
    await change(interaction, notice(*notes))
    return heard


def place_for_story(interaction: discord.Interaction[Any], say: Catalogue) -> int:
    """Return the channel in which a thread is to be opened: this one, or the one whose thread this is.

    Raises `NotHere`: `no_threads_here` where a channel has none; `bot_lacks` (permissions), in words, where the bot may
    not open or write in one.
    """
    channel: Any = interaction.channel
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    if not isinstance(channel, discord.TextChannel):
        raise NotHere("no_threads_here")
    if missing := lacking(interaction, STORIES):
        raise NotHere("bot_lacks", permissions=permissions.told(say, missing))
    return channel.id
