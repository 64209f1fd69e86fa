"""Transactions: none lost, each alone, acknowledged only when committed."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.errors import StorageError
from storage.database import Database, open_database
from storage.writer import BATCH
from tests.storage.tally import FILL, READ, add, prepare, raise_by, total
from tests.support.clocks import epoch


@pytest.fixture
async def tally(database: Database) -> Database:
    await prepare(database)
    return database


async def trace(database: Database) -> list[str]:
    """What the writer says to SQLite from now on."""
    said: list[str] = []
    await database._writer._driver.set_trace_callback(said.append)
    return said


async def test_500_concurrent_transactions_lose_nothing(tally: Database) -> None:
    await asyncio.gather(*(add(tally) for _ in range(500)))
    assert await total(tally) == 500


async def test_transactions_that_wait_share_a_commit(tally: Database) -> None:
    said = await trace(tally)
    await asyncio.gather(*(add(tally) for _ in range(2 * BATCH)))
    assert said.count("COMMIT") == 2


async def test_transaction_alone_is_committed_at_once(tally: Database) -> None:
    said = await trace(tally)
    await add(tally)
    assert [command for command in said if "tally" not in command] == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_transaction_that_raises_undoes_its_own_work_only(tally: Database) -> None:
    async def fail() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 1000)
            raise LookupError("in the body")

    tasks = [fail() if number % 3 == 0 else add(tally) for number in range(60)]  # the very first one fails, too
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, LookupError) for result in results] == [number % 3 == 0 for number in range(60)]
    assert await total(tally) == 40


async def test_transaction_alone_is_undone_by_its_refused_row(tally: Database) -> None:
    async def refused() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 1000)
            await connection.execute(text("INSERT INTO tally VALUES (NULL)"))

    results = await asyncio.gather(add(tally), refused(), add(tally), return_exceptions=True)
    assert isinstance(results[1], IntegrityError)
    assert await total(tally) == 2


async def test_reading_sees_only_what_is_committed_and_one_state(tally: Database) -> None:
    written, looked = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 7)
            written.set()
            await looked.wait()

    async with tally.reading() as early:
        assert (await early.execute(READ)).scalar_one() == 0
        task = asyncio.create_task(write())
        await written.wait()
        assert await total(tally) == 0
        looked.set()
        await task
        assert await total(tally) == 7
        assert (await early.execute(READ)).scalar_one() == 0


async def test_reading_cannot_write(tally: Database) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        async with tally.reading() as connection:
            await raise_by(connection, 1)
    assert await total(tally) == 0


async def test_reading_with_many_more_readers_than_connections(tally: Database) -> None:
    assert await asyncio.gather(*(total(tally) for _ in range(100))) == [0] * 100


async def test_transactions_do_not_nest(tally: Database) -> None:
    async with tally.transaction() as connection:
        await raise_by(connection, 1)
        with pytest.raises(RuntimeError, match="do not nest"):
            await add(tally)
    assert await total(tally) == 1


async def test_transaction_may_follow_at_once_on_one_that_failed(tally: Database) -> None:
    """Nothing is awaited between the two: the writer task does not know of the first one's end yet."""

    async def fail() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await add(tally)
    assert await total(tally) == 1


async def test_connection_is_dead_after_its_transaction(tally: Database) -> None:
    async with tally.transaction() as connection:
        await raise_by(connection, 1)
    with pytest.raises(RuntimeError, match="is over"):
        await raise_by(connection, 1)
    await add(tally)
    assert await total(tally) == 2


# ---- cancelled callers


async def test_cancelled_while_waiting_for_a_turn(tally: Database) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 1)
            entered.set()
            await leave.wait()

    holder = asyncio.create_task(hold())
    await entered.wait()
    waiting = [asyncio.create_task(add(tally, 10)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[2].cancel()
    leave.set()
    results = await asyncio.gather(holder, *waiting, return_exceptions=True)
    assert [type(result) for result in results] == [
        type(None), asyncio.CancelledError, type(None), asyncio.CancelledError,
    ]  # fmt: skip
    assert await total(tally) == 11


async def test_cancelled_while_its_turn_is_made_ready(tally: Database) -> None:
    """Its savepoint is the last thing that it waits for; here it is cancelled before there is word of that."""
    entered, leave = asyncio.Event(), asyncio.Event()
    loop, seen = asyncio.get_running_loop(), list[str]()

    async def hold() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 1)
            entered.set()
            await leave.wait()

    def watch(command: str) -> None:  # on the driver's thread
        if command == "SAVEPOINT body" and not seen:
            seen.append(command)
            loop.call_soon_threadsafe(unlucky.cancel)

    holder = asyncio.create_task(hold())
    await entered.wait()
    await tally._writer._driver.set_trace_callback(watch)
    unlucky, lucky = asyncio.create_task(add(tally, 10)), asyncio.create_task(add(tally, 100))
    await asyncio.sleep(0)
    leave.set()
    results = await asyncio.gather(holder, unlucky, lucky, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), asyncio.CancelledError, type(None)]
    assert await total(tally) == 101
    await add(tally)
    assert await total(tally) == 102


@pytest.mark.parametrize("steps", range(1, 16))
async def test_cancelled_at_any_step_of_the_body(tally: Database, steps: int) -> None:
    """Whatever the caller was doing, it is all or nothing, and others in the batch keep their work."""
    ended = False
    here, left, reached = asyncio.get_running_loop(), iter(range(steps - 1, -1, -1)), asyncio.Event()

    def count(_: str) -> None:
        if not next(left, 1):
            here.call_soon_threadsafe(reached.set)

    await tally._writer._driver.set_trace_callback(count)

    async def body() -> None:
        nonlocal ended
        async with tally.transaction() as connection:
            await raise_by(connection, 100)
            await raise_by(connection, 100)
            await asyncio.sleep(0)
            ended = True

    others = [asyncio.create_task(add(tally)) for _ in range(2)]
    task = asyncio.create_task(body())
    others += [asyncio.create_task(add(tally)) for _ in range(2)]
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, *others, return_exceptions=True)
    assert all(other.exception() is None for other in others)
    assert await total(tally) == (204 if ended else 4)
    await add(tally)
    assert await total(tally) == (205 if ended else 5)


async def test_cancelled_in_the_middle_of_a_statement(tally: Database) -> None:
    slow = text(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000) SELECT count(*) FROM c"
    )

    here, running = asyncio.get_running_loop(), asyncio.Event()

    def notice(statement: str) -> None:
        if "RECURSIVE" in statement:
            here.call_soon_threadsafe(running.set)

    async def body() -> None:
        async with tally.transaction() as connection:
            await raise_by(connection, 100)
            await connection.execute(slow)

    await tally._writer._driver.set_trace_callback(notice)
    task = asyncio.create_task(body())
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await add(tally)
    assert await total(tally) == 1


# ---- a full disk


async def limit_pages(database: Database, spare: int) -> None:
    async with database.transaction() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count={pages + spare}"))


async def test_full_disk_is_told_to_the_one_who_fills_it(tally: Database) -> None:
    await limit_pages(tally, 2)

    async def fill() -> None:
        async with tally.transaction() as connection:
            await connection.execute(FILL, {"body": "x" * 100_000})

    results = await asyncio.gather(add(tally), fill(), add(tally), return_exceptions=True)
    assert isinstance(results[1], StorageError)
    assert "disk is full" in str(results[1])
    told = [result is None for result in results]
    assert await total(tally) == sum(told), "what was acknowledged is there, what was not is not"
    await limit_pages(tally, 1000)
    await fill()
    await add(tally)
    assert await total(tally) == sum(told) + 1


async def test_commit_that_fails_fails_everybody_and_acknowledges_nothing(
    tally: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A deferred constraint is checked by COMMIT itself, so that it is the commit that fails."""
    async with tally.transaction() as connection:
        await connection.execute(text("CREATE TABLE whole (id INTEGER PRIMARY KEY) STRICT"))
        await connection.execute(
            text("CREATE TABLE part (id INTEGER REFERENCES whole(id) DEFERRABLE INITIALLY DEFERRED) STRICT")
        )

    async def dangle() -> None:
        async with tally.transaction() as connection:
            await connection.execute(text("INSERT INTO part VALUES (1)"))

    with caplog.at_level(logging.CRITICAL):
        tasks = [dangle(), *(add(tally) for _ in range(BATCH + 9))]
        results = await asyncio.gather(*tasks, return_exceptions=True)
    failed, later = results[:BATCH], results[BATCH:]
    assert [type(result) for result in failed] == [StorageError] * BATCH
    assert len({id(result) for result in failed}) == BATCH, "an exception for each, as each adds its traceback"
    assert later == [None] * 10, "the next batch is not to blame"
    assert await total(tally) == 10


async def test_transactions_of_a_batch_that_sqlite_gave_up_all_fail(tally: Database) -> None:
    """As SQLite may do where the disk is full, the failing statement rolls the whole transaction back."""
    async with tally.transaction() as connection:
        await connection.execute(text("CREATE TABLE once (id INTEGER UNIQUE ON CONFLICT ROLLBACK) STRICT"))
        await connection.execute(text("INSERT INTO once VALUES (1)"))

    async def again() -> None:
        async with tally.transaction() as connection:
            with pytest.raises(IntegrityError):
                await connection.execute(text("INSERT INTO once VALUES (1)"))
            await raise_by(connection, 100)  # it does not take no for an answer

    results = await asyncio.gather(add(tally), again(), add(tally), return_exceptions=True)
    assert [type(result) for result in results] == [StorageError, StorageError, type(None)]
    assert await total(tally) == 1


# ---- the end


async def test_database_closing_commits_what_is_under_way_and_refuses_the_rest(tmp_path: Path) -> None:
    async with open_database(tmp_path, epoch) as database:
        await prepare(database)
        tasks = [asyncio.create_task(add(database)) for _ in range(10)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == [None] * 10
    with pytest.raises(StorageError, match="closed"):
        await add(database)
    async with open_database(tmp_path, epoch) as database:
        assert await total(database) == 10


async def test_transaction_body_that_never_ends_does_not_keep_the_database_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.writer._CLOSE_S", 0.2)
    entered = asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as connection:
            await raise_by(connection, 5)
            entered.set()
            await asyncio.Event().wait()

    async with open_database(tmp_path, epoch) as database:
        await prepare(database)
        hanging = asyncio.create_task(hang())
        await entered.wait()
        waiting = asyncio.create_task(add(database))
        await asyncio.sleep(0)
    with pytest.raises(StorageError, match="closed"):
        await waiting
    hanging.cancel()
    async with open_database(tmp_path, epoch) as database:
        assert await total(database) == 0
