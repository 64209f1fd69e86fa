"""A small Discord on loopback: REST and gateway over real sockets, for what a simulation cannot show.

It speaks just enough of API v10 for one application: log in, identify, register commands, receive
interactions and answer them. Every request body is recorded, and checked against Discord's own OpenAPI
description where a `check` is given. What is to go wrong (rate limits, cut connections) is said in `trouble`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web
from discord.utils import time_snowflake, utcnow

from tests.support.limits import faults_of_request
from tests.support.patience import PATIENCE_S
from tests.wire.faults import Handler, Trouble
from tests.wire.objects import (
    APPLICATION_ID,
    CHANNEL_ID,
    DM_CHANNEL_ID,
    GUILD_ID,
    PERMISSIONS,
    SESSION_LIMIT,
    application,
    bot_user,
    guild,
    message_object,
    thread,
)

Json = Any
Check = Callable[[str, str, Json], None]
"""check(method, path, body): raises AssertionError where Discord's description forbids the body."""

TOKEN = "d2lyZS10ZXN0LWJvdC1pZC0w.wire-1.token-that-must-never-be-logged"
Damage = Literal["cut short", "no object", "not zlib"]
"""What becomes of a frame on its way: half of its JSON, JSON of another shape, or bytes that are no zlib stream."""
NO_ZLIB = b"\x07\x07\x07\x07\x00\x00\xff\xff"


@dataclass(frozen=True, slots=True)
class Request:
    """One REST request as the bot sent it: its JSON `body`, and the names of attached `files`."""

    method: str
    path: str
    body: Json
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class DiscordServer:
    """The running server. `requests` grows as the bot talks; `message` finds what is shown now."""

    check: Check | None = None
    trouble: Trouble = field(default_factory=Trouble)
    requests: list[Request] = field(default_factory=list)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    identifies: list[Json] = field(default_factory=list)
    resumes: list[Json] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    port: int = 0
    _newest_id: int = 0
    _sockets: dict[web.WebSocketResponse, _Gateway] = field(default_factory=dict)
    _session: _Session = field(default_factory=lambda: _Session("none"))
    threads: dict[int, Json] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    """People who are members no longer."""
    closes_with: int | None = None
    """The code with which whoever identifies is turned away."""
    ready_lacks: str | None = None
    """What is left out of READY."""
    _originals: dict[str, int] = field(default_factory=dict)
    _thinking: set[int] = field(default_factory=set)
    """Messages that were promised: the first follow-up, or an edit, fills them."""
    _acknowledged: set[str] = field(default_factory=set)
    """The tokens of the interactions that have their first answer."""
    _answers: dict[str, Json] = field(default_factory=dict)
    _channels: dict[str, int] = field(default_factory=dict)
    _nonces: dict[tuple[int, str], int] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def api_base(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    def new_id(self) -> int:
        """Return an id that tells when it was made, as Discord's do: by it the age of an interaction is known."""
        self._newest_id = max(self._newest_id + 1, time_snowflake(utcnow()))
        return self._newest_id

    async def wait_for(self, found: Callable[[], Any], *, timeout_s: float = PATIENCE_S) -> Any:
        """Return the first truthy value of `found()`, looked at after every request."""
        async with asyncio.timeout(timeout_s), self._changed:
            while not (value := found()):
                await self._changed.wait()
            return value

    async def notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def dispatch(self, event: str, data: Json, *, damage: Damage | None = None) -> None:
        """Send a gateway event. Who is not connected gets it when the session is resumed. With `damage` it arrives
        as that makes it, this once."""
        frame = self._session.add(event, data)
        for gateway in [each for each in self._sockets.values() if each.live]:
            with contextlib.suppress(ConnectionError):  # the program was killed a moment ago
                await gateway.send(frame, damage)

    async def dispatch_nonsense(self) -> None:
        """Send what is no event in an event's place, and again whenever the session is resumed before it."""
        self._session.frames.append(["nonsense"])
        for gateway in [each for each in self._sockets.values() if each.live]:
            await gateway.send(self._session.frames[-1])

    async def hang_up(self, code: int) -> None:
        """Close every connection to the gateway with a code; the session can be resumed."""
        for gateway in list(self._sockets.values()):
            await gateway.socket.close(code=code)

    async def say(self, op: int, data: Json) -> None:
        """Send what is no event to everybody who is connected: op 7, op 9."""
        for gateway in list(self._sockets.values()):
            await gateway.send({"op": op, "d": data, "t": None, "s": None})

    async def interact(self, payload: Json) -> str:
        """Send an INTERACTION_CREATE; `payload` holds what differs. Returns the interaction's token."""
        number = self.new_id()
        token = f"interaction-{number}"
        base = {
            "id": str(number),
            "application_id": str(APPLICATION_ID),
            "token": token,
            "version": 1,
            "channel_id": str(CHANNEL_ID),
            "entitlements": [],
            "app_permissions": PERMISSIONS,
            "attachment_size_limit": 10_485_760,
        }
        whole = base | payload
        if (clicked := whole.get("message")) is not None:
            self._originals[token] = int(clicked["id"])  # what a click answers by editing
        self._channels[token] = int(whole["channel_id"])
        await self.dispatch("INTERACTION_CREATE", whole)
        return token

    def answer(self, token: str) -> Json | None:
        """Return the newest message that tells the person of `token` something, private ones behind an edit too."""
        return self._answers.get(token)

    def shown_in(self, channel_id: int) -> list[Json]:
        """Return the messages of a channel or thread that everybody sees, the oldest first."""
        return [
            message
            for _, message in sorted(self.messages.items())
            if message["channel_id"] == str(channel_id) and not message["flags"] & 64
        ]

    @property
    def promised(self) -> list[int]:
        """The messages that say "thinking" and that nothing has filled or deleted."""
        return sorted(self._thinking & self.messages.keys())

    def original(self, token: str) -> Json | None:
        """Return the message that answers the interaction of `token`, or None while there is none."""
        number = self._originals.get(token)
        return None if number is None or number in self._thinking else self.messages.get(number)

    # -- REST ---------------------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record a request, check its body, and answer it."""
        body, files = await _read_body(request)
        path = request.path.removeprefix("/api/v10")
        self.requests.append(Request(request.method, path, body, files))
        self.faults += [f"{request.method} {path}: {each}" for each in faults_of_request(request.method, path, body)]
        if self.check is not None and body is not None:
            try:
                self.check(request.method, path, body)
            except AssertionError as error:
                self.faults.append(f"{request.method} {path}: {error}")
        try:
            return await self._answer(request, path, body)
        finally:
            await self.notify()

    async def _answer(self, request: web.Request, path: str, body: Json) -> web.StreamResponse:
        authorised = request.headers.get("Authorization") == f"Bot {TOKEN}"
        parts = path.strip("/").split("/")
        match request.method, parts:
            case _, ["interactions", _, token, "callback"]:
                return self._callback(token, body)
            case method, ["webhooks", _, token, *rest]:
                return self._webhook(method, token, rest, body)
        if not authorised:
            return _refused(401, 0, "401: Unauthorized")
        match request.method, parts:
            case "GET", ["users", "@me"]:
                return _json(bot_user())
            case "GET", ["oauth2", "applications", "@me"] | ["applications", "@me"]:
                return _json(application())
            case "POST", ["users", "@me", "channels"]:
                recipient = {"id": body["recipient_id"], "username": "person", "discriminator": "0", "avatar": None}
                return _json({"id": str(DM_CHANNEL_ID), "type": 1, "recipients": [recipient], "last_message_id": None})
            case "GET", ["gateway", "bot"]:
                return _json({"url": self.gateway_url, "shards": 1, "session_start_limit": SESSION_LIMIT})
            case "GET", ["applications", _, "commands"]:
                return _json(self.commands.get("global", []))
            case "GET", ["applications", _, "guilds", guild, "commands"]:
                return _json(self.commands.get(guild, []))
            case "PUT", ["applications", _, "commands"]:
                return self._register("global", body)
            case "PUT", ["applications", _, "guilds", guild, "commands"]:
                return self._register(guild, body)
            case "POST", ["channels", channel, "messages"] if self._exists(int(channel)):
                return _json(self._post(body, int(channel)))
            case "GET", ["channels", channel, "messages"] if self._exists(int(channel)):
                return _json(self._history(int(channel), request.query))
            case "PATCH" | "DELETE", ["channels", _, "messages", number] if int(number) not in self.messages:
                return _refused(404, 10008, "Unknown Message")
            case "PATCH", ["channels", _, "messages", number]:
                return self._edit(int(number), body)
            case "DELETE", ["channels", _, "messages", number]:
                del self.messages[int(number)]
                return web.Response(status=204)
            case "GET", ["channels", _, "messages", number] if int(number) in self.messages:
                return _json(self.messages[int(number)])
        return self._answer_about_threads(request.method, parts, body)

    def _answer_about_threads(self, method: str, parts: list[str], body: Json) -> web.StreamResponse:
        match method, parts:
            case "POST", ["channels", channel, "threads"]:
                number = self.new_id()
                self.threads[number] = thread(number, int(channel), body["name"])
                return _json(self.threads[number])
            case "GET", ["guilds", _, "threads", "active"]:
                active = [each for each in self.threads.values() if not each["thread_metadata"]["archived"]]
                return _json({"threads": active, "members": [], "has_more": False})
            case "GET", ["channels", _, "threads", "archived", "public"]:
                archived = [each for each in self.threads.values() if each["thread_metadata"]["archived"]]
                return _json({"threads": archived, "members": [], "has_more": False})
            case "PUT" | "DELETE", ["channels", _, "pins", number] | ["channels", _, "messages", "pins", number]:
                (self.pinned.add if method == "PUT" else self.pinned.discard)(int(number))
                return web.Response(status=204)
            case "GET", ["channels", channel] if int(channel) in self.threads:
                return _json(self.threads[int(channel)])
            case "PATCH", ["channels", channel] if int(channel) in self.threads:
                return _json(self._edit_thread(int(channel), body))
            case "GET", ["guilds", _, "members", person] if int(person) not in self.left:
                user = {"id": person, "username": f"person{person[-2:]}", "discriminator": "0", "avatar": None}
                joined = "2026-01-01T00:00:00+00:00"
                return _json({"user": user, "roles": [], "joined_at": joined, "deaf": False, "mute": False, "flags": 0})
        return _refused(404, 10003, "Unknown Channel")

    def _exists(self, channel_id: int) -> bool:
        return channel_id in (CHANNEL_ID, DM_CHANNEL_ID) or channel_id in self.threads

    def _post(self, body: Json, channel_id: int) -> Json:
        """Store a message, or answer with the one that came with the same nonce before, as Discord does."""
        nonce = body.get("nonce") if body.get("enforce_nonce") else None
        if nonce is None:
            return self._store(body, channel_id)
        number = self._nonces.get((channel_id, str(nonce)))
        if number is None or number not in self.messages:
            number = self._nonces[channel_id, str(nonce)] = int(self._store(body, channel_id)["id"])
        return self.messages[number]

    def _history(self, channel_id: int, query: Mapping[str, str]) -> list[Json]:
        """The newest messages first, `limit` at most, `before` or `after` one; with `after` the nearest to it."""
        found = [each for each in self.shown_in(channel_id) if int(each["id"]) < int(query.get("before", 2**63))]
        found = [each for each in found if int(each["id"]) > int(query.get("after", 0))]
        limit = int(query.get("limit", 50))
        return (found[:limit] if "after" in query else found[-limit:])[::-1]

    def _edit_thread(self, number: int, body: Json) -> Json:
        known = self.threads[number]
        for name, value in body.items():
            place = known["thread_metadata"] if name in known["thread_metadata"] else known
            place[name] = value
        return known

    def _register(self, where: str, body: Json) -> web.Response:
        registered = [
            {
                "description": "",
                **command,
                "id": str(self.new_id()),
                "application_id": str(APPLICATION_ID),
                "version": "1",
            }
            for command in body
        ]
        self.commands[where] = registered
        return _json(registered)

    def _callback(self, token: str, body: Json) -> web.StreamResponse:
        kind, data = body["type"], body.get("data") or {}
        if token in self._acknowledged:
            return _refused(400, 40060, "Interaction has already been acknowledged.")
        self._acknowledged.add(token)
        if kind in (4, 5):
            shown = {"flags": data.get("flags", 0)} if kind == 5 else data
            message = self._store(shown, self._channels.get(token, CHANNEL_ID))
            self._originals[token] = int(message["id"])
            if kind == 4:
                self._answers[token] = message
            else:
                self._thinking.add(int(message["id"]))
            resource = {"type": kind, "message": message}
            answer = {"interaction": {"id": "1", "type": 2, "response_message_id": message["id"]}}
            return _json({**answer, "resource": resource})
        if kind == 7 and data and (number := self._originals.get(token)) in self.messages:
            self._edit(int(str(number)), data)
            self._answers[token] = self.messages[int(str(number))]
        return _json({"interaction": {"id": "1", "type": 2}, "resource": {"type": kind}})

    def _webhook(self, method: str, token: str, rest: list[str], body: Json) -> web.StreamResponse:
        if token not in self._acknowledged:
            return _refused(404, 10015, "Unknown Webhook")
        original = self._originals.get(token)
        if method == "POST" and original in self._thinking and original in self.messages:
            self._thinking.remove(original)
            self._answers[token] = self.messages[original]
            return self._edit(original, body | {"flags": self.messages[original]["flags"] | (body.get("flags") or 0)})
        if method == "POST":
            self._answers[token] = self._store(body, self._channels.get(token, CHANNEL_ID))
            return _json(self._answers[token])
        number = self._originals.get(token) if rest[-1] == "@original" else int(rest[-1])
        if number is None or number not in self.messages:
            return _refused(404, 10008, "Unknown Message")
        match method:
            case "PATCH":
                self._thinking.discard(number)
                return self._edit(number, body)
            case "DELETE":
                del self.messages[number]
                return web.Response(status=204)
            case _:
                return _json(self.messages[number])

    def _edit(self, number: int, body: Json) -> web.StreamResponse:
        self.messages[number] |= {key: value for key, value in body.items() if value is not None}
        return _json(self.messages[number])

    def _store(self, body: Json, channel_id: int) -> Json:
        number = self.new_id()
        stored = message_object(
            number,
            channel_id,
            bot_user(),
            body.get("content") or "",
            embeds=body.get("embeds") or [],
            components=body.get("components") or [],
            flags=body.get("flags") or 0,
        )
        self.messages[number] = stored | {"application_id": str(APPLICATION_ID), "webhook_id": str(APPLICATION_ID)}
        return self.messages[number]

    # -- gateway ------------------------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one gateway session until it is closed."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        gateway = _Gateway(socket, compressed=request.query.get("compress") == "zlib-stream")
        self._sockets[socket] = gateway
        try:
            await gateway.send({"op": 10, "d": {"heartbeat_interval": 41_250}, "t": None, "s": None})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(gateway, json.loads(message.data))
        finally:
            del self._sockets[socket]
            await self.notify()
        return socket

    async def _receive(self, gateway: _Gateway, payload: Json) -> None:
        match payload["op"]:
            case 1:
                await gateway.send({"op": 11, "d": None, "t": None, "s": None})
            case 2:
                self.identifies.append(payload["d"])
                await self._begin(gateway, payload["d"]["token"])
                await self.notify()
            case 6:
                self.resumes.append(payload["d"])
                if payload["d"]["session_id"] != self._session.id:
                    await gateway.send({"op": 9, "d": False, "t": None, "s": None})
                    return
                for frame in self._session.frames[payload["d"]["seq"] :]:
                    await gateway.send(frame)
                gateway.live = True
                await gateway.send(self._session.add("RESUMED", {"_trace": []}))
                await self.notify()

    async def _begin(self, gateway: _Gateway, token: str) -> None:
        if (code := self.closes_with) is not None or token != TOKEN:
            await gateway.socket.close(code=code or 4004)
            return
        self._session = _Session(f"session-{len(self.identifies)}")
        gateway.live = True
        await gateway.send(self._session.add("READY", self._ready()))
        await gateway.send(self._session.add("GUILD_CREATE", guild(list(self.threads.values()))))

    def _ready(self) -> Json:
        whole = {
            "v": 10,
            "user": bot_user(),
            "guilds": [{"id": str(GUILD_ID), "unavailable": True}],
            "session_id": self._session.id,
            "resume_gateway_url": self.gateway_url,
            "application": {"id": str(APPLICATION_ID), "flags": 0},
        }
        return {name: value for name, value in whole.items() if name != self.ready_lacks}


@dataclass(slots=True)
class _Session:
    """What was sent in a session, to be sent again from any place on."""

    id: str
    frames: list[Json] = field(default_factory=list)

    def add(self, event: str, data: Json) -> Json:
        self.frames.append({"op": 0, "d": data, "t": event, "s": len(self.frames) + 1})
        return self.frames[-1]


@dataclass(slots=True)
class _Gateway:
    """One connection: its socket and its zlib stream."""

    socket: web.WebSocketResponse
    compressed: bool
    live: bool = False
    """Whether a session has begun, or gone on, on it."""
    _zlib: Any = field(default_factory=zlib.compressobj)

    async def send(self, frame: Json, damage: Damage | None = None) -> None:
        text = json.dumps(frame).encode()
        if damage == "cut short":
            text = text[: len(text) // 2]
        elif damage == "no object":
            text = b"[1]"
        if not self.compressed:
            await self.socket.send_str(text.decode())
            return
        packed = self._zlib.compress(text) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        await self.socket.send_bytes(NO_ZLIB if damage == "not zlib" else packed)


def _trouble(server: DiscordServer) -> Any:
    """Return what lets requests go wrong as the server's `trouble` says, the gateway's too."""

    @web.middleware
    async def interfere(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await server.trouble.answer(request, handler)
        finally:
            await server.notify()

    return interfere


@asynccontextmanager
async def running_discord(check: Check | None = None) -> AsyncIterator[DiscordServer]:
    """Run the server on a free loopback port."""
    server = DiscordServer(check=check)
    app = web.Application(client_max_size=32 * 1024 * 1024, middlewares=[_trouble(server)])
    app.router.add_get("/gateway", server.connect)
    app.router.add_get("/gateway/", server.connect)
    app.router.add_route("*", "/api/v10/{rest:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


def _json(data: Json, *, status: int = 200) -> web.Response:
    """Answer as Discord does: its content type names no charset, and discord.py looks for just that."""
    return web.Response(body=json.dumps(data).encode(), content_type="application/json", status=status)


def _refused(status: int, code: int, message: str) -> web.Response:
    return _json({"message": message, "code": code}, status=status)


async def _read_body(request: web.Request) -> tuple[Json, tuple[str, ...]]:
    if request.content_type != "multipart/form-data":
        text = await request.text()
        return (json.loads(text) if text else None), ()
    form = await request.post()
    files = tuple(value.filename for value in form.values() if isinstance(value, web.FileField))
    payload = form.get("payload_json")
    return (json.loads(payload) if isinstance(payload, str) else None), files
