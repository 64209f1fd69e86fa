"""Every kind of game keeps to what all have in common, at both paces."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from bot.rules.games.game import AnyGame
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Pace
from tests.rules.games import conformance
from tests.rules.games.hands import HANDS

PACES: tuple[Pace, ...] = ("tonight", "days")
"""Both paces."""
KINDS = [pytest.param(GAMES[kind], pace, id=f"{kind}-{pace}") for kind, pace in product(GAMES, PACES)]
"""All kinds at both paces."""
Check = Callable[[AnyGame, Pace, str], Any]
CHECKS: dict[str, tuple[Check, int]] = {
    "repeats": (conformance.check_repeats, 8),
    "silence": (conformance.check_silence, 8),
    "diligence": (conformance.check_diligence, 8),
    "hidden": (conformance.check_hidden, 2),
    "points": (conformance.check_points, 4),
    "rejected": (conformance.check_rejected, 2),
}
"""What is checked, and how many plays of each."""


def test_every_kind_has_a_hand() -> None:
    assert HANDS.keys() == GAMES.keys()


@pytest.mark.parametrize(("game", "pace"), KINDS)
@pytest.mark.parametrize("name", CHECKS)
def test_games_conform(game: AnyGame, pace: Pace, name: str) -> None:
    check, plays = CHECKS[name]
    for play in range(plays):
        check(game, pace, f"{name}:{play}")


@pytest.mark.parametrize(("game", "pace"), KINDS)
def test_games_show_texts_in_an_order_that_tells_nothing(game: AnyGame, pace: Pace) -> None:
    conformance.check_order(game, pace, "order", plays=12)


@pytest.mark.long
@pytest.mark.parametrize(("game", "pace"), KINDS)
@pytest.mark.parametrize("name", CHECKS)
def test_games_conform_in_many_plays(game: AnyGame, pace: Pace, name: str) -> None:
    check, plays = CHECKS[name]
    for play in range(plays, plays * 40):
        check(game, pace, f"{name}:{play}")
