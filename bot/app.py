"""Puts the parts together: the services, which live as long as the program, and the bot that uses them."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.ext import commands

from bot.errors import WorkerUnavailable
from bot.games.changes import GameChanges
from bot.games.requests import GameRequests
from bot.games.service import GameService
from bot.inference.client import EngineClient
from bot.inference.fake_engine import FakeEngine
from bot.inference.health_watch import HealthWatch
from bot.inference.jobs import Limits
from bot.inference.model_server import server_of
from bot.inference.protocol import Engine
from bot.inference.queue import Inference, all_loaded
from bot.inference.retry import RetryingEngine
from bot.inference.supervisor import Supervisor
from bot.settings import Settings
from bot.stories.earlier_run import EarlierRun
from bot.stories.hosting import HostingService
from bot.stories.lore import LoreService
from bot.stories.outbox import Outbox
from bot.stories.passages import PassageService
from bot.stories.privacy import PrivacyService
from bot.stories.profiles import ProfileService
from bot.stories.publishing import PublishingService
from bot.stories.queries import StoryQueries
from bot.stories.rounds.service import RoundService
from bot.stories.server_settings import ServerSettingsService
from bot.ui.locale import CommandTranslator
from bot.ui.private_cards import PrivateCards
from bot.ui.progress import Pulse, Wait, plain_wait
from bot.ui.tree import Durable, InklingTree
from bot.writing.blocklist import Blocklist
from bot.writing.service import GenerationService
from cogs.bridge.cog import BridgeCog
from cogs.continuation.cog import ContinuationCog
from cogs.core.blocked_posts import BlockedPosts
from cogs.core.deadline_scheduler import DeadlineScheduler
from cogs.core.generation_flow import GenerationFlow
from cogs.core.interrupted_cards import InterruptedCards
from cogs.core.outbox import OutboxDispatcher
from cogs.core.progress import ProgressRunner
from cogs.core.services import Services
from cogs.feature_cards import CARDS
from cogs.games.commands import GamesCog
from cogs.games.context import GameContext
from cogs.games.lobby import LobbyCog
from cogs.games.managing import ManagingCog
from cogs.games.pings import PingsCog
from cogs.games.reveals import RevealsCog
from cogs.games.turns import TurnsCog
from cogs.games.walking import WalkingCog
from cogs.generations.cog import GenerationsCog
from cogs.help.cog import HelpCog
from cogs.infill.cog import InfillCog
from cogs.infill.restyling import RestylingCog
from cogs.lore.cog import LoreCog
from cogs.message_text.cog import UseTextCog
from cogs.privacy.cog import PrivacyCog
from cogs.profiles.cog import ProfilesCog
from cogs.publishing.cog import PublishingCog
from cogs.rounds.cog import RoundsCog
from cogs.rounds.next_step import NextStepCog
from cogs.rounds.opening import RoundOpening
from cogs.settings.cog import SettingsCog
from cogs.stories.browsing import BrowsingCog
from cogs.stories.cog import StoriesCog
from cogs.stories.hosting import StoryHostingCog
from cogs.stories.lifecycle import StoryLifecycleCog
from cogs.stories.threads import ThreadsCog
from cogs.stories.undoing import UndoingCog
from cogs.twist.cog import TwistCog
from cogs.welcome.cog import WelcomeCog
from storage.database import open_database

_log = logging.getLogger(__name__)

FAREWELL_S = 4.0
"""How long it may take to tell everybody who waits that the bot is being stopped. What cannot be told by then is told
at the next start."""


def utc_now_ms() -> int:
    """Return the time in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Return the milliseconds of a clock that counts from anywhere and is never set."""
    return time.monotonic_ns() // 1_000_000


@asynccontextmanager
async def create_inference(settings: Settings, *, engine: Engine | None = None) -> AsyncIterator[Inference]:
    """Start the worker (unless an `engine` is given) and the dispatcher; no database is opened.

    The models load while this is open already: until they are there, jobs wait or say so.
    """
    async with AsyncExitStack() as stack:
        if engine is not None:
            models, loaded = engine, all_loaded
        else:
            models, loaded = await stack.enter_async_context(_open_engine(settings))
        limits = Limits(
            waiting=settings.queue_waiting,
            per_person=settings.queue_per_person,
            per_server=settings.queue_per_server,
            rows=settings.queue_rows,
        )
        inference = Inference(models, limits, loaded=loaded)
        async with _background(inference.run(), "dispatcher"):
            yield inference


@asynccontextmanager
async def create_services(
    settings: Settings,
    *,
    engine: Engine | None = None,
    now: Callable[[], int] = utc_now_ms,
    steady: Callable[[], int] = steady_ms,
) -> AsyncIterator[Services]:
    """Open the database and start the inference: everything that outlives a bot's connection. `now` is the wall clock
    (UTC milliseconds), by which people are told what ends when; `steady` measures pauses.

    Long-lived tasks start here, outside of the bot. Raises `HostError` where the host has something to mend.
    """
    async with (
        open_database(settings.data, now) as database,
        create_inference(settings, engine=engine) as inference,
    ):
        pulse = Pulse()
        words = Blocklist.load()
        server = server_of(settings)
        generation_service = GenerationService(
            inference=inference,
            database=database,
            keep_days=settings.keep_days,
            words=words,
            sent_to=server.told_host if server is not None else "",
        )
        games, changes, server_settings = GameService(database), GameChanges(), ServerSettingsService(database)
        requests = GameRequests(games, server_settings, inference, words)
        async with _background(pulse.run(), "pulse"), _background(requests.run(changes.tell), "requests of games"):
            yield Services(
                settings=settings,
                database=database,
                inference=inference,
                generation_service=generation_service,
                story_queries=StoryQueries(database),
                passage_service=PassageService(database),
                hosting=HostingService(database),
                round_service=RoundService(database),
                lore_service=LoreService(database),
                profile_service=ProfileService(database),
                outbox=Outbox(database, steady),
                earlier=EarlierRun(database),
                server_settings=server_settings,
                game_service=games,
                game_changes=changes,
                privacy=PrivacyService(database, games.forget_person),
                publishing=PublishingService(database),
                engine=inference.engine,
                pulse=pulse,
                now=now,
            )


@asynccontextmanager
async def _open_engine(settings: Settings) -> AsyncIterator[tuple[Engine, Callable[[], float]]]:
    """Start the worker as a child, or reach the one at `INFERENCE_URL`; give it, and what tells how much of it is
    loaded."""
    if settings.inference_url is not None:
        async with EngineClient(settings.inference_url, settings.inference_token) as client:
            health = HealthWatch(client)
            async with _background(health.run(), "health"):
                yield RetryingEngine.over(client), lambda: health.last.loaded
    else:
        async with Supervisor(settings) as supervisor:
            yield supervisor.engine, lambda: supervisor.last_health.loaded


class Inkling(commands.Bot):
    """The bot: cogs, routes and the translator; no privileged intent. Nothing that it says pings
    anybody, but for whom a game waits (see `bot.ui.mention`)."""

    def __init__(
        self, settings: Settings, services: Services, wait: Wait, trace: aiohttp.TraceConfig | None = None
    ) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.dm_messages = True
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=InklingTree,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_mentions=discord.AllowedMentions.none(),
            intents=intents,
            owner_ids=set(settings.owner_ids),
            http_trace=trace or aiohttp.TraceConfig(),
        )
        self._services = services
        self._wait = wait
        self._ending: list[Callable[[], Awaitable[None]]] = []

    async def setup_hook(self) -> None:
        """Load everything; what fails here ends the start."""
        tree = self.tree
        assert isinstance(tree, InklingTree), "the tree is what tree_cls says"
        await tree.set_translator(CommandTranslator())
        self.add_dynamic_items(Durable)
        self.add_listener(tree.on_form, "on_interaction")
        dispatcher = OutboxDispatcher(self, self._services)
        progress = ProgressRunner(self._services.pulse, self._wait)
        flow = GenerationFlow(self._services, dispatcher, progress, CARDS)
        scheduler = DeadlineScheduler(self, self._services, dispatcher)
        cards = PrivateCards()
        opening = RoundOpening(self._services, flow, dispatcher, scheduler, progress)
        await self.add_cog(GenerationsCog(tree, self._services, flow, opening))
        await self.add_cog(ContinuationCog(tree, flow, opening))
        await self.add_cog(InfillCog(tree, flow, opening))
        await self.add_cog(RestylingCog(tree, self._services, flow, opening))
        await self.add_cog(TwistCog(tree, self._services, flow, opening))
        await self.add_cog(BridgeCog(tree, flow, opening))
        await self.add_cog(SettingsCog(tree, self._services, cards))
        await self.add_cog(PrivacyCog(tree, self._services, dispatcher))
        await self.add_cog(HelpCog(tree, self._services))
        await self.add_cog(ThreadsCog(self, self._services, dispatcher))
        refusals = BlockedPosts(self, self._services, dispatcher)
        await self.add_cog(refusals)
        await self.add_cog(StoriesCog(tree, self._services, flow, dispatcher, refusals))
        await self.add_cog(UndoingCog(tree, self._services, flow, dispatcher, refusals))
        await self.add_cog(BrowsingCog(tree, self._services, flow))
        await self.add_cog(StoryHostingCog(tree, self._services, flow, dispatcher))
        await self.add_cog(StoryLifecycleCog(tree, self._services, flow, dispatcher))
        await self.add_cog(PublishingCog(tree, self._services, flow))
        await self.add_cog(RoundsCog(tree, self._services, flow, dispatcher, opening, scheduler, cards))
        await self.add_cog(UseTextCog(tree, flow, opening))
        await self.add_cog(NextStepCog(tree, self._services, flow, dispatcher, opening))
        await self.add_cog(LoreCog(tree, self._services, flow, dispatcher))
        await self.add_cog(ProfilesCog(tree, self._services, flow, cards))
        games = GameContext(self._services, flow, dispatcher, refusals, scheduler, cards)
        lobby, turns, managing = LobbyCog(tree, games), TurnsCog(tree, games), ManagingCog(tree, games)
        rest = RevealsCog(tree, games), WalkingCog(tree, games), GamesCog(games, lobby, turns, managing)
        for cog in (lobby, turns, managing, *rest):
            await self.add_cog(cog)
        await self.add_cog(PingsCog(self, self._services, dispatcher, scheduler))
        await self.add_cog(WelcomeCog(self, self._services, dispatcher))
        await self.add_cog(InterruptedCards(self, self._services, dispatcher, CARDS))
        await self.add_cog(scheduler)
        self._ending = [flow.interrupt, opening.interrupt]

    async def close(self) -> None:
        """Tell everybody who waits that the bot is being stopped, then disconnect. What still waits for servers to
        arrive ends first: discord.py would leave it behind, to call into a client that is gone."""
        if (waiting := self._connection._ready_task) is not None:
            waiting.cancel()
        await self.farewell()
        await super().close()

    async def farewell(self) -> None:
        """End all work, and tell everybody who waits for it, at once and within FAREWELL_S."""
        ending, self._ending = self._ending, []
        try:
            async with asyncio.timeout(FAREWELL_S):
                for failure in await asyncio.gather(*(end() for end in ending), return_exceptions=True):
                    if failure is not None:
                        _log.warning("Not everybody could be told of the end: %s", failure)
        except TimeoutError:
            _log.warning("Discord was too slow to be told of everything that ends: the rest follows at the next start.")


def create_bot(
    settings: Settings,
    services: Services,
    wait: Wait = plain_wait,
    *,
    trace: aiohttp.TraceConfig | None = None,
    acknowledge_s: float | None = None,
) -> Inkling:
    """Return a bot that is ready to log in. `wait` is how it waits for the models (see `bot.ui.progress.Wait`),
    `trace` sees each request to Discord before it is sent, and what is not answered after `acknowledge_s` is
    acknowledged (None: never)."""
    # It has no voice, so discord.py need not warn at every start that packages for it are missing.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    if settings.discord_api_base is not None:
        discord.http.Route.BASE = settings.discord_api_base
    if settings.discord_gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)
    bot = Inkling(settings, services, wait, trace)
    tree = bot.tree
    assert isinstance(tree, InklingTree), "the tree is what tree_cls says"
    tree.acknowledge_s = acknowledge_s
    return bot


async def sync_commands(settings: Settings, guild_id: int | None, *, trace: aiohttp.TraceConfig | None = None) -> int:
    """Register the commands with Discord, everywhere or in one server, and return how many there are.

    Neither the database nor the models are touched. Raises `discord.LoginFailure` and `discord.HTTPException`.
    """
    assert settings.discord_token is not None, "the command line asks for a token first"
    with tempfile.TemporaryDirectory(prefix="inkling-sync-") as folder:
        asks_nothing = FakeEngine(failure=WorkerUnavailable("this copy of the bot only registers commands"))
        async with create_services(replace(settings, data=Path(folder)), engine=asks_nothing) as services:
            bot = create_bot(settings, services, trace=trace)
            async with bot:
                await bot.login(settings.discord_token)
                guild = discord.Object(guild_id) if guild_id is not None else None
                if guild is not None:
                    bot.tree.copy_global_to(guild=guild)
                return len(await bot.tree.sync(guild=guild))


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run `work` beside the body and end it with it."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("%s ended; the bot must be started again", task.get_name(), exc_info=error)
