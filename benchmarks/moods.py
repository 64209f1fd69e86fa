"""How open each mood is under each engine: the entropy of what a next token is drawn from, in nats.

Along rows of the small model that readers marked (benchmarks/rows/marks.jsonl), at every fourth token, the plain
model's logits are cut and warped as each engine does: the torch engine by its own samplers, OpenVINO by what its
configuration asks for (penalties, then temperature, top-p and min-p), a model server by the fields that are sent to its
kind. XTC, which draws one way or the other, counts with its mixture. `surprise` is what the plain model would need to
say what is drawn, in nats. `--engines` instead lets both engines write and gives the mean surprise of their rows and
the share of rows that loop. What stands in for DRY and for XTC was fitted on half a and is judged on half b.

    python -m benchmarks.moods [--rows 60] [--half a] [--engines] [--data data] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor

from benchmarks.rows.__main__ import MARKS
from bot.inference.protocol import Continuation, GenerateRequest, Row
from bot.rules.moods import MOOD_NAMES, MOODS, Sampling
from bot.settings import ModelChoice
from bot.worker.causal import sampling as samplers
from bot.worker.causal.engine_choice import open_causal
from bot.worker.causal.loading import load_causal
from bot.worker.penalties import frequency_penalty, presence_penalty
from bot.worker.served.dialects import DIALECTS, UNKNOWN, Dialect, sampling_fields
from bot.worker.weights.resolving import resolve
from bot.writing.continuation.job import heading_of, pieces_of, prompt_of
from bot.writing.continuation.loops import loop_at
from bot.writing.text_form import text_form_of

EVERY = 4
"""One position in so many is looked at: neighbours tell much the same."""
ROWS = 3
"""Rows of each mood that an engine writes behind a prompt."""
HALVES = {"a": 0, "b": 1}
"""Which of two neighbouring prompts belongs to a half."""
SERVERS = ("vllm", "llamacpp", "koboldcpp", "library")
"""Kinds of servers, by the `owned_by` of their models."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position of a row: the plain model's logits there, shape [vocabulary], the ids before it, and how many of
    these the row itself has."""

    logits: Tensor
    ids: list[int]
    written: int


@dataclass(frozen=True, slots=True)
class Way:
    """How an engine draws: values of the samplers, `sharpens` where its temperature comes first, and the penalties."""

    sampling: Sampling
    sharpens: bool = False
    frequency: float = 0.0
    presence: float = 0.0
    repetition: float = 1.0


def torch_way(sampling: Sampling) -> Way:
    """As the torch engine draws."""
    return Way(sampling)


def openvino_way(sampling: Sampling) -> Way:
    """As the OpenVINO engine draws."""
    frequency, presence = frequency_penalty(sampling), presence_penalty(sampling)
    top_p = min(sampling.top_p, sampling.typical_p)
    min_p = min(sampling.min_p ** (1 / sampling.temperature), 0.999)
    plain = Sampling(temperature=sampling.temperature, top_p=top_p, min_p=min_p)
    return Way(plain, sharpens=True, frequency=frequency, presence=presence)


def served_way(dialect: Dialect, sampling: Sampling) -> Way:
    """As a server draws that heeds all that is sent to it."""
    fields = sampling_fields(dialect, sampling, ())[0]
    if dialect.nests:
        fields = json.loads(fields["generation_config"])
    names = {other: name for name, other in dialect.names.items()}
    sent = {names.get(name, name): value for name, value in fields.items()}
    known = ("temperature", "top_p", "min_p", "typical_p", "xtc_probability", "xtc_threshold", "dry_multiplier")
    values = {name: float(sent[name]) for name in known if name in sent}
    return Way(
        Sampling(**values),  # type: ignore[arg-type]  # the names above are of numbers
        sharpens=dialect.sharpens,
        frequency=float(sent.get("frequency_penalty", 0)),
        presence=float(sent.get("presence_penalty", 0)),
        repetition=float(sent.get("repetition_penalty", 1)),
    )


def drawn_from(place: Place, way: Way, breakers: Tensor, protected: Tensor) -> Tensor:
    """Return the probabilities, shape [vocabulary], from which the next token is drawn."""
    s, x = way.sampling, place.logits.clone()
    for token, count in Counter(place.ids[len(place.ids) - place.written :]).items():
        x[token] -= way.frequency * count + way.presence
    if way.repetition != 1:
        seen = torch.tensor(sorted(set(place.ids)))
        x[seen] = torch.where(x[seen] > 0, x[seen] / way.repetition, x[seen] * way.repetition)
    x = x[None]
    if s.dry_multiplier > 0:
        ids, allowed = torch.tensor([place.ids]), torch.tensor([s.dry_allowed_length])
        x = samplers.dry(x, ids, breakers, _one(s.dry_multiplier), _one(s.dry_base), allowed)
    if way.sharpens:
        x = x / s.temperature
    for value, cut in ((s.top_p, samplers.top_p), (s.typical_p, samplers.typical_p)):
        x = cut(x, _one(value)) if value < 1 else x
    x = samplers.min_p(x, _one(s.min_p)) if s.min_p > 0 else x
    last = 1.0 if way.sharpens else s.temperature
    found = (x / last).softmax(-1)[0]
    if s.xtc_probability > 0:
        without = samplers.xtc(x, _one(s.xtc_threshold), torch.tensor([True]), protected)
        found = (1 - s.xtc_probability) * found + s.xtc_probability * (without / last).softmax(-1)[0]
    return found


def _one(value: float) -> Tensor:
    """A sampler's value for a batch of one row."""
    return torch.tensor([float(value)])


def places(model: Any, tokenizer: Any, count: int, half: str) -> Iterator[Place]:
    """Give the places of so many marked rows of the small model, taken from all prompts of a half alike."""
    lines = [json.loads(line) for line in MARKS.read_text(encoding="utf-8").splitlines()]
    prompts = {line["prompt"]: line["text"] for line in lines if "prompt" in line}
    kept = set(list(prompts)[HALVES[half] :: 2])
    rows = [line for line in lines if "row" in line and line["tier"] == "small" and line["of"] in kept]
    for line in rows[:: max(1, len(rows) // count)][:count]:
        before = prompt_of(prompts[line["of"]])
        left = tokenizer(heading_of(before).text + before, add_special_tokens=False)["input_ids"]
        own = tokenizer(line["whole"], add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logits = model(torch.tensor([[*left, *own]]), logits_to_keep=len(own) + 1).logits[0].float()
        for at in range(1, len(own), EVERY):
            yield Place(logits[at], [*left, *own[:at]], at)


def entropies(data: Path, count: int, half: str) -> list[dict[str, Any]]:
    """One row of the table for each mood and engine."""
    resolved = resolve(ModelChoice(), "causal", data)
    model, tokenizer = load_causal(resolved, "cpu", "float32", data / "cache")
    size = int(model.config.vocab_size)
    pieces = [tokenizer.decode([token]) for token in range(size)]
    signs = MOODS["steady"].dry_breakers
    breakers = torch.tensor([[any(sign in piece for sign in signs) for piece in pieces]])
    protected = torch.tensor(["\n" in piece for piece in pieces])
    found = list(places(model, tokenizer, count, half))
    kinds = {DIALECTS[name].name: DIALECTS[name] for name in SERVERS if name in DIALECTS} | {UNKNOWN.name: UNKNOWN}
    table = []
    for mood in MOOD_NAMES:
        ways = {"torch": torch_way(MOODS[mood]), "openvino": openvino_way(MOODS[mood])}
        ways |= {name: served_way(dialect, MOODS[mood]) for name, dialect in kinds.items()}
        for name, way in ways.items():
            entropy, surprise = [], []
            for place in found:
                drawn = drawn_from(place, way, breakers, protected)
                entropy.append(-float((drawn * drawn.clamp_min(1e-30).log()).sum()))
                surprise.append(-float((drawn * place.logits.log_softmax(-1)).sum()))
            table.append(
                {
                    "mood": mood,
                    "engine": name,
                    "entropy": round(mean(entropy), 3),
                    "surprise": round(mean(surprise), 3),
                    "error": round(stdev(entropy) / math.sqrt(len(entropy)), 3),
                }
            )
    return table


def written(data: Path, prompts: int, rows: int) -> list[dict[str, Any]]:
    """One row of the table for each mood and engine: the mean surprise of what it wrote."""
    lines = [json.loads(line) for line in MARKS.read_text(encoding="utf-8").splitlines()]
    texts = [line["text"] for line in lines if "prompt" in line][:prompts]
    forms = [text_form_of(prompt_of(text)) for text in texts]
    table = []
    for name in ("torch", "openvino"):
        engine = open_causal(
            resolve(ModelChoice(), "causal", data),
            engine=name,
            device="cpu",
            dtype="float32" if name == "torch" else "auto",
            cache=data / "cache",
        )
        told: dict[str, list[float]] = {mood: [] for mood in MOOD_NAMES}
        loops = Counter[str]()
        for number, text in enumerate(texts):
            asked = tuple(
                Row(seed=1000 * number + at, mood=mood, sampling=MOODS[mood])
                for at, mood in enumerate(MOOD_NAMES * rows)
            )
            pieces = pieces_of(prompt_of(text))
            engine.add(GenerateRequest(request_id=str(number), pieces=pieces, rows=asked, max_new_tokens=48))
            while engine.rows_running:
                for update in engine.step(None):
                    if isinstance(update.event, Continuation) and update.event.log_probs:
                        mood = asked[update.event.row].mood or ""
                        told[mood].append(-mean(update.event.log_probs))
                        loops[mood] += loop_at(update.event.text, prompt_of(text), forms[number]) >= 0
        table += [_written(mood, name, values, loops[mood]) for mood, values in told.items()]
    return table


def _written(mood: str, engine: str, values: Sequence[float], loops: int) -> dict[str, Any]:
    return {
        "mood": mood,
        "engine": engine,
        "rows": len(values),
        "surprise": round(mean(values), 3),
        "error": round(stdev(values) / math.sqrt(len(values)), 3),
        "loops": round(loops / len(values), 3),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60, help="marked rows that are looked at")
    parser.add_argument("--half", choices=tuple(HALVES), default="b", help="which of the prompts")
    parser.add_argument("--engines", action="store_true", help="let both engines write instead")
    parser.add_argument("--prompts", type=int, default=20, help="prompts that they write behind")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    torch.manual_seed(0)
    table = (
        written(options.data, options.prompts, 3)
        if options.engines
        else entropies(options.data, options.rows, options.half)
    )
    if options.json:
        print(json.dumps({"moods": table}))
        return
    for line in table:
        numbers = "  ".join(f"{name} {value}" for name, value in line.items() if name not in ("mood", "engine"))
        print(f"{line['mood']:8}{line['engine']:26}{numbers}")


if __name__ == "__main__":
    main()
