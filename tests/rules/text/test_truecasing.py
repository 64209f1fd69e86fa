"""Capitals for the words of an uncased model: only where they are certain."""

from __future__ import annotations

import pytest

from bot.rules.text.truecasing import begins_sentence, names_in, restore


@pytest.mark.parametrize(
    "left",
    [
        "",
        "  ",
        "He left. ",
        "Who? ",
        "Stop!\n",
        "“I came.” ",
        "He said, “",
        'He said: "',
        "one\n\n",
        "**",
        "走了。",
        "“Who?”\n\n",
    ],
)
def test_begins_sentence(left: str) -> None:
    assert begins_sentence(left)


@pytest.mark.parametrize(
    "left",
    ["He ", "He left, ", "“Who?” ", "“Stop!” ", "the so-called “", "Well... ", "He left; ", "x" * 100 + " ", "a * "],
)
def test_begins_sentence_not_where_none_begins_or_it_is_uncertain(left: str) -> None:
    assert not begins_sentence(left)


def test_names_are_what_always_has_a_capital_inside_a_sentence() -> None:
    text = "Anna met Will. Will you will it? The fox saw Anna's house, and O'Neil. HELLO there, he SHOUTED at Bob."
    assert names_in(text) == {"anna": "Anna", "o'neil": "O'Neil", "bob": "Bob"}


@pytest.mark.parametrize(
    ("fill", "left", "expected"),
    [
        ("door", "She opened the ", "door"),
        ("door", "", "Door"),
        ("anna and i", "He saw ", "Anna and I"),
        ("anna's house", "He saw ", "Anna's house"),
        ("i'm sure i'll", "“No,” he said, “", "I'm sure I'll"),
        ("annabel", "He saw ", "annabel"),
        ("in it", "He is ", "in it"),
    ],
)
def test_truecasing_restores_capitals(fill: str, left: str, expected: str) -> None:
    assert restore(fill, left, {"anna": "Anna"}) == expected
