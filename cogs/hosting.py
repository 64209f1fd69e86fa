"""What hosts decide: titles, rules, people, whether a story goes on. These commands join the group of `stories`."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, get_args

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput
from bot.rules.stories import (
    GRACE_MS,
    LICENCES,
    MAX_TITLE,
    MAX_WORDS,
    QUORUM,
    ROUND_MINUTES,
    Additions,
    RulesChange,
    Story,
    StoryState,
    Unvoted,
    Voters,
    Writers,
    require_lead,
)
from bot.stories.finding import Who
from bot.ui.answers import GIVEN, guard, whisper
from bot.ui.cards import notice
from bot.ui.escaping import escape
from bot.ui.forms import submitted
from bot.ui.locale import named, private
from bot.ui.stories import delete_card, people_card, rules_card
from bot.ui.stories_forms import PREMISE, TITLE, TitleForm
from bot.ui.tree import InklingTree
from cogs.asking import Asking
from cogs.finding import Finding
from cogs.services import Services
from cogs.showing import Showing
from cogs.threads import place_for_story

_log = logging.getLogger(__name__)

RENAME_S = 4.0
"""How long a renaming of a thread is waited for: Discord allows two in ten minutes, and lets the third wait."""
_GRACE_DAYS = GRACE_MS // (24 * 60 * 60 * 1000)
_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013

Title = app_commands.Range[str, 1, MAX_TITLE]
Words = app_commands.Range[int, 1, MAX_WORDS]
Minutes = app_commands.Range[int, ROUND_MINUTES[0], ROUND_MINUTES[-1]]
Quorum = app_commands.Range[int, QUORUM[0], QUORUM[-1]]


def _choices(name: str, values: tuple[str, ...]) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(name=named(f"storychoice.{name}_{value.replace('.', '-')}"), value=value)
        for value in values
    ]


class Hosts(commands.Cog):
    """What is decided about stories."""

    def __init__(self, tree: InklingTree, services: Services, asking: Asking, showing: Showing) -> None:
        self._tree = tree
        self._services = services
        self._showing = showing
        self._finding = Finding(services, asking)
        self._commands = [
            app_commands.Command(
                name=named(f"command.story.{name}.name"),
                description=named(f"command.story.{name}.description"),
                callback=callback,
            )
            for name, callback in {
                "rename": self.rename,
                "rules": self.rules,
                "pause": self.pause,
                "resume": self.resume,
                "end": self.end,
                "delete": self.delete,
                "restore": self.restore,
                "reopen": self.reopen,
                "people": self.people,
            }.items()
        ]
        for action, handler in {
            "srename": self.form_renamed,
            "srules": self.show_rules,
            "sdelete": self.deleted,
            "srestore": self.restored,
        }.items():
            tree.route(action, handler)

    async def cog_load(self) -> None:
        group = self._tree.get_command("story")
        assert isinstance(group, app_commands.Group), "the cog that owns the group is loaded first"
        for command in self._commands:
            group.add_command(command)

    async def stories(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Autocomplete: the server's stories."""
        return await self._finding.choices(interaction, current)

    async def deleted_stories(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        """Autocomplete: those of the server that can be restored."""
        return await self._finding.choices(interaction, current, ("deleted",))

    # ---- title and rules

    @app_commands.rename(title=named("command.story.title.name"), story=named("command.story.story.name"))
    @app_commands.describe(
        title=named("command.story.title.description"), story=named("command.story.story.description")
    )
    @app_commands.autocomplete(story=stories)
    async def rename(
        self, interaction: discord.Interaction[commands.Bot], title: Title | None = None, story: str | None = None
    ) -> None:
        """Give a story another title; without one, ask for title and premise in a form."""
        await guard(interaction, self._rename(interaction, title, story))

    async def _rename(self, interaction: discord.Interaction[Any], title: str | None, given: str | None) -> None:
        who, story = await self._led(interaction, given)
        if title is None:
            form = TitleForm(private(interaction), story, f"ink:srename:{story.id}")
            await interaction.response.send_modal(form)
        else:
            await self._renamed(interaction, who, story, title, None)

    async def form_renamed(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        title, premise = submitted(interaction, TITLE), submitted(interaction, PREMISE)
        interaction.extras[GIVEN] = "\n\n".join(part for part in (title, premise) if part.strip())
        who, story = await self._finding.clicked(interaction, ids)
        await self._renamed(interaction, who, story, title, premise)

    async def _renamed(
        self, interaction: discord.Interaction[Any], who: Who, before: Story, title: str, premise: str | None
    ) -> None:
        story = await self._services.hosting.rename(who, before.id, title, premise)
        interaction.extras.pop(GIVEN, None)
        say = private(interaction)
        await whisper(interaction, notice(say("story.renamed", title=escape(story.title))))
        await self._showing.flush()
        if story.title != before.title and not await self._rename_thread(interaction.client, story):
            await whisper(interaction, notice(say("story.thread_keeps_name")))

    async def _rename_thread(self, client: discord.Client, story: Story) -> bool:
        """Give the story's thread its title, where it has one; tell whether that is done."""
        if story.thread_id is None:
            return True
        try:
            async with asyncio.timeout(RENAME_S):
                thread = client.get_channel(story.thread_id) or await client.fetch_channel(story.thread_id)
                if isinstance(thread, discord.Thread):
                    await thread.edit(name=story.title)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            _log.info("the thread of story %d could not be renamed: %s", story.id, error)
            return False
        return True

    @app_commands.rename(
        writers=named("command.story.rules.writers.name"),
        ai=named("command.story.rules.ai.name"),
        additions=named("command.story.rules.additions.name"),
        min_words=named("command.story.rules.min_words.name"),
        max_words=named("command.story.rules.max_words.name"),
        round_minutes=named("command.story.rules.round_minutes.name"),
        quorum=named("command.story.rules.quorum.name"),
        voters=named("command.story.rules.voters.name"),
        unvoted=named("command.story.rules.unvoted.name"),
        licence=named("command.story.rules.licence.name"),
        story=named("command.story.story.name"),
    )
    @app_commands.describe(
        writers=named("command.story.rules.writers.description"),
        ai=named("command.story.rules.ai.description"),
        additions=named("command.story.rules.additions.description"),
        min_words=named("command.story.rules.min_words.description"),
        max_words=named("command.story.rules.max_words.description"),
        round_minutes=named("command.story.rules.round_minutes.description"),
        quorum=named("command.story.rules.quorum.description"),
        voters=named("command.story.rules.voters.description"),
        unvoted=named("command.story.rules.unvoted.description"),
        licence=named("command.story.rules.licence.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.choices(
        writers=_choices("writers", get_args(Writers)),
        additions=_choices("additions", get_args(Additions)),
        voters=_choices("voters", get_args(Voters)),
        unvoted=_choices("unvoted", get_args(Unvoted)),
        licence=_choices("licence", LICENCES),
    )
    @app_commands.autocomplete(story=stories)
    async def rules(
        self,
        interaction: discord.Interaction[commands.Bot],
        writers: str | None = None,
        ai: bool | None = None,
        additions: str | None = None,
        min_words: Words | None = None,
        max_words: Words | None = None,
        round_minutes: Minutes | None = None,
        quorum: Quorum | None = None,
        voters: str | None = None,
        unvoted: str | None = None,
        licence: str | None = None,
        story: str | None = None,
    ) -> None:
        """Show a story's rules, after changing what was given."""
        given = {
            "writers": writers,
            "ai": ai,
            "additions": additions,
            "min_words": min_words,
            "max_words": max_words,
            "round_minutes": round_minutes,
            "quorum": quorum,
            "voters": voters,
            "unvoted": unvoted,
            "licence": licence,
        }
        change: Any = {name: value for name, value in given.items() if value is not None}
        await guard(interaction, self._rules(interaction, change, story))

    async def _rules(self, interaction: discord.Interaction[Any], change: RulesChange, given: str | None) -> None:
        if change:
            who, story = await self._led(interaction, given)
            story = await self._services.hosting.set_rules(who, story.id, **change)
        else:
            _, story = await self._finding.story(interaction, given)
        await whisper(interaction, rules_card(private(interaction), story, changed=bool(change)))
        await self._showing.flush()

    async def show_rules(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Rules*: in words, for the person who asks."""
        _, story = await self._finding.clicked(interaction, ids)
        await whisper(interaction, rules_card(private(interaction), story))

    # ---- whether it goes on

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=stories)
    async def pause(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Let nothing be written for a while."""
        await guard(interaction, self._move(interaction, story, "paused"))

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=stories)
    async def resume(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Go on with a story that was paused or ended."""
        await guard(interaction, self._move(interaction, story, "open"))

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=stories)
    async def end(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """End a story."""
        await guard(interaction, self._move(interaction, story, "ended"))

    async def _move(self, interaction: discord.Interaction[Any], given: str | None, state: StoryState) -> None:
        who, story = await self._led(interaction, given)
        if state == "open" and story.state == "deleted":
            raise BadInput("restore_instead")
        await self._services.hosting.move(who, story.id, state)
        await whisper(interaction, notice(private(interaction)(f"story.now_{state}", title=escape(story.title))))
        await self._showing.flush()

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=stories)
    async def delete(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Ask whether a story is really to go."""
        await guard(interaction, self._delete(interaction, story))

    async def _delete(self, interaction: discord.Interaction[Any], given: str | None) -> None:
        _, story = await self._led(interaction, given)
        await whisper(interaction, delete_card(private(interaction), story, _GRACE_DAYS))

    async def deleted(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the confirmation."""
        who, story = await self._finding.clicked(interaction, ids)
        await self._services.hosting.move(who, story.id, "deleted")
        told = private(interaction)("story.now_deleted", title=escape(story.title), count=_GRACE_DAYS)
        await interaction.response.edit_message(view=notice(told))
        await self._showing.flush()

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=deleted_stories)
    async def restore(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Bring a deleted story back."""
        await guard(interaction, self._restore(interaction, story))

    async def _restore(self, interaction: discord.Interaction[Any], given: str | None) -> None:
        who, story = await self._finding.story(interaction, given, ("deleted",))
        await self._bring_back(interaction, who, story)

    async def restored(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Restore* on the card."""
        who, story = await self._finding.clicked(interaction, ids)
        await self._bring_back(interaction, who, story)

    async def _bring_back(self, interaction: discord.Interaction[Any], who: Who, story: Story) -> None:
        await self._services.hosting.restore(who, story.id)
        await whisper(interaction, notice(private(interaction)("story.restored", title=escape(story.title))))
        await self._showing.flush()

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=stories)
    async def reopen(self, interaction: discord.Interaction[commands.Bot], story: str) -> None:
        """Open another thread, here, for a story that lost its own or is to move."""
        await guard(interaction, self._reopen(interaction, story))

    async def _reopen(self, interaction: discord.Interaction[Any], given: str) -> None:
        who, story = await self._led(interaction, given)
        say = private(interaction)
        channel_id = place_for_story(interaction, say)
        await self._services.hosting.reopen(who, story.id, channel_id)
        await whisper(interaction, notice(say("story.opening", title=escape(story.title))))
        await self._showing.flush()
        opened = await self._services.library.open(story.id)
        if opened is None or opened.thread_id is None:
            told = say("story.opens_later", title=escape(story.title))
        else:
            told = say("story.opened", title=escape(story.title), thread=f"<#{opened.thread_id}>")
        await interaction.edit_original_response(view=notice(told))

    # ---- people

    @app_commands.rename(
        person=named("command.story.people.person.name"),
        role=named("command.story.people.role.name"),
        remove=named("command.story.people.remove.name"),
        story=named("command.story.story.name"),
    )
    @app_commands.describe(
        person=named("command.story.people.person.description"),
        role=named("command.story.people.role.description"),
        remove=named("command.story.people.remove.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.choices(role=_choices("role", ("invited", "cohost", "host")))
    @app_commands.autocomplete(story=stories)
    async def people(
        self,
        interaction: discord.Interaction[commands.Bot],
        person: discord.Member | None = None,
        role: str = "invited",
        remove: bool = False,
        story: str | None = None,
    ) -> None:
        """Show who has which role, after changing what was given."""
        await guard(interaction, self._people(interaction, person, role, remove, story))

    async def _people(
        self,
        interaction: discord.Interaction[Any],
        person: discord.Member | None,
        role: str,
        remove: bool,
        given: str | None,
    ) -> None:
        say = private(interaction)
        note = None
        who, story = await self._finding.story(interaction, given)
        if person is not None:
            if person.bot:
                raise BadInput("role_bot")
            story = await self._with_host(interaction, who, story)
            story = await self._give_role(who, story, person.id, role, remove)
            note = say(f"story.role_{'taken' if remove else 'given'}", name=person.mention)
        people = await self._services.hosting.people(story)
        await whisper(interaction, people_card(say, story, people, note=note))
        await self._showing.flush()

    async def _give_role(self, who: Who, story: Story, person_id: int, role: str, remove: bool) -> Story:
        hosting = self._services.hosting
        if role == "host":
            if remove:
                raise BadInput("role_host")
            return await hosting.hand_over(who, story.id, person_id)
        return await hosting.set_role(who, story.id, person_id, "cohost" if role == "cohost" else "invited", not remove)

    # ---- who leads

    async def _led(self, interaction: discord.Interaction[Any], given: str | None) -> tuple[Who, Story]:
        """Return who acts, and the story, which they lead. Raises `NotAllowed`, and as `Finding.story`."""
        who, story = await self._finding.story(interaction, given)
        story = await self._with_host(interaction, who, story)
        require_lead(await self._services.library.standing(story, who.person_id, who.manages))
        return who, story

    async def _with_host(self, interaction: discord.Interaction[Any], who: Who, story: Story) -> Story:
        """Look, when somebody acts in the host's place, whether the host is still in the server: nobody tells the bot
        when people leave."""
        if story.host_id is None or story.host_id == who.person_id or interaction.guild is None:
            return story
        try:
            await interaction.guild.fetch_member(story.host_id)
        except discord.NotFound as error:
            if error.code in (_UNKNOWN_MEMBER, _UNKNOWN_USER):
                return await self._services.hosting.host_left(story)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            _log.info("it could not be seen whether a host is still here: %s", error)
        return story
