"""Fifty texts of our own with a blank, filled as `/infill` fills them, to be read by a person.

    python -m benchmarks.infill.reading [--count 3] [--seed 1] [--json]

Prints a Markdown list with the first fill in its place and the others behind it. All fills are checked by rule
(`grammar`), with the words of all stories (STORY_CORPUS) as the known ones. The texts are in `sentences.txt`: sentences
of the corpus may not be printed in the documentation, ours may.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from benchmarks.infill.blanks import read_all
from benchmarks.infill.grammar import faults, vocabulary
from bot.inference.supervisor import Supervisor
from bot.rules.generations import Suggestion
from bot.settings import Settings, load_settings
from bot.writing.blanks import parse
from bot.writing.blocklist import Blocklist
from bot.writing.infill.job import InfillJob
from bot.writing.infill.request import InfillRequest

SENTENCES = Path(__file__).with_name("sentences.txt")
"""The texts, one a line."""


async def read(settings: Settings, count: int, seed: int) -> dict[str, Any]:
    """Fill all texts, and check what would be shown."""
    known, words = vocabulary(read_all()), Blocklist.load()
    lines: list[str] = []
    found: Counter[str] = Counter()
    async with Supervisor(settings) as supervisor:
        for text in SENTENCES.read_text(encoding="utf-8").splitlines():
            ask = InfillRequest(
                text=text,
                count=count,
            )
            suggestions = await InfillJob(ask, words, seed).run(supervisor.engine, lambda text, done, total: None)
            lines.append(shown(text, suggestions))
            for suggestion in suggestions:
                for place in range(len(suggestion.fills)):
                    found["checked"] += 1
                    found.update(checked(text, suggestion.fills, place, known))
    return {"lines": lines, "grammar": dict(found)}


def shown(text: str, suggestions: Sequence[Suggestion]) -> str:
    """The text with the first fills in bold, and the others."""
    first, *others = suggestions
    whole = "".join(f"**{part.text}**" if part.filled else part.text for part in parse(text).segments(first.fills))
    rest = " · ".join(" / ".join(other.fills) for other in others)
    return f"- {whole} (*{rest}*)" if rest else f"- {whole}"


def checked(text: str, fills: Sequence[str], place: int, known: Container[str]) -> set[str]:
    """What is wrong with one fill where the others stand."""
    gap = parse(text).gap(place, [None if number == place else fill for number, fill in enumerate(fills)])
    return set(faults(gap.left, fills[place], gap.right, known))


def main() -> None:
    """Parse the arguments, fill, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=3, help="suggestions for each text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    report = asyncio.run(read(load_settings(), arguments.count, arguments.seed))
    print(json.dumps(report) if arguments.json else "\n".join([*report["lines"], "", str(report["grammar"])]))


if __name__ == "__main__":
    main()
