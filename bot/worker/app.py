"""The worker's ASGI app, around the scheduler. It answers the bot beside it, or any machine that has the token.

    POST /v1/generate   GenerateRequest -> NDJSON, see `bot.inference.wire`
    POST /v1/propose    ProposeRequest  -> [[Fill]]
    POST /v1/score      ScoreRequest    -> [[log-probability of each word]]
    POST /v1/embed      {"texts": […]}  -> [[float]]
    GET  /healthz                       -> Health

A wrong request is answered 4xx, a model that cannot now 503, each with a `Problem`.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.errors import InferenceError, WorkerRefused, WorkerUnavailable
from bot.inference import wire
from bot.inference.protocol import Continuation, GenerateRequest, Partial, ProposeRequest, ScoreRequest
from bot.worker.models import Models
from bot.worker.requests import Requests

_log = logging.getLogger(__name__)
RequestT = TypeVar("RequestT")

FLUSH_S = 0.04
"""Partials are gathered for so long, so that a wide batch does not become a thousand small writes a second."""


def create_app(models: Models, token: str | None = None) -> Starlette:
    """Make the app around models that are loaded, or being loaded.

    Without a token it answers on Unix sockets only, where the file system says who may ask.
    """
    service = _Service(models)
    routes = [
        Route("/v1/generate", _guard(service.generate, token), methods=["POST"]),
        Route("/v1/propose", _guard(service.propose, token), methods=["POST"]),
        Route("/v1/score", _guard(service.score, token), methods=["POST"]),
        Route("/v1/embed", _guard(service.embed, token), methods=["POST"]),
        Route("/healthz", _guard(service.health, token), methods=["GET"]),
    ]
    return Starlette(routes=routes)


Endpoint = Callable[[Request], Awaitable[Response]]


def _guard(endpoint: Endpoint, token: str | None) -> Endpoint:
    """Let in who has the token; turn errors into answers."""

    async def guarded(request: Request) -> Response:
        try:
            if not _allowed(request, token):
                return _problem(401, "unavailable", "the worker wants its token: check INFERENCE_TOKEN on both sides")
            return await endpoint(request)
        except WorkerRefused as error:
            return _problem(422, "refused", str(error))
        except WorkerUnavailable as error:
            return _problem(503, "unavailable", str(error))
        except InferenceError as error:
            return _problem(500, "failed", str(error))
        except ClientDisconnect:
            return Response(status_code=499)

    return guarded


def _allowed(request: Request, token: str | None) -> bool:
    if token is None:
        server = request.scope.get("server")
        return server is not None and server[1] is None  # a Unix socket has no port
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


class _Service:
    def __init__(self, models: Models) -> None:
        self._models = models
        self._requests = Requests(models.loop)

    async def generate(self, request: Request) -> Response:
        asked = await _read(request, GenerateRequest)
        wire.check_generate(asked)
        return _Lines(self._requests.generate(asked))

    async def propose(self, request: Request) -> Response:
        asked = await _read(request, ProposeRequest)
        wire.check_propose(asked)

        async def answer() -> Any:
            model = await (self._models.masked() if asked.model == "masked" else self._models.scorer())
            return await self._models.loop.run(model.propose(asked), asked.tenant)

        return await _while_there(request, answer())

    async def score(self, request: Request) -> Response:
        asked = await _read(request, ScoreRequest)
        wire.check_score(asked)

        async def answer() -> Any:
            model = await (self._models.masked() if asked.model == "masked" else self._models.scorer())
            return await self._models.loop.run(model.score(asked.items), asked.tenant)

        return await _while_there(request, answer())

    async def embed(self, request: Request) -> Response:
        asked = await _read(request, wire.EmbedRequest)
        wire.check_embed(asked)

        async def answer() -> Any:
            masked = await self._models.masked()
            return await self._models.loop.run(masked.embed(asked.texts), asked.tenant)

        return await _while_there(request, answer())

    async def health(self, request: Request) -> Response:
        return _json(200, self._models.health())


async def _read(request: Request, kind: type[RequestT]) -> RequestT:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > wire.MAX_BODY:
            raise WorkerRefused(f"the request is larger than {wire.MAX_BODY} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WorkerRefused(f"the request cannot be read: {error}") from error


async def _while_there(request: Request, answer: Awaitable[Any]) -> Response:
    """Work for as long as the client is there; when it goes away the work is cancelled."""
    work = asyncio.ensure_future(answer)
    leaving = asyncio.create_task(_gone(request.receive))
    try:
        await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return _json(200, work.result())
    finally:
        await _end(work, leaving)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*futures: asyncio.Future[Any]) -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


class _Lines(Response):
    """Streams events as NDJSON and stops at once when the client goes away, also while there is nothing to send
    (starlette's own streaming response would notice only at the next write under newer ASGI servers)."""

    media_type = wire.NDJSON

    def __init__(self, events: AsyncGenerator[list[Partial | Continuation], None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        except OSError:
            _log.debug("the client went away while it was written to")
        finally:
            await _end(writing, leaving)

    async def _write(self, send: Send) -> None:
        async def write(lines: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": lines, "more_body": more})

        try:
            async with aclosing(_with_pauses(self._events)) as batches:
                async for events in batches:
                    await write(b"".join(map(_line, events)) or b"\n")
                    if not any(isinstance(event, Continuation) for event in events):
                        await asyncio.sleep(FLUSH_S)
            last = wire.Line(end=True)
        except InferenceError as error:
            last = wire.Line(problem=wire.Problem(kind=_kind(error), message=str(error)))
        await write(msgspec.json.encode(last) + b"\n", more=False)


async def _with_pauses(
    events: AsyncGenerator[list[Partial | Continuation], None],
) -> AsyncGenerator[list[Partial | Continuation], None]:
    """Yield the batches, and an empty one after every pause of `KEEP_ALIVE_S`."""
    following: asyncio.Future[list[Partial | Continuation]] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait((following,), timeout=wire.KEEP_ALIVE_S)
            if not done:
                yield []
                continue
            try:
                batch = following.result()
            except StopAsyncIteration:
                return
            following = None
            yield batch
    finally:
        if following is not None:
            await _end(following)
        with suppress(InferenceError):
            await events.aclose()


def _line(event: Partial | Continuation) -> bytes:
    line = wire.Line(partial=event) if isinstance(event, Partial) else wire.Line(finished=event)
    return msgspec.json.encode(line) + b"\n"


def _kind(error: InferenceError) -> Any:
    if isinstance(error, WorkerRefused):
        return "refused"
    return "unavailable" if isinstance(error, WorkerUnavailable) else "failed"


def _json(status: int, value: Any) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _problem(status: int, kind: Any, message: str) -> Response:
    return _json(status, wire.Problem(kind=kind, message=message))
