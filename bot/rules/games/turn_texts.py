"""What somebody writes in a turn: what it must be, and how much of it the next one sees."""

from __future__ import annotations

from bot.errors import BadInput
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import split_words, word_spans

LAST_WORDS = 6
"""Words of the tail `six`."""


def check_words(text: str, words: range, most_characters: int) -> None:
    """Raise `BadInput` where a text has too many or too few words, or too many characters: `game_words` (count, low,
    high), `game_long` (length, limit)."""
    if len(text) > most_characters:
        raise BadInput("game_long", length=len(text), limit=most_characters)
    count = len(split_words(text))
    if count not in words:
        raise BadInput("game_words", count=count, low=words[0], high=words[-1])


def tail_of(text: str, kind: str) -> str:
    """Return the end of a text: its last six words (`six`), its last `word`, its last `sentence`, or all (`line`)."""
    text = text.strip()
    if kind == "line":
        return text
    if kind == "sentence":
        ends = [end for end in sentence_ends(text) if end < len(text)]
        return text[ends[-1] :].lstrip() if ends else text
    spans = word_spans(text)
    count = 1 if kind == "word" else LAST_WORDS
    return text[spans[-count][0] :] if len(spans) > count else text
