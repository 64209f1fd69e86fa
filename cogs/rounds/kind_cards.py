"""What the cards and forms of the kinds of rounds differ in: one object a kind."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from bot.errors import BadInput
from bot.rules.rounds import Round, RoundKind
from bot.ui.cards import ASKED_TEXT
from bot.ui.cutting import shown_head, shown_tail
from bot.ui.escaping import quote
from bot.writing.blanks import has_blanks


class RoundKindCard:
    """How a kind says what its rounds are about, and the form of *Write my own*; one that continues is like this."""

    kind: ClassVar[RoundKind] = "continue"
    own_form: ClassVar[str] = "own"
    """The form of *Write my own* (`form.<kind>` in the catalogues)."""

    def about(self, round_: Round) -> str:
        """Return what a round is about, shortened and quoted."""
        return shown_tail(round_.text, ASKED_TEXT, quote)

    def prefilled(self, round_: Round) -> str:
        """Return what stands in the form already."""
        return ""

    def check_own(self, text: str) -> None:
        """Raise `BadInput` where what a person wrote is no candidate yet."""


class InfillRoundCard(RoundKindCard):
    """About a passage with blanks, which stands in the form, to be filled."""

    kind: ClassVar[RoundKind] = "infill"
    own_form: ClassVar[str] = "fill"

    def about(self, round_: Round) -> str:
        return shown_head(round_.text, ASKED_TEXT, quote)

    def prefilled(self, round_: Round) -> str:
        return round_.text

    def check_own(self, text: str) -> None:
        """Raise `BadInput` (`own_blanks_left`) where there is a blank left."""
        if has_blanks(text):
            raise BadInput("own_blanks_left")


class BridgeRoundCard(RoundKindCard):
    """About what stands around a gap."""

    kind: ClassVar[RoundKind] = "bridge"

    def about(self, round_: Round) -> str:
        left, _, right = round_.text.partition("\n\n")
        half = ASKED_TEXT // 2
        return f"{shown_tail(left, half, quote)}\n> ⋯\n{shown_head(right, half, quote)}"


_ALL: tuple[RoundKindCard, ...] = (
    RoundKindCard(),
    InfillRoundCard(),
    BridgeRoundCard(),
)
"""The cards of every kind of round: one line a kind (see `bot.stories.rounds.kinds`)."""
ROUND_CARDS: Mapping[RoundKind, RoundKindCard] = MappingProxyType({card.kind: card for card in _ALL})
"""Every card by the name of its kind."""
