"""The masked model: proposals for blanks, pseudo-log-likelihoods of words, and vectors of texts.

Each piece of work yields the batched forward passes that it needs (`bot.worker.batching`), so that the scheduler can
slip them between the decode steps of the causal model, and join them with others'.

Sources: the scores are PLL-word-l2r (Kauf & Ivanova 2023); for the proposals see `bot.worker.masked.beam`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoTokenizer, PreTrainedModel

from bot.errors import WeightsError
from bot.inference.protocol import Fill, Gap, ModelInfo, ProposeRequest, ScoreItem
from bot.rules.text.truecasing import names_in, restore
from bot.rules.text.words import word_spans
from bot.settings import Dtype
from bot.worker.batching import Pass, Work
from bot.worker.causal.loading import pick_device, pick_dtype
from bot.worker.compute_threads import ComputeThreads
from bot.worker.logit_selection import LogitSelection
from bot.worker.masked.batching import PASS_TOKENS, batches, halves, portions
from bot.worker.masked.beam import Row, Search
from bot.worker.masked.loading import load_masked
from bot.worker.masked.subwords import Encoded, Pieces
from bot.worker.prepacked import prepack

if TYPE_CHECKING:
    from bot.worker.weights.model import ResolvedModel

CONTEXT = 128
"""Tokens around a blank that the model sees: what the bundled one was trained on."""
NEAR = 64
"""Tokens that it sees for a score."""
NARROW = 32
"""Tokens that it sees for beams over several masks, of which many rows are run: what is farther away changes little."""
ValueT = TypeVar("ValueT")
Run = Callable[[Sequence[Sequence[Row]]], list[list[ValueT]]]
"""What passes are joined by: it takes the rows of several works and gives each its own answers."""
_REACH = 12.5
"""Characters of text for each token of a context that can fill half of it on either side, with room to spare."""


class MaskedModel:
    """A masked language model of any class, and its tokenizer. Logits are computed only where asked for."""

    def __init__(self, model: PreTrainedModel, tokenizer: Any, info: ModelInfo) -> None:
        self.info = info
        self._model: Any = model.train(False)
        self._pieces = Pieces(tokenizer, self._model.get_output_embeddings().weight.shape[0])
        self._picking = LogitSelection(model)
        self.compute_threads = ComputeThreads.of(str(self._model.device))
        self._pad = int(tokenizer.pad_token_id or 0)
        self._context = min(CONTEXT, info.window)
        self._near = min(NEAR, info.window)
        self._narrow = min(NARROW, info.window)

    def _batch(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        width = max(len(row.ids) for row in rows)
        ids = torch.tensor([row.ids + [self._pad] * (width - len(row.ids)) for row in rows])
        mask = torch.tensor([[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows])
        return ids.to(self._model.device), mask.to(self._model.device)

    def _run(self, run: Run[ValueT], rows: Sequence[Row]) -> Work[list[ValueT]]:
        """Run any number of rows, batched by length, in their order."""
        results: dict[int, ValueT] = {}
        for numbers in batches([len(row.ids) for row in rows]):
            answers = yield _pass(run, [rows[number] for number in numbers])
            results.update(zip(numbers, answers, strict=True))
        return [results[number] for number in range(len(rows))]

    def _tables(self, asks: Sequence[Sequence[Row]]) -> list[list[Tensor]]:
        """A `Run`: log-probabilities for each row, float32 [asked, vocabulary]."""
        return self._joined(self._log_probs, asks)

    def _vectors(self, asks: Sequence[Sequence[Row]]) -> list[list[list[float]]]:
        """A `Run`: each row's vector."""
        return self._joined(self._pooled, asks)

    def _joined(
        self, compute: Callable[[Sequence[Row]], list[ValueT]], asks: Sequence[Sequence[Row]]
    ) -> list[list[ValueT]]:
        """Compute what several works ask in batches of rows of about one length, each in the compute threads."""
        rows = [row for ask in asks for row in ask]
        values: dict[int, ValueT] = {}
        for numbers in batches([len(row.ids) for row in rows]):
            found = self.compute_threads.run(
                compute, halves([rows[number] for number in numbers], self.compute_threads.count)
            )
            values.update(zip(numbers, chain.from_iterable(found), strict=True))
        return portions([values[number] for number in range(len(rows))], asks)

    @torch.inference_mode()
    def _log_probs(self, rows: Sequence[Row]) -> list[Tensor]:
        ids, mask = self._batch(rows)
        width = ids.shape[1]
        flat = [number * width + place for number, row in enumerate(rows) for place in row.asked]
        with self._picking.at(flat):
            logits = self._model(input_ids=ids, attention_mask=mask).logits[0]
        table = logits.float().log_softmax(dim=-1).cpu()
        return list(table.split([len(row.asked) for row in rows]))

    def propose(self, request: ProposeRequest) -> Work[list[list[Fill]]]:
        """Fill each gap at every number of masks, all side by side.

        Returns the fills of each gap: for each number of masks the beam (best first), then the samples.

        Fills begin and end with a letter or digit, break no words, hold no special token; none comes twice.
        """
        searches = [self._searches(gap, request) for gap in request.gaps]
        every = [search for of_gap in searches for search in of_gap]
        for step in range(max(request.lengths, default=0)):
            going = [search for search in every if search.masks > step and search.paths]
            counts = [len(search.rows()) for search in going]
            tables = yield from self._run(self._tables, [row for search in going for row in search.rows()])
            for search, count in zip(going, counts, strict=True):
                search.advance(tables[:count])
                tables = tables[count:]
        return [self._fills(gap, of_gap) for gap, of_gap in zip(request.gaps, searches, strict=True)]

    def _searches(self, gap: Gap, request: ProposeRequest) -> list[Search]:
        left = self._pieces.left(_tail(gap.left, self._context))
        right = self._pieces.right(_head(gap.right, self._context))
        fitting = [masks for masks in request.lengths if 0 < masks <= self._context // 2]
        return [
            Search(
                self._pieces,
                left,
                right,
                masks=masks,
                context=self._context if masks == 1 else max(self._narrow, min(4 * masks, self._context)),
                request=request,
            )
            for masks in fitting
        ]

    def _fills(self, gap: Gap, searches: Sequence[Search]) -> list[Fill]:
        names = names_in(gap.left + " " + gap.right) if self._pieces.uncased else {}
        fills: list[Fill] = []
        for search in searches:
            seen: set[str] = set()
            for path in search.paths:
                text = self._pieces.join(path.ids)
                if text is None or text.casefold() in seen or not self._pieces.settled(path.ids, search.left):
                    continue
                seen.add(text.casefold())
                if self._pieces.uncased:
                    text = restore(text, gap.left, names)
                source: Literal["beam", "sample"] = "sample" if path.sampled else "beam"
                fills.append(Fill(text=text, masks=search.masks, score=path.score, source=source))
        return fills

    def score(self, items: Sequence[ScoreItem]) -> Work[list[list[float]]]:
        """PLL-word-l2r of each word of each item's `asked`.

        A token is predicted with itself and the later tokens of its word masked, all else in sight.
        A word without a token of its own gets 0.0.
        """
        # Words of one piece in the same place ask the same of the model, so each row is run once for all of them.
        wanted: dict[tuple[tuple[int, ...], int], list[tuple[int, int, int]]] = {}
        results: list[list[float]] = []
        for number, item in enumerate(items):
            coded, words = self._locate(item)
            results.append([0.0] * len(word_spans(item.asked)))
            for at, word in words.items():
                row = self._masked_row(coded, at, words)
                wanted.setdefault((tuple(row.ids), row.asked[0]), []).append((number, word, coded.ids[at]))
        rows = [Row(list(ids), [place]) for ids, place in wanted]
        asked = list(wanted.values())
        # A few numbers are kept of each row's table, so that many items do not add up to gigabytes.
        for numbers in batches([len(row.ids) for row in rows]):
            tables = yield _pass(self._tables, [rows[number] for number in numbers])
            for at, table in zip(numbers, tables, strict=True):
                for number, word, index in asked[at]:
                    results[number][word] += float(table[0, index])
        return results

    def _locate(self, item: ScoreItem) -> tuple[Encoded, dict[int, int]]:
        """Tokenise the item; map the position of each token of `asked` to the number of its word."""
        reach = self._size(len(item.asked.encode()))  # it has no more tokens than bytes
        before, after = _tail(item.left, reach), _head(item.right, reach)
        coded = self._pieces.encode(before + item.asked + after)
        begin = len(before)
        spans = word_spans(item.asked)
        words: dict[int, int] = {}
        for at, (start, end) in enumerate(coded.spans):
            overlapping = (n for n, (a, b) in enumerate(spans) if start - begin < b and end - begin > a)
            word = next(overlapping, None)
            if word is not None:
                words[at] = word
        return coded, words

    def _masked_row(self, coded: Encoded, at: int, asked: dict[int, int]) -> Row:
        masked = [
            self._pieces.mask_id if place >= at and word == coded.words[at] else index
            for place, (index, word) in enumerate(zip(coded.ids, coded.words, strict=True))
        ]
        size = self._size(len(asked)) - self._pieces.frame_size
        first, last = (min(asked), max(asked)) if len(asked) <= size // 2 else (at, at)
        start = max(0, min((first + last + 1 - size) // 2, len(masked) - size))
        row = self._pieces.frame(masked[start : start + size])
        return Row(row, [self._pieces.start_size + at - start])

    def _size(self, asked: int) -> int:
        """How many tokens the model sees to score so many of them."""
        return max(self._near, min(2 * asked, self._context))

    def embed(self, texts: Sequence[str]) -> Work[list[list[float]]]:
        """Vectors of the texts' beginnings: hidden states averaged over the tokens, of Euclidean length 1."""
        size = self._context - self._pieces.frame_size
        coded = (self._pieces.encode(_head(text, self._context)).ids[:size] for text in texts)
        rows = [Row(self._pieces.frame(ids) or [self._pad], []) for ids in coded]
        vectors: list[list[float]] = yield from self._run(self._vectors, rows)
        return vectors

    @torch.inference_mode()
    def _pooled(self, rows: Sequence[Row]) -> list[list[float]]:
        ids, mask = self._batch(rows)
        hidden = self._model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        pooled: list[list[float]] = normalize((hidden * weights).sum(1) / weights.sum(1), dim=1).tolist()
        return pooled


def _pass(run: Run[Any], rows: Sequence[Row]) -> Pass:
    """The pass over one batch."""
    return Pass(run, rows, len(rows) * max(len(row.ids) for row in rows), PASS_TOKENS)


def _tail(text: str, context: int) -> str:
    """The end of `text`, as much as a context of so many tokens can hold, cut between words where there are spaces."""
    reach = round(_REACH * context)
    if len(text) <= reach:
        return text
    cut = text.find(" ", len(text) - reach, len(text) - reach // 2)
    return text[cut if cut >= 0 else len(text) - reach :]


def _head(text: str, context: int) -> str:
    """The beginning of `text`, likewise."""
    reach = round(_REACH * context)
    if len(text) <= reach:
        return text
    cut = text.rfind(" ", reach // 2, reach)
    return text[: cut if cut >= 0 else reach]


def open_masked(model: ResolvedModel, *, device: str, dtype: Dtype) -> MaskedModel:
    """Load a masked model from its folder; nothing is fetched.

    `device` and `dtype` as `loading.pick_device` and `pick_dtype` take them. Raises `WeightsError`.
    """
    place = pick_device(device)
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.folder, local_files_only=True)
        loaded: Any = load_masked(model.folder, pick_dtype(dtype, place))
        if not getattr(tokenizer, "is_fast", False) or tokenizer.mask_token_id is None:
            raise ValueError("the tokenizer has no mask token or no tokenizer.json")
        loaded = loaded.to(place)
        prepack(loaded)
    except Exception as error:  # safetensors, tokenizers, json and transformers each raise their own kinds
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsError(
            f"The masked model {model.name!r} in {model.folder} cannot be used: {reason}. "
            "MASKED_MODEL wants `bundled`, a folder or a hub id of a masked language model "
            "(config.json, model.safetensors and tokenizer.json)."
        ) from error
    info = ModelInfo(
        role="masked",
        name=model.name,
        revision=model.revision,
        engine="torch",
        window=_window(loaded, tokenizer),
        languages=model.languages,
    )
    return MaskedModel(loaded, tokenizer, info)


def _window(model: PreTrainedModel, tokenizer: Any) -> int:
    """Tokens the model can see at once. RoBERTa's kind counts positions from behind its padding: two less."""
    positions = int(getattr(model.config, "max_position_embeddings", CONTEXT)) - 2
    return max(8, min(positions, int(tokenizer.model_max_length)))
