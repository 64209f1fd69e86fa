"""What is asked of a twist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.errors import BadInput
from bot.rules.generations import GenerationKind
from bot.writing.blanks import has_blanks
from bot.writing.request import checked_text

DEFAULT_TWISTS = 6
"""How many words a twist offers to change: each has a menu on the card."""
TWIST_RANGE = range(1, 9)
"""How many it can offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwistRequest:
    """Find the words of `text` that were to be expected, `count` at most, and rarer ones for them. Raises `BadInput` as
    `checked_text`, and `twist_blanks` for a text with blanks in it."""

    kind: ClassVar[GenerationKind] = "twist"

    text: str
    count: int = DEFAULT_TWISTS

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", checked_text(self.text))
        if has_blanks(self.text):
            raise BadInput("twist_blanks")
