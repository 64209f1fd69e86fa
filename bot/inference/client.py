"""The engine at the other end of a Unix socket or of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

import aiohttp
import msgspec

from bot.errors import InferenceError, WorkerRefused, WorkerUnavailable
from bot.inference.protocol import Continuation, Fill, GenerateRequest, Health, Partial, ProposeRequest, ScoreRequest
from bot.inference.wire import KEEP_ALIVE_S, EmbedRequest, Line, Problem

AnswerT = TypeVar("AnswerT")

CONNECT_S = 5.0
"""Seconds for making a connection."""
SILENCE_S = 9 * KEEP_ALIVE_S
"""A generating worker that sends not even an empty line for so long is taken for gone. A supervisor sees that sooner,
and starts another."""
ANSWER_S = 600.0
"""Seconds for one proposal, score or embedding, waiting for its model to load included."""
HEALTH_S = 5.0
"""Seconds for an answer about the worker's health."""

_lines = msgspec.json.Decoder(Line)
_problems = msgspec.json.Decoder(Problem)


class EngineClient:
    """An `Engine` at `unix:///path/of/socket`, `http://host:port` or `https://…`, the latter two with a token.

    It opens its connections when first used; close it in the end, or use it as `async with`.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        scheme, separator, rest = url.partition("://")
        if not (separator and rest and scheme in ("unix", "http", "https")):
            raise ValueError(f"{url!r} is not unix:///path, http://host:port or https://host")
        if scheme != "unix" and not token:
            raise ValueError(f"a worker at {scheme}:// needs a token")
        self.url = url
        self._socket = rest if scheme == "unix" else None
        self._base = "http://worker" if scheme == "unix" else url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session: aiohttp.ClientSession | None = None
        self._waits: set[asyncio.Timeout] = set()

    async def __aenter__(self) -> EngineClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; what still runs over them ends with `WorkerUnavailable`."""
        for wait in self._waits:
            # aiohttp leaves who reads from a connection that is closed here waiting for ever.
            wait.reschedule(asyncio.get_running_loop().time())
        if self._session is not None:
            await self._session.close()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        """See `Engine.generate`."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
        with self._as_ours():
            response = await self._wait(self._open().post("/v1/generate", data=_encode(request), timeout=timeout))
            async with response:
                await self._wait(_raise_for(response))
                buffer = b""
                while block := await self._wait(response.content.readany()):
                    *lines, buffer = (buffer + block).split(b"\n")
                    for line in filter(None, lines):
                        event = _event(_lines.decode(line))
                        if event is None:
                            return
                        yield event
        raise WorkerUnavailable("the worker broke off its answer")

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        """See `Engine.propose`."""
        return await self._ask("/v1/propose", request, list[list[Fill]])

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        """See `Engine.score`."""
        return await self._ask("/v1/score", request, list[list[float]])

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        """See `Engine.embed`."""
        return await self._ask("/v1/embed", EmbedRequest(texts=tuple(texts), tenant=tenant), list[list[float]])

    async def health(self, *, within_s: float = HEALTH_S) -> Health:
        """See `Engine.health`. Raises `WorkerUnavailable` where no answer comes within `within_s` seconds."""
        timeout = aiohttp.ClientTimeout(total=within_s)
        with self._as_ours():
            return msgspec.json.decode(
                await self._wait(_read(self._open().get("/healthz", timeout=timeout))), type=Health
            )

    async def _ask(self, path: str, request: Any, answer: type[AnswerT]) -> AnswerT:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S)
        with self._as_ours():
            response = self._open().post(path, data=_encode(request), timeout=timeout)
            return msgspec.json.decode(await self._wait(_read(response)), type=answer)

    async def _wait(self, answer: Awaitable[AnswerT]) -> AnswerT:
        """Await something that `close` breaks off."""
        async with asyncio.timeout(None) as wait:
            self._waits.add(wait)
            try:
                return await answer
            finally:
                self._waits.discard(wait)

    @contextmanager
    def _as_ours(self) -> Iterator[None]:
        """Turn what connections and their contents raise into `WorkerUnavailable`."""
        try:
            yield
        except (TimeoutError, aiohttp.ClientError, OSError, msgspec.MsgspecError) as error:
            whose = "the models' process" if self._socket is not None else f"the worker at {self.url}"
            raise WorkerUnavailable(f"{whose} cannot be reached ({_reason(error)})") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is not None and self._session.closed:
            raise WorkerUnavailable("the connection to the worker is closed")
        if self._session is None:
            # A new connection costs nothing there, and none is found dead that a worker of before held open.
            connector: aiohttp.BaseConnector = (
                aiohttp.UnixConnector(path=self._socket, limit=0, force_close=True)
                if self._socket is not None
                else aiohttp.TCPConnector(limit=0)
            )
            headers = {**self._headers, "Content-Type": "application/json"}
            self._session = aiohttp.ClientSession(self._base, connector=connector, headers=headers)
        return self._session


def _encode(request: Any) -> bytes:
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError as error:
        raise WorkerRefused("the text holds half of a character (a lone surrogate)") from error


def _event(line: Line) -> Partial | Continuation | None:
    """Return what a line carries; None at the end. Raises what the worker reports."""
    if line.problem is not None:
        raise _error(line.problem)
    return line.partial or line.finished


def _error(problem: Problem) -> InferenceError:
    kinds = {"refused": WorkerRefused, "unavailable": WorkerUnavailable, "failed": InferenceError}
    return kinds[problem.kind](problem.message)


async def _read(answer: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> bytes:
    async with answer as response:
        await _raise_for(response)
        return await response.read()


async def _raise_for(response: aiohttp.ClientResponse) -> None:
    if response.status == 200:
        return
    try:
        problem = _problems.decode(await response.read())
    except msgspec.MsgspecError as error:
        raise WorkerUnavailable(f"the worker answered {response.status} {response.reason}") from error
    raise _error(problem)


def _reason(error: Exception) -> str:
    """Return what a connection ended with, in words that name no address."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
