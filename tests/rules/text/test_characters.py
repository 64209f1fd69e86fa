"""The one form that text has: what is kept of it, and what is seen of it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.text.characters import caseless, has_word, is_blank, normalise

JOINED = st.sampled_from(
    ["\u200d", "\u200c", "\u0301", "\ufe0f", "👩", "🏽", "↔", "♀", "🇩", "©", "a", "क", "्", "ष", "ی", "灯"]
)
KISSES = "🙂\u200d↔️ 🙂\u200d↕️ 🐦\u200d⬛ ⛹🏽\u200d♀️ 👩🏽\u200d❤️\u200d💋\u200d👨🏾"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@given(st.text() | st.lists(JOINED, max_size=12).map("".join))
def test_normalise_is_idempotent_and_safe(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in once)


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_normalise_leaves_plain_ascii(text: str) -> None:
    assert normalise(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("e\u0301", "é"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("abc\u202etxt.exe\u202c", "abctxt.exe"),
        ("a\u200ddog", "adog"),
        ("👩\u200d🚀 👨\u200d👩\u200d👧 🏳️\u200d🌈 ❤️\u200d🔥", "👩\u200d🚀 👨\u200d👩\u200d👧 🏳️\u200d🌈 ❤️\u200d🔥"),
        (KISSES, KISSES),
        ("👩\u200d\u200d🚀 👩\u200d, \u200d🚀 x\u200d🚀 1\u200d2", "👩\u200d🚀 👩, 🚀 x🚀 12"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("שלום\u200f, world", "שלום\u200f, world"),
        ("hello\u200f world", "hello world"),
        (ENGLAND, ENGLAND),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("lone \ud83d end", "lone \ufffd end"),
        ("\x00\x1b[31mred", "[31mred"),
        ("全角　空格", "全角　空格"),
    ],
)  # fmt: skip
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_is_blank() -> None:
    assert is_blank(" \n\u200d\ufe0f\u2800")
    assert not is_blank("·")


@pytest.mark.parametrize(
    "text", ["\u200b", "\u3164\uffa0", "\u115f\u1160", "\u2060\u200d", "\u2800 \u00ad", "\x00\x1b\r\n"]
)
def test_characters_that_cannot_be_seen_are_blank_and_no_word(text: str) -> None:
    assert is_blank(text)
    assert is_blank(normalise(text))
    assert not has_word(text)


def test_signs_are_seen_but_no_words() -> None:
    assert not is_blank("🦊…")
    assert not has_word("🦊…")
    assert has_word("狐")
    assert has_word("7")


@pytest.mark.parametrize("text", ["CAFÉ noir", "Cafe\u0301  Noir", "ca\u00adf\u00e9\r\nnoir", "\u200bcafé\u3000NOIR "])
def test_caseless(text: str) -> None:
    assert caseless(text) == "café noir"
