"""Phrases in texts: whole words, in any case and writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.text.matching import fold, stands_in

WORDS = st.text(alphabet="abcdefgh", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("dragon", "A DRAGON’s lair"),
        ("dragon's", "A dragon’s lair"),
        ("whale oil", "whale\n  oil"),
        ("Straße", "die STRASSE"),
        ("zoe", "Zoë laughed"),
        ("Zoë", "zoë laughed"),
        ("under", "an _under_ line"),
        ("spider", "s\u200bpider"),
        ("ｓpider", "spider"),
        ("灯塔", "那座灯塔熄了"),
        ("dragon", "那条dragon飞了"),
        ("ばか", "ばかじゃない"),
        ("바보", "바보가 아니다"),
        ("ไฟ", "ประภาคารไฟดับ"),
        ("spider*", "two spiders"),
        ("*man", "a superman"),
        ("*oil*", "soiled"),
        ("c++", "in c++."),
        ("कला", "यह कला है"),
    ],
)
def test_phrase_is_found_where_it_stands_in_a_text(phrase: str, text: str) -> None:
    assert stands_in(phrase, fold(text))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("dragon", "dragonfly"),
        ("dragon", "snapdragon"),
        ("ass", "assassin class"),
        ("má", "ma"),
        ("spider", "spiders"),
        ("*man", "manly"),
        ("spider*", "bigspider"),
        ("7", "1789"),
        ("कल", "यह कला है"),
        ("灯塔", "灯 塔"),
        ("가", "각"),
        ("か", "が"),
        ("", "anything"),
        ("***", "anything * at all"),
        (" ", "any thing"),
    ],
)
def test_matching_what_does_not_match(phrase: str, text: str) -> None:
    assert not stands_in(phrase, fold(text))


@given(words=st.lists(WORDS, min_size=1, max_size=8), phrase=st.lists(WORDS, min_size=1, max_size=2))
def test_whole_words_are_found_and_nothing_else(words: list[str], phrase: list[str]) -> None:
    windows = [words[start : start + len(phrase)] for start in range(len(words))]
    assert stands_in(" ".join(phrase).upper(), fold(" ".join(words))) == (phrase in windows)
