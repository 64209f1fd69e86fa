"""What hosts decide about whether a story goes on, goes away, or moves. These commands join the group of `stories`."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput
from bot.rules.stories import GRACE_MS, Story, StoryState
from bot.stories.access import Who
from bot.ui.answers import replace, whisper
from bot.ui.cards import notice
from bot.ui.escaping import escape
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from cogs.core.access import StoryAccess
from cogs.core.context import StoryCog
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.stories import custom_ids
from cogs.stories.cards import delete_card
from cogs.stories.group import StoryGroupCog
from cogs.stories.threads import place_for_story, show_opened

_GRACE_DAYS = GRACE_MS // (24 * 60 * 60 * 1000)
"""Days within which a deleted story can be restored."""


class StoryLifecycleCog(StoryGroupCog):
    """Whether stories go on, and where."""

    _context: StoryAccess

    def __init__(
        self, tree: InklingTree, services: Services, flow: GenerationFlow, dispatcher: OutboxDispatcher
    ) -> None:
        super().__init__(
            tree,
            {
                "pause": self.pause,
                "resume": self.resume,
                "end": self.end,
                "delete": self.delete,
                "restore": self.restore,
                "reopen": self.reopen,
            },
        )
        self._services = services
        self._dispatcher = dispatcher
        self._context = StoryAccess(services, flow)
        tree.route(custom_ids.DELETE, self.deleted)
        tree.route(custom_ids.RESTORE, self.restored)

    async def deleted_stories(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        """Autocomplete: those of the server that can be restored."""
        return await self._context.choices(interaction, current, ("deleted",))

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def pause(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Let nothing be written for a while."""
        await self._move(interaction, story, "paused")

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def resume(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Go on with a story that was paused or ended."""
        await self._move(interaction, story, "open")

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def end(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """End a story."""
        await self._move(interaction, story, "ended")

    async def _move(self, interaction: discord.Interaction[Any], given: str | None, state: StoryState) -> None:
        who, story = await self._context.led(interaction, given)
        if state == "open" and story.state == "deleted":
            raise BadInput("restore_instead")
        await self._services.hosting.move(who, story.id, state)
        await whisper(interaction, notice(private(interaction)(f"story.now_{state}", title=escape(story.title))))
        await self._dispatcher.flush()

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def delete(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Ask whether a story is really to go."""
        _, found = await self._context.led(interaction, story)
        await whisper(interaction, delete_card(private(interaction), found, _GRACE_DAYS))

    async def deleted(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the confirmation."""
        who, story = await self._context.clicked(interaction, ids)
        await self._services.hosting.move(who, story.id, "deleted")
        told = private(interaction)("story.now_deleted", title=escape(story.title), count=_GRACE_DAYS)
        await replace(interaction, notice(told))
        await self._dispatcher.flush()

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=deleted_stories)
    async def restore(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Bring a deleted story back."""
        who, found = await self._context.story(interaction, story, ("deleted",))
        await self._bring_back(interaction, who, found)

    async def restored(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Restore* on the card."""
        who, story = await self._context.clicked(interaction, ids)
        await self._bring_back(interaction, who, story)

    async def _bring_back(self, interaction: discord.Interaction[Any], who: Who, story: Story) -> None:
        await self._services.hosting.restore(who, story.id)
        await whisper(interaction, notice(private(interaction)("story.restored", title=escape(story.title))))
        await self._dispatcher.flush()

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def reopen(self, interaction: discord.Interaction[commands.Bot], story: str) -> None:
        """Open another thread, here, for a story that lost its own or is to move."""
        who, found = await self._context.led(interaction, story)
        channel_id = place_for_story(interaction, private(interaction))
        found = await self._services.hosting.reopen(who, found.id, channel_id)
        await show_opened(interaction, self._services, self._dispatcher, found)
