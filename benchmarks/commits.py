"""Committed votes a second, against bare aiosqlite and sqlite3 with the same durability, in one run.

A vote is a transaction that reads a number and writes it back raised by one, so that a lost vote shows in the sum.
A ballot is a transaction as in the rounds of stories: it reads the round and the voter's ballot before, and writes
the new one in its place; a lost one shows in the turnout. Everybody votes at once, in the file system of --folder.
All contenders use WAL, synchronous=FULL and the same statements; the rounds alternate, so that a noisy machine is noisy
to all, and the median counts.

    python -m benchmarks.commits [--votes 500] [--rounds 3] [--folder .] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import asdict, dataclass
from pathlib import Path

import aiosqlite
from sqlalchemy import text

from bot.rules.ballots import Ballot
from bot.rules.rounds import NewCandidate, NewRound
from bot.rules.stories import NewStory
from storage.database import FILE, Database, open_database

CREATE = "CREATE TABLE tally (id INTEGER PRIMARY KEY, votes INTEGER NOT NULL) STRICT"
"""The table with the number that the votes raise."""
INSERT = "INSERT INTO tally VALUES (1, 0)"
"""The only row of it."""
READ = "SELECT votes FROM tally WHERE id = :id"
"""Reads the number, at the start of a vote."""
WRITE = "UPDATE tally SET votes = :votes WHERE id = :id"
"""Writes it back, raised by one."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""The settings that the bare contenders need to be as durable as the bot's own database."""

OF_VOTER = "FROM ballots WHERE round_id = ? AND voter_id = ?"
"""The rows of one person's ballot in a round."""

Vote = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booth:
    """One way to vote: `vote` returns when its vote is durable, `count` is the sum of all votes."""

    vote: Vote
    count: Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Medians over the rounds: votes a second with everybody at once, seconds until a voter was told, milliseconds
    of a vote without company."""

    name: str
    per_second: float
    p50_s: float
    p95_s: float
    alone_ms: float
    lost: int


@asynccontextmanager
async def ours(folder: Path) -> AsyncIterator[Booth]:
    """The bot's own database."""
    async with open_database(folder, lambda: 0) as database:
        async with database.transaction() as tx:
            await tx.execute(text(CREATE))
            await tx.execute(text(INSERT))
        read, write = text(READ), text(WRITE)

        async def vote() -> None:
            async with database.transaction() as tx:
                votes = (await tx.execute(read, {"id": 1})).scalar_one()
                await tx.execute(write, {"id": 1, "votes": votes + 1})

        async def count() -> int:
            async with database.reading() as tx:
                return int((await tx.execute(read, {"id": 1})).scalar_one())

        yield Booth(vote=vote, count=count)


@asynccontextmanager
async def bare_aiosqlite(folder: Path) -> AsyncIterator[Booth]:
    """One held aiosqlite tx, a commit for each vote, voters in turn: the fewest calls that are right."""
    async with aiosqlite.connect(folder / "bare.db", isolation_level=None) as tx:
        for command in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), CREATE, INSERT):
            await tx.execute(command)
        turn = asyncio.Lock()

        async def vote() -> None:
            async with turn:
                await tx.execute("BEGIN IMMEDIATE")
                ((votes,),) = await tx.execute_fetchall(READ, {"id": 1})
                await tx.execute(WRITE, {"id": 1, "votes": votes + 1})
                await tx.execute("COMMIT")

        async def count() -> int:
            ((votes,),) = await tx.execute_fetchall(READ, {"id": 1})
            return int(votes)

        yield Booth(vote=vote, count=count)


@asynccontextmanager
async def bare_sqlite3(folder: Path) -> AsyncIterator[Booth]:
    """The standard library alone, on the event loop, which stands still at every flush: no bot could do that."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as tx:
        for command in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), CREATE, INSERT):
            tx.execute(command)

        async def vote() -> None:
            tx.execute("BEGIN IMMEDIATE")
            (votes,) = tx.execute(READ, {"id": 1}).fetchone()
            tx.execute(WRITE, {"id": 1, "votes": votes + 1})
            tx.execute("COMMIT")

        async def count() -> int:
            return int(tx.execute(READ, {"id": 1}).fetchone()[0])

        yield Booth(vote=vote, count=count)


# ---- ballots


async def open_round(database: Database) -> tuple[int, list[int]]:
    """A round that is open, and its candidates."""
    async with database.transaction() as tx:
        new = NewStory(server_id=1, channel_id=2, host_id=3, title="A story", premise="")
        story = await tx.stories.add(new, now_ms=1)
        round_ = await tx.rounds.add(
            NewRound(
                story_id=story.id, kind="continue", state="open", opened_by=3, text="", salt="00" * 16, deadline_ms=9
            ),
            [NewCandidate(text=f"text {number}") for number in range(4)],
            range(4),
            now_ms=1,
        )
        return round_.id, [candidate.id for candidate in await tx.rounds.list_candidates(round_.id)]


@asynccontextmanager
async def our_ballots(folder: Path) -> AsyncIterator[Booth]:
    """The bot's own rounds."""
    async with open_database(folder, lambda: 0) as database:
        round_id, candidates = await open_round(database)
        voters = itertools.count(1)
        ballot = Ballot(frozenset(candidates[:2]), candidates[2])

        async def vote() -> None:
            voter = next(voters)
            async with database.transaction() as tx:
                round_ = await tx.rounds.get(round_id)
                if round_ is not None and round_.state == "open":
                    await tx.ballots.get(round_id, voter)
                    await tx.ballots.cast(round_id, voter, ballot)

        async def count() -> int:
            async with database.reading() as tx:
                return await tx.ballots.turnout(round_id)

        yield Booth(vote=vote, count=count)


@asynccontextmanager
async def bare_ballots(folder: Path) -> AsyncIterator[Booth]:
    """The same tables and statements on one held aiosqlite tx, a commit for each ballot, voters in turn."""
    async with open_database(folder, lambda: 0) as database:
        round_id, candidates = await open_round(database)
    rows = [(candidate, 1 + place // 2) for place, candidate in enumerate(candidates[:3])]
    voters = itertools.count(1)
    async with aiosqlite.connect(folder / FILE, isolation_level=None) as tx:
        for pragma in PRAGMAS:
            await tx.execute(f"PRAGMA {pragma}")
        turn = asyncio.Lock()

        async def vote() -> None:
            voter = next(voters)
            async with turn:
                await tx.execute("BEGIN IMMEDIATE")
                ((state,),) = await tx.execute_fetchall("SELECT state FROM rounds WHERE id = ?", (round_id,))
                if state == "open":
                    mine = (round_id, voter)
                    await tx.execute_fetchall(f"SELECT * {OF_VOTER}", mine)
                    await tx.execute(f"DELETE {OF_VOTER}", mine)
                    cast = [(*mine, candidate, level) for candidate, level in rows]
                    await tx.executemany("INSERT INTO ballots VALUES (?, ?, ?, ?)", cast)
                await tx.execute("COMMIT")

        async def count() -> int:
            ((voters,),) = await tx.execute_fetchall("SELECT count(DISTINCT voter_id) FROM ballots")
            return int(voters)

        yield Booth(vote=vote, count=count)


CONTENDERS: dict[str, Callable[[Path], AbstractAsyncContextManager[Booth]]] = {
    "inkling": ours,
    "aiosqlite": bare_aiosqlite,
    "sqlite3": bare_sqlite3,
    "ballots": our_ballots,
    "ballots, aiosqlite": bare_ballots,
}
"""Every contender by its name; each opens its database in a folder."""
AGAINST = {"ballots": "ballots, aiosqlite", "ballots, aiosqlite": "ballots, aiosqlite"}
"""What a contender is compared with, where it is not plain aiosqlite."""


async def measure(name: str, folder: Path, votes: int) -> Result:
    """One round: `votes` at once, then a few in turn."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="commits-") as scratch:
        async with CONTENDERS[name](Path(scratch)) as booth:
            began = time.perf_counter()

            async def timed() -> float:
                await booth.vote()
                return time.perf_counter() - began

            waits = sorted(await asyncio.gather(*(timed() for _ in range(votes))))
            took = time.perf_counter() - began
            alone = []
            for _ in range(30):
                started = time.perf_counter()
                await booth.vote()
                alone.append(time.perf_counter() - started)
            lost = votes + len(alone) - await booth.count()
    return Result(
        name=name,
        per_second=votes / took,
        p50_s=waits[len(waits) // 2],
        p95_s=waits[int(len(waits) * 0.95)],
        alone_ms=1000 * statistics.median(alone),
        lost=lost,
    )


def median(results: list[Result]) -> Result:
    """Summarise the rounds of one contender."""
    return Result(
        name=results[0].name,
        per_second=statistics.median(result.per_second for result in results),
        p50_s=statistics.median(result.p50_s for result in results),
        p95_s=statistics.median(result.p95_s for result in results),
        alone_ms=statistics.median(result.alone_ms for result in results),
        lost=sum(result.lost for result in results),
    )


def main() -> int:
    """Measure and print; the exit status is 1 where a vote was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--votes", type=int, default=500, help="voters at once (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds for each (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured (default: here)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rounds: dict[str, list[Result]] = {name: [] for name in CONTENDERS}
    for _ in range(options.rounds):
        for name in CONTENDERS:
            rounds[name].append(asyncio.run(measure(name, options.folder, options.votes)))
    results = {name: median(found) for name, found in rounds.items()}
    ratios = {
        name: result.per_second / results[AGAINST.get(name, "aiosqlite")].per_second for name, result in results.items()
    }
    lost = results["inkling"].lost + results["ballots"].lost
    if options.json:
        summary = {
            "votes": options.votes,
            "ratio_to_aiosqlite": ratios["inkling"],
            "ratio_of_ballots": ratios["ballots"],
            "lost": lost,
            "contenders": {name: asdict(result) for name, result in results.items()},
        }
        print(json.dumps(summary))
    else:
        print(f"{options.votes} votes at once, {options.rounds} rounds, synchronous=FULL\n")
        print(f"{'':18} {'votes/s':>8} {'ratio':>6} {'p50 s':>7} {'p95 s':>7} {'alone ms':>9} {'lost':>5}")
        for result in results.values():
            print(
                f"{result.name:18} {result.per_second:8.0f} {ratios[result.name]:6.2f}"
                f" {result.p50_s:7.2f} {result.p95_s:7.2f}"
                f" {result.alone_ms:9.1f} {result.lost:5}"
            )
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
