"""The command line, run in a folder of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.__main__ import main

Inkling = Callable[..., tuple[int, str, str]]


@pytest.fixture
def inkling(
    tmp_path: Path,
    tiny_causal: Path,
    tiny_masked: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Inkling]:
    """Run one command line in a folder of its own; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "INKLING_DATA": str(tmp_path / "data"),
        "CAUSAL_MODEL": str(tiny_causal),
        "INFILL_MODEL": str(tiny_causal),
        "MASKED_MODEL": str(tiny_masked),
        "ENGINE": "torch",
        "DISCORD_TOKEN": "",
    }.items():
        monkeypatch.setenv(name, value)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
