"""The program is told to stop while many wait: all of them are told, together, and nobody's card stays as it was."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.ui.locale import catalogue
from tests.support.patience import until
from tests.wire.discord_server import DiscordServer, running_discord
from tests.wire.faults import Fault, html
from tests.wire.people import Person, words
from tests.wire.program import Program, environment, running_program

ENDED = catalogue("en")("progress.interrupted")
ORIGINAL = "/webhooks/*/messages/@original"


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as discord:
        yield discord
        assert discord.faults == []


@pytest.fixture
def env(server: DiscordServer, tiny_causal: Path, tiny_masked: Path, tmp_path: Path) -> dict[str, str]:
    return environment(server, tmp_path / "data", tiny_causal, tiny_masked) | {"QUEUE_PER_SERVER": "64"}


async def up(server: DiscordServer, program: Program) -> None:
    """Wait until the program is on Discord."""
    before = len(server.identifies)
    await server.wait_for(lambda: len(server.identifies) > before or program.process.returncode is not None)
    assert program.process.returncode is None, program.text


async def hold_models(program: Program) -> None:
    """Let the worker stand still: whoever asks from now on waits."""
    listed = await asyncio.create_subprocess_exec(
        "pgrep", "-P", str(program.process.pid), stdout=asyncio.subprocess.PIPE
    )
    children, _ = await listed.communicate()
    assert children.split(), "the worker is a child of the program"
    for child in children.split():
        await (await asyncio.create_subprocess_exec("kill", "-STOP", child.decode())).wait()


async def wait_in_line(server: DiscordServer, number: int) -> list[str]:
    """Let so many people ask; return the tokens of their interactions once all cards are there."""
    people = [Person(id=600_000_000_000_000_100 + each, name=f"person{each}") for each in range(number)]
    tokens = [await person.slash(server, "continue", text="The fox opened the door and") for person in people]
    await server.wait_for(lambda: all(server.original(token) for token in tokens))
    return tokens


def ending(body: Any) -> bool:
    """Tell whether an edit says that the work was interrupted."""
    return ENDED in str(body)


def told(server: DiscordServer, token: str) -> bool:
    message = server.original(token)
    assert message is not None
    return ENDED in words(message)


async def test_all_who_wait_are_told_together_and_the_rest_after_the_next_start(
    server: DiscordServer, env: dict[str, str], tmp_path: Path
) -> None:
    async with running_program(env, "run", folder=tmp_path) as program:
        await up(server, program)
        await hold_models(program)
        unlucky, *tokens = await wait_in_line(server, 6)
        server.trouble.add(Fault("PATCH", f"/webhooks/*/{unlucky}/messages/@original", html(502), times=None))
        held = asyncio.Event()
        slow = server.trouble.add(Fault("PATCH", ORIGINAL, held=held, times=None, where=ending))
        program.process.send_signal(signal.SIGTERM)
        await until(lambda: server.trouble.strikes(slow) == len(tokens) or program.process.returncode is not None)
        assert server.trouble.strikes(slow) > 1, "nobody waits for another's card"
        held.set()
        await program.process.wait()
    assert "Traceback" not in program.text
    assert not told(server, unlucky)
    async with running_program(env, "run", "--stop-is-success", folder=tmp_path) as program:
        await server.wait_for(lambda: all(told(server, token) for token in (unlucky, *tokens)))
    assert program.process.returncode == 0, "`make run` ends without an error"
