"""A story that begins with a twisted passage, or with a bridge: a person's words, but for those that a model put in."""

from __future__ import annotations

import dataclasses

from bot.rules.generations import Suggestion
from bot.rules.provenance import Span
from bot.rules.receipts import BridgeReceipt, ContinueReceipt, TwistReceipt
from bot.rules.twists import Expected, Other, Twist, suggestion_of
from bot.stories.beginning import beginning_of
from tests.support.generations import made

PASSAGE = "The fox crossed the bridge and the rain began."
TWIST = Twist(PASSAGE, (Expected(4, 7, "fox", (Other("heron", 2.0),)), Expected(35, 39, "rain", (Other("hail", 1.0),))))


def test_twist_makes_only_the_picked_words_a_models() -> None:
    picked = TWIST.pick(0, 0)
    for twist in (picked, picked.finished()):
        begun = beginning_of([made("twist", PASSAGE, suggestion_of(twist, TwistReceipt()))], 0)
        assert begun.text == "The heron crossed the bridge and the rain began."
        assert begun.spans == (Span(0, 3, "human"), Span(4, 9, "bert"), Span(10, len(begun.text), "human"))
        assert (begun.origin, begun.author_id) == ("edited", 3)


def test_beginning_with_nothing_picked_is_a_persons_own() -> None:
    begun = beginning_of([made("twist", PASSAGE, suggestion_of(TWIST, TwistReceipt()))], 0)
    assert (begun.text, begun.origin) == (PASSAGE, "human")


def test_continuation_of_a_twisted_passage_knows_its_words() -> None:
    used = made("twist", PASSAGE, suggestion_of(TWIST.pick(1, 0).finished(), TwistReceipt()))
    text = used.suggestions[0].text
    more = Suggestion(text=" Nobody spoke.", fills=(), receipt=ContinueReceipt())
    went = dataclasses.replace(made("continue", text, more), id=2, parent_id=1)
    begun = beginning_of([went, used], 0)
    assert begun.text == f"{text} Nobody spoke."
    assert [begun.text[span.start : span.end] for span in begun.spans if span.origin == "bert"] == ["hail"]
    assert [begun.text[span.start : span.end] for span in begun.spans if span.origin == "gpt"] == ["Nobody spoke."]


def test_bridge_is_a_models_between_a_persons_words() -> None:
    left, right = "The fox slept.", "It woke in another country."
    between = "A wind carried it off."
    text = f"{left} {between} {right}"
    bridge = Suggestion(text=text, fills=(between,), receipt=BridgeReceipt())
    begun = beginning_of([made("bridge", f"{left} ___ {right}", bridge)], 0)
    assert (begun.text, begun.origin, begun.author_id) == (text, "edited", 3)
    assert [begun.text[span.start : span.end] for span in begun.spans] == [left, between, right]
    assert [span.origin for span in begun.spans] == ["human", "gpt", "human"]


def test_beginning_knows_a_models_words_behind_a_retry() -> None:
    first = Suggestion(text=" It rained.", fills=(), receipt=ContinueReceipt())
    asked = dataclasses.replace(made("continue", "The fox slept.", first), id=1)
    went = made("continue", "The fox slept. It rained.", Suggestion(text=" A.", fills=(), receipt=ContinueReceipt()))
    again = made("continue", went.text, Suggestion(text=" Nobody spoke.", fills=(), receipt=ContinueReceipt()))
    begun = beginning_of([again, went, asked], 0)
    assert [begun.text[span.start : span.end] for span in begun.spans if span.origin == "human"] == ["The fox slept."]
