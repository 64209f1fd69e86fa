"""Continuous batching over any `AutoModelForCausalLM` of transformers, on the CPU or a GPU.

All rows decode in one batch. The rows of a prompt share its prefill, which runs alone, in pieces of a fixed
size: so a prompt's numbers are the same whoever else is in the batch. Every row draws from its own generator.
"""

from __future__ import annotations

import inspect
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from bot.errors import WeightsError
from bot.inference.protocol import GenerateRequest, ModelInfo, Reproducible
from bot.settings import Dtype
from bot.worker.causal.kv_cache import KVCache
from bot.worker.causal.loading import end_ids, load_causal, window_of
from bot.worker.causal.protocol import LARGE_FROM, Capabilities, Clock, RowUpdate
from bot.worker.causal.sampling import Batch, sample
from bot.worker.causal.sequences import OpenRequest, OpenRow, Requests
from bot.worker.causal.tokens import Tokens
from bot.worker.default_dtype import DEFAULT_DTYPE
from bot.worker.prepacked import prepack

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from bot.worker.weights.model import ResolvedModel

_PREFILL = 256
"""Tokens of prefill in one step, and the size of a prompt's pieces."""
_SLACK_COLUMNS = 64
"""Columns that no row uses are given back when there are so many."""


@dataclass(slots=True, eq=False)
class _Prefill:
    """A request whose prompt is being read: `done` tokens of it are in `cache`."""

    request: OpenRequest
    cache: KVCache = field(default_factory=KVCache)
    done: int = 0


@dataclass(slots=True, eq=False)
class _Live:
    """A row that decodes. `length` is how many columns of the cache are its own; `last` is not in there yet."""

    row: OpenRow
    generator: torch.Generator
    breakers: Tensor
    length: int
    last: int = -1

    def ids(self) -> list[int]:
        return self.row.request.prompt + self.row.tokens


class TorchEngine:
    """A `CausalEngine` with every sampler of `bot.worker.causal.sampling`."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        revision: str,
        languages: tuple[str, ...] = (),
        clock: Clock = time.monotonic,
    ) -> None:
        if getattr(model, "_is_stateful", False):
            raise WeightsError(
                f"{name} is a recurrent model; Inkling needs one with attention, such as GPT-2 or Llama."
            )
        self.model, self.tokenizer = model, tokenizer
        self._accepts = inspect.signature(model.forward).parameters
        self._tokens = Tokens.of(tokenizer, end_ids(model))
        # In the shorter formats a row's last bits depend on who else is in the batch.
        exact: Reproducible = "always" if model.dtype == torch.float32 else "same_batch"
        self.info = ModelInfo(
            role="story",
            name=name,
            revision=revision,
            engine="torch",
            window=window_of(model),
            languages=languages,
            tier="large" if model.device.type == "cpu" and model.num_parameters() >= LARGE_FROM else "small",
        )
        samplers = {"temperature", "top_p", "min_p", "typical_p", "xtc", "dry"}
        self.capabilities = Capabilities(samplers=frozenset(samplers), reproducible=exact)
        self._requests = Requests(
            info=self.info,
            capabilities=self.capabilities,
            tokens=self._tokens,
            substitutions=lambda row: (),
            clock=clock,
        )
        self._vocabulary = int(model.config.get_text_config().vocab_size)
        self._protected = self._flags(self._tokens.ends | self._tokens.containing(("\n",)))
        self._breakers: dict[tuple[str, ...], Tensor] = {}
        self._prefills: deque[_Prefill] = deque()
        self._live: list[_Live] = []
        self._held: dict[OpenRow, tuple[_Live, KVCache]] = {}
        self._cache = KVCache()
        self._batch: Batch | None = None
        self._news: list[RowUpdate] = []

    @classmethod
    def open(cls, model: ResolvedModel, *, device: str, dtype: Dtype, cache: Path, clock: Clock) -> TorchEngine:
        """Load a model from disk. Raises `WeightsError`."""
        loaded, tokenizer = load_causal(model, device, dtype, cache)
        prepack(loaded)
        names = {"name": model.name, "revision": model.revision}
        return cls(loaded, tokenizer, **names, languages=model.languages, clock=clock)

    @property
    def rows_running(self) -> int:
        """How many rows have not ended or have news that no step has told yet."""
        return self._requests.rows_open + len(self._news)

    def add(self, request: GenerateRequest) -> None:
        """Let the rows of `request` join. Raises `WorkerRefused`."""
        self._prefills.append(_Prefill(self._requests.take(request)))

    def cancel(self, request_id: str) -> None:
        """End the rows of a request; the next step gives what they have."""
        request = self._requests.find(request_id)
        if request is not None:
            self._news += [row.end("cancelled") for row in request.rows if row.finish is None]

    @torch.inference_mode()
    def step(self, level: int | None = None) -> list[RowUpdate]:
        """One decode step of every row in turn that has a token, then one bounded piece of prefill."""
        for request in self._requests.overdue():
            self._news += [row.end("deadline") for row in request.rows if row.finish is None]
        self._drop_ended()
        in_turn = self._requests.in_turn(level)
        with DEFAULT_DTYPE:
            self._hold_and_let_go(in_turn)
            if self._live:
                self._decode()
                self._drop_ended()
            self._read_prompts(in_turn)
        self._requests.forget_ended()
        news, self._news = self._news, []
        return news

    def _hold_and_let_go(self, in_turn: Collection[OpenRow]) -> None:
        """Put rows aside, with what is cached of them, that must let others go first; take those back whose turn it
        is."""
        for place, one in enumerate(self._live):
            if one.row not in in_turn:
                self._held[one.row] = one, self._cache.part(place, self._cache.length - one.length)
        self._keep([place for place, one in enumerate(self._live) if one.row in in_turn])
        for row in [row for row in self._held if row in in_turn]:
            one, cache = self._held.pop(row)
            self._cache.join(len(self._live), cache, 1)
            self._live.append(one)
            self._batch = None

    def _read_prompts(self, in_turn: Collection[OpenRow]) -> None:
        """Read pieces of prompts of rows in turn, the oldest first, up to the bound."""
        left = _PREFILL
        for prefill in [p for p in self._prefills if any(row in in_turn for row in p.request.rows)]:
            left = self._read_prompt(prefill, left)
            if left <= 0:
                return

    def _read_prompt(self, prefill: _Prefill, left: int) -> int:
        """Read pieces of a prompt while there is room for `left` tokens; return for how many there still is, 0 where a
        piece did not fit."""
        while prefill.done < len(prefill.request.prompt):
            piece = prefill.request.prompt[prefill.done : prefill.done + _PREFILL]
            if len(piece) > left:
                return 0
            left -= len(piece)
            logits = self._forward([piece], prefill.cache, [prefill.done], None)
            prefill.done += len(piece)
        self._prefills.remove(prefill)
        self._join(prefill, logits)
        return left

    def _join(self, prefill: _Prefill, logits: Tensor) -> None:
        """Draw the first token of each row of a prompt, and let the rows decode from now on."""
        rows = prefill.request.rows
        new = [
            _Live(
                row=row,
                generator=torch.Generator().manual_seed(row.spec.seed),
                breakers=self._breakers_of(row.spec.sampling.dry_breakers),
                length=prefill.done,
            )
            for row in rows
        ]
        self._draw(new, logits.expand(len(new), -1), self._batch_of(new))
        going_on = [live for live in new if live.row.finish is None]
        if going_on:
            self._cache.join(len(self._live), prefill.cache, len(going_on))
            self._live += going_on
            self._batch = None

    def _decode(self) -> None:
        """One token more for every row."""
        lengths = [one.length for one in self._live]
        columns = self._cache.length + 1
        mask = torch.arange(columns) >= columns - 1 - torch.tensor(lengths).unsqueeze(1)
        logits = self._forward([[one.last] for one in self._live], self._cache, lengths, mask.long())
        for one in self._live:
            one.length += 1
        if self._batch is None:
            self._batch = self._batch_of(self._live)
        self._draw(self._live, logits, self._batch)

    def _forward(self, ids: list[list[int]], cache: KVCache, start: Sequence[int], mask: Tensor | None) -> Tensor:
        """Run the model on new tokens (the same number for every row) and return the logits behind the last, float32,
        shape [rows, vocabulary]. `start` is how many tokens of each row are in the cache."""
        device = self.model.device
        tokens = torch.tensor(ids, device=device)
        positions = torch.tensor(start, device=device).unsqueeze(1) + torch.arange(tokens.shape[1], device=device)
        if mask is None:
            mask = torch.ones(len(ids), start[0] + tokens.shape[1], dtype=torch.long)
        given: dict[str, Any] = {"input_ids": tokens, "attention_mask": mask.to(device), "past_key_values": cache}
        if "position_ids" in self._accepts:
            given["position_ids"] = positions
        if "logits_to_keep" in self._accepts:
            given["logits_to_keep"] = 1
        logits: Tensor = self.model(**given, use_cache=True).logits[:, -1]
        return logits.float()

    def _draw(self, live: Sequence[_Live], logits: Tensor, batch: Batch) -> None:
        """Draw a token for each row and note the news."""
        ids = _left_padded([one.ids() for one in live]).to(logits.device)
        drawn = sample(logits, ids, batch, [one.generator for one in live])
        log_probs = logits.gather(1, drawn.unsqueeze(1)).squeeze(1) - logits.logsumexp(dim=-1)
        for one, token, log_prob in zip(live, drawn.tolist(), log_probs.tolist(), strict=True):
            one.last = token
            update = one.row.take(token, log_prob)
            if update is not None:
                self._news.append(update)

    def _drop_ended(self) -> None:
        """Let the rows leave that have ended, and the prompts that nobody waits for."""
        self._prefills = deque(p for p in self._prefills if any(row.finish is None for row in p.request.rows))
        self._held = {row: kept for row, kept in self._held.items() if row.finish is None}
        self._keep([i for i, one in enumerate(self._live) if one.row.finish is None])

    def _keep(self, keep: Sequence[int]) -> None:
        """Let all other rows leave the batch."""
        if len(keep) == len(self._live):
            return
        self._live = [self._live[i] for i in keep]
        self._batch = None
        if not keep:
            self._cache = KVCache()
            return
        unused = self._cache.length - max(one.length for one in self._live)
        self._cache.select(list(keep), unused if unused >= _SLACK_COLUMNS else 0)

    def _batch_of(self, live: Sequence[_Live]) -> Batch:
        samplings = [one.row.spec.sampling for one in live]
        return Batch.of(samplings, protected=self._protected, breakers=[one.breakers for one in live])

    def _breakers_of(self, texts: tuple[str, ...]) -> Tensor:
        if texts not in self._breakers:
            self._breakers[texts] = self._flags(self._tokens.containing(texts))
        return self._breakers[texts]

    def _flags(self, ids: frozenset[int]) -> Tensor:
        """Return a bool for each token of the model's vocabulary, which may be longer than the tokenizer's."""
        flags = torch.zeros(self._vocabulary, dtype=torch.bool)
        flags[[number for number in ids if number < self._vocabulary]] = True
        return flags.to(self.model.device)


def _left_padded(rows: Sequence[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[-1] * (longest - len(row)) + row for row in rows])
