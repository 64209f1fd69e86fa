"""Keeps the worker's process alive: starts it, watches it, and starts it again after a crash or a hang."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bot.errors import WorkerUnavailable
from bot.inference.client import EngineClient
from bot.inference.health_watch import tell_ready
from bot.inference.liveness import Heartbeat, Liveness, Patience
from bot.inference.protocol import Engine, Health
from bot.inference.retry import RetryingEngine
from bot.inference.worker_config import EXIT_HOST_ERROR, LAST_WORDS, ChildConfig, plan_of
from bot.settings import Settings

_log = logging.getLogger(__name__)
_worker_log = logging.getLogger("bot.worker")

_SECRETS = ("DISCORD_TOKEN", "INFERENCE_TOKEN", "OPENAI_API_KEY")
"""Environment variables that are not passed on to the worker."""
_LOG_LINE = re.compile(r"\S+ \S+ (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) (?P<rest>\S+: .*)")
"""A line of the worker's log: date and time, level, then the logger's name and the message."""
_LONGEST_SOCKET_PATH = 100  # macOS allows 103 bytes


class Supervisor:
    """Runs the worker while it is entered: `async with Supervisor(settings) as supervisor: …`.

    Entering returns at once; `stage` tells how far the worker is, in its own words or as the sentence that says
    what the host must mend. `engine` may be used from the beginning: its calls wait for the worker.
    """

    def __init__(self, settings: Settings, *, patience: Patience | None = None) -> None:
        self._settings = settings
        self._patience = patience or Patience()
        self._heartbeat = Heartbeat()
        self._client: EngineClient | None = None
        self._problem: str | None = None
        self._told: str | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last = Health(ready=False, stage="starting", models=(), loaded=0.0)
        self._answers = 0
        self._engine = _SupervisedEngine(self)
        self.pid: int | None = None
        self.restarts = 0

    async def __aenter__(self) -> Supervisor:
        self._task = asyncio.create_task(self._supervise(), name="supervisor")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._problem = self._problem or "the worker has been stopped"
        self._notify()

    @property
    def engine(self) -> Engine:
        """The models, wherever they are in their lives."""
        return self._engine

    @property
    def stage(self) -> str:
        """`starting`, `loading …`, `ready`, `restarting`, or a sentence that says what the host must mend."""
        return self._problem or self._last.stage

    @property
    def last_health(self) -> Health:
        """What the worker said last, without asking it."""
        return self._last

    async def current(self) -> EngineClient:
        """Return the client of the worker that is up, waiting for it. Raises `WorkerUnavailable`."""
        deadline = time.monotonic() + self._patience.wait_s
        while self._client is None:
            if self._problem is not None:
                raise WorkerUnavailable(self._problem)
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._changed.wait()
            except TimeoutError:
                raise WorkerUnavailable(f"the worker is not up yet ({self.stage})") from None
        return self._client

    async def lost(self, client: EngineClient) -> None:
        """Return when the worker that `client` reached has answered again, or is known to have ended: one that ends
        closes its socket first. Raises nothing; it waits no longer than a call does for a worker."""
        answers = self._answers
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.wait_s):
                while self._client is client and self._answers == answers:
                    await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _supervise(self) -> None:
        pause_s = self._patience.backoff_s
        while True:
            began = time.monotonic()
            try:
                reason = await self._live()
            except OSError as error:  # no folder for its socket, as on a full disk; or no process
                reason = f"it cannot be started: {error}"
            except Exception as error:  # a fault of ours: the bot must stay up
                _log.exception("the worker could not be looked after")
                reason = f"{type(error).__name__}: {error}"
            if time.monotonic() - began > self._patience.steady_s:
                pause_s = self._patience.backoff_s
            wait_s = pause_s if self._problem is None else self._patience.longest_backoff_s
            if self._problem is None:
                _log.error("the worker ended (%s); starting it again in %.1f s", reason, wait_s)
            self._last = Health(ready=False, stage="restarting", models=self._last.models, loaded=0.0)
            self._notify()
            await asyncio.sleep(wait_s)
            pause_s = min(2 * pause_s, self._patience.longest_backoff_s)
            self.restarts += 1

    async def _live(self) -> str:
        """Start a worker and watch it to its end; return why it ended."""
        folder = Path(tempfile.mkdtemp(prefix="inkling-", dir=_short_folder()))  # mode 0700
        try:
            return await self._live_in(folder / "worker.sock")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _live_in(self, path: Path) -> str:
        config = ChildConfig(socket=str(path), plan=plan_of(self._settings), log_level=self._settings.log_level)
        process = await self._start(config.to_line())
        self.pid = process.pid
        sayings = asyncio.create_task(_relay(process))
        watching = asyncio.create_task(self._watch(path))
        ending = asyncio.create_task(process.wait())
        try:
            await asyncio.wait((watching, ending), return_when=asyncio.FIRST_COMPLETED)
            reason = watching.result() if watching.done() else _describe(ending.result())
        finally:
            self._client, self.pid = None, None
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await self._end(process, kindly=not watching.done() or watching.cancelled())
            last_words = await sayings
        self._note_problem(process.returncode, last_words)
        return reason

    async def _start(self, first_line: bytes) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.worker",
            "--child",
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            env=_environment(),
            start_new_session=True,  # a Ctrl-C in the terminal is for the bot, which ends the worker in order
        )
        assert process.stdin is not None
        process.stdin.write(first_line)
        return process

    async def _watch(self, path: Path) -> str:
        """Ask the worker how it is, again and again; return why it must be taken for hung."""
        patience = self._patience
        signs = Liveness(patience, self._heartbeat, time.monotonic())
        client = EngineClient(f"unix://{path}")
        told = False
        try:
            while True:
                health = None
                with suppress(WorkerUnavailable):
                    health = self._last = await client.health(within_s=patience.answer_s)
                    self._answers += 1
                    if self._client is None:
                        self._client, self._problem = client, None
                    self._notify()
                if self._last.ready and not told:
                    told, self._told = True, None
                    tell_ready(self._last)
                reason = signs.look(health, time.monotonic())
                if reason is not None:
                    return reason
                await asyncio.sleep(patience.poll_s if self._last.ready else min(patience.poll_s, 0.2))
        finally:
            await client.close()

    async def _end(self, process: Process, *, kindly: bool) -> None:
        """End the process and all that it started: by closing its input, else by force."""
        if process.returncode is None and kindly:
            assert process.stdin is not None
            process.stdin.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.stop_s):
                    await process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session: its group is named like it
        await process.wait()

    def _note_problem(self, status: int | None, last_words: str) -> None:
        """When the host must mend something, say what, once until the models have been ready."""
        self._problem = last_words if status == EXIT_HOST_ERROR and last_words else None
        if self._problem is not None and self._problem != self._told:
            _log.error("the worker cannot run: %s", self._problem)
            self._told = self._problem


class _SupervisedEngine(RetryingEngine):
    """Its health is told also while there is no worker."""

    def __init__(self, supervisor: Supervisor) -> None:
        super().__init__(supervisor.current, supervisor._heartbeat, supervisor.lost)
        self._supervisor = supervisor

    async def health(self) -> Health:
        """See `Engine.health`; while the worker is not up, its stage tells why."""
        if self._supervisor._client is None:
            return replace(self._supervisor.last_health, ready=False, stage=self._supervisor.stage, loaded=0.0)
        return await self._supervisor._client.health()


async def _relay(process: Process) -> str:
    """Log what the worker writes to standard error, at its own levels; but return its last words, which are told when
    it has ended."""
    assert process.stderr is not None
    level, last_words, rest = logging.WARNING, "", b""
    while block := await process.stderr.read(1 << 16):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if not text:
                continue
            match = _LOG_LINE.fullmatch(text)
            if match is not None:
                level, text = logging.getLevelNamesMapping()[match["level"]], match["rest"]
            name, _, message = text.partition(": ")
            if match is not None and name == LAST_WORDS:
                last_words = message
            else:
                _worker_log.log(level, "%s", text)
    return last_words


def _environment() -> dict[str, str]:
    """The child's environment: without secrets, without progress bars in its log, and with torch's threads asleep
    while they wait for each other. Spinning, two of them took 3 to 6 s for what one does in 0.2 s as soon as another
    process wanted a core; asleep they give up a third of their speed on an idle machine. The host's own choice stays.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    return {"OMP_WAIT_POLICY": "PASSIVE", **kept, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TQDM_DISABLE": "1"}


def _short_folder() -> str:
    """Where a socket's path stays short enough for the system."""
    usual = tempfile.gettempdir()
    return usual if len(usual) + len("/inkling-12345678/worker.sock") < _LONGEST_SOCKET_PATH else "/tmp"


def _describe(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
