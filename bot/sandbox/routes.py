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
from bot.sandbox.menus import offered_menus
from bot.sandbox.simulation import Page, Preview, PreviewServer, simcord

SECRET, CONTEXT = "X-Simcord-Capability", "X-Simcord-Context"
"""The headers with the page's secret, and with the person and place that it is seen as."""
LIST, MENUS = "/api/channels", "/api/menus"
"""The paths that answer with the threads, and with the menu of a message."""
STYLES = ("/channels.css", "/toolbar.css", "/menus.css", "/messages.css")
"""The paths of the style sheets that the page has beside SimCord's own."""
SCRIPTS = (
    "/requests.js",
    "/channels.js",
    "/presses.js",
    "/toolbar.js",
    "/following.js",
    "/menus.js",
    "/lists.js",
    "/typing.js",
)
"""The paths of the scripts that the page has beside SimCord's own."""
OWN = dict.fromkeys(STYLES, "text/css") | dict.fromkeys(SCRIPTS, "text/javascript")
"""What the page has beside SimCord's own, and what it is."""
HEAD = "".join(
    [
        *(f'<link rel="stylesheet" href="{path}">' for path in STYLES),
        *(f'<script type="module" src="{path}"></script>' for path in SCRIPTS),
    ]
)
"""The HTML that loads these style sheets and scripts."""
_STATUS = 'Object.defineProperty(window, "simcordPreview"'
"""The place in SimCord's script before which a line is put in."""
_OPTION = 'field.value = typeof value?.raw === "boolean" ?'
"""The place in SimCord's script where it shows the value that was chosen for an option: its name is shown instead."""
CHANGED = {
    "/": {
        "</head>": HEAD + "</head>",
        "<title>SimCord Preview</title>": "<title>Inkling</title>",
        '<span class="brand-mark" aria-hidden="true">S</span>': '<span class="brand-mark" aria-hidden="true">I</span>',
        "<strong>SimCord</strong><small>Preview</small>": "<strong>Inkling</strong>",
        'aria-label="SimCord preview"': 'aria-label="Inkling\'s sandbox"',
    },
    "/app.js": {_STATUS: f"window.simcordDispatch = dispatch;\n{_STATUS}"},
    "/commands.js": {_OPTION: _OPTION.replace("=", "= value?.label !== undefined ? value.label :", 1)},
}
"""What SimCord's own files say otherwise here: each text on the left stands there once."""


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
    """SimCord's server, with an address for each channel, the list of them, and the menus of messages."""

    _STATIC_FILES = PreviewServer._STATIC_FILES | dict.fromkeys((LIST, MENUS), "") | {path: path[1:] for path in OWN}

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
        if request.path == MENUS:
            return self._menus(request)
        if request.path in OWN:
            text = resources.files(__package__).joinpath("static", request.path[1:]).read_text(encoding="utf-8")
            return web.Response(text=text, content_type=OWN[request.path], headers=self._SECURITY_HEADERS)
        response = await super()._static(request)
        for text, ours in CHANGED.get(request.path, {}).items():
            response.text = response.text.replace(text, ours, 1)
        return response

    def _list(self, request: Any) -> web.Response:
        """Answer with what the person of a page sees: `{"here": id, "channels": [Entry, …]}`."""
        page = self._page_of(request)
        entries = [asdict(entry) for entry in visible_channels(self._page.env, page.viewer)]
        answer = {"here": str(page.channel_id), "channels": entries}
        return web.json_response(answer, headers=self._SECURITY_HEADERS)

    def _menus(self, request: Any) -> web.Response:
        """Answer with what the menu of a message offers the person of a page: `{"menus": [name, …]}`."""
        page = self._page_of(request)
        answer = {"menus": offered_menus(self._page.env, page.viewer, page.channel_id)}
        return web.json_response(answer, headers=self._SECURITY_HEADERS)

    def _page_of(self, request: Any) -> Page:
        """Return the page that asks. Raises `HTTPUnauthorized` and `HTTPGone`."""
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        try:
            return self._page._get_page(request.headers.get(CONTEXT))
        except simcord.SetupError:
            raise web.HTTPGone from None


def _address(request: Any) -> Address:
    return Address.read(request.headers.get(SECRET, ""))
