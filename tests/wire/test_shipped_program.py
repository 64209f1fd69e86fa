"""The shipped program over real sockets: log in, sync, a command, a button, a Chinese client, a user install."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Set
from pathlib import Path
from typing import Any

import pytest

from tests.support.openapi import load_openapi
from tests.wire.discord_server import TOKEN, DiscordServer, running_discord
from tests.wire.objects import GUILD_ID
from tests.wire.people import Person, buttons, words
from tests.wire.program import Program, environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")
MEI = Person(id=600_000_000_000_000_002, name="mei", locale="zh-CN")
SAM = Person(id=600_000_000_000_000_003, name="sam", in_server=False)
PROMPT = "The fox opened the door near the harbour and"


@pytest.fixture
def models(tiny_causal: Path, tiny_masked: Path) -> tuple[Path, Path]:
    return tiny_causal, tiny_masked


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    judge = load_openapi()
    async with running_discord(judge.check if judge is not None else None) as discord:
        yield discord
        assert discord.faults == []


@pytest.fixture
async def program(server: DiscordServer, models: tuple[Path, Path], tmp_path: Path) -> AsyncIterator[Program]:
    env = environment(server, tmp_path / "data", *models)
    async with running_program(env, "run", folder=tmp_path) as running:
        await server.wait_for(lambda: server.identifies or running.process.returncode is not None)
        assert running.process.returncode is None, running.text
        yield running
    assert running.process.returncode == 128 + signal.SIGTERM, running.text
    assert "Traceback" not in running.text
    assert TOKEN not in running.text


@pytest.mark.parametrize(("arguments", "where"), [((), "global"), (("--guild", str(GUILD_ID)), str(GUILD_ID))])
async def test_sync_registers_every_command_in_both_languages(
    server: DiscordServer, models: tuple[Path, Path], tmp_path: Path, arguments: tuple[str, ...], where: str
) -> None:
    env = environment(server, tmp_path / "data", *models)
    async with running_program(env, "sync", *arguments, folder=tmp_path) as running:
        await running.process.wait()
    assert running.process.returncode == 0, running.text
    registered = {command["name"]: command for command in server.commands[where]}
    assert {"continue", "infill", "help", "settings", "privacy"} <= set(registered)
    assert registered["continue"]["name_localizations"]["zh-CN"]
    assert registered["infill"]["description_localizations"]["zh-CN"]
    assert server.identifies == []


async def test_a_command_streams_and_ends_in_a_card_whose_button_works(server: DiscordServer, program: Program) -> None:
    token = await ADA.slash(server, "continue", text=PROMPT, length=16)
    card = await server.wait_for(lambda: _card(server))
    assert PROMPT.split()[1] in words(card)
    go_on = [button for button in buttons(card) if ":go:" in button["custom_id"]]
    assert len(go_on) == 3

    before = set(server.messages)
    await MEI.click(server, card, go_on[0]["custom_id"])
    fresh = await server.wait_for(lambda: _card(server, besides=before))
    assert fresh["id"] != card["id"]
    assert token != ""


async def test_program_answers_a_chinese_client_in_chinese(server: DiscordServer, program: Program) -> None:
    token = await MEI.slash(server, "infill", text="There is no gap in this text.")
    answer = await server.wait_for(lambda: server.original(token))
    assert answer["flags"] & 64, "what a person can mend is told to that person alone"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words(answer))
    assert "error." not in words(answer)


async def test_a_user_install_works_without_a_server(server: DiscordServer, program: Program) -> None:
    await SAM.slash(server, "infill", text="The fox opened the ___ near the harbour.")
    card = await server.wait_for(lambda: _card(server))
    assert "**" in words(card), "the fills stand in bold in their place"


def _card(server: DiscordServer, *, besides: Set[int] = frozenset()) -> dict[str, Any] | None:
    """The newest message with a button that goes on from a suggestion, once it is there."""
    for number, message in sorted(server.messages.items(), reverse=True):
        if number not in besides and any(":go:" in button["custom_id"] for button in buttons(message)):
            card: dict[str, Any] = message
            return card
    return None
