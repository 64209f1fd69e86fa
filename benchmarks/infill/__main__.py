"""Infill on unseen stories, ours against each model alone and against the ten lines a user would write.

Words, and whole sentences, are cut out of the dev stories (STORY_CORPUS, a folder with stories-dev.jsonl.gz) and have
to be found again; how many words are missing is told to nobody except where it says so. All contenders use the same
weights, through the worker that the bot uses; the ten lines are `pipeline("fill-mask")` with one [MASK].

    python -m benchmarks.infill [--words 1 2 3 5 8] [--sentences 20] [--blanks 40] [--seed 1] [--half all|a|b]
                                [--speed] [--show] [--masked M] [--causal M] [--json]

Exact match does not look at case; MRR counts the first five; ROUGE is of the first suggestion; `rank` is where the
missing words stand, on average, when they are put among our finalists and a contender's scores decide. What is shown
is also checked by rule: `grammar`. `--show` prints each blank and our fills to standard error. The weights of the
ranking are fitted on half A (`python -m benchmarks.infill.fit`), so half B is what counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from benchmarks.infill import speed
from benchmarks.infill.blanks import Missing, cut_out, cut_sentences, read_all, read_stories
from benchmarks.infill.contenders import OURS, Contender, Contenders
from benchmarks.infill.grammar import faults, vocabulary
from benchmarks.infill.tally import Tally, table
from bot.inference.supervisor import Supervisor
from bot.settings import ModelChoice, Settings, load_settings
from bot.worker.weights.resolving import resolve

CHECKED = 100
"""Shown fills that are checked by rule."""
SHOWN_LEFT, SHOWN_RIGHT = 70, 50
"""Characters on either side of a blank that are printed with its fill."""


class OriginRun:
    """Contenders against blanks; what ours shows is checked by rule on the way."""

    def __init__(self, known: frozenset[str], show: bool) -> None:
        self._known = known
        self._show = show
        self.checked = 0
        self.faulty: Counter[str] = Counter()

    async def compare(self, blanks: Sequence[Missing], contenders: Mapping[str, Contender]) -> list[dict[str, Any]]:
        """Let every contender fill every blank, in turn, so that a noisy machine is noisy to all."""
        tallies = {name: Tally(name) for name in contenders}
        for number, missing in enumerate(blanks):
            for name, contender in contenders.items():
                began = time.perf_counter()
                answer = await contender(missing, number)
                tallies[name].add(missing.fill, answer.fills, time.perf_counter() - began)
                for other, rank in answer.ranks.items():
                    if other in tallies:
                        tallies[other].ranks.append(rank)
                if name == OURS:
                    self._check(missing, answer.fills)
        return [tally.result() for tally in tallies.values()]

    def _check(self, missing: Missing, fills: Sequence[str]) -> None:
        if self._show:
            left = missing.left[-SHOWN_LEFT:].replace("\n", " ")
            right = missing.right[:SHOWN_RIGHT].replace("\n", " ")
            print(f"…{left}[{missing.fill}]{right}… -> {' | '.join(fills)}", file=sys.stderr)
        for fill in fills:
            if self.checked < CHECKED:
                self.checked += 1
                found = faults(missing.left, fill, missing.right, self._known)
                self.faulty["fills"] += bool(found)
                self.faulty.update(found)
                if found and self._show:
                    print(f"    {fill!r}: {', '.join(sorted(found))}", file=sys.stderr)


async def measure(settings: Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run all contenders on all blanks, and then the speed."""
    masked = resolve(settings.masked_model, "masked", settings.data)
    stories = read_stories(arguments.half)
    run = OriginRun(vocabulary(read_all()), arguments.show)
    words: dict[str, Any] = {}
    report: dict[str, Any] = {"half": arguments.half, "seed": arguments.seed, "words": words}
    async with Supervisor(settings) as supervisor:
        contenders = Contenders(supervisor.engine, masked.folder)
        warm = Missing(left="The fox opened the ", fill="door", right=" and ran.")
        for contender in contenders.of_words().values():
            await contender(warm, 0)  # waits for the models, and nobody pays for being the first
        for count in arguments.words:
            blanks = cut_out(stories, count, arguments.blanks, arguments.seed)
            words[str(count)] = await run.compare(blanks, contenders.of_words())
        report["grammar"] = {"checked": run.checked, "sound": run.checked - run.faulty["fills"], **run.faulty}
        if arguments.sentences:
            blanks = cut_sentences(stories, arguments.sentences, arguments.seed)
            report["sentences"] = await run.compare(blanks, contenders.of_sentences())
        if arguments.speed:
            report["speed"] = await speed.measure(supervisor, cut_out(stories, 1, speed.BLANKS, arguments.seed + 1))
        report["models"] = [asdict(model) for model in (await supervisor.engine.health()).models]
    return report


def told(report: dict[str, Any]) -> str:
    """The report for a person."""
    parts = [
        table(f"Blanks of {words} {'word' if words == '1' else 'words'} ({rows[0]['blanks']}), length unknown", rows)
        for words, rows in report["words"].items()
    ]
    if "sentences" in report:
        rows = report["sentences"]
        parts.append(table(f"Whole sentences ({rows[0]['blanks']})", rows))
    grammar = report["grammar"]
    parts.append(f"\nGrammar: {grammar['sound']} of {grammar['checked']} shown fills are sound by rule {grammar}")
    if "speed" in report:
        parts.append("\n".join(f"{name.replace('_', ' ')}: {value:.2f}" for name, value in report["speed"].items()))
    return "\n".join(parts)


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--words", type=int, nargs="*", default=[1, 2, 3, 5, 8], help="how many words to cut out")
    parser.add_argument("--blanks", type=int, default=40, help="blanks of each length")
    parser.add_argument("--sentences", type=int, default=20, help="whole sentences to cut out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("all", "a", "b"), default="b", help="which dev stories")
    parser.add_argument("--speed", action="store_true", help="measure the speed too")
    parser.add_argument("--masked", help="another masked model: a folder or a hub id")
    parser.add_argument("--causal", help="another causal model: a folder or a hub id")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--show", action="store_true", help="print every blank and our fills to standard error")
    arguments = parser.parse_args()
    settings = load_settings()
    if arguments.masked:
        settings = replace(settings, masked_model=ModelChoice(name=arguments.masked))
    if arguments.causal:
        settings = replace(settings, infill_model=ModelChoice(name=arguments.causal))
    report = asyncio.run(measure(settings, arguments))
    print(json.dumps(report) if arguments.json else told(report))


if __name__ == "__main__":
    main()
