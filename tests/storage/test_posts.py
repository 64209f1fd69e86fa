"""The outbox: what is wanted is due until it was shown as it is now, whatever happens in between."""

from __future__ import annotations

import dataclasses
import itertools
import string

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from bot.rules.posts import Post
from storage.database import Database
from storage.posts import Posts, new_nonce
from storage.unit_of_work import Snapshot
from tests.storage.machines import DatabaseMachine

REFS = st.integers(1, 3)
CHANNELS = st.integers(100, 102)
MESSAGES = st.integers(1000, 1003)


class OutboxMachine(DatabaseMachine):
    """The outbox beside what should be on show: wanted, tried, shown, failed, moved, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, Post] = {}
        self.nonces = set[str]()
        self.now = 10

    @rule(ref=REFS, channel=CHANNELS, message=st.none() | MESSAGES)
    def want(self, ref: int, channel: int, message: int | None) -> None:
        post = self.write(lambda tx: tx.posts.enqueue("round", ref, channel, message_id=message))
        known = self.model.get(ref)
        if known is None:
            assert post.nonce not in self.nonces
            assert (post.channel_id, post.message_id, post.wanted_version, post.shown_version) == (
                channel,
                message,
                1,
                0,
            )
            self.nonces.add(post.nonce)
            self.model[ref] = post
        else:
            self.model[ref] = dataclasses.replace(
                known,
                wanted_version=known.wanted_version + 1,
                attempts=0,
                next_ms=0,
                message_id=message or known.message_id,
            )
        assert post == self.model[ref]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), message=MESSAGES, missed=st.integers(0, 1), moved=st.booleans())
    def show(self, data: st.DataObject, message: int, missed: int, moved: bool) -> None:
        ref = data.draw(st.sampled_from(sorted(self.model)))
        post = self.model[ref]
        self.write(lambda tx: tx.posts.mark_tried(post.id, self.now))
        self.model[ref] = dataclasses.replace(
            post, attempts=post.attempts + 1, tried_ms=self.now if post.tried_ms is None else post.tried_ms
        )
        for _ in range(missed):
            self.want(ref, 100, None)
        if moved:
            self.move(data, ref)
        noted = self.write(
            lambda tx: tx.posts.mark_shown(post.id, wanted=post.wanted_version, message_id=message, nonce=post.nonce)
        )
        assert noted == (not moved)
        if noted:
            shown = max(self.model[ref].shown_version, post.wanted_version)
            self.model[ref] = dataclasses.replace(self.model[ref], shown_version=shown, message_id=message, attempts=0)
        if missed or moved:
            assert self.model[ref].wanted_version > self.model[ref].shown_version, (
                "what was wanted meanwhile is still due"
            )

    @precondition(lambda self: self.model)
    @rule(data=st.data(), wait=st.integers(1, 50))
    def fail(self, data: st.DataObject, wait: int) -> None:
        ref = data.draw(st.sampled_from(sorted(self.model)))
        post = self.model[ref]
        self.write(lambda tx: tx.posts.mark_failed(post.id, self.now + wait, self.now))
        self.model[ref] = dataclasses.replace(
            post, next_ms=self.now + wait, tried_ms=self.now if post.tried_ms is None else post.tried_ms
        )

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def move_one(self, data: st.DataObject) -> None:
        self.move(data, data.draw(st.sampled_from(sorted(self.model))))

    def move(self, data: st.DataObject, ref: int) -> None:
        channel = data.draw(CHANNELS)
        self.write(lambda tx: tx.posts.move("round", ref, channel))
        post = self.model[ref]
        found = self.read(lambda tx: tx.posts.get("round", ref))
        assert found is not None
        assert found.nonce not in self.nonces, "a new message is not taken for the old one"
        self.nonces.add(found.nonce)
        self.model[ref] = dataclasses.replace(
            post,
            channel_id=channel,
            message_id=None,
            nonce=found.nonce,
            wanted_version=post.wanted_version + 1,
            attempts=0,
            next_ms=0,
            tried_ms=None,
        )

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        post = self.model.pop(data.draw(st.sampled_from(sorted(self.model))))
        self.write(lambda tx: tx.posts.forget(post.id))

    @rule(refs=st.sets(REFS))
    def again(self, refs: set[int]) -> None:
        known = refs & set(self.model)
        assert self.write(lambda tx: tx.posts.requeue("round", refs)) == len(known)
        for ref in known:
            post = self.model[ref]
            self.model[ref] = dataclasses.replace(post, wanted_version=post.wanted_version + 1, attempts=0, next_ms=0)

    @rule(later=st.integers(0, 60))
    def wait(self, later: int) -> None:
        self.now += later

    @rule()
    def restart(self) -> None:
        self.reopen()

    @invariant()
    def due_is_what_is_not_shown_as_it_is(self) -> None:
        async def look(tx: Snapshot) -> tuple[list[Post | None], list[Post], int | None]:
            return (
                [await tx.posts.get("round", ref) for ref in range(1, 4)],
                await tx.posts.list_due(self.now, 10),
                await tx.posts.next_ms(),
            )

        found, due, next_ms = self.read(look)
        assert found == [self.model.get(ref) for ref in range(1, 4)]
        behind = [post for post in self.model.values() if post.wanted_version > post.shown_version]
        waiting = sorted(behind, key=lambda post: (post.next_ms, post.id))
        assert due == [post for post in waiting if post.next_ms <= self.now]
        assert next_ms == min((post.next_ms for post in behind), default=None)


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)


async def test_parts_and_kinds_are_posts_of_their_own(database: Database) -> None:
    async with database.transaction() as tx:
        first, second = await tx.posts.enqueue("passage", 1, 5), await tx.posts.enqueue("passage", 1, 5, part=1)
        card = await tx.posts.enqueue("story", 1, 5, message_id=77)
        assert len({first.id, second.id, card.id}) == 3
        assert await tx.posts.get("passage", 1, 1) == second
        assert await tx.posts.get_by_message(77) == card
        assert await tx.posts.get_by_message(78) is None
        assert await tx.posts.list_of_channel(5) == [first, second, card]
        await tx.posts.move("passage", 1, 6)
        assert [(post.part, post.channel_id) for post in await tx.posts.list_of_channel(6)] == [(0, 6), (1, 6)]
        assert await tx.posts.list_of_channel(5) == [card]
        assert await tx.posts.list_due(0, 1) == (await tx.posts.list_due(0, 9))[:1]


async def test_nonces_come_from_outside_and_fit_into_discords_limit(database: Database) -> None:
    numbers = itertools.count()
    async with database.transaction() as tx:
        posts = Posts(tx, lambda: f"nonce {next(numbers)}")
        assert (await posts.enqueue("story", 1, 5)).nonce == "nonce 0"
        await posts.move("story", 1, 6)
        moved = await posts.get("story", 1)
        assert moved is not None
        assert moved.nonce == "nonce 1"
    made = {new_nonce() for _ in range(100)}
    assert len(made) == 100
    assert all(len(nonce) == 24 and set(nonce) <= {*string.ascii_letters, *string.digits, *"-_"} for nonce in made)


async def test_further_parts_are_unfinished_once_the_first_is_on_show(database: Database) -> None:
    async with database.transaction() as tx:
        first = await tx.posts.enqueue("passage", 1, 5)
        await tx.posts.enqueue_parts(first, 3)
        assert await tx.posts.list_unfinished(5) == []
        await tx.posts.mark_shown(first.id, wanted=1, message_id=10)
        second, third = await tx.posts.list_unfinished(5)
        assert [(post.ref_id, post.part, post.channel_id) for post in (second, third)] == [(1, 1, 5), (1, 2, 5)]
        assert len({first.nonce, second.nonce, third.nonce}) == 3
        await tx.posts.mark_shown(second.id, wanted=1, message_id=11)
        await tx.posts.enqueue_parts(first, 3)
        assert await tx.posts.list_unfinished(5) == [third]
        assert await tx.posts.list_unfinished(6) == []
