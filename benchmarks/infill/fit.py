"""Fit the weights of the ranking on one half of the dev stories, and report on the other.

    python -m benchmarks.infill.fit [--blanks 120] [--words 1 1 1 2 3 5] [--seed 1] [--fresh] [--json]

What both models say of the candidates of each blank (the evidence) is gathered through the worker that the bot uses
and kept in INKLING_DATA, under a name that changes with the models, so that a second run only fits. The objective is
the mean log-probability of the missing words among the candidates, wherever both models came upon them; coordinate
search from the weights as shipped. Prints the weights to put into `bot/writing/ranking.py`.

What longer fills are given (`phrase`, `word`) is not fitted: it settles how often a long one is shown, which the blanks
drawn here cannot tell (a third of one word, a third of five: no writer's are so). `--lengths` prints what it does.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from benchmarks.infill.blanks import Half, Missing, cut_out, read_stories
from bot.inference.engine import Engine, ModelInfo
from bot.inference.supervisor import Supervisor
from bot.inference.words import split_words
from bot.settings import Settings, load_settings
from bot.writing.blanks import parse
from bot.writing.demeaning import DemeaningWords
from bot.writing.filling import Filling
from bot.writing.pool import Candidate
from bot.writing.ranking import WEIGHTS, Evidence, Weights, rank, total
from bot.writing.styles import AS_IT_BELONGS

STEPS = {"prior": 0.05, "masked": 0.05, "floor": 0.5, "temperature": 0.1}
LENGTHS = tuple((phrase, word) for phrase in (0.0, 0.5, 1.0, 2.0) for word in (0.0, 1.0, 2.0))
MISSED = -12.0
"""What a blank counts at least, in nats, so that no hopeless one decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A blank with the evidence of its finalists. `held` tells whether the whole pool had the missing words, `put`
    whether they were put among the finalists: those of more than one word are, since hardly ever anybody finds them."""

    missing: Missing
    evidence: tuple[Evidence, ...]
    held: bool
    put: bool
    seconds: float

    @property
    def place(self) -> int | None:
        """Which candidate is the missing one."""
        wanted = self.missing.fill.casefold()
        places = (n for n, each in enumerate(self.evidence) if each.candidate.text.casefold() == wanted)
        return next(places, None)

    @property
    def words(self) -> int:
        return len(split_words(self.missing.fill))


async def gather(engine: Engine, blanks: Sequence[Missing]) -> list[Case]:
    """Let both models propose for each blank, and weigh what the bot would."""
    words = DemeaningWords.load()
    cases: list[Case] = []
    for number, missing in enumerate(blanks):
        began = time.perf_counter()
        filling = Filling(engine, parse(f"{missing.left}___{missing.right}"), words, number, AS_IT_BELONGS)
        await filling.propose()
        await filling.rank_all(lambda done: None)
        seconds = time.perf_counter() - began
        found = filling.evidence(0)
        held = missing.fill.casefold() in {text.casefold() for text in filling.texts(0)}
        lacks = missing.fill.casefold() not in {each.candidate.text.casefold() for each in found}
        put = lacks and len(split_words(missing.fill)) > 1
        if put:
            found = [*found, *await filling.weigh(0, [Candidate(missing.fill)], [None])]
        cases.append(Case(missing=missing, evidence=tuple(found), held=held, put=put, seconds=seconds))
        if number % 10 == 9:
            print(f"{number + 1} of {len(blanks)}", file=sys.stderr)
    return cases


def objective(cases: Iterable[Case], weights: Weights) -> float:
    """The mean log-probability of the missing words, among the finalists that the bot itself came upon."""
    values: list[float] = []
    for case in cases:
        if case.put or case.place is None:
            continue
        totals = [total(each, weights) / weights.temperature for each in case.evidence]
        greatest = max(totals)
        whole = greatest + math.log(sum(math.exp(value - greatest) for value in totals))
        values.append(max(MISSED, totals[case.place] - whole))
    return sum(values) / max(1, len(values))


def fit(cases: Sequence[Case], start: Weights = WEIGHTS) -> Weights:
    """Coordinate search: one weight after another, with steps that shrink."""
    best, value = start, objective(cases, start)
    for size in (4.0, 2.0, 1.0, 0.5):
        improved = True
        while improved:
            improved = False
            for name, step in STEPS.items():
                for move in (-step * size, step * size):
                    changed = replace(best, **{name: round(getattr(best, name) + move, 3)})
                    if changed.temperature <= 0 or changed.masked < 0:
                        continue
                    if (found := objective(cases, changed)) > value + 1e-5:
                        best, value, improved = changed, found, True
    return best


def report(cases: Sequence[Case], weights: Weights) -> dict[str, Any]:
    """How often the missing words come first and among five by themselves, for each length, and where they stand when
    they are put among the finalists (those of one word only where they are there)."""
    found: dict[str, Any] = {"objective": round(objective(cases, weights), 4)}
    for words in sorted({case.words for case in cases}):
        of = [case for case in cases if case.words == words]
        places = [_place(case, weights) for case in of]
        own = [place for case, place in zip(of, places, strict=True) if place is not None and not case.put]
        known = [place + 1 for place in places if place is not None]
        found[str(words)] = {
            "blanks": len(of),
            "first": round(sum(place == 0 for place in own) / len(of), 3),
            "among_five": round(sum(place < 5 for place in own) / len(of), 3),
            "finalists": round(len(own) / len(of), 3),
            "pool": round(sum(case.held for case in of) / len(of), 3),
            "mean_rank": round(sum(known) / max(1, len(known)), 2),
            "seconds": round(sum(case.seconds for case in of) / len(of), 2),
        }
    return found


def _place(case: Case, weights: Weights) -> int | None:
    wanted = case.missing.fill.casefold()
    order = [each.candidate.text.casefold() for each in rank(case.evidence, weights)]
    return order.index(wanted) if wanted in order else None


async def evidence(settings: Settings, halves: Sequence[Half], arguments: argparse.Namespace) -> dict[Half, list[Case]]:
    """The evidence of both halves, from the file or through the worker."""
    async with Supervisor(settings) as supervisor:
        await supervisor.engine.score(_warm_up())
        models = (await supervisor.engine.health()).models
        found: dict[Half, list[Case]] = {}
        for half in halves:
            path = _file(settings.data, models, half, arguments)
            if path.exists() and not arguments.fresh:
                found[half] = _read(path)
                continue
            stories = read_stories(half)
            numbers = {words: arguments.words.count(words) for words in arguments.words}
            blanks = [
                missing
                for words, share in numbers.items()
                for missing in cut_out(stories, words, arguments.blanks * share // len(arguments.words), arguments.seed)
            ]
            found[half] = await gather(supervisor.engine, blanks)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps([asdict(case) for case in found[half]]), encoding="utf-8")
    return found


def _warm_up() -> Any:
    from bot.inference.engine import ScoreItem, ScoreRequest

    return ScoreRequest(request_id="warm", model="causal", items=(ScoreItem(left="The fox", asked=" ran"),))


def _file(data: Path, models: Sequence[ModelInfo], half: Half, arguments: argparse.Namespace) -> Path:
    key = repr([(model.name, model.revision) for model in models] + [arguments.blanks, arguments.words, arguments.seed])
    return data / "benchmarks" / f"infill-evidence-{half}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json"


def _read(path: Path) -> list[Case]:
    return [
        Case(
            missing=Missing(**case["missing"]),
            evidence=tuple(
                Evidence(**(each | {"candidate": Candidate(**each["candidate"])})) for each in case["evidence"]
            ),
            held=case["held"],
            put=case["put"],
            seconds=case["seconds"],
        )
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def main() -> None:
    """Parse the arguments, gather, fit, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--blanks", type=int, default=120, help="blanks of each half")
    parser.add_argument("--words", type=int, nargs="+", default=[1, 1, 1, 2, 3, 5], help="their lengths, in turn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="gather anew what is kept")
    parser.add_argument("--lengths", action="store_true", help="print what favouring longer fills does")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    cases = asyncio.run(evidence(load_settings(), ("a", "b"), arguments))
    fitted = fit(cases["a"])
    found: dict[str, Any] = {
        "weights": asdict(fitted),
        "as_shipped": {half: report(of, WEIGHTS) for half, of in cases.items()},
        "joint_alone": {half: report(of, Weights(masked=0.0)) for half, of in cases.items()},
        "fitted": {half: report(of, fitted) for half, of in cases.items()},
    }
    if arguments.lengths:
        found |= {
            f"phrase {phrase:g} word {word:g}": {
                half: report(of, replace(fitted, phrase=phrase, word=word)) for half, of in cases.items()
            }
            for phrase, word in LENGTHS
        }
    if arguments.json:
        print(json.dumps(found))
        return
    for name in [name for name in found if name != "weights"]:
        print(name.replace("_", " "))
        for half, results in found[name].items():
            print(f"  half {half.upper()}: {results}")
    print("weights: " + ", ".join(f"{field.name}={getattr(fitted, field.name):g}" for field in fields(fitted)))


if __name__ == "__main__":
    main()
