"""A process that is killed loses nothing that it acknowledged, and leaves nothing half done."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.database import FILE, open_database
from tests.storage.tally import add, total, total_on_disk
from tests.support.clocks import epoch
from tests.support.patience import PATIENCE_S

VOTERS = 20


@contextmanager
def child_in(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A counting child that is up; it is gone afterwards."""
    command = [sys.executable, "-m", "tests.storage.counting_child", str(folder), str(VOTERS), *arguments]
    # Unbuffered, so that reading the first byte here takes no acknowledgement along.
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0, cwd=Path(__file__).parents[2]) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.read(1) == b"r"
            yield child
        finally:
            child.kill()


def acknowledged(child: subprocess.Popen[bytes]) -> int:
    """Count what the child said before it died."""
    told, _ = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == -signal.SIGKILL
    return len(told)


@pytest.mark.parametrize("seed", range(4))
async def test_database_killed_at_a_random_moment_keeps_what_it_acknowledged(tmp_path: Path, seed: int) -> None:
    with child_in(tmp_path) as child:
        assert child.stdout is not None
        heard = len(child.stdout.read(random.Random(seed).randrange(1, 200)))
        child.kill()
        told = heard + acknowledged(child)
    kept = total_on_disk(tmp_path / FILE)
    assert told <= kept <= told + VOTERS, "each voter has at most one that it was not told of"
    async with open_database(tmp_path, epoch) as database:  # the lock died with its holder
        await add(database)
        assert await total(database) == kept + 1


@pytest.mark.parametrize("command", ["BEGIN IMMEDIATE", "SAVEPOINT body", "UPDATE tally", "COMMIT"])
def test_database_killed_at_each_step_of_a_transaction(tmp_path: Path, command: str) -> None:
    with child_in(tmp_path, command, "7") as child:
        told = acknowledged(child)
    kept = total_on_disk(tmp_path / FILE)
    assert told <= kept <= told + VOTERS
    if command == "COMMIT":
        assert kept == told, "the batch that was about to be committed was told to nobody"
