"""Fits the ordered pieces of a context into a model's window by their priority."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.inference.protocol import Piece

_WORD_START = re.compile(r"(?<=\s)\S")
"""The first character of a word behind white space."""
_SLACK = 24
"""A cut moves forward to the next word, unless none begins within so many characters (Chinese, a long link)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The text that the model sees. `dropped` are labels of what did not fit, in reading order, with ":start"
    behind one of which only the beginning was cut. `sha256` is of the text as UTF-8, in hexadecimal."""

    text: str
    dropped: tuple[str, ...]
    sha256: str


def fit(pieces: Sequence[Piece], budget: int, count: Callable[[str], int]) -> Fitted:
    """Join `pieces` so that `count` (text to tokens) says at most `budget`.

    Too much goes in order of priority, the lowest first and of equals the earlier one: a piece that allows a cut
    keeps its end, others go whole. What is left last is cut in any case.
    """
    texts = [piece.text for piece in pieces]
    costs = [count(text) if text else 0 for text in texts]
    dropped: dict[int, str] = {}
    order = sorted((i for i in range(len(pieces)) if texts[i]), key=lambda i: (pieces[i].priority, i))
    # The sum of the parts is near the cost of the whole, and saves counting the whole again for each piece.
    excess = sum(costs) - budget
    for place, i in enumerate(order):
        last = place == len(order) - 1
        if excess <= 0:
            excess = count("".join(texts)) - budget
        if excess <= 0:
            break
        if pieces[i].cut or last:
            texts[i] = _keep_end(texts, i, budget, count)
        else:
            texts[i] = ""
        dropped[i] = f"{pieces[i].label}:start" if texts[i] else pieces[i].label
        excess = 0 if texts[i] else excess - costs[i]
    text = "".join(texts)
    return Fitted(
        text=text,
        dropped=tuple(dropped[i] for i in sorted(dropped)),
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _keep_end(texts: Sequence[str], i: int, budget: int, count: Callable[[str], int]) -> str:
    """Return the longest end of `texts[i]` with which the whole fits, from the start of a word where one is near;
    empty where nothing fits."""
    before, text, after = "".join(texts[:i]), texts[i], "".join(texts[i + 1 :])
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if count(before + text[middle:] + after) <= budget:
            high = middle
        else:
            low = middle + 1
    word = _WORD_START.search(text, low - 1 if low else 0)
    if low and not text[low - 1].isspace() and word and word.start() - low <= _SLACK:
        low = word.start()
    while low < len(text) and count(before + text[low:] + after) > budget:
        low += 1  # a cut elsewhere can make other tokens
    return text[low:] if text[low:].strip() else ""
