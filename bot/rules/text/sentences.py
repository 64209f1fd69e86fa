"""Where sentences end, in scripts with spaces and in Chinese and Japanese."""

from __future__ import annotations

import re

_CLOSERS = "\"'”’»）)」』】〕》\\]*_"
"""Closing signs that may stand behind a sentence's mark, written for a class of characters."""
_ENDS = re.compile(rf"(?:(?<![.!?])[.!?]++|(?<!…)…++)[{_CLOSERS}]*+(?=\s|$)|[。！？…]++[{_CLOSERS}]*+")
"""What may end a sentence: marks with the closing signs behind them; Latin ones only before white space."""
_FOLLOWING = re.compile(r"\s*+(\S?)")
"""The next character that is not white space, or nothing, as group 1."""
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|rev|hon|st|mt|capt|col|gen|lt|sgt|jr|sr|vs|etc|no|vol|fig|messrs|mme|mlle|e\.g|i\.e"
    r"|a\.m|p\.m)|\b[A-Za-z])\.$",
    re.IGNORECASE,
)
"""An abbreviation or a single letter with its full stop, which ends no sentence."""


def sentence_ends(text: str) -> list[int]:
    """Return the offsets behind every sentence end of `text`, closing quotes included."""
    return [match.end() for match in _ENDS.finditer(text) if _really_ends(text, match)]


def _really_ends(text: str, match: re.Match[str]) -> bool:
    if match[0] == "." and _ABBREVIATION.search(text[max(0, match.start() - 8) : match.start() + 1]):
        # "I." ends a sentence far more often than it is an initial.
        return text[max(0, match.start() - 2) : match.start() + 1] in {" I.", "\nI."}
    following = _FOLLOWING.match(text, match.end())
    # `"Stop!" he said.` and `Well… perhaps.`: the sentence goes on in lower case.
    pauses = match[0][-1] in _CLOSERS or match[0][0] == "…" or match[0].startswith("..")
    return not (pauses and following is not None and following[1].islower())
