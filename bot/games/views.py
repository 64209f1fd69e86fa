"""What somebody may see of a game. Cards render this; the state itself leaves no use case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.rules.games.registry import GAMES
from bot.rules.games.table import GameState, PauseReason, Seat, Table, Terms, Texts, Turn
from bot.rules.profiles import Pings
from storage.game_records import ReportedText
from storage.games import StoredGame


@dataclass(frozen=True, slots=True, kw_only=True)
class GameView:
    """A game as one person sees it, or as everybody does (`viewer` None).

    `host` is the seat that leads, None where nobody is left; `waiting` are the seats that are waited for; `due_ms` is
    when the phase or the next turn is over, the lobby closes, or the pause ends (UTC ms). `admits`: somebody can still
    sit down to play. `viewer` is the viewer's seat; `leads`: they are the host or may manage the server; `turn` is
    theirs alone, and `draft` what they wrote that could not be taken. `game` is the kind's own view, None before the
    start. `readers` counts who only reads and chooses; `points` are by seat, once it is over. `story_id` is the story
    that it became.
    """

    id: int
    kind: str
    server_id: int
    channel_id: int
    state: GameState
    phase: str
    move: int
    terms: Terms
    settings: Mapping[str, int | str]
    host: int | None
    seats: tuple[Seat, ...]
    waiting: tuple[int, ...]
    due_ms: int | None
    pause_reason: PauseReason
    created_ms: int
    readers: int
    admits: bool = False
    viewer: int | None = None
    leads: bool = False
    turn: Turn | None = None
    draft: str = ""
    pings: Pings = "mention"
    reported: tuple[ReportedText, ...] = ()
    game: Any = None
    points: Mapping[int, int]
    story_id: int | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether nothing can happen any more."""
        return self.state in ("ended", "cancelled")

    def seat(self, number: int | None) -> Seat | None:
        """Return a seat by its number, None where there is none."""
        return next((seat for seat in self.seats if seat.number == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GamePing:
    """Somebody who is told, in their own `way`, that a game waits for them: for the turn that began with `move`, once
    more where it is a `reminder`. `quiet_ms` is when the quiet hours end that their server is in now (UTC ms), None in
    none. `view` is the game as they see it; it may be paused."""

    view: GameView
    person_id: int
    seat: int
    move: int
    reminder: bool
    way: Pings
    quiet_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """Somebody on a board: who has the most points comes first; those with as many share a `place`, from 1. `name` is
    their pen name, None where they have none."""

    place: int
    person_id: int
    name: str | None
    points: int
    games: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSide:
    """What a view has of its viewer's own: see `GameView`."""

    viewer: int | None = None
    leads: bool = False
    draft: str = ""
    pings: Pings = "mention"
    reported: tuple[ReportedText, ...] = ()


EVERYBODY = OwnSide()
"""Of a game as everybody sees it."""


def view_of(
    stored: StoredGame, texts: Texts, own: OwnSide = EVERYBODY, points: Mapping[int, int] | None = None
) -> GameView:
    """Return what somebody may see of a game; `points` are by seat."""
    viewer = own.viewer
    table = stored.table
    turn = table.turn(viewer) if viewer is not None and table.state == "playing" else None
    return GameView(
        id=table.id,
        kind=table.kind,
        server_id=stored.server_id,
        channel_id=stored.channel_id,
        state=table.state,
        phase=table.phase,
        move=table.move,
        terms=table.terms,
        settings=dict(table.settings),
        host=table.host,
        seats=table.seats,
        waiting=waiting_of(table),
        due_ms=_due_ms(table),
        pause_reason=table.pause_reason,
        created_ms=table.created_ms,
        readers=sum(seat.role == "reader" for seat in table.seats),
        admits=table.state == "lobby" or (table.state == "playing" and GAMES[table.kind].admits(table)),
        viewer=viewer,
        leads=own.leads,
        turn=turn,
        draft=own.draft,
        pings=own.pings,
        reported=own.reported,
        game=None if table.game is None else GAMES[table.kind].view(table, texts, viewer),
        points=dict(points or {}),
        story_id=stored.story_id,
    )


def waiting_of(table: Table[Any]) -> tuple[int, ...]:
    """Return the seats that are waited for, by number."""
    if table.state != "playing":
        return ()
    return tuple(sorted(turn.seat for turn in table.turns if not turn.acted))


def _due_ms(table: Table[Any]) -> int | None:
    """When something ends that people wait for; reminders and the models are none of that."""
    if table.state != "playing":
        return table.due_ms
    times = [turn.due_ms for turn in table.turns if not turn.acted]
    if table.phase_due_ms is not None:
        times.append(table.phase_due_ms)
    return min(times, default=None)
