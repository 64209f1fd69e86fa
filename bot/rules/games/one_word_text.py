"""The text of One word: its entries, how they are joined, and when it is complete."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.rules.games.table import GameText, Table, Texts, text_of
from bot.rules.provenance import Origin, Span
from bot.rules.text.matching import fold
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import UNSPACED, split_words

WORDS = range(1, 4)
"""Words of an entry."""
MOST_CHARACTERS = 60
"""Characters of an entry."""
MOST_WORDS = 100
"""Words after which the text is complete."""
MOST_SENTENCES = 5
"""Sentences after which the text is complete."""
MANY = 5
"""From so many players on nobody writes in two entries after their own, else in one."""
ENDS = ("the end", "完", "全文完", "剧终")
"""Last sentences that say that it is the end."""
MODEL_READS = 600
"""Characters of the text that the models go on from."""
_NO_SPACE = re.compile(rf"[{UNSPACED}。，、！？；：…—“‘（《「『]$")
"""The end of words behind which no space stands."""
_ATTACHED = re.compile(rf"^[{UNSPACED}.,;:!?…%)\]}}”’。，、！？；：）》」』]")
"""The beginning of words before which no space stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWord:
    """How far a game is: who wrote each entry (None: a model), the move since which the text is as it is, and when it
    last changed (UTC ms)."""

    writers: tuple[int | None, ...] = ()
    since: int = 0
    last_ms: int = 0


OneWordTable = Table[OneWord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One to three words, and whose (0: a model's)."""

    slot: str
    text: str
    hidden: bool
    writer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWordView:
    """What somebody sees: the text and its entries, how many words it has, whether the viewer may go on, the slot of
    the entry that they can take back and until when, and from when on a model can be asked (None: not at all)."""

    text: str
    entries: tuple[Entry, ...]
    words: int
    can_write: bool
    undo: str
    undo_until_ms: int | None
    nudge_from_ms: int | None


def with_game(table: OneWordTable, **changes: Any) -> OneWordTable:
    """Return the table with some of the game's state changed."""
    return dataclasses.replace(table, game=dataclasses.replace(table.begun, **changes))


def entry_slot(number: int) -> str:
    """Return the slot of an entry, from 0."""
    return f"w{number}"


def apart(active: int) -> int:
    """Return of how many of the last entries somebody may have written none."""
    return 2 if active >= MANY else 1


def last_text(game: OneWord, texts: Texts) -> GameText | None:
    """Return the last entry."""
    return text_of(texts, entry_slot(len(game.writers) - 1)) if game.writers else None


def entries_of(game: OneWord, texts: Texts) -> tuple[Entry, ...]:
    """Return all entries as everybody may read them."""
    known = {text.slot: text for text in texts}
    entries = []
    for number, writer in enumerate(game.writers):
        text = known.get(entry_slot(number))
        hidden = text is None or text.hidden
        shown = "" if text is None or hidden else text.text
        entries.append(Entry(slot=entry_slot(number), text=shown, hidden=hidden, writer=writer or 0))
    return tuple(entries)


def as_words(text: str) -> str:
    """Return a text on one line, its words one space apart."""
    return " ".join(text.split())


def joined(parts: Iterable[str]) -> str:
    """Return entries as one text: with spaces between, but before marks and in scripts that have none."""
    return "".join(_pieces(parts))


def spans_of(entries: Sequence[Entry]) -> tuple[Span, ...]:
    """Return whose the words of the joined text are."""
    spans: list[Span] = []
    at = 0
    for entry, piece in zip(entries, _pieces(entry.text for entry in entries), strict=True):
        start, at = at + len(piece) - len(entry.text), at + len(piece)
        origin: Origin = "human" if entry.writer else "gpt"
        if spans and spans[-1].origin == origin:
            spans[-1] = dataclasses.replace(spans[-1], end=at)
        elif start < at:
            spans.append(Span(start, at, origin))
    return tuple(spans)


def _pieces(parts: Iterable[str]) -> list[str]:
    """Return each entry with the space that stands before it."""
    pieces: list[str] = []
    before = ""
    for part in parts:
        tight = not before or not part or _NO_SPACE.search(before) or _ATTACHED.match(part)
        pieces.append(part if tight else f" {part}")
        before = part or before
    return pieces


def is_complete(text: str) -> bool:
    """Tell whether a text has its last sentence, or says in one of its own that it is the end."""
    ends = sentence_ends(text)
    before = [end for end in ends if end < len(text)]
    last = text[before[-1] :] if before else text
    return len(ends) >= MOST_SENTENCES or len(split_words(text)) >= MOST_WORDS or _is_end(last)


def _is_end(sentence: str) -> bool:
    return fold(sentence).bare.strip(" .!?…。！") in ENDS


def readable(game: OneWord, texts: Texts, no_ai: set[int]) -> str:
    """Return what the models may go on from: the last entries, back to the first that is hidden or by a seat that does
    not want it. Empty where that is nothing."""
    entries: list[Entry] = []
    for entry in reversed(entries_of(game, texts)):
        if entry.hidden or entry.writer in no_ai:
            break
        entries.append(entry)
    return joined(entry.text for entry in reversed(entries))[-MODEL_READS:]
