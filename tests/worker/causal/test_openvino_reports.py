"""OpenVINO reports nothing to its maker: its package for that is neither installed with Inkling nor imported."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.worker import causal
from tests.architecture.test_imports import MODULES, imported

LOCKS = ("requirements.lock", "requirements-dev.lock")
ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="OpenVINO has no wheel for this platform")
def test_openvino_reports_no_import(tmp_path: Path) -> None:
    """Its reports begin with a number that it gives to the person and keeps in the home folder."""
    script = f"import {causal.__name__}, openvino, sys; print(sys.modules.get('openvino_telemetry'))"
    environment = {name: value for name, value in os.environ.items() if name != "CI"}  # there it is silent by itself
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["None"]
    assert list(tmp_path.iterdir()) == []


def test_openvino_is_imported_only_beneath_the_package_that_stops_its_reports() -> None:
    places = {
        module
        for module, path in MODULES.items()
        for name in imported(path)
        if name.partition(".")[0] in ("openvino", "openvino_genai", "openvino_tokenizers")
    }
    assert places
    assert {place for place in places if not place.startswith(f"{causal.__name__}.")} == set()


@pytest.mark.parametrize("name", LOCKS)
def test_package_that_reports_is_not_locked(name: str) -> None:
    assert "openvino-telemetry" not in (ROOT / name).read_text(encoding="utf-8")
