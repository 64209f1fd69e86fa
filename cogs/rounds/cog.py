"""Rounds: the card with its ballot, and what people do with a round. How one is opened is in `round_opening`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.ext import commands

from bot.errors import Gone
from bot.rules.posts import Post
from bot.rules.round_views import RoundView
from bot.rules.rounds import is_over, require_open_round
from bot.stories.access import Who
from bot.stories.rounds.service import BallotView
from bot.ui.answers import GIVEN, is_private, open_form, whisper
from bot.ui.cards import Card, notice
from bot.ui.custom_ids import number
from bot.ui.forms import Form, picked, submitted
from bot.ui.locale import Catalogue, private
from bot.ui.private_cards import About, Draw, PrivateCards
from bot.ui.receipt_summary import DETAILS
from bot.ui.tree import Handler, InklingTree
from cogs.core.context import InteractionContext
from cogs.core.deadline_scheduler import DeadlineScheduler
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.repeats import Act
from cogs.core.services import Services
from cogs.rounds import custom_ids
from cogs.rounds.cards import round_card
from cogs.rounds.kind_cards import ROUND_CARDS
from cogs.rounds.opening import RoundOpening
from cogs.rounds.private_cards import ballot_card, more_card, outcome_line, round_reading_card
from cogs.rounds.result_cards import ballots_card, closed_card, pairs_card, why_card


class RoundsCog(commands.Cog):
    """What people do with a round. Every click is authorised again from the database."""

    def __init__(
        self,
        tree: InklingTree,
        services: Services,
        flow: GenerationFlow,
        dispatcher: OutboxDispatcher,
        opening: RoundOpening,
        scheduler: DeadlineScheduler,
        cards: PrivateCards,
    ) -> None:
        self._services = services
        self._round_service = services.round_service
        self._context = InteractionContext(services, flow)
        self._repeats = flow.repeats
        self._dispatcher = dispatcher
        self._opening = opening
        self._scheduler = scheduler
        self._cards = cards
        dispatcher.register("round", self.render, settled=self.settled)
        for route, handler in {
            custom_ids.LIKE: self.like,
            custom_ids.STAR: self.star,
            custom_ids.TAKE_BACK: self.take_back,
            custom_ids.BALLOT: self.my_ballot,
            custom_ids.OWN: self.own,
            custom_ids.CHANGE: self.change,
            custom_ids.READ: self.read,
            custom_ids.MORE: self.more,
            custom_ids.REPORT: self.report,
            custom_ids.HIDE: self.hide,
            custom_ids.KEEP: self.keep,
            custom_ids.CLOSE: self.close,
            custom_ids.CANCEL: self.cancel,
            custom_ids.CANON: self.make_canon,
            custom_ids.PAIRS: self.pairs,
            custom_ids.BALLOTS: self.ballots,
            custom_ids.WHY: self.why,
        }.items():
            tree.route(route, self._until_over(handler))
        tree.route(custom_ids.OWN_FORM, self.form_own)
        tree.route(custom_ids.CHANGE_FORM, self.form_changed)

    async def cog_load(self) -> None:
        # What models wrote for when the program last ended is nobody's any more; the cards follow by themselves.
        await self._round_service.interrupted()

    async def render(self, post: Post) -> Card | None:
        """Return the card of a round as it is now."""
        view = await self._round_service.get_view(post.ref_id)
        if view is None:
            return None
        say = await self._dispatcher.say(view.story.server_id)
        return closed_card(say, view) if view.round.state == "closed" else round_card(say, view)

    async def settled(self, post: Post, message: discord.PartialMessage) -> None:
        """Show what a round came to on the private cards as well."""
        if self._cards.has("round", post.ref_id):
            view = await self._round_service.get_view(post.ref_id)
            if view is not None and is_over(view.round):
                self._cards.redraw("round", post.ref_id)

    def _until_over(self, handler: Handler) -> Handler:
        """Return a handler that turns a private card into what the round came to, where that is over meanwhile."""

        async def handle(interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
            try:
                await handler(interaction, ids)
            except Gone as error:
                if error.key != "round_over" or not is_private(interaction):
                    raise
                view = await self._round_service.find_view(await self._context.enter(interaction), number(ids, 0))
                if not is_over(view.round):
                    raise
                about = About("round", view.round.id, "outcome")
                await self._cards.show(interaction, about, notice(outcome_line(private(interaction), view)))

        return handle

    async def _show(
        self, interaction: discord.Interaction[Any], round_id: int, sort: str, card: Card, draw: Draw | None = None
    ) -> None:
        """Show a private card about a round; each person has one of each `sort`."""
        await self._cards.show(interaction, About("round", round_id, sort), card, draw=draw)

    # ---- ballots

    async def like(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of likes: what is chosen there is liked, and nothing else."""
        who = await self._context.enter(interaction)
        await self._voted(interaction, who, self._round_service.like(who, number(ids, 0), chosen(interaction)))

    async def star(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of the favourite."""
        who = await self._context.enter(interaction)
        favourite = next(iter(chosen(interaction)), None)
        await self._voted(interaction, who, self._round_service.star(who, number(ids, 0), favourite))

    async def take_back(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Take my ballot back*."""
        who = await self._context.enter(interaction)
        await self._voted(interaction, who, self._round_service.take_back(who, number(ids, 0)))

    async def my_ballot(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *My ballot*."""
        who = await self._context.enter(interaction)
        found = await self._round_service.find_ballot(who, number(ids, 0))
        require_open_round(found.view.round)
        await self._show_ballot(interaction, who, found)

    async def _voted(self, interaction: discord.Interaction[Any], who: Who, vote: Awaitable[BallotView]) -> None:
        """Tell somebody the ballot that was kept, and show the turnout."""
        await self._show_ballot(interaction, who, await vote)
        await self._dispatcher.flush()

    async def _show_ballot(self, interaction: discord.Interaction[Any], who: Who, found: BallotView) -> None:
        say, round_id = private(interaction), found.view.round.id

        async def draw() -> Card:
            now = await self._round_service.find_ballot(who, round_id)
            return ballot_card(say, now.view, now.ballot)

        await self._show(interaction, round_id, "ballot", ballot_card(say, found.view, found.ballot), draw)

    # ---- texts

    async def own(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Write my own*: opens a form; for blanks in a passage the passage is in it already."""
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, number(ids, 0))
        if is_over(view.round):
            raise Gone("round_over")
        card = ROUND_CARDS[view.round.kind]
        form = Form(
            private(interaction), card.own_form, custom_ids.OWN_FORM.id(view.round.id), card.prefilled(view.round)
        )
        await open_form(interaction, form)

    async def form_own(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: the text stands among the candidates."""
        await self._propose(interaction, number(ids, 0))

    async def change(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to change a text, whoever wrote it: opens a form with it."""
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, number(ids, 0))
        require_open_round(view.round)
        await self._services.story_queries.check_writer(who, view.story)
        found = view.find(_one(interaction))
        if found is None or found not in view.texts:
            raise Gone("candidate_gone")
        custom_id = custom_ids.CHANGE_FORM.id(view.round.id, found.id)
        await open_form(interaction, Form(private(interaction), "change_candidate", custom_id, found.text))

    async def form_changed(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: what the person made of the text stands among the candidates besides."""
        await self._propose(interaction, number(ids, 0), changed_id=number(ids, 1))

    async def _propose(
        self, interaction: discord.Interaction[Any], round_id: int, *, changed_id: int | None = None
    ) -> None:
        text = interaction.extras[GIVEN] = submitted(interaction)
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, round_id)
        ROUND_CARDS[view.round.kind].check_own(text)
        act = Act.of(who, "passage", view.story.id, text)
        await self._repeats.check(interaction, act)
        proposed = await self._round_service.propose(who, view.story.id, text, round_id=round_id, changed_id=changed_id)
        interaction.extras.pop(GIVEN, None)
        say = private(interaction)
        waits = proposed.round.state == "writing"
        self._repeats.kept(act)
        if await whisper(interaction, notice(say("round.told_own_waits" if waits else "round.told_own"))):
            self._repeats.answered(act)
        await self._dispatcher.flush()

    async def read(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Read* and of the buttons to turn its pages."""
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, number(ids, 0))
        if view.round.state == "writing":
            raise Gone("round_over")
        say, page = private(interaction), number(ids, 1)

        async def draw() -> Card:
            return round_reading_card(say, await self._round_service.find_view(who, view.round.id), page)

        await self._show(interaction, view.round.id, "read", round_reading_card(say, view, page), draw)

    # ---- keeping order

    async def more(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *More*: what else there is to do, by what the person is in the story."""
        who = await self._context.enter(interaction)
        await self._more(interaction, who, await self._round_service.find_view(who, number(ids, 0)))

    async def _more(self, interaction: discord.Interaction[Any], who: Who, view: RoundView, told: str = "") -> None:
        if is_over(view.round):
            raise Gone("round_over")
        standing = await self._round_service.find_standing(who, view.round.id)
        say = private(interaction)

        async def draw() -> Card:
            return more_card(say, await self._round_service.find_view(who, view.round.id), standing)

        await self._show(interaction, view.round.id, "more", more_card(say, view, standing, told=told), draw)

    async def report(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to report a text: the hosts see it."""
        who = await self._context.enter(interaction)
        round_id = number(ids, 0)
        first = await self._round_service.report(who, round_id, _one(interaction))
        say = private(interaction)
        told = say("round.told_report" if first else "round.told_report_again")
        await self._more(interaction, who, await self._round_service.find_view(who, round_id), told)
        await self._dispatcher.flush()

    async def hide(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to hide a text, for who leads the story."""
        who = await self._context.enter(interaction)
        view = await self._round_service.hide(who, number(ids, 0), _one(interaction))
        await self._more(interaction, who, view, private(interaction)("round.told_hidden"))
        await self._dispatcher.flush()

    async def keep(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to keep a text that was reported, for who leads the story."""
        who = await self._context.enter(interaction)
        view = await self._round_service.keep(who, number(ids, 0), _one(interaction))
        await self._more(interaction, who, view, private(interaction)("round.told_kept"))
        await self._dispatcher.flush()

    async def close(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Close now*, for who leads the story, and for who opened the round once all have voted."""
        who = await self._context.enter(interaction)
        await self._round_service.close(who, number(ids, 0))
        await self._done(interaction, ids, "round.told_closed")

    async def cancel(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Cancel* on a round that is written, for who began it, and of *Cancel the round*."""
        who = await self._context.enter(interaction)
        round_id = number(ids, 0)
        await self._round_service.cancel(who, round_id)
        self._opening.stop_writing(round_id)
        await self._done(interaction, ids, "round.told_cancelled")

    async def make_canon(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Make it canon* on a result that the story had passed by, for who leads the story."""
        who = await self._context.enter(interaction)
        await self._round_service.make_canon(who, number(ids, 0))
        await self._done(interaction, ids, "round.told_canon")

    async def _done(self, interaction: discord.Interaction[Any], ids: tuple[str, ...], key: str) -> None:
        await self._show(interaction, number(ids, 0), "more", notice(private(interaction)(key)))
        await self._dispatcher.flush()
        self._scheduler.wake()

    # ---- how it came about

    async def pairs(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Pairwise table*."""
        await self._explain(interaction, ids, "pairs", pairs_card)

    async def ballots(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Ballots*: all of them, without their voters."""
        await self._explain(interaction, ids, "ballots", ballots_card)

    async def why(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Why this text?*: the receipts of what models wrote."""
        details = DETAILS in ids[1:]
        await self._explain(interaction, ids, "why", lambda say, view: why_card(say, view, details=details))

    async def _explain(
        self,
        interaction: discord.Interaction[Any],
        ids: tuple[str, ...],
        sort: str,
        explain: Callable[[Catalogue, RoundView], Card],
    ) -> None:
        """Answer with something that nobody may know before the close."""
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, number(ids, 0))
        if view.round.state != "closed":
            raise Gone("round_gone")
        await self._show(interaction, view.round.id, sort, explain(private(interaction), view))


def chosen(interaction: discord.Interaction[Any]) -> list[int]:
    """Return the ids of the candidates that were chosen in a menu. Raises `Gone` where they are none."""
    try:
        return [int(value) for value in picked(interaction)]
    except (TypeError, ValueError):
        raise Gone("candidate_gone") from None


def _one(interaction: discord.Interaction[Any]) -> int:
    found = chosen(interaction)
    if len(found) != 1:
        raise Gone("candidate_gone")
    return found[0]
