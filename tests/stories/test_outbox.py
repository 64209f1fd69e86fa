"""The outbox on a real database: what is due when, and what is known after a crash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.rules.posts import Post
from bot.stories.outbox import FIRST_RETRY_MS, LAST_RETRY_MS, Outbox
from storage.database import Database, open_database
from tests.support.clocks import epoch
from tests.support.databases import furnish


@dataclass
class Box:
    """An outbox, the wall clock and the steady one."""

    database: Database
    now_ms: int = 1_000_000
    steady_ms: int = 5_000

    def __post_init__(self) -> None:
        self.outbox = self.again()

    def again(self) -> Outbox:
        self.database.now = lambda: self.now_ms
        return Outbox(self.database, lambda: self.steady_ms)

    async def want(self, ref_id: int = 1, channel: int = 5) -> Post:
        async with self.database.transaction() as tx:
            return await tx.posts.enqueue("round", ref_id, channel)

    async def get(self, ref_id: int = 1) -> Post:
        async with self.database.reading() as tx:
            found = await tx.posts.get("round", ref_id)
        assert found is not None
        return found


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with open_database(furnish(tmp_path / "data"), epoch) as database:
        yield Box(database)


async def test_post_that_is_wanted_is_due_until_it_is_shown(box: Box) -> None:
    assert await box.outbox.next_in_s() is None
    post = await box.want()
    assert await box.outbox.list_due(10) == [post]
    assert await box.outbox.next_in_s() == 0
    assert await box.outbox.mark_shown(post, 77)
    assert await box.outbox.list_due(10) == []
    assert await box.outbox.is_known(77)
    assert not await box.outbox.is_known(78)


async def test_post_that_is_wanted_again_meanwhile_stays_due(box: Box) -> None:
    post = await box.want()
    await box.want()
    assert await box.outbox.mark_shown(post, 77)
    (due,) = await box.outbox.list_due(10)
    assert (due.message_id, due.wanted_version, due.shown_version) == (77, 2, 1)


async def test_post_that_was_moved_takes_no_message_from_before(box: Box) -> None:
    post = await box.want()
    await box.outbox.requeue_as_new(post)
    assert not await box.outbox.mark_shown(post, 77)
    assert await box.outbox.reload(post) is None
    now = await box.get()
    assert now.message_id is None
    assert now.nonce != post.nonce


async def test_failures_are_tried_again_later_each_time(box: Box) -> None:
    post = await box.want()
    waits = []
    for _ in range(12):
        await box.outbox.mark_tried(post)
        post = await box.get()
        await box.outbox.mark_failed(post)
        post = await box.get()
        waits.append(post.next_ms - box.steady_ms)
        assert await box.outbox.list_due(10) == []
        assert await box.outbox.reload(post) is None
        box.now_ms -= 60 * 60_000  # whatever becomes of the wall clock
        box.steady_ms = post.next_ms
        assert await box.outbox.reload(post) == post
    assert waits[0] == 2 * FIRST_RETRY_MS
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY_MS

    await box.outbox.mark_failed(post, last=True)
    assert (await box.get()).next_ms == box.steady_ms + LAST_RETRY_MS


async def test_post_is_known_to_have_been_tried_after_a_crash(box: Box) -> None:
    post = await box.want()
    assert post.tried_ms is None
    await box.outbox.mark_tried(post)
    box.now_ms += 5000
    await box.outbox.mark_tried(post)
    (due,) = await box.again().list_due(10)
    assert (due.tried_ms, due.attempts, due.nonce) == (1_000_000, 2, post.nonce)


async def test_outbox_of_a_new_run_tries_at_once_what_an_earlier_one_let_wait(box: Box) -> None:
    waiting, shown = await box.want(), await box.want(2)
    await box.outbox.mark_failed(waiting, last=True)
    await box.outbox.mark_shown(shown, 77)
    box.steady_ms = 3  # the machine was started again
    again = box.again()
    assert await again.list_due(10) == []
    await again.begin()
    assert [post.id for post in await again.list_due(10)] == [waiting.id]


async def test_post_that_was_forgotten_is_no_longer_due(box: Box) -> None:
    post = await box.want()
    other = await box.want(2)
    await box.outbox.forget(post)
    assert await box.outbox.list_due(10) == [other]
    assert await box.outbox.reload(post) is None
