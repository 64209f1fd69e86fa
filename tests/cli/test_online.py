"""Logging in to Discord and staying there, whatever answers: refusals, bans, pages of HTML, malformed events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
import yarl

from bot.cli import online
from bot.cli.gateway import FOR_GOOD, Link
from bot.cli.rest import LONGEST_BAN_S, LONGEST_DELAY_S, BannedForNow, Bans, ForeignAnswer, delays, watching
from bot.cli.terminal import Terminal
from bot.errors import HostError
from bot.settings import Settings
from tests.support.patience import PATIENCE_S, until
from tests.wire.discord_server import TOKEN, Damage, DiscordServer, running_discord
from tests.wire.faults import Fault, Reply, cloudflare_ban, html, rate_limit, refusal

DELAY_S = 0.05
ME = "/users/@me"


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordServer]:
    async with running_discord() as running:
        monkeypatch.setattr(discord.http.Route, "BASE", running.api_base)
        point_gateway(running.gateway_url, monkeypatch)
        yield running


def point_gateway(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(url))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged for the host so far; fails where a traceback was, or the token."""
    caplog.set_level(logging.INFO, logger="bot")

    def said() -> list[str]:
        assert all(record.exc_info is None for record in caplog.records), caplog.text
        assert TOKEN not in caplog.text
        return [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]

    return said


class Listener(discord.Client):
    """A plain client that notes the interactions that reach it."""

    def __init__(self, bans: Bans) -> None:
        super().__init__(intents=discord.Intents(guilds=True), http_trace=watching(bans), guild_ready_timeout=0.1)
        self.heard: list[int] = []

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.heard.append(interaction.id)

    async def hears(self, server: DiscordServer, **how: Any) -> None:
        """Let an interaction be sent, and wait until it is here."""
        await server.dispatch("INTERACTION_CREATE", interaction(number := server.new_id()), **how)
        await self.heard_of(number)

    async def heard_of(self, number: int) -> None:
        await until(lambda: number in self.heard)


def interaction(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "application_id": "1",
        "token": "t",
        "version": 1,
        "type": 1,
        "data": {},
        "channel_id": "5",
        "user": {"id": "7", "username": "ada", "discriminator": "0", "avatar": None},
        "entitlements": [],
        "app_permissions": "0",
        "attachment_size_limit": 1,
        "authorizing_integration_owners": {},
    }


def no_bans() -> Bans:
    """Kept nowhere."""
    return Bans(Path("/nowhere/bans.json"), lambda: 0)


@asynccontextmanager
async def online_client(bans: Bans | None = None) -> AsyncIterator[tuple[Listener, asyncio.Task[None]]]:
    """A plain client that logs in and stays connected the way `inkling run` does."""
    client = Listener(bans or no_bans())

    async def live() -> None:
        await online.log_in(client, TOKEN, DELAY_S)
        await Link(client, DELAY_S).keep()

    async with client:
        task = asyncio.create_task(live())
        try:
            yield client, task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, HostError):
                await task


@asynccontextmanager
async def ready_client(server: DiscordServer) -> AsyncIterator[Listener]:
    async with online_client() as (client, _):
        await ready(client)
        yield client


async def ready(client: discord.Client) -> None:
    await until(client.is_ready)  # `wait_until_ready` needs a client that is logged in


# ---- logging in


@pytest.mark.parametrize(
    "reply",
    [
        html(503, "<html>down for maintenance</html>"),
        html(400),
        html(403),
        html(404),
        html(418),
        html(200),
        Reply(429, "<html>error code: 1015</html>"),
        Reply(429, "<html>slow down</html>", {"Via": "1.1 google"}),
        rate_limit(0.01),
        rate_limit(0.01, everywhere=True),
        refusal(403, 40001),
        Reply(200, {}, {}),
        Reply(200, [], {}),
        Reply(204),
    ],
    ids=lambda reply: f"{reply.status}{'-html' if isinstance(reply.body, str) else ''}",
)
@pytest.mark.parametrize("path", [ME, "/oauth2/applications/@me"])
async def test_login_waits_whatever_answers(
    server: DiscordServer, reply: Reply, path: str, lines: Callable[[], list[str]]
) -> None:
    fault = server.trouble.add(Fault("GET", path, reply, times=2))
    async with online_client() as (client, _):
        await ready(client)
    assert server.trouble.strikes(fault) == 2
    failures = [line for line in lines() if "trying again" in line]
    assert len(failures) == (0 if reply.body and "retry_after" in reply.body else 2)


@pytest.mark.parametrize("moment", ["before", "during", "after"])
async def test_login_whose_connection_is_reset(server: DiscordServer, moment: Any, lines: Callable[[], Any]) -> None:
    server.trouble.add(Fault("GET", ME, reset=moment, times=2))
    async with online_client() as (client, _):
        await ready(client)
    assert 1 <= sum("trying again" in line for line in lines()) <= 2  # aiohttp itself repeats one


async def test_login_with_a_wrong_token_is_not_tried_again(server: DiscordServer) -> None:
    async with Listener(no_bans()) as client:
        with pytest.raises(HostError, match="Reset Token"):
            await online.log_in(client, "some.other.token", DELAY_S)
    assert len(server.requests) == 1


async def test_login_does_not_wait_for_faults_of_the_bot_itself(server: DiscordServer) -> None:
    class Broken(Listener):
        async def setup_hook(self) -> None:
            raise TypeError("a mistake of ours")

    async with Broken(no_bans()) as client:
        with pytest.raises(TypeError, match="ours"):
            await online.log_in(client, TOKEN, DELAY_S)


def test_delays_grow_to_five_minutes_and_are_never_all_the_same() -> None:
    waits = delays(2.0, chance=lambda: 0.0)
    assert [next(waits) for _ in range(10)] == [2, 4, 8, 16, 32, 64, 128, 256, LONGEST_DELAY_S, LONGEST_DELAY_S]
    waits = delays(2.0, chance=lambda: 1.0)
    assert [next(waits) for _ in range(3)] == [1, 2, 4]


# ---- bans


class Clock:
    """Counts since the start of something."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


async def ask(server: DiscordServer, bans: Bans, path: str = ME) -> int:
    """Send one request, as discord.py does; returns the status."""
    async with (
        aiohttp.ClientSession(trace_configs=[watching(bans)]) as session,
        session.get(f"{server.api_base}{path}") as answer,
    ):
        return answer.status


async def test_ban_is_kept_to_and_a_restart_knows_of_it(server: DiscordServer, tmp_path: Path) -> None:
    wall, up = Clock(1_000_000_000), Clock(50)
    bans = Bans(tmp_path / "ban.json", wall, up)
    fault = server.trouble.add(Fault("GET", ME, cloudflare_ban(600), times=None))
    assert await ask(server, bans) == 429
    for later in (bans, Bans(tmp_path / "ban.json", wall, Clock(3))):
        with pytest.raises(BannedForNow) as told:
            await ask(server, later)
        assert told.value.left_s == 600
    wall.now -= 3_600_000
    up.now += 599
    with pytest.raises(BannedForNow):
        await ask(server, bans)
    assert server.trouble.strikes(fault) == 1, "nothing was sent meanwhile"
    up.now += 2
    assert await ask(server, bans) == 429
    wall.now += 10**12
    assert await ask(server, Bans(tmp_path / "ban.json", wall, up)) == 429


async def test_login_waits_for_the_end_of_a_ban(server: DiscordServer, lines: Callable[[], list[str]]) -> None:
    bans = no_bans()
    fault = server.trouble.add(Fault("GET", ME, cloudflare_ban(1)))
    async with online_client(bans) as (client, _):
        await ready(client)
    assert server.trouble.strikes(fault) == 1
    assert sum(request.path == ME for request in server.requests) == 1
    assert any("banned this machine's address" in line for line in lines())


@pytest.mark.parametrize("kept", ["", "[]", '{"http://a": "b"}', "\x00", '{"x": 1e999}'])
def test_ban_file_that_is_damaged_bans_nobody_for_long(tmp_path: Path, kept: str) -> None:
    (tmp_path / "ban.json").write_text(kept)
    bans = Bans(tmp_path / "ban.json", Clock(10**12), Clock(0))
    assert bans.left_s(yarl.URL("http://a/b")) == 0
    assert bans.left_s(yarl.URL("http://x/b")) <= LONGEST_BAN_S


@pytest.mark.parametrize(("reply", "foreign"), [(html(200), True), (Reply(200, {}), False), (html(502), False)])
async def test_answer_that_is_not_discords_is_told_from_one_that_is(
    server: DiscordServer, reply: Reply, foreign: bool
) -> None:
    server.trouble.add(Fault("GET", ME, reply))
    if not foreign:
        assert await ask(server, no_bans()) == reply.status
        return
    with pytest.raises(ForeignAnswer, match="not Discord's own"):
        await ask(server, no_bans())


@pytest.mark.parametrize("reply", [html(200), html(403), cloudflare_ban(), refusal(400, 0)])
async def test_syncing_says_what_answers_instead(
    server: DiscordServer, reply: Reply, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.trouble.add(Fault("*", "*", reply, times=None))
    settings = Settings(discord_token=TOKEN, discord_api_base=server.api_base, data=tmp_path)
    for _ in range(2):
        with pytest.raises(HostError, match="could not be registered everywhere"):
            await online.sync(settings, None, Terminal())


# ---- staying connected


async def test_gateway_that_is_refused_is_tried_again(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch, lines: Callable[[], list[str]]
) -> None:
    closed = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with closed:
        point_gateway(f"ws://127.0.0.1:{closed.sockets[0].getsockname()[1]}", monkeypatch)
        async with online_client() as (client, task):
            await until(lambda: sum("trying again" in line for line in lines()) >= 3)
            assert not task.done()
            fault = server.trouble.add(Fault("GET", "/gateway*", html(503), times=3))
            point_gateway(server.gateway_url, monkeypatch)
            await ready(client)
            assert server.trouble.strikes(fault) == 3
            assert len(server.identifies) == 1


@pytest.mark.parametrize("code", sorted(FOR_GOOD))
async def test_connection_that_is_closed_for_good_says_why(server: DiscordServer, code: int) -> None:
    server.closes_with = code
    async with online_client() as (_, task):
        with pytest.raises(HostError) as told:
            await asyncio.wait_for(task, PATIENCE_S)
    assert "\n" not in str(told.value)
    assert ("Reset Token" in str(told.value)) == (code == 4004)
    assert code == 4004 or str(code) in str(told.value)


@pytest.mark.parametrize("code", [1000, 1001, 1006, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009, 4020])
async def test_connection_closed_otherwise_is_resumed_and_the_gap_is_filled(
    server: DiscordServer, code: int, lines: Callable[[], list[str]]
) -> None:
    async with ready_client(server) as client:
        held = asyncio.Event()
        server.trouble.add(Fault("GET", "/gateway*", held=held))
        await server.hang_up(code if code != 1006 else 1011)
        sent = server.dispatch("INTERACTION_CREATE", interaction(number := server.new_id()))
        await sent
        held.set()
        await client.heard_of(number)
        assert len(server.identifies) == 1
        assert len(server.resumes) == 1
    assert sum("made anew at once" in line for line in lines()) == 1


@pytest.mark.parametrize(("op", "data", "resumed"), [(7, None, True), (9, True, True)])
async def test_connection_is_resumed_when_discord_asks_to_reconnect(
    server: DiscordServer, op: int, data: Any, resumed: bool
) -> None:
    async with ready_client(server) as client:
        await server.say(op, data)
        await server.wait_for(lambda: server.resumes)
        await client.hears(server)
        assert (len(server.identifies), len(server.resumes)) == (1, 1)


MALFORMED: list[tuple[str, Any]] = [
    ("GUILD_MEMBER_REMOVE", {"guild_id": "not a number"}),
    ("GUILD_CREATE", None),
    ("GUILD_CREATE", {}),
    ("GUILD_DELETE", []),
    ("INTERACTION_CREATE", {"id": "Marta"}),
    ("INTERACTION_CREATE", "Marta lit the lamp"),
    ("MESSAGE_CREATE", {"content": "Marta"}),
    ("THREAD_UPDATE", {"id": None}),
    ("NEVER_HEARD_OF", {"a": 1}),
]


async def test_event_that_cannot_be_parsed_is_passed_over_and_told_once(
    server: DiscordServer, lines: Callable[[], list[str]]
) -> None:
    async with ready_client(server) as client:
        before = client.ws
        for _ in range(2):
            for event, data in MALFORMED:
                await server.dispatch(event, data)
            await client.hears(server)
        assert client.ws is before, "the connection is the same"
        assert (len(server.identifies), len(server.resumes)) == (1, 0)
    said = [line for line in lines() if "passed over" in line]
    assert len(said) == len(set(said)) >= 5
    assert "Marta" not in "".join(lines())


@pytest.mark.parametrize("damage", ["cut short", "no object", "not zlib"])
async def test_message_that_was_damaged_is_asked_for_again(
    server: DiscordServer, damage: Damage, lines: Callable[[], list[str]]
) -> None:
    async with ready_client(server) as client:
        for times in range(1, 6):
            await client.hears(server, damage=damage)
            assert (len(server.identifies), len(server.resumes)) == (1, times)
    assert not [line for line in lines() if "trying again in" in line], "no pause, none that grows"
    assert sum("could not be read" in line for line in lines() if "(" not in line[:30]) >= 1


@pytest.mark.parametrize("lacking", ["session_id", "resume_gateway_url", "user", "guilds"])
async def test_session_whose_ready_cannot_be_read_is_not_resumed(
    server: DiscordServer, lacking: str, lines: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a READY tells is never sent again: a resumed session would not be ready for ever."""

    async def at_once(*_: Any, **__: Any) -> None:
        """discord.py waits for five seconds before it identifies again."""

    monkeypatch.setattr(Listener, "before_identify_hook", at_once)
    server.ready_lacks = lacking
    async with online_client() as (client, _):
        await server.wait_for(lambda: len(server.identifies) > 1 or server.resumes)
        assert server.resumes == []
        server.ready_lacks = None
        await ready(client)
        await client.hears(server)
    assert sum("could not be read" in line for line in lines() if "connection" not in line) == 1


async def test_message_that_can_never_be_read_is_passed_over(server: DiscordServer) -> None:
    async with ready_client(server) as client:
        await server.dispatch_nonsense()
        await client.hears(server)
        assert (len(server.identifies), len(server.resumes)) == (1, 1)
