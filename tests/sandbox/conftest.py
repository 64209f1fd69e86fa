"""The sandbox with tiny models, for the tests that need no real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.open_sandbox import Sandbox, running_sandbox


@pytest.fixture
def models(tiny_causal: Path, tiny_masked: Path, tmp_path: Path) -> dict[str, str]:
    """Settings for tiny models."""
    return {
        "INKLING_DATA": str(tmp_path / "data"),
        "CAUSAL_MODEL": str(tiny_causal),
        "INFILL_MODEL": str(tiny_causal),
        "MASKED_MODEL": str(tiny_masked),
        "ENGINE": "torch",
    }


@pytest.fixture
async def sandbox(models: dict[str, str], tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The program, running in a process of its own."""
    async with running_sandbox(models, folder=tmp_path) as running:
        yield running
