"""The shipped program as a host runs it: a process of its own, with its settings in the environment."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.patience import PATIENCE_S
from tests.support.programs import bare_environment
from tests.wire.discord_server import TOKEN, DiscordServer

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Program:
    """A running program and everything it printed."""

    process: Process
    output: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of its output."""
        return "".join(self.output)

    async def listen(self) -> None:
        """Collect the output until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.output.append(line.decode(errors="replace"))


def environment(server: DiscordServer, data: Path, causal: Path, masked: Path) -> dict[str, str]:
    """The settings for a program that talks to `server` and thinks with tiny models."""
    return bare_environment() | {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_BASE": server.api_base,
        "DISCORD_GATEWAY_URL": server.gateway_url,
        "INKLING_DATA": str(data),
        "ENGINE": "torch",
        "DTYPE": "float32",
        "CAUSAL_MODEL": str(causal),
        "INFILL_MODEL": str(causal),
        "MASKED_MODEL": str(masked),
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
    }


@asynccontextmanager
async def running_program(env: dict[str, str], *arguments: str, folder: Path) -> AsyncIterator[Program]:
    """Run `python -m bot …` in `folder`; at the end ask it to stop (SIGTERM) and wait until it has."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env=env | {"PYTHONPATH": str(ROOT)},
        stdout=PIPE,
        stderr=STDOUT,
    )
    program = Program(process)
    listening = asyncio.create_task(program.listen())
    try:
        yield program
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        finally:
            await listening
