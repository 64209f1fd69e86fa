"""What the cards and forms of the kinds of games differ in: one object a kind, one line in the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import discord
from discord import ui

from bot.errors import BadInput
from bot.games.views import GameView
from bot.rules.games.steps import Event
from bot.ui.cards import Card
from bot.ui.forms import RoutedForm
from bot.ui.locale import Catalogue
from cogs.games.counterfeit import CounterfeitCard
from cogs.games.doors import DoorsCard
from cogs.games.fold import FoldCard
from cogs.games.gaps import DuelCard, GapsCard
from cogs.games.relay import RelayCard


class GameCard(Protocol):
    """How a kind of game looks. What it says besides is in the catalogues, under `game.<kind>`: `name`, `about`,
    `choice`, `rules_1` and on, and the settings, `<setting>` and `<setting>_<value>`."""

    kind: ClassVar[str]
    emoji: ClassVar[str]

    def playing(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """Return what the card of a game that is played shows of this kind: how far it is."""
        ...

    def form(self, say: Catalogue, view: GameView, custom_id: str) -> RoutedForm:
        """Return the form of the viewer's turn, with what they may see above the box and their draft in it."""
        ...

    def written(self, interaction: discord.Interaction[Any], seat: int, move: int) -> Event:
        """Return what was sent in with that form."""
        ...

    def own_texts(self, view: GameView) -> Sequence[tuple[str, str]]:
        """Return the viewer's own texts that can still be changed, each with its slot, the newest last."""
        ...

    def mend_form(self, say: Catalogue, text: str, custom_id: str) -> RoutedForm:
        """Return the form to change one of them."""
        ...

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """Return the texts that the viewer sees of others, each with its slot: those that can be reported."""
        ...

    def choosing(self, view: GameView, what: str, part: int, values: Sequence[str]) -> tuple[str, ...]:
        """Return what the rules get as chosen of `what` (`bot.rules.games.steps.Chose`) where `values` were picked in
        its menu for a part. Raises `Gone` (`turn_over`) for what is not there."""
        ...

    def chosen(self, say: Catalogue, view: GameView, what: str, part: int) -> Card:
        """Return what the viewer has chosen, as they see it afterwards, with the menu to change it."""
        ...

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """Return a part of what the game made, from 1, as everybody sees it; None where it is not shown."""
        ...

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """Return what the card of a game that ended shows of this kind, before the points."""
        ...


_ALL: tuple[GameCard, ...] = (FoldCard(), CounterfeitCard(), RelayCard(), GapsCard(), DuelCard(), DoorsCard())
"""The cards of every kind that can be played: one line a kind (see `bot.rules.games.registry`)."""
GAME_CARDS: Mapping[str, GameCard] = MappingProxyType({card.kind: card for card in _ALL})
"""Every card by the name of its kind, in the order in which they are offered."""


def card_of(kind: str) -> GameCard:
    """Return the card of a kind. Raises `BadInput` (`game_unknown`: given)."""
    if kind not in GAME_CARDS:
        raise BadInput("game_unknown", given=kind)
    return GAME_CARDS[kind]
