"""A round as its cards show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.rules.ballots import Ballot, Outcome
from bot.rules.rounds import Candidate, Round, on_show
from bot.rules.stories import Story

FOLDING_REPORTS = 3
"""So many people who reported a candidate fold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """A round with everything that its cards show, as it was at one moment.

    `candidates` are all by their place, hidden ones too, "none of these" last; `turnout` is how many ballots count;
    `reports` how many people reported which; `literals`, of an infill, what stands around its blanks. Only of a closed
    round: `ballots` without their voters, the `outcome` that they make (None where they are gone), and whether the
    winner stands in the story as it is now (`in_canon`); for the card that everybody sees, whether it is the newest in
    the story's thread (`is_newest`). `is_closable`: whoever opened it may close it before its time.
    """

    story: Story
    round: Round
    candidates: tuple[Candidate, ...]
    turnout: int
    reports: Mapping[int, int]
    literals: tuple[str, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    outcome: Outcome | None = None
    in_canon: bool = False
    is_newest: bool = False
    is_closable: bool = False

    @property
    def texts(self) -> list[Candidate]:
        """The candidates with a text that everybody sees, by their place."""
        return [candidate for candidate in on_show(self.candidates) if not candidate.none]

    @property
    def eligible(self) -> list[Candidate]:
        """The candidates that can win, "none of these" among them. Of a closed round those that could when it was
        closed, which became passages then: what was withdrawn since leaves the result as it is."""
        if self.round.state != "closed":
            return on_show(self.candidates)
        return [candidate for candidate in self.candidates if candidate.none or candidate.passage_id is not None]

    @property
    def winner(self) -> Candidate | None:
        """The candidate that won, which may be "none of these"."""
        return self.find(self.round.winner_id)

    def find(self, candidate_id: int | None) -> Candidate | None:
        """Return the candidate of that id, hidden ones too; None where there is none."""
        return next((each for each in self.candidates if each.id == candidate_id), None)

    @property
    def written(self) -> list[Candidate]:
        """Every candidate that had a text, hidden ones too, by their place."""
        return [candidate for candidate in self.candidates if not candidate.none]

    def number(self, candidate: Candidate) -> int:
        """Return the number under which a candidate stands on the card, from 1; a hidden one keeps its own."""
        return 1 + [each.id for each in self.written].index(candidate.id)

    def folded(self, candidate: Candidate) -> bool:
        """Tell whether so many people reported a candidate that it is folded until a host looks at it."""
        return self.reports.get(candidate.id, 0) >= FOLDING_REPORTS
