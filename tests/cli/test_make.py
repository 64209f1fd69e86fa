"""`make run` as a service manager or a person ends it. What it runs is a stand-in for the bot."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
BOT = f"""\
#!{sys.executable} -ES
import os, pathlib, signal, sys, threading
ended = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: ended.set())
pathlib.Path("beginning").write_text(" ".join((str(os.getpid()), *sys.argv[1:])))
os.rename("beginning", "began")
while not ended.wait(0.05):
    pass
pathlib.Path("ended").touch()
"""
"""A bot that ends in order, and with 0, as it does with --stop-is-success. It tells its process and its arguments."""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")


@contextmanager
def running_make(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `make run` in `folder`, where everything is set up already, in a process group of its own."""
    python = folder / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(BOT)
    python.chmod(0o755)
    shutil.copy(ROOT / "Makefile", folder)
    command = ["make", "run", "--old-file=setup", f"VENV={python.parent.parent}"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as make:
        try:
            yield make
        finally:
            if not (folder / "ended").exists():
                os.killpg(make.pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_to_everybody_ends_make_run_without_an_error(tmp_path: Path, number: signal.Signals) -> None:
    with running_make(tmp_path) as make:
        await until((tmp_path / "began").exists)
        os.killpg(make.pid, number)
        out, _ = make.communicate(timeout=PATIENCE_S)
    assert (tmp_path / "ended").exists()
    assert "rror" not in out
    assert "-m bot run --stop-is-success" in (tmp_path / "began").read_text()


async def test_signal_to_make_alone_reaches_the_bot(tmp_path: Path) -> None:
    with running_make(tmp_path) as make:
        await until((tmp_path / "began").exists)
        make.send_signal(signal.SIGTERM)
        out, _ = make.communicate(timeout=PATIENCE_S)
    assert (tmp_path / "ended").exists(), "it is not left behind"
    assert "rror" not in out


async def test_signal_to_the_bot_alone_is_success(tmp_path: Path) -> None:
    with running_make(tmp_path) as make:
        await until((tmp_path / "began").exists)
        os.kill(int((tmp_path / "began").read_text().split()[0]), signal.SIGTERM)
        out, _ = make.communicate(timeout=PATIENCE_S)
    assert make.returncode == 0
    assert "rror" not in out
