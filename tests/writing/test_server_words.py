"""A server's word list."""

from __future__ import annotations

import pytest

from bot.errors import BadInput
from bot.writing.server_words import ServerWords

LIST = ServerWords(("spider*", "clown", "hot tub", "蛇", "ass"))


def test_server_words_are_found_in_the_order_of_the_list() -> None:
    assert LIST.found("A CLOWN in a hot\n tub with spiders, 一条蛇") == ("spider*", "clown", "hot tub", "蛇")
    assert LIST.found("Clownfish assassinate hot tubs.") == ()


@pytest.mark.parametrize("text", ["cl0wn", "cl\u200bown", "clówn", "sp1ders", "_clown_", "clown's"])
def test_server_words_are_found_in_disguise(text: str) -> None:
    assert not LIST.allows(text)


def test_server_words_without_a_list_allow_everything() -> None:
    assert ServerWords(()).allows("anything, ass or clown")


def test_server_word_is_named_to_who_wrote_it() -> None:
    LIST.require("A quiet evening.")
    with pytest.raises(BadInput) as refused:
        LIST.require("The clown saw a spider.")
    assert (refused.value.key, refused.value.params) == ("word_not_here", {"word": "spider*"})
