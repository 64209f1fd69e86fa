"""Log-probabilities of given text under a causal model.

Items that share their left context share its prefill: its keys and values are computed once, kept for the
next request about the same place, and copied for each row of a right-padded batch. Padding stands behind the
text, where a causal model cannot see it, so every number equals that of a full forward pass.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor

from bot.errors import WorkerRefused
from bot.inference.engine import ScoreItem
from bot.inference.masked.picking import picked
from bot.inference.words import word_spans

PASS_TOKENS = 512
"""Tokens of one forward pass, padding included, so that none keeps the decode steps waiting for long."""
KEPT_PREFIXES = 4
"""Left contexts whose keys and values are kept: some 10 MB each with the bundled model."""


@dataclass(frozen=True, slots=True)
class _Text:
    """An item as tokens: `first` is the first to be scored, `words` the word number of each from there on."""

    ids: list[int]
    first: int
    words: list[int]


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A left context after its forward pass: the cache (one row), and the log-probabilities of what comes
    next, float32 [vocabulary]."""

    cache: Any
    following: Tensor


class CausalScorer:
    """Scores text with a causal model, which it may share with an engine that runs in the same thread."""

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._device = device
        self._window = int(getattr(model.config, "max_position_embeddings", 1024))
        coded = tokenizer("a")["input_ids"]
        self._begins = coded[:1] if coded[0] in tokenizer.all_special_ids else []
        known = (index for index in (tokenizer.bos_token_id, tokenizer.eos_token_id) if index is not None)
        self._outset: list[int] = self._begins or [next(known, self._encode(["\n"])["input_ids"][0][0])]
        self._prefixes: OrderedDict[tuple[int, ...], _Prefix] = OrderedDict()

    def _encode(self, texts: list[str]) -> Any:
        return self._tokenizer(
            texts,
            add_special_tokens=False,
            return_offsets_mapping=True,
            split_special_tokens=True,
            verbose=False,
        )

    def score(self, items: Sequence[ScoreItem]) -> Generator[None, None, list[list[float]]]:
        """Return log p (natural logarithm) of each word of each `asked`, given `left` and the words before.

        What stands between words counts to the word behind it, so the sum is log p(asked | left). Yields None
        after each forward pass. Raises `WorkerRefused` where `asked` is longer than the model's window.
        """
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for number, item in enumerate(items):
            groups[item.left].append(number)
        results = [[0.0] * len(word_spans(item.asked)) for item in items]
        for numbers in groups.values():
            texts = self._fit(self._tokens([items[number] for number in numbers]))
            tokens = yield from self._group(texts)
            for number, text, values in zip(numbers, texts, tokens, strict=True):
                for word, value in zip(text.words, values, strict=True):
                    if results[number]:
                        results[number][word] += value
        return results

    def _tokens(self, items: Sequence[ScoreItem]) -> list[_Text]:
        coded = self._encode([item.left + item.asked for item in items])
        both = zip(coded["input_ids"], coded["offset_mapping"], strict=True)
        return [self._text(item, ids, spans) for item, (ids, spans) in zip(items, both, strict=True)]

    def _text(self, item: ScoreItem, ids: list[int], spans: Sequence[tuple[int, int]]) -> _Text:
        begin = len(item.left)
        # The offsets grow, so the first token that reaches beyond the left text is found by halving.
        own = bisect_right(spans, begin, key=lambda span: span[1])
        outset = self._begins if own else self._outset
        ends = [end for _, end in word_spans(item.asked)]
        words = [
            next((word for word, end in enumerate(ends) if start - begin < end), len(ends) - 1)
            for start, _ in spans[own:]
        ]
        return _Text([*outset, *ids], own + len(outset), words)

    def _fit(self, texts: list[_Text]) -> list[_Text]:
        """Cut the beginning of the shared context where the window asks for it, the same for all."""
        over = max(len(text.ids) for text in texts) - self._window
        if over <= 0:
            return texts
        if any(text.first - over < 1 for text in texts):
            raise WorkerRefused(f"the text to score is longer than the model's window of {self._window} tokens")
        return [_Text(text.ids[over:], text.first - over, text.words) for text in texts]

    def _group(self, texts: Sequence[_Text]) -> Generator[None, None, list[list[float]]]:
        """Score texts that share their beginning: for each the log-probabilities of its asked tokens."""
        shared = min(_common([text.ids for text in texts]), min(text.first for text in texts))
        prefix = yield from self._prefill(tuple(texts[0].ids[:shared]))
        values: list[list[float]] = [[] for _ in texts]
        for number, text in enumerate(texts):
            if text.words and text.first == shared:
                values[number].append(float(prefix.following[text.ids[shared]]))
        going = [number for number, text in enumerate(texts) if len(text.ids) > shared + 1 and text.words]
        for batch in _batches({number: len(texts[number].ids) - shared - 1 for number in going}):
            for number, more in zip(batch, self._rows([texts[n] for n in batch], shared, prefix), strict=True):
                values[number] += more
            yield
        return values

    def _prefill(self, ids: tuple[int, ...]) -> Generator[None, None, _Prefix]:
        """Run a left context, piece by piece, or take it from the last few."""
        if ids not in self._prefixes:
            cache: Any = None
            for at in range(0, len(ids), PASS_TOKENS):
                piece = torch.tensor([ids[at : at + PASS_TOKENS]], device=self._device)
                cache, logits = self._forward(piece, cache, [piece.shape[1] - 1])
                yield
            self._prefixes[ids] = _Prefix(cache, logits[0].log_softmax(dim=-1).cpu())
            while len(self._prefixes) > KEPT_PREFIXES:
                self._prefixes.popitem(last=False)
        self._prefixes.move_to_end(ids)
        return self._prefixes[ids]

    @torch.inference_mode()
    def _forward(self, ids: Tensor, cache: Any, asked: Sequence[int]) -> tuple[Any, Tensor]:
        """Return the grown cache and the logits at the flat positions `asked`, [asked, vocabulary]."""
        with picked(self._model, asked):
            output = self._model(input_ids=ids, past_key_values=cache, use_cache=True)
        return output.past_key_values, output.logits[0].float()

    def _rows(self, texts: Sequence[_Text], shared: int, prefix: _Prefix) -> list[list[float]]:
        """One batch behind the prefix. The last token of a text needs no pass: nothing is asked behind it."""
        rows = [text.ids[shared:] for text in texts]
        width = max(map(len, rows)) - 1
        ids = torch.tensor([row[:-1] + [0] * (width + 1 - len(row)) for row in rows], device=self._device)
        cache = copy.deepcopy(prefix.cache)
        cache.batch_repeat_interleave(len(rows))
        begins = [max(text.first - shared - 1, 0) for text in texts]
        asked = [
            (number, place)
            for number, (row, begin) in enumerate(zip(rows, begins, strict=True))
            for place in range(begin, len(row) - 1)
        ]
        _, logits = self._forward(ids, cache, [number * width + place for number, place in asked])
        targets = torch.tensor([rows[number][place + 1] for number, place in asked], device=self._device)
        # log p = logit − log-sum-exp, without a second table as large as the logits
        picked_logits = logits.gather(1, targets.unsqueeze(1)).squeeze(1)
        flat = (picked_logits - logits.logsumexp(dim=-1)).tolist()
        values: list[list[float]] = [[] for _ in rows]
        for (number, _), value in zip(asked, flat, strict=True):
            values[number].append(value)
        return values


def _common(rows: Sequence[list[int]]) -> int:
    """How many leading tokens all rows share."""
    # What the least and the greatest in dictionary order share, all between them share.
    pairs = zip(min(rows), max(rows), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _batches(lengths: dict[int, int]) -> list[list[int]]:
    """Group numbers by length so that no batch holds more than PASS_TOKENS tokens with its padding."""
    batches: list[list[int]] = []
    for number in sorted(lengths, key=lambda number: -lengths[number]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= PASS_TOKENS:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
