"""The worker as a process: the bot's child, or on a machine of its own.

python -m bot.worker --child               reads its JSON configuration from standard input, and ends
                                                     when that ends
python -m bot.worker --listen HOST:PORT    reads the settings from the environment and .env;
                                                     INFERENCE_TOKEN must be set
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.errors import HostError, SettingsError
from bot.inference.worker_config import EXIT_HOST_ERROR, LAST_WORDS, ChildConfig, ModelPlan, plan_of
from bot.logs import set_up_logging
from bot.settings import load_settings
from bot.worker.serving import bind_tcp, bind_unix, serve
from bot.worker.weights.story_choice import settle_story

_log = logging.getLogger(__name__)

GRACE_S = 3.0
"""Seconds for an orderly end, before the process ends itself."""


def main(arguments: list[str] | None = None) -> int:
    """Run the worker; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.worker", description="Inkling's models, served.")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--child", action="store_true", help="serve the bot that started this; not for people")
    how.add_argument("--listen", metavar="HOST:PORT", help="serve other machines, which need INFERENCE_TOKEN")
    chosen = parser.parse_args(arguments)
    try:
        return _child() if chosen.child else _listen(chosen.listen)
    except HostError as error:
        logging.getLogger(LAST_WORDS).error("%s", " ".join(str(error).split()))
        return EXIT_HOST_ERROR


def _child() -> int:
    # The descriptor itself, without a buffer: a thread that waits in a buffered reader blocks the process's end.
    line = _first_line(0)
    if not line:
        return 0  # the bot went away before it said what to do
    config = ChildConfig.from_line(line)
    key = config.plan.server.key if config.plan.server is not None else None
    set_up_logging(config.log_level, secrets=filter(None, (key, config.plan.hub.token)))
    path = Path(config.socket)
    bound = bind_unix(path)
    bound.listen()
    try:
        return asyncio.run(_run(config.plan, bound, None, parent=True))
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()  # made for this socket alone; a bot that was killed cannot do it


def _listen(address: str) -> int:
    settings = load_settings()
    set_up_logging(settings.log_level, settings.log_format, settings.secrets)
    if not settings.inference_token:
        raise SettingsError(["INFERENCE_TOKEN is empty: a worker on a network needs a token that the bot has too."])
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError([f"--listen holds {address!r}. Write HOST:PORT."])
    story = settle_story(
        settings.causal_model, settings.data, earlier=False, engine=settings.engine, device=settings.device
    )
    _log.info("%s", story.reason)
    bound = bind_tcp(host.strip("[]"), int(port))
    _log.info("serving at %s", address)
    return asyncio.run(_run(plan_of(settings), bound, settings.inference_token, parent=False))


async def _run(plan: ModelPlan, bound: socket.socket, token: str | None, *, parent: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if parent:
        watch = threading.Thread(target=_watch_parent, args=(lambda: loop.call_soon_threadsafe(stop.set),), daemon=True)
        watch.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(plan, bound, token, stop)
    return 0


def _first_line(descriptor: int) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        block = os.read(descriptor, 1)
        if not block:
            break
        line += block
    return bytes(line)


def _watch_parent(stop: Callable[[], object]) -> None:
    """Wait for the end of standard input: the bot closed it, or died. Then stop, if need be the hard way."""
    while os.read(0, 4096):
        pass
    try:
        stop()
    except RuntimeError:
        return  # the event loop has ended already
    time.sleep(GRACE_S)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
