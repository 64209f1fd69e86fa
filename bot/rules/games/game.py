"""What a kind of game is: one object, with the rules that are its own. What all have in common is in `play`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from bot.rules.games.steps import Event, Step
from bot.rules.games.table import Pace, StateT, Table, Texts

ViewT_co = TypeVar("ViewT_co", covariant=True)
"""What somebody may see of a game."""

MAX_SETTINGS = 5
"""Settings that a kind has at most: as many menus as a form of Discord's takes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Something to agree on in the lobby: its name, and what can be chosen, at most 25 values. `usual` is what stands
    there first, by pace."""

    name: str
    values: tuple[int | str, ...]
    usual: Mapping[Pace, int | str]


class Game(Protocol[StateT, ViewT_co]):
    """A kind of game. Its methods are pure; those that return a `Step` raise a `PersonError` for what cannot be done,
    and then nothing has changed.

    `apply` gets the events that are the game's own: `Joined` (a player: the last seat, or the event's), `Left`,
    `Removed`, `Back`, `Resumed`, `Opened`, `Wrote`, `Mended`, `Passed`, `Chose`, `Hid`, `Made`, `Missed` and
    `PhaseOver`; what an event does to seats, turns, texts that are hidden and reminders is done already. A turn that
    was taken is still in the table: the game closes it, or marks it as acted. While the table is paused a game gets
    those of seats (`Joined`, `Left`, `Removed`, `Back`, `Missed`): it opens no turn then and asks for nothing, but does
    so at `Resumed`. `Hid` comes in any state.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    players: ClassVar[Mapping[Pace, range]]
    """How many can play."""
    least_active: ClassVar[int]
    """With fewer who are not resting the game is paused."""
    unmanned: ClassVar[frozenset[str]]
    """The phases that need nobody: they go on by themselves."""
    open_phases: ClassVar[frozenset[str]]
    """The phases in which everybody may write without a turn of their own, and people sit down by writing."""
    stands_in: ClassVar[bool]
    """Whether a model can take missed turns."""
    settings: ClassVar[tuple[Setting, ...]]
    state_type: ClassVar[type[Any]]
    """The type of the state: frozen dataclasses, numbers, texts and tuples of them."""

    def begin(self, table: Table[StateT], texts: Texts, now_ms: int) -> Step[StateT]:
        """Return the first step of a game whose players are there. `texts` are what was put on the table before."""
        ...

    def apply(self, table: Table[StateT], event: Event, texts: Texts, now_ms: int) -> Step[StateT]:
        """Return what an event leads to."""
        ...

    def finish(self, table: Table[StateT], texts: Texts, now_ms: int) -> Step[StateT]:
        """Return what ends the game now, with what there is: the reveal, or the end itself. Called again in a reveal it
        ends that, too."""
        ...

    def admits(self, table: Table[StateT]) -> bool:
        """Tell whether a player may still join after the start."""
        ...

    def view(self, table: Table[StateT], texts: Texts, viewer: int | None) -> ViewT_co:
        """Return what the seat `viewer` may see (None: everybody), made from nothing: what is not put in is hidden."""
        ...

    def story(self, table: Table[StateT], texts: Texts) -> Sequence[str]:
        """Return the slots that become the passages of a story in the archive, in order; none where nothing was
        made."""
        ...


AnyGame = Game[Any, Any]
