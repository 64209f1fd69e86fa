"""How the lines that are left on the sheets of Fold can be shared out.

A seat can take at most every other line of a sheet, beginning with the next unless it wrote the last: of `n` lines
`(n + 1) // 2`, or `n // 2`. If each seat's share keeps to that on every sheet, there is an order in which nobody
continues themselves. So what is asked is whether there is a flow: from the seats, each with what it may still write, to
the sheets, each with what it lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Shares:
    """What is left: `counts` lines of each seat so far; of each sheet, by its place, `rests` lines that nobody writes
    yet, behind one by the seat in `lasts` (None, or a seat that is not in `counts`: somebody else's).

    The shares are as even as they can be: no two seats differ by more than a line in the end, or, where people were
    absent, by as few as possible.
    """

    def __init__(self, counts: Mapping[int, int], rests: Sequence[int], lasts: Sequence[int | None]) -> None:
        self.counts = dict(counts)
        self._rests = list(rests)
        self._lasts = list(lasts)
        lines = sum(self._rests)
        self._level = _level(list(self.counts.values()), lines)
        # The last try lets seats differ by as much as there is: it fails only for want of seats.
        self._slack = next((slack for slack in (0, 1, 2, 4, lines) if self._is_possible(slack)), None)

    def take(self, seat: int, place: int) -> bool:
        """Give the next line of a sheet to a seat, if the rest can be shared out then; tell whether it can."""
        if self._slack is None or self.counts[seat] >= self._level + 1 + self._slack:
            return False
        before = self._lasts[place]
        self._change(seat, place, 1, seat)
        if self._is_possible(self._slack):
            return True
        self._change(seat, place, -1, before)
        return False

    def _change(self, seat: int, place: int, lines: int, last: int | None) -> None:
        self.counts[seat] += lines
        self._rests[place] -= lines
        self._lasts[place] = last

    def _is_possible(self, slack: int) -> bool:
        """Tell whether all that is left can be shared out, so that each seat comes to `_level` or one more, give or
        take `slack`."""
        flow = _Flow(list(self.counts), self._rests, self._lasts)
        least = {seat: max(0, self._level - slack - count) for seat, count in self.counts.items()}
        most = {seat: max(0, self._level + 1 + slack - count) for seat, count in self.counts.items()}
        if not all(flow.give(seat, lines) == lines for seat, lines in sorted(least.items(), key=lambda each: -each[1])):
            return False
        for seat in self.counts:
            flow.give(seat, most[seat] - least[seat])
        return not any(flow.left)


class _Flow:
    """Lines of sheets given to seats, `given[sheet][seat]`; `left`: those of each sheet that are not given yet."""

    def __init__(self, seats: Sequence[int], rests: Sequence[int], lasts: Sequence[int | None]) -> None:
        self.left = list(rests)
        self._caps = [(rest + 1) // 2 for rest in rests]
        self._halves = [rest // 2 for rest in rests]
        self._lasts = lasts
        self._given = [dict.fromkeys(seats, 0) for _ in rests]

    def give(self, seat: int, lines: int) -> int:
        """Give a seat so many lines, or as many as can be; return how many. What others have may go to other sheets,
        but nobody gets fewer."""
        missing = lines
        for place in sorted(range(len(self.left)), key=self.left.__getitem__, reverse=True):
            if not missing or not self.left[place]:
                break
            amount = min(missing, self.left[place], self._room(seat, place))
            self._given[place][seat] += amount
            self.left[place] -= amount
            missing -= amount
        while missing and any(self.left) and self._give_one(seat):
            missing -= 1
        return lines - missing

    def _room(self, seat: int, place: int) -> int:
        cap = self._halves[place] if self._lasts[place] == seat else self._caps[place]
        return cap - self._given[place][seat]

    def _give_one(self, seat: int) -> bool:
        """Give a seat one line more by passing lines on along the shortest chain; tell whether there is one."""
        came: dict[int, tuple[int, int | None]] = {}  # sheet: who takes a line of it, and which sheet they give up
        todo: list[tuple[int, int | None]] = [(seat, None)]
        asked = {seat}
        for taker, given_up in todo:  # grows meanwhile
            for place in range(len(self.left)):
                if place in came or self._room(taker, place) <= 0:
                    continue
                came[place] = (taker, given_up)
                if self.left[place]:
                    self._pass_on(came, place)
                    return True
                others = [other for other, lines in self._given[place].items() if lines and other not in asked]
                asked.update(others)
                todo.extend((other, place) for other in others)
        return False

    def _pass_on(self, came: Mapping[int, tuple[int, int | None]], place: int) -> None:
        self.left[place] -= 1
        at: int | None = place
        while at is not None:
            taker, given_up = came[at]
            self._given[at][taker] += 1
            if given_up is not None:
                self._given[given_up][taker] -= 1
            at = given_up


def _level(counts: Sequence[int], lines: int) -> int:
    """Return how many lines everybody has at least when so many more are shared out as evenly as can be."""
    if not counts:
        return 0
    level = min(counts)
    while sum(max(0, level + 1 - count) for count in counts) <= lines:
        level += 1
    return level
