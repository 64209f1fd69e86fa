"""Infill on unseen stories, ours against each model alone and against the ten lines a user would write.

Words are cut out of the dev stories (STORY_CORPUS, a folder with stories-dev.jsonl.gz) and have to be found again; how
many words are missing is told to nobody except where it says so. All contenders use the same weights, through the
worker that the bot uses; the ten lines are `pipeline("fill-mask")` with one [MASK].

    python -m benchmarks.infill [--words 1 2 3] [--blanks 40] [--seed 1] [--half all|a|b] [--json]

Exact match does not look at case. MRR counts the first five. ROUGE is of the first suggestion.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import random
import re
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from rouge_score import rouge_scorer
from transformers import AutoTokenizer, pipeline

from bot.inference.engine import (
    Continuation,
    Engine,
    Gap,
    GenerateRequest,
    Piece,
    ProposeRequest,
    Row,
    ScoreItem,
    ScoreRequest,
)
from bot.inference.jobs import Owner
from bot.inference.supervisor import Supervisor
from bot.inference.weights import resolve
from bot.inference.words import split_words
from bot.rules.generations import Place
from bot.rules.moods import Sampling
from bot.settings import ModelChoice, Settings, load_settings
from bot.writing.asks import InfillAsk
from bot.writing.demeaning import DemeaningWords
from bot.writing.infilling import SAMPLES, InfillJob, left_part, new_tokens
from bot.writing.pool import Pool

SHOWN = 5
LEFT, RIGHT = 1000, 500
"""Characters around a blank."""
_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]+(?:['’][a-z]+)?(?![\w'’-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Words cut out of a story, with the text around them."""

    left: str
    fill: str
    right: str


@dataclass(slots=True)
class Tally:
    """What one contender got."""

    name: str
    first: int = 0
    among: int = 0
    reciprocal: float = 0.0
    length: int = 0
    rouge: list[tuple[float, float, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, missing: Missing, fills: Sequence[str], seconds: float, scorer: Any) -> None:
        """Note the suggestions for one blank, the best first."""
        wanted = missing.fill.casefold()
        places = [place for place, fill in enumerate(fills[:SHOWN]) if fill.casefold() == wanted]
        first = fills[0] if fills else ""
        self.first += places[:1] == [0]
        self.among += bool(places)
        self.reciprocal += 1 / (places[0] + 1) if places else 0.0
        self.length += len(split_words(first)) == len(split_words(missing.fill))
        scores = scorer.score(missing.fill, first)
        self.rouge.append(tuple(scores[kind].fmeasure for kind in ("rouge1", "rouge2", "rougeL")))
        self.seconds.append(seconds)

    def result(self) -> dict[str, Any]:
        """Rates of all blanks, and the median seconds."""
        count = max(1, len(self.seconds))
        kinds = zip(("rouge1", "rouge2", "rougeL"), zip(*self.rouge, strict=True), strict=True)
        return {
            "name": self.name,
            "blanks": len(self.seconds),
            "exact_1": self.first / count,
            "exact_5": self.among / count,
            "mrr": self.reciprocal / count,
            "length_found": self.length / count,
            "seconds": statistics.median(self.seconds) if self.seconds else 0.0,
        } | {kind: sum(values) / count for kind, values in kinds}


Contender = Callable[[Missing, int], Awaitable[list[str]]]


class Contenders:
    """All ways to fill a blank; each takes the blank and its number and returns fills, the best first."""

    def __init__(self, engine: Engine, masked: Path) -> None:
        self._engine = engine
        self._words = DemeaningWords.load()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(masked)
        self._pipeline: Any = pipeline("fill-mask", model=str(masked), device="cpu")

    def all(self) -> dict[str, Contender]:
        """The contenders by their names in the table."""
        return {
            "Inkling": self.ours,
            "masked alone, told the length": self.masked_told,
            "masked alone": self.masked_alone,
            "causal alone": self.causal_alone,
            'pipeline("fill-mask")': self.ten_lines,
        }

    async def ours(self, missing: Missing, number: int) -> list[str]:
        """The job of the bot, with a slate of five."""
        ask = InfillAsk(
            owner=Owner(server_id=0, person_id=0),
            place=Place(server_id=None, channel_id=0),
            text=f"{missing.left}___{missing.right}",
            count=SHOWN,
        )
        found = await InfillJob(ask, self._words, number).run(self._engine, lambda text, done, total: None)
        return [suggestion.fills[0] for suggestion in found]

    async def masked_told(self, missing: Missing, number: int) -> list[str]:
        """The masked model's beam at the true number of word pieces."""
        pieces = len(self._tokenizer(missing.fill, add_special_tokens=False)["input_ids"])
        return await self._beam(missing, (pieces,))

    async def masked_alone(self, missing: Missing, number: int) -> list[str]:
        """The masked model's beams of all lengths, ranked by their mean."""
        return await self._beam(missing, (1, 2, 3, 4))

    async def _beam(self, missing: Missing, lengths: tuple[int, ...]) -> list[str]:
        gap = Gap(left=missing.left, right=missing.right)
        request = ProposeRequest(request_id=uuid.uuid4().hex, gaps=(gap,), lengths=lengths, beam=8)
        ((fills),) = await self._engine.propose(request)
        return [fill.text for fill in sorted(fills, key=lambda fill: -fill.score / fill.masks)]

    async def causal_alone(self, missing: Missing, number: int) -> list[str]:
        """The beginnings of as many samples as ours has, ranked by their mean log-probability from the left."""
        left = left_part(missing.left)
        request = GenerateRequest(
            request_id=uuid.uuid4().hex,
            pieces=(Piece(text=left.rstrip(" "), label="left", cut=True),),
            rows=tuple(Row(seed=number * 100 + row, mood="open", sampling=Sampling()) for row in range(SAMPLES)),
            max_new_tokens=new_tokens(None),
        )
        rows = [event async for event in self._engine.generate(request) if isinstance(event, Continuation)]
        pool = Pool(Gap(left=missing.left, right=missing.right), None, self._words.allows)
        pool.add_continuations(rows)
        fills = [candidate.text for candidate in pool.best(SAMPLES * 4)]
        if not fills:
            return []
        items = tuple(ScoreItem(left=left, asked=fill) for fill in fills)
        scores = await self._engine.score(ScoreRequest(request_id=uuid.uuid4().hex, model="causal", items=items))
        means = [sum(words) / len(words) for words in scores]
        return [fills[place] for place in sorted(range(len(fills)), key=lambda place: -means[place])]

    async def ten_lines(self, missing: Missing, number: int) -> list[str]:
        """What transformers' own pipeline answers to one [MASK]."""
        text = f"{missing.left[-350:]}[MASK]{missing.right[:350]}"
        return [found["token_str"] for found in await asyncio.to_thread(self._pipeline, text, top_k=SHOWN)]


def cut_out(stories: Sequence[str], words: int, count: int, seed: int) -> list[Missing]:
    """Cut `count` runs of `words` words out of the stories, one story after another, at places drawn from `seed`."""
    draw = random.Random(seed * 1000 + words)
    found: list[Missing] = []
    while len(found) < count:
        text = stories[len(found) % len(stories)]
        matches = list(_WORD.finditer(text))
        at = draw.randrange(len(matches) - words)
        start, end = matches[at].start(), matches[at + words - 1].end()
        fill = text[start:end]
        if start < 300 or len(text) - end < 200 or "\n" in fill or len(split_words(fill)) != words:
            continue
        left = text[max(0, start - LEFT) : start]
        found.append(
            Missing(left=left[left.find(" ") + 1 :], fill=fill, right=text[end : end + RIGHT].rpartition(" ")[0])
        )
    return found


def read_stories(half: str) -> list[str]:
    """The dev stories: all, or every other one (`a` is what weights are fitted on, `b` what they are reported on)."""
    folder = os.environ.get("STORY_CORPUS")
    if not folder:
        sys.exit("Set STORY_CORPUS to the folder with stories-dev.jsonl.gz.")
    with gzip.open(Path(folder) / "stories-dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        stories = [json.loads(line)["text"] for line in lines]
    return {"all": stories, "a": stories[0::2], "b": stories[1::2]}[half]


async def measure(settings: Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run all contenders on all blanks."""
    masked = resolve(settings.masked_model, "masked", settings.data)
    stories = read_stories(arguments.half)
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    results: dict[str, Any] = {}
    async with Supervisor(settings) as supervisor:
        warm = Missing(left="The fox opened the ", fill="door", right=" and ran.")
        contenders = Contenders(supervisor.engine, masked.folder).all()
        for contender in contenders.values():
            await contender(warm, 0)  # waits for the models, and nobody pays for being the first
        for words in arguments.words:
            tallies = {name: Tally(name) for name in contenders}
            for number, missing in enumerate(cut_out(stories, words, arguments.blanks, arguments.seed)):
                for name, contender in contenders.items():
                    began = time.perf_counter()
                    fills = await contender(missing, number)
                    tallies[name].add(missing, fills, time.perf_counter() - began, scorer)
                    if arguments.show and name == "Inkling":
                        print(f"{missing.left[-60:]}[{missing.fill}]{missing.right[:40]} -> {fills}", file=sys.stderr)
            results[str(words)] = [tally.result() for tally in tallies.values()]
        models = [asdict(model) for model in (await supervisor.engine.health()).models]
    return {"half": arguments.half, "seed": arguments.seed, "models": models, "words": results}


def table(report: dict[str, Any]) -> str:
    """The report for a person."""
    lines: list[str] = []
    for words, results in report["words"].items():
        lines.append(
            f"\nBlanks of {words} {'word' if words == '1' else 'words'} ({results[0]['blanks']}), length unknown"
        )
        lines.append(f"{'':32}{'first':>7}{'in 5':>7}{'MRR':>7}{'length':>8}{'R-1':>7}{'R-2':>7}{'R-L':>7}{'s':>8}")
        for row in results:
            shares = "".join(f"{100 * row[key]:6.0f}%" for key in ("exact_1", "exact_5"))
            marks = "".join(f"{row[key]:7.2f}" for key in ("rouge1", "rouge2", "rougeL"))
            length = f"{100 * row['length_found']:7.0f}%"
            lines.append(f"{row['name']:32}{shares}{row['mrr']:7.2f}{length}{marks}{row['seconds']:8.2f}")
    return "\n".join(lines)


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--words", type=int, nargs="+", default=[1, 2, 3, 5], help="how many words to cut out")
    parser.add_argument("--blanks", type=int, default=40, help="blanks of each length")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("all", "a", "b"), default="all", help="which dev stories")
    parser.add_argument("--masked", help="another masked model: a folder or a hub id")
    parser.add_argument("--causal", help="another causal model: a folder or a hub id")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--show", action="store_true", help="print every blank and our fills to standard error")
    arguments = parser.parse_args()
    settings = load_settings()
    if arguments.masked:
        settings = replace(settings, masked_model=ModelChoice(name=arguments.masked))
    if arguments.causal:
        settings = replace(settings, causal_model=ModelChoice(name=arguments.causal))
    report = asyncio.run(measure(settings, arguments))
    print(json.dumps(report) if arguments.json else table(report))


if __name__ == "__main__":
    main()
