"""Names in a passage: words with a capital where no sentence begins."""

from __future__ import annotations

import re
from collections import defaultdict

from bot.rules.text.content_words import LEAST_LETTERS, is_function_word
from bot.rules.text.sentences import sentence_ends

_CAPITAL = re.compile(r"(?<![^\W\d_])[^\W\d_][^\W\d_]+(?:['’]s\b)?")
"""A word of letters, with an English genitive behind it."""
_GENITIVE = re.compile(r"['’]s$")
"""That."""
_OPENS = "\"“‘'«([—–-:"
"""Marks behind which a capital may begin a sentence."""


def names_in(text: str) -> dict[str, list[tuple[int, int]]]:
    """Return the names of a text, each with all the [start, end) places where it stands, genitives left out. A word
    that also stands in small letters is none."""
    starts = {0, *sentence_ends(text)}
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    inside: set[str] = set()
    small = {match[0] for match in re.finditer(r"[^\W\d_]+", text) if match[0].islower()}
    for match in _CAPITAL.finditer(text):
        word = _GENITIVE.sub("", match[0])
        if not word.istitle() or len(word) < LEAST_LETTERS or is_function_word(word) or word.casefold() in small:
            continue
        found[word].append((match.start(), match.start() + len(word)))
        before = text[: match.start()].rstrip()
        if len(before) not in starts and before[-1:] not in _OPENS and "\n" not in text[len(before) : match.start()]:
            inside.add(word)
    return {word: places for word, places in found.items() if word in inside}
