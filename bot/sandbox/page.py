"""SimCord's preview, made to live: for several people, in several channels, while the bot goes on working."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from discord.ext import commands

from bot.app import create_bot
from bot.sandbox.channels import start_thread
from bot.sandbox.controls import number_controls
from bot.sandbox.menus import CLICK, menu_plan
from bot.sandbox.routes import Address, PageRoutes
from bot.sandbox.simulation import Page, Preview, simcord
from cogs.core.services import Services

_log = logging.getLogger(__name__)

FOLLOW_S = 0.3
"""Seconds between two looks at what has changed."""
ONE_BOT = 1
"""The bot's only life, as the page is told: what somebody is writing there outlives a restart, as in Discord."""

T = TypeVar("T")

_here: ContextVar[Address | None] = ContextVar("sandbox_here", default=None)
"""Where the request is that is being answered."""


class ExternalWait:
    """The sandbox's way to wait for the models: SimCord is told that the wait is meant."""

    def __init__(self) -> None:
        self.env: simcord.Env | None = None

    async def __call__(self, awaitable: Awaitable[T], /) -> T:
        env, task = self.env, asyncio.current_task()
        if env is None or task not in env._work.tasks or task in env._work.external_waits:
            return await awaitable
        result: T = await env.external_wait(awaitable, reason="the models")
        return result


class LivePage(Preview):
    """A preview that follows the bot and the time, for people who do not wait for each other.

    SimCord opens all its pages in one channel. Here `channel` is the one that the request at hand is in; what is done
    in a page afterwards, SimCord itself looks up by the page's own channel.
    """

    def __init__(self, external_wait: ExternalWait, *args: Any, port: int, **options: Any) -> None:
        super().__init__(*args, port=port, **options)
        self._server = PageRoutes(self, port, self.at)
        self._waiting = external_wait
        self._turn = asyncio.Lock()
        self._published = 0
        self._real_s = time.monotonic()

    # ---- where

    @property
    def channel(self) -> simcord.ChannelHandle:
        """The channel of the request at hand; the first channel where it names none, or one that is gone."""
        here = _here.get()
        found = self.env.backend.channels.get(here.channel_id) if here and here.channel_id else None
        return simcord.ChannelHandle(self.env, self._first.guild, found) if found is not None else self._first

    @channel.setter
    def channel(self, first: simcord.ChannelHandle) -> None:
        self._first = first

    @contextmanager
    def at(self, address: Address) -> Iterator[None]:
        """Answer a request from `address` meanwhile."""
        token = _here.set(address)
        try:
            yield
        finally:
            _here.reset(token)

    def _open_page(self, viewer_id: Any = None, target_id: Any = None) -> Page:
        here = _here.get()
        if viewer_id is None and here is not None and here.person_id in {viewer.id for viewer in self.viewers}:
            viewer_id = here.person_id
        page = super()._open_page(viewer_id, target_id)
        if page.channel_id != self._first.id:  # SimCord took over where the first channel's history was read
            page.window_end_id = page.target_id
            self._publish(page, reason="initial")
        return page

    def _publish(self, page: Page, **options: Any) -> None:
        number_controls(self.env, page.channel_id)
        super()._publish(page, **options)
        page.snapshot["botGeneration"] = ONE_BOT

    def _publish_message_pages(self, *, reason: str = "action") -> None:
        for page in tuple(self._pages.values()):
            if page.channel_id not in self.env.backend.channels:
                self._close_page(page.id)
        super()._publish_message_pages(reason=reason)

    # ---- time and changes

    async def restart(self, services: Services) -> None:
        """Take the bot away, as a crash would, and attach a new one to the same server and data."""
        await self.attach(create_bot(services.settings, services, self._waiting))

    async def attach(self, bot: commands.Bot) -> None:
        """Put `bot` in the place of the one that is here."""
        async with self._turn:
            await self.env.restart_bot(bot)
            self._publish_message_pages(reason="refresh")

    async def follow(self) -> None:
        """Let the time pass, and show what changed, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            if not self._turn.locked():
                async with self._turn:
                    await self._let_time_pass()
            self._show_changes()

    async def _let_time_pass(self) -> None:
        now_s = time.monotonic()
        try:
            await self.env.advance_time(max(0.0, now_s - self._real_s))
        except TimeoutError as error:
            _log.warning("The bot is busy: %s", str(error).splitlines()[0])
        self._real_s = now_s

    def _show_changes(self) -> None:
        """Publish every page again where the bot, or a person, did something since; and where SimCord would refuse
        whatever is done next, as the last thing came to no good end."""
        count = len(self.env.backend.transcript)
        ended_badly = any(page.status == "stale" for page in self._pages.values())
        if (count != self._published or ended_badly) and self._active:
            self._published = count
            self._advance_presentation_time()
            self._publish_message_pages(reason="refresh")

    # ---- what people do

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person does in the page, one after the other."""
        async with self._turn:
            page = self._get_page(context_id)
            if body.get("kind") == "start_thread":
                return await self._start_thread(page, str(body.get("name") or ""))
            body = self._as_seen_now(page, body)
            with self.at(Address("", page.channel_id, page.viewer.id)):
                result = await super()._action(context_id, body)
            self._show_changes()
            return result

    def _prepare_action(self, page: Page, kind: str, body: Mapping[str, Any]) -> Any:
        plan = menu_plan(self, page, self.channel, body.get("control_key")) if kind == CLICK else None
        return plan or super()._prepare_action(page, kind, body)

    def _as_seen_now(self, page: Page, body: Mapping[str, Any]) -> dict[str, Any]:
        """Let whoever has not seen yet that the page was published again do what they do: what it is about is looked up
        again anyway, and a button or a menu wherever it is by then."""
        seen = body.get("published_revision")
        late = {"published_revision": page.revision} if isinstance(seen, int) and seen < page.revision else {}
        number_controls(self.env, page.channel_id)
        return {**body, **late, "bot_generation": self.env._generation}

    async def _start_thread(self, page: Page, name: str) -> dict[str, Any]:
        """Answer `{"thread": id}`, or `{"error": sentence}`."""
        try:
            return {"thread": str(await start_thread(self.env, page.viewer, page.channel_id, name))}
        except ValueError as error:
            return {"error": str(error)}
        finally:
            self._show_changes()
