"""Open the sandbox: a fresh folder, the services, the bot in SimCord, the page; and close them again."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.app import create_bot, create_services
from bot.errors import HostError
from bot.sandbox.page import ExternalWait, LivePage
from bot.sandbox.simulation import Env, simcord
from bot.sandbox.terminal import greeting, serve
from bot.sandbox.world import World, build_world
from bot.settings import Settings
from cogs.core.services import Services

SETTLE_S = 60.0
"""How long a command may work, without waiting for the models, before the page gives it up."""
SHARED = ("models", "cache")
"""Folders of the real data that the sandbox uses as well: weights are not fetched for each start."""
NAME = "Inkling"
"""What the bot is called in the sandbox."""


async def run(settings: Settings, port: int, say: Callable[[str], None]) -> int:
    """Open the sandbox and keep it open until it is cancelled, closed in the page, or told to quit.

    Raises `HostError` where the port is taken, or what the services raise.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_fresh_folder(settings.data))
        private = replace(settings, data=folder, discord_token=None, discord_api_base=None, discord_gateway_url=None)
        services = await stack.enter_async_context(create_services(private))
        page = await stack.enter_async_context(_open(services, port))
        say(greeting(page.url, folder))
        await serve(services, page, say)
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
    external_wait = ExternalWait()
    bot = create_bot(services.settings, services, external_wait)
    env = external_wait.env = Env(bot, check_errors=False, settle_timeout=SETTLE_S)
    env.backend.bot_user.name = NAME
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))
    await env.start()
    try:
        with env.time_context():
            world = await build_world(env)
            await bot.tree.sync()
            async with _serving(external_wait, env, world, port) as page:
                yield page
    finally:
        await env.shutdown()


@asynccontextmanager
async def _serving(external_wait: ExternalWait, env: simcord.Env, world: World, port: int) -> AsyncIterator[LivePage]:
    page = LivePage(
        external_wait,
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


def _timezone() -> str:
    """Return the name of this machine's time zone, for the times in the page; UTC where it has no name."""
    parts = Path("/etc/localtime").resolve().parts
    name = "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else "UTC"
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
