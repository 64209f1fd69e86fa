"""Stories: found by thread, server and title; and gone for good with all that hangs on them, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.rules.ballots import Ballot
from bot.rules.stories import Standing, Story, StoryRules
from storage.database import Database
from storage.tables import METADATA
from storage.unit_of_work import UnitOfWork
from tests.storage.examples import new_candidate, new_passage, new_round, new_story

RULES = StoryRules(
    writers="invited", ai=False, additions="vote", min_words=3, max_words=90, quorum=4, licence="cc0-1.0"
)


async def test_story_is_kept_whole(database: Database) -> None:
    async with database.transaction() as tx:
        new = dataclasses.replace(new_story("夜\"'; --"), rules=RULES)
        story = await tx.stories.add(new, now_ms=5)
        assert story == Story(
            id=story.id,
            tree_id=story.tree_id,
            server_id=1,
            channel_id=2,
            thread_id=None,
            host_id=7,
            title="夜\"'; --",
            premise="A keeper is silent.",
            rules=RULES,
            state="open",
            head_id=None,
            created_ms=5,
            changed_ms=5,
        )
        head = await tx.passages.add(new_passage(story.tree_id, None), now_ms=6)
        changed = dataclasses.replace(
            story,
            channel_id=8,
            thread_id=9,
            title="Day",
            premise="",
            rules=StoryRules(),
            state="deleted",
            head_id=head.id,
            host_id=None,
            changed_ms=7,
            purge_ms=8,
        )
        await tx.stories.save(changed)
    async with database.reading() as tx:
        assert await tx.stories.get(story.id) == changed
        assert await tx.stories.get_by_thread(9) == changed
        assert await tx.stories.get_by_thread(10) is None
        assert await tx.stories.get(0) is None


async def test_thread_has_one_story(database: Database) -> None:
    async with database.transaction() as tx:
        first, second = [await tx.stories.add(new_story(), now_ms=1) for _ in range(2)]
        await tx.stories.save(dataclasses.replace(first, thread_id=9))
        with pytest.raises(IntegrityError, match="thread_id"):
            await tx.stories.save(dataclasses.replace(second, thread_id=9))


async def test_fork_stands_on_the_same_tree(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        head = await tx.passages.add(new_passage(story.tree_id, None), now_ms=2)
        fork = await tx.stories.add(
            new_story("Fork"), tree_id=story.tree_id, head_id=head.id, fork_of=story.id, now_ms=3
        )
        other = await tx.stories.add(new_story("Other"), now_ms=4)
        assert (fork.tree_id, fork.head_id, fork.fork_of) == (story.tree_id, head.id, story.id)
        assert other.tree_id != story.tree_id
        assert await tx.stories.list_of_tree(story.tree_id) == [story, fork]


TITLES = ("Über den Fluss", "ÜBER NACHT", "100% wahr", "100 Prozent", "snake_case", "snakes", r"back\slash", "夜の海")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", set(TITLES)),
        ("über", {"Über den Fluss", "ÜBER NACHT"}),
        ("Über", {"Über den Fluss", "ÜBER NACHT"}),
        ("FLUSS", {"Über den Fluss"}),
        ("0%", {"100% wahr"}),
        ("e_c", {"snake_case"}),
        ("snake", {"snake_case", "snakes"}),
        ("k\\s", {r"back\slash"}),
        ("の海", {"夜の海"}),
        ("' OR 1=1 --", set()),
    ],
)
async def test_titles_are_found_by_what_is_in_them(database: Database, typed: str, found: set[str]) -> None:
    async with database.transaction() as tx:
        for title in TITLES:
            await tx.stories.add(new_story(title), now_ms=1)
        listed = await tx.stories.list_of_server(1, states=["open"], limit=25, prefix=typed)
    assert {story.title for story in listed} == found


async def test_story_list_is_of_one_server_and_newest_first(database: Database) -> None:
    async with database.transaction() as tx:
        for number, changed_ms in enumerate((30, 10, 20, 20)):
            await tx.stories.add(new_story(f"story {number}"), now_ms=changed_ms)
        ended = await tx.stories.add(new_story("ended"), now_ms=40)
        await tx.stories.save(dataclasses.replace(ended, state="ended"))
        await tx.stories.add(new_story("elsewhere", server_id=2), now_ms=50)

        async def titles(limit: int, offset: int = 0) -> list[str]:
            listed = await tx.stories.list_of_server(1, states=["open", "paused"], limit=limit, offset=offset)
            return [story.title for story in listed]

        assert await titles(9) == ["story 0", "story 3", "story 2", "story 1"]
        assert await titles(2) + await titles(2, 2) + await titles(2, 4) == await titles(9)
        assert [story.title for story in await tx.stories.list_of_server(1, states=["ended"], limit=5)] == ["ended"]
        assert await tx.stories.count(1, ["open", "ended"]) == 5
        assert await tx.stories.count(1, ["deleted"]) == 0
        assert await tx.stories.count(3, ["open"]) == 0


async def test_stories_roles(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(host_id=7), now_ms=1)
        other = await tx.stories.add(new_story(host_id=8), now_ms=1)
        assert await tx.stories.people(story.id) == {"cohost": frozenset(), "invited": frozenset()}
        for person_id in (8, 8, 9):
            await tx.stories.set_role(story.id, person_id, "invited", True)
        await tx.stories.set_role(story.id, 8, "cohost", True)
        assert await tx.stories.people(story.id) == {"cohost": {8}, "invited": {8, 9}}
        await tx.stories.set_role(story.id, 8, "invited", False)
        await tx.stories.set_role(story.id, 8, "invited", False)
        assert await tx.stories.people(story.id) == {"cohost": {8}, "invited": {9}}
        assert await tx.stories.get_standing(story, 7, False) == Standing(person_id=7, host=True)
        assert await tx.stories.get_standing(story, 8, True) == Standing(person_id=8, cohost=True, manages=True)
        assert await tx.stories.get_standing(story, 9, False) == Standing(person_id=9, invited=True)
        assert await tx.stories.get_standing(other, 9, False) == Standing(person_id=9)
        nobodys = dataclasses.replace(story, host_id=None)
        assert not (await tx.stories.get_standing(nobodys, 7, False)).leads


async def live(tx: UnitOfWork, thread_id: int, tree_id: int | None = None, behind: int | None = None) -> Story:
    """A story with everything that can hang on one."""
    stories, passages, rounds = tx.stories, tx.passages, tx.rounds
    story = await stories.add(new_story(), tree_id=tree_id, now_ms=1)
    first = await passages.add(new_passage(story.tree_id, behind), now_ms=2)
    second = await passages.add(new_passage(story.tree_id, first.id), now_ms=2)
    copy = await passages.copy_path(None, first.id, second.id)
    await stories.save(dataclasses.replace(story, thread_id=thread_id, head_id=copy, redo_id=second.id))
    await stories.set_role(story.id, 8, "cohost", True)
    round_ = await rounds.add(
        new_round(story.id, after_id=first.id, replaces_id=copy), [new_candidate()], [1], now_ms=3
    )
    (candidate,) = await rounds.list_candidates(round_.id)
    await rounds.set_passage(candidate.id, second.id)
    await tx.ballots.cast(round_.id, 7, Ballot(frozenset({candidate.id})))
    await rounds.report(candidate.id, 8, 4)
    entry = await tx.lore.add(
        server_id=1,
        story_id=story.id,
        kind="memory",
        triggers=(),
        text="It rains.",
        state="proposed",
        proposed_by=7,
        now_ms=5,
    )
    await tx.lore.vote(entry.id, 8, True)
    await tx.posts.enqueue("story", story.id, thread_id)
    await tx.posts.enqueue("passage", first.id, thread_id)
    await tx.posts.enqueue("round", round_.id, 2)
    await tx.posts.enqueue("lore", entry.id, 2)
    return dataclasses.replace(story, thread_id=thread_id, head_id=copy, redo_id=second.id)


async def counts(tx: UnitOfWork) -> dict[str, int]:
    return {
        name: (await tx.execute(select(func.count()).select_from(table))).scalar_one()
        for name, table in METADATA.tables.items()
    }


async def test_story_that_is_purged_takes_along_all_that_hangs_on_it(database: Database) -> None:
    async with database.transaction() as tx:
        empty = await counts(tx)
        kept = await live(tx, 10)
        before = await counts(tx)
        assert all(before[name] > 0 for name in ("passages", "ballots", "reports", "lore_votes", "posts"))
        gone = await live(tx, 11)
        await tx.stories.purge(gone.id)
        assert await counts(tx) == before
        assert await tx.stories.get(gone.id) is None
        await tx.stories.purge(gone.id)
        await tx.stories.purge(kept.id)
        assert await counts(tx) == empty


async def test_tree_stays_while_another_story_stands_on_it(database: Database) -> None:
    async with database.transaction() as tx:
        stories, passages = tx.stories, tx.passages
        story = await live(tx, 10)
        fork = await live(tx, 11, story.tree_id, story.head_id)
        tree = await passages.list_nodes(story.tree_id)
        assert story.head_id is not None
        await stories.purge(story.id)
        assert await passages.list_nodes(story.tree_id) == tree
        assert len(await tx.posts.list_of_channel(11)) == 2
        assert await tx.posts.list_of_channel(10) == []
        assert await stories.list_of_tree(story.tree_id) == [fork]
        await stories.purge(fork.id)
        assert await passages.list_nodes(story.tree_id) == []
        assert await tx.posts.list_due(0, 10) == []


async def test_stories_due_to_be_deleted(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.stories.next_purge_ms() is None
        first, second, _ = [await tx.stories.add(new_story(), now_ms=1) for _ in range(3)]
        first = dataclasses.replace(first, state="deleted", purge_ms=500)
        second = dataclasses.replace(second, state="deleted", purge_ms=400)
        for story in (first, second):
            await tx.stories.save(story)
        assert await tx.stories.next_purge_ms() == 400
        assert await tx.stories.list_purgeable(399) == []
        assert await tx.stories.list_purgeable(500) == [second, first]
