"""What is a blank and what is not; filling; what stands around a blank for the models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.inference.protocol import Gap
from bot.rules.generations import Suggestion
from bot.rules.receipts import InfillReceipt
from bot.rules.text.words import BLANK
from bot.writing.blanks import MAX_BLANKS, Blank, Segment, literals_of, parse, unmarked
from bot.writing.infill.restyling import possible
from tests.support.generations import made


def word_counts(text: str) -> list[int | None]:
    return [blank.words for blank in parse(text).blanks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She opened the ___ and left.", [None]),
        ("She opened the _________ and left.", [None]),
        ("She opened the ___ and found ___3 inside.", [None, 3]),
        ("A [MASK] and a [mask]2.", [None, 2]),
        ("un[MASK]able, and walk___", [None, None]),
        ("light___ keeper, ___light", [None, None]),
        ("the snake___3 slept", [3]),
        ("老人___了灯", [None]),
        ("그___는 갔다", [None]),
        ("see https://example.com/a___b and ___", [None]),
        ("看www.example.com/___。然后___走", [None]),
        ("(http://___) is ___2", [2]),
        ("It cost ___3.", [3]),
        ("On the ___3rd day", [None]),
        (r"She opened the \_\_\_ and left.", [None]),
        ("我喜欢＿＿＿。", [None]),
        ('"___" and "___" she said', [None, None]),
        ("**___** he said", [None]),
        ("so:\n___\nand on", [None]),
        ("___ said ___", [None, None]),
        ("a [MASK][MASK] b", [None, None]),
    ],
)
def test_blanks_and_their_hints(text: str, expected: list[int | None]) -> None:
    assert word_counts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "___bold italic___ words",
        "It was ___so___ quiet",
        "___One.___",
        "__init__ and __name__",
        "a _ b __ c",
        "https://example.com/a___b",
        "go to WWW.example.com/___",
        "ftp://example.com/___?q=[MASK]",
        "snake___case and snake______case",
        r"snake\_\_\_case",
        "He went <:___:123456789012345678> and <a:sly___:1>.",
        "v1___2a",
    ],
)
def test_emphasis_addresses_identifiers_and_short_runs_are_no_blanks(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert caught.value.key == "blank_none"


def test_blank_beside_and_inside_bold_italics() -> None:
    assert word_counts("It was ___so___ very ___ quiet") == [None]
    assert parse("It was ___so ___ quiet___ then").literals == ("It was ___so ", " quiet___ then")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "blank_none"),
        ("No blank here.", "blank_none"),
        ("___", "blank_only"),
        ("___ ___2, [MASK]!", "blank_only"),
        ("a ___9 b", "blank_hint"),
        ("a ___0 b", "blank_hint"),
        ("a ___" + "9" * 5000, "blank_hint"),
        ("a " + "___ b " * (MAX_BLANKS + 1), "blank_many"),
    ],
)
def test_blanks_mistakes_have_their_message(text: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert caught.value.key == key


def test_forty_blanks_are_counted() -> None:
    with pytest.raises(BadInput) as caught:
        parse("a " + "___ " * 40)
    assert caught.value.params == {"found": 40, "limit": MAX_BLANKS}


def test_filling_and_showing_in_place() -> None:
    template = parse("The ___ ran to ___2.")
    assert template.blanks == (Blank(), Blank(words=2))
    assert template.fill(["fox", "the mill"]) == "The fox ran to the mill."
    assert template.segments(["fox", "the mill"]) == (
        Segment(text="The ", filled=False),
        Segment(text="fox", filled=True),
        Segment(text=" ran to ", filled=False),
        Segment(text="the mill", filled=True),
        Segment(text=".", filled=False),
    )
    with pytest.raises(ValueError, match="zip"):
        template.fill(["fox"])


def test_blanks_side_by_side_are_two_words_except_in_chinese() -> None:
    assert parse("a [MASK][MASK] b").fill(["very", "old"]) == "a very old b"
    assert parse("一[MASK][MASK]月").fill(["个", "新"]) == "一个新月"


def test_gap_shows_known_fills_and_masks() -> None:
    template = parse("The ___ ran **to** ___2 and ___.")
    assert template.gap(1, [None, None, None]) == Gap(left=f"The {BLANK} ran to ", right=f" and {BLANK}.")
    assert template.gap(1, ["fox", None, "sang"]) == Gap(left="The fox ran to ", right=" and sang.")


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("**bold** and *it* ~~gone~~ ||secret|| `code`", "bold and it gone secret code"),
        ("5 * 3 = 15", "5 * 3 = 15"),
        (r"a \* b", "a * b"),
        ("snake_case and __under__", "snake_case and under"),
    ],
)
def test_blanks_hide_markdown_from_the_models(marked: str, plain: str) -> None:
    assert unmarked(marked) == plain


def test_literals_of_what_was_filled_while_other_texts_were_blanks() -> None:
    filled = Suggestion(text="snakelongcase is red", fills=("long", "red"), receipt=InfillReceipt())
    assert literals_of(made("infill", "snake___case is ___", filled)) == ("snake", "case is ", "")
    only = Suggestion(text="snakelongcase", fills=("long",), receipt=InfillReceipt())
    assert literals_of(made("infill", "snake___case", only)) == ("snake", "case")
    assert possible(made("infill", "snake___case", only)) == {"like", "stranger"}


@given(
    st.lists(
        st.text(st.characters(exclude_characters="_＿[]\\*0123456789", codec="utf-8"), min_size=1),
        min_size=2,
        max_size=5,
    )
)
def test_blanks_leave_the_text_as_it_is(parts: list[str]) -> None:
    text = " ___ ".join(["word", *parts])
    template = parse(text)
    assert template.fill(["___"] * len(template.blanks)) == text


@given(st.text(max_size=200))
def test_parsed_text_has_its_blanks_between_its_literals(text: str) -> None:
    try:
        template = parse(text + " ___")
    except BadInput:
        return
    assert len(template.literals) == len(template.blanks) + 1
    assert template.gap(0, [None] * len(template.blanks)).left == unmarked(template.literals[0])
