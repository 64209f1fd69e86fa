"""What hosts decide: titles, rules and people. These commands join the group of `stories`; see also `lifecycle`."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, get_args

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput
from bot.rules.languages import FOUND, offered
from bot.rules.stories import (
    LICENCES,
    Additions,
    Story,
    Unvoted,
    Voters,
    Writers,
)
from bot.rules.text.characters import is_blank
from bot.stories.access import Who
from bot.ui.answers import GIVEN, keep_given, open_form, whisper
from bot.ui.cards import notice
from bot.ui.escaping import escape
from bot.ui.forms import submitted
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from cogs.core.access import StoryAccess
from cogs.core.command_options import Quorum, RoundMinutes, Title, WordCount
from cogs.core.context import CHOICES, StoryCog
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.stories import custom_ids
from cogs.stories.cards import people_card, rules_card
from cogs.stories.forms import PREMISE, TITLE, TitleForm
from cogs.stories.group import StoryGroupCog
from cogs.stories.threads import thread_name

_log = logging.getLogger(__name__)

RENAME_S = 4.0
"""How long a renaming of a thread is waited for: Discord allows two in ten minutes, and lets the third wait."""


def _choices(name: str, values: tuple[str, ...]) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(name=named(f"storychoice.{name}_{value.replace('.', '-')}"), value=value)
        for value in values
    ]


class StoryHostingCog(StoryGroupCog):
    """What a story is called, what holds in it, and who has a say."""

    _context: StoryAccess

    def __init__(
        self, tree: InklingTree, services: Services, flow: GenerationFlow, dispatcher: OutboxDispatcher
    ) -> None:
        super().__init__(tree, {"rename": self.rename, "rules": self.rules, "people": self.people})
        self._services = services
        self._dispatcher = dispatcher
        self._context = StoryAccess(services, flow)
        for route, handler in {
            custom_ids.RENAME_FORM: self.form_renamed,
            custom_ids.RULES: self.show_rules,
        }.items():
            tree.route(route, handler)

    async def languages(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Autocomplete: languages that a story may be written in."""
        return [app_commands.Choice(name=name, value=tag) for tag, name in offered(current, CHOICES)]

    # ---- title and rules

    @app_commands.rename(title=named("command.story.title.name"), story=named("command.story.story.name"))
    @app_commands.describe(
        title=named("command.story.title.description"), story=named("command.story.story.description")
    )
    @app_commands.autocomplete(story=StoryCog.stories)
    async def rename(
        self, interaction: discord.Interaction[commands.Bot], title: Title | None = None, story: str | None = None
    ) -> None:
        """Give a story another title; without one, ask for title and premise in a form."""
        who, found = await self._context.led(interaction, story)
        if title is None:
            form = TitleForm(private(interaction), found, custom_ids.RENAME_FORM.id(found.id))
            await open_form(interaction, form)
        else:
            await self._renamed(interaction, who, found, title, None)

    async def form_renamed(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        title, premise = submitted(interaction, TITLE), submitted(interaction, PREMISE)
        keep_given(interaction, title, premise)
        who, story = await self._context.clicked(interaction, ids)
        await self._renamed(interaction, who, story, title, premise)

    async def _renamed(
        self, interaction: discord.Interaction[Any], who: Who, before: Story, title: str, premise: str | None
    ) -> None:
        story = await self._services.hosting.rename(who, before.id, title, premise)
        interaction.extras.pop(GIVEN, None)
        say = private(interaction)
        await whisper(interaction, notice(say("story.renamed", title=escape(story.title))))
        await self._dispatcher.flush()
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
                    await thread.edit(name=thread_name(story))
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
        language=named("command.story.rules.language.name"),
        outside=named("command.story.rules.outside.name"),
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
        language=named("command.story.rules.language.description"),
        outside=named("command.story.rules.outside.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.choices(
        writers=_choices("writers", get_args(Writers)),
        additions=_choices("additions", get_args(Additions)),
        voters=_choices("voters", get_args(Voters)),
        unvoted=_choices("unvoted", get_args(Unvoted)),
        licence=_choices("licence", LICENCES),
    )
    @app_commands.autocomplete(story=StoryCog.stories, language=languages)
    async def rules(
        self,
        interaction: discord.Interaction[commands.Bot],
        writers: str | None = None,
        ai: bool | None = None,
        additions: str | None = None,
        min_words: WordCount | None = None,
        max_words: WordCount | None = None,
        round_minutes: RoundMinutes | None = None,
        quorum: Quorum | None = None,
        voters: str | None = None,
        unvoted: str | None = None,
        licence: str | None = None,
        language: str | None = None,
        outside: bool | None = None,
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
            "language": language,
            "outside": outside,
        }
        change: Any = {name: value for name, value in given.items() if value is not None}
        if is_blank(change.get("language", FOUND)):
            raise BadInput("story_language")  # as a rule it would mean that the program is to find it out
        if change:
            who, found = await self._context.led(interaction, story)
            found = await self._services.hosting.set_rules(who, found.id, **change)
        else:
            _, found = await self._context.story(interaction, story)
        await whisper(interaction, rules_card(private(interaction), found, changed=bool(change)))
        await self._dispatcher.flush()

    async def show_rules(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Rules*: in words, for the person who asks."""
        _, story = await self._context.clicked(interaction, ids)
        await whisper(interaction, rules_card(private(interaction), story))

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
    @app_commands.autocomplete(story=StoryCog.stories)
    async def people(
        self,
        interaction: discord.Interaction[commands.Bot],
        person: discord.User | discord.Member | None = None,
        role: str = "invited",
        remove: bool = False,
        story: str | None = None,
    ) -> None:
        """Show who has which role, after changing what was given."""
        say = private(interaction)
        note = None
        who, found = await self._context.story(interaction, story)
        if person is not None:
            if person.bot:
                raise BadInput("role_bot")
            if role == "host" and not remove and not isinstance(person, discord.Member):
                raise BadInput("host_not_here")
            found = await self._context.with_host(interaction, who, found)
            found = await self._give_role(who, found, person.id, role, remove)
            note = say(f"story.role_{'taken' if remove else 'given'}", name=person.mention)
        people = await self._services.hosting.people(found)
        await whisper(interaction, people_card(say, found, people, note=note))
        await self._dispatcher.flush()

    async def _give_role(self, who: Who, story: Story, person_id: int, role: str, remove: bool) -> Story:
        hosting = self._services.hosting
        if role == "host":
            if remove:
                raise BadInput("role_host")
            return await hosting.hand_over(who, story.id, person_id)
        return await hosting.set_role(who, story.id, person_id, "cohost" if role == "cohost" else "invited", not remove)
