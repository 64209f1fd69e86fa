"""Log-probabilities of given text, and words that a left context leads to, under a causal model.

Items that share their left context share its forward pass, which is kept for the next request about the same place,
and what they have in common behind it (see `branches`). Every number equals that of a full forward pass. A model that
was taught to reads the right text as well: it stands as a hint behind the left (see `middle_ids`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import WorkerRefused
from bot.inference.protocol import Fill, ProposeRequest, ScoreItem
from bot.rules.text.words import word_spans
from bot.worker.batching import Work
from bot.worker.causal.fill_in_the_middle import MiddleIds
from bot.worker.causal.fill_search import FillSearch, FillTokens, longest
from bot.worker.causal.packed_runner import PASS_TOKENS
from bot.worker.causal.prefix_cache import PrefixCache, common
from bot.worker.plaintext import PlainText


@dataclass(frozen=True, slots=True)
class _Text:
    """An item as tokens: `first` is the first to be scored, `words` the word number of each from there on."""

    ids: list[int]
    first: int
    words: list[int]


class CausalScorer:
    """Scores and proposes with a causal model, which it may share with an engine that runs in the same thread.
    `middle_ids` are for a model that was taught to read them; `window` is how many tokens it sees."""

    def __init__(self, model: Any, tokenizer: Any, device: str, middle_ids: MiddleIds | None = None) -> None:
        self._middle_ids = middle_ids
        self.window = int(getattr(model.config, "max_position_embeddings", 1024))
        coded = tokenizer("a")["input_ids"]
        self._begins = coded[:1] if coded[0] in tokenizer.all_special_ids else []
        self._plain = PlainText.of(tokenizer)
        known = (index for index in (tokenizer.bos_token_id, tokenizer.eos_token_id) if index is not None)
        self._outset: list[int] = self._begins or [next(known, self._plain.encode("\n").ids[0])]
        self._branching = PrefixCache(model, device)
        self._fill_tokens = FillTokens(tokenizer, self._plain, int(model.config.get_text_config().vocab_size))

    def propose(self, request: ProposeRequest) -> Work[list[list[Fill]]]:
        """Grow fills for each gap from its left text: see `ProposeRequest`."""
        results: list[list[Fill]] = []
        for number, gap in enumerate(request.gaps):
            left = gap.left.rstrip(" ")
            ids = self._plain.encode(left).ids if left else []
            hint = self._hint(ids, self._shown(gap.right))
            ids = [*(self._begins if ids else self._outset), *ids]
            room = max(1, self.window - longest(request) - len(hint))
            prefix = yield from self._branching.prefix([*ids[-room:], *hint])
            also = request.also[number] if number < len(request.also) else ()
            score_cache = self._branching.score_cache(prefix)
            results.append((yield from FillSearch(self._fill_tokens, score_cache, gap, request, also).run()))
            prefix.score_cache = score_cache
        return results

    def score(self, items: Sequence[ScoreItem]) -> Work[list[list[float]]]:
        """Return log p (natural logarithm) of each word of each `asked`, given `left` and the words before, and `right`
        where the model reads hints.

        What stands between words counts to the word behind it, so the sum is log p(asked | left). Raises
        `WorkerRefused` where `asked` is longer than the model's window.
        """
        groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, item in enumerate(items):
            groups[item.left, item.right if self._middle_ids else ""].append(number)
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
        """Items of one left and one right text as tokens."""
        coded = self._plain.encode_all([item.left + item.asked for item in items])
        shown = self._shown(items[0].right)
        return [self._text(item, each.ids, each.offsets, shown) for item, each in zip(items, coded, strict=True)]

    def _text(self, item: ScoreItem, ids: list[int], spans: Sequence[tuple[int, int]], shown: Sequence[int]) -> _Text:
        begin = len(item.left)
        # The offsets grow, so the first token that reaches beyond the left text is found by halving.
        own = bisect_right(spans, begin, key=lambda span: span[1])
        outset = self._begins if own else self._outset
        ends = [end for _, end in word_spans(item.asked)]
        words = [
            next((word for word, end in enumerate(ends) if start - begin < end), len(ends) - 1)
            for start, _ in spans[own:]
        ]
        lead = [*outset, *ids[:own], *self._hint(ids[:own], shown)]
        return _Text([*lead, *ids[own:]], len(lead), words)

    def _shown(self, right: str) -> Sequence[int]:
        """The right text as tokens, for a model that was taught to read it; else nothing."""
        return self._plain.encode(right).ids if self._middle_ids and right else ()

    def _hint(self, left: Sequence[int], shown: Sequence[int]) -> list[int]:
        """What stands between the left text and a fill."""
        return self._middle_ids.behind(left, shown) if self._middle_ids and shown else []

    def _fit(self, texts: list[_Text]) -> list[_Text]:
        """Cut the beginning of the shared context where the window asks for it, the same for all."""
        over = max(len(text.ids) for text in texts) - self.window
        if over <= 0:
            return texts
        if any(text.first - over < 1 for text in texts):
            raise WorkerRefused(f"the text to score is longer than the model's window of {self.window} tokens")
        return [_Text(text.ids[over:], text.first - over, text.words) for text in texts]

    def _group(self, texts: Sequence[_Text]) -> Work[list[list[float]]]:
        """Score texts that share their beginning: for each the log-probabilities of its asked tokens."""
        shared = min(_common([text.ids for text in texts]), min(text.first for text in texts))
        context = texts[0].ids[:shared]
        prefix = self._branching.known(context) or (yield from self._branching.prefix(context))
        shared = len(prefix.tree)
        searched = self._branching.take(prefix)
        values: list[list[float]] = [[] for _ in texts]
        for batch in _batches({number: len(text.ids) - shared for number, text in enumerate(texts)}):
            rows = [texts[number].ids[shared:] for number in batch]
            # What only scores grow is not kept: it is read once, and the long texts of continuations are many tokens.
            score_cache = searched or self._branching.score_cache(prefix)
            tokens = yield from score_cache.log_probs(rows)
            for number, row in zip(batch, tokens, strict=True):
                values[number] = row[texts[number].first - shared :] if texts[number].words else []
        if searched is not None:
            prefix.score_cache = searched
        return values


def _common(rows: Sequence[list[int]]) -> int:
    """How many leading tokens all rows share."""
    # What the least and the greatest in dictionary order share, all between them share.
    return common(min(rows), max(rows))


def _batches(lengths: dict[int, int]) -> list[list[int]]:
    """Group numbers by length so that a tree of theirs is one pass, or one row's."""
    batches: list[list[int]] = []
    size = 0
    for number in sorted(lengths, key=lambda number: -lengths[number]):
        if batches and size + lengths[number] <= PASS_TOKENS:
            batches[-1].append(number)
            size += lengths[number]
        else:
            batches.append([number])
            size = lengths[number]
    return batches
