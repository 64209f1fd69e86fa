"""`make setup`: a line for each step, with its progress; all that pip says goes into a log, which is kept where a step
fails.

It is run by the Python that makes the environment, before anything is installed, so it imports only what Python brings.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bot.cli.pip_progress import PipProgress, count_requirements, last_lines
from bot.cli.terminal import Terminal

LOG = Path("setup.log")
"""Where the output of the programs goes; removed when all is set up."""
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
"""The CPU builds of torch; the package index has the CUDA build for Linux, 3 GB."""
INTERRUPTED = 130
"""The exit code of Ctrl-C."""
LOOK_S = 0.25
"""How often is looked how far a download is, in seconds."""
ANSWER_S = 5.0
"""How long download.pytorch.org may take to answer before the package index is asked instead, in seconds."""


class StepFailed(Exception):
    """A step's program failed; `lines` is the end of what it said, empty where it has said it on the terminal."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for: the environment's folder, the lock file, torch with its version, and where it comes from (""
    to find out)."""

    venv: Path
    lock: Path
    torch: str
    torch_index: str

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.venv / "bin/python"


class SetUp:
    """Does the steps one after another, and tells how far each is."""

    def __init__(self, plan: Plan, terminal: Terminal, log: TextIO) -> None:
        self._plan = plan
        self._terminal = terminal
        self._log = log
        self._pip = [str(plan.python), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]

    def steps(self) -> list[tuple[str, Callable[[str], None]]]:
        """Return each step's label and what does it, called with that label."""
        count = count_requirements(self._plan.lock.read_text(encoding="utf-8"))
        locked = ["--require-hashes", "--no-deps", "-r", str(self._plan.lock)]
        editable = ["--no-deps", "--no-build-isolation", "--editable", "."]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return [
            *([] if is_whole(self._plan.venv) else [(f"Python {version} in {self._plan.venv}", self._make_venv)]),
            (f"packages of {self._plan.lock}", lambda label: self._install(label, PipProgress(count), locked)),
            (self._plan.torch, self._install_torch),
            ("Inkling itself", lambda label: self._install(label, PipProgress(1), editable)),
            ("the bundled models", self._fetch_models),
        ]

    def _make_venv(self, label: str) -> None:
        shutil.rmtree(self._plan.venv, ignore_errors=True)
        self._run(label, [sys.executable, "-m", "venv", str(self._plan.venv)], lambda line: None, lambda: label)

    def _install_torch(self, label: str) -> None:
        index = self._plan.torch_index or (TORCH_CPU if _answers(f"{TORCH_CPU}/torch/") else "")
        self._install(label, PipProgress(1), [self._plan.torch, *(["--index-url", index] if index else [])])

    def _fetch_models(self, label: str) -> None:
        """Fetch what is missing; the program that does it shows its own progress on this terminal."""
        self._terminal.wipe()
        command = [str(self._plan.python), "-m", "bot", "models", "fetch", "--small", "--quiet"]
        if subprocess.run(command, check=False).returncode != 0:
            raise StepFailed([])

    def _install(self, label: str, pip: PipProgress, what: list[str]) -> None:
        """Let pip install something; what it fetches lies in a folder of ours, so that it can be seen how far it is."""
        with tempfile.TemporaryDirectory(prefix="inkling-setup-") as folder:

            def told() -> str:
                fetched = fetched_bytes(Path(folder))
                return f"{label}: {pip.told}" + (f", {fetched / 1e6:.0f} MB fetched" if fetched >= 1_000_000 else "")

            self._run(label, [*self._pip, *what], pip.read, told, TMPDIR=folder)

    def _run(
        self, label: str, command: list[str], read: Callable[[str], None], told: Callable[[], str], **more: str
    ) -> None:
        """Run a program: its lines go to the log and to `read`, and `told` says how far it is. Raises `StepFailed`."""
        self._log.write(f"\n$ {' '.join(command)}\n")
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **more}
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            lines = list[str]()
            with self._telling(told):
                for line in process.stdout:
                    self._log.write(line)
                    lines.append(line.rstrip())
                    read(line)
        self._log.flush()
        if process.returncode != 0:
            raise StepFailed(last_lines(lines))

    @contextmanager
    def _telling(self, told: Callable[[], str]) -> Iterator[None]:
        """Show again and again how far the body is."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(LOOK_S):
                self._terminal.status(told())

        thread = threading.Thread(target=tell, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def is_whole(venv: Path) -> bool:
    """Tell whether there is an environment that works, and that was made in this place."""
    try:
        made_here = str(venv.absolute()) in (venv / "bin/activate").read_text(encoding="utf-8")
        suits = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
        done = subprocess.run([str(venv / "bin/python"), "-c", suits], check=False, capture_output=True)
    except OSError:
        return False
    return made_here and done.returncode == 0


def _answers(address: str) -> bool:
    """Tell whether the CPU builds can be fetched, and are wanted: elsewhere than on Linux the index has them."""
    if platform.system() != "Linux":
        return False
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_S):
            return True
    except (OSError, ValueError):
        return False


def fetched_bytes(folder: Path) -> int:
    """Return how much pip has fetched into this folder; it moves and removes files and folders meanwhile."""
    # A walk passes over a folder that is gone; glob raises.
    return sum(_size(Path(at, name)) for at, _, names in os.walk(folder) if "pip-unpack-" in at for name in names)


def _size(path: Path) -> int:
    with suppress(OSError):  # pip may just have moved it
        return path.stat().st_size
    return 0


def set_up(plan: Plan, terminal: Terminal, log: Path = LOG) -> int:
    """Do all steps, a line each; return the exit code."""
    with log.open("w", encoding="utf-8") as stream:
        steps = SetUp(plan, terminal, stream).steps()
        for number, (name, work) in enumerate(steps, 1):
            label, began = f"[{number}/{len(steps)}] {name}", time.monotonic()
            terminal.progress(label, 0, 0)
            try:
                work(label)
            except (StepFailed, OSError) as error:
                lines = error.lines if isinstance(error, StepFailed) else [str(error)]
                for line in lines:
                    terminal.note(f"    {line}")
                where = f"All that was said is in {log}" if lines else "The reason stands above"
                terminal.note(f"{label} failed. {where}. What has come is kept: mend it, then do the same again.")
                return 1
            terminal.note(f"{label}: done in {time.monotonic() - began:.0f} s")
    log.unlink(missing_ok=True)
    return 0


def main() -> int:
    """Read the arguments, which the Makefile gives, and set up."""
    parser = argparse.ArgumentParser(prog="make setup", description="Sets Inkling up: see `make help`.")
    for name in ("venv", "lock"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--torch", required=True)
    parser.add_argument("--torch-index", default="")
    try:
        return set_up(Plan(**vars(parser.parse_args())), Terminal())
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
