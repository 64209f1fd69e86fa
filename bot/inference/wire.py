"""What goes between the client and the worker: NDJSON lines, errors, and the bounds of a request.

A request is the JSON of its dataclass in `bot.inference.protocol`. `POST /v1/generate` answers with one `Line` per
text line; an empty line only says that the worker is still there; a line with `end` or `problem` is the last.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from bot.errors import WorkerRefused
from bot.inference.protocol import Continuation, GenerateRequest, Partial, ProposeRequest, Row, ScoreRequest

MAX_BODY = 4 << 20
"""Bytes of a request body."""
KEEP_ALIVE_S = 10.0
"""Seconds of silence after which a generating worker sends an empty line."""
NDJSON = "application/x-ndjson"
"""The content type of a generate request's answer."""

MAX_TEXT = 200_000
"""Characters of one text, and of all pieces of a context."""
MAX_PIECES = 1_000
"""Pieces of a context."""
MAX_ROWS = 256
"""Rows of a generate request."""
MAX_NEW_TOKENS = 4_096
"""Tokens of a row."""
MAX_ITEMS = 4_096
"""Items of a score request, texts to be embedded, and lists of fills to try."""
MAX_GAPS = 64
"""Gaps of a propose request."""
MAX_MASKS = 32
"""The longest fill of a propose request, in masks or words, and how many lengths it names."""
MAX_BEAM = 512
"""The widest beam of a propose request."""
MAX_SAMPLES = 512
"""Samples of a propose request."""
MAX_TENANT = 64
"""Characters of a tenant's name."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer: the request is wrong, the worker cannot now, or it failed."""

    kind: Literal["refused", "unavailable", "failed"]
    message: str


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the answer to a generate request; exactly one field is set."""

    partial: Partial | None = None
    finished: Continuation | None = None
    problem: Problem | None = None
    end: bool = False


class EmbedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `POST /v1/embed`."""

    texts: tuple[str, ...]
    tenant: str = ""


def check_generate(request: GenerateRequest) -> None:
    """Raise `WorkerRefused` where a bound is passed."""
    _within("rows", len(request.rows), 1, MAX_ROWS)
    _within("pieces", len(request.pieces), 0, MAX_PIECES)
    _within("max_new_tokens", request.max_new_tokens, 1, MAX_NEW_TOKENS)
    _within("characters of the pieces", sum(len(piece.text) for piece in request.pieces), 0, MAX_TEXT)
    _check_tenant(request.tenant)
    if not all(request.stop):
        raise WorkerRefused("a stop string is empty")
    if not request.request_id:
        raise WorkerRefused("request_id is empty")
    for row in request.rows:
        _check_row(row)


def _check_row(row: Row) -> None:
    _within("seed", row.seed, 0, 2**32 - 1)
    sampling = row.sampling
    for name in ("temperature", "top_p", "min_p", "typical_p", "xtc_probability", "xtc_threshold"):
        value: float = getattr(sampling, name)
        highest = 100.0 if name == "temperature" else 1.0
        if not (math.isfinite(value) and 0.0 <= value <= highest):
            raise WorkerRefused(f"{name} is {value}; it must be from 0 to {highest:g}")
    for name in ("dry_multiplier", "dry_base"):
        if not math.isfinite(getattr(sampling, name)) or getattr(sampling, name) < 0.0:
            raise WorkerRefused(f"{name} must be 0 or more")


def check_propose(request: ProposeRequest) -> None:
    """Raise `WorkerRefused` where a bound is passed."""
    _within("gaps", len(request.gaps), 1, MAX_GAPS)
    _within("lengths", len(request.lengths), 1, MAX_MASKS)
    for masks in request.lengths:
        _within("a length", masks, 1, MAX_MASKS)
    _within("beam", request.beam, 0, MAX_BEAM)
    _within("samples", request.samples, 0, MAX_SAMPLES)
    _within("fills to try", sum(map(len, request.also)), 0, MAX_ITEMS)
    _check_tenant(request.tenant)


def check_score(request: ScoreRequest) -> None:
    """Raise `WorkerRefused` where a bound is passed."""
    _within("items", len(request.items), 0, MAX_ITEMS)
    _check_tenant(request.tenant)


def check_embed(request: EmbedRequest) -> None:
    """Raise `WorkerRefused` where a bound is passed."""
    _within("texts", len(request.texts), 0, MAX_ITEMS)
    _check_tenant(request.tenant)


def _check_tenant(tenant: str) -> None:
    _within("characters of the tenant", len(tenant), 0, MAX_TENANT)


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise WorkerRefused(f"{name}: {value} is not between {least} and {most}")
