"""A game's table as it is stored: its course as JSON, with msgspec, by the type of its kind's state.

Seats stand in rows of their own and are left out. A course that an earlier version stored is read as well: what came
later has a default.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from bot.rules.games.game import AnyGame
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Seat, Table

_log = logging.getLogger(__name__)


def course_of(table: Table[Any]) -> str:
    """Return the JSON of a table, without its seats and its number."""
    return msgspec.json.encode(dataclasses.replace(table, id=0, seats=())).decode()


def table_from(game_id: int, kind: str, course: str, seats: Sequence[Seat]) -> Table[Any] | None:
    """Return the table whose course that is; None where no such kind is known, or the course is none of its kind's (a
    newer version stored it)."""
    game = GAMES.get(kind)
    if game is None:
        return None
    try:
        table: Table[Any] = msgspec.json.decode(course, type=_type_of(game))
    except (msgspec.ValidationError, msgspec.DecodeError):
        _log.error("game %d (%s) cannot be read by this version", game_id, kind)
        return None
    return dataclasses.replace(table, id=game_id, seats=tuple(seats))


def _type_of(game: AnyGame) -> type[Table[Any]]:
    return Table[game.state_type]  # type: ignore[name-defined]  # known when it runs
