"""docs/games.md and /game rules say the same, from one source: the catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rules.games.fold import LINE_TEXT, MOST_HEARTS, MOST_SHEETS, WORDS, FoldGame
from bot.rules.servers import Language
from bot.ui.locale import LANGUAGES, catalogue
from cogs.games.kinds import GAME_CARDS
from cogs.games.private_cards import rules_told

PAGE = Path(__file__).parents[2] / "docs" / "games.md"
READ_IN_A_MINUTE = {"en": 320, "zh-CN": 520}
"""Words, in Chinese characters, that people read in a minute and a little."""


def section(kind: str) -> str:
    """The rules of a kind as they stand in docs/games.md."""
    say = catalogue("en")
    return "\n\n".join([f"## {say(f'game.{kind}.name')}", say(f"game.{kind}.about"), *rules_told(say, kind)[:-1]])


@pytest.mark.parametrize("kind", GAME_CARDS)
def test_page_has_the_rules_of_every_kind(kind: str) -> None:
    assert section(kind) in PAGE.read_text(encoding="utf-8"), f"put this into docs/games.md:\n\n{section(kind)}"


def test_page_has_the_rules_of_all_games() -> None:
    assert catalogue("en")("game.rules_all") in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", GAME_CARDS)
def test_rules_are_read_in_a_minute(kind: str, language: Language) -> None:
    told = " ".join(rules_told(catalogue(language), kind))
    size = len(told.split()) if language == "en" else len(told)
    assert size <= READ_IN_A_MINUTE[language], size


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_of_fold_say_the_numbers_of_the_game(language: Language) -> None:
    told = " ".join(rules_told(catalogue(language), "fold"))
    low, high = FoldGame.players["tonight"][0], FoldGame.players["tonight"][-1]
    for number in (WORDS[0], WORDS[-1], low, high, FoldGame.players["days"][-1]):
        assert str(number) in told
    assert (MOST_HEARTS, MOST_SHEETS, LINE_TEXT) == (3, 8, 400), "they are written out as words"
