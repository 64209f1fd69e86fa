"""What is asked of an infill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bot.inference.protocol import Piece
from bot.rules.generations import GenerationKind
from bot.rules.infill_style import AS_IT_BELONGS, InfillStyle
from bot.rules.servers import DEFAULT_COUNT
from bot.writing.blanks import Template, parse
from bot.writing.request import checked_text


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillRequest:
    """Fill the blanks of `text` in `count` ways, in a `style`.

    `context` is what the causal model reads before the text, as far as it fits; `template` is the text as it was
    parsed. Raises `BadInput` as `checked_text` and `blanks.parse`.
    """

    kind: ClassVar[GenerationKind] = "infill"

    text: str
    count: int = DEFAULT_COUNT
    style: InfillStyle = AS_IT_BELONGS
    context: tuple[Piece, ...] = ()
    template: Template = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", checked_text(self.text))
        object.__setattr__(self, "template", parse(self.text))
