"""Rounds: one end for each, and a deadline for each that is open."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.rules.moods import MoodName
from bot.rules.rounds import MoodResult, NewCandidate, Round
from storage.database import Database
from storage.unit_of_work import UnitOfWork
from tests.storage.examples import new_candidate, new_passage, new_round, new_story


async def begin(tx: UnitOfWork, **options: int) -> Round:
    story = await tx.stories.add(new_story(), now_ms=1)
    return await tx.rounds.add(new_round(story.id, **options), [new_candidate()], [1], now_ms=2)  # type: ignore[arg-type]  # numbers only


async def test_round_closes_once_whoever_tries(database: Database) -> None:
    async with database.transaction() as tx:
        round_ = await begin(tx)

    async def close(winner_id: int) -> bool:
        async with database.transaction() as tx:
            return await tx.rounds.close(
                round_.id, from_state="open", to_state="closed", winner_id=winner_id, closed_ms=winner_id
            )

    closed = await asyncio.gather(*(close(number) for number in range(1, 21)))
    assert sum(closed) == 1
    async with database.reading() as snapshot:
        found = await snapshot.rounds.get(round_.id)
    winner_id = closed.index(True) + 1
    assert found == dataclasses.replace(round_, state="closed", winner_id=winner_id, closed_ms=winner_id)


async def test_candidates_are_kept_whole_and_in_the_order_drawn(database: Database) -> None:
    async with database.transaction() as tx:
        round_ = await begin(tx)
        new = [new_candidate("model's"), new_candidate("person's 人", author_id=8), NewCandidate(text="", none=True)]
        added = [
            await tx.rounds.add_candidate(round_.id, each, place, 9)
            for each, place in zip(new, [2**47, 5, 0], strict=True)
        ]
        first, *_ = await tx.rounds.list_candidates(round_.id)
        assert await tx.rounds.list_candidates(round_.id) == [first, added[1], added[0], added[2]], (
            "none of these comes last"
        )
        for each, stored in zip(new, added, strict=True):
            assert all(getattr(stored, name.name) == getattr(each, name.name) for name in dataclasses.fields(each))
            assert await tx.rounds.get_candidate(stored.id) == stored
        story = await tx.stories.get(round_.story_id)
        assert story is not None
        passage = await tx.passages.add(new_passage(story.tree_id, None), now_ms=1)
        await tx.rounds.hide(added[0].id, 7)
        await tx.rounds.set_passage(added[0].id, passage.id)
        assert await tx.rounds.get_candidate(added[0].id) == dataclasses.replace(
            added[0], hidden_by=7, passage_id=passage.id
        )
        assert await tx.rounds.get_candidate(0) is None


async def test_places_are_drawn_for_all_candidates(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        with pytest.raises(ValueError, match="shorter"):
            await tx.rounds.add(new_round(story.id), [new_candidate(), new_candidate()], [1], now_ms=2)


async def test_deadlines_come_due_in_order(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.rounds.next_deadline_ms() is None
        late, early, later = [await begin(tx, deadline_ms=ms) for ms in (300, 100, 500)]
        closed = await begin(tx, deadline_ms=50)
        await tx.rounds.close(closed.id, from_state="open", to_state="cancelled", winner_id=None, closed_ms=3)
        assert await tx.rounds.next_deadline_ms() == 100
        assert [each.id for each in await tx.rounds.list_due(300, 10)] == [early.id, late.id]
        assert [each.id for each in await tx.rounds.list_due(9999, 1)] == [early.id]
        assert await tx.rounds.list_due(99, 10) == []
        saved = dataclasses.replace(early, deadline_ms=900, extended=1, text="else")
        await tx.rounds.save(saved)
        assert await tx.rounds.get(early.id) == saved
        assert [each.id for each in await tx.rounds.list_due(9999, 10)] == [late.id, later.id, early.id]


async def test_rounds_under_way_and_over(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        writing = await tx.rounds.add(new_round(story.id, state="writing"), now_ms=2)
        opened = await tx.rounds.add(new_round(story.id), now_ms=3)
        for state in ("closed", "lapsed", "cancelled"):
            over = await tx.rounds.add(new_round(story.id), now_ms=4)
            await tx.rounds.close(over.id, from_state="open", to_state=state, winner_id=None, closed_ms=5)
        elsewhere = await begin(tx)
        assert await tx.rounds.list_open(story.id) == [writing, opened]
        assert await tx.rounds.list_writing() == [writing]
        assert await tx.rounds.list_open(elsewhere.story_id) == [elsewhere]
        assert await tx.rounds.get(0) is None


async def test_report_is_taken_once_from_a_person(database: Database) -> None:
    async with database.transaction() as tx:
        round_ = await begin(tx)
        (candidate,) = await tx.rounds.list_candidates(round_.id)
        quiet = await tx.rounds.add_candidate(round_.id, new_candidate("quiet"), 2, 3)
        assert [await tx.rounds.report(candidate.id, person, 5) for person in (7, 8, 7)] == [True, True, False]
        assert await tx.rounds.count_reports(round_.id) == {candidate.id: 2}
        await tx.rounds.settle(candidate.id)
        await tx.rounds.settle(quiet.id)
        assert await tx.rounds.count_reports(round_.id) == {}


async def test_results_of_moods_are_kept_by_server(database: Database) -> None:
    async with database.transaction() as tx:
        moods: tuple[MoodName, ...] = ("wild", "open", "wild")
        for closed_ms, mood in enumerate(moods):
            await tx.mood_results.add(1, mood, candidates=2, won=1, points=3, voters=4, closed_ms=closed_ms)
        await tx.mood_results.add(2, "plain", candidates=1, won=0, points=0, voters=4, closed_ms=9)
        found = await tx.mood_results.by_mood(1)
        assert [each.closed_ms for each in found["wild"]] == [2, 0]
        assert found["open"] == [MoodResult(mood="open", candidates=2, won=1, points=3, voters=4, closed_ms=1)]
        assert found["plain"] == found["steady"] == []
        assert [len(each) for each in (await tx.mood_results.by_mood(1, limit=2)).values()] == [0, 1, 1, 0]
