"""Nothing that people or models write formats, pings, or leaves its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.text.characters import is_blank, normalise
from bot.ui.escaping import bold, escape, quote, size, tidy

NASTY = st.text(
    alphabet=st.sampled_from(list("ab1 \n\t*_~|`<>@#&:!?.-+()[]{}/\\=\u202e\u2066\u200d\u05d0\x00\x1b中é🙂")),
    max_size=60,
)


def unescape(text: str) -> str:
    """What Discord shows of `text`: a backslash before ASCII punctuation vanishes."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text).replace("\u2068", "").replace("\u2069", "")


def live(text: str) -> str:
    """What of `text` Discord would still read as syntax: what is behind a backslash has no meaning."""
    return re.sub(r"\\[^0-9A-Za-z\s]", "·", text)


def test_text_of_which_nothing_is_shown_is_blank() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert is_blank("".join(set(everything) - set(tidy(everything))))


def test_escape_leaves_out_reserved_invisible_characters() -> None:
    assert normalise("a\ufff0\ufff8\U000e0080\U000e01f0\U000e0fffb") == "ab"


@given(NASTY)
def test_escape_shows_what_was_written(text: str) -> None:
    assert unescape(escape(text)) == tidy(text)


@given(NASTY)
def test_escape_leaves_nothing_that_discord_reads(text: str) -> None:
    rest = live(escape(text))
    assert not re.search(r"[*_~|`<@\[]", rest)
    assert not re.search(r"[A-Za-z]://", rest)
    assert not re.search(r"(?m)^\s*(#{1,3}|-#?|\+|>|\d+[.)])\s", rest)


@given(st.text(max_size=80))
def test_escape_survives_any_text(text: str) -> None:
    assert unescape(escape(text)) == tidy(text)
    assert "\r" not in tidy(text)


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "@here",
        "<@123456789012345678>",
        "<@&123456789012345678>",
        "<#123456789012345678>",
        "<:wave:123456789012345678>",
        "<a:wave:123456789012345678>",
        "<t:1700000000:R>",
        "</continue:123456789012345678>",
        "https://example.org/x",
        "<https://example.org>",
        "[click](https://example.org)",
        "**bold** __under__ ~~gone~~ ||spoiler||",
        "`code` ```py\nprint()\n```",
        ":smile:",
    ],
)
def test_escape_disables_all_markup_of_discord(text: str) -> None:
    shown = escape(text)
    assert unescape(shown) == text
    assert not re.search(r"<[@#:at/]|@everyone|@here|://|\]\(|\*\*|__|~~|\|\||`|:smile:", live(shown))


@pytest.mark.parametrize(
    "line", ["# Title", "### Title", "-# small", "- item", "* item", "+ item", "> quote", ">>> all", "1. one", "12) x"]
)
def test_lines_that_would_be_blocks_are_not(line: str) -> None:
    for text in (line, f"before\n{line}", f"  {line}"):
        escaped = escape(text).split("\n")[-1].strip()
        assert escaped != line
        assert unescape(escaped) == line


def test_escape_removes_direction_overrides_and_isolates_right_to_left_text() -> None:
    assert escape("abc\u202edcba") == "abcdcba"
    assert escape("שלום") == "\u2068שלום\u2069"
    assert "\u2068" not in escape("plain")


def test_escape_keeps_emoji_of_several_characters_whole() -> None:
    family = "👩\u200d👩\u200d👧"
    assert escape(family) == family


def test_bold_stays_bold_whatever_is_in_it() -> None:
    assert bold("a*b") == r"**a\*b**"
    assert bold("two\nlines") == "**two lines**"
    assert bold(" \n") == ""


def test_quotes_hold_every_line() -> None:
    assert quote("a\nb\n# c") == "> a\n> b\n> \\# c"


def test_size_counts_like_the_clients() -> None:
    assert [size("abc"), size("中文"), size("🙂")] == [3, 2, 2]
