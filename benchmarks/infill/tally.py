"""What a contender got, and how it is told."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rouge_score import rouge_scorer

from bot.rules.text.words import split_words

SHOWN = 5
"""Fills that a contender shows for a blank, at most; a hit counts among these."""
KINDS = ("rouge1", "rouge2", "rougeL")
"""The kinds of ROUGE that are reported."""
_SCORER = rouge_scorer.RougeScorer(list(KINDS), use_stemmer=False)
"""Compares the first fill with what was missing, without stemming."""


@dataclass(slots=True)
class Tally:
    """What one contender got. Exact match does not look at case; ROUGE (F) is of the first suggestion; `ranks` are of
    the missing words put among one and the same candidates."""

    name: str
    first: int = 0
    among: int = 0
    reciprocal: float = 0.0
    length: int = 0
    rouge: list[tuple[float, ...]] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, wanted: str, fills: Sequence[str], seconds: float) -> None:
        """Note the suggestions for one blank, the best first."""
        places = [place for place, fill in enumerate(fills[:SHOWN]) if fill.casefold() == wanted.casefold()]
        first = fills[0] if fills else ""
        self.first += places[:1] == [0]
        self.among += bool(places)
        self.reciprocal += 1 / (places[0] + 1) if places else 0.0
        self.length += len(split_words(first)) == len(split_words(wanted))
        scores = _SCORER.score(wanted, first)
        self.rouge.append(tuple(scores[kind].fmeasure for kind in KINDS))
        self.seconds.append(seconds)

    def result(self) -> dict[str, Any]:
        """Rates of all blanks, the mean rank (None where nothing was put), and the median seconds."""
        count = max(1, len(self.seconds))
        return {
            "name": self.name,
            "blanks": len(self.seconds),
            "exact_1": self.first / count,
            "exact_5": self.among / count,
            "mrr": self.reciprocal / count,
            "length_found": self.length / count,
            "mean_rank": statistics.mean(self.ranks) if self.ranks else None,
            "seconds": statistics.median(self.seconds) if self.seconds else 0.0,
        } | {kind: sum(values) / count for kind, values in zip(KINDS, zip(*self.rouge, strict=True), strict=True)}


def table(title: str, results: Sequence[dict[str, Any]]) -> str:
    """The results of one kind of blank for a person."""
    head = f"{'':34}{'first':>7}{'in 5':>7}{'MRR':>7}{'length':>8}{'R-1':>7}{'R-2':>7}{'R-L':>7}{'rank':>7}{'s':>7}"
    lines = [f"\n{title}", head]
    for row in results:
        shares = "".join(f"{100 * row[key]:6.0f}%" for key in ("exact_1", "exact_5"))
        marks = "".join(f"{row[kind]:7.2f}" for kind in KINDS)
        rank = "" if row["mean_rank"] is None else f"{row['mean_rank']:.1f}"
        length = f"{100 * row['length_found']:7.0f}%"
        lines.append(f"{row['name']:34}{shares}{row['mrr']:7.2f}{length}{marks}{rank:>7}{row['seconds']:7.2f}")
    return "\n".join(lines)
