"""A model server on loopback that does what a test wants of it: it answers, refuses, breaks off, or says nothing."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.inference.model_server import ModelServer, Waits

KEY = "sk-this-is-a-secret-0123456789"
QUICK = Waits(connect_s=5.0, first_s=60.0, next_s=60.0, trouble_s=60.0, pause_s=0.01, longest_pause_s=0.05)
"""Short pauses, and the patience of tests: nothing is given up because the machine is slow."""
Answer = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.StreamResponse]]


@dataclass
class Double:
    """What the server has and does. `texts` are written in turn, a word a piece; `next` are answers that take the place
    of the next ones. Probes, which ask for a single token, are answered by `refuses` and `endpoints` alone."""

    endpoints: tuple[str, ...] = ("completions", "chat/completions")
    models: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "tale-7b"}])
    key: str | None = None
    refuses: frozenset[str] = frozenset()
    several: bool = False
    texts: list[str] = field(default_factory=lambda: [" and the tide went out of the harbour."])
    next: deque[Answer] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of all requests for texts that were no probes."""
    probes: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    """How many answers were broken off by who asked."""
    open: int = 0
    most_open: int = 0
    base: str = ""

    def server(self, **values: Any) -> ModelServer:
        """Return where it is."""
        return ModelServer(**{"base": self.base, "model": "tale-7b", "waits": QUICK, **values})

    async def list(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return web.json_response({"object": "list", "data": self.models})

    async def write(self, request: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        endpoint = request.path.removeprefix("/v1/")
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if endpoint not in self.endpoints:
            return web.json_response({"detail": "Not Found"}, status=404)
        if self.models and body["model"] not in [one["id"] for one in self.models]:
            told = {"message": f"The model `{body['model']}` does not exist.", "code": "model_not_found"}
            return web.json_response({"error": told}, status=404)
        unknown = sorted(self.refuses & body.keys())
        instead = " Use 'max_completion_tokens' instead." if "max_tokens" in unknown else ""
        if unknown:
            return web.json_response({"error": {"message": f"Unknown field: {unknown[0]!r}{instead}"}}, status=400)
        probe = body.get("max_tokens", body.get("max_completion_tokens")) == 1
        (self.probes if probe else self.asked).append(body)
        if not probe and self.next:
            return await self.next.popleft()(request, body)
        if not body.get("stream"):
            count = body.get("n", 1) if self.several else 1
            choices = [_choice(endpoint, number, " and", "length") for number in range(count)]
            return web.json_response({"choices": choices})
        return await self._stream(request, body, endpoint)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.key is None or request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        return web.json_response({"error": {"message": "no", "code": "invalid_api_key"}}, status=401)

    async def _stream(self, request: web.Request, body: Mapping[str, Any], endpoint: str) -> web.StreamResponse:
        async with self.streaming(request) as send:
            for number in range(body.get("n", 1) if self.several else 1):
                text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
                for piece in pieces_of(text):
                    await send(event(_choice(endpoint, number, piece)))
                await send(event(_choice(endpoint, number, "", "stop")))
            await send(b"data: [DONE]\n\n")
            return send.response

    @asynccontextmanager
    async def streaming(self, request: web.Request) -> AsyncIterator[Sending]:
        """Give what sends blocks of bytes as the body of an answer, exactly as they are given."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            yield Sending(response)
        except (ConnectionError, asyncio.CancelledError):
            self.left += 1
            raise
        finally:
            self.open -= 1


@dataclass
class Sending:
    """Sends blocks of bytes."""

    response: web.StreamResponse

    async def __call__(self, block: bytes) -> None:
        await self.response.write(block)


@asynccontextmanager
async def model_server(double: Double, port: int = 0) -> AsyncIterator[Double]:
    """Serve on loopback, at any free port unless one is given."""
    app = web.Application()
    app.router.add_get("/v1/models", double.list)
    app.router.add_post("/v1/completions", double.write)
    app.router.add_post("/v1/chat/completions", double.write)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    double.base = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield double
    finally:
        await runner.cleanup()


def pieces_of(text: str) -> list[str]:
    """Return a text in pieces of a word each."""
    words = text.split(" ")
    return [words[0], *(f" {word}" for word in words[1:])] if words[0] else [f" {word}" for word in words[1:]]


def event(choice: Mapping[str, Any]) -> bytes:
    """Return an event as it goes over the wire."""
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


def _choice(endpoint: str, index: int, text: str, finish: str | None = None) -> dict[str, Any]:
    holder = {"text": text} if endpoint == "completions" else {"delta": {"content": text}, "message": {"content": text}}
    return {"index": index, "finish_reason": finish, **holder}


# ---- what may go wrong


def status(number: int, *, code: str = "", text: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a status."""

    async def answer(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
        return web.json_response({"error": {"message": text, "code": code}}, status=number, headers=headers)

    return answer


def blocks(double: Double, *given: bytes, then_hang: bool = False, then_cut: bool = False) -> Answer:
    """Answer with these bytes, each in a block of its own, and then with the end, nothing, or a broken connection."""

    async def answer(request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
        async with double.streaming(request) as send:
            for block in given:
                await send(block)
                await asyncio.sleep(0)
            if then_hang:
                await asyncio.Event().wait()
            if then_cut:
                assert request.transport is not None, "it is connected"
                request.transport.abort()
        return send.response

    return answer


def said(text: str, finish: str | None = None, index: int = 0) -> bytes:
    """Return an event of /completions."""
    return event({"index": index, "text": text, "finish_reason": finish})
