"""A table: one game as it is being played. What is frozen here is stored as JSON.

The state names seats, never people: who sits where, and what they wrote, stands in rows of its own, so that it can be
found, exported and deleted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bot.rules.provenance import Origin, Span

StateT = TypeVar("StateT")
"""What a game remembers of its course."""

GameState = Literal["lobby", "playing", "paused", "ended", "cancelled"]
Pace = Literal["tonight", "days"]
Role = Literal["player", "reader"]
Presence = Literal["in", "resting", "left", "removed"]
PauseReason = Literal["", "few", "host"]

LOBBY_MS: dict[Pace, int] = {"tonight": 15 * 60_000, "days": 7 * 24 * 3_600_000}
"""How long a lobby waits for its start, by pace (ms)."""
PAUSE_MS: dict[Pace, int] = {"tonight": 30 * 60_000, "days": 7 * 24 * 3_600_000}
"""How long a paused game waits before it ends with what there is, by pace (ms)."""
GRACE_MS: dict[Pace, int] = {"tonight": 15_000, "days": 5 * 60_000}
"""How long a phase stays open when everybody has acted, so that a text can be mended (ms)."""
ASK_MS = 20_000
"""How long a game waits for the models (ms)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One person at a table. `missed`: turns missed in a row; `no_ai`: no model may
    read what they write. A reader joins by what they choose (a guess, a heart) and
    is never waited for. Numbers begin at 1 and are never used again."""

    number: int
    pen_name: str
    role: Role = "player"
    presence: Presence = "in"
    missed: int = 0
    joined_ms: int = 0
    no_ai: bool = False

    @property
    def is_active(self) -> bool:
        """Tell whether the table deals turns to this seat."""
        return self.role == "player" and self.presence == "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one seat is waited for. `what` is the game's own key; `move` is the move with which it began: buttons and
    forms carry it. `warn_ms` None: no reminder, or it was sent. `seen`: its form was opened; `acted`: the text is
    there and can be mended until the phase closes."""

    seat: int
    move: int
    what: str
    opened_ms: int
    due_ms: int
    warn_ms: int | None = None
    extended: bool = False
    seen: bool = False
    acted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of the server in which nobody is disturbed, in its time zone (a name of the IANA database); from `begin` to
    `end` o'clock, over midnight where `begin` is the later one. The same hour twice: no quiet hours."""

    zone: str = "UTC"
    begin: int = 23
    end: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all games have in common to agree on. `stand_in`: a model takes missed turns; `language`: of the server's
    cards."""

    pace: Pace = "tonight"
    stand_in: bool = False
    quiet: Quiet = Quiet()
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something that the models are asked for. `key` tells what for and is never used again in a game; `kind`:
    "continue" takes `text` on by about `words` words, `count` times, "gaps" looks for `count` words of it that others
    can guess at. It is asked from `after_ms` on (0: at once) and given up at `due_ms`. `small`: of the small model,
    which answers sooner. `seat`: who asked for themselves alone, None: the table."""

    key: str
    kind: Literal["continue", "gaps"]
    text: str
    count: int
    words: int
    due_ms: int
    after_ms: int = 0
    small: bool = False
    seat: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[StateT]):
    """A game. `move` rises with every step. `host` is the seat that leads, None where nobody is left. `settings` are
    the kind's own, by name. `game` is None before the start. `phase_due_ms` closes the phase whoever has acted; times
    are UTC ms."""

    id: int
    kind: str
    version: int
    state: GameState
    phase: str
    move: int
    host: int | None
    seats: tuple[Seat, ...]
    terms: Terms
    settings: dict[str, int | str]
    seed: str
    created_ms: int
    turns: tuple[Turn, ...] = ()
    requests: tuple[Request, ...] = ()
    phase_due_ms: int | None = None
    paused_ms: int | None = None
    pause_reason: PauseReason = ""
    started_ms: int | None = None
    ended_ms: int | None = None
    game: StateT | None = None

    @property
    def players(self) -> list[Seat]:
        """All who ever sat down to play, by number."""
        return [seat for seat in self.seats if seat.role == "player"]

    @property
    def active(self) -> list[Seat]:
        """The seats that turns are dealt to, by number."""
        return [seat for seat in self.seats if seat.is_active]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing can happen any more."""
        return self.state in ("ended", "cancelled")

    @property
    def due_ms(self) -> int | None:
        """When the table needs a tick next, None: never."""
        if self.state == "lobby":
            return self.created_ms + LOBBY_MS[self.terms.pace]
        if self.state == "paused":
            return (self.paused_ms or 0) + PAUSE_MS[self.terms.pace]
        if self.state != "playing":
            return None
        times = [self.phase_due_ms, *(request.due_ms for request in self.requests)]
        times += [request.after_ms for request in self.requests if request.after_ms]
        for turn in self.turns:
            if not turn.acted:
                times += [turn.due_ms, turn.warn_ms]
        return min((time for time in times if time is not None), default=None)

    @property
    def begun(self) -> StateT:
        """The game's state of a table that was started."""
        assert self.game is not None, "a table that plays has a state"
        return self.game

    def seat(self, number: int) -> Seat | None:
        """Return a seat by its number, None where there is none."""
        return next((seat for seat in self.seats if seat.number == number), None)

    def turn(self, seat: int) -> Turn | None:
        """Return what a seat is waited for, None where it is not."""
        return next((turn for turn in self.turns if turn.seat == seat), None)

    def with_seat(self, changed: Seat) -> Table[StateT]:
        """Return the table with a seat changed."""
        seats = tuple(changed if seat.number == changed.number else seat for seat in self.seats)
        return dataclasses.replace(self, seats=seats)


@dataclass(frozen=True, slots=True, kw_only=True)
class GameText:
    """A text that was written at a table. `slot` is its name in that game: a key of the rules, which tells nobody who
    wrote it. `seat` None: a model's. A text that is `hidden` was reported: views show nothing of it, and it can be
    shown again. One that is empty was taken back."""

    slot: str
    seat: int | None
    text: str
    origin: Origin
    created_ms: int
    spans: tuple[Span, ...] = ()
    hidden: bool = False


Texts = Sequence[GameText]


def text_of(texts: Texts, slot: str) -> GameText | None:
    """Return the text of a slot, None where there is none."""
    return next((text for text in texts if text.slot == slot), None)
