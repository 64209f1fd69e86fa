"""A process that is killed loses nothing that it acknowledged, and leaves nothing half done."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.database import FILE, open_database
from tests.storage.tally import add, total, total_on_disk

VOTERS = 20


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.storage.counting_child", str(folder), str(VOTERS), *arguments]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert child.stdout is not None
    assert child.stdout.read(1) == b"r", "the child is up"
    return child


def acknowledged(child: subprocess.Popen[bytes]) -> int:
    """Everything that the child said before it died."""
    assert child.stdout is not None
    with child.stdout:
        told = child.stdout.read()
    assert child.wait() == -signal.SIGKILL
    return len(told)


@pytest.mark.parametrize("seed", range(4))
async def test_killed_at_a_random_moment(tmp_path: Path, seed: int) -> None:
    child = start(tmp_path)
    time.sleep(random.Random(seed).uniform(0.05, 0.5))
    child.kill()
    told = acknowledged(child)
    kept = total_on_disk(tmp_path / FILE)
    assert told <= kept <= told + VOTERS, "each voter has at most one that it was not told of"
    async with open_database(tmp_path) as database:  # the lock died with its holder
        await add(database)
        assert await total(database) == kept + 1


@pytest.mark.parametrize("command", ["BEGIN IMMEDIATE", "SAVEPOINT body", "UPDATE tally SET n = ?", "COMMIT"])
def test_killed_at_each_step_of_a_transaction(tmp_path: Path, command: str) -> None:
    child = start(tmp_path, command, "7")
    told = acknowledged(child)
    kept = total_on_disk(tmp_path / FILE)
    assert told <= kept <= told + VOTERS
    if command == "COMMIT":
        assert kept == told, "the batch that was about to be committed was told to nobody"
