"""From one story model to another while people write: it is fetched, made ready, and takes over.

What is long goes on beside the requests: fetching and opening in a thread, preparing in a process that gives way to
everything else. Where it cannot be had, the model that writes goes on writing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsError
from bot.inference.protocol import Coming
from bot.logs import describe
from bot.settings import LARGE, HubAccess
from bot.worker.causal.protocol import CausalEngine
from bot.worker.weights.files import Progress
from bot.worker.weights.large import LARGE as LARGE_MODEL
from bot.worker.weights.large import fetch_large
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.progress_text import ProgressText
from bot.worker.weights.resolving import resolve
from bot.worker.weights.story_choice import give_up_large

_log = logging.getLogger(__name__)

TOLD_EVERY_S = 10.0
"""How often the log tells how far it is, at most."""

Open = Callable[[ResolvedModel, Progress], CausalEngine]
"""open(model, progress): makes a model ready and loads it. Raises `WeightsError`."""


class _Stopped(Exception):
    """Nobody waits for it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A story model that is to take over. `fetch(progress)` brings its files (raises `WeightsError`, which is no more
    than bad luck: a later start tries again), `give_up(reason)` keeps it from being tried again."""

    name: str
    fetch: Callable[[Progress], ResolvedModel]
    give_up: Callable[[str], None]


def large_successor(data: Path, hub: HubAccess) -> Successor:
    """The large story model, as `bot.worker.weights` knows it."""

    def fetch(progress: Progress) -> ResolvedModel:
        fetch_large(data, progress, hub)
        return resolve(LARGE, "causal", data)

    return Successor(name=LARGE_MODEL.name, fetch=fetch, give_up=lambda reason: give_up_large(data, reason))


def give_up(successor: Successor, reason: object) -> None:
    """Say in one line why a model does not write, and keep it from being tried again."""
    told = " ".join(str(reason).split())
    _log.error("%s cannot be loaded, so the small model writes: %s", successor.name, told)
    successor.give_up(told)


class Change:
    """The way of a successor. `coming` tells how far it is, None when it is over."""

    def __init__(self, successor: Successor, open_: Open) -> None:
        self._successor = successor
        self._open = open_
        self._progress_text = ProgressText()
        self._told_s = -TOLD_EVERY_S
        self._label = ""
        self._stopped = threading.Event()
        self.coming: Coming | None = Coming(name=successor.name, stage="waiting")

    async def run(self, adopt: Callable[[CausalEngine], None]) -> None:
        """Bring it, and let it take over; or tell in one line why it does not. Cancelled, its threads end soon."""
        try:
            engine = await asyncio.to_thread(self._bring)
        except asyncio.CancelledError:
            self._stopped.set()
            raise
        finally:
            self.coming = None
        if engine is not None:
            adopt(engine)
            _log.info("%s writes from now on", self._successor.name)

    def _bring(self) -> CausalEngine | None:
        name = self._successor.name
        try:
            model = self._successor.fetch(self._tell)
        except WeightsError as error:
            _log.warning("%s is not here yet, and the next start tries again; the small model goes on: %s", name, error)
            return None
        except _Stopped:
            return None
        try:
            return self._open(model, self._tell)
        except _Stopped:
            return None
        except WeightsError as error:
            reason = str(error)
        except Exception as error:  # whatever it is, the small one writes
            _log.debug("loading %s failed", name, exc_info=error)
            reason = describe(error)
        give_up(self._successor, reason)
        return None

    def _tell(self, label: str, done: int, total: int) -> None:
        self.coming = Coming(name=self._successor.name, stage=label, done=done, total=total)
        if self._stopped.is_set():  # looked at last: it may be stopped at any moment
            self.coming = None
            raise _Stopped
        told, now = self._progress_text.told(label, done, total), time.monotonic()
        if label != self._label or now - self._told_s >= TOLD_EVERY_S:
            self._label, self._told_s = label, now
            _log.info("%s: %s", self._successor.name, told)
