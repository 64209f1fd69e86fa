"""Rounds, loaded in the transaction that then changes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.errors import Gone
from bot.rules.ballots import decide
from bot.rules.round_views import RoundView
from bot.rules.rounds import Candidate, Round, RoundState
from bot.rules.stories import Passage, Story
from bot.stories.access import Who
from bot.stories.canon import is_canon
from bot.stories.rounds.kinds import template_of
from storage.unit_of_work import Snapshot

UNDER_WAY: tuple[RoundState, ...] = ("writing", "open")
"""States of a round that has not ended."""


async def find_round(tx: Snapshot, who: Who, round_id: int) -> tuple[Story, Round]:
    """Return a round of the person's server, with its story, in a channel that they may see. Raises `Gone`
    (`round_gone`)."""
    round_ = await tx.rounds.get(round_id)
    story = None if round_ is None else await tx.stories.get(round_.story_id)
    if round_ is None or story is None or story.server_id != who.server_id or not who.sees(story.channel_id):
        raise Gone("round_gone")
    return story, round_


async def find_writing(tx: Snapshot, round_id: int) -> tuple[Story, Round]:
    """Return a round that is being written, with its story. Raises `Gone` (`round_over`)."""
    round_ = await tx.rounds.get(round_id)
    if round_ is None or round_.state != "writing":
        raise Gone("round_over")
    return await story_of(tx, round_), round_


async def story_of(tx: Snapshot, round_: Round) -> Story:
    """Return the story that a round belongs to."""
    story = await tx.stories.get(round_.story_id)
    assert story is not None, "a round goes with its story"
    return story


async def reload(tx: Snapshot, round_: Round) -> Round:
    """Return a round as it is now, after this transaction changed it."""
    found = await tx.rounds.get(round_.id)
    assert found is not None, "rounds go with their stories only"
    return found


async def find_candidate(tx: Snapshot, round_: Round, candidate_id: int) -> Candidate:
    """Return a candidate of the round that is on show. Raises `Gone` (`candidate_gone`)."""
    candidate = await tx.rounds.get_candidate(candidate_id)
    if candidate is None or candidate.round_id != round_.id or candidate.none or candidate.hidden_by is not None:
        raise Gone("candidate_gone")
    return candidate


async def passage_of(tx: Snapshot, candidate: Candidate | None) -> Passage | None:
    """Return the passage that a candidate became, None where it became none."""
    if candidate is None or candidate.passage_id is None:
        return None
    return await tx.passages.get(candidate.passage_id)


def require_under_way(round_: Round) -> None:
    """Raise `Gone` (`round_over`) where a round is neither being written nor open."""
    if round_.state not in UNDER_WAY:
        raise Gone("round_over")


async def view_of(
    tx: Snapshot, story: Story, round_: Round, candidates: Sequence[Candidate] | None = None
) -> RoundView:
    """Return a round as its cards show it. `story`, `round_` and on request all its `candidates` are as this
    transaction read them."""
    if candidates is None:
        candidates = await tx.rounds.list_candidates(round_.id)
    view = RoundView(
        story=story,
        round=round_,
        candidates=tuple(candidates),
        turnout=await tx.ballots.turnout(round_.id),
        reports=await tx.rounds.count_reports(round_.id),
        literals=template.literals if (template := template_of(round_)) is not None else (),
    )
    if round_.state != "closed":
        return view
    ballots = await tx.ballots.list_of_round(round_.id)
    eligible = [each.id for each in view.eligible]
    counts = any(ballot.named & set(eligible) for ballot in ballots)
    passage = await passage_of(tx, view.winner)
    return dataclasses.replace(
        view,
        ballots=tuple(ballots),
        outcome=decide(eligible, ballots, round_.salt) if eligible and counts else None,
        in_canon=passage is not None and await is_canon(tx, story, passage),
    )
