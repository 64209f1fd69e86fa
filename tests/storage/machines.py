"""What hypothesis's machines over a real database share."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from storage.database import Database, open_database
from storage.unit_of_work import Snapshot, UnitOfWork
from tests.support.clocks import epoch
from tests.support.databases import furnish

T = TypeVar("T")


class DatabaseMachine(RuleBasedStateMachine):
    """A machine with a database of its own, which it can open anew in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.opened = open_database(furnish(Path(self.folder.name)), epoch)
        self.database: Database = self.runner.run(self.opened.__aenter__())

    def teardown(self) -> None:
        """Close it."""
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()
        self.folder.cleanup()

    def reopen(self) -> None:
        """As a restart of the bot does."""
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.opened = open_database(Path(self.folder.name), epoch)
        self.database = self.runner.run(self.opened.__aenter__())

    def write(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Run `work` in a transaction."""

        async def transact() -> T:
            async with self.database.transaction() as tx:
                return await work(tx)

        return self.runner.run(transact())

    def read(self, work: Callable[[Snapshot], Awaitable[T]]) -> T:
        """Run `work` on what is committed."""

        async def look() -> T:
            async with self.database.reading() as tx:
                return await work(tx)

        return self.runner.run(look())
