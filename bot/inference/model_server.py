"""The address of a model server, and the model that it is asked for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.settings import NAMED_MODELS, Settings

UNNAMED = ("", *NAMED_MODELS)
"""Values of CAUSAL_MODEL that name no model of a server: the only one there is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long to wait for what, in seconds: for a connection; for the first sign of an answer, which may take a
    model's loading and the server's own queue; for each further one; and, in all, for a server that is in trouble."""

    connect_s: float = 10.0
    first_s: float = 240.0
    next_s: float = 60.0
    trouble_s: float = 90.0
    pause_s: float = 0.5
    longest_pause_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer:
    """A server at `base` (with the path that its endpoints stand under, such as `/v1`) and the name of a model there,
    empty for the only one. `rows` is how many rows may be asked of it at once. The key stays out of the repr."""

    base: str
    model: str = ""
    key: str | None = field(default=None, repr=False)
    rows: int = 192
    waits: Waits = Waits()

    @property
    def host(self) -> str:
        """The name of the machine, with the port where one is named."""
        return urlsplit(self.base).netloc

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, so that texts stay on it."""
        name = urlsplit(self.base).hostname or ""
        if name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(name)
            return address.is_loopback or address.is_unspecified  # as servers print where they listen
        except ValueError:
            return False

    @property
    def told_host(self) -> str:
        """What receipts and /help name: the machine that texts are sent to, empty where they stay here."""
        return "" if self.is_here else self.host


def shown(name: str) -> str:
    """Return the name of a model as people are told it: of a file on the server only the last part."""
    return name.rstrip("/").rpartition("/")[2] if name.startswith(("/", "\\")) or ":\\" in name else name


def server_of(settings: Settings) -> ModelServer | None:
    """Take from the settings what a model server needs; None where the story model is a local one."""
    if settings.engine != "openai" or settings.openai_base_url is None:
        return None
    base = settings.openai_base_url
    if not urlsplit(base).path.strip("/"):
        base = f"{base}/v1"  # what nearly every server has, and nearly everybody leaves out
    name = str(settings.causal_model)
    return ModelServer(
        base=base,
        model="" if name.lower() in UNNAMED else name,
        key=settings.openai_api_key,
        rows=settings.queue_rows,
    )
