"""The weighing of evidence and the confidences."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.candidate_scoring import RIGHT_WORDS, evidence_of
from bot.writing.infill.ranking import Evidence, Weights, rank, total

PLAIN = Weights(left=0.0, rare=1.0, masked=0.0, phrase=0.0, word=0.0, temperature=1.0)


def evidence(text: str, log_p: float, masked: float | None = None, log_p_fill: float = 0.0) -> Evidence:
    return Evidence(candidate=Candidate(text), log_p_with_right=log_p, log_p_masked=masked, log_p_fill=log_p_fill)


def test_rank_confidence_with_plain_weights_is_the_share_of_the_probability() -> None:
    ranked = rank([evidence("door", math.log(0.03)), evidence("gate", math.log(0.01))], PLAIN)
    assert [each.candidate.text for each in ranked] == ["door", "gate"]
    assert [each.confidence for each in ranked] == pytest.approx([0.75, 0.25])


def test_total_counts_each_weight() -> None:
    one, two = evidence("door", -9.0, masked=-1.0), evidence("old door", -9.0, masked=-3.0, log_p_fill=-2.0)
    three = evidence("old oak door", -9.0)
    assert total(one, PLAIN) == total(two, PLAIN) == total(three, PLAIN) == -9.0
    assert total(two, replace(PLAIN, masked=0.5)) == -9.0 + 0.5 * -3.0
    assert total(two, replace(PLAIN, left=-0.25)) == -9.0 + 0.5
    assert total(two, replace(PLAIN, phrase=1.0, word=0.5)) == -8.0
    assert total(three, replace(PLAIN, phrase=1.0, word=0.5)) == -7.5
    assert total(one, replace(PLAIN, phrase=1.0, word=0.5)) == -9.0


def test_total_masked_model_alone_rules_nothing_out() -> None:
    weights = replace(PLAIN, masked=0.5, floor=-6.0)
    assert total(evidence("zebra", -9.0, masked=-40.0), weights) == total(evidence("zebra", -9.0, masked=-6.0), weights)
    assert total(evidence("old zebra", -9.0, masked=-40.0), weights) == -9.0 - 6.0


def test_total_long_fill_does_not_lose_by_its_own_improbability_alone() -> None:
    weights = replace(PLAIN, unlikely=-10.0, rare=0.25)
    short, long = evidence("door", -14.0, log_p_fill=-4.0), evidence("door of the old mill", -30.0, log_p_fill=-22.0)
    assert total(short, weights) == -14.0
    assert total(long, weights) == pytest.approx(-8.0 - 10.0 - 0.25 * 12.0)


def test_total_forgives_improbability_given_both_sides_alike() -> None:
    weights = replace(PLAIN, unlikely=-10.0, rare=0.25, both_sides=0.5)
    for seen, counts in ((None, 0.0), (-6.0, -3.0), (-18.0, -5.0 - 0.5 * 0.25 * 8.0)):
        assert total(replace(evidence("door", -9.0), log_p_both_sides=seen), weights) == pytest.approx(-9.0 + counts)


def test_total_counts_words_far_right_by_their_weight() -> None:
    thing, gift = (
        replace(evidence("thing", -9.0), log_p_far_right=-14.0),
        replace(evidence("gift", -10.0), log_p_far_right=-11.0),
    )
    assert total(thing, replace(PLAIN, far_right=0.5)) == -16.0
    ranked = rank([thing, gift], replace(PLAIN, far_right=0.5))
    assert [each.candidate.text for each in ranked] == ["gift", "thing"]


async def test_evidence_of_separates_words_near_and_far_right() -> None:
    values = [-2.0, -1.0, *[-0.5] * RIGHT_WORDS, *[-0.25] * 4]
    (read,) = evidence_of([Candidate("old door")], [values], [-3.0])
    assert (read.log_p_fill, read.log_p_with_right, read.log_p_far_right) == (-3.0, -3.0 - 0.5 * RIGHT_WORDS, -1.0)


def test_rank_temperature_above_one_is_less_sure() -> None:
    both = [evidence("door", -1.0), evidence("gate", -3.0)]
    assert rank(both, Weights(temperature=2.0))[0].confidence < rank(both, Weights(temperature=1.0))[0].confidence


@given(st.lists(st.floats(-2000, 0), min_size=1, max_size=50))
def test_rank_confidences_add_up_and_fall(values: list[float]) -> None:
    ranked = rank([evidence(f"w{number}", value) for number, value in enumerate(values)])
    confidences = [each.confidence for each in ranked]
    assert sum(confidences) == pytest.approx(1.0)
    assert confidences == sorted(confidences, reverse=True)


def test_rank_adjustments_move_the_order_and_leave_the_confidence() -> None:
    both = [evidence("door", -1.0), evidence("gate", -3.0)]
    plain, adjusted = rank(both, PLAIN), rank(both, PLAIN, adjustments=[0.0, 2.5])
    assert [each.candidate.text for each in plain] == ["door", "gate"]
    assert [each.candidate.text for each in adjusted] == ["gate", "door"]
    assert [each.confidence for each in adjusted] == pytest.approx([plain[1].confidence, plain[0].confidence])
    assert [each.score for each in adjusted] == [-0.5, -1.0]


def test_rank_of_nothing() -> None:
    assert rank([]) == []
