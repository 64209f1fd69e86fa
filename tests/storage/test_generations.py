"""Generations: the repository does what a dictionary would, whatever is done to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, rule
from sqlalchemy import func, select, text

from bot.rules.generations import Generation, NewGeneration, Place
from bot.rules.receipts import ContinueReceipt
from storage.database import Database
from storage.generations import Generations
from storage.tables import SUGGESTIONS
from storage.unit_of_work import Snapshot, UnitOfWork
from tests.storage.examples import PLACES, TIMES, new_generation, new_generations
from tests.storage.machines import DatabaseMachine

T = TypeVar("T")

PEOPLE = st.sampled_from([7, 8])
MESSAGES = st.integers(1, 4)


class GenerationsMachine(DatabaseMachine):
    """The real repository beside a dictionary of what it should hold."""

    ids: Bundle[int] = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, Generation] = {}
        self.used: set[int] = set()
        self.touched: set[int] = set()
        self.on_show: dict[int, int] = {}

    def keep(self, work: Callable[[Generations], Awaitable[T]]) -> T:
        return self.write(lambda tx: work(tx.generations))

    def forget(self, gone: set[int]) -> None:
        self.model = {
            number: dataclasses.replace(each, parent_id=None) if each.parent_id in gone else each
            for number, each in self.model.items()
            if number not in gone
        }

    def card_of(self, number: int) -> set[int]:
        """The pages of the card of a generation."""
        message_id = self.model[number].message_id
        if message_id is None:
            return {number}
        return {other for other, each in self.model.items() if each.message_id == message_id}

    def expected(self, number: int) -> Generation | None:
        """What is kept of a generation, with its place among the pages of its card."""
        if number not in self.model:
            return None
        pages = sorted(self.card_of(number))
        page, used = pages.index(number) + 1, bool(self.touched & set(pages))
        return dataclasses.replace(self.model[number], page=page, pages=len(pages), used=used)

    @rule(target=ids, new=new_generations(PEOPLE, st.none()), now_ms=TIMES)
    def add(self, new: NewGeneration, now_ms: int) -> int:
        stored = self.keep(lambda generations: generations.add(new, now_ms=now_ms))
        assert stored.id not in self.used, "an id is never used again"
        assert stored.message_id is None
        assert stored.created_ms == now_ms
        assert all(getattr(stored, field.name) == getattr(new, field.name) for field in dataclasses.fields(new))
        self.used.add(stored.id)
        self.model[stored.id] = stored
        return stored.id

    @rule(target=ids, parent=ids)
    def go_on_from(self, parent: int) -> int:
        stored = self.keep(lambda generations: generations.add(new_generation(parent_id=parent), now_ms=5))
        assert stored.parent_id == (parent if parent in self.model else None)
        self.used.add(stored.id)
        self.model[stored.id] = stored
        return stored.id

    @rule(number=ids, place=PLACES, message_id=MESSAGES)
    def sent(self, number: int, place: Place, message_id: int) -> None:
        noted = self.keep(lambda generations: generations.mark_sent(number, place, message_id))
        assert noted == (number in self.model)
        if noted:
            for page in self.card_of(number):
                self.model[page] = dataclasses.replace(self.model[page], place=place, message_id=message_id)
            self.on_show[message_id] = number

    @rule(number=ids, person_id=PEOPLE, position=st.none() | st.integers(0, 3))
    def take(self, number: int, person_id: int, position: int | None) -> None:
        taken = self.keep(lambda generations: generations.take(number, person_id, position))
        if number not in self.model:
            assert not taken
            return
        generation = self.model[number]
        if generation.person_id != person_id:
            self.touched.add(number)
        suggestions = list(generation.suggestions)
        assert taken == (position is not None and position < len(suggestions))
        if taken and position is not None:
            suggestions[position] = dataclasses.replace(suggestions[position], taken=suggestions[position].taken + 1)
            self.model[number] = dataclasses.replace(generation, suggestions=tuple(suggestions))

    @rule(number=ids, step=st.sampled_from([-1, 1]))
    def look_beside(self, number: int, step: int) -> None:
        generation = self.expected(number)
        if generation is None:
            return
        beside = self.read(lambda tx: tx.generations.get_beside(generation, step))
        pages = sorted(self.card_of(number))
        place = generation.page - 1 + step
        assert beside == (self.expected(pages[place]) if 0 <= place < len(pages) else None)

    @rule(number=ids)
    def delete(self, number: int) -> None:
        assert self.keep(lambda generations: generations.delete(number)) == (number in self.model)
        self.forget(self.card_of(number) if number in self.model else set())

    @rule(now_ms=TIMES)
    def expire(self, now_ms: int) -> None:
        gone = {number for number, each in self.model.items() if each.expires_ms <= now_ms}
        assert self.keep(lambda generations: generations.expire(now_ms)) == len(gone)
        self.forget(gone)

    @rule(person_id=PEOPLE)
    def delete_person(self, person_id: int) -> None:
        async def delete(tx: UnitOfWork) -> int:
            return (await tx.privacy.delete(person_id))["generations"]

        gone = {number for number, each in self.model.items() if each.person_id == person_id}
        assert self.write(delete) == len(gone)
        self.forget(gone)

    @rule()
    def restart(self) -> None:
        self.reopen()

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        async def look(tx: Snapshot) -> tuple[dict[int, Generation | None], list[Generation | None], int]:
            parts = await tx.execute(select(func.count()).select_from(SUGGESTIONS))
            return (
                {number: await tx.generations.get(number) for number in self.used},
                [await tx.generations.get_by_message(message) for message in range(1, 5)],
                parts.scalar_one(),
            )

        found, shown, parts = self.read(look)
        assert found == {number: self.expected(number) for number in self.used}
        for message_id, each in zip(range(1, 5), shown, strict=True):
            pages = {number for number, each in self.model.items() if each.message_id == message_id}
            front = self.on_show.get(message_id, 0)
            number = front if front in pages else max(pages, default=0)
            assert each == self.expected(number)
        assert parts == sum(len(each.suggestions) for each in self.model.values()), "no suggestion is left behind"


TestGenerations = GenerationsMachine.TestCase
TestGenerations.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)


async def test_generation_whose_parent_is_gone_is_kept_without_it(database: Database) -> None:
    async with database.transaction() as tx:
        parent = await tx.generations.add(new_generation(), now_ms=1)
        await tx.generations.delete(parent.id)
        child = await tx.generations.add(new_generation(parent_id=parent.id), now_ms=2)
        assert child.parent_id is None
        assert await tx.generations.get(child.id) == child


async def test_generations_refuse_a_score_that_is_no_number(database: Database) -> None:
    new = new_generation()
    broken = dataclasses.replace(
        new,
        suggestions=(dataclasses.replace(new.suggestions[0], receipt=ContinueReceipt(token_log_prob=float("nan"))),),
    )
    with pytest.raises(Exception, match="not JSON compliant"):
        async with database.transaction() as tx:
            await tx.generations.add(broken, now_ms=1)
    async with database.reading() as tx:
        assert await tx.generations.get(1) is None


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("DELETE FROM generations WHERE expires_ms <= 5", "ix_generations_expires_ms"),
        ("DELETE FROM generations WHERE person_id = 5", "ix_generations_person_id"),
        ("SELECT * FROM generations WHERE message_id = 5 AND id > 3 ORDER BY id LIMIT 1", "ix_generations_message_id"),
        ("UPDATE generations SET on_show = id = 3 WHERE message_id = 5", "ix_generations_message_id"),
        ("SELECT * FROM generations WHERE parent_id = 5", "ix_generations_parent_id"),
        ("SELECT * FROM suggestions WHERE generation_id = 5 ORDER BY position", "sqlite_autoindex_suggestions_1"),
    ],
)
async def test_lookups_use_an_index(database: Database, query: str, index: str) -> None:
    async with database.reading() as tx:
        plan = [row.detail for row in await tx.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert any(index in step for step in plan), plan
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan), plan
