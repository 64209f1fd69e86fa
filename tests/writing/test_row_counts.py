"""How many rows are asked for."""

from __future__ import annotations

import pytest

from bot.errors import WorkerUnavailable
from bot.inference.protocol import Health, ModelInfo, Tier
from bot.writing.row_counts import MOST, Purpose, health_of, rows_for


def health(tier: Tier, jobs: int) -> Health:
    story = ModelInfo(role="story", name="m", revision="1", engine="e", window=9, tier=tier)
    causal = ModelInfo(role="causal", name="m", revision="1", engine="e", window=9)
    return Health(ready=True, stage="ready", models=(causal, story), jobs=jobs)


@pytest.mark.parametrize(
    ("feature", "tier", "jobs", "rows"),
    [
        ("continue", "small", 1, 12),
        ("continue", "small", 12, 12),
        ("continue", "small", 16, 9),
        ("continue", "large", 1, 8),
        ("continue", "large", 4, 8),
        ("continue", "large", 6, 5),
        ("continue", "large", 100, 5),
        ("bridge", "small", 1, 16),
        ("bridge", "large", 1, 10),
        ("bridge", "large", 8, 5),
    ],
)
def test_rows_for_are_fewer_of_a_large_model_and_where_many_ask(
    feature: Purpose, tier: Tier, jobs: int, rows: int
) -> None:
    assert rows_for(feature, health(tier, jobs), 3) == rows


def test_rows_for_are_enough_and_never_more_than_alone() -> None:
    assert rows_for("continue", health("large", 100), 5) == 7
    for count in range(1, 20):
        assert rows_for("continue", health("large", 100), count) <= rows_for("continue", health("large", 1), count)


async def test_row_counts_are_those_of_a_small_model_where_the_worker_is_away() -> None:
    class Away:
        async def health(self) -> Health:
            raise WorkerUnavailable("away")

    told = await health_of(Away())  # type: ignore[arg-type]  # nothing else is asked of it
    assert rows_for("continue", told, 3) == MOST["continue"]
