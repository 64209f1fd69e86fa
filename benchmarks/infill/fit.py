"""Fit the weights of the ranking on one half of the dev stories, and report on the other.

    python -m benchmarks.infill.fit [--blanks 120] [--words 1 1 1 1 2 3 5 8] [--seed 1] [--fresh] [--json]

What both models say of the candidates of each blank (the evidence) is gathered through the worker that the bot uses
and kept in INKLING_DATA, under a name that changes with the models, so that a second run only fits. The objective is
the mean log-probability of the missing words among the candidates, wherever both models came upon them; coordinate
search from the weights as shipped. Prints the weights to put into `bot/writing/infill/ranking.py`.

What longer fills are given (`unlikely`, `rare`, `phrase`, `word`) is not fitted by that: it settles how often a long
one is shown, which the blanks drawn here cannot tell, for no writer's are half of one word and an eighth of eight.
`--lengths` prints what it does to each length; what is shipped is the best for one word that is good for the others.
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
from statistics import mean
from typing import Any

import msgspec

from benchmarks.infill.alone import Compared, causal_mean, causal_whole, compare, masked_mean
from benchmarks.infill.blanks import Half, Missing, cut_out, read_stories
from benchmarks.infill.tally import Tally
from bot.inference.protocol import Engine, ModelInfo, ScoreItem, ScoreRequest
from bot.inference.supervisor import Supervisor
from bot.rules.infill_style import AS_IT_BELONGS
from bot.rules.text.words import split_words
from bot.settings import Settings, load_settings
from bot.writing.blanks import parse
from bot.writing.blocklist import Blocklist
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.filling import Filling
from bot.writing.infill.ranking import BOTH_SIDES, LEFT_ALONE, Evidence, Weights, rank, total

STEPS = {"left": 0.05, "masked": 0.05, "both_sides": 0.05, "far_right": 0.1, "floor": 0.5, "temperature": 0.1}
"""The weights that are fitted, with the size of a step for each; the search takes it times 4, 2, 1 and 0.5."""
LENGTHS = tuple(
    {"unlikely": unlikely, "rare": rare, "phrase": phrase, "word": word}
    for unlikely in (-8.0, -10.0, -12.0)
    for rare in (0.0, 0.1, 0.2, 1.0)
    for phrase in (-1.0, 0.0)
    for word in (0.5, 1.0, 1.5)
)
"""What `--lengths` tries for the weights that are given to longer fills."""
REPORTED = ("blanks", "exact_1", "exact_5", "rouge1", "mean_rank", "seconds")
"""Figures of the tally that are reported."""
ALONE = {"rank_masked": masked_mean, "rank_causal": causal_mean, "rank_causal_whole": causal_whole}
"""Ways to rank without the weights, and the name of the mean rank under each."""
FORMAT = "log_p"
"""Changes with the names of what is stored, so that files of an earlier form are gathered anew."""
MISSED = -12.0
"""What a blank counts at least, in nats, so that no hopeless one decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A blank with the evidence of its finalists. `pool` has all that was proposed."""

    missing: Missing
    evidence: tuple[Evidence, ...]
    compared: Compared
    pool: tuple[Candidate, ...] = ()
    seconds: float = 0.0

    @property
    def place(self) -> int | None:
        """Which finalist is the missing one."""
        places = (n for n, each in enumerate(self.evidence) if _same(each.candidate, self.missing))
        return next(places, None)

    @property
    def held(self) -> bool:
        """Tell whether any model proposed the missing words."""
        return any(_same(candidate, self.missing) for candidate in self.pool)

    @property
    def words(self) -> int:
        return len(split_words(self.missing.fill))


def _same(candidate: Candidate, missing: Missing) -> bool:
    return candidate.text.casefold() == missing.fill.casefold()


async def gather(engine: Engine, blanks: Sequence[Missing]) -> list[Case]:
    """Let both models propose for each blank, and score what the bot would."""
    words = Blocklist.load()
    cases: list[Case] = []
    for number, missing in enumerate(blanks):
        began = time.perf_counter()
        filling = Filling(engine, parse(f"{missing.left}___{missing.right}"), words, number, AS_IT_BELONGS)
        await filling.propose()
        await filling.rank_all()
        seconds = time.perf_counter() - began
        cases.append(
            Case(
                missing=missing,
                evidence=tuple(filling.evidence(0)),
                compared=await compare(engine, missing, number, filling),
                pool=tuple(filling.candidates(0)),
                seconds=seconds,
            )
        )
        if number % 10 == 9:
            print(f"{number + 1} of {len(blanks)}", file=sys.stderr)
    return cases


def objective(cases: Iterable[Case], weights: Weights) -> float:
    """The mean log-probability of the missing words among the finalists, wherever the bot came upon them."""
    values: list[float] = []
    for case in cases:
        if case.place is None:
            continue
        totals = [total(each, weights) / weights.temperature for each in case.evidence]
        greatest = max(totals)
        whole = greatest + math.log(sum(math.exp(value - greatest) for value in totals))
        values.append(max(MISSED, totals[case.place] - whole))
    return sum(values) / max(1, len(values))


def shipped(cases: Sequence[Case]) -> Weights:
    """The weights that the bot ranks such evidence with."""
    both = any(each.log_p_both_sides is not None for case in cases for each in case.evidence)
    return BOTH_SIDES if both else LEFT_ALONE


def fit(cases: Sequence[Case], start: Weights) -> Weights:
    """Coordinate search: one weight after another, with steps that shrink."""
    best, value = start, objective(cases, start)
    for size in (4.0, 2.0, 1.0, 0.5):
        improved = True
        while improved:
            improved = False
            for name, step in STEPS.items():
                for move in (-step * size, step * size):
                    changed = replace(best, **{name: round(getattr(best, name) + move, 3)})
                    if changed.temperature <= 0 or min(changed.masked, changed.both_sides, changed.far_right) < 0:
                        continue
                    if (found := objective(cases, changed)) > value + 1e-5:
                        best, value, improved = changed, found, True
    return best


def report(cases: Sequence[Case], weights: Weights) -> dict[str, Any]:
    """For each number of words: how often the missing ones come first and among five, ROUGE-1 of the first, and where
    the missing ones stand on average among what every way of ranking names; the last also for the other ways."""
    found: dict[str, Any] = {"objective": round(objective(cases, weights), 4)}
    for words in sorted({case.words for case in cases}):
        of = [case for case in cases if case.words == words]
        tally = Tally(str(words))
        for case in of:
            fills = [ranked.candidate.text for ranked in rank(case.evidence, weights)]
            tally.add(case.missing.fill, fills, case.seconds)
            tally.ranks.append(case.compared.rank(lambda each: total(each, weights)))
        result = {key: value for key, value in tally.result().items() if key in REPORTED}
        finalists = sum(case.place is not None for case in of) / len(of)
        ranks = {name: mean(case.compared.rank(value) for case in of) for name, value in ALONE.items()}
        result |= {"finalists": finalists, "pool": sum(case.held for case in of) / len(of), **ranks}
        found[str(words)] = {key: round(value, 3) for key, value in result.items()}
    return found


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
            path.write_bytes(msgspec.json.encode(found[half]))
    return found


def _warm_up() -> ScoreRequest:
    return ScoreRequest(model="causal", items=(ScoreItem(left="The fox", asked=" ran"),))


def _file(data: Path, models: Sequence[ModelInfo], half: Half, arguments: argparse.Namespace) -> Path:
    key = repr([(model.name, model.revision) for model in models] + [arguments.blanks, arguments.words, arguments.seed])
    key += FORMAT
    return data / "benchmarks" / f"infill-evidence-{half}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json"


def _read(path: Path) -> list[Case]:
    return msgspec.json.decode(path.read_bytes(), type=list[Case])


def main() -> None:
    """Parse the arguments, gather, fit, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--blanks", type=int, default=120, help="blanks of each half")
    parser.add_argument("--words", type=int, nargs="+", default=[1, 1, 1, 1, 2, 3, 5, 8], help="their lengths, in turn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="gather anew what is kept")
    parser.add_argument("--lengths", action="store_true", help="print what favouring longer fills does")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    cases = asyncio.run(evidence(load_settings(), ("a", "b"), arguments))
    fitted = fit(cases["a"], shipped(cases["a"]))
    found: dict[str, Any] = {
        "weights": asdict(fitted),
        "as_shipped": {half: report(of, shipped(of)) for half, of in cases.items()},
        "causal_alone": {half: report(of, Weights(masked=0.0)) for half, of in cases.items()},
        "fitted": {half: report(of, fitted) for half, of in cases.items()},
    }
    if arguments.lengths:
        found |= {
            " ".join(f"{name} {value:g}" for name, value in given.items()): {
                half: report(of, replace(fitted, **given)) for half, of in cases.items()
            }
            for given in LENGTHS
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
