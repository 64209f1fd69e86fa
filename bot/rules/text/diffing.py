"""What two texts have in common, word for word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


def common_words(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of a longest common subsequence in `before` and in `after`, the last pair first.

    By bits (Hyyrö, Bit-parallel LCS-length computation revisited, 2004): a row of the table is one whole number, so
    that each word of `after` costs a few operations on as many bits as `before` has words, whatever the words are.
    """
    places: defaultdict[str, int] = defaultdict(int)
    for place, word in enumerate(before):
        places[word] |= 1 << place
    row = full = (1 << len(before)) - 1
    width = len(before) // 8 + 1
    rows = [row.to_bytes(width, "little")]
    for word in after:
        same = row & places.get(word, 0)
        row = (row + same | row - same) & full
        rows.append(row.to_bytes(width, "little"))
    return _traced(rows, len(before), len(after))


def _traced(rows: Sequence[bytes], before: int, after: int) -> list[tuple[int, int]]:
    """Walk from the end of the table to its beginning. A bit of a row is 0 where the word of `before` at its place
    makes the common part longer, given the words of `after` up to that row."""
    pairs = []
    while before and after:
        byte, bit = divmod(before - 1, 8)
        if rows[after][byte] >> bit & 1:
            before -= 1
        elif not rows[after - 1][byte] >> bit & 1:
            after -= 1
        else:
            before, after = before - 1, after - 1
            pairs.append((before, after))
    return pairs
