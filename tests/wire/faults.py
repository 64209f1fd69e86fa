"""What goes wrong on the way to the small Discord: connections that are reset, answers that are errors, late or cut.

    lost = server.trouble.add(Fault("POST", "/interactions/*/callback", reset="after"))
    server.trouble.add(Fault("GET", "/gateway/bot", cloudflare_ban(), times=None))
    server.trouble.add(Fault("PATCH", "*/@original", refusal(401, 50027), where=lambda body: ":go:" in str(body)))

A fault strikes the requests of a method and a path, so often as it says, and is recorded in `Trouble.fired`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from aiohttp import web

Json = Any
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_API = "/api/v10"
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 seconds: the connection ends with RST and not with FIN."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the server's stead: a body that is JSON, or a text as it is."""

    status: int
    body: Json = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Return it as aiohttp wants it, with the content type that fits unless the headers name one."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        kind = "text/html" if isinstance(self.body, str) else "application/json"
        headers = {"Content-Type": kind, **self.headers}
        return web.Response(status=self.status, body=text.encode(), headers=headers)


def refusal(status: int, code: int, message: str = "refused", **headers: str) -> Reply:
    """Return one of Discord's own errors, as JSON with its code."""
    return Reply(status, {"message": message, "code": code}, {"Via": "1.1 google", **headers})


def html(status: int, text: str = "<html><body><h1>Bad Gateway</h1></body></html>") -> Reply:
    """Return what stands between says: HTML."""
    return Reply(status, text)


def cloudflare_ban(retry_after_s: int = 3600) -> Reply:
    """Return Cloudflare's own 429: HTML, and no `Via`."""
    return Reply(429, "<html><body>error code: 1015</body></html>", {"Retry-After": str(retry_after_s)})


def rate_limit(retry_after_s: float, *, everywhere: bool = False) -> Reply:
    """Return Discord's 429, for the route or for all of them."""
    headers = {"Via": "1.1 google", "Retry-After": str(retry_after_s), "X-RateLimit-Reset-After": str(retry_after_s)}
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": everywhere}
    return Reply(429, body, headers)


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """Something that goes wrong with the requests of one `method` ("*": any) whose path (behind /api/v10, without the
    query; "/gateway" for the gateway) fits the pattern `path` ("*": anything, slashes too).

    `reply` answers in the server's stead. `reset` ends the connection: "before" the request is taken, "during" its
    answer (half of the body arrives), "after" it was carried out and before a byte of the answer. `carried_out`: a
    request that gets a `reply` is carried out nevertheless. `delay_s` and `held` (until a test sets it) make the
    answer late. `times` None: always. `where` looks at the request's JSON body.
    """

    method: str
    path: str
    reply: Reply | None = None
    reset: Literal["before", "during", "after"] | None = None
    carried_out: bool = False
    delay_s: float = 0.0
    held: asyncio.Event | None = None
    times: int | None = 1
    where: Callable[[Json], bool] | None = None

    def fits(self, method: str, path: str, body: Json) -> bool:
        """Tell whether it strikes a request."""
        if self.method not in ("*", method) or not fnmatchcase(path, self.path):
            return False
        return self.where is None or self.where(body)


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that struck a request."""

    fault: Fault
    method: str
    path: str
    body: Json


@dataclass(slots=True)
class Trouble:
    """The faults of a server, the first that fits first, and which of them have struck."""

    fired: list[Fired] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Let it go wrong from now on."""
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Let it go wrong no longer."""
        self._faults.remove(fault)

    def clear(self) -> None:
        """Let nothing go wrong any longer."""
        self._faults.clear()

    def strikes(self, fault: Fault) -> int:
        """Return how often it has struck."""
        return sum(fired.fault is fault for fired in self.fired)

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, or let it go wrong."""
        path = request.path.removeprefix(_API)
        body = await _json_of(request)
        fault = next(
            (each for each in self._faults if each.fits(request.method, path, body) and self._left(each)), None
        )
        if fault is None:
            return await handler(request)
        self.fired.append(Fired(fault, request.method, path, body))
        if fault.reset == "before":
            return _cut(request)
        answer: web.StreamResponse
        if fault.reply is None or fault.carried_out or fault.reset is not None:
            answer = await handler(request)
        if fault.reply is not None:
            answer = fault.reply.response()
        await asyncio.sleep(fault.delay_s)
        if fault.held is not None:
            await fault.held.wait()
        if fault.reset == "during":
            await _send_half(request, answer)
        return answer if fault.reset is None else _cut(request)

    def _left(self, fault: Fault) -> bool:
        return fault.times is None or self.strikes(fault) < fault.times


async def _json_of(request: web.Request) -> Json:
    """Return the JSON body of a request, or the JSON part of a form; None where there is none. aiohttp keeps what was
    read, so that it can be read again."""
    if request.content_type == "multipart/form-data":
        payload = (await request.post()).get("payload_json")
        return json.loads(payload) if isinstance(payload, str) else None
    text = await request.text()
    return json.loads(text) if text else None


async def _send_half(request: web.Request, answer: web.StreamResponse) -> None:
    whole = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    cut = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    cut.content_length = len(whole) + 1
    await cut.prepare(request)
    await cut.write(whole[: len(whole) // 2])


def _cut(request: web.Request) -> web.Response:
    """Reset the connection; the response that is returned reaches nobody."""
    transport = request.transport
    if transport is not None:
        raw: socket.socket | None = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        transport.abort()
    return web.Response(status=500)
