"""What readers say of rows, and how well cheap tests and the score of quality foretell it.

738 rows of both story models for 40 prompts (marks.jsonl), tidied, each marked keep, edit or drop with its faults by
two readers who knew neither model nor mood, and by a third where those two disagreed. 498 of them were made with the
former moods and have the former score, too; the other 240 with today's. For each kind of fault: how many rows have it
by the test of `bot.writing.continuation.faults`, how many by a reader, precision and recall, and how many of those
found were dropped by all. For the score: of all pairs of rows of one prompt and model that readers did not hold to be
alike, the share that it puts in their order, and how the three best of each prompt were marked (0 drop, 1 edit, 2
keep), beside the former score. For each mood: how its rows were marked. What is fitted on one half of the prompts is
judged on the other.

    python -m benchmarks.rows [--json] [--fit]

`--fit` prints the weights fitted to all rows.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from bot.rules.moods import MOOD_NAMES
from bot.writing.continuation.faults import FaultKind, faults, kinds
from bot.writing.continuation.quality import WEIGHTS, mean_log_prob, quality_of, traits
from bot.writing.overlap import TextSource, overlap
from bot.writing.text_form import text_form_of

MARKS = Path(__file__).with_name("marks.jsonl")
"""The rows with the readers' marks, and their prompts."""
WORTH = {"drop": 0.0, "edit": 1.0, "keep": 2.0}
"""What a mark of a reader counts."""
NAMES: Mapping[FaultKind, str] = {
    "loop": "loop",
    "name": "invented name",
    "person": "person change",
    "comment": "talks about the text",
    "stray": "stray mark",
    "form": "wrong form",
}
"""What the readers' marks call each kind of fault."""
RIDGE = 3.0
"""Against weights that fit chance."""
STEPS = 300
"""Iterations of a fit, at most."""
LEAST_SPREAD = 1e-3
"""A trait that hardly differs counts as if it differed so much."""
TIERS = ("small", "large")
"""The story models whose rows are reported, by their size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A row, what was measured of it and what readers said: `worth` is the mean of their marks, 0..2."""

    prompt: str
    half: int
    tier: str
    mood: str
    worth: float
    former: float | None
    found: frozenset[FaultKind]
    said: frozenset[str]
    traits: Mapping[str, float]


def read() -> list[Marked]:
    """Read the marks and measure the rows."""
    lines = [json.loads(line) for line in MARKS.read_text(encoding="utf-8").splitlines()]
    prompts = {line["prompt"]: line["text"] for line in lines if "prompt" in line}
    half = {name: number % 2 for number, name in enumerate(sorted(prompts))}
    forms = {name: text_form_of(text) for name, text in prompts.items()}
    rows: list[Marked] = []
    for line in lines:
        if "row" in line:
            before, form, text = prompts[line["of"]], forms[line["of"]], line["text"]
            log_prob = mean_log_prob(line["log_probs"], text, line["whole"])
            rows.append(
                Marked(
                    prompt=line["of"],
                    half=half[line["of"]],
                    tier=line["tier"],
                    mood=line["mood"],
                    worth=mean(WORTH[mark] for mark in line["marks"]),
                    former=line.get("former"),
                    found=kinds(faults(text, before, form)),
                    said=frozenset(line["faults"]),
                    traits=traits(text, log_prob, before, form, overlap(text, [TextSource(before)])),
                )
            )
    return rows


def fitted(rows: Sequence[Marked]) -> tuple[dict[str, float], float]:
    """Return the weights that put the rows of each prompt and model into the readers' order best, and the constant
    beside them.

    A logistic regression on differences between two rows: prompts differ in how hard they are, which absolute marks
    would mix in. A second one, on half the worth, sets the scale.
    """
    names = list(WEIGHTS)
    inputs = torch.tensor([[row.traits[name] for name in names] for row in rows])
    spreads = inputs.std(dim=0).clamp_min(LEAST_SPREAD)
    better, worse, shares = _pairs(rows)
    differences = (inputs[better] - inputs[worse]) / spreads
    order = torch.zeros(len(names), requires_grad=True)
    _least(
        order,
        lambda: (torch.tensor(shares) * softplus(-(differences @ order))).sum() + RIDGE / 2 * (order**2).sum(),
    )
    scores = inputs @ (order.detach() / spreads)
    scale = torch.tensor([1.0, 0.0], requires_grad=True)
    worth = torch.tensor([row.worth / 2 for row in rows])
    _least(scale, lambda: binary_cross_entropy_with_logits(scale[0] * scores + scale[1], worth, reduction="sum"))
    weights = (scale[0] * order / spreads).tolist()
    return {name: round(weight, 2) for name, weight in zip(names, weights, strict=True)}, round(scale[1].item(), 2)


def _pairs(rows: Sequence[Marked]) -> tuple[list[int], list[int], list[float]]:
    """Return the better and the worse one of each pair of rows of one prompt and model, and what the pair counts, so
    that a prompt with many does not outvote the others."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[row.prompt, row.tier].append(number)
    better: list[int] = []
    worse: list[int] = []
    shares: list[float] = []
    for group in groups.values():
        pairs = [(one, other) for one in group for other in group if rows[one].worth > rows[other].worth]
        better += [one for one, _ in pairs]
        worse += [other for _, other in pairs]
        shares += [max(1, len(pairs)) ** -0.5] * len(pairs)
    return better, worse, shares


def _least(weights: Tensor, loss: Callable[[], Tensor]) -> None:
    """Change `weights` so that `loss` is least."""
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        found = loss()
        found.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
        return found

    optimizer.step(closure)  # type: ignore[no-untyped-call]


def agreement(rows: Iterable[Marked], score: Callable[[Marked], float]) -> tuple[float, float]:
    """Return the share of pairs that `score` puts in the readers' order, and the mean worth of the three best."""
    right: list[float] = []
    best: list[float] = []
    groups: dict[str, list[Marked]] = defaultdict(list)
    for row in rows:
        groups[row.prompt].append(row)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if one.worth != other.worth:
                order = (score(one) - score(other)) * (one.worth - other.worth)
                right.append(1.0 if order > 0 else 0.0 if order else 0.5)
        best.append(mean(row.worth for row in sorted(group, key=score, reverse=True)[:3]))
    return mean(right), mean(best)


def figures() -> dict[str, Any]:
    """Measure everything."""
    rows = read()
    found: dict[str, Any] = {"faults": {}, "score": {}, "moods": {}}
    for kind, name in NAMES.items():
        tested = [row for row in rows if kind in row.found]
        said = [row for row in rows if name in row.said]
        both = sum(name in row.said for row in tested)
        found["faults"][kind] = {
            "test": len(tested),
            "readers": len(said),
            "precision": round(both / max(1, len(tested)), 2),
            "recall": round(both / max(1, len(said)), 2),
            "dropped": round(mean(row.worth == 0 for row in tested), 2) if tested else 0.0,
        }
    weights = [fitted([row for row in rows if row.half != half])[0] for half in (0, 1)]
    scores: dict[str, Callable[[Marked], float]] = {
        "former": lambda row: row.former or 0.0,
        "fitted on the other half": lambda row: quality_of(row.traits, weights[row.half]),
        "as shipped": lambda row: quality_of(row.traits),
    }
    for tier in TIERS:
        for made, wanted in (("former moods", False), ("moods of today", True)):
            of = [row for row in rows if row.tier == tier and (row.former is None) == wanted]
            for name, score in scores.items():
                if name != "former" or not wanted:
                    pairs, best = agreement(of, score)
                    found["score"][f"{tier}, {made}, {name}"] = {"pairs": round(pairs, 3), "best three": round(best, 2)}
            for mood in MOOD_NAMES:
                worth = [row.worth for row in of if row.mood == mood]
                found["moods"][f"{tier}, {made}, {mood}"] = {
                    "rows": len(worth),
                    "worth": round(mean(worth), 2),
                    "of use": round(mean(each >= 1 for each in worth), 2),
                }
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--fit", action="store_true", help="print the weights fitted to all rows")
    options = parser.parse_args()
    if options.fit:
        print(json.dumps(fitted(read()), indent=4))
        return
    found = figures()
    if options.json:
        print(json.dumps(found))
        return
    for table in found.values():
        columns = list(next(iter(table.values())))
        print(" " * 46 + "".join(f"{column:>12}" for column in columns))
        for name, values in table.items():
            print(f"{name:46}" + "".join(f"{values[column]:12}" for column in columns))


if __name__ == "__main__":
    main()
