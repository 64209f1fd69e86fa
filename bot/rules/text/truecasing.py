"""Capitals for words from an uncased model: at the beginning of a sentence, "I", and the text's own names."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
"""A word: letters, with single apostrophes between them."""
_I = re.compile(r"\bi(?=$|\s|['’](?:m|ll|ve|d|s|re)\b)")
"""The English pronoun in lower case, alone or in a contraction."""
_CLOSED = re.compile(r"(?:^|(?<!\.)[.!?。！？]|\n)[\s*_(\[]*$")
"""The end of a text that is empty, or ends in a closed sentence or a line end, before opening marks if any."""
_AFTER_QUOTE = re.compile(r"[.!?…][\"'”’][\s*_]+$")
"""The end of a text behind a closed quotation: what follows may belong to the same sentence."""
_OPENED = re.compile(r"(?:^|[,:.!?…—]\s*|\n)[\"“‘][*_]*$")
"""The end of a text behind which a quotation begins, and with it a sentence."""
_TAIL = 40
"""Characters before a place that are read to tell whether a sentence begins there."""


def begins_sentence(left: str) -> bool:
    """Tell whether a sentence surely begins behind `left`.

    After a quotation that ends in ? or ! it may or may not (“Who?” he said): then the answer is no.
    """
    tail = left if len(left) <= _TAIL else "x" + left[-_TAIL:]
    if _AFTER_QUOTE.search(tail):
        return tail.rstrip(" *_")[-2:-1] == "." or "\n" in tail[len(tail.rstrip()) :]
    return _OPENED.search(tail) is not None or _CLOSED.search(tail) is not None


def names_in(text: str) -> Mapping[str, str]:
    """Map the lower-case form of the names in `text` to how it writes them.

    A name is a word that has a capital where no sentence begins, and that stands nowhere without one.
    """
    seen: dict[str, str] = {}
    plain: set[str] = set()
    for match in _WORD.finditer(text):
        word = match.group()
        bare = re.sub(r"['’]s$", "", word)
        if bare[:1].islower():
            plain.add(bare)
        elif (
            bare[:1].isupper()
            and len(bare) > 1
            and not begins_sentence(text[max(0, match.start() - 60) : match.start()])
        ):
            seen.setdefault(bare.lower(), bare)
    return {low: name for low, name in seen.items() if low not in plain and not name.isupper()}


def restore(fill: str, left: str, names: Mapping[str, str]) -> str:
    """Give the lower-case `fill` behind `left` the capitals that are certain; leave other words alone."""

    def cased(match: re.Match[str]) -> str:
        word = match.group()
        stem = re.sub(r"['’]s$", "", word)
        name = names.get(stem)
        return word if name is None else name + word[len(stem) :]

    text = _I.sub("I", _WORD.sub(cased, fill))
    if text[:1].islower() and begins_sentence(left):
        text = text[0].upper() + text[1:]
    return text
