"""What a word is: wherever words are counted, compared or asked about, in rules and by both models."""

from __future__ import annotations

import re

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+")
_TOKEN = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+(?:['’\-][^\W{_HAN}]+)*|[^\w\s]")


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the [start, end) offsets of the words: runs without white space, each Han character alone."""
    return [match.span() for match in _WORD.finditer(text)]


def split_words(text: str) -> list[str]:
    """Return the words of `text`, punctuation attached as written."""
    return [text[start:end] for start, end in word_spans(text)]


def token_spans(text: str) -> list[tuple[int, int]]:
    """Return the [start, end) offsets of the words without what is attached to them, and of each mark alone: to
    compare texts, where a new comma does not make a new word. Together they are all that is not white space."""
    return [match.span() for match in _TOKEN.finditer(text)]


def has_han(text: str) -> bool:
    """Tell whether `text` has a Chinese character (or a Japanese or Korean one of the same block)."""
    return re.search(f"[{_HAN}]", text) is not None
