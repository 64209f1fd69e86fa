"""The benchmark does what it says: every call is made on an archive that is as large as it claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.archive import Result, Timing, fill, lasts, measure, mistakes, pages, wholes, writes
from storage.database import open_database
from tests.support.clocks import epoch


@pytest.mark.long
async def test_archive_is_as_large_as_it_claims(tmp_path: Path) -> None:
    async with open_database(tmp_path, epoch) as database:
        archive = await fill(database, 120, 7)
        async with database.reading() as tx:
            assert await tx.stories.count(1, ["open"]) == 7
            assert archive.story.head_id is not None
            canon = await tx.passages.list_canon(archive.story.head_id)
            assert [passage.depth for passage in canon] == list(range(1, 121))
            assert len(await tx.passages.list_nodes(archive.story.tree_id)) == 132
        calls = {**pages(archive), **wholes(archive), **writes(archive), **lasts(archive)}
    result = await measure(tmp_path / "another", 120, 7, 2)
    assert set(result.timings) == set(calls)
    assert all(0 < timing.median_ms <= timing.slowest_ms for timing in result.timings.values())


def test_archive_benchmark_reports_what_is_slow_or_grows() -> None:
    def result(slowest_ms: float, kept_kib: float, page_kib: float) -> Result:
        timings = {"list": Timing(median_ms=1, slowest_ms=slowest_ms)}
        return Result(passages=1, stories=1, timings=timings, kept_kib=kept_kib, page_kib=page_kib, process_mib=1)

    small = result(1, 0, 100)
    assert mistakes(small, result(999, 200, 300)) == []
    assert len(mistakes(small, result(1001, 300, 500))) == 3
