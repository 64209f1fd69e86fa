"""What has grown behind a context is found again, and is worth the same, against plain forward passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from bot.inference.protocol import Gap, ProposeRequest, ScoreItem
from bot.worker.batching import complete
from bot.worker.causal import score_cache as module
from bot.worker.causal.prefix_cache import read
from bot.worker.causal.score_cache import ScoreCache
from bot.worker.causal.scoring import CausalScorer
from bot.worker.causal.token_tree import ROOT, Tree, TreeRunner
from bot.worker.compute_threads import ComputeThreads
from tests.support.works import finish

CONTEXT = [5, 9, 40, 12]
GAP = Gap(left="The fox opened the ", right=" near the harbour, and nobody spoke.")
TOLERANCE = 1e-3


def begun(tree_runner: TreeRunner) -> tuple[Tree, ScoreCache]:
    """A score cache behind the context, and the tree in it."""
    (prefix,) = complete([read(tree_runner, CONTEXT)])
    tree = Tree(tree_runner, prefix.tree)
    return tree, ScoreCache(tree, prefix.following)


def plain(model: Any, row: Sequence[int]) -> list[float]:
    """log p of each token of `row` behind the context, from one ordinary pass."""
    with torch.inference_mode():
        table = model(torch.tensor([[*CONTEXT, *row]])).logits[0].log_softmax(dim=-1)
    return [float(table[len(CONTEXT) - 1 + place, token]) for place, token in enumerate(row)]


def check(model: Any, score_cache: ScoreCache, rows: Sequence[Sequence[int]]) -> None:
    (found,) = complete([score_cache.log_probs(rows)])
    for row, values in zip(rows, found, strict=True):
        assert values == pytest.approx(plain(model, row), abs=TOLERANCE)


def test_score_cache_gives_the_numbers_of_plain_passes(loaded: tuple[Any, Any], tree_runner: TreeRunner) -> None:
    _, score_cache = begun(tree_runner)
    check(loaded[0], score_cache, [[11, 23, 31], [11, 23, 40, 41], [17], [11, 23, 31]])


def test_score_cache_does_not_compute_twice(loaded: tuple[Any, Any], tree_runner: TreeRunner) -> None:
    tree, score_cache = begun(tree_runner)
    check(loaded[0], score_cache, [[11, 23, 31], [17, 31]])
    grown = len(tree)
    assert grown == 3, "11, 23 and 17: nothing is asked behind the last token of a row"
    check(loaded[0], score_cache, [[11, 23, 31], [17, 31]])
    assert len(tree) == grown
    check(loaded[0], score_cache, [[11, 23, 31, 40], [17, 31, 40]])
    assert len(tree) == grown + 2, "only the tokens that were last before are new"


def test_score_cache_computes_a_token_again_of_which_more_is_asked(
    loaded: tuple[Any, Any], tree_runner: TreeRunner
) -> None:
    tree, score_cache = begun(tree_runner)
    check(loaded[0], score_cache, [[11, 23, 31, 40]])
    grown = len(tree)
    check(loaded[0], score_cache, [[11, 23, 32, 40], [11, 23, 31, 41]])
    assert len(tree) > grown


def test_score_cache_knows_what_a_search_computed(loaded: tuple[Any, Any], tree_runner: TreeRunner) -> None:
    tree, score_cache = begun(tree_runner)
    ((nodes, table),) = complete([score_cache.grow([11, 17], [ROOT, ROOT])])
    assert list(nodes) == [0, 1]
    for node, row in zip(nodes, table, strict=True):
        score_cache.note(node, 31, float(row[31]))
    check(loaded[0], score_cache, [[11, 31], [17, 31]])
    assert len(tree) == 2, "no pass was needed"
    check(loaded[0], score_cache, [[11, 31, 40], [17, 32]])
    assert len(tree) == 4, "31 behind 11, and 17 again for what stands behind it now"


def test_score_cache_more_tokens_than_one_pass_holds(
    loaded: tuple[Any, Any], tree_runner: TreeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASS_TOKENS", 4)
    _, score_cache = begun(tree_runner)
    check(loaded[0], score_cache, [[11, 23, 31, 40, 41], [11, 23, 32, 42, 43], [17, 18, 19, 20]])
    check(loaded[0], score_cache, [[11, 23, 31, 40, 41, 42, 43], [17, 18, 33, 34]])


@pytest.fixture
def scorer(loaded: tuple[Any, Any]) -> CausalScorer:
    return CausalScorer(*loaded, "cpu")


def searched(scorer: CausalScorer) -> list[str]:
    request = ProposeRequest(model="causal", gaps=(GAP,), lengths=(1, 2, 3), beam=24, samples=12, also=((),), seed=1)
    ((fills,), _) = finish(scorer.propose(request))
    return [fill.text for fill in fills]


def items(fills: Sequence[str], right: str) -> list[ScoreItem]:
    return [ScoreItem(left=GAP.left.rstrip(), asked=f" {fill}{right}") for fill in fills]


def test_fills_are_worth_the_same_whether_a_search_came_before_or_not(loaded: tuple[Any, Any]) -> None:
    """And so are they when they are read a second time, with more of the right text."""
    after, afresh = (CausalScorer(*loaded, "cpu") for _ in range(2))
    fills = searched(after)
    assert len(fills) > 20
    for right in (" near", " near the", " near the harbour, and", " near the"):
        (found, _), (expected, _) = (finish(scorer.score(items(fills, right))) for scorer in (after, afresh))
        for values, wanted in zip(found, expected, strict=True):
            assert values == pytest.approx(wanted, abs=TOLERANCE)


def test_readers_at_once_behind_one_search_do_not_disturb_each_other(loaded: tuple[Any, Any]) -> None:
    after, afresh = (CausalScorer(*loaded, "cpu") for _ in range(2))
    fills = searched(after)
    asked = [items(fills, " near the harbour"), items(fills[::-1], " beside us"), items(fills, " at night")]
    found = complete([after.score(each) for each in asked], ComputeThreads(2))
    for each, values in zip(asked, found, strict=True):
        for one, wanted in zip(values, finish(afresh.score(each))[0], strict=True):
            assert one == pytest.approx(wanted, abs=TOLERANCE)


def test_reading_that_is_dropped_leaves_nothing_half_done(scorer: CausalScorer, loaded: tuple[Any, Any]) -> None:
    """A writer may cancel between two passes."""
    fills = searched(scorer)
    dropped = scorer.score(items(fills, " near the harbour, and nobody"))
    next(dropped)
    dropped.close()
    found, _ = finish(scorer.score(items(fills, " near the harbour")))
    expected, _ = finish(CausalScorer(*loaded, "cpu").score(items(fills, " near the harbour")))
    for values, wanted in zip(found, expected, strict=True):
        assert values == pytest.approx(wanted, abs=TOLERANCE)
