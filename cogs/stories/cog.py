"""/story …: beginning a story, and writing in it. Reading is in `browsing`, taking back in `undoing`, what
its hosts decide in `hosting`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput, Gone
from bot.rules.generations import Place
from bot.rules.stories import LICENCES, MAX_TITLE, NewStory, RulesChange, Story, StoryRules, change_rules
from bot.stories.access import Who
from bot.stories.beginning import Beginning, beginning_of
from bot.stories.earlier_run import EarlierRun
from bot.ui.answers import GIVEN, keep_given, open_form, replace, respond
from bot.ui.cards import Card, notice
from bot.ui.custom_ids import START_STORY, WRITE_ON, number
from bot.ui.escaping import escape
from bot.ui.forms import chosen, picked, submitted
from bot.ui.locale import Catalogue, named, private
from bot.ui.tree import InklingTree
from cogs.core.blocked_posts import BlockedPosts
from cogs.core.command_options import PassageNumber, PassageText, RoundMinutes, Title
from cogs.core.context import InteractionContext, StoryCog
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.repeats import Act, Repeats
from cogs.core.roles import role_refusal
from cogs.core.services import Services
from cogs.core.vote_minutes import chosen_minutes
from cogs.stories import custom_ids
from cogs.stories.adding import AddToStory
from cogs.stories.cards import overtaken_card
from cogs.stories.forms import AI, LICENCE, PREMISE, TITLE, WRITERS, PassageForm
from cogs.stories.threads import open_story_form, place_for_story, show_opened

_CHAIN = 100
"""So many cards back it is looked which of a text's words were suggested."""


class StoriesCog(StoryCog):
    """/story …: beginning and writing. It owns the group `/story`, to which others add their commands."""

    story = app_commands.Group(
        name=named("command.story.name"),
        description=named("command.story.description"),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )

    def __init__(
        self,
        tree: InklingTree,
        services: Services,
        flow: GenerationFlow,
        dispatcher: OutboxDispatcher,
        refusals: BlockedPosts,
    ) -> None:
        self._tree = tree
        self._services = services
        self._dispatcher = dispatcher
        self._refusals = refusals
        self._context = InteractionContext(services, flow)
        self._flow = flow
        self._register_repeats(flow.repeats)
        flow.message_uses.register(AddToStory(self._context, services.story_queries, self._keep))
        for route, handler in {
            custom_ids.NEW: self.begin,
            custom_ids.NEW_FORM: self.form_new,
            START_STORY: self.begin_from,
            WRITE_ON: self.write_on,
            custom_ids.PASSAGE_FORM: self.form_added,
            custom_ids.ADD_AGAIN: self.add_again,
        }.items():
            tree.route(route, handler)

    # ---- beginning

    @story.command(name=named("command.story.new.name"), description=named("command.story.new.description"))
    async def new(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Ask for a new story in a form."""
        await open_story_form(interaction, self._flow, self._context)

    async def begin(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Start a story*: the same form."""
        await open_story_form(interaction, self._flow, self._context)

    async def begin_from(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu *Start a story from…* on the card of a /continue or /infill: the same form."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        position = number(picked(interaction), 0)
        await open_story_form(interaction, self._flow, self._context, generation.id, position)

    async def form_new(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: keeps the story, then opens its thread."""
        title, premise = submitted(interaction, TITLE), submitted(interaction, PREMISE)
        keep_given(interaction, title, premise)
        who = await self._context.enter(interaction)
        say = private(interaction)
        new = NewStory(
            server_id=who.server_id,
            channel_id=place_for_story(interaction, say),
            host_id=who.person_id,
            title=title,
            premise=premise,
            rules=_chosen_rules(interaction),
        )
        beginning = await self._beginning(self._flow.place(interaction), ids) if ids != ("",) else None
        await self._begin(interaction, who, new, beginning)

    async def _begin(
        self, interaction: discord.Interaction[Any], who: Who, new: NewStory, beginning: Beginning | None
    ) -> None:
        await self._flow.permitted(interaction, "stories")
        act = Act.of(who, "story", new.channel_id, new, beginning)
        await self._flow.repeats.check(interaction, act)
        story = await self._services.passage_service.start(new, beginning)
        interaction.extras.pop(GIVEN, None)
        await self._opened(interaction, story, act)

    async def _opened(self, interaction: discord.Interaction[Any], story: Story, act: Act) -> None:
        self._flow.repeats.kept(act)
        if await show_opened(interaction, self._services, self._dispatcher, story):
            self._flow.repeats.answered(act)

    async def _beginning(self, place: Place, ids: tuple[str, ...]) -> Beginning:
        """Return the text of a card's suggestion, with what was asked before it, as a first passage."""
        chain = [await self._services.generation_service.find(number(ids, 0), place)]
        position = number(ids, 1)
        if not 0 <= position < len(chain[0].suggestions):
            raise Gone("generation_gone")
        with contextlib.suppress(Gone):
            while (parent_id := chain[-1].parent_id) is not None and len(chain) < _CHAIN:
                chain.append(await self._services.generation_service.find(parent_id, place))
        return await asyncio.to_thread(beginning_of, chain, position)

    @story.command(name=named("command.story.fork.name"), description=named("command.story.fork.description"))
    @app_commands.rename(
        title=named("command.story.fork.title.name"),
        at=named("command.story.number.name"),
        story=named("command.story.story.name"),
    )
    @app_commands.describe(
        title=named("command.story.fork.title.description"),
        at=named("command.story.fork.number.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.autocomplete(story=StoryCog.stories)
    async def fork(
        self,
        interaction: discord.Interaction[commands.Bot],
        title: Title | None = None,
        at: PassageNumber | None = None,
        story: str | None = None,
    ) -> None:
        """Begin another story on the same tree, with a thread of its own."""
        who, found = await self._context.story(interaction, story)
        say = private(interaction)
        channel_id = place_for_story(interaction, say)
        if title is None:
            fork = (await self._dispatcher.say(who.server_id))("story.fork_title", title=found.title)
            title = fork if len(fork) <= MAX_TITLE else found.title
        await self._fork_at(interaction, who, Act.of(who, "fork", channel_id, found.id, title, at))

    async def _fork_at(self, interaction: discord.Interaction[Any], who: Who, act: Act) -> None:
        await self._flow.permitted(interaction, "stories")
        await self._flow.repeats.check(interaction, act)
        story_id, title, at = act.given
        forked = await self._services.passage_service.fork(who, story_id, title, at, act.place)
        await self._opened(interaction, forked, act)

    # ---- writing

    @story.command(name=named("command.story.add.name"), description=named("command.story.add.description"))
    @app_commands.rename(
        text=named("command.story.add.text.name"),
        minutes=named("command.minutes.name"),
        story=named("command.story.story.name"),
    )
    @app_commands.describe(
        text=named("command.story.add.text.description"),
        minutes=named("command.minutes.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.autocomplete(story=StoryCog.stories)
    async def add(
        self,
        interaction: discord.Interaction[commands.Bot],
        text: PassageText | None = None,
        minutes: RoundMinutes | None = None,
        story: str | None = None,
    ) -> None:
        """Add a passage; without a text, ask for it in a form."""
        who, found = await self._context.story(interaction, story)
        if minutes is not None:
            _, opens = await self._vote_on_next(found)
            if not opens:
                raise BadInput("minutes_without_vote")
        if text is None:
            await self._ask_passage(interaction, who, found, minutes)
        else:
            await self._keep(interaction, who, found, text, found.head_id, minutes)

    async def _vote_on_next(self, story: Story) -> tuple[bool, bool]:
        """Tell whether the next text of a person is voted on, and whether a vote is opened for it."""
        vote = await self._services.story_queries.votes(story)
        return vote, vote and not await self._services.round_service.is_under_way(story)

    async def write_on(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Write on*: the form for the next passage."""
        who, story = await self._context.clicked(interaction, ids)
        await self._ask_passage(interaction, who, story)

    async def _ask_passage(
        self, interaction: discord.Interaction[Any], who: Who, story: Story, minutes: int | None = None
    ) -> None:
        await self._services.story_queries.check_writer(who, story)
        vote, opens = await self._vote_on_next(story)
        custom_id = custom_ids.PASSAGE_FORM.id(story.id, story.head_id or 0)
        form = PassageForm(private(interaction), story, custom_id, vote=vote, opens=opens, minutes=minutes)
        await open_form(interaction, form)

    async def form_added(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        who, story = await self._context.clicked(interaction, ids)
        await self._keep(interaction, who, story, text, number(ids, 1) or None, chosen_minutes(interaction))

    async def _keep(
        self,
        interaction: discord.Interaction[Any],
        who: Who,
        story: Story,
        text: str,
        behind: int | None,
        minutes: int | None = None,
    ) -> None:
        """Keep a passage, as canon or as a candidate, as the story's rules and rounds say; a vote that is opened for it
        is open for `minutes`."""
        say = private(interaction)
        act = Act.of(who, "passage", story.id, text)
        await self._flow.repeats.check(interaction, act)
        if await self._services.story_queries.votes(story):
            unless = role_refusal(interaction, await self._flow.settings(interaction), "rounds")
            proposed = await self._services.round_service.propose(who, story.id, text, minutes=minutes, unless=unless)
            told = notice(say("story.proposed_first" if proposed.opened else "story.proposed"))
        else:
            added = await self._services.passage_service.add_passage(who, story.id, text, behind)
            if added.overtaken:
                told = overtaken_card(say, story, added.passage)
            else:
                told = notice(_added(say, added.story, added.passage.depth, interaction.channel_id))
        interaction.extras.pop(GIVEN, None)
        self._flow.repeats.kept(act)
        await self._tell(interaction, told, story, act)

    def _register_repeats(self, repeats: Repeats) -> None:
        """Say how what is kept here is kept once more, and how it is found where an earlier run kept it."""
        earlier = self._services.earlier

        async def keep(interaction: discord.Interaction[Any], act: Act) -> None:
            who, story = await self._context.clicked(interaction, (str(act.place),))
            interaction.extras[GIVEN] = act.given[0]
            await self._keep(interaction, who, story, act.given[0], story.head_id)

        async def begin(interaction: discord.Interaction[Any], act: Act) -> None:
            await self._begin(interaction, await self._context.enter(interaction), *act.given)

        async def fork(interaction: discord.Interaction[Any], act: Act) -> None:
            await self._fork_at(interaction, await self._context.enter(interaction), act)

        async def behind(interaction: discord.Interaction[Any], act: Act) -> None:
            who, story = await self._context.clicked(interaction, (str(act.given[0]),))
            await self._add_behind(interaction, who, story, act.place)

        repeats.register("passage", keep, lambda act: earlier.wrote(act.person_id, act.place, act.given[0]))
        repeats.register("behind", behind)
        repeats.register("story", begin, lambda act: _began(earlier, act, act.given[0].title))
        repeats.register("fork", fork, lambda act: _began(earlier, act, act.given[1]))

    async def add_again(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Add it behind the newest*, for somebody who was overtaken."""
        who, story = await self._context.clicked(interaction, ids)
        await self._add_behind(interaction, who, story, number(ids, 1))

    async def _add_behind(self, interaction: discord.Interaction[Any], who: Who, story: Story, passage_id: int) -> None:
        act = Act.of(who, "behind", passage_id, story.id)
        await self._flow.repeats.check(interaction, act)
        passage = await self._services.passage_service.behind_newest(who, story.id, passage_id)
        self._flow.repeats.kept(act)
        told = notice(_added(private(interaction), story, passage.depth, interaction.channel_id))
        if await replace(interaction, told):
            self._flow.repeats.answered(act)
        await self._refusals.flush(interaction, story)

    async def _tell(
        self, interaction: discord.Interaction[Any], told: Card, story: Story, act: Act | None = None
    ) -> None:
        """Tell the person what is committed, then show it to everybody."""
        if await respond(interaction, told) and act is not None:
            self._flow.repeats.answered(act)
        await self._refusals.flush(interaction, story)


def _chosen_rules(interaction: discord.Interaction[Any]) -> StoryRules:
    """Return the rules that were chosen in the form; a client may send anything, so they are checked."""
    change: RulesChange = {}
    if (writers := chosen(interaction, WRITERS)) is not None:
        change["writers"] = "invited" if writers == "invited" else "anyone"
    if (ai := chosen(interaction, AI)) is not None:
        change["ai"] = ai == "on"
    licence = chosen(interaction, LICENCE)
    found = next((each for each in LICENCES if each == licence), None)
    if found is not None:
        change["licence"] = found
    return change_rules(StoryRules(), **change)


def _added(say: Catalogue, story: Story, number: int, channel_id: int | None) -> str:
    if story.thread_id is None:
        return say("story.added_no_thread", number=number, title=escape(story.title))
    if story.thread_id != channel_id:
        return say("story.added_there", number=number, thread=f"<#{story.thread_id}>")
    return say("story.added", number=number)


async def _began(earlier: EarlierRun, act: Act, title: str) -> bool:
    """Tell whether an earlier run began that story."""
    return await earlier.began(act.person_id, act.server_id, act.place, title)
