"""The whole bot in a local browser page, without a Discord account.

It is SimCord's preview: an imitation of Discord in this process, to which the real bot is attached. SimCord is made
for tests, where a person does one thing at a time and waits for its end. What is added here lets people live in it:

- a wait for the models is declared as one on the outside (`Waiting`), so that a command counts as answered while its
  progress is shown, and Cancel can be pressed;
- the page is published anew whenever the bot has changed something (`LivePage.follow`), so that progress shows;
- whoever clicks while the page was just published again is not turned away (`LivePage._action`);
- the clock of the imitation goes as fast as ours (`LivePage.follow`), so that what is timed happens.

Everything that outlives a command (worker, dispatcher, database) is started outside of SimCord's reach, in `run`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.app import Services, create_bot, create_services
from bot.errors import HostError, PlatformError
from bot.settings import Settings

logging.disable(logging.WARNING)  # SimCord tries out a bare client when it is imported, which has much to say
try:
    import simcord
    from simcord.preview import Preview
except ImportError as missing:
    raise PlatformError("The sandbox needs SimCord: `make setup`, or pip install 'inkling[sandbox]'.") from missing
finally:
    logging.disable(logging.NOTSET)

_log = logging.getLogger(__name__)

SETTLE_S = 60.0
"""How long a command may work, without waiting for the models, before the page gives it up."""
FOLLOW_S = 0.3
SHARED = ("models", "cache")
"""Folders of the real data that the sandbox uses as well: weights are not fetched for each start."""
NAME = "Inkling"
SERVER, CHANNEL, TOPIC = "The Lantern Room", "story-table", "One text, many hands. Try /continue and /infill."
PEOPLE = ("Maren", "Tomás", "Yun")
OPENING = (
    "Welcome to the table. Tonight we begin with a lighthouse: press / for what Inkling can do.",
    "The lighthouse keeper had not spoken for a year. On the first day of the storm",
)
"""What the first two people have written there already."""
CONTROLS = frozenset({"click", "select", "modal_submit", "run_command", "autocomplete_command", "send_message"})
HELP = """\
Inkling's sandbox is open:

    {url}

In the page: press / for the commands, and "Viewing as" to be {people}. {keeper} manages the server
(/settings). It starts afresh each time, in {folder}, and forgets everything at the end.
Here: type restart to restart the bot (its buttons go on working; SIGUSR1 does the same), quit or Ctrl-C to end."""

T = TypeVar("T")


class Waiting:
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
    """A preview that follows the bot and the time, for people who do not wait for each other."""

    def __init__(self, waiting: Waiting, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting = waiting
        self._turn = asyncio.Lock()
        self._published = 0
        self._real_s = time.monotonic()

    async def restart(self, services: Services) -> None:
        """Take the bot away, as a crash would, and attach a new one to the same server and data."""
        async with self._turn:
            await self.env.restart_bot(create_bot(services.settings, services, self._waiting))
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
        """Publish every page again where the bot, or a person, did something since."""
        count = len(self.env.backend.transcript)
        if count != self._published and self._active:
            self._published = count
            self._advance_presentation_time()
            self._publish_message_pages(reason="refresh")

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person does in the page, one after the other.

        A control is looked up again anyway when it is used, so a page that was published a moment ago may be clicked.
        """
        async with self._turn:
            current = self._get_page(context_id).revision
            if body.get("kind") in CONTROLS and isinstance(seen := body.get("published_revision"), int):
                body = {**body, "published_revision": max(seen, current)}
            result = await super()._action(context_id, body)
            self._published = len(self.env.backend.transcript)
            return result


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The prepared server."""

    channel: simcord.ChannelHandle
    people: tuple[simcord.MemberActor, ...]


async def build_world(env: simcord.Env) -> World:
    """Make the server, its channel and the three people; the first of them manages the server."""
    keeper, *others = (env.create_user(name.lower(), global_name=name) for name in PEOPLE)
    guild = env.create_guild(SERVER, owner=keeper)
    channel = guild.create_text_channel(CHANNEL, topic=TOPIC)
    people = (simcord.MemberActor(env, guild, keeper), *(guild.add_member(user) for user in others))
    for person, text in zip(people, OPENING, strict=False):
        await person.send(channel, text)
    return World(channel=channel, people=people)


async def run(settings: Settings, port: int, say: Callable[[str], None]) -> int:
    """Open the sandbox and keep it open until it is cancelled, closed in the page, or told to quit.

    Raises `HostError` where the port is taken, or what the services raise.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_fresh_folder(settings.data))
        private = replace(settings, data=folder, discord_token=None, discord_api_base=None, discord_gateway_url=None)
        services = await stack.enter_async_context(create_services(private))
        page = await stack.enter_async_context(_open(services, port))
        people = f"{', '.join(PEOPLE[:-1])} or {PEOPLE[-1]}"
        say(HELP.format(url=page.url, people=people, keeper=PEOPLE[0], folder=folder))
        await _serve(services, page, say)
    return 0


@contextmanager
def _fresh_folder(real: Path) -> Iterator[Path]:
    """Give a folder for this start alone, in which only weights and caches are those of the real one."""
    with tempfile.TemporaryDirectory(prefix="inkling-sandbox-", ignore_cleanup_errors=True) as name:
        for shared in SHARED:
            (real / shared).mkdir(parents=True, exist_ok=True)
            (Path(name) / shared).symlink_to((real / shared).resolve(), target_is_directory=True)
        yield Path(name)


@asynccontextmanager
async def _open(services: Services, port: int) -> AsyncIterator[LivePage]:
    """Attach the bot, build the world and serve its page."""
    waiting = Waiting()
    bot = create_bot(services.settings, services, waiting)
    env = waiting.env = simcord.Env(bot, check_errors=False, settle_timeout=SETTLE_S)
    env.backend.bot_user.name = NAME
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))
    await env.start()
    try:
        with env.time_context():
            world = await build_world(env)
            await bot.tree.sync()
            async with _serving(waiting, env, world, port) as page:
                yield page
    finally:
        await env.shutdown()


@asynccontextmanager
async def _serving(waiting: Waiting, env: simcord.Env, world: World, port: int) -> AsyncIterator[LivePage]:
    page = LivePage(
        waiting,
        env,
        world.channel,
        world.people,
        layout="channel",
        display="responsive",
        width=960,
        height=720,
        locale="en-US",
        timezone=_timezone(),
        presentation_time=None,
        assets=None,
        port=port,
    )
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(page)
        except simcord.SetupError as error:
            raise HostError(f"The page cannot be served on port {port}: {error}.") from error
        following = asyncio.create_task(page.follow(), name="follow")
        try:
            yield page
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def _serve(services: Services, page: LivePage, say: Callable[[str], None]) -> None:
    """Do what the person at the terminal wants, until they, or the page, want the end."""
    loop = asyncio.get_running_loop()
    wishes: asyncio.Queue[str] = asyncio.Queue()
    loop.add_signal_handler(signal.SIGUSR1, wishes.put_nowait, "restart")
    closed = asyncio.create_task(page.wait_closed(), name="closed")
    closed.add_done_callback(lambda _: wishes.put_nowait("quit"))
    try:
        with _listening(loop, wishes):
            while (wish := await wishes.get()) not in {"quit", "exit"}:
                if wish == "restart":
                    await page.restart(services)
                    say("The bot has been restarted.")
                elif wish:
                    say("Here you can type: restart, or quit.")
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        closed.cancel()


@contextmanager
def _listening(loop: asyncio.AbstractEventLoop, wishes: asyncio.Queue[str]) -> Iterator[None]:
    """Put the lines that are typed at the terminal into `wishes`; without a terminal nobody types."""
    if not sys.stdin or not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if os.tcgetpgrp(descriptor) != os.getpgrp():  # in the background: what is typed is for somebody else
            return
        typed = os.read(descriptor, 4096)
        if not typed:
            loop.remove_reader(descriptor)
        for line in typed.decode(errors="replace").splitlines():
            wishes.put_nowait(line.strip().lower())

    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)


def _timezone() -> str:
    """Return the name of this machine's time zone, for the times in the page; UTC where it has no name."""
    parts = Path("/etc/localtime").resolve().parts
    name = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else "UTC"
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
