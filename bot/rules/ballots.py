"""Ballots of three levels (favourite > liked > the rest), and how a round is decided by them.

Minimax by margins, also called Simpson-Kramer: of any two candidates, count how many ballots prefer each; a
candidate's greatest defeat is the largest margin by which another beats it; the least such defeat wins. A candidate
that beats every other one (a Condorcet winner) has none and always wins. Ties go to the higher score (★ 2, like 1),
then to a draw that nobody can foresee or bend: the least SHA-256 of a salt, whose own SHA-256 was shown when the round
opened, and the candidate's id.

Sources: P. B. Simpson, On defining areas of voter choice, Quarterly Journal of Economics 83 (1969); G. H. Kramer, A
dynamical model of political equilibrium, Journal of Economic Theory 16 (1977); on the Condorcet criterion W. H. Riker,
Liberalism Against Populism (1982).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

DecidedBy = Literal["minimax", "score", "draw"]
FAVOURITE_POINTS = 2
"""Points of a ★."""
LIKE_POINTS = 1
"""Points of a like."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one person thinks of a round's candidates, by their ids. A favourite need not be among the liked: it counts
    for more. Where it is, it stays liked when the ★ goes elsewhere."""

    liked: frozenset[int] = frozenset()
    favourite: int | None = None

    @property
    def named(self) -> frozenset[int]:
        """Every candidate that is on it; an empty ballot has none."""
        return self.liked if self.favourite is None else self.liked | {self.favourite}

    def points(self, candidate_id: int) -> int:
        """Return 2 for the favourite, 1 for another that is liked, 0 for the rest: the levels, and the score."""
        if candidate_id == self.favourite:
            return FAVOURITE_POINTS
        return LIKE_POINTS if candidate_id in self.liked else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a round was decided.

    `pairwise[a, b]`: how many ballots prefer a to b, for each ordered pair; `worst`: each candidate's greatest
    defeat, the margin in ballots, 0 for one that nobody beats; `order`: all candidates, the winner first, by the same
    keys as the winner; `decided_by`: the last of them that it took to tell the winner from the others; `voters`: how
    many ballots counted.
    """

    winner: int
    order: tuple[int, ...]
    decided_by: DecidedBy
    pairwise: Mapping[tuple[int, int], int]
    worst: Mapping[int, int]
    scores: Mapping[int, int]
    voters: int


def decide(candidates: Sequence[int], ballots: Collection[Ballot], salt: str) -> Outcome:
    """Decide between the `candidates`; what ballots say of others (one that was hidden) is left out, and a ballot that
    says nothing else does not count.

    Raises `ValueError` without candidates, where one is named twice, or where no ballot counts: a draw alone is no
    decision.
    """
    if not candidates or len(set(candidates)) != len(candidates):
        raise ValueError(f"not a choice: {candidates}")
    ballots = [ballot for ballot in ballots if not ballot.named.isdisjoint(candidates)]
    if not ballots:
        raise ValueError("nobody voted")
    pairwise = {
        (a, b): sum(ballot.points(a) > ballot.points(b) for ballot in ballots) for a, b in permutations(candidates, 2)
    }
    worst = {a: max([0, *(pairwise[b, a] - pairwise[a, b] for b in candidates if b != a)]) for a in candidates}
    scores = {candidate: sum(ballot.points(candidate) for ballot in ballots) for candidate in candidates}
    order = sorted(candidates, key=lambda each: (worst[each], -scores[each], _lot(salt, each)))
    return Outcome(
        winner=order[0],
        order=tuple(order),
        decided_by=_decided_by(order, worst, scores),
        pairwise=pairwise,
        worst=worst,
        scores=scores,
        voters=len(ballots),
    )


def commitment(salt: str) -> str:
    """Return what is shown of a salt before the close: its SHA-256 (hexadecimal), which binds without telling."""
    return hashlib.sha256(salt.encode()).hexdigest()


def _decided_by(order: Sequence[int], worst: Mapping[int, int], scores: Mapping[int, int]) -> DecidedBy:
    """Return what told the winner from the second; with nobody to be told from, minimax did."""
    first, *others = order
    if not others or worst[first] != worst[others[0]]:
        return "minimax"
    return "score" if scores[first] != scores[others[0]] else "draw"


def _lot(salt: str, candidate_id: int) -> str:
    return hashlib.sha256(f"{salt}:{candidate_id}".encode()).hexdigest()
