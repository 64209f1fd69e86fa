"""Words and characters as people count them, in every script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.text.segments import beginning, cluster_starts, clusters, ending, line_parts, word_parts
from bot.rules.text.words import split_words, token_spans, word_spans

THAI = "ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรคระหว่างคำ"
PIECES = st.sampled_from(
    [
        *("the", "half-lit", "don't", "3.50", "end.Start", "a_b", "²", "½", "é", "e\u0301", "中", "か\u3099"),
        *("テスト", "ภาษาไทย", "ที่", "ພາສາ", "ភាសា", "ខ្មែរ", "မြန်မာ", "हिन्दी", "ᬓ᭄ᬱ", "ᦅᦱ", "가", "שלום", "مرحبا"),
        *("葛\U000e0100", "👩\u200d👩\u200d👧", "🇩🇪", "🏴\U000e0067\U000e0062\U000e007f", "👍🏽"),
        *("\u0301", "\u200d", "\u0600", "\ud800", "_", "ๆ", "๒๕", " ", "\n", "\r\n", "\u3000", *".,-’“”()。「។…"),
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.characters(), max_size=14).map("".join)
PLAIN = st.text(st.sampled_from("aé4½²_ß -'’.,:;·…—“”()中灯か。「ーσя\n\u3000＿Ａ５"), max_size=24)


def pieces(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


@given(TEXTS)
def test_parts_joined_are_the_text(text: str) -> None:
    for parts in (clusters(text), word_parts(text), line_parts(text)):
        assert "".join(parts) == text
        assert all(parts)


@given(TEXTS, st.integers(0, 20))
def test_words_beginnings_and_endings_are_whole_characters(text: str, limit: int) -> None:
    starts = {*cluster_starts(text), len(text)}
    for cut, at in ((beginning(text, limit), len), (ending(text, limit), lambda cut: len(text) - len(cut))):
        assert len(cut) <= limit
        assert at(cut) in starts or len(cut) == limit, "only a character too long for the limit is cut"
    assert text.startswith(beginning(text, limit))
    assert text.endswith(ending(text, limit))


@given(TEXTS)
def test_word_never_ends_inside_of_a_character(text: str) -> None:
    starts = {*cluster_starts(text), len(text)}
    for spans in (word_spans(text), token_spans(text)):
        assert "".join(pieces(text, spans)) == "".join(text.split())
        for start, end in spans:
            # White space with a mark on it is one character of which only the mark is seen.
            assert start in starts or text[start - 1].isspace()
            assert end in starts
    ends = {end for _, end in token_spans(text)}
    assert all(end in ends for _, end in word_spans(text)), "a token belongs to one word"


@given(PLAIN)
def test_word_spans_do_not_depend_on_what_stands_elsewhere(text: str) -> None:
    for spans in (word_spans, token_spans):
        assert spans(f"{text}\nก e\u0301")[:-2] == spans(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The lamp, half-lit — “don’t!”", ["The", "lamp,", "half-lit", "—", "“don’t!”"]),
        ("夜里，灯亮了。", [*"夜里，灯亮了。"]),
        ("これはテスト。", [*"これはテスト。"]),
        (THAI, ["ภาษา", "ไทย", "เป็น", "ภาษา", "ที่", "ไม่มี", "การ", "เว้น", "วรรค", "ระหว่าง", "คำ"]),
        ("“ภาษา”ที่(ไม่มี) ok!", ["“ภาษา”", "ที่", "(ไม่มี)", "ok!"]),
        ("ພາສາລາວບໍ່ມີຊ່ອງຫວ່າງ", ["ພາສາ", "ລາວ", "ບໍ່ມີ", "ຊ່ອງຫວ່າງ"]),
        ("ភាសាខ្មែរមិនមានចន្លោះ។", ["ភាសាខ្មែរ", "មិន", "មាន", "ចន្លោះ។"]),
        ("စကားလုံးများကြား နေရာမရှိပါ။", ["စကားလုံး", "များ", "ကြား", "နေရာ", "မ", "ရှိ", "ပါ။"]),
        ("हिन्दी की कहानी", ["हिन्दी", "की", "कहानी"]),
        ("ᬓ᭄ᬱᬭ", ["ᬓ᭄ᬱ", "ᬭ"]),
        ("葛\U000e0100飾", ["葛\U000e0100", "飾"]),
        ("👩\u200d👩\u200d👧👍🏽 ok", ["👩\u200d👩\u200d👧👍🏽", "ok"]),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Lit, half-lit.", ["Lit", ",", "half-lit", "."]),
        ("हिन्दी की!", ["हिन्दी", "की", "!"]),
        ("ภาษา-ไทย", ["ภาษา", "-", "ไทย"]),
        ("3.50 e\u0301-a.b", ["3", ".", "50", "e\u0301-a", ".", "b"]),
        ("👩\u200d👧👍🏽", ["👩\u200d👧", "👍🏽"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert pieces(text, token_spans(text)) == tokens


def test_words_of_a_page_of_thai_are_many() -> None:
    assert len(split_words(THAI * 80)) == 11 * 80
