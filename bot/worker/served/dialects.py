"""What the servers that speak OpenAI's API take beyond it, and how a row is asked for in their words.

Most servers pass over fields that they do not know without a word. So what each is known to read stands in a table, by
the `owned_by` that its list of models has; of others only what they refuse is known. What a server lacks is replaced by
the nearest that it has, and the receipt says by what.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.rules.moods import Sampling
from bot.worker.penalties import frequency_penalty, presence_penalty

_MIN_P, _TYPICAL, _DRY, _XTC = "min_p", "typical_p", "dry", "xtc"
"""The names of the samplers that OpenAI's API does not have."""
_SAMPLER_OF = {
    "typical": _TYPICAL,
    "dry_multiplier": _DRY,
    "dry_base": _DRY,
    "dry_allowed_length": _DRY,
    "dry_sequence_breakers": _DRY,
    "xtc_probability": _XTC,
    "xtc_threshold": _XTC,
}
"""The samplers that fields belong to, where they are called otherwise."""
_UNSURE = "sent, but whether the server heeds it is not known"
"""What is told of min-p where nothing is known of the server."""
MAX_STOPS = 4
"""So many stop strings OpenAI's API takes; more are looked for here alone, as all are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a kind of server reads: `samplers` beyond temperature, top-p and the penalties; `neutral` are fields that
    switch its own habits off; `names` what it calls a field; `sharpens`: its temperature comes before min-p; `nests`:
    its fields go, as JSON, into one called generation_config. `known` is False where nothing is known of a server."""

    name: str
    samplers: frozenset[str] = frozenset()
    neutral: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    sharpens: bool = True
    nests: bool = False
    known: bool = True


_NO_THOUGHTS = {"chat_template_kwargs": {"enable_thinking": False}}
"""For models that think before they answer: thoughts would use up what a continuation may be long."""
_EVERY = frozenset({_MIN_P, _TYPICAL, _DRY, _XTC})
"""All samplers that a server may have beyond those of the API."""
TAILS = 4.2
"""How much probability top-p cuts off where it stands in for min-p, for each unit of min-p as it acts before the
temperature: with it the moods are about as open as with min-p (`benchmarks.moods`)."""
LEAST_TOP_P = 0.3
"""The least that top-p is set to instead of min-p."""
UNKNOWN = Dialect(name="unknown", samplers=frozenset({_MIN_P}), known=False)
"""For a server that is not known."""
TRANSFORMERS = Dialect(name="transformers serve", samplers=frozenset({_MIN_P, _TYPICAL}), nests=True)
"""It is known by its refusals: it takes nothing but OpenAI's fields, and samples only where its own one asks for it."""
DIALECTS: Mapping[str, Dialect] = {
    "vllm": Dialect(
        name="vLLM",
        samplers=frozenset({_MIN_P}),
        neutral={"top_k": -1, "repetition_penalty": 1.0, **_NO_THOUGHTS},
    ),
    "sglang": Dialect(
        name="SGLang",
        samplers=frozenset({_MIN_P}),
        neutral={"top_k": -1, "repetition_penalty": 1.0, **_NO_THOUGHTS},
    ),
    "llamacpp": Dialect(
        name="llama.cpp",
        samplers=_EVERY,
        neutral={"top_k": 0, "repeat_penalty": 1.0, "cache_prompt": True, **_NO_THOUGHTS},
        sharpens=False,
    ),
    "koboldcpp": Dialect(
        name="KoboldCpp",
        samplers=_EVERY,
        neutral={"top_k": 0, "rep_pen": 1.0},
        names={"typical_p": "typical"},
        sharpens=False,
    ),
    "tabbyAPI": Dialect(
        name="TabbyAPI",
        samplers=_EVERY,
        neutral={"top_k": 0, "repetition_penalty": 1.0, "temperature_last": True},
        sharpens=False,
    ),
    "user": Dialect(
        name="text-generation-webui",
        samplers=_EVERY,
        neutral={"top_k": 0, "repetition_penalty": 1.0, "temperature_last": True},
        sharpens=False,
    ),
    "library": Dialect(name="Ollama", neutral={"reasoning_effort": "none"}),
    "organization_owner": Dialect(name="LM Studio", neutral={"top_k": 0, "repeat_penalty": 1.0}),
}
"""By `owned_by` in the list of models."""


def dialect_of(models: Collection[Mapping[str, Any]], model: str) -> Dialect:
    """Return the dialect of a server by what it lists of a model."""
    entry = next((one for one in models if one.get("id") == model), None) or next(iter(models), {})
    supported = entry.get("supported_parameters")
    if isinstance(supported, list):  # OpenRouter tells of each model what its servers take
        samplers = frozenset({_MIN_P}) & frozenset(supported)
        return Dialect(name="OpenRouter", samplers=samplers, neutral={"reasoning": {"enabled": False}})
    owner = entry.get("owned_by")
    return DIALECTS.get(owner, UNKNOWN) if isinstance(owner, str) else UNKNOWN


Substitutions = tuple[tuple[str, str], ...]


def sampling_fields(
    dialect: Dialect, sampling: Sampling, without: Collection[str]
) -> tuple[dict[str, Any], Substitutions]:
    """Return the fields that ask for a row's sampling, but for those in `without`, which the server refuses; and what
    stands in for what it lacks."""
    refused = {_SAMPLER_OF.get(name, name) for name in without}
    wanted, instead = _wanted(replace(dialect, samplers=dialect.samplers - refused), sampling)
    if dialect.nests:
        return {"generation_config": json.dumps(_nested(wanted, instead))}, tuple(instead)
    left_out = [name for name in wanted if name in without]
    instead += [(name, "nothing: the server refuses it") for name in left_out]
    fields = {**dialect.neutral, **{dialect.names.get(name, name): wanted[name] for name in wanted}}
    return {name: value for name, value in fields.items() if name not in without}, tuple(instead)


def _nested(wanted: dict[str, Any], instead: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the fields as transformers' own configuration has them."""
    config = {"do_sample": True, "top_k": 0, **wanted}
    by = {}
    if penalty := config.pop("frequency_penalty", None):
        config["repetition_penalty"] = round(1 + penalty / 3, 3)
        by[_DRY] = f"repetition_penalty {config['repetition_penalty']:g}"
    if config.pop("presence_penalty", None):
        by[_XTC] = "nothing"
    instead[:] = [(name, by.get(name, other)) for name, other in instead]
    return config


def _wanted(dialect: Dialect, s: Sampling) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the fields of a sampling by their usual names, and what stands in for what."""
    fields: dict[str, Any] = {"temperature": s.temperature, "top_p": s.top_p}
    instead: list[tuple[str, str]] = []
    min_p = s.min_p ** (1 / s.temperature) if dialect.sharpens and s.min_p else s.min_p
    if _MIN_P in dialect.samplers:
        fields["min_p"] = round(min(min_p, 0.999), 6)
        if s.min_p and not dialect.known:
            instead.append((_MIN_P, _UNSURE))
    elif s.min_p:
        tail = TAILS * s.min_p ** (1 / s.temperature)
        fields["top_p"] = round(min(s.top_p, max(LEAST_TOP_P, 1 - tail)), 6)
        instead.append((_MIN_P, f"top_p {fields['top_p']:g}"))
    if _TYPICAL in dialect.samplers:
        fields["typical_p"] = s.typical_p
    elif s.typical_p < 1:
        fields["top_p"] = min(fields["top_p"], s.typical_p)
        instead.append((_TYPICAL, f"top_p {fields['top_p']:g}"))
    if _DRY in dialect.samplers:
        fields |= {
            "dry_multiplier": s.dry_multiplier,
            "dry_base": s.dry_base,
            "dry_allowed_length": s.dry_allowed_length,
            "dry_sequence_breakers": _breakers(dialect, s),
        }
    elif s.dry_multiplier:
        fields["frequency_penalty"] = frequency_penalty(s)
        instead.append((_DRY, f"frequency_penalty {fields['frequency_penalty']:g}"))
    if _XTC in dialect.samplers:
        fields |= {"xtc_probability": s.xtc_probability, "xtc_threshold": s.xtc_threshold}
    elif s.xtc_probability:
        fields["presence_penalty"] = presence_penalty(s)
        instead.append((_XTC, f"presence_penalty {fields['presence_penalty']:g}"))
    return fields, instead


def _breakers(dialect: Dialect, s: Sampling) -> Any:
    """llama.cpp takes a list, text-generation-webui and KoboldCpp's heirs the JSON of one."""
    return json.dumps(s.dry_breakers) if dialect.name == "text-generation-webui" else list(s.dry_breakers)
