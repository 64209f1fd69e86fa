"""A process that raises a number and acknowledges each transaction on its standard output, until it is killed.

    python -m tests.storage.counting_child FOLDER VOTERS [COMMAND N]

With COMMAND and N it kills itself when it is about to say to SQLite what begins with COMMAND for the N-th time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from storage.database import Database, open_database
from tests.storage.tally import add, prepare
from tests.support.clocks import epoch


async def vote_for_ever(database: Database) -> None:
    while True:
        await add(database)
        os.write(1, b"1")


async def main(folder: Path, voters: int, command: str, last: int) -> None:
    said = 0

    def trace(statement: str) -> None:
        nonlocal said
        said += statement.startswith(command)
        if last and said == last:
            os.kill(os.getpid(), signal.SIGKILL)

    async with open_database(folder, epoch) as database:
        await prepare(database)
        await database._writer._driver.set_trace_callback(trace)
        os.write(1, b"r")
        await asyncio.gather(*(vote_for_ever(database) for _ in range(voters)))


if __name__ == "__main__":
    folder, voters, command, last = [*sys.argv[1:], "", "0"][:4]
    asyncio.run(main(Path(folder), int(voters), command, int(last)))
