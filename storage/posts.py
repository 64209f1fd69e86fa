"""The outbox. What has to be shown is wanted in the transaction that made it so, and shown afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Row, Select, and_, case, delete, func, or_, select, update

from bot.rules.posts import Post, PostKind
from storage.dialect import insert
from storage.repository import Repository
from storage.tables import GENERATIONS, PASSAGES, POSTS, ROUNDS
from storage.writer import Connection

_AT_ONCE = 0
"""The `next_ms` of a post that does not wait for any time."""


def new_nonce() -> str:
    """Return 24 random characters; Discord takes 25 at most."""
    return secrets.token_urlsafe(18)


class PostReader(Repository):
    """What is on show, or due."""

    async def get(self, kind: PostKind, ref_id: int, part: int = 0) -> Post | None:
        """Return the post of something, None where it was never wanted or is forgotten."""
        return await self._one(
            select(POSTS).where(POSTS.c.kind == kind, POSTS.c.ref_id == ref_id, POSTS.c.part == part)
        )

    async def list_due(self, now_ms: int, limit: int) -> list[Post]:
        """Return the posts that are to be shown now (steady ms), the longest waiting first."""
        late = select(POSTS).where(_DUE, POSTS.c.next_ms <= now_ms)
        return await self._all(late.order_by(POSTS.c.next_ms, POSTS.c.id).limit(limit))

    async def next_ms(self) -> int | None:
        """Return when the next post is due (steady ms; 0: at once), None where nothing is."""
        found: int | None = (await self._connection.execute(select(func.min(POSTS.c.next_ms)).where(_DUE))).scalar_one()
        return found

    async def get_by_message(self, message_id: int) -> Post | None:
        """Return the post that a message shows."""
        return await self._one(select(POSTS).where(POSTS.c.message_id == message_id).order_by(POSTS.c.id).limit(1))

    async def get_newest(self, story_id: int, head_id: int | None, channel_id: int) -> Post | None:
        """Return which post in a story's thread stands lowest: that of its head, or that of the last round that was
        decided; None where neither is there. Of a passage in several messages it is the first post."""
        head = select(PASSAGES.c.original_id).where(PASSAGES.c.id == head_id).scalar_subquery()
        shows_head = and_(POSTS.c.kind == "passage", or_(POSTS.c.ref_id == head_id, POSTS.c.ref_id == head))
        here = select(POSTS).where(POSTS.c.channel_id == channel_id)
        passage = None
        if head_id is not None:  # a copy's own post comes before that of its original, a first message before others
            passage = await self._one(here.where(shows_head).order_by(POSTS.c.ref_id.desc(), POSTS.c.part).limit(1))
        decided = select(ROUNDS.c.id).where(ROUNDS.c.story_id == story_id, ROUNDS.c.state == "closed")
        last = decided.order_by(ROUNDS.c.id.desc()).limit(1).scalar_subquery()
        result = await self._one(here.where(POSTS.c.kind == "round", POSTS.c.ref_id == last))
        found = [post for post in (passage, result) if post is not None]
        return max(found, key=lambda post: post.id, default=None)

    async def is_first_passage(self, post: Post) -> bool:
        """Tell whether no passage is on show, or due, above that one in its channel."""
        here = select(POSTS.c.ref_id).where(POSTS.c.channel_id == post.channel_id, POSTS.c.kind == "passage")
        first = (await self._connection.execute(here.order_by(POSTS.c.id).limit(1))).scalar_one_or_none()
        return first is None or first == post.ref_id

    async def list_of_channel(self, channel_id: int) -> list[Post]:
        """Return what is on show, or due, in a channel, in the order in which it was first wanted."""
        return await self._all(select(POSTS).where(POSTS.c.channel_id == channel_id).order_by(POSTS.c.id))

    async def list_unfinished(self, channel_id: int) -> list[Post]:
        """Return the further parts that are to be sent in a channel, of what is on show there with its first part."""
        first = POSTS.alias("first")
        begun = select(first.c.id).where(
            first.c.kind == POSTS.c.kind,
            first.c.ref_id == POSTS.c.ref_id,
            first.c.part == 0,
            first.c.message_id.is_not(None),
        )
        waiting = (POSTS.c.channel_id == channel_id, POSTS.c.part > 0, POSTS.c.message_id.is_(None), _DUE)
        return await self._all(select(POSTS).where(*waiting, begun.exists()).order_by(POSTS.c.id))

    async def _one(self, statement: Select[Any]) -> Post | None:
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _post(row)

    async def _all(self, statement: Select[Any]) -> list[Post]:
        return [_post(row) for row in await self._connection.execute(statement)]


class Posts(PostReader):
    """Every message that the bot keeps on show. `nonce` makes a new one for each message to be sent."""

    def __init__(self, connection: Connection, nonce: Callable[[], str] = new_nonce) -> None:
        super().__init__(connection)
        self._nonce = nonce

    async def enqueue(
        self, kind: PostKind, ref_id: int, channel_id: int, *, part: int = 0, message_id: int | None = None
    ) -> Post:
        """Have something shown, or shown anew as it is now: it is due at once. What is on show stays in its channel
        (see `move`); a `message_id` given is the message that shows it from now on."""
        values = {
            "kind": kind,
            "ref_id": ref_id,
            "part": part,
            "channel_id": channel_id,
            "message_id": message_id,
            "nonce": self._nonce(),
            "wanted": 1,
            "shown": 0,
            "attempts": 0,
            "next_ms": _AT_ONCE,
        }
        again = insert(POSTS).values(values)
        again = again.on_conflict_do_update(
            index_elements=["kind", "ref_id", "part"],
            set_={
                "wanted": POSTS.c.wanted + 1,
                "attempts": 0,
                "next_ms": _AT_ONCE,
                "message_id": func.coalesce(again.excluded.message_id, POSTS.c.message_id),
            },
        )
        return _post((await self._connection.execute(again.returning(POSTS))).one())

    async def enqueue_parts(self, first: Post, parts: int) -> None:
        """Have the further messages sent, besides the first, of what takes so many `parts`; those that were enqueued
        before are left as they are."""
        values = [
            {
                "kind": first.kind,
                "ref_id": first.ref_id,
                "part": part,
                "channel_id": first.channel_id,
                "nonce": self._nonce(),
                "wanted": 1,
                "shown": 0,
                "attempts": 0,
                "next_ms": _AT_ONCE,
            }
            for part in range(1, parts)
        ]
        if values:
            await self._connection.execute(insert(POSTS).on_conflict_do_nothing(), values)

    async def requeue(self, kind: PostKind, ref_ids: Collection[int] | Select[tuple[int]]) -> int:
        """Have shown anew what of these was ever wanted, and return how many posts that are."""
        theirs = and_(POSTS.c.kind == kind, POSTS.c.ref_id.in_(ref_ids))
        changed = update(POSTS).where(theirs).values(wanted=POSTS.c.wanted + 1, attempts=0, next_ms=_AT_ONCE)
        return (await self._connection.execute(changed)).rowcount

    async def hurry(self) -> None:
        """Have every post that waits for a time due at once."""
        waiting = update(POSTS).where(_DUE, POSTS.c.next_ms > _AT_ONCE)
        await self._connection.execute(waiting.values(next_ms=_AT_ONCE))

    async def mark_tried(self, post_id: int, now_ms: int) -> None:
        """Note, before it is sent, that a post is tried."""
        tried = func.coalesce(POSTS.c.tried_ms, now_ms)
        await self._set(post_id, attempts=POSTS.c.attempts + 1, tried_ms=tried)

    async def mark_shown(self, post_id: int, *, wanted: int, message_id: int | None, nonce: str | None = None) -> bool:
        """Note that a post was shown as it was `wanted` when it was rendered; what was wanted since then is still due.
        `message_id` None: there is nothing to show any more. With a `nonce`, tell False and note nothing where the
        post was moved meanwhile: then that message is not needed."""
        noted = update(POSTS).where(POSTS.c.id == post_id)
        if nonce is not None:
            noted = noted.where(POSTS.c.nonce == nonce)
        known = case((POSTS.c.shown < wanted, wanted), else_=POSTS.c.shown)
        values = {"shown": known, "message_id": message_id, "attempts": 0}
        return (await self._connection.execute(noted.values(values))).rowcount > 0

    async def mark_failed(self, post_id: int, next_ms: int, now_ms: int) -> None:
        """Note that a post could not be shown now (UTC ms), and when it is to be tried again (steady ms)."""
        await self._set(post_id, next_ms=next_ms, tried_ms=func.coalesce(POSTS.c.tried_ms, now_ms))

    async def requeue_all(self, kind: PostKind) -> int:
        """Have shown once more all of a kind that was shown once, and return how many posts that are; what was shown
        once more already is forgotten, and its message left alone."""
        theirs = POSTS.c.kind == kind
        await self._connection.execute(delete(POSTS).where(theirs, POSTS.c.shown > 1))
        values = {"wanted": 2, "attempts": 0, "next_ms": _AT_ONCE}
        return (await self._connection.execute(update(POSTS).where(theirs).values(values))).rowcount

    async def forget(self, post_id: int) -> None:
        """Keep something on show no longer; its message is left alone."""
        await self._connection.execute(delete(POSTS).where(POSTS.c.id == post_id))

    async def forget_cards(self) -> None:
        """Forget the cards of generations of which nothing is kept any more; their messages are left alone."""
        kept = select(GENERATIONS.c.id).where(GENERATIONS.c.message_id == POSTS.c.ref_id)
        await self._connection.execute(delete(POSTS).where(POSTS.c.kind == "card", ~kept.exists()))

    async def forget_channel(self, channel_id: int) -> None:
        """Keep nothing on show in a channel any longer; the messages there are left alone."""
        await self._connection.execute(delete(POSTS).where(POSTS.c.channel_id == channel_id))

    async def move(self, kind: PostKind, ref_id: int, channel_id: int) -> None:
        """Have all parts of something shown by new messages, in another channel or where theirs were lost."""
        theirs = select(POSTS).where(POSTS.c.kind == kind, POSTS.c.ref_id == ref_id).order_by(POSTS.c.part)
        for post in await self._all(theirs):
            await self._set(
                post.id,
                channel_id=channel_id,
                message_id=None,
                nonce=self._nonce(),
                wanted=POSTS.c.wanted + 1,
                attempts=0,
                next_ms=_AT_ONCE,
                tried_ms=None,
            )

    async def _set(self, post_id: int, **values: Any) -> None:
        await self._connection.execute(update(POSTS).where(POSTS.c.id == post_id).values(values))


_DUE = POSTS.c.wanted > POSTS.c.shown
"""The condition of posts whose message does not yet show what is wanted."""


def _post(row: Row[Any]) -> Post:
    values = dict(row._mapping)
    return Post(wanted_version=values.pop("wanted"), shown_version=values.pop("shown"), **values)
