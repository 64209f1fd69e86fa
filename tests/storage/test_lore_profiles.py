"""Lore is told where it belongs, each opinion of it counts once; and what people ask for is remembered by server."""

from __future__ import annotations

import dataclasses

from bot.rules.lore import LoreEntry, LoreKind, LoreState
from bot.rules.profiles import WriterProfile
from storage.database import Database
from storage.unit_of_work import UnitOfWork
from tests.storage.examples import new_story


async def add(
    tx: UnitOfWork,
    text: str,
    story_id: int | None,
    *,
    server_id: int = 1,
    kind: LoreKind = "lore",
    state: LoreState = "ratified",
) -> LoreEntry:
    return await tx.lore.add(
        server_id=server_id,
        story_id=story_id,
        kind=kind,
        triggers=("bell", "钟"),
        text=text,
        state=state,
        proposed_by=7,
        now_ms=5,
    )


async def test_lore_told_to_a_story_is_its_own_and_the_servers(database: Database) -> None:
    async with database.transaction() as tx:
        here, there = [(await tx.stories.add(new_story(), now_ms=1)).id for _ in range(2)]
        of_story = await add(tx, "the story's", here)
        of_server = await add(tx, "the server's", None)
        await add(tx, "another story's", there)
        await add(tx, "another server's", None, server_id=2)
        waiting = await add(tx, "not yet", here, state="proposed")
        also = await add(tx, "not yet, all", None, state="proposed", kind="memory")
        refused = await add(tx, "no", here, state="rejected")
        assert of_story.triggers == ("bell", "钟")
        assert await tx.lore.list_ratified(1, here) == [of_server, of_story]
        assert await tx.lore.list_ratified(1, None) == [of_server]
        assert await tx.lore.list_entries(1, here, limit=9) == [waiting, of_story]
        assert await tx.lore.list_entries(1, here, limit=9, states=["rejected"]) == [refused]
        assert await tx.lore.list_entries(1, None, limit=9) == [also, of_server]
        assert await tx.lore.list_entries(1, None, limit=9, kinds=["memory"]) == [also]
        assert await tx.lore.list_entries(1, None, limit=1, offset=1) == [of_server]
        assert await tx.lore.count(1, here) == 2
        assert await tx.lore.count(1, None, states=["ratified"]) == 1


async def test_lore_opinion_counts_once_and_can_be_changed(database: Database) -> None:
    async with database.transaction() as tx:
        entry = await add(tx, "text", None, state="proposed")
        assert await tx.lore.tally(entry.id) == (0, 0)
        for person_id, agrees in ((7, True), (8, True), (9, False), (8, False), (7, True)):
            await tx.lore.vote(entry.id, person_id, agrees)
        assert await tx.lore.tally(entry.id) == (1, 2)


async def test_entry_is_ratified_once(database: Database) -> None:
    async with database.transaction() as tx:
        entry = await add(tx, "text", None, state="proposed")
        assert await tx.lore.set_state(entry.id, "ratified", from_state="proposed")
        assert not await tx.lore.set_state(entry.id, "rejected", from_state="proposed")
        assert await tx.lore.get(entry.id) == dataclasses.replace(entry, state="ratified")
        assert await tx.lore.set_state(entry.id, "rejected")
        changed = dataclasses.replace(entry, triggers=(), text="other", state="proposed")
        await tx.lore.save(changed)
        assert await tx.lore.get(entry.id) == changed
        assert await tx.lore.delete(entry.id)
        assert not await tx.lore.delete(entry.id)
        assert await tx.lore.get(entry.id) is None


async def test_wishes_are_one_persons_in_one_server(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.profiles.get(1, 7) == WriterProfile(server_id=1, person_id=7)
        for profile in (
            WriterProfile(server_id=1, person_id=7, pen_name="Wren", no_ai=True),
            WriterProfile(server_id=1, person_id=8, no_ai=True),
            WriterProfile(server_id=1, person_id=8),
            WriterProfile(server_id=2, person_id=9, no_ai=True),
        ):
            await tx.profiles.save(profile)
            assert await tx.profiles.get(profile.server_id, profile.person_id) == profile
        assert await tx.profiles.list_refusing(1, [7, 8, 9]) == {7}
        assert await tx.profiles.list_refusing(2, [7, 8, 9]) == {9}
        assert await tx.profiles.list_refusing(1, []) == frozenset()
