"""What is wished for moves the order of candidates that are as likely."""

from __future__ import annotations

from typing import cast

import pytest

from bot.inference.protocol import Engine, Gap
from bot.rules.infill_style import AS_IT_BELONGS, InfillStyle
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.ranking import LEFT_ALONE, Evidence
from bot.writing.infill.repeats import SAID_AGAIN, Repeats
from bot.writing.infill.style_ranking import StyleRanking

UNASKED = cast(Engine, None)
"""No model is asked where nothing is to be resembled."""
GAP = Gap(left='"I am not a hero," she said. "I am just ', right=' who was late."')


AGAIN = SAID_AGAIN * LEFT_ALONE.temperature
"""What it costs to say a word again, before the temperature."""


def evidence(text: str, log_p: float, log_p_fill: float = -4.0) -> Evidence:
    return Evidence(candidate=Candidate(text), log_p_with_right=log_p, log_p_fill=log_p_fill)


async def order(style: InfillStyle, *candidates: Evidence) -> list[str]:
    ranked = await StyleRanking(UNASKED, style, 1).rank(0, candidates, Repeats(GAP), LEFT_ALONE)
    return [each.candidate.text for each in ranked]


@pytest.mark.parametrize(("lead", "first"), [(AGAIN - 0.5, "a girl"), (AGAIN + 0.5, "the hero")])
async def test_style_ranking_repeats_a_longer_word_only_where_it_is_much_likelier(lead: float, first: str) -> None:
    found = await order(AS_IT_BELONGS, evidence("the hero", -10.0 + lead), evidence("a girl", -10.0))
    assert found[0] == first


async def test_style_ranking_allows_short_words_again() -> None:
    assert await order(AS_IT_BELONGS, evidence("a girl", -10.1), evidence("not", -10.0)) == ["not", "a girl"]


@pytest.mark.parametrize("pronoun", ["it", "them", "mine", "himself"])
async def test_style_ranking_puts_pronouns_last_in_several_blanks(pronoun: str) -> None:
    both = evidence(pronoun, -10.0), evidence("gold", -12.0)

    async def best(blanks: int) -> str:
        ranked = await StyleRanking(UNASKED, AS_IT_BELONGS, blanks).rank(0, both, Repeats(GAP), LEFT_ALONE)
        return ranked[0].candidate.text

    assert await best(1) == pronoun
    assert await best(2) == "gold"


async def test_style_ranking_boldness_favours_rare_words_and_no_repeats() -> None:
    both = evidence("a girl", -10.0, log_p_fill=-3.0), evidence("a sparrow", -11.0, log_p_fill=-9.0)
    assert await order(AS_IT_BELONGS, *both) == ["a girl", "a sparrow"]
    assert await order(InfillStyle(boldness=1.0), *both) == ["a sparrow", "a girl"]
    again = evidence("the hero", -10.0 + AGAIN + 1.0), evidence("a girl", -10.0)
    assert await order(AS_IT_BELONGS, *again) == ["the hero", "a girl"]
    assert await order(InfillStyle(boldness=1.0), *again) == ["a girl", "the hero"]
