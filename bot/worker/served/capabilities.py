"""What is known of a server, and how a row is asked for with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.rules.moods import Sampling
from bot.worker.served.chat import Message
from bot.worker.served.dialects import MAX_STOPS, TRANSFORMERS, Dialect, Substitutions, sampling_fields
from bot.worker.served.errors import Refused

Endpoint = Literal["completions", "chat"]
PATHS: Mapping[Endpoint, str] = {"completions": "/completions", "chat": "/chat/completions"}
"""The path of each endpoint, behind the server's base."""
_STANDARD = frozenset({"model", "prompt", "messages", "max_tokens", "max_completion_tokens", "stream"})
"""Fields that no request can do without."""
_OPENAIS = frozenset({"temperature", "top_p", "seed", "stop", "n"})
"""Fields of OpenAI's own, which are left out last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a server has: the endpoint to use, its dialect, the name of the model, the window in tokens, whether one
    request may ask for several texts, which fields it refuses, and what it calls the greatest length of a text."""

    endpoint: Endpoint
    dialect: Dialect
    model: str
    window: int
    several: bool = False
    refused: frozenset[str] = frozenset()
    limit: str = "max_tokens"

    @property
    def path(self) -> str:
        """Where it stands beneath the base."""
        return PATHS[self.endpoint]

    @property
    def described(self) -> str:
        """What a host is told of it."""
        which = "completions" if self.endpoint == "completions" else "chat completions only, so it is asked to go on"
        kind = self.dialect.name if self.dialect.known else "a server of a kind that is not known here"
        return f"{kind}, {which}, window {self.window} tokens"


def without(found: Found, body: Mapping[str, Any], refusal: Refused) -> Found:
    """Return what is known after a refusal of `body`: without the fields that it names, else without all that OpenAI's
    API does not have, then without all that can be left out. Raises the refusal where none of that is its reason."""
    if refusal.status not in (400, 422) or refusal.too_long:
        raise refusal
    if "max_completion_tokens" in refusal.named and found.limit == "max_tokens":
        return replace(found, limit="max_completion_tokens")
    if refusal.unexpected and not found.dialect.nests:
        return replace(found, dialect=TRANSFORMERS, refused=frozenset())
    left_out = {name for name in body if name not in _STANDARD}
    named = left_out & refusal.named
    extras = left_out - _OPENAIS
    dropped = named or extras or left_out
    if not dropped:
        raise refusal
    return replace(found, refused=found.refused | dropped)


def request_body(
    found: Found,
    prompt: str | Sequence[Message],
    *,
    sampling: Sampling,
    seed: int,
    tokens: int,
    count: int,
    stop: Sequence[str] = (),
    stream: bool = False,
) -> tuple[dict[str, Any], Substitutions]:
    """Return the body of a request for `count` texts, and what stands in for what the server lacks. The `prompt` is a
    text for completions, and messages for chat."""
    body: dict[str, Any] = {"model": found.model, found.limit: tokens, "stream": stream}
    body["prompt" if isinstance(prompt, str) else "messages"] = prompt
    fields, instead = sampling_fields(found.dialect, sampling, found.refused)
    optional: dict[str, Any] = {"seed": seed}
    if stop:
        optional["stop"] = list(stop[:MAX_STOPS])
    if count > 1:
        optional["n"] = count
    if stream and count == 1:
        optional["stream_options"] = {"include_usage": True}
    if "seed" in found.refused:
        instead = (*instead, ("seed", "nothing: the server refuses it"))
    return body | {name: value for name, value in optional.items() if name not in found.refused} | fields, instead
