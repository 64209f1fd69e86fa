"""What the event loop, which all servers share, is held up by at worst: the longest step of everything that people can
make the program do, in milliseconds of processor time.

Every function that takes a person's text is called with every text of `tests.growth.nasties`, of 4,000 characters; and
everything that `benchmarks.archive` asks of a story of 10,000 passages is done step by step. No step should take more
than 20 ms. What is marked with a star runs in a thread: there the figure is how long that thread is busy.

    python -m benchmarks.loop [--passages 10000] [--shown 12] [--folder .] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archive import Call as Work
from benchmarks.archive import fill, pages, wholes, writes
from bot.stories.access import Who
from bot.stories.rounds.planning import plan_continue, plan_infill
from storage.database import Database, open_database
from tests.growth.functions import CALLS
from tests.growth.nasties import FULL, NASTIES
from tests.growth.test_growth import cost
from tests.support.watchdog import Watchdog

AIM_MS = 20.0
"""Milliseconds that no step on the event loop should take more than."""
TRIES = 3
"""Times that each step is measured."""
STORIES = 20
"""Stories beside the large one."""
IN_THREADS = (
    "bot.publishing.",
    "bot.rules.lore.triggered",
    "bot.rules.story_shares.",
    "bot.stories.beginning.",
    "bot.stories.rounds.candidates.",
    "bot.stories.rounds.quoting.",
    "bot.rules.provenance.",
    "bot.writing.cleaning.finished",
    "bot.writing.overlap.",
    "bot.writing.diversity.",
)
"""What the bot calls in a thread."""
MISQUOTED = "the keeper ___ the lamp ___ the ___ the salt that nobody ever tasted"
"""An infill that stands nowhere: all passages that are searched are read to their ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The longest step of something: milliseconds, and what it took longest with."""

    name: str
    worst_ms: float
    worst: str
    thread: bool = False


def texts() -> list[Step]:
    """Call every function with every text once, and with the one that it took longest with a few times more."""
    found = []
    for name, functions in CALLS.items():
        ways = [(function, nasty) for function in functions for nasty in NASTIES]
        function, nasty = max(ways, key=lambda way: cost(way[0], NASTIES[way[1]](FULL), 1))
        worst_ms = 1000 * cost(function, NASTIES[nasty](FULL), TRIES)
        found.append(Step(name=name, worst_ms=worst_ms, worst=nasty, thread=name.startswith(IN_THREADS)))
    return found


async def stories(database: Database, passages: int) -> list[Step]:
    """Do everything with a large story that the benchmark of the archive does, and plan rounds in it."""
    archive = await fill(database, passages, STORIES)
    who = Who(archive.story.server_id, archive.story.host_id or 0, manages=True)

    async def infill() -> object:
        async with database.reading() as connection:
            return await plan_infill(connection, who, archive.story.id, MISQUOTED)

    async def go_on() -> object:
        async with database.reading() as connection:
            return await plan_continue(connection, who, archive.story.id)

    works: Mapping[str, Work] = {
        **pages(archive),
        **wholes(archive),
        **writes(archive),
        "infill that stands nowhere": infill,
        "continue": go_on,
    }
    return [await _step(name, work) for name, work in works.items()]


async def _step(name: str, work: Work) -> Step:
    watchdog = Watchdog(also=(str(Path(__file__).parent),))
    with watchdog.watching(asyncio.get_running_loop()):
        for _ in range(TRIES):
            await asyncio.gather(asyncio.create_task(_done(work)), return_exceptions=True)
    return Step(name=name, worst_ms=1000 * watchdog.worst_s, worst="a large story")


async def _done(work: Work) -> None:
    await work()


async def measure(folder: Path, passages: int) -> list[Step]:
    """Measure all, the longest first."""
    async with open_database(folder, lambda: 0) as database:
        found = [*texts(), *await stories(database, passages)]
    return sorted(found, key=lambda step: -step.worst_ms)


def main() -> None:
    """Print the table, or all of it as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--shown", type=int, default=12)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # of each text that is longer than any card
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = asyncio.run(measure(Path(folder), options.passages))
    if options.json:
        print(json.dumps([dataclasses.asdict(step) for step in found]))
        return
    for step in found[: options.shown]:
        print(f"{step.worst_ms:8.1f} ms{'*' if step.thread else ' '} {step.name} ({step.worst})")
    on_loop = [step.worst_ms for step in found if not step.thread]
    over = sum(ms > AIM_MS for ms in on_loop)
    print(f"on the loop: {max(on_loop):.1f} ms at worst, {over} of {len(on_loop)} over {AIM_MS:.0f} ms")


if __name__ == "__main__":
    main()
