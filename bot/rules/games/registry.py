"""The kinds of games there are. A new kind is one line here, one card and its texts.

Shorter than 25 lines because a kind is one line in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.errors import BadInput
from bot.rules.games.counterfeit import CounterfeitGame
from bot.rules.games.doors import DoorsGame
from bot.rules.games.fold import FoldGame
from bot.rules.games.game import AnyGame
from bot.rules.games.gaps import DuelGame, GapsGame
from bot.rules.games.one_word import OneWordGame
from bot.rules.games.relay import RelayGame

_ALL: tuple[AnyGame, ...] = (
    FoldGame(),
    CounterfeitGame(),
    RelayGame(),
    DoorsGame(),
    GapsGame(),
    DuelGame(),
    OneWordGame(),
)
"""One line for each kind."""

GAMES: Mapping[str, AnyGame] = MappingProxyType({game.kind: game for game in _ALL})
"""All kinds, by name, in the order in which they are offered."""


def game_of(kind: str) -> AnyGame:
    """Return a kind of game. Raises `BadInput` (`game_unknown`: given)."""
    if kind not in GAMES:
        raise BadInput("game_unknown", given=kind)
    return GAMES[kind]
