"""What is asked of a bridge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bot.errors import BadInput
from bot.inference.protocol import Piece
from bot.rules.generations import GenerationKind
from bot.rules.servers import DEFAULT_COUNT
from bot.rules.text.characters import has_word, normalise
from bot.writing.blanks import parse
from bot.writing.request import checked_text


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeRequest:
    """One or two sentences between `left` and `right`, in `count` ways.

    Both are normalised. `context` is what the causal model reads before `left`, in reading order: title, memory, lore;
    of these the least important go first where the window is too small. `text` is both with a blank between them: so a
    bridge is kept and shown. Raises `BadInput`: `text_empty` where a side has no word, `bridge_blanks` where there are
    blanks in it already, and as `checked_text` and `blanks.parse`.
    """

    kind: ClassVar[GenerationKind] = "bridge"

    left: str
    right: str
    count: int = DEFAULT_COUNT
    context: tuple[Piece, ...] = ()
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        left, right = normalise(self.left), normalise(self.right)
        text = f"{left.strip()} ___ {right.strip()}"
        if len(parse(text).blanks) != 1:
            raise BadInput("bridge_blanks")
        if not (has_word(left) and has_word(right)):
            raise BadInput("text_empty")
        for name, value in (("left", left), ("right", right), ("text", checked_text(text))):
            object.__setattr__(self, name, value)
