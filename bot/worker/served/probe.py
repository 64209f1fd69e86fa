"""What a server has is found out once, by a look at its list of models and one or two requests of a token each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.inference.model_server import ModelServer
from bot.rules.moods import Sampling
from bot.worker.served.capabilities import PATHS, Found, request_body, without
from bot.worker.served.chat import messages_of
from bot.worker.served.dialects import dialect_of
from bot.worker.served.errors import Refused, ServerTrouble
from bot.worker.served.http_client import Talk

_log = logging.getLogger(__name__)

PLAIN_WINDOW = 4096
"""Tokens that a model is taken to see where its server does not say: what the smallest servers are set to."""
LARGEST_WINDOW = 16_384
"""Tokens that are used of a larger window: a prompt costs time, and at some servers money."""
_WINDOWS = ("max_model_len", "context_length", "max_context_length", "loaded_context_length")
"""The names under which lists of models have the size of a window, in tokens; the first that is there counts."""
_TRIED = Sampling(temperature=0.9, top_p=0.95, min_p=0.02, typical_p=0.99, xtc_probability=0.1, dry_multiplier=0.1)
"""Every field that a row may be asked with."""
_PROMPT = "The harbour was quiet in the morning, and"
"""The text that a server is asked to go on with."""
_NO_LIST = (400, 404, 405, 422)
"""How a server answers that has no list of models. (`transformers serve` fails with 500 where no hub cache is.)"""
_STUBBORN = 8
"""So often a request is asked again without the fields that were refused."""
LONGEST_NAME = 200
"""Characters of a model's name; what is longer is none."""
NAMES_TOLD = 8
"""So many names of models are told in a sentence."""


async def look(server: ModelServer) -> Found:
    """Look at a server over connections of its own, as `inkling doctor` does. Raises `ServerTrouble`."""
    talk = Talk(server)
    try:
        return await find(talk, server)
    finally:
        await talk.close()


async def find(talk: Talk, server: ModelServer) -> Found:
    """Find out what a server has. Raises `ServerTrouble`, `passing` where it is worth asking again."""
    models = await _listed(talk)
    model = server.model or _only(models, server)
    found = Found(
        endpoint="completions",
        dialect=dialect_of(models, model),
        model=model,
        window=_window(models, model),
    )
    refusal: Refused | None = None
    for endpoint in PATHS:
        try:
            return await _try(talk, replace(found, endpoint=endpoint))
        except Refused as error:
            _log.debug("%s: %s", endpoint, error)
            refusal = error if refusal is None or error.unknown_model else refusal
    assert refusal is not None, "there are two endpoints"
    raise _explained(refusal, models, model, server)


async def _listed(talk: Talk) -> list[Mapping[str, Any]]:
    """Return the models that a server lists; none where it has no list, or cannot make it."""
    try:
        answer = await talk.get("/models")
    except ServerTrouble as error:
        if error.status in _NO_LIST or error.status >= 500:
            return []
        raise
    data = answer.get("data") if isinstance(answer, dict) else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _only(models: list[Mapping[str, Any]], server: ModelServer) -> str:
    """Return the name of the only model."""
    names = _names(models)
    if len(names) == 1:
        return names[0]
    if not names:
        raise ServerTrouble(
            f"the model server at {server.host} does not say which models it has: name one in CAUSAL_MODEL, "
            "and check that OPENAI_BASE_URL ends as the server wants it, often in /v1"
        )
    raise ServerTrouble(
        f"the model server at {server.host} has {len(names)} models ({_shown(names)}): name one in CAUSAL_MODEL"
    )


def _names(models: list[Mapping[str, Any]]) -> list[str]:
    names = (one.get("id") for one in models)
    return [name for name in names if isinstance(name, str) and name.isprintable() and len(name) <= LONGEST_NAME]


def _shown(names: list[str]) -> str:
    more = ", …" if len(names) > NAMES_TOLD else ""
    return ", ".join(names[:NAMES_TOLD]) + more


def _window(models: list[Mapping[str, Any]], model: str) -> int:
    entry = next((one for one in models if one.get("id") == model), {})
    told = [value for name in _WINDOWS if isinstance(value := entry.get(name), int) and value > 0]
    return min(told[0], LARGEST_WINDOW) if told else PLAIN_WINDOW


async def _try(talk: Talk, found: Found) -> Found:
    """Ask for a token with all that rows may be asked with, and again without what is refused."""
    for _ in range(_STUBBORN):
        prompt = _PROMPT if found.endpoint == "completions" else messages_of(_PROMPT)
        body, _ = request_body(found, prompt, sampling=_TRIED, seed=1, tokens=1, count=2, stop=("\n\n\n",))
        try:
            answer = await talk.post(found.path, body)
        except Refused as error:
            found = without(found, body, error)
        else:
            choices = answer.get("choices") if isinstance(answer, dict) else None
            if not isinstance(choices, list) or not choices:
                raise ServerTrouble("the model server does not speak OpenAI's API: check OPENAI_BASE_URL")
            return replace(found, several=len(choices) == 2)
    raise ServerTrouble("the model server refuses one field after another: nothing is left to ask it with")


def _explained(refusal: Refused, models: list[Mapping[str, Any]], model: str, server: ModelServer) -> ServerTrouble:
    """Return the sentence for a server that answers neither way."""
    names = _names(models)
    if refusal.unknown_model or (names and model not in names):
        has = f"; it has {_shown(names)}" if names else ""
        return ServerTrouble(
            f"the model server at {server.host} has no model {model!r}{has}: name one of its models in CAUSAL_MODEL"
        )
    if refusal.status in (404, 405):
        return ServerTrouble(
            f"the model server at {server.host} has neither /completions nor /chat/completions beneath "
            f"{server.base}: check OPENAI_BASE_URL"
        )
    return refusal
