"""`make setup`: a line for each step, and the log where one fails."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.cli.pip_progress import PipProgress, count_requirements
from bot.cli.set_up import Plan, fetched_bytes, is_whole, set_up
from bot.cli.terminal import Terminal

ROOT = Path(__file__).parents[2]
PIP_23 = """\
Ignoring colorama: markers 'sys_platform == "win32"' don't match your environment
Requirement already satisfied: idna==3.20 in /v/lib (from -r requirements.lock (line 7)) (3.20)
Collecting numpy==2.4.6 (from -r requirements.lock (line 332))
  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (16.3 MB)
Collecting yarl==1.25.1 (from -r requirements.lock (line 721))
  Using cached yarl-1.25.1-cp311-cp311-manylinux_2_17_x86_64.whl (349 kB)
Installing collected packages: yarl, numpy
Successfully installed numpy-2.4.6 yarl-1.25.1
"""
PIP_26 = """\
Ignoring colorama: markers 'sys_platform == "win32"' don't match your environment
Collecting numpy==2.4.6 (from -r requirements.lock (line 332))
  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl.metadata (6.6 kB)
Collecting yarl==1.25.1 (from -r requirements.lock (line 721))
  Downloading yarl-1.25.1-cp311-cp311-manylinux_2_17_x86_64.whl.metadata (74 kB)
Processing /wheels/idna-3.20-py3-none-any.whl (from -r requirements.lock (line 7))
Downloading numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (16.3 MB)
Downloading https://files.example.org/yarl-1.25.1-cp311-cp311-manylinux_2_17_x86_64.whl (349 kB)
Installing collected packages: yarl, numpy, idna
"""


class Screen(io.StringIO):
    """A terminal that keeps all that was drawn."""

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        """What stands on it in the end."""
        return [line.rpartition("\x1b[2K")[2] for line in self.getvalue().splitlines()]


@pytest.mark.parametrize("said", [PIP_23, PIP_26])
def test_pip_progress_counts_what_has_come_and_names_what_is_coming(said: str) -> None:
    pip, told = PipProgress(4), list[str]()
    for line in said.splitlines():
        pip.read(line)
        told.append(pip.told)
    assert "2 of 3, numpy (16 MB)" in told
    assert told[-1] == "3 of 3, installing"
    counts = [int(each.split()[0]) for each in told]
    assert counts == sorted(counts), "it never goes back"


def test_requirements_are_counted() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert count_requirements(lock) == len([line for line in lock.splitlines() if line[:1].isalnum()])


def test_set_up_needs_nothing_but_python() -> None:
    """It runs before anything is installed: without the packages beside this interpreter, and without a `.env`."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", "import bot.cli.set_up"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_set_up_step_that_fails_shows_why_and_keeps_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    venv, lock, log = tmp_path / "venv", tmp_path / "a.lock", tmp_path / "setup.log"
    (venv / "bin").mkdir(parents=True)
    assert not is_whole(venv)
    (venv / "bin/python").symlink_to(sys.executable)
    (venv / "bin/activate").write_text("VIRTUAL_ENV=/somewhere/else/venv")
    assert not is_whole(venv), "made in another place"
    (venv / "bin/activate").write_text(f"VIRTUAL_ENV={venv}")
    assert is_whole(venv)
    lock.write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    screen = Screen()
    code = set_up(Plan(venv=venv, lock=lock, torch="torch", torch_index=""), Terminal(err=screen), log)
    assert code == 1
    assert any("No matching distribution found for no-such-package==1.0" in line for line in screen.lines)
    assert screen.lines[-1].startswith(f"[1/4] packages of {lock} failed. All that was said is in {log}.")
    assert "-m pip" in log.read_text()
    assert "no-such-package" in log.read_text()


def test_fetched_bytes_are_counted_while_pip_moves_them(tmp_path: Path) -> None:
    """Folders come and go between the listing of their names and the look into them."""
    over = threading.Event()

    def churn() -> None:
        while not over.is_set():
            for number in range(20):
                unpacked = tmp_path / f"pip-unpack-{number}"
                unpacked.mkdir()
                (unpacked / "torch.whl").write_bytes(b"12345")
            for number in range(20):
                shutil.rmtree(tmp_path / f"pip-unpack-{number}")

    mover = threading.Thread(target=churn)
    mover.start()
    try:
        seen = {fetched_bytes(tmp_path) for _ in range(2000)}
    finally:
        over.set()
        mover.join()
    assert max(seen) > 0
    (tmp_path / "pip-unpack-x").mkdir()
    (tmp_path / "pip-unpack-x" / "torch.whl").write_bytes(b"12345")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "build.log").write_bytes(b"12345")
    assert fetched_bytes(tmp_path) == 5
