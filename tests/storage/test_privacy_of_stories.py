"""Privacy in stories: somebody's words and votes go, and everybody else's stay where they are."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.rules.ballots import Ballot
from bot.rules.profiles import WriterProfile
from bot.rules.rounds import NOBODY, Candidate, Round
from bot.rules.stories import Passage, Story
from storage.database import FILE, Database, open_database
from storage.tables import BALLOTS
from storage.unit_of_work import Snapshot, UnitOfWork
from tests.storage.examples import new_candidate, new_passage, new_round, new_story
from tests.support.clocks import epoch

LEAVER, OTHER, THIRD = 700000007, 800000008, 900000009
SECRET = "zirrgendwo"
"""In every text of the leaver's, and of the models' that repeats one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """A story that three people wrote, voted in and looked after, and where everything of it stands."""

    story: Story
    canon: list[Passage]
    copy: Passage
    filled: Passage
    closed: Round
    closed_candidates: list[Candidate]
    refilled: Round
    going: Round
    going_candidates: list[Candidate]


async def spend(tx: UnitOfWork) -> Evening:
    stories, passages, rounds = tx.stories, tx.passages, tx.rounds
    story = await stories.add(new_story(host_id=LEAVER), now_ms=1)
    first = await passages.add(new_passage(story.tree_id, None, "Once.", author_id=OTHER), now_ms=2)
    theirs = await passages.add(new_passage(story.tree_id, first.id, f"And {SECRET}.", author_id=LEAVER), now_ms=3)
    last = await passages.add(new_passage(story.tree_id, theirs.id, "The end.", author_id=THIRD), now_ms=4)
    copy_head = await passages.copy_path(first.id, theirs.id, last.id)
    copy, _ = await passages.list_canon(copy_head, limit=2)

    closed = await rounds.add(
        dataclasses.replace(new_round(story.id, after_id=theirs.id, opened_by=OTHER), text=f"… {SECRET}"),
        [new_candidate(f"Mine {SECRET}", author_id=LEAVER), new_candidate("Theirs", author_id=OTHER), new_candidate()],
        [3, 1, 2],
        now_ms=5,
    )
    closed_candidates = await rounds.list_candidates(closed.id)
    for voter, liked in ((LEAVER, 0), (OTHER, 0), (THIRD, 1)):
        await tx.ballots.cast(
            closed.id, voter, Ballot(frozenset({closed_candidates[liked].id}), closed_candidates[2].id)
        )
    await rounds.close(closed.id, from_state="open", to_state="closed", winner_id=closed_candidates[2].id, closed_ms=6)

    refilled = await rounds.add(
        dataclasses.replace(
            new_round(story.id, kind="infill", replaces_id=theirs.id, opened_by=OTHER), text=f"{SECRET} ___"
        ),
        [
            dataclasses.replace(new_candidate(f"{SECRET} filled"), author_id=LEAVER),  # the words around the blank
            new_candidate("Anew, and others' own", author_id=THIRD),
            new_candidate(f"{SECRET} rewritten", author_id=LEAVER),
        ],
        [1, 2, 3],
        now_ms=7,
    )
    by_model, by_third, _ = await rounds.list_candidates(refilled.id)
    filled = await passages.add(new_passage(story.tree_id, first.id, f"{SECRET} filled", author_id=LEAVER), now_ms=8)
    own = await passages.add(new_passage(story.tree_id, first.id, "Anew, and others' own", author_id=THIRD), now_ms=8)
    await rounds.set_passage(by_model.id, filled.id)
    await rounds.set_passage(by_third.id, own.id)
    await rounds.close(refilled.id, from_state="open", to_state="closed", winner_id=by_model.id, closed_ms=9)

    going = await rounds.add(
        new_round(story.id, after_id=last.id, opened_by=LEAVER),
        [new_candidate(f"Open {SECRET}", author_id=LEAVER), new_candidate("Rude", author_id=THIRD), new_candidate()],
        [1, 2, 3],
        now_ms=10,
    )
    going_candidates = await rounds.list_candidates(going.id)
    await tx.ballots.cast(going.id, LEAVER, Ballot(favourite=going_candidates[2].id))
    await tx.ballots.cast(going.id, OTHER, Ballot(favourite=going_candidates[0].id))
    await rounds.hide(going_candidates[1].id, LEAVER)
    await rounds.report(going_candidates[1].id, LEAVER, 11)
    await rounds.report(going_candidates[1].id, OTHER, 11)
    await look_after(tx, story)
    await show(tx, story, [first, theirs, last, copy, filled, own], [closed, refilled, going])
    return Evening(
        story=story,
        canon=[first, theirs, last],
        copy=copy,
        filled=filled,
        closed=closed,
        closed_candidates=closed_candidates,
        refilled=refilled,
        going=going,
        going_candidates=going_candidates,
    )


async def look_after(tx: UnitOfWork, story: Story) -> None:
    """Roles, wishes, and three entries of lore by the leaver."""
    stories, lore = tx.stories, tx.lore
    await stories.set_role(story.id, LEAVER, "cohost", True)
    await stories.set_role(story.id, OTHER, "cohost", True)
    for person_id in (LEAVER, OTHER):
        await tx.profiles.save(WriterProfile(server_id=1, person_id=person_id, pen_name="W", no_ai=True))
    for state, words in (("ratified", "The bell."), ("proposed", SECRET), ("rejected", SECRET)):
        entry = await lore.add(
            server_id=1,
            story_id=story.id,
            kind="lore",
            triggers=["bell"],
            text=words,
            state=state,  # type: ignore[arg-type]  # the literals above
            proposed_by=LEAVER,
            now_ms=12,
        )
        for person_id in (LEAVER, OTHER):
            await lore.vote(entry.id, person_id, True)
        await tx.posts.enqueue("lore", entry.id, 2)


async def show(tx: UnitOfWork, story: Story, passages: list[Passage], rounds: list[Round]) -> None:
    """Everything is on show, and nothing is due."""
    await tx.posts.enqueue("story", story.id, 2)
    for passage in passages:
        await tx.posts.enqueue("passage", passage.id, 2)
    for round_ in rounds:
        await tx.posts.enqueue("round", round_.id, 2)
    for post in await tx.posts.list_due(0, 100):
        await tx.posts.mark_shown(post.id, wanted=post.wanted_version, message_id=post.id + 1000)


@pytest.fixture
async def evening(database: Database) -> tuple[Database, Evening]:
    async with database.transaction() as tx:
        spent = await spend(tx)
    return database, spent


async def leave(database: Database) -> dict[str, int]:
    async with database.transaction() as tx:
        return dict(await tx.privacy.delete(LEAVER))


async def test_export_has_what_somebody_did_and_nobody_elses_words(evening: tuple[Database, Evening]) -> None:
    database, spent = evening
    async with database.reading() as tx:
        export = await tx.privacy.export(LEAVER)
    assert {name: len(rows) for name, rows in export.items() if rows} == {
        "passages": 3,
        "candidates": 4,
        "hidden_candidates": 1,
        "ballots": 3,
        "reports": 1,
        "lore": 3,
        "lore_votes": 3,
        "rounds": 1,
        "stories": 1,
        "story_people": 1,
        "courtesies": 1,
    }
    written = json.dumps(export)
    for others in ("Theirs", "The end.", "Rude", str(OTHER), str(THIRD), spent.going.salt):
        assert others not in written, others
    assert export["passages"][0]["text"] == f"And {SECRET}."
    assert export["passages"][0]["author_id"] == str(LEAVER)


async def test_privacy_deletion_removes_words_and_keeps_their_place(evening: tuple[Database, Evening]) -> None:
    database, spent = evening
    await leave(database)
    async with database.reading() as tx:
        passages, rounds = tx.passages, tx.rounds
        for passage in (spent.canon[1], spent.copy, spent.filled):
            expected = dataclasses.replace(
                passage, text="", author_id=None, pen_name=None, spans=(), receipt=None, withdrawn=True
            )
            assert await passages.get(passage.id) == expected
        assert [each.id for each in await passages.list_canon(spent.canon[2].id)] == [each.id for each in spent.canon]
        assert [each.text for each in await passages.list_canon(spent.canon[2].id)] == ["Once.", "", "The end."]
        texts = Counter(node.beginning for node in await passages.list_nodes(spent.story.tree_id))
        assert texts == {"": 3, "Once.": 1, "The end.": 2, "Anew, and others' own": 1}
        for round_id in (spent.closed.id, spent.refilled.id, spent.going.id):
            for candidate in await rounds.list_candidates(round_id):
                assert SECRET not in candidate.text
                if candidate.text == "":
                    assert (candidate.author_id, candidate.hidden_by, candidate.spans) == (None, NOBODY, ())
        left = [each.text for each in await rounds.list_candidates(spent.refilled.id)]
        assert left == ["", "Anew, and others' own", ""]


async def test_deletion_leaves_nothing_that_names_them(evening: tuple[Database, Evening]) -> None:
    database, _ = evening
    await leave(database)
    async with database.reading() as tx:
        assert not any((await tx.privacy.export(LEAVER)).values())
    async with database.transaction() as tx:
        assert not any((await tx.privacy.delete(LEAVER)).values())


async def test_deletion_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    async with open_database(tmp_path, epoch) as database, database.transaction() as tx:
        await spend(tx)
    theirs = (SECRET.encode(), LEAVER.to_bytes(4, "big"))  # SQLite writes whole numbers like this
    assert all(trace in (tmp_path / FILE).read_bytes() for trace in theirs)
    async with open_database(tmp_path, epoch) as database:
        await leave(database)
    stored = (tmp_path / FILE).read_bytes()
    assert b"The end." in stored
    assert not any(trace in stored for trace in theirs)


async def test_privacy_deletion_leaves_what_others_own(evening: tuple[Database, Evening]) -> None:
    database, spent = evening

    async def look(tx: Snapshot) -> list[Any]:
        rounds, lore = tx.rounds, tx.lore
        export: dict[str, Any] = await tx.privacy.export(OTHER)
        for round_ in export["rounds"]:
            round_.pop("text")  # it quotes the leaver
        return [
            export,
            await rounds.count_reports(spent.going.id),
            await tx.ballots.get(spent.going.id, OTHER),
            [entry.text for entry in await lore.list_ratified(1, spent.story.id)],
        ]

    async with database.reading() as tx:
        before = await look(tx)
    assert len(before[0].pop("lore_votes")) == 3
    assert before[1].pop(spent.going_candidates[1].id) == 2
    await leave(database)
    async with database.reading() as tx:
        after = await look(tx)
    assert len(after[0].pop("lore_votes")) == 1, "those on what is gone went along"
    assert after[1].pop(spent.going_candidates[1].id) == 1
    assert after == before


async def test_deletion_leaves_hidden_what_they_hid_and_led_by_nobody_what_they_led(
    evening: tuple[Database, Evening],
) -> None:
    database, spent = evening
    await leave(database)
    async with database.reading() as tx:
        story = await tx.stories.get(spent.story.id)
        assert story is not None
        assert (story.host_id, story.title) == (None, spent.story.title)
        assert (await tx.stories.people(story.id))["cohost"] == {OTHER}
        hidden = await tx.rounds.get_candidate(spent.going_candidates[1].id)
        assert hidden is not None
        assert (hidden.hidden_by, hidden.text) == (NOBODY, "Rude")
        going = await tx.rounds.get(spent.going.id)
        assert going is not None
        assert (going.state, going.opened_by) == ("open", None)
        (entry,) = await tx.lore.list_ratified(1, story.id)
        assert (entry.text, entry.proposed_by) == ("The bell.", None)


async def test_round_that_is_decided_keeps_its_ballots_without_them(evening: tuple[Database, Evening]) -> None:
    database, spent = evening
    async with database.transaction() as tx:
        other_round = await tx.rounds.add(new_round(spent.story.id, opened_by=OTHER), [new_candidate()], [1], now_ms=20)
        (candidate,) = await tx.rounds.list_candidates(other_round.id)
        await tx.ballots.cast(other_round.id, LEAVER, Ballot(frozenset({candidate.id})))
        await tx.rounds.close(
            other_round.id, from_state="open", to_state="closed", winner_id=candidate.id, closed_ms=21
        )
        before = await tx.ballots.list_of_round(spent.closed.id)
    await leave(database)
    async with database.reading() as tx:
        assert await tx.ballots.list_of_round(spent.closed.id) == before
        assert len(await tx.ballots.list_of_round(spent.going.id)) == 1, "an open round loses the ballot"
        strangers = select(BALLOTS.c.round_id, BALLOTS.c.voter_id).where(BALLOTS.c.voter_id < 0).distinct()
        numbers = {row.round_id: row.voter_id for row in await tx.execute(strangers)}
        assert set(numbers) == {spent.closed.id, other_round.id}
        assert len(set(numbers.values())) == 2, "two rounds do not show that one person voted in both"


async def test_posts_on_show_in_discord_are_due_again(evening: tuple[Database, Evening]) -> None:
    database, spent = evening
    await leave(database)
    async with database.reading() as tx:
        due = Counter((post.kind, post.ref_id) for post in await tx.posts.list_due(0, 100))
    changed = {
        ("story", spent.story.id),
        *(("passage", passage.id) for passage in (spent.canon[1], spent.copy, spent.filled)),
        *(("round", round_.id) for round_ in (spent.closed, spent.refilled, spent.going)),
    }
    assert changed <= set(due)
    assert {kind for kind, _ in set(due) - changed} == {"lore"}


async def test_withdrawing_one_passage_takes_its_words_from_everywhere(evening: tuple[Database, Evening]) -> None:
    database, spent = evening
    async with database.transaction() as tx:
        emptied = await tx.passages.withdraw(spent.copy.id)
    assert emptied == sorted([spent.canon[1].id, spent.copy.id, spent.filled.id])
    async with database.reading() as tx:
        assert {node.id for node in await tx.passages.list_nodes(spent.story.tree_id) if node.withdrawn} == set(emptied)
        refilled = await tx.rounds.get(spent.refilled.id)
        assert refilled is not None
        assert refilled.text == ""
        left = [each.text for each in await tx.rounds.list_candidates(spent.refilled.id)]
        assert left == ["", "Anew, and others' own", f"{SECRET} rewritten"], "what a person wrote in its place stays"
        others = [each.text for each in await tx.rounds.list_candidates(spent.going.id)]
        assert others == [f"Open {SECRET}", "Rude", "A bell rang."], "other texts of theirs are not withdrawn"
