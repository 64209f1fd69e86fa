"""A simulated Discord with the real bot, the real services and tiny real models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
import simcord

from bot.app import create_bot, create_services
from bot.inference.client import EngineClient
from bot.sandbox.simulation import Env
from bot.settings import Settings
from bot.ui.progress import plain_wait
from cogs.core.services import Services
from tests.behaviour.discord_world import DiscordWorld, Now, check_pings, check_requests
from tests.behaviour.held_engine import HeldEngine
from tests.support.databases import furnish
from tests.support.patience import PATIENCE_S
from tests.support.watchdog import watched

T = TypeVar("T")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "patient: actions return while the models are still at work, as in the sandbox; they are until `House.until`",
    )


@pytest.fixture
def now() -> Now:
    """The services' time: the real one, which a test can move on, or set."""
    return Now()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of the bot under test."""
    return Settings(data=furnish(tmp_path / "data"))


@pytest_asyncio.fixture
async def services(
    settings: Settings, engine: EngineClient, now: Now, held: HeldEngine, patient: bool
) -> AsyncIterator[Services]:
    """Database, queue and services; like in the real program they live outside of the bot. Whatever a test lets the
    program do, none of its steps may hold up the event loop."""
    with watched(asyncio.get_running_loop()):
        async with create_services(settings, engine=held if patient else engine, now=now, steady=now.steady) as made:
            yield made


@pytest_asyncio.fixture
async def held(engine: EngineClient) -> HeldEngine:
    """The engine of patient tests."""
    return HeldEngine(engine)


@pytest.fixture
def patient(request: pytest.FixtureRequest) -> bool:
    """Whether actions return while the models are still at work (marker `patient`), as in the sandbox."""
    return request.node.get_closest_marker("patient") is not None


@pytest_asyncio.fixture
async def env(settings: Settings, services: Services, patient: bool) -> AsyncIterator[simcord.Env]:
    """The simulated Discord with the bot logged in and its commands registered."""

    async def wait(awaitable: Awaitable[T]) -> T:
        result: T = await simulation.external_wait(awaitable, reason="the models")
        return result

    bot = create_bot(settings, services, wait if patient else plain_wait)
    simulation = Env(bot, settle_timeout=PATIENCE_S)
    await simulation.start()
    try:
        await bot.tree.sync()
        yield simulation
    finally:
        await simulation.shutdown()
    simulation._raise_errors_since(simulation._errors_acknowledged)
    check_requests(simulation)
    await check_pings(simulation, services)


@pytest.fixture
def world(env: simcord.Env, services: Services, settings: Settings, now: Now, held: HeldEngine) -> DiscordWorld:
    """A server with a channel and three people: Ada manages it, Ben and Chen write in it."""
    return DiscordWorld(env, services, settings, now, held)
