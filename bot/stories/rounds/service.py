"""Rounds and ballots: what people do with them. It owns the transactions over rounds.

How a round comes to be stands in `opening` and `planning`, how it ends in `closing`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.errors import Gone, NotAllowed, NotHere
from bot.rules.ballots import Ballot
from bot.rules.round_views import RoundView
from bot.rules.rounds import (
    Candidate,
    Round,
    check_ballot,
    extended,
    least_voters,
    on_deadline,
    on_show,
    require_open_round,
)
from bot.rules.stories import Standing, Story, require_lead, require_open, require_voter
from bot.stories.access import Who, standing_of
from bot.stories.canon import is_canon, is_newest
from bot.stories.rounds.access import (
    find_candidate,
    find_round,
    passage_of,
    reload,
    require_under_way,
    story_of,
    view_of,
)
from bot.stories.rounds.closing import decide_round, end, enqueue_round, make_canon
from bot.stories.rounds.early_close import is_closable
from bot.stories.rounds.opening import Opening
from storage.unit_of_work import Snapshot

DUE_AT_ONCE = 50
"""Rounds past their deadline that one look returns at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotView:
    """Somebody's ballot as it is now, with the round that it is cast in."""

    view: RoundView
    ballot: Ballot


class RoundService(Opening):
    """The rounds of all stories. `random` gives so many random bytes.

    Who acts is authorised again in each transaction. Rounds of other servers are treated as missing: all methods raise
    `Gone` (`round_gone`) for them, and `Gone` (`round_over`) for a round that is over.
    """

    # ---- looking

    async def find_view(self, who: Who, round_id: int) -> RoundView:
        """Return a round of the server as its cards show it."""
        async with self._database.reading() as tx:
            story, round_ = await find_round(tx, who, round_id)
            view = await view_of(tx, story, round_)
            return dataclasses.replace(view, is_closable=await is_closable(tx, story, round_))

    async def get_view(self, round_id: int) -> RoundView | None:
        """Return a round as its card shows it to everybody, None where it is gone: for the outbox."""
        async with self._database.reading() as tx:
            round_ = await tx.rounds.get(round_id)
            if round_ is None:
                return None
            story = await story_of(tx, round_)
            newest = await is_newest(tx, story, "round", round_id)
            view = await view_of(tx, story, round_)
            closable = await is_closable(tx, story, round_)
            return dataclasses.replace(view, is_newest=newest, is_closable=closable)

    async def get_story_here(self, server_id: int, channel_id: int) -> Story | None:
        """Return the story whose thread that is, None where it is none's."""
        async with self._database.reading() as tx:
            story = await tx.stories.get_by_thread(channel_id)
        return story if story is not None and story.server_id == server_id else None

    async def is_under_way(self, story: Story) -> bool:
        """Tell whether a round of the story is written or open."""
        async with self._database.reading() as tx:
            return bool(await tx.rounds.list_open(story.id))

    async def find_ballot(self, who: Who, round_id: int) -> BallotView:
        """Return somebody's ballot, an empty one where they have cast none."""
        async with self._database.reading() as tx:
            story, round_ = await find_round(tx, who, round_id)
            ballot = await tx.ballots.get(round_id, who.person_id)
            return BallotView(view=await view_of(tx, story, round_), ballot=ballot or Ballot())

    async def find_standing(self, who: Who, round_id: int) -> Standing:
        """Return what somebody is in the round's story."""
        async with self._database.reading() as tx:
            story, _ = await find_round(tx, who, round_id)
            return await standing_of(tx, story, who)

    # ---- voting

    async def like(self, who: Who, round_id: int, candidate_ids: Collection[int]) -> BallotView:
        """Like these candidates and no others; the favourite stays. Raises `NotAllowed` (`story_voters_only`), `Gone`
        (`candidate_gone`)."""
        liked = frozenset(candidate_ids)
        return await self._vote(who, round_id, lambda ballot: dataclasses.replace(ballot, liked=liked))

    async def star(self, who: Who, round_id: int, candidate_id: int | None) -> BallotView:
        """Make a candidate the favourite, or with None no candidate; what is liked stays. Raises as `like`."""
        return await self._vote(who, round_id, lambda ballot: dataclasses.replace(ballot, favourite=candidate_id))

    async def take_back(self, who: Who, round_id: int) -> BallotView:
        """Delete somebody's whole ballot."""
        return await self._vote(who, round_id, lambda _: Ballot())

    async def _vote(self, who: Who, round_id: int, change: Callable[[Ballot], Ballot]) -> BallotView:
        async with self._database.transaction() as tx:
            story, round_ = await find_round(tx, who, round_id)
            require_open_round(round_)
            require_open(story)
            require_voter(story, await standing_of(tx, story, who))
            candidates = await tx.rounds.list_candidates(round_id)
            visible = on_show(candidates)
            before = await tx.ballots.get(round_id, who.person_id) or Ballot()
            ballot = change(_without_hidden(before, visible))
            check_ballot(visible, ballot)
            await tx.ballots.cast(round_id, who.person_id, ballot)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            if bool(before.named) != bool(ballot.named):
                await enqueue_round(tx, story, round_id)  # the card shows the turnout, and nothing else of it
            return BallotView(view=await view_of(tx, story, round_, candidates), ballot=ballot)

    # ---- keeping order

    async def hide(self, who: Who, round_id: int, candidate_id: int) -> RoundView:
        """Hide a candidate. Raises `NotAllowed` (`story_hosts_only`), `Gone` (`candidate_gone`)."""
        async with self._database.transaction() as tx:
            story, round_ = await self._led(tx, who, round_id)
            candidate = await find_candidate(tx, round_, candidate_id)
            await tx.rounds.hide(candidate.id, who.person_id)
            await enqueue_round(tx, story, round_id)
            return await view_of(tx, story, round_)

    async def keep(self, who: Who, round_id: int, candidate_id: int) -> RoundView:
        """Leave a candidate in the round that people reported: a host has looked at it. Raises as `hide`."""
        async with self._database.transaction() as tx:
            story, round_ = await self._led(tx, who, round_id)
            candidate = await find_candidate(tx, round_, candidate_id)
            await tx.rounds.settle(candidate.id)
            await enqueue_round(tx, story, round_id)
            return await view_of(tx, story, round_)

    async def report(self, who: Who, round_id: int, candidate_id: int) -> bool:
        """Report a candidate to the hosts; tell whether it is the first time that the person did. Raises `Gone`
        (`candidate_gone`)."""
        async with self._database.transaction() as tx:
            story, round_ = await find_round(tx, who, round_id)
            require_under_way(round_)
            candidate = await find_candidate(tx, round_, candidate_id)
            first = await tx.rounds.report(candidate.id, who.person_id, tx.now_ms)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            if first:
                await enqueue_round(tx, story, round_id)
            return first

    # ---- ending

    async def close(self, who: Who, round_id: int) -> Round:
        """Decide a round before its time: who leads the story always, who opened the round where it `is_closable`.

        Raises `NotAllowed` (`round_closers_only`), or `NotHere`: `round_not_yet` (count) for its opener,
        `round_unvoted` where no ballot counts yet, `round_writing`, or as `require_open`.
        """
        async with self._database.transaction() as tx:
            story, round_ = await find_round(tx, who, round_id)
            require_under_way(round_)
            leads = (await standing_of(tx, story, who)).leads
            if not leads and round_.opened_by != who.person_id:
                raise NotAllowed("round_closers_only")
            require_open_round(round_)
            require_open(story)
            if not leads and not await is_closable(tx, story, round_):
                raise NotHere("round_not_yet", count=least_voters(story.rules))
            if not await tx.ballots.turnout(round_id):
                raise NotHere("round_unvoted")
            await decide_round(tx, story, round_)
            return await reload(tx, round_)

    async def cancel(self, who: Who, round_id: int) -> Round:
        """End a round without a result: by its hosts, and while it is written by who began it."""
        async with self._database.transaction() as tx:
            story, round_ = await find_round(tx, who, round_id)
            require_under_way(round_)
            if not (round_.state == "writing" and round_.opened_by == who.person_id):
                require_lead(await standing_of(tx, story, who))
            await end(tx, story, round_, "cancelled")
            return await reload(tx, round_)

    async def make_canon(self, who: Who, round_id: int) -> None:
        """Go on in the story from what won after the story had gone on elsewhere. Raises `NotAllowed`
        (`story_hosts_only`), `Gone` (`round_gone`) where nothing won."""
        async with self._database.transaction() as tx:
            story, round_ = await find_round(tx, who, round_id)
            require_lead(await standing_of(tx, story, who))
            require_open(story)
            winner = await tx.rounds.get_candidate(round_.winner_id) if round_.winner_id is not None else None
            passage = await passage_of(tx, winner)
            if round_.state != "closed" or passage is None or passage.withdrawn:
                raise Gone("round_gone")
            if not await is_canon(tx, story, passage):
                await make_canon(tx, story, passage)
                await enqueue_round(tx, story, round_id)

    async def list_due(self) -> list[int]:
        """Return the ids of the open rounds whose deadline has come."""
        async with self._database.reading() as tx:
            return [round_.id for round_ in await tx.rounds.list_due(tx.now_ms, DUE_AT_ONCE)]

    async def next_ms(self) -> int | None:
        """Return the next deadline of all (UTC ms), None where no round is open."""
        async with self._database.reading() as tx:
            return await tx.rounds.next_deadline_ms()

    async def close_due(self, round_id: int) -> Round | None:
        """Do with a round what its deadline asks for: decide it, go on, or let it lapse; None where it is not due (any
        more). What is paused waits; what has ended takes its rounds along."""
        async with self._database.transaction() as tx:
            round_ = await tx.rounds.get(round_id)
            if round_ is None or round_.state != "open" or round_.deadline_ms > tx.now_ms:
                return None
            story = await story_of(tx, round_)
            action = on_deadline(round_, story.rules, await tx.ballots.turnout(round_id))
            if story.state in ("ended", "deleted"):
                await end(tx, story, round_, "cancelled")
            elif story.state == "paused" or action == "extend":
                await tx.rounds.save(extended(round_, story.rules, tx.now_ms))
                await enqueue_round(tx, story, round_id)
            elif action == "lapse":
                await end(tx, story, round_, "lapsed")
            else:
                await decide_round(tx, story, round_)
            return await reload(tx, round_)

    # ---- inside of transactions

    async def _led(self, tx: Snapshot, who: Who, round_id: int) -> tuple[Story, Round]:
        """Return a round under way that the person leads."""
        story, round_ = await find_round(tx, who, round_id)
        require_lead(await standing_of(tx, story, who))
        require_under_way(round_)
        return story, round_


def _without_hidden(ballot: Ballot, visible: Collection[Candidate]) -> Ballot:
    """Return the ballot without what was hidden since it was cast."""
    ids = {candidate.id for candidate in visible}
    favourite = ballot.favourite if ballot.favourite in ids else None
    return Ballot(liked=ballot.liked & ids, favourite=favourite)
