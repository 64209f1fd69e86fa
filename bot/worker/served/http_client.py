"""HTTP with a model server: what it lists, one answer, and answers that come a piece at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot.inference.model_server import ModelServer
from bot.worker.served.errors import ServerTrouble, error_in, trouble_of

MAX_ANSWER = 1 << 20
"""Bytes of an answer that is no stream, and of one event of a stream."""
DONE = b"[DONE]"
"""What ends a stream of events."""


class Talk:
    """Talks with one server over kept connections, in one event loop; close it in the end. All methods raise
    `ServerTrouble`. The key goes to that server alone: redirects are not followed."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._waits = waits = server.waits
        headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=waits.connect_s)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers={"User-Agent": "Inkling", **headers},
            timeout=timeout,
            trust_env=not server.is_here,  # a proxy for this machine would be somewhere else
        )

    async def close(self) -> None:
        """End the connections."""
        await self._session.close()

    async def get(self, path: str) -> Any:
        """Return the JSON at a path beneath the base."""
        with self._as_trouble():
            async with asyncio.timeout(self._waits.next_s):
                async with self._session.get(self._server.base + path, allow_redirects=False) as response:
                    raw = await self._body(response)
                    self._check(response, raw)
        return _json_of(raw)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that answers a request."""
        with self._as_trouble():
            async with asyncio.timeout(self._waits.first_s):
                async with await self._post(path, body) as response:
                    raw = await self._body(response)
                    self._check(response, raw)
        return _json_of(raw)

    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """Yield the events that answer a request, to the one that says that all is done, or the end of the answer. A
        server that cannot stream answers with one. Leaving early closes the connection, which ends the work there."""
        with self._as_trouble():
            async with asyncio.timeout(self._waits.first_s):
                response = await self._post(path, body)
            async with response:
                if response.status != 200 or response.content_type == "application/json":
                    async with asyncio.timeout(self._waits.first_s):
                        raw = await self._body(response)
                    self._check(response, raw)
                    yield self._event(raw)
                    return
                async for data in self._events(response):
                    if data == DONE:
                        return
                    yield self._event(data)

    async def _events(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        """Yield what the events of a stream carry. Lines are whole before they are decoded, so that a character may
        lie in two blocks; what is no data is an empty line, a name, or a comment that keeps the connection."""
        rest, wait_s = b"", self._waits.first_s
        while True:
            async with asyncio.timeout(wait_s):
                block = await response.content.readany()
            if not block:
                return
            *lines, rest = (rest + block).replace(b"\r", b"").split(b"\n")
            if len(rest) > MAX_ANSWER:
                raise ServerTrouble(f"{self._where} answers with lines that are too long")
            for line in lines:
                if line.startswith(b"data:") and (data := line[5:].strip()):
                    wait_s = self._waits.next_s
                    yield data

    @property
    def _where(self) -> str:
        return f"the model server at {self._server.host}"

    async def _post(self, path: str, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        """Send a request. A kept connection may be one that the server has closed meanwhile: then, on a new one."""
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}

        async def send() -> aiohttp.ClientResponse:
            url = self._server.base + path
            return await self._session.post(url, data=data, headers=headers, allow_redirects=False)

        try:
            return await send()
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            return await send()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        raw = bytearray()
        async for block in response.content.iter_any():
            raw += block
            if len(raw) > MAX_ANSWER:
                raise ServerTrouble(f"{self._where} answers with more than {MAX_ANSWER >> 20} MiB")
        return bytes(raw)

    def _check(self, response: aiohttp.ClientResponse, raw: bytes) -> None:
        if response.status != 200:
            text = raw.decode("utf-8", "replace")
            raise trouble_of(response.status, _json_of(raw), text, self._server.host, _after_s(response))

    def _event(self, data: bytes) -> Mapping[str, Any]:
        event = _json_of(data)
        if (trouble := error_in(event, self._server.host)) is not None:
            raise trouble
        if not isinstance(event, dict):
            raise ServerTrouble(f"{self._where} does not speak OpenAI's API: check OPENAI_BASE_URL")
        return event

    @contextmanager
    def _as_trouble(self) -> Iterator[None]:
        """Turn what connections raise into one sentence each."""
        try:
            yield
        except TimeoutError as error:
            raise ServerTrouble(f"{self._where} is silent", passing=True) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise ServerTrouble(f"the certificate of {self._server.host} is not valid") from error
        except aiohttp.ClientConnectorError as error:
            reason = error.os_error.strerror or type(error.os_error).__name__
            raise ServerTrouble(f"{self._where} cannot be reached ({reason})", passing=True) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ServerTrouble(f"{self._where} broke off ({type(error).__name__})", passing=True) from error


def _json_of(raw: bytes) -> Any:
    """Return the JSON value of an answer, None where it is none."""
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _after_s(response: aiohttp.ClientResponse) -> float | None:
    """Return in how many seconds the server wants to be asked again, where it says so: in seconds, or as a date, which
    is compared with the server's own clock."""
    given = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(given)
    except ValueError:
        try:
            now = parsedate_to_datetime(response.headers.get("Date", ""))
            seconds = (parsedate_to_datetime(given) - now).total_seconds()
        except (ValueError, TypeError):  # no dates, or one of them without its zone
            return None
    return seconds if 0.0 <= seconds < 1e7 else None
