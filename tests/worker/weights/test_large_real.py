"""The real large story model: it comes whole, and the command line writes with it (`make test-large`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.worker.weights.bundled import fetch_bundled
from bot.worker.weights.files import file_sha256, silent
from bot.worker.weights.large import LARGE, fetch_large
from tests.cli.conftest import Inkling

DATA = Path(__file__).parents[3] / "data"
"""The data folder of this checkout: what is fetched once stays there."""

pytestmark = pytest.mark.large


def test_large_model_comes_whole_and_writes(inkling: Inkling, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch_large(DATA, silent)
    assert file_sha256(path) == LARGE.sha256
    fetch_bundled(DATA, silent)
    for name, value in {"INKLING_DATA": str(DATA), "CAUSAL_MODEL": "large", "ENGINE": "", "INFILL_MODEL": ""}.items():
        monkeypatch.setenv(name, value)
    code, out, err = inkling("continue", "--text", "The lighthouse keeper had not spoken for a year.", "--json")
    assert code == 0, err
    candidates = json.loads(out)["candidates"]
    assert candidates
    assert all(candidate["text"].strip() for candidate in candidates)
    assert LARGE.name in json.dumps(candidates[0]["receipt"])
