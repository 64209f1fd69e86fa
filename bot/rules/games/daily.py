"""Daily: one small puzzle a day for a whole server. On odd days a word is missing; on even days a machine takes over
somewhere in seven sentences.

Nobody sees another one's tries before the day is over. Days are the server's own (`datetime.date`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from bot.errors import BadInput, Gone
from bot.rules.games.chance import draw
from bot.rules.gap_words import Gap, likeness, one_word

DailyKind = Literal["gap", "seam"]
TRY_POINTS = (3, 2, 1)
"""Points of the first, the second and the third try at a gap."""
FREE_TRIES = len(TRY_POINTS)
"""Tries without help. Behind them the model's five words are told, then the first letter."""
MOST_TRIES = FREE_TRIES + 2
"""Tries in all."""
SENTENCES = 7
"""Sentences of a seam."""
SEAM_POINTS = 5
"""Points of the right sentence; each sentence that is too late costs one, one that is too early all."""
NEVER = 0
"""Stands for a text that is a person's to the end."""
NEVER_ONE_IN = 10
"""How many days of seams have one without a machine."""
FREEZE_DAYS = 28
"""Within so many days one missed day does not end a streak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapOfTheDay:
    """A passage with a gap; `five` are the model's words for it, the likeliest first."""

    passage: str
    gap: Gap
    five: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeamOfTheDay:
    """Seven sentences; `seam` is the number, from 1, of the first that is a machine's, NEVER where none is."""

    sentences: tuple[str, ...]
    seam: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    """What a server has on one day: one of the two."""

    day: date
    gap: GapOfTheDay | None = None
    seam: SeamOfTheDay | None = None

    @property
    def kind(self) -> DailyKind:
        """Which one it is."""
        return "gap" if self.gap is not None else "seam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What somebody has tried on a day, in order; `solved`: the last try was right; `over`: nothing is left to try."""

    tries: tuple[str, ...] = ()
    points: int = 0
    solved: bool = False
    over: bool = False


def kind_of(day: date) -> DailyKind:
    """Return what a day has."""
    return "gap" if day.day % 2 else "seam"


def seam_of(seed: str, day: date) -> int:
    """Return where the machine takes over on a day, by lot: from the second sentence to the last, or never."""
    lot = draw(seed, day.toordinal(), "seam")
    return NEVER if lot % NEVER_ONE_IN == 0 else 2 + (lot // NEVER_ONE_IN) % (SENTENCES - 1)


def tried(puzzle: Puzzle, played: Played, given: str) -> Played:
    """Return what somebody has tried with one more try.

    Raises `Gone` (`daily_over`) where nothing is left to try; `BadInput`: `game_one_word` (number), `daily_again`
    (word) for a word that was tried, `daily_sentence` (low, high) for no sentence of it.
    """
    if played.over:
        raise Gone("daily_over")
    if puzzle.gap is not None:
        return _tried_gap(puzzle.gap, played, given)
    assert puzzle.seam is not None, "a puzzle has one of the two"
    return _tried_seam(puzzle.seam, given)


def _tried_gap(puzzle: GapOfTheDay, played: Played, given: str) -> Played:
    word = one_word(given)
    if word is None:
        raise BadInput("game_one_word", number=1)
    if word.casefold() in (each.casefold() for each in played.tries):
        raise BadInput("daily_again", word=word)
    tries = (*played.tries, word)
    solved = likeness(word, puzzle.gap) == "same"
    points = TRY_POINTS[len(played.tries)] if solved and len(played.tries) < FREE_TRIES else 0
    return Played(tries=tries, points=points, solved=solved, over=solved or len(tries) >= MOST_TRIES)


def _tried_seam(puzzle: SeamOfTheDay, given: str) -> Played:
    if not given.isdecimal() or int(given) not in (NEVER, *range(2, len(puzzle.sentences) + 1)):
        raise BadInput("daily_sentence", low=2, high=len(puzzle.sentences))
    chosen = int(given)
    points = seam_points(puzzle.seam, chosen)
    return Played(tries=(given,), points=points, solved=chosen == puzzle.seam, over=True)


def seam_points(seam: int, chosen: int) -> int:
    """Return what a choice is worth."""
    if chosen == seam:
        return SEAM_POINTS
    if NEVER in (seam, chosen) or chosen < seam:
        return 0
    return max(0, SEAM_POINTS - (chosen - seam))


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What is told of a gap after so many tries: the model's words, then the first letter, then the word."""

    five: tuple[str, ...] = ()
    letter: str = ""
    word: str = ""


def help_for(puzzle: GapOfTheDay, played: Played) -> Help:
    """Return what somebody is told now."""
    if played.over:
        return Help(five=puzzle.five, letter=puzzle.gap.word[:1], word=puzzle.gap.word)
    if len(played.tries) > FREE_TRIES:
        return Help(five=puzzle.five, letter=puzzle.gap.word[:1])
    return Help(five=puzzle.five) if len(played.tries) >= FREE_TRIES else Help()


def marks_of(puzzle: Puzzle, played: Played) -> str:
    """Return a line of squares that tells how somebody did and nothing of the answer."""
    if puzzle.seam is not None:
        return "🟩" * played.points + "⬜" * (SEAM_POINTS - played.points) if played.over else ""
    return "".join(
        "🟩" if played.solved and place == len(played.tries) - 1 else "⬜" for place in range(len(played.tries))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """How many days in a row somebody has played, and the days that were forgiven in it."""

    days: int = 0
    forgiven: tuple[date, ...] = field(default=())


def streak_of(played: Collection[date], today: date) -> Streak:
    """Return the streak that leads to today: yesterday's where today was not played yet. One missed day is forgiven in
    any four weeks; it does not count."""
    days = set(played)
    at = today if today in days else today - timedelta(days=1)
    count = 0
    forgiven: list[date] = []
    while True:
        if at in days:
            count += 1
        elif (
            count
            and at - timedelta(days=1) in days
            and (not forgiven or forgiven[-1] - at >= timedelta(days=FREEZE_DAYS))
        ):
            forgiven.append(at)
        else:
            return Streak(days=count, forgiven=tuple(forgiven))
        at -= timedelta(days=1)
