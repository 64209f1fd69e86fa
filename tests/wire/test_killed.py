"""A whole evening over the shipped program, which is killed at random moments: nothing acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

from tests.support.openapi import load_openapi
from tests.wire.discord_server import running_discord
from tests.wire.evening import killed_evening
from tests.wire.program import environment

KILLS = 8


async def test_an_evening_of_a_program_that_is_killed_eight_times(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path
) -> None:
    judge = load_openapi()
    async with running_discord(judge.check if judge is not None else None) as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        ledger, records = await killed_evening(server, env, tmp_path, kills=KILLS, seed=8)
        assert server.faults == []
    assert len(ledger.kept) > KILLS, "people could write in between"
    assert ledger.ballots > 0, "and vote"
    assert records.canon
