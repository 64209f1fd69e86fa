"""The lock files pin what pyproject.toml asks for, with hashes; torch is pinned by the Makefile."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = {"requirements.lock": ("sandbox",), "requirements-dev.lock": ("sandbox", "dev")}
Pins = dict[str, list[Version]]


def pins(lock: str) -> Pins:
    """Return the pinned versions by name; a package may have one for each range of Python versions."""
    found: Pins = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def asked(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_pin_every_dependency_as_asked(lock: str) -> None:
    pinned = pins(lock)
    torch = re.search(r"^TORCH := torch==(.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert torch is not None
    pinned["torch"] = [Version(torch.group(1))]
    for requirement in asked(*LOCKS[lock]):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in {lock}: `make lock`"
        assert all(version in requirement.specifier for version in versions), f"{requirement} is {versions} in {lock}"


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_have_hashes_and_no_cuda(lock: str) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert len(blocks) > 50
    assert [block.split("\n")[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert [name for name in pins(lock) if name.startswith(("nvidia-", "cuda-", "triton"))] == []


def test_locks_have_the_tests_run_on_what_hosts_run() -> None:
    hosts, tests = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: tests.get(name) for name in hosts} == hosts
