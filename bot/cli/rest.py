"""What every request to Discord passes: bans are kept to, and answers of somebody else are not taken for Discord's.

Cloudflare answers an address that it has banned with a 429 of its own: not JSON, without the `Via` of what went on to
Discord, and often with `Retry-After`. Whoever goes on asking is banned for longer. So a ban is kept in the data folder,
a restarted program keeps to it, and no request leaves the machine before it is over.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import discord
import yarl

_log = logging.getLogger(__name__)

LONGEST_BAN_S = 24 * 3600.0
"""A ban is believed for a day at most; then it is seen whether it still holds."""
BAN_FILE = "discord-ban.json"
"""In the data folder: until when which address is not to be asked."""
FIRST_DELAY_S = 2.0
"""The first pause, before its jitter."""
LONGEST_DELAY_S = 300.0
"""The longest."""


def delays(first_s: float = FIRST_DELAY_S, chance: Callable[[], float] = random.random) -> Iterator[float]:
    """Give the seconds to wait before each new attempt: twice as many each time, of which a random part of at most
    half is left out, so that not everybody comes back at once."""
    delay = first_s
    while True:
        yield delay * (1 - chance() / 2)
        delay = min(2 * delay, LONGEST_DELAY_S)


class BannedForNow(aiohttp.ClientError):
    """A request that was not sent, as the address is banned. `left_s`: for how many seconds more."""

    def __init__(self, host: str, left_s: float) -> None:
        super().__init__(f"{host} has banned this machine's address for {left_s:.0f} s more; nothing was sent")
        self.left_s = left_s


class ForeignAnswer(aiohttp.ClientError):
    """An answer of a kind that must be JSON, and is not: something in between has answered in Discord's place."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(f"HTTP {status} with {kind or 'nothing'}, which is not Discord's own answer")


class Bans:
    """Which addresses (scheme, host and port) want to hear nothing of this machine, and until when.

    `path` is where that is kept, by `now_ms`, the time in UTC milliseconds; meanwhile `monotonic` counts (in seconds),
    which nobody can set back."""

    def __init__(self, path: Path, now_ms: Callable[[], int], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._until = {origin: monotonic() + left_s for origin, left_s in _read(path, now_ms() / 1000)}

    def left_s(self, url: yarl.URL) -> float:
        """Return for how many seconds more the address of `url` is banned; 0 where it is not."""
        return max(self._until.get(str(url.origin()), 0.0) - self._monotonic(), 0.0)

    def heed(self, url: yarl.URL, status: int, headers: Mapping[str, str]) -> None:
        """Look at an answer, and remember the ban if it is one."""
        if status != 429 or "Via" in headers or "json" in headers.get("Content-Type", ""):
            return
        left_s = min(_seconds(headers.get("Retry-After", "")), LONGEST_BAN_S)
        if left_s <= self.left_s(url):
            return
        self._until[str(url.origin())] = self._monotonic() + left_s
        _log.warning("%s has banned this machine's address: nothing is sent there for %.0f s.", url.host, left_s)
        self._keep()

    def _keep(self) -> None:
        partial = self._path.with_suffix(".part")
        try:
            offset_s = self._now_ms() / 1000 - self._monotonic()
            kept = {origin: until + offset_s for origin, until in self._until.items()}
            partial.write_text(json.dumps(kept), encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            _log.warning("the ban could not be written down, a restart will not know of it: %s", error)


def watching(bans: Bans) -> aiohttp.TraceConfig:
    """Return what a client of Discord needs to keep to `bans`: its requests raise `BannedForNow` meanwhile, and
    `ForeignAnswer` where the API answers well but not in JSON."""

    async def before(_: aiohttp.ClientSession, __: SimpleNamespace, sent: aiohttp.TraceRequestStartParams) -> None:
        if left_s := bans.left_s(sent.url):
            raise BannedForNow(sent.url.host or "Discord", left_s)

    async def after(_: aiohttp.ClientSession, __: SimpleNamespace, got: aiohttp.TraceRequestEndParams) -> None:
        answer = got.response
        bans.heed(got.url, answer.status, answer.headers)
        asked_api = str(got.url).startswith(discord.http.Route.BASE)
        trusted = answer.ok or (answer.status == 429 and "Via" in answer.headers)  # discord.py looks into these
        if asked_api and trusted and answer.status != 204 and answer.content_type != "application/json":
            answer.close()
            raise ForeignAnswer(answer.status, answer.content_type)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(before)
    trace.on_request_end.append(after)
    return trace


def _seconds(retry_after: str) -> float:
    """Return what a `Retry-After` says; nothing where it is none, or a date, which Discord does not send."""
    try:
        return max(float(retry_after), 0.0)
    except ValueError:
        return 0.0


def _read(path: Path, now_s: float) -> Iterator[tuple[str, float]]:
    """Give the addresses whose bans were kept and are not over, with the seconds that are left. What cannot be read
    is no ban: the next answer tells."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for origin, until in kept.items() if isinstance(kept, dict) else ():
        if isinstance(until, (int, float)) and until > now_s:
            yield origin, min(until - now_s, LONGEST_BAN_S)
