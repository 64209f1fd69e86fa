"""What this machine has free for a model: memory, as far as a container's limit lets it, and disk."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")
"""Where /proc and /sys lie."""
LIMITS = {  # by hierarchy: the files of the limit and of the use, and what of the use the kernel gives back when asked
    "v2": ("memory.max", "memory.current", "inactive_file"),
    "v1": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""How each version of control groups tells a container's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is free, in bytes; `memory` is None where nothing tells it. `openvino`: its engine is installed."""

    memory: int | None
    disk: int
    openvino: bool


def look_at_machine(folder: Path, root: Path = ROOT) -> Machine:
    """Measure what is free now; the disk is that of `folder`, or of what it will be made in."""
    while not folder.exists():
        folder = folder.parent
    return Machine(
        memory=free_memory(root),
        disk=shutil.disk_usage(folder).free,
        openvino=importlib.util.find_spec("openvino_genai") is not None,
    )


def free_memory(root: Path = ROOT) -> int | None:
    """Return the bytes of memory that a program may still take here: what the system has available, or less where a
    control group above this process allows less."""
    free = [_available(root), *_within_groups(root)]
    known = [each for each in free if each is not None]
    return max(0, min(known)) if known else None


def _available(root: Path) -> int | None:
    text = _read(root / "proc/meminfo")
    found = re.search(r"^MemAvailable:\s*(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found is not None else _available_on_macos()


def _available_on_macos() -> int | None:
    try:
        told = subprocess.run(["vm_stat"], capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    page = re.search(r"page size of (\d+) bytes", told)
    pages = re.findall(r"^Pages (?:free|inactive|speculative|purgeable):\s*(\d+)\.", told, re.MULTILINE)
    return int(page[1]) * sum(map(int, pages)) if page is not None and pages else None


def _within_groups(root: Path) -> Iterator[int]:
    """Give what each control group above this process has left, where it has a limit."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            yield from _upwards(root / "sys/fs/cgroup", path, "v2")
        elif "memory" in controllers.split(","):
            yield from _upwards(root / "sys/fs/cgroup/memory", path, "v1")


def _upwards(mount: Path, path: str, version: str) -> Iterator[int]:
    """In a container the path may be the one outside of it; then only its own group is there, at the mount."""
    limit, use, returnable = LIMITS[version]
    group = mount / path.lstrip("/")
    for folder in (group, *group.parents):
        if not folder.is_relative_to(mount):
            return
        most, used = _number(folder / limit), _number(folder / use)
        if most is not None and used is not None:
            cache = re.search(rf"^{returnable} (\d+)$", _read(folder / "memory.stat"), re.MULTILINE)
            yield most - max(0, used - (int(cache[1]) if cache is not None else 0))


def _number(path: Path) -> int | None:
    """The number in a file; None where there is no file or no limit (`max`)."""
    text = _read(path).strip()
    return int(text) if text.isdecimal() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
