"""Keeps what stands in Discord as it is in the database: sends and edits the posts that are due.

A post is rendered as its subject is now, whatever it was when it was wanted, so that only the newest is ever shown.
Before the first try of a message it is noted that it is tried: one that may have been sent before a crash is looked
for in the channel first, and for minutes Discord itself refuses it a second time by its nonce.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import discord
from discord.ext import commands

from bot.errors import StorageError
from bot.rules.posts import Post, PostKind
from bot.ui.delivery import ARCHIVED, BLOCKED_BY_AUTOMOD, NO_DIRECT_MESSAGES, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.ui.locale import Catalogue, catalogue, language_of
from bot.ui.progress import EDIT_EVERY_S
from bot.ui.prose import Prose
from cogs.core.post_messages import Shown, edit, is_shown_by, send
from cogs.core.services import Services
from cogs.core.task_timing import RecurringTask

_log = logging.getLogger(__name__)

Render = Callable[[Post], Awaitable[Shown | None]]
Prepare = Callable[[Post], Awaitable[bool]]
Settled = Callable[[Post, discord.PartialMessage], Awaitable[None]]

BATCH = 100
"""Due posts that are read from the outbox at a time."""
PULSE_S = EDIT_EVERY_S / 2
"""Seconds between two looks at the outbox at least; see `REST_PULSES`."""
REST_PULSES = 3
"""A message that was edited is left alone until so many pulses have begun: for EDIT_EVERY_S at least."""
IDLE_S = 60.0
"""Seconds until the next look while nothing waits, or the outbox cannot be read."""
LOOK_BACK = 100
"""How many messages of a channel are looked through at a time for one that may have been sent before a crash."""
SHOWN_ANEW: frozenset[PostKind] = frozenset({"story", "round", "lore", "game"})
"""What is shown by a new message where its message was deleted by hand."""
CLOCKS_DIFFER = timedelta(minutes=2)
"""How far this machine's clock is thought to be ahead of Discord's."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What shows one kind of post."""

    render: Render
    prepare: Prepare | None
    settled: Settled | None


class OutboxDispatcher:
    """Empties the outbox. One for all the cogs of a bot."""

    def __init__(self, bot: commands.Bot, services: Services) -> None:
        self._bot = bot
        self._services = services
        self._outbox = services.outbox
        self._kinds: dict[PostKind, _Kind] = {}
        self._channels: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._blocked: dict[int, int] = {}
        self.refused: dict[int, int] = {}
        """Channels in which Discord refuses new messages, each with its code; until one gets through."""
        self._edited: dict[int, int] = {}
        self._pulses = 0
        self._later = RecurringTask(bot, "showing", self._pulse)

    def register(
        self, kind: PostKind, render: Render, *, prepare: Prepare | None = None, settled: Settled | None = None
    ) -> None:
        """Say how a kind of post looks: `render` returns it as it is now (None: nothing to show any more, its message
        is deleted). `prepare` comes before, and tells False where there is nothing to be shown in that channel after
        all; `settled` comes after a message was sent or edited."""
        if kind in self._kinds:
            raise ValueError(f"posts of the kind {kind} are rendered already")
        self._kinds[kind] = _Kind(render, prepare, settled)

    def start(self) -> None:
        """Begin to show by itself what was left over, or could not be shown, as soon as the bot is ready."""
        self._later.start()

    def stop(self) -> None:
        """Stop that."""
        self._later.stop()

    async def say(self, server_id: int) -> Catalogue:
        """Return the language of what everybody sees in a server: what it chose, else its own locale."""
        chosen = (await self._services.server_settings.get(server_id)).language
        guild = self._bot.get_guild(server_id)
        return catalogue(chosen or language_of(guild.preferred_locale if guild is not None else None))

    async def flush(self) -> None:
        """Show everything that is due now. What cannot be shown yet, or was edited a moment ago, is shown later by
        itself; nothing of that is an error of whoever calls."""
        try:
            await self._show_due()
            if self._edited or await self._outbox.next_in_s() is not None:
                self._later.wake(PULSE_S)
        except StorageError as error:
            _log.error("the outbox cannot be used, what is due waits: %s", error)

    def wake(self) -> None:
        """Have everything that is due shown within PULSE_S, without waiting for it."""
        self._later.wake(PULSE_S)

    async def try_again(self) -> None:
        """Try at once what Discord refused: it may be allowed now."""
        if not self.refused:
            return
        self._blocked.clear()
        try:
            await self._outbox.begin()
        except StorageError as error:
            _log.error("the outbox cannot be used, what is due waits: %s", error)
            return
        await self.flush()

    async def _show_due(self) -> None:
        seen: set[tuple[int, str, int]] = set()
        while posts := [post for post in await self._outbox.list_due(BATCH) if self._is_next(post, seen)]:
            seen |= {(post.id, post.nonce, post.wanted_version) for post in posts}
            channels: defaultdict[int, list[Post]] = defaultdict(list)
            for post in posts:
                channels[post.channel_id].append(post)
            await asyncio.gather(*(self._empty(channel_id, theirs) for channel_id, theirs in channels.items()))

    def _is_next(self, post: Post, seen: set[tuple[int, str, int]]) -> bool:
        resting = post.message_id is not None and post.id in self._edited
        return not resting and post.kind in self._kinds and (post.id, post.nonce, post.wanted_version) not in seen

    async def _pulse(self) -> float:
        """Let what was edited long enough ago be edited again, show what is due, and return in how many seconds the
        next is."""
        self._pulses += 1
        self._edited = {post_id: at for post_id, at in self._edited.items() if self._pulses - at < REST_PULSES}
        try:
            await self._show_due()
            next_s = 0.0 if self._edited else await self._outbox.next_in_s()
        except StorageError as error:
            _log.error("the outbox cannot be used, what is due waits: %s", error)
            next_s = None
        return IDLE_S if next_s is None else max(next_s, PULSE_S)

    # ---- one channel

    async def _empty(self, channel_id: int, posts: list[Post]) -> None:
        """Show posts of one channel in the order in which they were first wanted, and nobody else's at the same time.
        While a message cannot be sent, those after it wait for it: prose out of order is no story."""
        async with self._channels[channel_id]:
            if any(post.message_id is None for post in posts):
                await self._finish(channel_id)
            for post in sorted(posts, key=lambda post: post.id):
                await self._show_in_turn(post)
                if post.kind == "passage" and post.message_id is None:
                    await self._finish(channel_id)

    async def _finish(self, channel_id: int) -> None:
        """Send what is left of prose that was begun, which takes several messages, before anything else is sent."""
        for post in await self._outbox.list_unfinished(channel_id):
            await self._show_in_turn(post)

    async def _show_in_turn(self, post: Post) -> None:
        fresh = await self._outbox.reload(post)
        blocked_ms = self._blocked.get(post.channel_id, 0)
        if fresh is not None and fresh.message_id is None and not self._outbox.is_over(blocked_ms):
            await self._outbox.postpone(fresh, blocked_ms)
        elif fresh is not None:
            await self._show(fresh)

    async def _show(self, post: Post) -> None:
        try:
            try:
                await self._put(post)
            except discord.HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                await self._unarchive(post.channel_id)
                await self._put(post)
        except discord.NotFound as error:
            await self._missing(post, error)
        except discord.HTTPException as error:
            if error.code in NO_DIRECT_MESSAGES:
                _log.info("somebody takes no direct messages: a %s is not sent", post.kind)
                await self._outbox.mark_shown(post, None)
                return
            known = error.status in (403, 429) or error.status >= 500 or error.code == BLOCKED_BY_AUTOMOD
            _log.log(logging.WARNING if known else logging.ERROR, "a %s could not be shown: %s", post.kind, error)
            if error.status < 429 and post.message_id is None:
                self.refused[post.channel_id] = error.code
            # A message that is sent counts its tries, an edit does not.
            again_ms = await self._outbox.mark_failed(post, last=error.status < 429 and post.message_id is not None)
            self._block(post, again_ms)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("a %s could not be shown, tried again soon: %s", post.kind, error)
            self._block(post, await self._outbox.mark_failed(post))
        except StorageError:
            raise
        except Exception:  # whatever is wrong with one post must not keep the others from being shown
            if self._bot.is_closed():  # the program is being stopped: it is due at the next start
                _log.info("a %s was not shown any more", post.kind)
                return
            _log.exception("a %s could not be rendered", post.kind)
            await self._outbox.mark_failed(post, last=True)

    def _block(self, post: Post, until_ms: int) -> None:
        if post.message_id is None:
            self._blocked[post.channel_id] = until_ms

    async def _put(self, post: Post) -> None:
        """Send the post, or edit or delete the message that shows it."""
        kind = self._kinds[post.kind]
        if kind.prepare is not None and not await kind.prepare(post):
            return
        shown = await kind.render(post)
        if shown is None:
            await self._take_down(post)
            return
        message = await self._edit(post, shown) if post.message_id is not None else await self._send(post, shown)
        if kind.settled is not None:
            await kind.settled(post, message)
        if not await self._outbox.mark_shown(post, message.id):
            await message.delete()

    async def _edit(self, post: Post, shown: Shown) -> discord.PartialMessage:
        message = self._message(post, post.message_id)
        self._edited[post.id] = self._pulses
        await edit(message, shown)
        return message

    async def _send(self, post: Post, shown: Shown) -> discord.PartialMessage:
        if isinstance(shown, Prose) and post.part == 0 and shown.parts > 1:
            await self._outbox.enqueue_parts(post, shown.parts)
        channel = self._bot.get_partial_messageable(post.channel_id)
        if post.tried_ms is not None and (sent := await self._sent_before(channel, post, shown)) is not None:
            return self._message(post, sent)
        await self._outbox.mark_tried(post)
        message = await send(channel, shown, post.nonce)
        self.refused.pop(post.channel_id, None)
        return self._message(post, message.id)

    async def _sent_before(self, channel: discord.PartialMessageable, post: Post, shown: Shown) -> int | None:
        """Return the message in which an earlier try came through though nobody was told; None where there is none.

        The newest messages are looked through whatever this machine's clock says, then those since it was tried."""
        assert post.tried_ms is not None, "only a post that was tried can have been sent"
        me = self._bot.user
        try:
            for after in (None, datetime.fromtimestamp(post.tried_ms / 1000, UTC) - CLOCKS_DIFFER):
                async for message in channel.history(limit=LOOK_BACK, after=after):
                    ours = me is not None and message.author.id == me.id
                    if ours and is_shown_by(message, shown) and not await self._outbox.is_known(message.id):
                        return message.id
        except discord.Forbidden as error:
            _log.warning("an earlier try of a %s cannot be looked for: %s", post.kind, error)
        return None

    async def _take_down(self, post: Post) -> None:
        if post.message_id is not None:
            with contextlib.suppress(discord.NotFound):
                await self._message(post, post.message_id).delete()
        await self._outbox.mark_shown(post, None)

    async def _missing(self, post: Post, error: discord.NotFound) -> None:
        """Deal with what was deleted by hand: a channel with all that was shown there; a card that people need, which
        is shown anew; or all else, which stays deleted."""
        if error.code == UNKNOWN_CHANNEL:
            await self._services.game_service.forget_channel(post.channel_id)
            await self._services.hosting.forget_thread(post.channel_id)
        elif error.code == UNKNOWN_MESSAGE and post.kind == "welcome":
            await self._outbox.mark_shown(post, None)  # nobody wants it there; it is known that it was
        elif error.code == UNKNOWN_MESSAGE and post.kind in SHOWN_ANEW:
            await self._outbox.requeue_as_new(post)
        elif error.code == UNKNOWN_MESSAGE:
            await self._outbox.forget(post)
        else:
            _log.warning("a %s could not be shown: %s", post.kind, error)
            await self._outbox.mark_failed(post, last=True)

    async def _unarchive(self, channel_id: int) -> None:
        thread = self._bot.get_channel(channel_id) or await self._bot.fetch_channel(channel_id)
        if isinstance(thread, discord.Thread):
            await thread.edit(archived=False)

    def _message(self, post: Post, message_id: int | None) -> discord.PartialMessage:
        assert message_id is not None, "a message has an id"
        return self._bot.get_partial_messageable(post.channel_id).get_partial_message(message_id)
