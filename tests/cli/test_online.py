"""What discord.py leaves to us: a Discord that cannot be reached at first, and events that it cannot parse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import discord
import pytest
import yarl

from bot.cli import online
from bot.errors import HostError
from tests.wire.discord_server import TOKEN, DiscordServer, running_discord
from tests.wire.faults import Fault, html

DELAY_S = 0.05


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordServer]:
    async with running_discord() as running:
        monkeypatch.setattr(discord.http.Route, "BASE", running.api_base)
        point_gateway(running.gateway_url, monkeypatch)
        yield running


def point_gateway(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(url))


@asynccontextmanager
async def online_client() -> AsyncIterator[tuple[discord.Client, asyncio.Task[None]]]:
    """A plain client that logs in and stays connected the way `inkling run` does."""
    client = discord.Client(intents=discord.Intents(guilds=True))

    async def live() -> None:
        await online._log_in(client, TOKEN, DELAY_S)
        await online._stay_connected(client, DELAY_S)

    async with client:
        task = asyncio.create_task(live())
        try:
            yield client, task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, HostError):
                await task


async def test_a_discord_that_is_down_at_the_start_is_waited_for(server: DiscordServer) -> None:
    down = server.trouble.add(Fault("*", "*", html(503, "<html>down for maintenance</html>"), times=3))
    async with online_client() as (client, _):
        await server.wait_for(lambda: server.identifies, timeout_s=20)
        async with asyncio.timeout(20):
            await client.wait_until_ready()
    assert server.trouble.strikes(down) == 3


async def test_a_first_connection_that_is_refused_is_tried_again(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with closed:
        port = closed.sockets[0].getsockname()[1]
        point_gateway(f"ws://127.0.0.1:{port}", monkeypatch)
        async with online_client() as (client, task):
            await asyncio.sleep(10 * DELAY_S)
            assert not task.done()
            assert not server.identifies
            point_gateway(server.gateway_url, monkeypatch)
            async with asyncio.timeout(20):
                await client.wait_until_ready()
            assert len(server.identifies) == 1


async def test_an_event_that_cannot_be_parsed_costs_the_connection_and_not_the_bot(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with online_client() as (client, task):
        await server.wait_for(lambda: server.identifies, timeout_s=20)
        await client.wait_until_ready()
        with caplog.at_level(logging.WARNING):
            await server.dispatch("GUILD_MEMBER_REMOVE", {"guild_id": "not a number"})
            await server.wait_for(lambda: len(server.identifies) == 2, timeout_s=20)
        assert not task.done()
        assert not client.is_closed()
    assert "anew" in caplog.text
    assert TOKEN not in caplog.text


async def test_a_wrong_token_is_said_and_not_tried_again(server: DiscordServer) -> None:
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        with pytest.raises(discord.LoginFailure):
            await online._log_in(client, "some.other.token", DELAY_S)
    assert len(server.requests) == 1


def test_delays_grow_to_a_minute() -> None:
    waits = online.delays(2.0)
    assert [next(waits) for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
