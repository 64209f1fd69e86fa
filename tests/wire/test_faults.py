"""The faults that the other tests rely on: what they do to a client, and to the small Discord behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.wire.discord_server import TOKEN, DiscordServer, running_discord
from tests.wire.faults import Fault, Reply, cloudflare_ban, html, rate_limit, refusal
from tests.wire.objects import CHANNEL_ID

MESSAGES = f"/channels/{CHANNEL_ID}/messages"
BODY = {"content": "The lamp was lit."}


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as discord:
        yield discord


async def say(server: DiscordServer) -> tuple[int, str, Any]:
    """Send a message over a connection of its own; returns the status, the body and the headers."""
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server.api_base}{MESSAGES}", json=BODY) as answer,
    ):
        return answer.status, await answer.text(), answer.headers


@pytest.mark.parametrize(("moment", "taken"), [("before", 0), ("during", 1), ("after", 1)])
async def test_faults_reset_a_connection(server: DiscordServer, moment: Any, taken: int) -> None:
    fault = server.trouble.add(Fault("POST", "/channels/*/messages", reset=moment))
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await say(server)
    assert len(server.messages) == taken
    assert [(fired.fault, fired.body) for fired in server.trouble.fired] == [(fault, BODY)]
    assert (await say(server))[0] == 200, "it strikes once"


@pytest.mark.parametrize(
    ("reply", "kind", "part"),
    [
        (refusal(403, 50013), "application/json", '"code": 50013'),
        (html(502), "text/html", "<html>"),
        (cloudflare_ban(), "text/html", "1015"),
        (rate_limit(0.5), "application/json", '"retry_after": 0.5'),
        (Reply(200, "<html>", {"X-Seen": "yes"}), "text/html", "<html>"),
    ],
)
async def test_faults_answer_in_place_of_the_server(server: DiscordServer, reply: Reply, kind: str, part: str) -> None:
    server.trouble.add(Fault("*", MESSAGES, reply, times=2))
    for _ in range(2):
        status, text, headers = await say(server)
        assert (status, headers["Content-Type"]) == (reply.status, kind)
        assert part in text
        assert ("Via" in headers) == (reply.status != 200 and kind == "application/json")
        assert reply.headers.items() <= headers.items()
    assert server.messages == {}
    assert (await say(server))[0] == 200


async def test_faults_that_come_late_or_for_some_requests(server: DiscordServer) -> None:
    held = asyncio.Event()
    server.trouble.add(Fault("POST", "*", where=lambda body: body["content"] == "another", times=None))
    fault = server.trouble.add(Fault("POST", "*", html(500), carried_out=True, held=held))
    saying = asyncio.create_task(say(server))
    await server.wait_for(lambda: server.messages)
    assert not saying.done()
    held.set()
    assert (await saying)[0] == 500
    assert [fired.fault for fired in server.trouble.fired] == [fault]


async def test_the_gateway_can_be_refused(server: DiscordServer) -> None:
    server.trouble.add(Fault("GET", "/gateway", html(503)))
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(server.gateway_url)
        async with session.ws_connect(server.gateway_url) as socket:
            assert (await socket.receive_json())["op"] == 10
