"""The outbox: what has to be shown in Discord, from the transaction that made it so until Discord has it.

What could not be shown waits for a time of the steady clock, which nobody can set back. That clock counts from
anywhere, so a new run tries everything at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from bot.rules.posts import Post, PostKind
from storage.database import Database

FIRST_RETRY_MS = 2_000
"""Milliseconds before the second try."""
LAST_RETRY_MS = 10 * 60_000
"""Milliseconds between two tries at most."""


class Outbox:
    """Posts that are due. `steady` gives milliseconds of a clock that is never set."""

    def __init__(self, database: Database, steady: Callable[[], int]) -> None:
        self._database = database
        self._steady = steady

    async def begin(self) -> None:
        """Begin a run of the program: what an earlier one let wait is due at once."""
        async with self._database.transaction() as tx:
            await tx.posts.hurry()

    async def list_due(self, limit: int) -> list[Post]:
        """Return the posts that are to be shown now, the longest waiting first."""
        async with self._database.reading() as tx:
            return await tx.posts.list_due(self._steady(), limit)

    async def next_in_s(self) -> float | None:
        """Return in how many seconds the next post is due, None where none is."""
        async with self._database.reading() as tx:
            next_ms = await tx.posts.next_ms()
        return None if next_ms is None else max(0.0, (next_ms - self._steady()) / 1000)

    async def reload(self, post: Post) -> Post | None:
        """Return a post as it is now; None where it is no longer due, or was forgotten or moved."""
        async with self._database.reading() as tx:
            now = await tx.posts.get(post.kind, post.ref_id, post.part)
        due = now is not None and now.wanted_version > now.shown_version and now.next_ms <= self._steady()
        return now if due and now is not None and now.nonce == post.nonce else None

    async def mark_tried(self, post: Post) -> None:
        """Note that a post is about to be tried: after a crash it is known that it may have been sent."""
        async with self._database.transaction() as tx:
            await tx.posts.mark_tried(post.id, tx.now_ms)

    async def enqueue_parts(self, post: Post, parts: int) -> None:
        """Have the further messages of a post sent, before its first one is: after a crash it is known that they are
        due."""
        async with self._database.transaction() as tx:
            await tx.posts.enqueue_parts(post, parts)

    async def list_unfinished(self, channel_id: int) -> list[Post]:
        """Return the further parts to be sent in a channel of what was begun there, in order."""
        async with self._database.reading() as tx:
            return await tx.posts.list_unfinished(channel_id)

    async def mark_shown(self, post: Post, message_id: int | None) -> bool:
        """Note that a post is on show as it was when `post` was read. False: it was moved meanwhile, and the message is
        not needed."""
        async with self._database.transaction() as tx:
            return await tx.posts.mark_shown(
                post.id, wanted=post.wanted_version, message_id=message_id, nonce=post.nonce
            )

    async def mark_failed(self, post: Post, *, last: bool = False) -> int:
        """Note that a post could not be shown, and return when it is tried again (steady ms): later each time;
        `last`: as late as ever."""
        wait_ms = LAST_RETRY_MS if last else min(FIRST_RETRY_MS << min(post.attempts, 16), LAST_RETRY_MS)
        next_ms = self._steady() + wait_ms
        await self.postpone(post, next_ms)
        return next_ms

    async def postpone(self, post: Post, next_ms: int) -> None:
        """Let a post wait until then (steady ms)."""
        async with self._database.transaction() as tx:
            await tx.posts.mark_failed(post.id, next_ms, tx.now_ms)

    def is_over(self, time_ms: int) -> bool:
        """Tell whether that time (steady ms) has come."""
        return time_ms <= self._steady()

    async def enqueue_progress(self, channel_id: int, message_id: int) -> Post:
        """Note that a message shows work under way, so that it can be told should the program end meanwhile."""
        async with self._database.transaction() as tx:
            # A card that is turned may have been told of after a crash before: this is another progress.
            if (told := await tx.posts.get("progress", message_id)) is not None:
                await tx.posts.forget(told.id)
            post = await tx.posts.enqueue("progress", message_id, channel_id, message_id=message_id)
            await tx.posts.mark_shown(post.id, wanted=post.wanted_version, message_id=message_id)
            return post

    async def is_progress(self, message_id: int) -> bool:
        """Tell whether a message shows work that is under way in this run of the program."""
        async with self._database.reading() as tx:
            noted = await tx.posts.get("progress", message_id)
        return noted is not None and noted.wanted_version == 1

    async def requeue_progress(self) -> int:
        """Have told of all work that was under way when the program last ended, and return how many cards that are."""
        async with self._database.transaction() as tx:
            return await tx.posts.requeue_all("progress")

    async def enqueue_welcome(self, server_id: int, channel_id: int) -> None:
        """Have the first message in a server shown, unless it was before."""
        async with self._database.transaction() as tx:
            if await tx.posts.get("welcome", server_id) is None:
                await tx.posts.enqueue("welcome", server_id, channel_id)

    async def refresh_welcomes(self, server_ids: Collection[int]) -> None:
        """Have the first messages in these servers shown anew, where they still stand."""
        async with self._database.transaction() as tx:
            for server_id in server_ids:
                post = await tx.posts.get("welcome", server_id)
                if post is not None and post.message_id is not None:
                    await tx.posts.enqueue("welcome", server_id, post.channel_id)

    async def requeue(self, post: Post) -> None:
        """Have a post shown once more, by the message that shows it."""
        async with self._database.transaction() as tx:
            await tx.posts.enqueue(post.kind, post.ref_id, post.channel_id, part=post.part)

    async def forget(self, post: Post) -> None:
        """Keep something on show no longer."""
        async with self._database.transaction() as tx:
            await tx.posts.forget(post.id)

    async def wait(self, post: Post, wait_ms: int) -> None:
        """Let a post wait for so long, or until it is wanted again."""
        await self.postpone(post, self._steady() + wait_ms)

    async def find_message(self, kind: PostKind, ref_id: int) -> int | None:
        """Return the message that shows something, None where none does."""
        async with self._database.reading() as tx:
            post = await tx.posts.get(kind, ref_id)
        return None if post is None else post.message_id

    async def send_elsewhere(self, post: Post, channel_id: int) -> None:
        """Have something shown by a new message in another channel."""
        async with self._database.transaction() as tx:
            await tx.posts.move(post.kind, post.ref_id, channel_id)

    async def requeue_as_new(self, post: Post) -> None:
        """Have something shown by a new message: the one that showed it was deleted."""
        async with self._database.transaction() as tx:
            await tx.posts.move(post.kind, post.ref_id, post.channel_id)

    async def is_known(self, message_id: int) -> bool:
        """Tell whether a message shows one of the posts."""
        async with self._database.reading() as tx:
            return await tx.posts.get_by_message(message_id) is not None
