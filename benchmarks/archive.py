"""What commands ask of a large archive: a story of 10,000 passages, in a server with 1,000 stories.

Times the reads and writes of the services and repositories that stand behind the commands, on a small archive (a tenth)
and on the large one, in one run. All reads are then done again and again: what Python holds after many rounds is
compared with what it held after a few, and what a page takes at the most on both archives.

    python -m benchmarks.archive [--passages 10000] [--stories 1000] [--repeat 15] [--folder .] [--json]

The exit status is 1 where a command's call took longer than a second, or memory grew. The purge is no command's: the
clock does it a week after the deletion (here of all that the writes before it have added, too).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import resource
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.rules.ballots import Ballot
from bot.rules.provenance import Span
from bot.rules.rounds import NewCandidate, NewRound
from bot.rules.stories import NewStory, Story
from bot.stories.access import Who
from bot.stories.context import context_of
from bot.stories.passages import PassageService
from bot.stories.publishing import PublishingService
from bot.stories.queries import StoryQueries
from storage.ballots import Ballots
from storage.database import Database, open_database
from storage.rounds import Rounds
from storage.stories import Stories
from storage.tables import PASSAGES, POSTS
from storage.unit_of_work import UnitOfWork

SERVER, HOST, THREAD = 1, 7, 3
"""The ids of the server, of the story's host and of its thread."""
LIMIT_MS = 1000.0
"""Milliseconds that a command's call on the large archive may take."""
GROWTH_KIB = 256.0
"""What may be held more after many rounds than after a few, or by a page of the large archive: caches that fill up."""
SMALL_STORY = 12
"""Passages of each of the other stories."""
FEW, MANY = 3, 12
"""Rounds of all reads."""
PURGE = "purge of the story and its forks"
"""The name of the one call without that limit, for it is no command's."""
PROSE = """the keeper had not spoken for a year and the lamp turned slowly over water that nobody crossed any more while
somewhere below a door opened on a room full of clocks bells letters and salt"""
"""The text from which titles and passages are drawn."""
WORDS = PROSE.split()
"""The words of it."""

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A full database, and the large story in it."""

    database: Database
    story: Story
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds of one call: the median, and the slowest."""

    median_ms: float
    slowest_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One archive: what each call took; KiB that Python holds more after many rounds of all reads than after a few
    (`kept_kib`), and at the most during a read of a page (`page_kib`); MiB of the process at the most so far."""

    passages: int
    stories: int
    timings: Mapping[str, Timing]
    kept_kib: float
    page_kib: float
    process_mib: float


# ---- filling an archive


class Filler:
    """Writes passages many at a time, under ids that it counts itself: the database is new."""

    def __init__(self, tx: UnitOfWork) -> None:
        self._connection = tx
        self._chance = random.Random(4)
        self._last_id = 0

    async def plant(self, title: str, passages: int, now_ms: int) -> Story:
        """A story of so many passages in one line."""
        new = NewStory(server_id=SERVER, channel_id=2, host_id=HOST, title=title, premise="A keeper is silent.")
        story = await Stories(self._connection).add(new, now_ms=now_ms)
        rows = [self._passage(story, None if depth == 1 else self._last_id, depth) for depth in range(1, passages + 1)]
        await self._connection.execute(insert(PASSAGES), rows)
        planted = replace(story, head_id=self._last_id)
        await Stories(self._connection).save(planted)
        return planted

    async def branch(self, story: Story, parents: list[int], every: int) -> None:
        """A passage beside the canon at every so-manieth of these."""
        rows = [self._passage(story, parent, depth + 2) for depth, parent in enumerate(parents)]
        await self._connection.execute(insert(PASSAGES), rows[::every])

    async def show(self, passage_ids: list[int]) -> None:
        """All of these stand in the thread."""
        rows = [
            {"kind": "passage", "ref_id": each, "part": 0, "channel_id": THREAD, "message_id": each, "nonce": str(each)}
            | {"wanted": 1, "shown": 1, "attempts": 0, "next_ms": 0}
            for each in passage_ids
        ]
        await self._connection.execute(insert(POSTS), rows)

    async def hold_round(self, story: Story, after_id: int, now_ms: int) -> None:
        """A round of four candidates and eight voters, long closed."""
        rounds, ballots = Rounds(self._connection), Ballots(self._connection)
        new = NewRound(
            story_id=story.id,
            kind="continue",
            state="open",
            opened_by=HOST,
            text="…",
            salt="00" * 16,
            deadline_ms=now_ms,
            after_id=after_id,
        )
        candidates = [NewCandidate(text=self._text(), author_id=100 + each) for each in range(4)]
        round_ = await rounds.add(new, candidates, range(4), now_ms=now_ms)
        ids = [candidate.id for candidate in await rounds.list_candidates(round_.id)]
        for voter in range(8):
            await ballots.cast(round_.id, 200 + voter, Ballot(frozenset(ids[: voter % 3]), ids[voter % 4]))
        await rounds.close(round_.id, from_state="open", to_state="closed", winner_id=ids[0], closed_ms=now_ms)

    def word(self) -> str:
        """A word for a title."""
        return self._chance.choice(WORDS)

    def _text(self) -> str:
        return " ".join(self._chance.choices(WORDS, k=80))

    def _passage(self, story: Story, parent_id: int | None, depth: int) -> dict[str, Any]:
        self._last_id += 1
        text = self._text()
        return {
            "id": self._last_id,
            "tree_id": story.tree_id,
            "parent_id": parent_id,
            "depth": depth,
            "text": text,
            "author_id": 100 + depth % 20,
            "pen_name": None,
            "origin": "human",
            "spans": (Span(0, len(text), "human"),),
            "round_id": None,
            "receipt": None,
            "created_ms": depth,
        }


async def fill(database: Database, passages: int, stories: int) -> Archive:
    """Write the other stories, then the large one with a branch at every tenth passage, a round at every fiftieth, and
    a post for every passage."""
    async with database.transaction() as tx:
        filler = Filler(tx)
        for number in range(stories - 1):
            await filler.plant(f"{filler.word().title()} {number}", SMALL_STORY, number)
        story = await filler.plant("The lighthouse", passages, stories)
        story, head_id = replace(story, thread_id=THREAD), story.head_id or 0
        await tx.stories.save(story)
        canon = [passage.id for passage in await tx.passages.list_canon(head_id)]
        await filler.branch(story, canon, 10)
        for number, after_id in enumerate(canon[::50]):
            await filler.hold_round(story, after_id, number)
        await filler.show(canon)
    return Archive(database=database, story=story, passages=passages)


# ---- what commands ask


def pages(archive: Archive) -> dict[str, Call]:
    """Reads of which each command shows a page, a list or a card: they must not grow with the archive."""
    story_queries, story, middle = StoryQueries(archive.database), archive.story, archive.passages // 2

    async def context() -> object:
        async with archive.database.reading() as tx:
            before = await tx.passages.get(story.head_id or 0)
            return await context_of(tx, story, before, "The door opened.")

    return {
        "story of a thread": lambda: story_queries.find_here(SERVER, THREAD),
        "list": lambda: story_queries.list_page(SERVER, 0, 10),
        "list, last page": lambda: story_queries.list_page(SERVER, 999 * archive.passages // 10_000, 10),
        "autocomplete, nothing typed": lambda: story_queries.list_stories(SERVER, limit=25),
        "autocomplete, found at once": lambda: story_queries.list_stories(SERVER, limit=25, prefix="the"),
        "autocomplete, not found": lambda: story_queries.list_stories(SERVER, limit=25, prefix="zoölogy"),
        "first page": lambda: story_queries.list_canon_page(story, 1, 10),
        "page in the middle": lambda: story_queries.list_canon_page(story, middle, middle + 9),
        "last page": lambda: story_queries.list_canon_page(story, archive.passages - 9, archive.passages),
        "passage by its number": lambda: story_queries.find_numbered(story, middle),
        "context": context,
        "next purge": story_queries.next_purge_ms,
    }


def wholes(archive: Archive) -> dict[str, Call]:
    """Reads that take the whole story, as a map and an export do."""
    publishing, story = PublishingService(archive.database), archive.story

    async def export() -> object:
        async with archive.database.reading() as tx:
            return await tx.privacy.export(105)

    return {
        "map (the whole tree)": lambda: publishing.tree(story),
        "export (the whole canon)": lambda: publishing.manuscript(story, branches=False),
        "privacy export of a writer": export,
    }


def writes(archive: Archive) -> dict[str, Call]:
    """Changes, in an order in which each can be made again."""
    passage_service, story = PassageService(archive.database), archive.story
    who = Who(SERVER, HOST, manages=True)

    async def add() -> object:
        async with archive.database.reading() as tx:
            now = await tx.stories.get(story.id)
        assert now is not None
        return await passage_service.add_passage(who, story.id, "Somebody knocked.", now.head_id)

    async def bridge() -> object:
        """Something between the first two passages: all others stand again behind it."""
        async with archive.database.transaction() as tx:
            first, second = await tx.passages.list_canon_page(story.head_id or 0, 1, 2)
            return await tx.passages.copy_path(first.id, second.id, story.head_id or 0)

    async def withdraw() -> object:
        async with archive.database.transaction() as tx:
            (passage,) = await tx.passages.list_canon_page(story.head_id or 0, 3, 3)
            return await tx.passages.withdraw(passage.id)

    return {
        "add": add,
        "undo": lambda: passage_service.undo(who, story.id),
        "redo": lambda: passage_service.redo(who, story.id),
        "fork": lambda: passage_service.fork(who, story.id, "Fork", None, 2),
        "bridge at the beginning": bridge,
        "withdraw": withdraw,
    }


def lasts(archive: Archive) -> dict[str, Call]:
    """What can be done once."""

    async def forget() -> object:
        async with archive.database.transaction() as tx:
            return await tx.privacy.delete(105)

    async def purge() -> object:
        async with archive.database.transaction() as tx:
            for story in await tx.stories.list_of_tree(archive.story.tree_id):
                await tx.stories.purge(story.id)
        return None

    return {"privacy delete of a writer": forget, PURGE: purge}


# ---- measuring


async def timed(call: Call, repeat: int) -> Timing:
    """The first call counts, too: nobody warms a bot up."""
    took = []
    for _ in range(repeat):
        began = time.perf_counter()
        await call()
        took.append(1000 * (time.perf_counter() - began))
    return Timing(median_ms=statistics.median(took), slowest_ms=max(took))


async def held(calls: Mapping[str, Call], paged: Mapping[str, Call]) -> tuple[float, float]:
    """Return KiB kept from a few rounds of all calls to many, and the most that a paged one took for itself."""
    tracemalloc.start()
    try:
        for number in range(MANY):
            for call in calls.values():
                await call()
            if number == FEW - 1:
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
        most = 0
        for call in paged.values():
            tracemalloc.reset_peak()
            began = tracemalloc.get_traced_memory()[0]
            await call()
            most = max(most, tracemalloc.get_traced_memory()[1] - began)
    finally:
        tracemalloc.stop()
    return kept / 1024, most / 1024


async def measure(folder: Path, passages: int, stories: int, repeat: int) -> Result:
    """Fill an archive in `folder`, ask everything of it, and take it apart."""
    async with open_database(folder, lambda: 0) as database:
        archive = await fill(database, passages, stories)
        timings = {}
        for calls, times in ((pages, repeat), (wholes, repeat), (writes, max(3, repeat // 5)), (lasts, 1)):
            if calls is lasts:
                kept_kib, page_kib = await held({**pages(archive), **wholes(archive)}, pages(archive))
            for name, call in calls(archive).items():
                timings[name] = await timed(call, times)
    return Result(
        passages=passages,
        stories=stories,
        timings=timings,
        kept_kib=kept_kib,
        page_kib=page_kib,
        process_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20),
    )


def mistakes(small: Result, large: Result) -> list[str]:
    """Return what is not as promised."""
    slow = [
        f"{name} took {timing.slowest_ms:.0f} ms"
        for name, timing in large.timings.items()
        if timing.slowest_ms > LIMIT_MS and name != PURGE
    ]
    if large.kept_kib > GROWTH_KIB:
        slow.append(f"{large.kept_kib:.0f} KiB were kept")
    if large.page_kib > small.page_kib + GROWTH_KIB:
        slow.append(f"a page took {large.page_kib:.0f} KiB, and {small.page_kib:.0f} KiB of the small archive")
    return slow


def report(small: Result, large: Result) -> None:
    """Print a table."""
    print(f"{'milliseconds':36} {small.passages:>10} {large.passages:>10} {'slowest':>10}")
    for name, timing in large.timings.items():
        print(f"{name:36} {small.timings[name].median_ms:10.1f} {timing.median_ms:10.1f} {timing.slowest_ms:10.1f}")
    print(f"\n{'KiB kept after many rounds':36} {small.kept_kib:10.0f} {large.kept_kib:10.0f}")
    print(f"{'KiB for a page at the most':36} {small.page_kib:10.0f} {large.page_kib:10.0f}")
    print(f"{'MiB of the process at the most':36} {small.process_mib:10.0f} {large.process_mib:10.0f}")


def main() -> int:
    """Measure and print; the exit status is 1 where something is not as promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--passages", type=int, default=10_000, help="of the large story (default: %(default)s)")
    parser.add_argument("--stories", type=int, default=1_000, help="of the server (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=15, help="calls of each read (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured (default: here)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    results = []
    for share in (10, 1):
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="archive-") as scratch:
            size = options.passages // share, options.stories // share
            results.append(asyncio.run(measure(Path(scratch), *size, options.repeat)))
    small, large = results
    wrong = mistakes(small, large)
    if options.json:
        print(json.dumps({"small": asdict(small), "large": asdict(large), "mistakes": wrong}))
    else:
        report(small, large)
        print("\n".join(wrong) or "as promised")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
