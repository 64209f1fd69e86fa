"""Texts are cut where a reader would cut them, and always fit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.cutting import Render, label, sentences, share, shown_head, shown_pages, shown_tail
from bot.ui.escaping import escape, quote, size, tidy

TEXTS = st.text(alphabet=st.sampled_from(list("abc  .!?\n*_@中。é🙂\u05d0")), max_size=200)
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
CHARACTERS = ["👩\u200d👩\u200d👧", ENGLAND, "🇩🇪", "🙂\u200d↔️", "👍🏽", "ที่", "กำ", "ชั้", "न्दी", "ក្រុំ", "မြို့", "بِّ"]
CHARACTERS += ["שָׁ", "\u1100\u1161\u11a8", "e\u0301\u0323"]


def signed(text: str) -> str:
    """A text as a line with a number and a signature, both of them longer where the text has more lines."""
    return f"**1** {'#'.join(escape(text).splitlines())}\n-# Ben"


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
    for cut in (shown_head(text, limit), shown_tail(text, limit)):
        assert size(cut) <= limit
        assert cut == escape(whole) or "…" in cut


@given(TEXTS, st.integers(min_value=24, max_value=120), st.sampled_from([quote, str, signed]))
def test_cutting_measures_what_stands_around_a_text_with_it(text: str, limit: int, render: Render) -> None:
    for cut in (shown_head, shown_tail):
        assert size(cut(text, limit, render)) <= limit


def test_cutting_between_sentences_words_and_characters() -> None:
    assert shown_head(STORY, 45) == "The door opened. Nobody stood there! …"
    assert shown_tail(STORY, 35) == "… she asked. The wind answered."
    assert shown_head("one long sentence without any end to it", 24) == "one long sentence…"
    assert shown_head("x" * 50, 20) == "x" * 18 + "…"
    assert shown_head("short", 20) == "short"


@pytest.mark.parametrize("character", CHARACTERS)
def test_cuts_never_split_what_people_take_for_one_character(character: str) -> None:
    text = character * 90
    for limit in range(36, 50):
        whole = f"(?:{character})+"
        assert re.fullmatch(f"{whole}…", tidy(shown_head(text, limit)))
        assert re.fullmatch(f"… {whole}", tidy(shown_tail(text, limit)))
        assert re.fullmatch(f"{whole}…", label(text, limit))
        assert all(re.fullmatch(whole, tidy(part)) for part in shown_pages(text, limit))


def test_cutting_a_character_that_fits_nowhere() -> None:
    monster = "a" + "\u0301" * 5000
    assert "".join(shown_pages(monster, 900)) == monster
    assert len(shown_pages(monster, 900)) == 6
    assert label(monster, 90) == "a" + "\u0301" * 88 + "…"


def test_cutting_scripts_without_spaces_between_words() -> None:
    assert shown_head("ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรค", 20) == "ภาษาไทยเป็นภาษาที่…"
    assert shown_pages("夜里，灯亮了，人们都来看", 6) == ["夜里，灯亮", "了，人们都来", "看"], (
        "no line begins with a comma"
    )


@given(TEXTS, st.integers(min_value=12, max_value=60))
def test_cutting_into_pages_loses_nothing(text: str, limit: int) -> None:
    parts = shown_pages(text, limit)
    assert all(size(part) <= limit for part in parts)
    assert bare("".join(parts)) == bare(escape(text))


def bare(shown: str) -> str:
    """What was shown without white space, and without what keeps parts apart: backslashes and isolates."""
    return re.sub(r"\s|\\", "", tidy(shown))


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


@given(TEXTS, st.integers(min_value=4, max_value=60))
def test_label_is_one_line_that_is_never_empty(text: str, limit: int) -> None:
    line = label(text, limit)
    assert 0 < size(line) <= limit
    assert "\n" not in line
