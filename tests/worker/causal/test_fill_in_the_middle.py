"""A causal model that reads hints: every number equals that of one pass over the plain sequence."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bot.errors import WeightsError
from bot.inference.protocol import Gap, ProposeRequest, ScoreItem
from bot.worker.causal.fill_in_the_middle import CLOSE, HINT_TOKENS, OPEN, REREAD_TOKENS, MiddleIds
from bot.worker.causal.scoring import CausalScorer
from tests.support.works import finish

HINTS = MiddleIds(open=9, close=11)
LEFT = "The fox opened the door near the harbour, and nobody spoke. A girl found a"
RIGHT = " before the storm, and the rain began. Old Marta crossed the bridge in the dark wood, then ran home."


@pytest.fixture
def scorer(loaded: tuple[Any, Any]) -> CausalScorer:
    return CausalScorer(*loaded, "cpu", HINTS)


def coded(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def naive(loaded: tuple[Any, Any], left: str, right: str, asked: str) -> float:
    """log p of `asked` from one pass over left text, hint, and the end of the left text once more."""
    model, tokenizer = loaded
    begins = [tokenizer.bos_token_id] if tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id else []
    before = coded(tokenizer, left)
    own = coded(tokenizer, left + asked)[len(before) :]
    shown = coded(tokenizer, right)[:HINT_TOKENS]
    lead = [*begins, *before, HINTS.open, *shown, HINTS.close, *before[-REREAD_TOKENS:]]
    with torch.inference_mode():
        table = model(torch.tensor([lead + own])).logits[0].log_softmax(-1)
    return sum(float(table[len(lead) + at - 1, token]) for at, token in enumerate(own))


def test_scores_are_those_of_the_plain_sequence(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    asked = (" lantern before", " silver key before", " bridge")
    scores, _ = finish(scorer.score([ScoreItem(left=LEFT, asked=text, right=RIGHT) for text in asked]))
    for text, words in zip(asked, scores, strict=True):
        assert sum(words) == pytest.approx(naive(loaded, LEFT, RIGHT, text), abs=2e-4)


def test_right_texts_are_kept_apart(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    rights = (RIGHT, " near the mill.", "", RIGHT)
    scores, _ = finish(scorer.score([ScoreItem(left=LEFT, asked=" lantern", right=right) for right in rights]))
    assert scores[0] == scores[3]
    assert sum(scores[1]) == pytest.approx(naive(loaded, LEFT, rights[1], " lantern"), abs=2e-4)
    plain, _ = finish(CausalScorer(*loaded, "cpu").score([ScoreItem(left=LEFT, asked=" lantern")]))
    assert sum(scores[2]) == pytest.approx(sum(plain[0]), abs=2e-4)


def test_model_that_reads_no_hints_does_not_see_the_right_text(loaded: tuple[Any, Any]) -> None:
    plain = CausalScorer(*loaded, "cpu")
    items = [ScoreItem(left=LEFT, asked=" lantern", right=right) for right in (RIGHT, "")]
    (seen, unseen), _ = finish(plain.score(items))
    assert seen == unseen


def test_fill_in_the_middle_proposes_after_the_right_text(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    request = ProposeRequest(
        model="causal", gaps=(Gap(left=LEFT + " ", right=RIGHT),), lengths=(1, 2), beam=8, samples=4
    )
    (fills,), _ = finish(scorer.propose(request))
    first = coded(loaded[1], LEFT + " lantern" + RIGHT)[len(coded(loaded[1], LEFT + " lantern"))]
    tried = 0
    for fill in fills[:5]:
        whole = coded(loaded[1], f"{LEFT} {fill.text}")
        if len(whole) != len(coded(loaded[1], LEFT)) + fill.masks:
            continue  # its letters make other tokens when they are read at once
        ahead = loaded[1].decode([first])
        expected = naive(loaded, LEFT, RIGHT, f" {fill.text}{ahead if ahead.startswith(' ') else ' ' + ahead}")
        assert fill.score == pytest.approx(expected, abs=2e-4)
        tried += 1
    assert tried


def test_left_text_that_is_long_leaves_room_for_the_hint(loaded: tuple[Any, Any], scorer: CausalScorer) -> None:
    left = " ".join([LEFT] * 40)
    (words,), _ = finish(scorer.score([ScoreItem(left=left, asked=" lantern", right=RIGHT)]))
    assert len(words) == 1
    request = ProposeRequest(model="causal", gaps=(Gap(left=left, right=RIGHT),), lengths=(1,), beam=4)
    (fills,), _ = finish(scorer.propose(request))
    assert fills


def test_fill_in_the_middle_refuses_a_vocabulary_without_its_tokens(loaded: tuple[Any, Any]) -> None:
    with pytest.raises(WeightsError, match=f"{OPEN} or {CLOSE}"):
        MiddleIds.of(loaded[1])
