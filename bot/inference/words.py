"""What a word is, where both models and the rules about fills must agree."""

from __future__ import annotations

import re

BLANK = "[MASK]"
"""How a blank is written in a text, whatever the model's own mask token is."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+")


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the [start, end) offsets of the words: runs without white space, each Han character alone."""
    return [match.span() for match in _WORD.finditer(text)]


def split_words(text: str) -> list[str]:
    """Return the words of `text`, punctuation attached as written."""
    return [text[start:end] for start, end in word_spans(text)]


def has_han(text: str) -> bool:
    """Tell whether `text` has a Chinese character (or a Japanese or Korean one of the same block)."""
    return re.search(f"[{_HAN}]", text) is not None
