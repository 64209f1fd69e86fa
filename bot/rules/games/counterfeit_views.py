"""What somebody sees of Counterfeit: never who wrote what before the round is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.rules.games.alike import alike
from bot.rules.games.counterfeit_rounds import (
    CounterfeitTable,
    marks_of,
    order_of,
    points_of,
    slots_of,
    stars_of,
    writer_of,
)
from bot.rules.games.table import Texts, text_of

Side = Literal["mask", "hand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A text of a round that is over: whose (0: the machine's), whether the writer hid as the machine, and what readers
    made of it."""

    slot: str
    text: str
    writer: int
    masked: bool
    marks: int
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """A round that is over: `fooled` of `guessed` marks that could have found the machine did not."""

    opening: str
    texts: tuple[Revealed, ...]
    fooled: int
    guessed: int
    void: bool
    points: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterfeitView:
    """What somebody sees: the opening, the viewer's own side and text, how many texts and guesses there are; the texts
    to guess among (by letter, the viewer's own order) with their slots, how many are the machine's, the viewer's guess
    (places); the rounds that are over, and all points so far (0: the house)."""

    number: int
    planned: int
    opening: str
    side: Side | None
    own: str
    texts_in: int
    guesses_in: int
    lettered: tuple[str, ...]
    slots: tuple[str, ...]
    wanted: int
    marks: tuple[int, ...]
    star: int | None
    over: tuple[RoundResult, ...]
    points: Mapping[int, int]

    @property
    def told(self) -> list[tuple[str, str]]:
        """The slots and texts of all rounds that are over."""
        return [(each.slot, each.text) for result in self.over for each in result.texts if each.text]


def shown_text(texts: Texts, slot: str) -> str:
    """Return a text in the common form, empty where it is hidden."""
    text = text_of(texts, slot)
    return "" if text is None or text.hidden else alike(text.text)


def points_so_far(table: CounterfeitTable, rounds: int) -> dict[int, int]:
    """Return all points of the first so many rounds, by seat (0: the house)."""
    total: dict[int, int] = {}
    for round_ in table.begun.rounds[:rounds]:
        for seat, points in ({} if round_.void else points_of(round_)).items():
            total[seat] = total.get(seat, 0) + points
    return total


def result_of(table: CounterfeitTable, number: int, texts: Texts) -> RoundResult:
    """Return a round as it is told when it is over."""
    round_ = table.begun.rounds[number]
    marks, stars = marks_of(round_), stars_of(round_)
    opening = text_of(texts, round_.opening)
    revealed = [
        Revealed(
            slot=slot,
            text=shown_text(texts, slot),
            writer=writer_of(round_, slot),
            masked=writer_of(round_, slot) in round_.masks,
            marks=marks[slot],
            stars=stars[slot],
        )
        for slot in sorted(slots_of(round_), key=order_of(table, number))
    ]
    guessed = len(round_.machine) * sum(bool(guess.marks) for guess in round_.guesses.values())
    return RoundResult(
        opening="" if opening is None or opening.hidden else alike(opening.text),
        texts=tuple(revealed),
        fooled=guessed - sum(marks[slot] for slot in round_.machine),
        guessed=guessed,
        void=round_.void,
        points={} if round_.void else points_of(round_),
    )
