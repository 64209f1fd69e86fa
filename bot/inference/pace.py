"""How long work takes on this machine, by what was measured here: nothing is known before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_S = 1.0
"""Seconds of work before which nothing is concluded from it."""
LEAST_SHARE = 0.1
"""The share of a job that is done before which nothing is concluded from it."""
FADES = 0.5
"""What counts of all earlier jobs of a kind when one more has ended: models change, and so do machines."""
HELD = 1.5
"""A time that was told stands while the expected one is no longer than so many times as long, and `HELD_S` more."""
HELD_S = 2.0
"""See `HELD`."""


@dataclass(slots=True)
class Work:
    """A running job: its kind, what it costs in tokens, the share of it that is done (0..1), and how many seconds the
    machine has spent on it: where several jobs run, each has its part of the time."""

    kind: type
    tokens: int
    share: float = 0.0
    spent_s: float = 0.0
    quiet_s: float = 0.0
    """Seconds since it told last how it gets on."""

    @property
    def tells(self) -> bool:
        """Whether enough is done to conclude something from it."""
        return self.share >= LEAST_SHARE and self.spent_s >= LEAST_S


class Pace:
    """What was measured of each kind of work: seconds of the machine for a token."""

    def __init__(self) -> None:
        self._measured: dict[type, tuple[float, float]] = {}

    def note(self, work: Work) -> None:
        """Take in a job that has ended well."""
        seconds, tokens = self._measured.get(work.kind, (0.0, 0.0))
        self._measured[work.kind] = (FADES * seconds + work.spent_s, FADES * tokens + work.tokens)

    def token_s(self, kind: type, running: Sequence[Work]) -> float | None:
        """Return how many seconds of the machine a token of that kind takes, by what has ended and by what runs; None
        where none of the kind was measured yet."""
        seconds, measured = self._measured.get(kind, (0.0, 0.0))
        alike = [work for work in running if work.kind is kind and work.tells]
        seconds += sum(work.spent_s for work in alike)
        measured += sum(work.share * work.tokens for work in alike)
        return seconds / measured if measured else None


def left_s(work: Work, token_s: float | None) -> float | None:
    """Return how many seconds of the machine a running job still takes, where a token of its kind usually takes
    `token_s`: the further it is, the more by its own speed. None where nothing was measured yet."""
    if token_s is None:
        return None
    usual = token_s * work.tokens
    own = work.spent_s / work.share if work.tells else usual
    weight = min(1.0, 2 * work.share)
    return (1 - work.share) * (weight * own + (1 - weight) * usual)


class Countdown:
    """What is told of the time that is left: it never counts up. Where it takes longer than was told, no time is told
    until the end is as near as the last one said."""

    def __init__(self) -> None:
        self._least_s: float | None = None
        self.late = False
        """Whether it takes longer than was told."""

    def tell(self, expected_s: float | None) -> float | None:
        """Return the seconds to tell where `expected_s` are expected; None where no time is to be told."""
        if expected_s is None:
            return None
        if self._least_s is None or expected_s <= self._least_s:
            self._least_s, self.late = expected_s, False
        elif self.late or expected_s > HELD * self._least_s + HELD_S:
            self.late = True
            return None
        return self._least_s


def finishing_s(left_s: Sequence[float | None], own: int) -> float | None:
    """Return when job `own` of those that run side by side ends, in seconds, where each has the same part of the
    machine: those that take less are done before, those that take more have taken as much by then. None where that is
    unknown of one."""
    mine = left_s[own]
    return None if mine is None else total_s([None if each is None else min(each, mine) for each in left_s])


def total_s(seconds: Sequence[float | None]) -> float | None:
    """Return the sum of times; None where one of them is unknown."""
    known = [each for each in seconds if each is not None]
    return sum(known) if len(known) == len(seconds) else None
