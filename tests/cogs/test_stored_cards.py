"""What earlier versions kept is shown as it was: cards, *Read it all* and *Why this text?* of every kind."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.ui.cards import Card
from bot.ui.locale import catalogue
from bot.ui.receipt_summary import receipt_card
from cogs.feature_cards import CARDS
from storage.database import Database, open_database
from tests.support.clocks import epoch
from tests.support.stored_generations import ASKER, NAMES, entry_of, keep, parts

ENGLISH = catalogue("en")
TAKING = re.compile(r"ink:(sfrom|take|change):|\d · |[cs]?\d$")
"""The ids, labels and values of the menu that takes a suggestion up."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upgraded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A database of version 0006, opened by this version."""
    folder: Path = tmp_path_factory.mktemp("stored")
    keep(folder)
    async with open_database(folder, epoch) as database:
        yield database


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", NAMES)
async def test_stored_generations_are_shown_as_they_were(upgraded: Database, name: str) -> None:
    entry = entry_of(name)
    async with upgraded.reading() as tx:
        generation = await tx.generations.get(entry["generation"]["id"])
    assert generation is not None
    cards = CARDS[generation.kind]
    made: dict[str, Card] = {
        "card": cards.card(ENGLISH, generation, name=ASKER),
        "card zh-CN": cards.card(catalogue("zh-CN"), generation, name=ASKER),
        "why": receipt_card(ENGLISH, generation, details=True),
        "read": cards.reading_card(ENGLISH, generation, 0),
    }
    shown = {
        about: parts(card.to_components())  # type: ignore[no-untyped-call]  # discord.py leaves it untyped
        for about, card in made.items()
    }
    for about, language in (("card", ENGLISH), ("card zh-CN", catalogue("zh-CN"))):  # what is said, and offered, since
        explained = f"-# {language('sure.explained')}\n"
        usual = [language("button.usual"), f"ink:move:usual:{generation.id}"]
        shown[about] = [each.removeprefix(explained) for each in shown[about] if each not in usual]
    back = [ENGLISH("button.back"), f"ink:why:{generation.id}"]
    shown["why"] = [each for each in shown["why"] if each not in back]  # a button since
    # The first version named the two models of an infill the other way round.
    assert sorted(_lines(shown.pop("why"))) == sorted(_lines(entry["shown"]["why"]))
    then = {about: each for about, each in entry["shown"].items() if about != "why"}
    assert _without_taking(shown) == _without_taking(then)


def _without_taking(shown: dict[str, list[str]]) -> dict[str, list[str]]:
    """What cards show, but for the menu that takes a suggestion up: it began stories alone then."""
    keys = ("story.from", "take.change", "take.change_or_begin", "take.as_change", "take.as_beginning", "button.change")
    said = {language(key) for language in (ENGLISH, catalogue("zh-CN")) for key in keys}
    return {
        about: [each for each in texts if each not in said and not TAKING.match(each)] for about, texts in shown.items()
    }


def _lines(texts: list[str]) -> list[str]:
    return [line for text in texts for line in text.split("\n")]
