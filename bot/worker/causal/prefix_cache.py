"""Many short texts behind one left context: the context is read once, and the texts grow from it as a tree."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import itemgetter
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from bot.worker.batching import Work, complete
from bot.worker.causal.packed_runner import PASS_TOKENS, PackedRunner
from bot.worker.causal.padded_runner import PaddedRunner
from bot.worker.causal.score_cache import ScoreCache
from bot.worker.causal.token_tree import ROOT, Tree, TreeRunner
from bot.worker.compute_threads import ComputeThreads

_log = logging.getLogger(__name__)

KEPT_PREFIXES = 16
"""Left contexts whose keys and values are kept, as many as the queue lets blanks be worked on at once: with the bundled
model some 4 MB each, and 3 MB of what a search grew there."""
SHORT_TAIL = 8
"""Tokens of a context that are read together with what is scored behind it, where all before them is known: a pass of
one token takes nearly as long as one of thirty."""
_ALIKE = 0.15
"""Nats: as far apart may log-probabilities of the two ways be, in the mean (bfloat16 moves them by 0.05)."""


@dataclass(slots=True, eq=False)
class CachedPrefix:
    """A left context after its forward pass, and the log-probabilities of what comes next, float32 [vocabulary] on the
    CPU, or empty where nobody asks for these. `score_cache` is what a search has left there, while nobody uses it."""

    tree: Tree
    following: Tensor
    score_cache: ScoreCache | None = None


class PrefixCache:
    """Prefixes and trees over one causal model, whose works may run in several threads."""

    def __init__(self, model: Any, device: str) -> None:
        self._prefixes: OrderedDict[tuple[int, ...], CachedPrefix] = OrderedDict()
        self._lock = Lock()
        self._grower = choose_tree_runner(model, device)

    def prefix(self, ids: Sequence[int]) -> Work[CachedPrefix]:
        """Read a left context piece by piece, or take it from the last few: all of it, or what it begins with."""
        key = tuple(ids)
        prefix = self._prefixes.get(key) or (yield from read(self._grower, key, self._beginning(key)))
        with self._lock:
            self._prefixes[key] = prefix
            self._prefixes.move_to_end(key)
            while len(self._prefixes) > KEPT_PREFIXES:
                self._prefixes.popitem(last=False)
        return prefix

    def _beginning(self, ids: tuple[int, ...]) -> Tree | None:
        """The longest beginning of a context that is known. Its last token is read in any case: for what follows it."""
        with self._lock:
            kept = list(self._prefixes.items())
        most, tree = max(
            ((common(ids, key), prefix.tree) for key, prefix in kept), default=(0, None), key=itemgetter(0)
        )
        return tree.beginning(min(most, len(ids) - 1)) if tree is not None and most > 1 else None

    def score_cache(self, prefix: CachedPrefix) -> ScoreCache:
        """Begin a score cache of its own behind `prefix`."""
        return ScoreCache(Tree(self._grower, prefix.tree), prefix.following)

    def known(self, ids: Sequence[int]) -> CachedPrefix | None:
        """Return the beginning of a context of which all is known but a few tokens at its end: these are to be read
        with what stands behind them. What may come next is left open. None where there is nothing to gain."""
        if tuple(ids) in self._prefixes:
            return None
        tree = self._beginning(tuple(ids))
        if tree is None or not len(tree) or len(ids) - len(tree) > SHORT_TAIL:
            return None
        return CachedPrefix(tree, torch.empty(0))

    def take(self, prefix: CachedPrefix) -> ScoreCache | None:
        """Take what a search has left behind `prefix`, so that nobody else uses it."""
        with self._lock:
            score_cache, prefix.score_cache = prefix.score_cache, None
        return score_cache


def read(tree_runner: TreeRunner, ids: Sequence[int], known: Tree | None = None) -> Work[CachedPrefix]:
    """Read a left context, which must not be empty, as far as it is not `known`."""
    tree = Tree(tree_runner) if known is None else known
    for at in range(len(tree), len(ids), PASS_TOKENS):
        piece = ids[at : at + PASS_TOKENS]
        last = at + len(piece) - 1
        table = yield from tree.grow(piece, range(at - 1, last), [last])
    return CachedPrefix(tree, table[0].cpu())


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def choose_tree_runner(model: Any, device: str) -> TreeRunner:
    """Choose how trees are run: packed where the model's numbers are those of plain rows then."""
    packed, padded = PackedRunner(model, device, ComputeThreads.of(device)), PaddedRunner(model, device)
    size = model.config.get_text_config().vocab_size
    try:
        tried = _trial(packed, size)
    except (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError):
        # the ways in which models refuse an attention that they do not know
        _log.info("the causal model has an attention of its own: infills ask it row by row, and are slower")
        return padded
    plain = _trial(padded, size)
    likely = plain > plain.max(dim=-1, keepdim=True).values - 5.0
    apart = float((tried - plain).abs()[likely].mean())
    if apart < _ALIKE:
        return packed
    _log.info("packed passes of the causal model are %.2f nats off: infills ask it row by row, and are slower", apart)
    return padded


def _trial(tree_runner: TreeRunner, vocabulary: int) -> Tensor:
    """The log-probabilities that two trees say which grow side by side, [6, vocabulary]."""
    ids = [number % vocabulary for number in (11, 23, 37, 41, 53, 67)]
    prefixes = complete([read(tree_runner, ids[:5]), read(tree_runner, ids[2:])])
    trees = [Tree(tree_runner, prefix.tree) for prefix in prefixes]
    complete([tree.grow(ids[1:3], [ROOT, ROOT], [0, 1]) for tree in trees])
    grown = complete([tree.grow(ids[3:6], [1, 0, 2], [3, 4]) for tree in trees])
    following = torch.stack([prefix.following for prefix in prefixes])
    return torch.cat([following, *(table.cpu() for table in grown)])
