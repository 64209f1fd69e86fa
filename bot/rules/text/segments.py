"""Where a text may be parted, by Unicode's rules (UAX #29 and #14) and ICU's dictionaries for Thai, Lao, Khmer and
Burmese: the one place that says what a character, a word and the end of a line are for people.

All functions are linear in the text, take any string (a lone surrogate stands alone), and return parts that are the
text again when joined.
"""

from __future__ import annotations

import re
from itertools import accumulate

from icu4py.breakers import BaseBreaker, CharacterBreaker, LineBreaker, WordBreaker

_LOCALE = "en"
"""The rules for all scripts and the dictionaries are the same in every locale; what differs is left out on purpose, so
that a text has the same words for everybody."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""A lone surrogate, half of a character: the breakers of ICU do not take it."""


def clusters(text: str) -> list[str]:
    """Return the extended grapheme clusters of `text`: what people call characters, marks and joined emoji whole."""
    return list(text) if text.isascii() and "\r" not in text else _parts(CharacterBreaker, text)


def cluster_starts(text: str) -> list[int]:
    """Return the offsets at which the clusters of `text` begin."""
    return _starts(clusters(text))


def word_parts(text: str) -> list[str]:
    """Return the words of `text` and what stands between them (white space, marks), each as a part."""
    return _parts(WordBreaker, text)


def word_starts(text: str) -> list[int]:
    """Return the offsets at which the parts of `word_parts` begin."""
    return _starts(word_parts(text))


def line_parts(text: str) -> list[str]:
    """Return the parts between which a line may end, the white space after each kept."""
    return _parts(LineBreaker, text)


def beginning(text: str, limit: int) -> str:
    """Return the whole clusters with which `text` begins, as many as `limit` characters hold; where a single cluster
    is longer than that, `limit` characters of it."""
    if len(text) <= limit:
        return text
    # One character more than fits has to be seen to know whether a cluster ends there.
    last = max((start for start in cluster_starts(text[: limit + 1]) if start <= limit), default=0)
    return text[: last or limit]


def ending(text: str, limit: int) -> str:
    """Return the whole clusters with which `text` ends, as many as `limit` characters hold; where a single cluster is
    longer than that, `limit` characters of it."""
    if len(text) <= limit:
        return text
    least = len(text) - limit
    return text[next((start for start in cluster_starts(text) if start >= least), least) :]


def _parts(breaker: type[BaseBreaker], text: str) -> list[str]:
    if _SURROGATE.search(text) is None:
        return list(breaker(text, _LOCALE))
    # Half a character cannot be handed over; U+FFFD is as long, and belongs to no word either.
    ends = list(accumulate(len(part) for part in breaker(_SURROGATE.sub("\ufffd", text), _LOCALE)))
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _starts(parts: list[str]) -> list[int]:
    return [0, *accumulate(len(part) for part in parts[:-1])] if parts else []
