"""What can happen at a table (events), and what comes of it (a step with its effects)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

from bot.rules.games.table import GameText, Role, StateT, Table, Turn
from bot.rules.gap_words import Gap
from bot.rules.provenance import Origin, Span

# ---- events


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Somebody sits down, at a seat of the next number. `seat`: a reader's that becomes a player's, None: nobody knows
    them here. Whoever left takes their old seat again (`Back`)."""

    pen_name: str
    role: Role = "player"
    seat: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody leaves. What they wrote and chose stays."""

    seat: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Whoever leads removes somebody."""

    seat: int


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody who rests, or who left, is there again."""

    seat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Whoever leads changes the settings in the lobby; those that are left out stay."""

    settings: dict[str, int | str]
    stand_in: bool | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """Whoever leads starts."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened the form of their turn."""

    seat: int
    move: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """Somebody took their turn, that which began with `move`; once more, while the phase is open, they change it.
    `parts` are further fields of a form. `based_on`: the slot of a model's text from which theirs was made, which tells
    whose words are whose. In an open phase (`Game.open_phases`), where nobody has a turn, `move` is that of the view
    that they saw."""

    seat: int
    move: int
    text: str
    origin: Origin = "human"
    spans: tuple[Span, ...] = ()
    parts: tuple[str, ...] = ()
    based_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Somebody changes a text of theirs, while nobody has gone on from it."""

    seat: int
    slot: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Somebody passes. `gives_back`: the text is not for them, and goes to somebody else."""

    seat: int
    move: int
    gives_back: bool = False


@dataclass(frozen=True, slots=True)
class MoreTime:
    """Somebody asks for half as much time again, once a turn."""

    seat: int
    move: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chose:
    """Somebody chose: `what` is the game's own key, `values` what they chose of it, in all: it replaces what they chose
    before."""

    seat: int
    what: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hid:
    """Whoever leads, or a report, hides a text from everybody, or shows it again: also when the game is over."""

    slot: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: the only event that acts on deadlines. Once more at the same time it changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The models answered the request `key`, or could not (no texts, no gaps)."""

    key: str
    texts: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Paused:
    """Whoever leads pauses."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Whoever leads goes on."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Whoever leads lets the table wait for a seat no longer. `move`: the one with which its turn began, None: any."""

    seat: int
    move: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Whoever leads ends the game with what there is; before the start nothing is. `phase`: the one that they saw,
    None: any. So a second click does not end the reveal, too."""

    phase: str | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """To a game only: a turn was missed, is skipped, or its seat left. It is waited for no longer."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class PhaseOver:
    """To a game only: the phase reached its deadline, or everybody has acted and the grace is over."""


Event = (
    Joined
    | Left
    | Removed
    | Back
    | Agreed
    | Started
    | Opened
    | Wrote
    | Mended
    | Passed
    | MoreTime
    | Chose
    | Hid
    | Tick
    | Made
    | Paused
    | Resumed
    | Skipped
    | Ended
    | Missed
    | PhaseOver
)

# ---- effects


@dataclass(frozen=True, slots=True)
class Show:
    """The table's card has something new to show."""


@dataclass(frozen=True, slots=True)
class Ping:
    """A seat is told, alone, that it is waited for; once more where it is a `reminder`. It counts for the turn that
    began with `move`. Reminders are never given in quiet hours; whoever delivers the others then, does so silently."""

    seat: int
    move: int
    reminder: bool = False


@dataclass(frozen=True, slots=True)
class Reveal:
    """Part `part` of what the game made, from 1, is shown by a message of its own."""

    part: int


@dataclass(frozen=True, slots=True)
class Score:
    """A seat gets points, for one `reason` at most once in a game."""

    seat: int
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Archive:
    """The game is over, and what it made goes to the archive."""


Effect = Show | Ping | Reveal | Score | Archive


@dataclass(frozen=True, slots=True)
class Step(Generic[StateT]):
    """What an event leads to: the table, the texts to store (a slot that is there is replaced), and the effects."""

    table: Table[StateT]
    texts: tuple[GameText, ...] = ()
    effects: tuple[Effect, ...] = ()

    def adding(self, *effects: Effect, texts: Sequence[GameText] = ()) -> Step[StateT]:
        """Return the step with more in it."""
        return replace(self, texts=(*self.texts, *texts), effects=(*self.effects, *effects))

    def then(self, following: Step[StateT]) -> Step[StateT]:
        """Return this step and the one that follows from its table as one."""
        return Step(following.table, (*self.texts, *following.texts), (*self.effects, *following.effects))
