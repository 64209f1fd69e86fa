"""Games over a real database, whose clock a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.games.playing import Evening
from tests.support.databases import furnish


@pytest.fixture
async def evening(tmp_path: Path) -> AsyncIterator[Evening]:
    """A database, a clock and the service over them."""
    async with Evening.opened(furnish(tmp_path / "data")) as found:
        yield found
