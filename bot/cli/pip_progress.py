"""How far pip is, read from what it writes: its own bars are no lines, and differ from version to version."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*(\[[^\]]*\])?==")
"""The beginning of a line of a lock file that pins a package."""
_IGNORED = re.compile(r"Ignoring \S+: markers ")
"""pip's line about a package that is for other machines."""
_LOOKED_FOR = re.compile(r"Collecting (?P<name>[\w.-]+)")
"""pip's line when it begins to look for a package."""
_HERE = re.compile(r"Requirement already satisfied: |Processing \S+\.(whl|tar\.gz)")
"""pip's line about a package that is installed already, or whose file is on this machine."""
_FETCHED = re.compile(
    r"\s*(?P<how>Downloading|Using cached) (?:\S*/)?(?P<file>[^/\s]+\.(?:whl|tar\.gz|zip)) "
    r"\((?P<size>[\d.]+) (?P<unit>bytes|kB|MB|GB)\)"
)
"""pip's line about a file that it downloads or takes from its cache, with the size."""
_UNITS = {"bytes": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
"""The bytes of each unit in which pip gives sizes."""


def count_requirements(lock: str) -> int:
    """Return how many packages the text of a lock file pins, those for other machines included."""
    return sum(_REQUIREMENT.match(line) is not None for line in lock.splitlines())


class PipProgress:
    """Reads pip's lines one after another. `total` is how many packages are asked for."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.doing = "asking the package index"
        self.fetching_bytes = 0
        """The size of what is being fetched now, in bytes; 0 where nothing is."""

    def read(self, line: str) -> None:
        """Take one line in."""
        if _IGNORED.match(line):
            self.total -= 1
        elif _HERE.match(line):
            self.done += 1
        elif found := _LOOKED_FOR.match(line):
            self.doing, self.fetching_bytes = found["name"], 0
        elif found := _FETCHED.match(line):
            self.done += 1
            self.doing = re.split(r"-\d", found["file"], maxsplit=1)[0]
            size = round(float(found["size"]) * _UNITS[found["unit"]])
            self.fetching_bytes = size if found["how"] == "Downloading" else 0
        elif line.startswith("Installing collected packages"):
            self.doing, self.fetching_bytes = "installing", 0

    @property
    def told(self) -> str:
        """What is being done, in a few words: `57 of 112, numpy (16 MB)`."""
        size = f" ({self.fetching_bytes / 1e6:.0f} MB)" if self.fetching_bytes >= 1_000_000 else ""
        count = f"{min(self.done, self.total)} of {self.total}, " if self.total > 1 else ""
        return f"{count}{self.doing}{size}"


def last_lines(lines: Iterable[str], limit: int = 12) -> list[str]:
    """Return the end of what a program wrote, without empty lines: the reason is there."""
    return [line for line in lines if line.strip()][-limit:]
