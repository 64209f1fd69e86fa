"""OpenVINO GenAI's `ContinuousBatchingPipeline` as a causal engine: the fast one on a CPU.

It brings paged attention, prefix caching and rows that join and leave; its `step()` is driven by our loop. What it
lacks is replaced by the nearest it has, and the receipt says so. Token ids go in and come out; the text is ours.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.inference.protocol import GenerateRequest, ModelInfo, Row
from bot.settings import Dtype
from bot.worker.causal.converting import Told
from bot.worker.causal.openvino_model import PreparedModel, open_pipeline, prepare
from bot.worker.causal.protocol import LARGE_FROM, Capabilities, Clock, RowUpdate
from bot.worker.causal.sequences import OpenRequest, OpenRow, Requests
from bot.worker.causal.tokens import Tokens
from bot.worker.penalties import frequency_penalty, presence_penalty

if TYPE_CHECKING:
    from bot.worker.weights.model import ResolvedModel

_PATIENCE = 8
"""Steps that siblings wait for the prompts of others, so that everybody sees a first text soon."""
_ANEW = 0x9E3779B1
"""What a row's seed is moved by for each token that it has when it is let in again."""


class OpenVinoEngine:
    """A `CausalEngine`. Of a prompt's rows one goes first; the others find its prefill in the prefix cache. So does a
    row that was held: it leaves the pipeline, which keeps what it has read of it, and comes again with its tokens."""

    def __init__(
        self,
        pipeline: Any,
        tokens: Tokens,
        *,
        name: str,
        revision: str,
        window: int,
        languages: tuple[str, ...] = (),
        weights: int = 0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._pipeline = pipeline
        self._tokens = tokens
        self.info = ModelInfo(
            role="story",
            name=name,
            revision=revision,
            engine="openvino",
            window=window,
            languages=languages,
            tier="large" if weights >= LARGE_FROM else "small",
        )
        samplers = frozenset({"temperature", "top_p", "min_p"})
        self.capabilities = Capabilities(samplers=samplers, reproducible="same_batch")
        self._requests = Requests(
            info=self.info, capabilities=self.capabilities, tokens=tokens, substitutions=substitutions, clock=clock
        )
        self._handles: dict[OpenRow, Any] = {}
        self._read_at: dict[OpenRequest, int] = {}
        self._news: list[RowUpdate] = []
        self._number = 0
        self._steps = 0

    @classmethod
    def open(
        cls, model: ResolvedModel, *, dtype: Dtype, cache: Path, clock: Clock, told: Told | None = None
    ) -> OpenVinoEngine:
        """Load a GGUF file or an OpenVINO folder; `told` is as that of `prepare`. Raises `WeightsError`."""
        prepared: PreparedModel = prepare(model, cache, told)
        return cls(
            open_pipeline(prepared, dtype),
            Tokens.from_file(prepared.tokenizer, prepared.ends),
            name=model.name,
            revision=model.revision,
            window=prepared.window,
            languages=model.languages,
            weights=prepared.weights,
            clock=clock,
        )

    @property
    def rows_running(self) -> int:
        """How many rows have not ended or have news that no step has told yet."""
        return self._requests.rows_open + len(self._news)

    def add(self, request: GenerateRequest) -> None:
        """Let the rows of `request` join. Raises `WorkerRefused`."""
        self._requests.take(request)

    def cancel(self, request_id: str) -> None:
        """End the rows of a request; the next step gives what they have."""
        request = self._requests.find(request_id)
        if request is not None:
            self._news += [row.end("cancelled") for row in request.rows if row.finish is None]
            self._let_out(self._handles.keys())

    def step(self, level: int | None = None) -> list[RowUpdate]:
        """One step of the pipeline: a token more for every row in turn, and a bounded piece of prefill."""
        for request in self._requests.overdue():
            self._news += [row.end("deadline") for row in request.rows if row.finish is None]
        in_turn = self._requests.in_turn(level)
        self._let_out(in_turn)
        self._let_in(in_turn)
        if self._handles:
            self._pipeline.step()
            self._steps += 1
            for row, handle in tuple(self._handles.items()):
                self._take(row, handle)
        elif self._pipeline.has_non_finished_requests():
            self._pipeline.step()  # it forgets rows that left in a step only
        self._let_out(in_turn)
        self._requests.forget_ended()
        self._read_at = {one: at for one, at in self._read_at.items() if self._requests.find(one.id) is one}
        news, self._news = self._news, []
        return news

    def _take(self, row: OpenRow, handle: Any) -> None:
        """Take what the pipeline has made of a row."""
        fresh = [
            each for out in _outputs(handle) for each in zip(out.generated_ids, out.generated_log_probs, strict=True)
        ]
        update: RowUpdate | None = None
        for token, log_prob in fresh:
            if row.finish is None:
                update = row.take(token, log_prob) or update
        if update is not None:
            self._news.append(update)
        if fresh:
            self._read_at.setdefault(row.request, self._steps)
        if row.finish is None and _over(handle):
            self._news.append(row.end("length"))  # the prompt did not fit into the pipeline's cache

    def _let_out(self, in_turn: Collection[OpenRow]) -> None:
        """Take rows out of the pipeline that have ended or must let others go first."""
        for row, handle in tuple(self._handles.items()):
            if row.finish is None and row in in_turn:
                continue
            if not _over(handle):
                handle.stop()
            del self._handles[row]

    def _let_in(self, in_turn: Collection[OpenRow]) -> None:
        """Let rows in: of a prompt that has not been read one, and its siblings when it has been and no other prompt
        waits, or they have waited enough."""
        waiting: dict[OpenRequest, list[OpenRow]] = {}
        for row in in_turn:
            if row not in self._handles:
                waiting.setdefault(row.request, []).append(row)
        reading = any(request not in self._read_at for request in waiting)
        for request, rows in sorted(waiting.items(), key=lambda one: one[0].number):
            rows.sort(key=lambda row: row.index)
            read = self._read_at.get(request)
            if read is None:
                rows = rows[: not any(row in self._handles for row in request.rows)]
            elif reading and self._steps - read < _PATIENCE:
                continue
            for row in rows:
                self._submit(row)

    def _submit(self, row: OpenRow) -> None:
        import numpy as np
        import openvino as ov

        ids = ov.Tensor(np.array([row.request.prompt + row.tokens], dtype=np.int64))
        self._number += 1
        self._handles[row] = self._pipeline.add_request(self._number, ids, _config(row, row.request))


def substitutions(row: Row) -> tuple[tuple[str, str], ...]:
    """Say what stands in for the samplers that OpenVINO lacks, for the values of one row."""
    s = row.sampling
    found: list[tuple[str, str]] = []
    if s.dry_multiplier > 0:
        found.append(("dry", f"frequency_penalty {frequency_penalty(s):g}"))
    if s.xtc_probability > 0:
        found.append(("xtc", f"presence_penalty {presence_penalty(s):g}"))
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
    config.max_new_tokens = request.room - len(row.tokens)
    config.do_sample = True
    config.rng_seed = (row.spec.seed + _ANEW * len(row.tokens)) % 2**32
    config.temperature = s.temperature
    config.top_p = max(min(s.top_p, s.typical_p), 1e-6)
    # Here the temperature comes first. It raises every ratio of probabilities to 1/T, and so the same power of min-p
    # keeps exactly the tokens that min-p keeps when the temperature comes last.
    config.min_p = min(s.min_p ** (1 / s.temperature), 0.999)
    config.frequency_penalty, config.presence_penalty = frequency_penalty(s), presence_penalty(s)
    config.logprobs = 1  # those of the plain model, not of what the samplers leave
    config.stop_token_ids = set(request.ends)
    if request.ends:
        config.eos_token_id = min(request.ends)
    return config


def _outputs(handle: Any) -> list[Any]:
    """Return what the pipeline has written since the last look."""
    return list(handle.read().values()) if handle.can_read() else []


def _over(handle: Any) -> bool:
    import openvino_genai

    running: bool = handle.get_status() == openvino_genai.GenerationStatus.RUNNING
    return not running and not handle.can_read()
