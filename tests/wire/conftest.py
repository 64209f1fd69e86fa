"""The shipped program with tiny models, talking to a small Discord: one for all the tests of a file."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.openapi import load_openapi
from tests.wire.discord_server import TOKEN, DiscordServer, running_discord
from tests.wire.program import Program, environment, running_program


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def discord() -> AsyncIterator[DiscordServer]:
    """A small Discord; at the end every body that it was sent was one that Discord describes, and every answer that was
    promised was given."""
    judge = load_openapi()
    async with running_discord(judge.check if judge is not None else None) as server:
        yield server
        assert server.faults == []
        assert server.promised == []


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def program(
    discord: DiscordServer, tiny_causal: Path, tiny_masked: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Program]:
    """The program, logged in; it ends in peace, without a traceback and with no secret in its log."""
    folder = tmp_path_factory.mktemp("wire")
    env = environment(discord, folder / "data", tiny_causal, tiny_masked)
    async with running_program(env, "run", folder=folder) as running:
        await discord.wait_for(lambda: discord.identifies or running.process.returncode is not None)
        assert running.process.returncode is None, running.text
        yield running
    assert running.process.returncode == 128 + signal.SIGTERM, running.text
    assert "Traceback" not in running.text, running.text
    assert TOKEN not in running.text
