"""Who sits at a table: joining, leaving, resting, coming back, and who leads."""

from __future__ import annotations

import dataclasses

from bot.errors import BadInput, NotHere
from bot.rules.games.game import AnyGame
from bot.rules.games.steps import Joined
from bot.rules.games.table import Presence, Seat, StateT, Table
from bot.rules.stories import MAX_PEN_NAME

RESTS_AFTER = 2
"""Turns missed in a row after which a seat rests."""


def with_joined(table: Table[StateT], game: AnyGame, event: Joined, now_ms: int) -> Table[StateT]:
    """Return the table with somebody new at it, or with a reader who plays now. The first one leads.

    Raises `NotHere`: `game_over`, `game_full` (limit), `game_no_joining`, `game_not_in` (a seat that is no reader's);
    `BadInput`: `pen_name_too_long`.
    """
    if table.is_over:
        raise NotHere("game_over")
    if len(event.pen_name) > MAX_PEN_NAME:
        raise BadInput("pen_name_too_long", length=len(event.pen_name), limit=MAX_PEN_NAME)
    if event.role == "player":
        _require_room(table, game)
        if table.state != "lobby" and not game.admits(table):
            raise NotHere("game_no_joining")
    number = max((seat.number for seat in table.seats), default=0) + 1
    seat = Seat(number=number, pen_name=event.pen_name, role=event.role, joined_ms=now_ms)
    if event.seat is None:
        return _led(dataclasses.replace(table, seats=(*table.seats, seat)))
    reader = _present(table, event.seat)
    if reader.role != "reader":
        raise NotHere("game_not_in")
    return _led(table.with_seat(dataclasses.replace(seat, number=reader.number, no_ai=reader.no_ai)))


def with_gone(table: Table[StateT], number: int, presence: Presence) -> Table[StateT]:
    """Return the table without somebody who leaves or is removed: out of the lobby without a trace. Where they led, the
    earliest seat leads."""
    seat = _present(table, number)
    if table.state == "lobby":
        table = dataclasses.replace(table, seats=tuple(each for each in table.seats if each.number != number))
    else:
        table = table.with_seat(dataclasses.replace(seat, presence=presence))
    return _led(table)


def with_back(table: Table[StateT], game: AnyGame, number: int) -> Table[StateT]:
    """Return the table with a seat that rested, missed a turn or left there again: whoever comes back has their old
    seat, and with it what they wrote.

    Raises `NotHere`: `game_not_in` for a seat that was removed, `game_full` (limit) where others took the room.
    """
    seat = table.seat(number)
    if seat is None or seat.presence == "removed":
        raise NotHere("game_not_in")
    if seat.presence == "left" and seat.role == "player":
        _require_room(table, game)
    return table.with_seat(dataclasses.replace(seat, presence="in", missed=0))


def with_missed(table: Table[StateT], number: int) -> Table[StateT]:
    """Return the table with one more turn missed by a seat: after two in a row it rests."""
    seat = table.seat(number)
    if seat is None or seat.presence != "in":
        return table
    missed = seat.missed + 1
    return table.with_seat(
        dataclasses.replace(seat, missed=missed, presence="resting" if missed >= RESTS_AFTER else "in")
    )


def _require_room(table: Table[StateT], game: AnyGame) -> None:
    most = game.players[table.terms.pace][-1]
    if sum(seat.presence in ("in", "resting") for seat in table.players) >= most:
        raise NotHere("game_full", limit=most)


def _present(table: Table[StateT], number: int) -> Seat:
    seat = table.seat(number)
    if seat is None or seat.presence in ("left", "removed"):
        raise NotHere("game_not_in")
    return seat


def _led(table: Table[StateT]) -> Table[StateT]:
    """Return the table led by the same seat while it is there, else by the earliest player who is."""
    host = table.seat(table.host) if table.host is not None else None
    if host is not None and host.presence in ("in", "resting"):
        return table
    there = [seat for seat in table.players if seat.presence in ("in", "resting")]
    there.sort(key=lambda seat: (seat.presence != "in", seat.number))
    return dataclasses.replace(table, host=there[0].number if there else None)
