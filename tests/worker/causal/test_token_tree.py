"""Trees of tokens behind contexts, alone and several in one pass, against plain forward passes over each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.worker.batching import Work, complete
from bot.worker.causal import prefix_cache as module
from bot.worker.causal.packed_runner import PackedRunner
from bot.worker.causal.padded_runner import PaddedRunner
from bot.worker.causal.prefix_cache import PrefixCache, choose_tree_runner, read
from bot.worker.causal.token_tree import ROOT, Tree, TreeRunner
from bot.worker.compute_threads import ComputeThreads
from tests.support.works import finish

CONTEXTS = ([5, 9, 40, 12], [7, 8], [30, 31, 32, 33, 34, 35, 36])
TOLERANCE = 1e-3


def plain(model: Any, ids: Sequence[int]) -> Tensor:
    """The log-probabilities behind `ids` in one ordinary pass."""
    with torch.inference_mode():
        logits: Tensor = model(torch.tensor([ids])).logits[0, -1]
    return logits.log_softmax(dim=-1)


def begun(tree_runner: TreeRunner, *contexts: list[int]) -> list[Tree]:
    """A tree behind each context, which are read together."""
    return [Tree(tree_runner, prefix.tree) for prefix in complete([read(tree_runner, context) for context in contexts])]


def test_tree_gives_the_numbers_of_plain_passes(loaded: tuple[Any, Any], tree_runner: TreeRunner) -> None:
    context = CONTEXTS[0]
    (tree,) = begun(tree_runner, context)
    #   root ─ 11 ─ 23 ─ 31      root ─ 17 ─ 23
    complete([tree.grow([11, 17], [ROOT, ROOT], [0, 1])])
    (table,) = complete([tree.grow([23, 31, 23], [0, 2, 1], [3, 4])])
    assert tree.path(3) == [0, 2, 3]
    for row, rest in zip(table, ([11, 23, 31], [17, 23]), strict=True):
        assert torch.allclose(row, plain(loaded[0], [*context, *rest]), atol=TOLERANCE)


def test_branches_whose_tokens_come_in_turn_are_put_together_again(
    loaded: tuple[Any, Any], tree_runner: TreeRunner
) -> None:
    context = CONTEXTS[0]
    (tree,) = begun(tree_runner, context)
    #   root ─ 11 ─ 23 (nodes 0, 2)      root ─ 17 (node 1)
    (table,) = complete([tree.grow([11, 17, 23], [ROOT, ROOT, 0], [1, 2])])
    (then,) = complete([tree.grow([31, 37], [1, 2], [3, 4])])
    for row, rest in zip((*table, *then), ([17], [11, 23], [17, 31], [11, 23, 37]), strict=True):
        assert torch.allclose(row, plain(loaded[0], [*context, *rest]), atol=TOLERANCE)


def test_trees_that_grow_together_do_not_see_each_other(loaded: tuple[Any, Any], tree_runner: TreeRunner) -> None:
    trees = begun(tree_runner, *CONTEXTS)
    grown: list[list[int]] = [[11, 17, 19], [11], [50, 51]]
    complete([tree.grow(tokens, [ROOT] * len(tokens), [0]) for tree, tokens in zip(trees, grown, strict=True)])
    tables = complete([tree.grow([60 + number], [len(tree) - 1], [len(tree)]) for number, tree in enumerate(trees)])
    for number, (context, tokens, table) in enumerate(zip(CONTEXTS, grown, tables, strict=True)):
        expected = plain(loaded[0], [*context, tokens[-1], 60 + number])
        assert torch.allclose(table[0], expected, atol=TOLERANCE)


def test_trees_may_stand_behind_one_context(loaded: tuple[Any, Any], tree_runner: TreeRunner) -> None:
    (prefix,) = complete([read(tree_runner, CONTEXTS[2])])
    trees = [Tree(tree_runner, prefix.tree) for _ in range(2)]
    for token in (11, 12):  # what one keeps, the other does not see
        tables = complete([tree.grow([token + 20 * n], [len(tree) - 1], [len(tree)]) for n, tree in enumerate(trees)])
    for n, table in enumerate(tables):
        assert torch.allclose(table[0], plain(loaded[0], [*CONTEXTS[2], 11 + 20 * n, 12 + 20 * n]), atol=TOLERANCE)


def test_long_context_is_read_piece_by_piece(
    loaded: tuple[Any, Any], tree_runner: TreeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASS_TOKENS", 8)
    ids = [3 + number % 60 for number in range(20)]
    prefix, passes = finish(read(tree_runner, ids))
    assert passes == 3
    expected = plain(loaded[0], ids).log_softmax(-1)
    assert torch.allclose(prefix.following, expected, atol=TOLERANCE)


def test_context_is_kept(loaded: tuple[Any, Any]) -> None:
    prefix_cache = PrefixCache(loaded[0], "cpu")
    first, passes = finish(prefix_cache.prefix(CONTEXTS[0]))
    again, none = finish(prefix_cache.prefix(CONTEXTS[0]))
    assert again is first
    assert (passes, none) == (1, 1)  # it ended in its first turn, without a pass


@pytest.mark.parametrize("longest", range(1, 7))
def test_token_tree_branch_may_be_cut_anywhere(loaded: tuple[Any, Any], tree_runner: TreeRunner, longest: int) -> None:
    """Two lanes share what is new in halves, wherever these meet: here in a chain, between two, or in a fork."""
    context = CONTEXTS[0]
    (tree,) = begun(tree_runner, context)
    chain = list(range(11, 11 + longest))
    #   root ─ 11 ─ … ─ 50 ─ 51      root ─ 17 ─ 18
    #                 └ 60
    tokens = [*chain, 50, 51, 60, 17, 18]
    parents = [*range(-1, longest - 1), longest - 1, longest, longest - 1, ROOT, longest + 3]
    (table,) = complete([tree.grow(tokens, parents, range(len(tokens)))])
    (then,) = complete([tree.grow([40, 41], [longest + 1, longest + 4], [len(tokens), len(tokens) + 1])])
    for node, row in enumerate((*table, *then)):
        expected = plain(loaded[0], [*context, *(tree.tokens[each] for each in tree.path(node))])
        assert torch.allclose(row, expected, atol=TOLERANCE), node


def test_works_in_two_lanes_get_the_numbers_of_plain_passes(
    loaded: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both lanes use one model and one store of contexts, which is too small for all of them."""
    monkeypatch.setattr(module, "KEPT_PREFIXES", 2)
    prefix_cache = PrefixCache(loaded[0], "cpu")
    contexts = [[number, 7, number + 1, 9] for number in range(1, 8)]

    def look(context: list[int]) -> Work[tuple[Tensor, Tensor]]:
        prefix = yield from prefix_cache.prefix(context)
        return prefix.following, (yield from prefix_cache.score_cache(prefix).grow([11, 17], [ROOT, 0]))[1][1]

    asked = [*contexts, *contexts[:3]]
    found = complete([look(context) for context in asked], ComputeThreads(2))
    assert len(found) == len(contexts) + 3
    for context, (following, behind) in zip(asked, found, strict=True):
        assert torch.allclose(following, plain(loaded[0], context), atol=TOLERANCE)
        assert torch.allclose(behind, plain(loaded[0], [*context, 11, 17]), atol=TOLERANCE)
    assert loaded[0].config._attn_implementation == "sdpa"


@pytest.mark.parametrize("tokens", [[10**6], [10**6, 5, 6, 7], [5, 6, 7, 10**6]], ids=["alone", "ahead", "behind"])
def test_pass_that_fails_leaves_the_trees_as_they_were(loaded: tuple[Any, Any], tokens: list[int]) -> None:
    """In either lane; and neither waits for the other for ever."""
    tree_runner = PackedRunner(loaded[0], "cpu", ComputeThreads(2))
    (tree,) = begun(tree_runner, CONTEXTS[0])
    complete([tree.grow([11], [ROOT], [0])])
    before = tree.memory
    with pytest.raises(IndexError):
        complete([tree.grow(tokens, range(len(tokens)), [1])])  # there is no token of that number
    assert tree.memory is before
    assert loaded[0].config._attn_implementation == "sdpa"


def test_model_with_an_attention_of_its_own_is_asked_row_by_row(
    loaded: tuple[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    model = loaded[0]

    class Narrow:
        """The same model behind a narrower door."""

        config = model.config
        base_model = model.base_model

        def __call__(self, input_ids: Any, past_key_values: Any, use_cache: bool) -> Any:
            return model(input_ids=input_ids, past_key_values=past_key_values, use_cache=use_cache)

    class Deaf(Narrow):
        """It takes whatever it is told, and minds only the text."""

        def __call__(self, input_ids: Any, past_key_values: Any = None, use_cache: bool = False, **_: Any) -> Any:
            return super().__call__(input_ids, past_key_values, use_cache)

    caplog.set_level("INFO")
    assert isinstance(choose_tree_runner(model, "cpu"), PackedRunner)
    assert not caplog.messages
    assert isinstance(choose_tree_runner(Narrow(), "cpu"), PaddedRunner)
    assert isinstance(choose_tree_runner(Deaf(), "cpu"), PaddedRunner)
    assert len(caplog.messages) == 2, "a host who wonders why it is slow finds the reason"


def test_context_that_begins_like_a_known_one_is_not_read_again(
    loaded: tuple[Any, Any], tree_runner: TreeRunner
) -> None:
    prefix_cache = PrefixCache(loaded[0], "cpu")
    prefix_cache._grower = tree_runner
    long, other = [*CONTEXTS[2], 40, 41, 42], [*CONTEXTS[2], 50, 51]
    for ids, new in ((long, len(long)), (other, 2), (CONTEXTS[2], 1), ([*long, 60], 1)):
        prefix, sizes = counted(prefix_cache.prefix(ids))
        assert sizes == [new if isinstance(tree_runner, PackedRunner) else len(ids)]
        assert torch.allclose(prefix.following, plain(loaded[0], ids), atol=TOLERANCE)
    first, _ = finish(prefix_cache.prefix(long))
    tree = Tree(tree_runner, first.tree)
    (table,) = complete([tree.grow([11], [ROOT], [0])])
    assert torch.allclose(table[0], plain(loaded[0], [*long, 11]), atol=TOLERANCE), "others grew from it"


def counted(work: Work[Any]) -> tuple[Any, list[int]]:
    """The result of a work, and how many tokens each of its passes had."""
    sizes: list[int] = []
    try:
        wanted = next(work)
        while True:
            sizes.append(wanted.tokens)
            (answer,) = wanted.run([wanted.ask])
            wanted = work.send(answer)
    except StopIteration as stop:
        return stop.value, sizes
