"""Fills that a left context leads to: a search over the tree of next tokens, word by word.

One pass over the context and one for each further token find hundreds of fills with their exact probabilities, where
sampling draws the likely ones again and again. The first tokens are the likeliest; behind them the search is a
stochastic beam (Kool et al. 2019): Gumbel noise on the log-probabilities makes it a draw without replacement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import torch
from torch import Tensor

from bot.inference.protocol import Fill, Gap, ProposeRequest
from bot.rules.text.words import has_han, split_words
from bot.worker.batching import Work
from bot.worker.causal.score_cache import ScoreCache
from bot.worker.causal.token_tree import ROOT
from bot.worker.plaintext import PlainText

CHILDREN = 8
"""Tokens that a path goes on with at most, so that one path does not take all the room."""
GIVEN_WEIGHT = 0.5
"""The weight of a given fill's own score: see GIVEN_FLOOR."""
GIVEN_FLOOR = -9.0
"""What a given fill's own score adds to its log-probability from the left when the first tokens are chosen, and what
it is taken to be for all others, in nats behind the best of its number of pieces."""
FOLLOWED = 12
"""Given fills of several tokens that are followed to their end, whatever the search thinks of them."""
TOKENS_A_WORD = 1.5
"""Tokens that a fill of a given number of words may have for each of them, and one more."""
NARROWING = 8.0
"""How many times fewer paths there are at the longest fill than behind the first tokens."""
_REPLACEMENT = "\ufffd"
"""What a tokenizer decodes to where the bytes make no whole character."""
_WORDED = re.compile(r"[^\W_]")
"""A letter or digit, with which a word begins."""
_INNER = re.compile(r" ?[^\W_]+(?:['’-][^\W_]+)*|['’-][^\W_]*|,")
"""A token that a fill may have behind its first: words, the rest of one, or a comma."""


@dataclass(frozen=True, slots=True)
class _Path:
    """A fill on the way: its tokens, the node before its last, and its log-probability from the left. `given`: the
    search follows it for the sake of a given fill alone."""

    ids: tuple[int, ...]
    parent: int
    score: float
    given: bool = False


class FillTokens:
    """The vocabulary of a causal model as letters see it. `plain` splits texts for it."""

    def __init__(self, tokenizer: Any, plain: PlainText, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._plain = plain
        self._anchor = anchor_of(tokenizer)
        texts = surfaces(tokenizer, plain.marks)[:vocabulary]
        texts += [""] * (vocabulary - len(texts))
        self.spaced = _flags(texts, lambda text: text[:1] == " " and _WORDED.match(text[1:]))
        self.glued = _flags(texts, _WORDED.match)
        # A byte-level token may be a part of a character: it is judged when the whole fill is read.
        inner = _flags(texts, lambda text: _INNER.fullmatch(text) or _REPLACEMENT in text)
        opens = _flags(texts, lambda text: text[:1] == " " or has_han(text))
        barred = torch.stack([~inner, ~inner | opens])
        # What is added to log-probabilities: first for a path that may begin a word, then for one that may not.
        self.bars = torch.zeros(barred.shape).masked_fill(barred, -torch.inf)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text."""
        return [coded.ids for coded in self._plain.encode_all(texts)]

    def text(self, ids: Sequence[int]) -> str:
        """What the tokens say, without the space before it."""
        text: str = self._tokenizer.decode([self._anchor, *ids], skip_special_tokens=False)
        return text[1:].strip()


class FillSearch:
    """The search for fills of one gap; see `ProposeRequest`. `score_cache` is what grows behind the left text; `also`
    are given fills that are tried too."""

    def __init__(
        self, fill_tokens: FillTokens, score_cache: ScoreCache, gap: Gap, request: ProposeRequest, also: Sequence[Fill]
    ) -> None:
        self._fill_tokens = fill_tokens
        self._score_cache = score_cache
        self._request = request
        self._following = score_cache.following
        self._spaced = gap.left.endswith(" ")
        self._ahead = fill_tokens.encode([gap.right])[0][:1] if gap.right else []
        self._given = self._read(also)
        self._noise = torch.Generator().manual_seed(request.seed)
        self._fills: dict[str, Fill] = {}

    def run(self) -> Work[list[Fill]]:
        """Return the fills, the likeliest first."""
        frontier = self._first()
        deepest = longest(self._request)
        for depth in range(deepest):
            if not frontier:
                break
            tokens, parents = [path.ids[-1] for path in frontier], [path.parent for path in frontier]
            nodes, table = yield from self._score_cache.grow(tokens, parents)
            table = table.cpu()
            for path, node, row in zip(frontier, nodes, table, strict=True):
                self._keep(path, path.score + self._ahead_of(node, row))
            if depth + 1 == deepest:
                break
            width = round(self._request.samples * NARROWING ** (-depth / deepest))
            followed = self._followed(frontier, nodes, table)
            frontier = self._grown(frontier, nodes, table, width) + followed
        return sorted(self._fills.values(), key=lambda fill: -fill.score)

    def _ahead_of(self, node: int, row: Tensor) -> float:
        """log p of the first token of the right text, 0 where nothing follows."""
        for token in self._ahead:
            self._score_cache.note(node, token, float(row[token]))
        return float(row[self._ahead].sum())

    def _keep(self, path: _Path, score: float) -> None:
        text = self._fill_tokens.text(path.ids)
        if not text or not text[-1].isalnum() or _REPLACEMENT in text:
            return
        if len(split_words(text)) in self._request.lengths:
            source: Literal["beam", "given"] = "given" if path.given else "beam"
            self._fills.setdefault(text, Fill(text=text, masks=len(path.ids), score=score, source=source))

    def _read(self, also: Sequence[Fill]) -> dict[tuple[int, ...], float]:
        """The given fills as tokens, and how far each is behind the best of its number of pieces."""
        if not also:
            return {}
        best: dict[int, float] = {}
        for fill in also:
            best[fill.masks] = max(best.get(fill.masks, fill.score), fill.score)
        found: dict[tuple[int, ...], float] = {}
        for fill, ids in zip(
            also, self._fill_tokens.encode([" " * self._spaced + fill.text for fill in also]), strict=True
        ):
            behind = max(GIVEN_FLOOR, fill.score - best[fill.masks])
            found[tuple(ids)] = max(found.get(tuple(ids), GIVEN_FLOOR), behind)
        return found

    def _first(self) -> list[_Path]:
        """The first tokens: those that the left context and the given fills together speak for most."""
        keys = self._following + GIVEN_WEIGHT * GIVEN_FLOOR
        for ids, behind in self._given.items():
            keys[ids[0]] = max(keys[ids[0]], self._following[ids[0]] + GIVEN_WEIGHT * behind)
        allowed = self._fill_tokens.spaced if self._spaced else self._fill_tokens.glued
        room = min(self._request.beam, int(allowed.sum()))
        top = keys.masked_fill(~allowed, -torch.inf).topk(room).indices.tolist()
        own = set(self._following.masked_fill(~allowed, -torch.inf).topk(room).indices.tolist())
        return [_Path((index,), ROOT, float(self._following[index]), index not in own) for index in top]

    def _grown(self, frontier: Sequence[_Path], nodes: range, table: Tensor, width: int) -> list[_Path]:
        """The next tokens, drawn without replacement; a path that has all its words begins no more. Uses up `table`."""
        most = max(self._request.lengths)
        full = [len(split_words(self._fill_tokens.text(path.ids))) >= most for path in frontier]
        for row, ended in zip(table, full, strict=True):
            row.add_(self._fill_tokens.bars[int(ended)])
        top = table.topk(CHILDREN, dim=1)
        scores = top.values + torch.tensor([[path.score] for path in frontier])
        gumbel = -torch.empty(scores.shape).exponential_(generator=self._noise).log()
        order = (scores + gumbel).flatten().topk(min(width, scores.numel()))
        paths: list[_Path] = []
        for place in order.indices.tolist():
            row, column = divmod(place, CHILDREN)
            if scores[row, column] > -torch.inf:
                ids = (*frontier[row].ids, int(top.indices[row, column]))
                self._score_cache.note(nodes[row], ids[-1], float(top.values[row, column]))
                paths.append(_Path(ids, nodes[row], float(scores[row, column]), frontier[row].given))
        return paths

    def _followed(self, frontier: Sequence[_Path], nodes: range, table: Tensor) -> list[_Path]:
        """The given fills that have come so far and have tokens left, the most promising of them."""
        places = {path.ids: place for place, path in enumerate(frontier)}
        depth = len(frontier[0].ids)
        going: dict[tuple[int, ...], tuple[float, _Path]] = {}
        for ids, behind in self._given.items():
            place = places.get(ids[:depth])
            if place is not None and len(ids) > depth:
                value = float(table[place, ids[depth]])
                self._score_cache.note(nodes[place], ids[depth], value)
                score = frontier[place].score + value
                path = _Path(ids[: depth + 1], nodes[place], score, given=True)
                going[path.ids] = max(going.get(path.ids, (-inf, path)), (score + GIVEN_WEIGHT * behind, path))
        best = sorted(going.values(), key=lambda each: -each[0])
        return [path for _, path in best[:FOLLOWED]]


def longest(request: ProposeRequest) -> int:
    """How many tokens a fill may have. Each costs a pass: where the length is open, the longest fills have a token a
    word and one more, so that shorter ones may have words of several."""
    most = max(request.lengths)
    return most + 1 if len(request.lengths) > 1 else round(TOKENS_A_WORD * most) + 1


def anchor_of(tokenizer: Any) -> int:
    """The id of a letter. Behind it a token shows whether it begins with a space; alone some tokenizers hide that."""
    anchor: int = tokenizer("a", add_special_tokens=False)["input_ids"][-1]
    return anchor


def surfaces(tokenizer: Any, marks: Collection[int]) -> list[str]:
    """What each id says behind a letter; nothing where it is a mark."""
    anchor = anchor_of(tokenizer)
    texts = tokenizer.batch_decode([[anchor, index] for index in range(len(tokenizer))])
    return ["" if index in marks else text[1:] for index, text in enumerate(texts)]


def _flags(texts: Sequence[str], test: Callable[[str], Any]) -> Tensor:
    return torch.tensor([bool(test(text)) for text in texts])
