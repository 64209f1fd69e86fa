"""The benchmark measures what it says: every contender keeps every vote."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.commits import CONTENDERS, measure


@pytest.mark.parametrize("name", CONTENDERS)
async def test_commits_benchmark_no_contender_loses_a_vote(tmp_path: Path, name: str) -> None:
    result = await measure(name, tmp_path, votes=20)
    assert result.lost == 0
    assert 0 < result.p50_s <= result.p95_s <= 20 / result.per_second
