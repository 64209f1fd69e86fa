"""Pings over real sockets: the program is killed while one is being sent, and nobody is called twice, or by mistake."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.ui.locale import catalogue
from tests.support.openapi import load_openapi
from tests.wire.discord_server import DiscordServer, running_discord
from tests.wire.faults import Fault
from tests.wire.objects import CHANNEL_ID
from tests.wire.people import Person, buttons, words
from tests.wire.program import environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")
BEN = Person(id=600_000_000_000_000_002, name="ben")
CHEN = Person(id=600_000_000_000_000_003, name="chen")
PEOPLE = (ADA, BEN, CHEN)
SAY = catalogue("en")


def _calls(body: Any) -> bool:
    return "users" in (body or {}).get("allowed_mentions", {})


def _pings(server: DiscordServer) -> Counter[str]:
    """What stands in the channel that calls somebody, by its button."""
    shown = [message for message in server.shown_in(CHANNEL_ID) if message.get("content")]
    return Counter(button["custom_id"] for message in shown for button in buttons(message))


async def _press(server: DiscordServer, person: Person, action: str) -> None:
    """Press the button of the game's card, and wait until it is answered."""
    card, custom_id = await server.wait_for(
        lambda: next(
            (
                (message, button["custom_id"])
                for message in server.shown_in(CHANNEL_ID)
                for button in buttons(message)
                if button.get("custom_id", "").startswith(f"ink:{action}:")
            ),
            None,
        )
    )
    token = await person.click(server, card, custom_id)
    await server.wait_for(lambda: server.answer(token) is not None or server.original(token) is not None)


async def _open_game(server: DiscordServer) -> None:
    token = await ADA.submit(server, "ink:gbegun", kind=["fold"], pace=["tonight"])
    await server.wait_for(lambda: server.answer(token) is not None or server.original(token) is not None)
    for person in (BEN, CHEN):
        await _press(server, person, "gjoin")
        told = SAY("game.players_of", count=PEOPLE.index(person) + 1, low=3, high=12, names="").split("**")[1]
        await server.wait_for(partial(_is_shown, server, told))


def _is_shown(server: DiscordServer, told: str) -> bool:
    return any(told in words(message) for message in server.shown_in(CHANNEL_ID))


@pytest.mark.long
@pytest.mark.parametrize("arrives", [True, False])
async def test_nobody_is_called_twice_by_a_program_that_is_killed_while_it_calls(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path, arrives: bool
) -> None:
    """A ping that arrived before the kill, and one that did not."""
    judge = load_openapi()
    async with running_discord(judge.check if judge is not None else None) as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        held = asyncio.Event()
        stuck = Fault("POST", "/channels/*/messages", where=_calls, held=held, reset=None if arrives else "before")
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies or program.process.returncode is not None)
            await _open_game(server)
            server.trouble.add(stuck)
            await _press(server, ADA, "gstart")
            await server.wait_for(partial(server.trouble.strikes, stuck))
            program.process.kill()
            await program.process.wait()
        held.set()
        server.trouble.clear()
        assert len(_pings(server)) == int(arrives)

        async with running_program(env, "run", folder=tmp_path):
            await server.wait_for(lambda: len(_pings(server)) == len(PEOPLE))
        assert set(_pings(server).values()) == {1}
        called = [
            request.body["allowed_mentions"]["users"]
            for request in server.requests
            if request.method == "POST" and _calls(request.body)
        ]
        assert Counter(users[0] for users in called) == Counter(person.id for person in PEOPLE), "once each"
        assert server.faults == []
