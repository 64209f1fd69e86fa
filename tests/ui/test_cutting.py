"""Texts are cut where a reader would cut them, and always fit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.cutting import head, label, pages, sentences, share, shown_size, tail
from bot.ui.escaping import tidy

TEXTS = st.text(alphabet=st.sampled_from(list("abc  .!?\n*_@中。é🙂\u05d0")), max_size=200)
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
CHARACTERS = ["👩\u200d👩\u200d👧", ENGLAND, "🇩🇪", "🙂\u200d↔️", "👍🏽", "ที่", "กำ", "ชั้", "न्दी", "ក្រុំ", "မြို့", "بِّ"]
CHARACTERS += ["שָׁ", "\u1100\u1161\u11a8", "e\u0301\u0323"]
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


@pytest.mark.parametrize("character", CHARACTERS)
def test_cuts_never_split_what_people_take_for_one_character(character: str) -> None:
    text = character * 90
    for limit in range(36, 50):
        whole = f"(?:{character})+"
        assert re.fullmatch(f"{whole}…", head(text, limit))
        assert re.fullmatch(f"… {whole}", tail(text, limit))
        assert re.fullmatch(f"{whole}…", label(text, limit))
        assert all(re.fullmatch(whole, part) for part in pages(text, limit))


def test_a_character_that_fits_nowhere_is_cut() -> None:
    monster = "a" + "\u0301" * 5000
    assert "".join(pages(monster, 900)) == monster
    assert len(pages(monster, 900)) == 6
    assert label(monster, 90) == "a" + "\u0301" * 88 + "…"


def test_scripts_without_spaces_are_cut_between_words() -> None:
    assert head("ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรค", 20) == "ภาษาไทยเป็นภาษาที่…"
    assert pages("夜里，灯亮了，人们都来看", 6) == ["夜里，灯亮", "了，人们都来", "看"], "no line begins with a comma"


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
