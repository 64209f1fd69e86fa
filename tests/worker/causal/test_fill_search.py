"""Fills grown from the left text by tiny causal models of two classes, against plain forward passes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bot.inference.protocol import Fill, Gap, ProposeRequest
from bot.rules.text.words import split_words
from bot.worker.causal.scoring import CausalScorer
from tests.support.works import finish

GAP = Gap(left="The fox opened the ", right=" near the harbour, and nobody spoke.")
TOLERANCE = 2e-3


@pytest.fixture
def scorer(loaded: tuple[Any, Any]) -> CausalScorer:
    return CausalScorer(*loaded, "cpu")


def ask(*gaps: Gap, lengths: tuple[int, ...] = (1, 2, 3), also: tuple[Fill, ...] = (), seed: int = 1) -> ProposeRequest:
    return ProposeRequest(
        model="causal",
        gaps=gaps or (GAP,),
        lengths=lengths,
        beam=24,
        samples=12,
        also=(also,),
        seed=seed,
    )


def given(text: str, score: float = 0.0) -> Fill:
    return Fill(text=text, masks=1, score=score, source="beam")


def one(scorer: CausalScorer, request: ProposeRequest) -> dict[str, Fill]:
    ((fills,), _) = finish(scorer.propose(request))
    assert [fill.score for fill in fills] == sorted((fill.score for fill in fills), reverse=True)
    found = {fill.text: fill for fill in fills}
    assert len(found) == len(fills)
    return found


def naive(loaded: tuple[Any, Any], left: str, rest: list[int]) -> float:
    """log p(rest | left), from one pass over everything."""
    model, tokenizer = loaded
    begins = tokenizer("a")["input_ids"][:1] if tokenizer("a")["input_ids"][0] in tokenizer.all_special_ids else []
    before = [*begins, *tokenizer(left, add_special_tokens=False)["input_ids"]]
    with torch.inference_mode():
        table = model(torch.tensor([[*before, *rest]])).logits[0].log_softmax(-1)
    return sum(float(table[len(before) + at - 1, token]) for at, token in enumerate(rest))


def test_score_is_the_probability_of_the_fill_and_what_follows(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    tokenizer = loaded[1]
    found = one(scorer, ask(also=(given("lantern"),)))
    assert "lantern" in found
    ahead = tokenizer(GAP.right, add_special_tokens=False)["input_ids"][:1]
    compared = 0
    for fill in found.values():
        ids = tokenizer(f" {fill.text}", add_special_tokens=False)["input_ids"]
        if len(ids) == fill.masks:  # the search may spell a word in another way than the tokenizer would
            compared += 1
            assert fill.score == pytest.approx(naive(loaded, GAP.left.rstrip(), [*ids, *ahead]), abs=TOLERANCE)
    assert compared > 10


def test_fills_are_words_of_the_asked_numbers(scorer: CausalScorer) -> None:
    for lengths in ((1,), (2, 3), (4,)):
        found = one(scorer, ask(lengths=lengths))
        assert found
        assert {len(split_words(text)) for text in found} <= set(lengths)
        assert all(text[0].isalnum() and text[-1].isalnum() and text == text.strip() for text in found)


def test_fill_search_finds_what_was_learnt(scorer: CausalScorer) -> None:
    found = one(scorer, ask(Gap(left="A girl lost a silver ", right=" under the hill, and the rain began.")))
    assert next(iter(found)) == "key"


def test_given_fill_is_tried_unless_the_left_text_speaks_against_it(scorer: CausalScorer) -> None:
    without = one(scorer, ask())
    fills = (given("rain began", -1.0), given("lantern", 0.0))
    found = one(scorer, ask(also=fills))
    assert {"rain began", "lantern"} <= set(found)
    assert len(without) > 12
    assert {fill.source for fill in without.values()} == {"beam"}
    for fill in fills:
        assert (found[fill.text].source == "given") == (fill.text not in without)


def test_fill_search_repeats_with_its_seed(scorer: CausalScorer) -> None:
    first, again, other = (one(scorer, ask(seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first.keys() != other.keys()


def test_fill_search_completes_a_word_that_begins_before_the_blank(scorer: CausalScorer) -> None:
    found = one(scorer, ask(Gap(left="The fox opened the do", right=" near the harbour.")))
    assert "or" in found


def test_gaps_have_their_own_fills_and_a_read_context_costs_no_pass(scorer: CausalScorer) -> None:
    gaps = (GAP, Gap(left="A girl found a ", right=" under the hill."))
    answers, passes = finish(scorer.propose(ask(*gaps)))
    assert len(answers) == 2
    again, fewer = finish(scorer.propose(ask(*gaps)))
    assert again == answers
    assert fewer == passes - 2


def test_text_longer_than_the_window_loses_its_beginning(scorer: CausalScorer) -> None:
    long = Gap(left="The river crossed the bridge. " * 400 + GAP.left, right=GAP.right)
    assert one(scorer, ask(long))
