"""Games: what is stored is read back as it was, at any moment of any kind, and each record stands once."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from bot.rules.games.registry import GAMES
from bot.rules.games.table import GameText, Pace
from bot.rules.profiles import WriterProfile
from bot.rules.provenance import Span
from storage.database import Database
from storage.game_courses import course_of, table_from
from storage.game_records import Points
from storage.games import StoredGame
from tests.rules.games.conformance import chance_events
from tests.rules.games.hands import HANDS
from tests.rules.games.parties import party_of

PACES: tuple[Pace, ...] = ("tonight", "days")
SERVER, CHANNEL = 1, 2
EVENTS = 30
"""So many random things happen in a play."""


async def store(database: Database, kind: str = "fold", pace: Pace = "tonight", seed: str = "stored") -> StoredGame:
    """Store a game that was just started; the person of each seat has its number and 100."""
    party = party_of(GAMES[kind], pace, seed)
    people = {seat.number: 100 + seat.number for seat in party.table.seats}
    async with database.transaction() as tx:
        return await tx.games.add(party.table, server_id=SERVER, channel_id=CHANNEL, people=people, now_ms=5)


@pytest.mark.parametrize(("kind", "pace"), [*product(GAMES, PACES)])
async def test_games_come_back_as_they_were(database: Database, kind: str, pace: Pace) -> None:
    for play in range(2):
        first = 100_000 * (play + 1)
        party, hand = party_of(GAMES[kind], pace, f"kept:{play}"), HANDS[kind]
        people = {seat.number: first + seat.number for seat in party.table.seats}
        async with database.transaction() as tx:
            stored = await tx.games.add(party.table, server_id=SERVER, channel_id=CHANNEL, people=people, now_ms=5)
            await tx.games.put_texts(stored.table.id, tuple(party.texts.values()), people)
            for seat in party.table.seats:
                profile = WriterProfile(server_id=SERVER, person_id=people[seat.number], no_ai=seat.no_ai)
                await tx.profiles.save(profile)
            for _ in chance_events(party, hand, EVENTS):
                table = dataclasses.replace(party.table, id=stored.table.id)
                people = {seat.number: first + seat.number for seat in table.seats}
                after = dataclasses.replace(stored, table=table, people=people)
                assert await tx.games.save(stored, after, 6)
                await tx.games.put_texts(table.id, tuple(party.texts.values()), people)
                found = await tx.games.get(table.id)
                assert found == after
                kept = {text.slot: text for text in await tx.games.list_texts(table.id)}
                assert kept == {slot: as_loaded(text) for slot, text in party.texts.items()}
                stored = after


def as_loaded(text: GameText) -> GameText:
    """What is hidden stands empty."""
    return dataclasses.replace(text, text="", spans=()) if text.hidden else text


async def test_games_take_one_step_of_two(database: Database) -> None:
    stored = await store(database)
    moved = dataclasses.replace(stored, table=dataclasses.replace(stored.table, move=stored.table.move + 1))
    async with database.transaction() as tx:
        assert await tx.games.save(stored, moved, 6)
        assert not await tx.games.save(stored, moved, 6)


async def test_courses_of_other_versions_and_kinds_are_left_alone(database: Database) -> None:
    stored = await store(database)
    course = course_of(stored.table)
    assert table_from(stored.table.id, "fold", course, stored.table.seats) == stored.table
    assert '"seats":[]' in course
    assert table_from(1, "no such kind", course, ()) is None
    assert table_from(1, "fold", course.replace('"sheets"', '"papers"'), ()) is None
    assert table_from(1, "fold", course[:-1], ()) is None


async def test_texts_that_are_hidden_keep_their_words_and_withdrawn_ones_do_not(database: Database) -> None:
    game_id = (await store(database)).table.id
    text = GameText(slot="0.0", seat=None, text="a line", origin="gpt", created_ms=5, spans=(Span(0, 6, "gpt"),))
    async with database.transaction() as tx:
        await tx.games.put_texts(game_id, [text], {})
        await tx.games.put_texts(game_id, [dataclasses.replace(text, hidden=True)], {})
        (hidden,) = await tx.games.list_texts(game_id)
        assert (hidden.text, hidden.spans, hidden.hidden) == ("", (), True)
        (held,) = await tx.game_records.list_reported(game_id)
        assert (held.text, held.reports, held.hidden) == ("a line", 0, True)
        await tx.games.put_texts(game_id, [dataclasses.replace(hidden, hidden=False)], {})
        assert await tx.games.list_texts(game_id) == (text,)
        await tx.games.withdraw(game_id, "0.0")
        await tx.games.put_texts(game_id, [text], {})
        (gone,) = await tx.games.list_texts(game_id)
        assert (gone.text, gone.hidden) == ("", True)
        assert not await tx.game_records.is_kept(game_id, "0.0")
        assert await tx.game_records.list_reported(game_id) == []


async def test_seats_know_who_refuses_models(database: Database) -> None:
    stored = await store(database)
    seat = stored.table.active[0].number
    async with database.transaction() as tx:
        await tx.profiles.save(WriterProfile(server_id=SERVER, person_id=100 + seat, no_ai=True))
        await tx.profiles.save(WriterProfile(server_id=SERVER + 1, person_id=100 + seat + 1, no_ai=True))
        found = await tx.games.get(stored.table.id)
    assert found is not None
    assert [each.number for each in found.table.seats if each.no_ai] == [seat]


async def test_points_are_given_once_for_a_reason(database: Database) -> None:
    game_id = (await store(database)).table.id
    other_id = (await store(database)).table.id
    async with database.transaction() as tx:
        for game, seat, reason, points in (
            (game_id, 1, "hearts", 2),
            (game_id, 1, "hearts", 2),
            (game_id, 1, "star", 1),
            (other_id, 2, "hearts", 3),
            (other_id, 3, "hearts", 1),
        ):
            await tx.game_records.add_points(
                game_id=game,
                seat=seat,
                reason=reason,
                server_id=SERVER,
                kind="fold",
                person_id=None if seat == 3 else 100 + seat % 2,
                points=points,
                now_ms=game,
            )
        assert await tx.game_records.list_points_of_game(game_id) == {1: 3}
        both = await tx.game_records.list_points(SERVER, None, 10)
        assert both == [Points(person_id=100, points=3, games=1), Points(person_id=101, points=3, games=1)]
        assert await tx.game_records.list_points(SERVER, "fold", 1) == both[:1]
        assert await tx.game_records.list_points(SERVER, "fold", 10, since_ms=other_id) == both[:1]
        assert await tx.game_records.list_points(SERVER, "doors", 10) == []
        assert await tx.game_records.list_points(SERVER + 1, None, 10) == []


async def test_pings_are_noted_once(database: Database) -> None:
    game_id = (await store(database)).table.id
    async with database.transaction() as tx:
        first = await tx.game_records.add_ping(game_id, 1, 4, False)
        assert first is not None
        assert await tx.game_records.add_ping(game_id, 1, 4, False) is None
        reminder = await tx.game_records.add_ping(game_id, 1, 4, True)
        later = await tx.game_records.add_ping(game_id, 1, 5, False)
        assert len({first, reminder, later}) == 3
        assert await tx.game_records.list_pings(game_id, {(1, 4), (2, 4)}) == [first, reminder]


async def test_drafts_are_kept_for_a_while(database: Database) -> None:
    game_id = (await store(database)).table.id
    async with database.transaction() as tx:
        await tx.game_records.keep_draft(game_id, 7, "one", 10)
        await tx.game_records.keep_draft(game_id, 7, "two", 20)
        await tx.game_records.keep_draft(game_id, 8, "three", 30)
        assert await tx.game_records.get_draft(game_id, 7, 19) == "two"
        assert await tx.game_records.get_draft(game_id, 7, 20) == ""
        assert await tx.game_records.expire_drafts(20) == 1
        assert await tx.game_records.get_draft(game_id, 8, 20) == "three"


async def test_games_that_are_due_are_found_in_order(database: Database) -> None:
    ids = [(await store(database)).table.id for _ in range(3)]
    async with database.transaction() as tx:
        for game_id, due_ms in zip(ids, (30, 10, None), strict=True):
            await tx.games.postpone(game_id, due_ms)
        assert await tx.games.next_ms() == 10
        assert await tx.games.list_due(9, 10) == []
        assert await tx.games.list_due(30, 10) == [ids[1], ids[0]]
        assert await tx.games.list_due(30, 1) == [ids[1]]
