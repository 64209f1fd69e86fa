"""Processor time of the program's own steps on the event loop: what every server waits for.

A step is what a task does between two waits. Counted are the tasks of the program and of discord.py, which calls it;
not counted is what a step spends in the simulated Discord that answers within it, or on collecting garbage.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord.http import router

import bot
import cogs
import storage

LIMIT_S = 0.25
"""More than any step takes on a slow machine, by far: what takes longer grows with something. What a step may take is
printed by `benchmarks/loop.py`."""
_HOMES = tuple(str(Path(package.__file__ or "").parent) + "/" for package in (bot, cogs, storage, discord))


class Watchdog:
    """Notes the longest step of the program's tasks that begin while it watches; `also` are other folders whose tasks
    count."""

    def __init__(self, also: Sequence[str] = ()) -> None:
        self._homes = (*_HOMES, *also)
        self.worst_s = 0.0
        self.worst = ""
        self._aside_s = 0.0
        self._collected_s = 0.0
        self._thread = threading.get_ident()

    @contextmanager
    def watching(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Watch the tasks that begin on `loop` meanwhile."""
        before = loop.get_task_factory()
        loop.set_task_factory(self._begin)
        gc.callbacks.append(self._collecting)
        try:
            yield
        finally:
            gc.callbacks.remove(self._collecting)
            loop.set_task_factory(before)

    def aside(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return `call` so that its time is nobody's."""

        def called(*args: Any, **options: Any) -> Any:
            begun = time.thread_time()
            already = self._aside_s
            try:
                return call(*args, **options)
            finally:
                # What was set aside within it is part of it.
                self._aside_s = already + time.thread_time() - begun

        return called

    def step(self, name: str, take: Callable[[], Any]) -> Any:
        """Take a step, and note how long it took."""
        begun, aside = time.thread_time(), self._aside_s
        try:
            return take()
        finally:
            took = time.thread_time() - begun - (self._aside_s - aside)
            if took > self.worst_s:
                self.worst_s, self.worst = took, name

    def check(self) -> None:
        """Fail where a step took longer than any may."""
        assert self.worst_s <= LIMIT_S, f"a step of {self.worst} took {self.worst_s:.2f} s of the event loop"

    def _begin(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        code = getattr(coroutine, "cr_code", None)
        ours = code is not None and code.co_filename.startswith(self._homes)
        return asyncio.Task(_Watched(self, coroutine) if ours else coroutine, loop=loop, **options)

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        if threading.get_ident() != self._thread:
            return
        if phase == "start":
            self._collected_s = time.thread_time()
        else:
            self._aside_s += time.thread_time() - self._collected_s


class _Watched(Coroutine[Any, Any, Any]):
    """A coroutine of which every step is watched."""

    def __init__(self, watchdog: Watchdog, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._watchdog = watchdog
        self._coroutine = coroutine
        self.__name__ = getattr(coroutine, "__name__", type(coroutine).__name__)
        self.__qualname__ = getattr(coroutine, "__qualname__", self.__name__)

    def __getattr__(self, name: str) -> Any:
        """What a simulation asks a coroutine for, to know what it waits for."""
        return getattr(self._coroutine, name)

    def send(self, value: Any) -> Any:
        return self._watchdog.step(self.__qualname__, lambda: self._coroutine.send(value))

    def throw(self, *error: Any) -> Any:
        return self._watchdog.step(self.__qualname__, lambda: self._coroutine.throw(*error))

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()


@contextmanager
def watched(loop: asyncio.AbstractEventLoop) -> Iterator[Watchdog]:
    """Watch what begins on `loop` meanwhile beside a simulated Discord, and fail where a step took too long."""
    watchdog = Watchdog()
    with pytest.MonkeyPatch.context() as patch, watchdog.watching(loop):
        patch.setattr(router, "dispatch", watchdog.aside(router.dispatch))
        yield watchdog
    watchdog.check()
