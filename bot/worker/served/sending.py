"""Sends calls to a model server, as many rows at once as may be, in fair turn; waits where it is in trouble.

All of it happens in one event loop, in a thread of its own (`bot.worker.served.engine`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from bot.errors import InferenceError
from bot.inference.model_server import ModelServer
from bot.inference.protocol import Finish, GenerateRequest
from bot.logs import describe
from bot.worker.causal.protocol import Failure, RowUpdate
from bot.worker.served.capabilities import Found, without
from bot.worker.served.errors import Refused, ServerTrouble
from bot.worker.served.http_client import Talk
from bot.worker.served.probe import find
from bot.worker.served.rows import Call, ServedRow, calls_of

_log = logging.getLogger(__name__)

RESTARTS = 4
"""So often a call is begun anew that was broken off, or refused for a reason that could be mended."""
LEAST_WINDOW = 256
"""Tokens of a window below which a prompt that is too long is not the reason of a refusal."""
Tell = Callable[[RowUpdate | Failure], None]


class Sender:
    """Sends what it is given to the server and tells what comes back, of each row to its end or of a request that it
    failed. Make and use it in one event loop; `close` ends it."""

    def __init__(self, server: ModelServer, tell: Tell) -> None:
        self.found: Found | None = None
        self._server = server
        self._tell = tell
        self._waits = server.waits
        self._talk = Talk(server)
        self._looking: asyncio.Task[Found] | None = None
        self._waiting: list[Call] = []
        self._sent: dict[Call, asyncio.Task[None]] = {}
        self._dues: dict[str, asyncio.TimerHandle] = {}
        self._level: int | None = None
        self._room = server.rows
        self._quiet_until = 0.0
        self._troubled_since: float | None = None
        self._told = ""
        self._count = 0

    async def close(self) -> None:
        """Break off all that runs, and end the connections."""
        tasks: list[asyncio.Task[Any]] = [*self._sent.values()]
        if self._looking is not None:
            tasks.append(self._looking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for due in self._dues.values():
            due.cancel()
        await self._talk.close()

    # -- taking work in

    def add(self, request: GenerateRequest) -> None:
        """Let a request wait for its turn."""
        several = self.found is not None and self.found.several
        for rows in calls_of(request, range(len(request.rows)), several=several):
            self._count += 1
            self._waiting.append(Call(request, self._count, rows))
        if request.deadline_s is not None:
            self._dues[request.request_id] = asyncio.get_running_loop().call_later(
                request.deadline_s, self.end, request.request_id, "deadline"
            )
        self.pump()

    def end(self, request_id: str, finish: Finish) -> None:
        """End the rows of a request with what they have; what runs for it is broken off by closing its stream."""
        for call in [one for one in (*self._waiting, *self._sent) if one.request.request_id == request_id]:
            self._drop(call)
            for row in call.left:
                self._end_row(call, row, finish)
        self._forget(request_id)
        self.pump()

    def set_level(self, level: int | None) -> None:
        """Let no tenant have more rows at the server while it lets rows wait."""
        self._level = level
        self.pump()

    def begin(self) -> None:
        """Find out what the server has, before anybody asks."""
        self._look()

    def _drop(self, call: Call) -> None:
        if call in self._waiting:
            self._waiting.remove(call)
        task = self._sent.pop(call, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _forget(self, request_id: str) -> None:
        if any(call.request.request_id == request_id for call in (*self._waiting, *self._sent)):
            return
        if (due := self._dues.pop(request_id, None)) is not None:
            due.cancel()

    # -- whose turn it is

    def pump(self) -> None:
        """Send what may be sent: of who has fewest rows at the server first, in the order in which it came. As long as
        the server lets rows wait, nobody has more than the level of all."""
        while (call := self._next()) is not None:
            self._waiting.remove(call)
            self._sent[call] = asyncio.create_task(self._run(call))

    def _next(self) -> Call | None:
        rows = Counter[str]()
        for call in self._sent:
            rows[call.request.tenant] += len(call.left)
        keeps_waiting = any(not call.begun for call in self._sent)
        room = self._room - rows.total()
        for call in sorted(self._waiting, key=lambda one: (rows[one.request.tenant], one.number)):
            tenant, size = call.request.tenant, len(call.rows)
            beyond = self._level is not None and keeps_waiting and rows[tenant] + size > self._level
            if (size <= room or not rows.total()) and not (beyond and rows[tenant]):
                return call
        return None

    # -- one call

    async def _run(self, call: Call) -> None:
        try:
            await self._run_to_end(call)
        except InferenceError as error:
            self._fail(call.request.request_id, error)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a fault of ours: whoever asked is told, and the others go on
            _log.exception("a call to the model server failed")
            self._fail(call.request.request_id, InferenceError(describe(error)))
        finally:
            self._sent.pop(call, None)
            self._forget(call.request.request_id)
            self.pump()

    async def _run_to_end(self, call: Call) -> None:
        pause_s = self._waits.pause_s
        while call.left:
            try:
                await self._be_quiet()
                await self._ask(call, await self._known())
            except Refused as error:
                self._learn(call, error)
            except ServerTrouble as error:
                if not error.passing:
                    self._in_trouble(error)
                    raise
                after_s = self._wait_or_raise(call, error, pause_s)
                await asyncio.sleep(after_s)
                pause_s = min(2 * pause_s, self._waits.longest_pause_s)

    async def _ask(self, call: Call, found: Found) -> None:
        """Send a call and tell what comes, to the end of the stream or of its rows."""
        rows = call.begin(found)
        body = call.body(found)
        ended: list[ServedRow] = []
        try:
            async with aclosing(self._talk.stream(found.path, body)) as events:
                async for event in events:
                    if not call.begun:
                        call.begun = True
                        self._went_well(call)
                        self.pump()
                    ended += self._take(call, event, rows, chat=found.endpoint == "chat")
                    if "stream_options" in body and not call.usage and all(row.told for row in ended):
                        continue  # how long the prompt was follows behind the text
                    self._end_rows(call, ended)
                    if all(row.finish is not None for row in rows):
                        return
        finally:
            self._end_rows(call, ended)
        if any(row.finish is None for row in rows):
            raise ServerTrouble(f"the model server at {self._server.host} broke its answer off", passing=True)

    def _take(self, call: Call, event: Mapping[str, Any], rows: list[ServedRow], *, chat: bool) -> list[ServedRow]:
        """Take an event and tell what there is to show; return the rows that ended with it."""
        ended = []
        for row in sorted(call.take(event, rows), key=lambda one: one.index):
            if row.finish is None and (partial := call.partial(row, chat=chat)) is not None:
                self._tell(RowUpdate(request_id=call.request.request_id, event=partial))
            if row.finish is not None:
                ended.append(row)
        return ended

    def _end_rows(self, call: Call, ended: list[ServedRow]) -> None:
        for row in ended:
            if row.finish is not None:
                self._end_row(call, row, row.finish)
        ended.clear()

    def _end_row(self, call: Call, row: ServedRow, finish: Finish) -> None:
        ended = call.ended(row, finish, self.found, self._server)
        self._tell(RowUpdate(request_id=call.request.request_id, event=ended))

    def _fail(self, request_id: str, error: InferenceError) -> None:
        """End a whole request: its rows that had come are told already."""
        for call in [one for one in (*self._waiting, *self._sent) if one.request.request_id == request_id]:
            self._drop(call)
        self._forget(request_id)
        self._tell(Failure(request_id=request_id, error=error))

    # -- what the server is like

    async def _known(self) -> Found:
        """Return what is known of the server, finding it out first where nothing is. Raises `ServerTrouble`."""
        if self.found is not None:
            return self.found
        return await asyncio.shield(self._look())

    def _look(self) -> asyncio.Task[Found]:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._found())
            self._looking.add_done_callback(_retrieve)
        return self._looking

    async def _found(self) -> Found:
        try:
            found = await find(self._talk, self._server)
        except ServerTrouble as error:
            self._in_trouble(error)
            raise
        self._recovered()
        self.found = found
        _log.info("the model server at %s has %s: %s", self._server.host, found.model, found.described)
        return found

    def _learn(self, call: Call, refusal: Refused) -> None:
        """Remember what the server refuses, so that it is asked otherwise. Raises the refusal where nothing helps."""
        call.restarts += 1
        found = self.found
        if found is None or call.restarts > RESTARTS:
            raise refusal
        if refusal.too_long and found.window > LEAST_WINDOW:
            told = refusal.window if LEAST_WINDOW <= refusal.window < found.window else found.window // 2
            self.found = replace(found, window=max(LEAST_WINDOW, told))
            _log.info("the window of %s is taken to be %d tokens", found.model, self.found.window)
            return
        if refusal.unknown_model:  # it had one when it was looked at
            self.found = None
            return
        self.found = without(found, call.sent, refusal)

    # -- trouble

    async def _be_quiet(self) -> None:
        """Wait until the server wants to be asked again."""
        if (left_s := self._quiet_until - time.monotonic()) > 0:
            await asyncio.sleep(left_s)

    def _wait_or_raise(self, call: Call, error: ServerTrouble, pause_s: float) -> float:
        """Return for how many seconds to wait before a call is made again; raise `error` where that has lasted long
        enough, or the server says that it will."""
        self._in_trouble(error)
        if call.begun:
            call.restarts += 1
        assert self._troubled_since is not None, "it is in trouble"
        lasted_s = time.monotonic() - self._troubled_since
        wait_s = error.after_s if error.after_s is not None else pause_s
        if call.restarts > RESTARTS or lasted_s + wait_s > self._waits.trouble_s:
            raise error
        if error.after_s is not None:
            self._room = max(1, sum(len(one.left) for one in self._sent) // 2)
            self._quiet_until = max(self._quiet_until, time.monotonic() + error.after_s)
        return wait_s

    def _in_trouble(self, error: ServerTrouble) -> None:
        if error.passing and self._troubled_since is None:
            self._troubled_since = time.monotonic()
        if str(error) != self._told:
            self._told = str(error)
            _log.log(logging.WARNING if error.passing else logging.ERROR, "%s", error)

    def _recovered(self) -> None:
        if self._told:
            _log.info("the model server at %s answers again", self._server.host)
        self._troubled_since, self._told = None, ""

    def _went_well(self, call: Call) -> None:
        self._recovered()
        self._room = min(self._server.rows, self._room + len(call.rows))


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Mark a failure as seen: it is told to whoever waits for it, and may be nobody."""
    if not task.cancelled():
        task.exception()
