"""A whole evening over the shipped program, which is killed at random moments: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.ui.locale import catalogue
from tests.support.openapi import load_openapi
from tests.wire.discord_server import running_discord
from tests.wire.evening import killed_evening
from tests.wire.faults import Fault, html
from tests.wire.people import Person, buttons, words
from tests.wire.program import environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")
PROMPT = "The fox opened the door near the harbour and"


@pytest.mark.parametrize(("kills", "seed"), [(2, 8), pytest.param(25, 9, marks=pytest.mark.long)])
async def test_an_evening_of_a_program_that_is_killed_again_and_again(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path, kills: int, seed: int
) -> None:
    judge = load_openapi()
    async with running_discord(judge.check if judge is not None else None) as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        ledger, records = await killed_evening(server, env, tmp_path, kills=kills, seed=seed)
        assert server.faults == []
    assert ledger.kept, "people could write in between"
    assert ledger.ballots > 0, "and vote"
    assert records.canon


async def test_a_card_that_was_finished_when_the_program_was_killed_stays_finished(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path
) -> None:
    """Of two last edits one has arrived and one has not, when a kill takes the answer to both."""

    def goes_on(body: Any) -> bool:
        return ":go:" in str(body)

    async with running_discord() as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        held = asyncio.Event()
        arrived = Fault("PATCH", "*/@original", where=goes_on, carried_out=True, held=held)
        lost = Fault("PATCH", "*/@original", html(500), where=goes_on, held=held)
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies or program.process.returncode is not None)
            for fault in (arrived, lost):
                server.trouble.add(fault)
                await ADA.slash(server, "continue", text=PROMPT, length=8, count=2)
                await server.wait_for(partial(server.trouble.strikes, fault))
            program.process.kill()
            await program.process.wait()
        held.set()
        shown = [goes_on(message) for message in server.messages.values()]
        assert shown == [True, False]

        edits = len(server.requests)
        async with running_program(env, "run", folder=tmp_path):
            await server.wait_for(lambda: [r for r in server.requests[edits:] if r.method == "PATCH"][1:])
            await server.wait_for(lambda: all(goes_on(message) for message in server.messages.values()))
    interrupted = catalogue("en")("progress.interrupted")
    assert not [r.path for r in server.requests if interrupted in str(r.body)]
    assert all("person01" in words(message) for message in server.messages.values())


async def test_what_was_kept_when_the_program_was_killed_is_there_already(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path
) -> None:
    """A kill between the commit and its answer: nobody knows, so whoever does it again is asked."""
    rules: Any = {"writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
    text = "The lamp went out."
    async with running_discord() as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies or program.process.returncode is not None)
            begun = await ADA.submit(server, "ink:snew", title="The Lamp", premise="", **rules)
            await server.wait_for(lambda: (told := server.original(begun)) and "<#" in words(told))
            (thread_id,) = server.threads
            lost = server.trouble.add(Fault("POST", "/interactions/*/callback", held=asyncio.Event()))
            await ADA.slash(server, "story", "add", channel_id=thread_id, text=text)
            await server.wait_for(partial(server.trouble.strikes, lost))
            program.process.kill()
            await program.process.wait()
        server.trouble.remove(lost)

        logins = len(server.identifies)
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies[logins:] or program.process.returncode is not None)
            token = await ADA.slash(server, "story", "add", channel_id=thread_id, text=text)
            told = await server.wait_for(lambda: server.answer(token))
            assert words(told) == catalogue("en")("error.already_kept")
            (again,) = buttons(told)
            token = await ADA.click(server, told, again["custom_id"])
            added = catalogue("en")("story.added", number=2)
            await server.wait_for(lambda: (found := server.answer(token)) and words(found) == added)
