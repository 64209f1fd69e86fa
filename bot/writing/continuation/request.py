"""What is asked of a continuation, and the text that comes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from bot.inference.protocol import Piece
from bot.rules.generations import GenerationKind, check_note
from bot.rules.moods import MoodName
from bot.rules.servers import DEFAULT_COUNT, DEFAULT_LENGTH, MAX_TEXT
from bot.rules.text.sentences import sentence_ends
from bot.writing.request import checked_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueRequest:
    """Continue `text` with `count` suggestions of about `length` tokens; `mood` None mixes all moods.

    `context` is what the model reads before the text, in reading order, a heading included; where the window is too
    small it goes before the text does. `near` is what it reads within the text, close to its end, and `note` what the
    person wants besides (`bot.rules.generations`), which stands there, too. Raises `BadInput` as `checked_text` and
    `check_note`.
    """

    kind: ClassVar[GenerationKind] = "continue"

    text: str
    mood: MoodName | None = None
    count: int = DEFAULT_COUNT
    length: int = DEFAULT_LENGTH
    context: tuple[Piece, ...] = ()
    near: tuple[Piece, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", checked_text(self.text))
        object.__setattr__(self, "note", check_note(self.note))


def onward(text: str, suggestion: str) -> str:
    """Return `text` with the chosen continuation behind it, as the text of the next ask.

    What grows past the limit loses whole sentences from its start, or words where a sentence is too long.
    """
    joined = text.rstrip(" \t") + suggestion if suggestion[:1].isspace() else text + suggestion
    if len(joined) <= MAX_TEXT:
        return joined
    excess = len(joined) - MAX_TEXT
    starts = [end for end in sentence_ends(joined) if excess <= end <= excess + MAX_TEXT // 4]
    if not starts:
        starts = [space.end() for space in re.finditer(r"\s+", joined) if excess <= space.end() <= excess + 200]
    return joined[starts[0] if starts else excess :].lstrip()
