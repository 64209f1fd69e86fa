"""Texts are cut where a reader would cut them, and always fit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.cutting import head, pages, sentences, share, shown_size, tail
from bot.ui.escaping import tidy

TEXTS = st.text(alphabet=st.sampled_from(list("abc  .!?\n*_@中。é🙂\u05d0")), max_size=200)
STORY = "The door opened. Nobody stood there! “Who is it?” she asked. The wind answered."


@given(TEXTS)
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


def test_sentences_end_where_they_end() -> None:
    assert sentences(STORY) == [
        "The door opened. ", "Nobody stood there! ", "“Who is it?” ", "she asked. ", "The wind answered."
    ]  # fmt: skip
    assert sentences("门开了。没有人！“谁？”她问。") == ["门开了。", "没有人！", "“谁？”", "她问。"]
    assert sentences("It cost 3.50 then.") == ["It cost 3.50 then."]


@given(TEXTS, st.integers(min_value=8, max_value=120))
def test_head_and_tail_fit(text: str, limit: int) -> None:
    whole = tidy(text).strip()
    for cut in (head(text, limit), tail(text, limit)):
        assert shown_size(cut) <= limit + 3
        assert cut == whole or "…" in cut


def test_cuts_fall_between_sentences_words_and_characters() -> None:
    assert head(STORY, 45) == "The door opened. Nobody stood there! …"
    assert tail(STORY, 35) == "… she asked. The wind answered."
    assert head("one long sentence without any end to it", 24) == "one long sentence…"
    assert head("x" * 50, 20) == "x" * 18 + "…"
    assert head("short", 20) == "short"


def test_cuts_never_split_an_emoji() -> None:
    family = "👩\u200d👩\u200d👧"
    assert re.fullmatch(f"(?:{family})+…", head(family * 9, 40))


@given(TEXTS, st.integers(min_value=12, max_value=60))
def test_pages_lose_nothing(text: str, limit: int) -> None:
    parts = pages(text, limit)
    assert all(shown_size(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", tidy(text))


@pytest.mark.parametrize(
    ("sizes", "room", "expected"),
    [([5, 100, 40], 90, [5, 45, 40]), ([10, 10], 100, [10, 10]), ([50, 50], 40, [20, 20]), ([], 10, [])],
)
def test_room_is_shared_fairly(sizes: list[int], room: int, expected: list[int]) -> None:
    assert share(sizes, room) == expected


@given(st.lists(st.integers(min_value=0, max_value=500), max_size=6), st.integers(min_value=0, max_value=2000))
def test_shares_never_exceed_the_room_or_the_need(sizes: list[int], room: int) -> None:
    parts = share(sizes, room)
    assert sum(parts) <= room
    assert all(part <= size for part, size in zip(parts, sizes, strict=True))
