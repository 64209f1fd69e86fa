"""Serves the worker's app with uvicorn on a socket of ours."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn

from bot.inference.worker_config import ModelPlan
from bot.worker.app import create_app
from bot.worker.models import Models
from bot.worker.scheduler import Scheduler

BACKLOG = 512
"""Connections that wait to be accepted."""


def bind_unix(path: Path) -> socket.socket:
    """Make a Unix socket that only this user can reach (uvicorn's own would be open to everybody)."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound


def bind_tcp(host: str, port: int) -> socket.socket:
    """Listen at an address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


async def serve(plan: ModelPlan, bound: socket.socket, token: str | None, stop: asyncio.Event) -> None:
    """Serve while the models load and work, until `stop` is set.

    Raises what loading raises (`WeightsError`) and `RuntimeError` where the models' thread fails.
    """
    loop = Scheduler()
    models = Models(loop)
    config = uvicorn.Config(
        create_app(models, token),
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    loop.start()
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    loading = asyncio.create_task(models.load(plan))
    changing: asyncio.Task[None] | None = None
    failing = asyncio.create_task(loop.failed.wait())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((loading, serving, failing, stopping), return_when=asyncio.FIRST_COMPLETED)
        if loading.done():
            loading.result()
            changing = asyncio.create_task(models.change(plan))
            await asyncio.wait((serving, failing, stopping), return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            raise RuntimeError("the models' thread failed")
    finally:
        server.should_exit = True
        await loop.close()
        for task in filter(None, (loading, changing, failing, stopping)):
            task.cancel()
        await asyncio.wait((serving,))
        with suppress(OSError):
            bound.close()
