"""Show a text with its blanks filled: the fills in bold, in their place, with the sentences around them; how sure the
models are, and what was wished for, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.rules.receipts import InfillReceipt, Receipt
from bot.ui.cutting import ELLIPSIS, WHOLE, sentences, share, shown_head, shown_tail
from bot.ui.escaping import bold, escape, size
from bot.ui.locale import Catalogue

SHOWN_WHOLE = 280
"""A text of up to so many shown characters is not cut down to the sentences of its blanks."""
_LEAST_AROUND = 24
"""Characters of the text beside a fill that are shown at least."""
_GAP = 2
"""Characters of white space beside a fill that are left where text is shortened: a line end twice, as in verse."""
_LEAST_BEFORE = 8
"""Characters that lead to a fill at least, in whole sentences: one that begins its sentence needs the one before it."""
_NEAR_TEXT = 60
"""Characters that are shown of the fills that new ones were wished to be near to."""
_SURE = ((0.6, "almost"), (0.25, "likely"), (0.05, "several"))
"""Confidences from which on a word holds: chosen by looking at what the bundled models gave forty fills."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The text around the fills, exactly as written (one piece more than there are fills), and the fills. Those whose
    numbers are in `plain` are words that were there before: they are underlined, not bold."""

    pieces: tuple[str, ...]
    fills: tuple[str, ...]
    plain: frozenset[int] = frozenset()

    def show(self, limit: int = WHOLE) -> str:
        """Return the text escaped, fills in bold. With a `limit` (in shown characters) the text around the fills
        is shortened from far to near until it fits; the fills themselves are cut only where they leave no room for
        it, as those may that a person wrote."""
        shown = [escape(piece) if piece.strip() else piece for piece in self.pieces]
        around = sum(map(size, shown))
        marked = self._marked(limit - min(around, _LEAST_AROUND * len(shown)))
        room = limit - sum(map(size, marked))
        if around > room:
            shown = self._shortened(shown, room)
        return "".join(part for pair in zip(shown, [*marked, ""], strict=True) for part in pair)

    def _marked(self, room: int) -> list[str]:
        marks = [_underlined if number in self.plain else bold for number in range(len(self.fills))]
        marked = [mark(fill) for mark, fill in zip(marks, self.fills, strict=True)]
        if sum(map(size, marked)) <= room:
            return marked
        parts = share([size(each) for each in marked], room)
        return [shown_head(fill, part, mark) for fill, part, mark in zip(self.fills, parts, marks, strict=True)]

    def close(self) -> Filled:
        """Return the sentences of the fills alone, with ellipses for what stands before, between and behind them; all
        of it where it is short."""
        if size(self.show()) <= SHOWN_WHOLE:
            return self
        final = len(self.pieces) - 1
        return replace(self, pieces=tuple(_near(piece, index, final) for index, piece in enumerate(self.pieces)))

    def _shortened(self, shown: Sequence[str], room: int) -> list[str]:
        sizes = [size(each) for each in shown]
        parts = share(sizes, max(room, _LEAST_AROUND * len(shown)))
        final = len(shown) - 1
        return [
            each if whole <= part else _cut(piece, part, index, final)
            for index, (each, piece, whole, part) in enumerate(zip(shown, self.pieces, sizes, parts, strict=True))
        ]


def _cut(piece: str, room: int, index: int, final: int) -> str:
    """The part of a piece, escaped, that stands nearest to the fills beside it; a gap of two characters at most stays
    where one was."""
    before, after = piece[: len(piece) - len(piece.lstrip())][-_GAP:], piece[len(piece.rstrip()) :][:_GAP]
    if not piece.strip():
        return before
    if index == 0:
        return shown_tail(piece, room - len(after)) + after
    if index == final:
        return before + shown_head(piece, room - len(before))
    half = (room - len(before) - len(after) - 1) // 2
    return f"{before}{shown_head(piece, half)} {shown_tail(piece, half)}{after}"


def _underlined(text: str) -> str:
    return f"__{escape(text)}__"


def _near(piece: str, index: int, final: int) -> str:
    """The sentences of a piece that are those of the fills beside it."""
    parts = sentences(piece)
    first = 0 if index == 0 else 1
    last = len(parts) if index == final else len(parts) - 1
    if index < final:
        while last > first and len("".join(parts[last:])) < _LEAST_BEFORE:
            last -= 1
    if last <= first or not "".join(parts[first:last]).strip():
        return piece
    before, after = "".join(parts[:first]).rstrip(), "".join(parts[last:])
    return " ".join(part for part in (before, ELLIPSIS, after) if part)


def sureness(say: Catalogue, confidence: float) -> str:
    """Return how sure the models are of a fill, in words."""
    return say(f"sure.{next((word for least, word in _SURE if confidence >= least), 'shot')}")


def style_phrases(say: Catalogue, receipt: Receipt) -> list[str]:
    """Return what was wished for beyond what belongs there, from a receipt, a phrase a wish, escaped."""
    style = receipt.style if isinstance(receipt, InfillReceipt) else None
    if style is None:
        return []
    found = []
    if style.near:
        found.append(say("wish.near", fills=shown_head(" · ".join(style.near), _NEAR_TEXT)))
    if style.boldness:
        found.append(say("wish.stranger", count=round(style.boldness)))
    if style.least_words > 1:
        found.append(say("wish.longer", count=style.least_words))
    if style.most_words is not None:
        found.append(say("wish.shorter", count=style.most_words))
    return found
