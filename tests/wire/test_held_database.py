"""Another program holds the database: every command is acknowledged in time, and what was written is kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.openapi import load_openapi
from tests.wire.discord_server import DiscordServer, running_discord
from tests.wire.faults import Fault, refusal
from tests.wire.people import Person, buttons
from tests.wire.program import environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")
BEN = Person(id=600_000_000_000_000_002, name="ben")
DEFERRED = 5


def acknowledged(server: DiscordServer, token: str) -> int | None:
    """The kind of an interaction's first answer."""
    path = f"/{token}/callback"
    kinds = [request.body["type"] for request in server.requests if request.path.endswith(path)]
    assert len(kinds) <= 1, "it is answered once"
    return kinds[0] if kinds else None


async def test_everything_is_acknowledged_and_kept(tiny_causal: Path, tiny_masked: Path, tmp_path: Path) -> None:
    judge = load_openapi()
    async with running_discord(judge.check if judge is not None else None) as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies or program.process.returncode is not None)
            fields: dict[str, Any] = {"title": "The Lamp", "premise": "", "writers": ["anyone"], "ai": ["on"]}
            await ADA.submit(server, "ink:snew", licence=["own"], **fields)
            card = await server.wait_for(lambda: _with_button(server, "sadd"))
            thread = int(card["channel_id"])
            refused = server.trouble.add(Fault("POST", "/interactions/*/callback", refusal(404, 10062)))
            expired = await ADA.slash(server, "story", "add", channel_id=thread, text="Marta went out.")
            await server.wait_for(lambda: server.trouble.strikes(refused))
            with closing(sqlite3.connect(tmp_path / "data" / "inkling.db", isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                slashed = await ADA.slash(server, "story", "add", channel_id=thread, text="Marta lit the lamp.")
                sent = await BEN.submit(server, "ink:sadded:1:0", thread, text="Ben blew it out.")
                for token in (slashed, sent):
                    assert await server.wait_for(partial(acknowledged, server, token)) == DEFERRED
                assert acknowledged(server, expired) is None, "what was refused is not acknowledged seconds later"
                other.execute("ROLLBACK")
            for token in (slashed, sent):
                answer = await server.wait_for(partial(server.answer, token))
                assert answer["flags"] & 64
        assert server.faults == []
    with closing(sqlite3.connect(tmp_path / "data" / "inkling.db")) as kept:
        texts = {text for (text,) in kept.execute("SELECT text FROM passages UNION SELECT text FROM candidates")}
    assert {"Marta lit the lamp.", "Ben blew it out."} <= texts


def _with_button(server: DiscordServer, action: str) -> Any:
    """The newest message with a button for that action."""
    for _, message in sorted(server.messages.items(), reverse=True):
        if any(f"ink:{action}:" in button.get("custom_id", "") for button in buttons(message)):
            return message
    return None
