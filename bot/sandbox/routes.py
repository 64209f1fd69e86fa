"""The page's HTTP. Every channel, thread and person has an address: what stands behind the address's `#` is

    <secret>[.<channel id>[.<person id>]]

which SimCord's page sends whole with each request, as its secret. So SimCord's own scripts serve every channel as they
are, each tab of the browser may be somewhere else, and an address can be kept and opened again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from importlib import resources
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from bot.sandbox.channels import visible_channels
from bot.sandbox.simulation import Preview, PreviewServer, simcord

SECRET, CONTEXT = "X-Simcord-Capability", "X-Simcord-Context"
LIST = "/api/channels"
OWN = {"/channels.css": "text/css", "/channels.js": "text/javascript", "/presses.js": "text/javascript"}
HEAD = (
    '<link rel="stylesheet" href="/channels.css">'
    '<script type="module" src="/channels.js"></script><script type="module" src="/presses.js"></script></head>'
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody wants to be, and as whom; None is the first channel, and the first person."""

    secret: str
    channel_id: int | None = None
    person_id: int | None = None

    @classmethod
    def read(cls, text: str) -> Address:
        """Read what stands behind the `#`; what cannot be read counts as left out."""
        secret, *rest = text.split(".")
        channel_id, person_id = (
            int(part) if part.isascii() and part.isdecimal() else None for part in [*rest, "", ""][:2]
        )
        return cls(secret, channel_id, person_id)


class PageRoutes(PreviewServer):
    """SimCord's server, with an address for each channel and the list of them."""

    _STATIC_FILES = PreviewServer._STATIC_FILES | {LIST: "", **{path: path[1:] for path in OWN}}

    def __init__(self, page: Preview, port: int, at: Callable[[Address], AbstractContextManager[None]]) -> None:
        """`at` is entered while a request from an address is answered."""
        super().__init__(page, port)
        self._page = page
        self._at = at

    def _authorized(self, request: Any, *, context: str | None = None) -> bool:
        headers = request.headers.copy()
        headers[SECRET] = _address(request).secret
        return super()._authorized(SimpleNamespace(headers=headers), context=context)

    async def _pages(self, request: Any) -> Any:
        with self._at(_address(request)):
            return await super()._pages(request)

    async def _static(self, request: Any) -> Any:
        if request.path == LIST:
            return self._list(request)
        if request.path in OWN:
            text = resources.files(__package__).joinpath("static", request.path[1:]).read_text(encoding="utf-8")
            return web.Response(text=text, content_type=OWN[request.path], headers=self._SECURITY_HEADERS)
        response = await super()._static(request)
        if request.path == "/":
            response.text = response.text.replace("</head>", HEAD, 1)
        return response

    def _list(self, request: Any) -> web.Response:
        """Answer with what the person of a page sees: `{"here": id, "channels": [Entry, …]}`."""
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        try:
            page = self._page._get_page(request.headers.get(CONTEXT))
        except simcord.SetupError:
            raise web.HTTPGone from None
        entries = [asdict(entry) for entry in visible_channels(self._page.env, page.viewer)]
        answer = {"here": str(page.channel_id), "channels": entries}
        return web.json_response(answer, headers=self._SECURITY_HEADERS)


def _address(request: Any) -> Address:
    return Address.read(request.headers.get(SECRET, ""))
