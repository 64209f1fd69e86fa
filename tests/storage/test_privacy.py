"""Privacy: all of somebody's data, and nobody else's. What they had in stories is in `test_privacy_of_stories`."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage.database import Database, open_database
from storage.privacy import PERSONAL
from storage.tables import GENERATIONS, METADATA, PEOPLE, SUGGESTIONS
from tests.storage.examples import new_generation
from tests.support.clocks import epoch

A_PERSON = re.compile(r"((person|people|user|member|author|writer|owner|host|voter|asker)(_id)?|_by)$")


def test_columns_that_name_a_person_are_all_covered() -> None:
    covered = {(personal.table.name, personal.person) for personal in PERSONAL}
    for table in METADATA.tables.values():
        for column in table.columns:
            named = bool(A_PERSON.search(column.name))
            assert named == bool(column.info.get("person")), f"is {column} a person? Make it with _person"
            assert not named or (table.name, column.name) in covered, f"{column} is missing in PERSONAL"


def test_privacy_covers_everything_that_refers_to_a_person() -> None:
    parts = {(personal.table.name, part.table.name, part.link) for personal in PERSONAL for part in personal.parts}
    for table in METADATA.tables.values():
        for key in table.foreign_keys:
            whole = key.column.table
            if whole in {personal.table for personal in PERSONAL if personal.forget is None} and whole is not table:
                assert (whole.name, table.name, key.parent.name) in parts, f"{key.parent} is missing in PERSONAL"
                assert key.ondelete == "CASCADE", f"{key.parent} must go along"


@pytest.fixture
async def lived_in(database: Database) -> Database:
    """Two people: 7 asked twice, 8 went on from one of those."""
    async with database.transaction() as tx:
        people, generations = tx.people, tx.generations
        await people.mark_seen(7, now_ms=1)
        await people.mark_seen(8, now_ms=2)
        first = await generations.add(new_generation(person_id=7), now_ms=1)
        await generations.add(new_generation(person_id=8, parent_id=first.id), now_ms=2)
        await generations.add(new_generation(person_id=7), now_ms=3)
    return database


async def test_export_has_everything_of_one_person(lived_in: Database) -> None:
    async with lived_in.reading() as tx:
        export = await tx.privacy.export(7)
    assert json.loads(json.dumps(export)) == export
    assert export["people"] == [{"person_id": "7", "first_seen_ms": 1, "last_seen_ms": 1}]
    assert [generation["id"] for generation in export["generations"]] == [1, 3]
    generation = export["generations"][0]
    assert set(generation) == {column.name for column in GENERATIONS.columns} | {"suggestions"}
    assert generation["text"] == "She opened the ___."
    assert (generation["person_id"], generation["server_id"], generation["message_id"]) == ("7", "1", None)
    assert [part["fills"] for part in generation["suggestions"]] == [["door"], ["信"]]
    assert generation["suggestions"][1]["receipt"] == {"kind": "infill", "seed": 2}


async def test_export_of_a_stranger_is_empty(lived_in: Database) -> None:
    async with lived_in.reading() as tx:
        export = await tx.privacy.export(99)
    assert set(export) == {personal.called for personal in PERSONAL}
    assert not any(export.values())


async def test_deleting_takes_all_of_one_person_and_nothing_else(lived_in: Database) -> None:
    async with lived_in.transaction() as tx:
        deleted = await tx.privacy.delete(7)
    assert {name: count for name, count in deleted.items() if count} == {"generations": 2, "people": 1}
    async with lived_in.reading() as tx:
        assert not any((await tx.privacy.export(7)).values())
        theirs = await tx.privacy.export(8)
        assert len(theirs["generations"][0]["suggestions"]) == 2
        assert theirs["generations"][0]["parent_id"] is None
        counts = [(await tx.execute(select(func.count()).select_from(table))).scalar_one()
                  for table in (PEOPLE, GENERATIONS, SUGGESTIONS)]  # fmt: skip
        assert counts == [1, 1, 2]
    async with lived_in.transaction() as tx:
        assert not any((await tx.privacy.delete(7)).values())


async def test_deletion_that_fails_deletes_nothing(lived_in: Database) -> None:
    async def fail() -> None:
        async with lived_in.transaction() as tx:
            await tx.privacy.delete(7)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with lived_in.reading() as tx:
        assert len((await tx.privacy.export(7))["generations"]) == 2


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_deletion_takes_the_text_out_of_the_file(tmp_path: Path) -> None:
    secret = "a sentence that nobody else would write"
    async with open_database(tmp_path, epoch) as database:
        async with database.transaction() as tx:
            new = new_generation()
            await tx.generations.add(dataclasses.replace(new, text=secret), now_ms=1)
        async with database.transaction() as tx:
            await tx.privacy.delete(7)
    assert b"generations" in everything_in(tmp_path)
    assert secret.encode() not in everything_in(tmp_path)
