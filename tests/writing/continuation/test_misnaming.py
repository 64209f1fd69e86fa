"""Whether rows name rightly what lore tells of."""

from __future__ import annotations

import pytest

from bot.writing.continuation.misnaming import misnames, wrong_plurals

TOLD = "The cave was warm. Something moved in the dark. It was the dragon, and it had heard him."


@pytest.mark.parametrize(
    ("entry", "text", "wrong"),
    [
        ("Ember is a dragon.", " Two dragons looked at him.", True),
        ("Ember is a dragon.", " The dragon looked at him, and Ember's eyes were red.", False),
        ("Ember is a dragon.", " The Embers looked at him.", True),
        ("Ember is a dragon.", " The embers of the fire glowed.", False),
        ("Ember is a small red dragon with one wing.", " The dragons came, and their wings beat.", True),
        ("Ember, the last of them, was the old dragon who slept here.", " All the dragons slept.", True),
        ("Ember is a dragon. All dragons fear her.", " Two dragons looked at him.", False),
        ("Halvard is the blacksmith.", " The blacksmiths laughed.", True),
        ("Wren is a fisherwoman.", " The fisherwomen laughed.", True),
        ("Wren is a fairy.", " The fairies laughed.", True),
        ("Wren is a human.", " The humans laughed.", True),
        ("The war is over.", " The wars went on.", False),
        ("余烬是一条龙。", "两条龙看着他。", False),
        ("", " Two dragons looked at him.", False),
    ],
)
def test_misnaming_what_lore_tells_of_exists_once(entry: str, text: str, wrong: bool) -> None:
    assert misnames(text, wrong_plurals([entry], TOLD)) is wrong


def test_misnaming_allows_many_where_the_story_has_many() -> None:
    assert not misnames(" Two dragons looked at him.", wrong_plurals(["Ember is a dragon."], "The dragons had gone."))
