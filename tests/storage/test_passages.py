"""Passages: trees as a dictionary of parents would have them, whatever grows on them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, invariant, multiple, rule

from bot.rules.stories import BEGINNING, NewPassage, Passage, TreeNode
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork
from tests.storage.examples import new_passage, new_story
from tests.storage.machines import DatabaseMachine

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=90)
"""SQLite ends a text at a NUL where it cuts its beginning off; nobody can type one."""


class PassagesMachine(DatabaseMachine):
    """Two trees beside dictionaries of what should stand on them."""

    ids: Bundle[int] = Bundle("ids")

    @initialize(target=ids)
    def plant(self) -> MultipleResults[int]:
        """A line of five to begin with, so that paths have a length."""

        async def work(tx: UnitOfWork) -> list[int]:
            stories = [await tx.stories.add(new_story(server_id=server), now_ms=1) for server in (1, 2)]
            return [story.tree_id for story in stories]

        self.trees = self.write(work)
        self.model: dict[int, Passage] = {}
        line: list[int] = []
        for number in range(5):
            line.append(self._add(line[-1] if line else None, 0, 7, f"line {number}"))
        return multiple(*line)

    def _add(self, parent_id: int | None, tree: int, author_id: int | None, words: str) -> int:
        new = new_passage(self.trees[tree], parent_id, words, author_id=author_id)
        stored = self.write(lambda tx: tx.passages.add(new, now_ms=len(self.model)))
        assert stored.id not in self.model
        assert stored.depth == (1 if parent_id is None else self.model[parent_id].depth + 1)
        assert all(getattr(stored, field.name) == getattr(new, field.name) for field in dataclasses.fields(NewPassage))
        self.model[stored.id] = stored
        return stored.id

    def path(self, head_id: int) -> list[Passage]:
        walked: list[Passage] = []
        at: int | None = head_id
        while at is not None:
            walked.insert(0, self.model[at])
            at = self.model[at].parent_id
        return walked

    @rule(target=ids, parent=ids, author_id=st.sampled_from([7, 8, None]), words=WORDS)
    def grow(self, parent: int, author_id: int | None, words: str) -> int:
        return self._add(parent, self.trees.index(self.model[parent].tree_id), author_id, words)

    @rule(target=ids, tree=st.sampled_from([0, 1]))
    def root(self, tree: int) -> int:
        return self._add(None, tree, 7, "another beginning")

    @rule(target=ids, head=ids, behind=ids, at=st.integers(0, 30), at_root=st.booleans())
    def copy_path(self, head: int, behind: int, at: int, at_root: bool) -> int:
        path = self.path(head)
        first = path[min(at, len(path) - 1)]
        same_tree = self.model[behind].tree_id == first.tree_id
        after = None if at_root or not same_tree else behind
        last = self.write(lambda tx: tx.passages.copy_path(after, first.id, head))
        chain = self.read(lambda tx: tx.passages.list_canon(last))[-len(path[path.index(first) :]) :]
        depth = 0 if after is None else self.model[after].depth
        for place, (original, copy) in enumerate(zip(path[path.index(first) :], chain, strict=True)):
            assert copy.id not in self.model
            assert copy == dataclasses.replace(
                original,
                id=copy.id,
                parent_id=chain[place - 1].id if place else after,
                depth=depth + place + 1,
                original_id=original.original_id or original.id,
            )
            self.model[copy.id] = copy
        return last

    @rule(passage=ids)
    def withdraw(self, passage: int) -> None:
        original = self.model[passage].original_id or passage
        gone = sorted(each.id for each in self.model.values() if original in (each.id, each.original_id))
        assert self.write(lambda tx: tx.passages.withdraw(passage)) == gone
        for each in gone:
            self.model[each] = dataclasses.replace(
                self.model[each], text="", author_id=None, pen_name=None, spans=(), receipt=None, withdrawn=True
            )

    @rule(head=ids, limit=st.integers(1, 5), first=st.integers(-1, 6), other=ids)
    def read_a_path(self, head: int, limit: int, first: int, other: int) -> None:
        async def look(tx: Snapshot) -> tuple[list[Passage], list[Passage], list[Passage], bool, bool]:
            return (
                await tx.passages.list_canon(head),
                await tx.passages.list_canon(head, limit=limit),
                await tx.passages.list_canon_page(head, first, first + limit - 1),
                await tx.passages.is_on_path(other, head),
                await tx.passages.is_told(self.model[other], head),
            )

        whole, newest, page, on_path, told = self.read(look)
        path = self.path(head)
        assert whole == path
        assert newest == path[max(0, len(path) - limit) :]
        assert page == [each for each in path if first <= each.depth < first + limit]
        assert on_path == (other in [each.id for each in path])
        original = self.model[other].original_id or other
        assert told == any(original in (each.id, each.original_id) for each in path)

    @rule()
    def restart(self) -> None:
        self.reopen()

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        async def look(tx: Snapshot) -> tuple[list[Passage | None], list[list[TreeNode]]]:
            return (
                [await tx.passages.get(each) for each in self.model],
                [await tx.passages.list_nodes(tree) for tree in self.trees],
            )

        found, trees = self.read(look)
        assert found == list(self.model.values())
        for tree_id, nodes in zip(self.trees, trees, strict=True):
            theirs = [each for each in self.model.values() if each.tree_id == tree_id]
            assert [node.id for node in nodes] == [each.id for each in theirs]
            for node, passage in zip(nodes, theirs, strict=True):
                assert node.beginning == passage.text[:BEGINNING]
                for name in ("parent_id", "depth", "origin", "author_id", "pen_name", "withdrawn"):
                    assert getattr(node, name) == getattr(passage, name)


TestPassages = PassagesMachine.TestCase
TestPassages.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)


async def test_passages_that_are_not_there(database: Database) -> None:
    async with database.reading() as tx:
        assert await tx.passages.get(0) is None
        assert await tx.passages.list_canon(0) == []
        assert await tx.passages.get_many([0, 1]) == {}


async def test_passages_by_their_ids_however_many(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.passages._AT_ONCE", 2)
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        added = [await tx.passages.add(new_passage(story.tree_id, None), now_ms=2) for _ in range(5)]
        assert await tx.passages.get_many([0, *(each.id for each in added)]) == {each.id: each for each in added}


async def test_copy_is_refused_of_what_is_no_path(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        root = await tx.passages.add(new_passage(story.tree_id, None), now_ms=2)
        left, right = [await tx.passages.add(new_passage(story.tree_id, root.id), now_ms=3) for _ in range(2)]
        before = await tx.passages.list_nodes(story.tree_id)
        for first, head in ((left, right), (right, root)):
            with pytest.raises(ValueError, match="not on the path"):
                await tx.passages.copy_path(None, first.id, head.id)
        assert await tx.passages.list_nodes(story.tree_id) == before


async def test_copy_never_gets_an_id_that_was_used_before(database: Database) -> None:
    async with database.transaction() as tx:
        stories, passages = tx.stories, tx.passages
        kept, gone = [await stories.add(new_story(), now_ms=1) for _ in range(2)]
        first = await passages.add(new_passage(kept.tree_id, None), now_ms=2)
        second = await passages.add(new_passage(kept.tree_id, first.id), now_ms=2)
        purged = await passages.add(new_passage(gone.tree_id, None), now_ms=2)
        await stories.purge(gone.id)
        last = await passages.copy_path(second.id, first.id, second.id)
        copies = [each.id for each in await passages.list_canon(last)][2:]
        added = await passages.add(new_passage(kept.tree_id, last), now_ms=3)
    assert purged.id < copies[0] < copies[1] < added.id


async def test_passage_behind_nothing_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
    with pytest.raises(Exception, match="constraint failed"):
        async with database.transaction() as tx:
            await tx.passages.add(new_passage(story.tree_id, 99), now_ms=2)
    async with database.reading() as tx:
        assert await tx.passages.list_nodes(story.tree_id) == []
