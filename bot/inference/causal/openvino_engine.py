"""OpenVINO GenAI's `ContinuousBatchingPipeline` as a causal engine: the fast one on a CPU.

It brings paged attention, prefix caching and rows that join and leave; its `step()` is driven by our loop. What it
lacks is replaced by the nearest it has, and the receipt says so. Token ids go in and come out; the text is ours.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.inference.causal.openvino_model import PreparedModel, open_pipeline, prepare
from bot.inference.causal.protocol import Capabilities, Clock, RowUpdate
from bot.inference.causal.requests import OpenRequest, OpenRow, Requests
from bot.inference.causal.tokens import Tokens
from bot.inference.engine import GenerateRequest, ModelInfo, Row
from bot.settings import Dtype

if TYPE_CHECKING:
    from bot.inference.weights import ResolvedModel

_PER_DRY = 0.375
"""A frequency penalty for each unit of DRY's multiplier: 0.3 for the moods' 0.8."""
_PER_XTC = 0.6
"""A presence penalty for each unit of XTC's probability: 0.3 for the moods' 0.5."""


_PATIENCE = 8
"""Steps that siblings wait for the prompts of others, so that everybody sees a first text soon."""


@dataclass(slots=True, eq=False)
class _Running:
    """A row in the pipeline, and the rows of the same prompt that wait until its prefill is cached: since the step
    `read`, None before it."""

    row: OpenRow
    handle: Any
    siblings: list[OpenRow] = field(default_factory=list)
    read: int | None = None


class OpenVinoEngine:
    """A `CausalEngine`. Of a prompt's rows one goes first; the others find its prefill in the prefix cache."""

    def __init__(
        self,
        pipeline: Any,
        tokens: Tokens,
        *,
        name: str,
        revision: str,
        window: int,
        languages: tuple[str, ...] = (),
        clock: Clock = time.monotonic,
    ) -> None:
        self._pipeline = pipeline
        self._tokens = tokens
        self.info = ModelInfo(
            role="causal", name=name, revision=revision, engine="openvino", window=window, languages=languages
        )
        samplers = frozenset({"temperature", "top_p", "min_p"})
        self.capabilities = Capabilities(samplers=samplers, reproducible="same_batch", scores=False)
        self._requests = Requests(
            info=self.info, capabilities=self.capabilities, tokens=tokens, substitutions=substitutions, clock=clock
        )
        self._running: list[_Running] = []
        self._news: list[RowUpdate] = []
        self._number = 0
        self._steps = 0

    @classmethod
    def open(cls, model: ResolvedModel, *, dtype: Dtype, cache: Path, clock: Clock) -> OpenVinoEngine:
        """Load a GGUF file or an OpenVINO folder. Raises `WeightsError`."""
        prepared: PreparedModel = prepare(model, cache)
        return cls(
            open_pipeline(prepared, dtype),
            Tokens.from_file(prepared.tokenizer, prepared.ends),
            name=model.name,
            revision=model.revision,
            window=prepared.window,
            languages=model.languages,
            clock=clock,
        )

    @property
    def rows_running(self) -> int:
        """How many rows have not ended or have news that no step has told yet."""
        return self._requests.rows_open + len(self._news)

    def add(self, request: GenerateRequest) -> None:
        """Let the rows of `request` join. Raises `WorkerRefused`."""
        first, *siblings = self._requests.take(request).rows
        self._submit(first, siblings)

    def cancel(self, request_id: str) -> None:
        """End the rows of a request; the next step gives what they have."""
        request = self._requests.find(request_id)
        if request is not None:
            self._news += [row.end("cancelled") for row in request.rows if row.finish is None]
            self._leave_ended()

    def step(self) -> list[RowUpdate]:
        """One step of the pipeline: a token more for every row, and a bounded piece of prefill."""
        for request in self._requests.overdue():
            self._end_late(request)
        self._leave_ended()
        if self._running:
            self._pipeline.step()
            self._steps += 1
            for running in tuple(self._running):
                self._read(running)
        elif self._pipeline.has_non_finished_requests():
            self._pipeline.step()  # it forgets cancelled rows in a step only
        self._leave_ended()
        self._admit_siblings()
        self._requests.forget_ended()
        news, self._news = self._news, []
        return news

    def _end_late(self, request: OpenRequest) -> None:
        self._news += [row.end("deadline") for row in request.rows if row.finish is None]

    def _submit(self, row: OpenRow, siblings: list[OpenRow]) -> None:
        import numpy as np
        import openvino as ov

        prompt = ov.Tensor(np.array([row.request.prompt], dtype=np.int64))
        self._number += 1
        handle = self._pipeline.add_request(self._number, prompt, _config(row, row.request))
        self._running.append(_Running(row, handle, siblings))

    def _read(self, running: _Running) -> None:
        """Take what the pipeline has made of a row."""
        row, handle = running.row, running.handle
        fresh = [token for out in _outputs(handle) for token in out.generated_ids]
        update: RowUpdate | None = None
        for token in fresh:
            if row.finish is None:
                update = row.take(token) or update
        if update is not None:
            self._news.append(update)
        if fresh and running.read is None:
            running.read = self._steps
        if row.finish is None and _over(handle):
            self._news.append(row.end("length"))  # the prompt did not fit into the pipeline's cache

    def _admit_siblings(self) -> None:
        """Let siblings in whose prompt has been read, when no other prompt waits or they have waited enough."""
        reading = any(running.siblings and running.read is None for running in self._running)
        for running in tuple(self._running):
            if running.read is None or (reading and self._steps - running.read < _PATIENCE):
                continue
            siblings, running.siblings = running.siblings, []
            for sibling in siblings:
                self._submit(sibling, [])

    def _leave_ended(self) -> None:
        """Take ended rows out of the pipeline; a sibling goes first where the first row ended early."""
        staying: list[_Running] = []
        orphans: list[OpenRow] = []
        for running in self._running:
            if running.row.finish is None:
                staying.append(running)
                continue
            if not _over(running.handle):
                running.handle.cancel()
            orphans += [row for row in running.siblings if row.finish is None]
        self._running = staying
        for row in orphans:
            self._submit(row, [])


def substitutions(row: Row) -> tuple[tuple[str, str], ...]:
    """Say what stands in for the samplers that OpenVINO lacks, for the values of one row."""
    s = row.sampling
    found: list[tuple[str, str]] = []
    if s.dry_multiplier > 0:
        found.append(("dry", f"frequency_penalty {_frequency_penalty(s.dry_multiplier):g}"))
    if s.xtc_probability > 0:
        found.append(("xtc", f"presence_penalty {_presence_penalty(s.xtc_probability):g}"))
    if s.typical_p < 1:
        found.append(("typical_p", f"top_p {min(s.top_p, s.typical_p):g}"))
    if s.temperature != 1 and min(s.top_p, s.typical_p) < 1:
        found.append(("temperature last", "temperature before top_p"))
    return tuple(found)


def _config(row: OpenRow, request: OpenRequest) -> Any:
    """Make the pipeline's configuration of a row."""
    import openvino_genai

    s = row.spec.sampling
    config = openvino_genai.GenerationConfig()
    config.apply_chat_template = False
    config.max_new_tokens = request.room
    config.do_sample = True
    config.rng_seed = row.spec.seed
    config.temperature = s.temperature
    config.top_p = max(min(s.top_p, s.typical_p), 1e-6)
    # Here the temperature comes first. It raises every ratio of probabilities to 1/T, and so the same power of min-p
    # keeps exactly the tokens that min-p keeps when the temperature comes last.
    config.min_p = min(s.min_p ** (1 / s.temperature), 0.999)
    config.frequency_penalty = _frequency_penalty(s.dry_multiplier)
    config.presence_penalty = _presence_penalty(s.xtc_probability)
    config.stop_token_ids = set(request.ends)
    if request.ends:
        config.eos_token_id = min(request.ends)
    return config


def _frequency_penalty(dry_multiplier: float) -> float:
    return min(2.0, round(_PER_DRY * dry_multiplier, 3))


def _presence_penalty(xtc_probability: float) -> float:
    return min(2.0, round(_PER_XTC * xtc_probability, 3))


def _outputs(handle: Any) -> list[Any]:
    """Return what the pipeline has written since the last look."""
    return list(handle.read().values()) if handle.can_read() else []


def _over(handle: Any) -> bool:
    import openvino_genai

    running: bool = handle.get_status() == openvino_genai.GenerationStatus.RUNNING
    return not running and not handle.can_read()
