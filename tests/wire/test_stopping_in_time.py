"""How long it takes until the program has stopped, which is promised to hosts; on a machine with nothing else to do."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.wire.discord_server import DiscordServer
from tests.wire.faults import Fault
from tests.wire.program import running_program
from tests.wire.test_stopping import ORIGINAL, env, hold_models, server, told, up, wait_in_line

__all__ = ["env", "server"]

STOPPED_S = 8.0
"""How long the whole shutdown may take with 24 jobs and edits that take a second each."""


@pytest.mark.long
async def test_a_program_with_many_jobs_stops_in_time(
    server: DiscordServer, env: dict[str, str], tmp_path: Path
) -> None:
    async with running_program(env, "run", folder=tmp_path) as program:
        await up(server, program)
        await hold_models(program)
        tokens = await wait_in_line(server, 24)
        server.trouble.add(Fault("PATCH", ORIGINAL, delay_s=1.0, times=None))
        began_s = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        await program.process.wait()
        took_s = time.monotonic() - began_s
    assert all(told(server, token) for token in tokens)
    assert took_s < STOPPED_S
