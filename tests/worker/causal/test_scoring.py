"""CausalScorer against a naive forward pass over the whole text, on tiny models of two classes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from bot.errors import WorkerRefused
from bot.inference.protocol import ScoreItem
from bot.rules.text.words import split_words
from bot.worker.causal.scoring import CausalScorer
from tests.support.works import finish

TOLERANCE = 2e-4


@pytest.fixture
def scorer(loaded: tuple[Any, Any]) -> CausalScorer:
    return CausalScorer(*loaded, "cpu")


def naive(loaded: tuple[Any, Any], left: str, asked: str) -> float:
    """log p(asked | left) from one pass over everything, all logits computed."""
    model, tokenizer = loaded
    coded = tokenizer(left + asked, add_special_tokens=False, return_offsets_mapping=True)
    ids = [tokenizer.bos_token_id, *coded["input_ids"]]
    first = 1 + sum(1 for _, end in coded["offset_mapping"] if end <= len(left))
    if tokenizer("a")["input_ids"][0] != tokenizer.bos_token_id and first > 1:
        ids, first = ids[1:], first - 1
    with torch.inference_mode():
        table = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(float(table[at - 1, ids[at]]) for at in range(first, len(ids)))


LEFT = "The fox opened the door near the harbour, and nobody spoke. A girl found a"
ASKED = (
    " lantern under the hill, and the rain began.",
    " key",
    " lantern in the dark wood",
    " zebra’s café, quite unheard of; and\n\nthen ran home. But the light was gone",
)


def test_word_scores_add_up_to_the_naive_sum(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    items = [ScoreItem(left=LEFT, asked=asked) for asked in ASKED]
    scores, passes = finish(scorer.score(items))
    assert passes >= 2
    for asked, words in zip(ASKED, scores, strict=True):
        assert len(words) == len(split_words(asked))
        assert sum(words) == pytest.approx(naive(loaded, LEFT, asked), abs=TOLERANCE)


def test_word_is_conditioned_on_the_words_before_it(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    (words,), _ = finish(scorer.score([ScoreItem(left=LEFT, asked=ASKED[0])]))
    parts = split_words(ASKED[0])
    for number, word in enumerate(parts):
        left = LEFT + "".join(f" {part}" for part in parts[:number])
        assert words[number] == pytest.approx(naive(loaded, left, f" {word}"), abs=TOLERANCE)


def test_lefts_may_differ_be_empty_or_end_in_a_space(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    items = [
        ScoreItem(left="", asked="The fox opened the door"),
        ScoreItem(left="The river sang to the ", asked="moon before the storm"),
        ScoreItem(left=LEFT, asked=" lantern"),
        ScoreItem(left="The river sang to the ", asked="mill"),
        ScoreItem(left="The light was go", asked="ne."),
    ]
    scores, _ = finish(scorer.score(items))
    for item, words in zip(items, scores, strict=True):
        assert sum(words) == pytest.approx(naive(loaded, item.left, item.asked), abs=TOLERANCE)


def test_prefix_that_is_kept_gives_the_same_numbers_with_fewer_passes(scorer: CausalScorer) -> None:
    items = [ScoreItem(left=LEFT, asked=asked) for asked in ASKED]
    first, passes = finish(scorer.score(items))
    again, fewer = finish(scorer.score(items))
    assert fewer < passes
    assert again == first


def test_scoring_in_a_known_context_reads_its_last_token_with_what_is_behind_it(
    loaded: tuple[Any, Any], scorer: CausalScorer
) -> None:
    finish(scorer.score([ScoreItem(left=LEFT, asked=" lantern")]))
    left = LEFT.rpartition(" found")[0]
    scores, passes = finish(scorer.score([ScoreItem(left=left, asked=asked) for asked in ASKED]))
    assert passes == 1
    for asked, words in zip(ASKED, scores, strict=True):
        assert sum(words) == pytest.approx(naive(loaded, left, asked), abs=TOLERANCE)


def test_scoring_more_rows_than_one_pass_holds(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    items = [ScoreItem(left=LEFT, asked=" lantern" * (1 + n % 40)) for n in range(60)]
    scores, passes = finish(scorer.score(items))
    assert passes > 3
    for item, words in list(zip(items, scores, strict=True))[::13]:
        assert sum(words) == pytest.approx(naive(loaded, item.left, item.asked), abs=1e-3)


def test_left_text_that_is_long_is_cut_at_its_beginning(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    left = " ".join([LEFT] * 60)
    (cut,), _ = finish(scorer.score([ScoreItem(left=left, asked=" lantern and then")]))
    assert all(value < 0 for value in cut)


def test_asked_text_longer_than_the_window_is_refused(scorer: CausalScorer) -> None:
    with pytest.raises(WorkerRefused):
        finish(scorer.score([ScoreItem(left="The", asked=" fox opened the door" * 300)]))


def test_scoring_takes_special_tokens_in_a_text_as_text(scorer: CausalScorer) -> None:
    (words,), _ = finish(scorer.score([ScoreItem(left="The fox", asked=" found </s> and <|endoftext|> too")]))
    assert len(words) == 5
    # Written out they are many unlikely pieces; as one special token each they would cost a few nats.
    assert words[1] < -10
    assert words[3] < -20


def test_probabilities_of_all_next_words_add_up_to_one(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    _, tokenizer = loaded
    asked = sorted({tokenizer.decode([index]) for index in range(3, len(tokenizer))})
    items = [
        ScoreItem(left=LEFT, asked=text)
        for text in asked
        if text.strip()
        and "\ufffd" not in text
        and len(tokenizer(LEFT + text, add_special_tokens=False)["input_ids"])
        == 1 + len(tokenizer(LEFT, add_special_tokens=False)["input_ids"])
    ]
    scores, _ = finish(scorer.score(items))
    total = sum(float(torch.tensor(sum(words)).exp()) for words in scores)
    assert 0.5 < total < 1.0001


def test_word_pairs_are_monotone_in_length(scorer: CausalScorer) -> None:
    items = [ScoreItem(left=LEFT, asked=" lantern" * n) for n in range(1, 5)]
    scores, _ = finish(scorer.score(items))
    sums = [sum(words) for words in scores]
    assert all(longer < shorter for shorter, longer in pairwise(sums))
