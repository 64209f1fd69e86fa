"""What stands in the blanks of a text is found by what is around them."""

from __future__ import annotations

import pytest

from cogs.rounds.cards import fills_of


@pytest.mark.parametrize(
    ("literals", "whole", "fills"),
    [
        (("The ", " ran."), "The fox ran.", ("fox",)),
        (("", " ran to ", ""), "She ran to the mill", ("She", "the mill")),
        (("a", "a", "a"), "aXaYa", ("X", "Y")),
        (("a ", " ", " b"), "a very old b", ("very", "old")),
        (("一", "", "月"), "一个新月", ("个", "新")),
        (("The ", " ran."), "The ran.", None),
        (("The ", " ran."), "A fox ran.", None),
        (("The ", " ran."), "The fox slept.", None),
        (("a", "b", "c"), "abc", None),
        (("ab", "ba"), "aba", None),
    ],
)
def test_round_card_fills(literals: tuple[str, ...], whole: str, fills: tuple[str, ...] | None) -> None:
    assert fills_of(literals, whole) == fills
