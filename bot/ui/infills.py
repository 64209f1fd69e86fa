"""Show a text with its blanks filled: the fills in bold, in their place, the text around them shortened to fit."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ui.cutting import head, share, tail
from bot.ui.escaping import bold, escape, size

_LEAST_AROUND = 24


@dataclass(frozen=True, slots=True)
class Filled:
    """The text around the fills, exactly as written (one piece more than there are fills), and the fills."""

    pieces: tuple[str, ...]
    fills: tuple[str, ...]

    def show(self, limit: int | None = None) -> str:
        """Return the text escaped, fills in bold. With a `limit` (in shown characters) the text around the fills
        is shortened from far to near until it fits; the fills themselves are never cut."""
        bolds = [bold(fill) for fill in self.fills]
        pieces = list(self.pieces)
        room = None if limit is None else limit - sum(size(fill) for fill in bolds)
        if room is not None and sum(size(escape(piece)) for piece in pieces) > room:
            pieces = self._shortened(room)
        shown = [escape(piece) if piece.strip() else piece for piece in pieces]
        return "".join(part for pair in zip(shown, [*bolds, ""], strict=True) for part in pair)

    def _shortened(self, room: int) -> list[str]:
        parts = share([size(escape(piece)) for piece in self.pieces], max(room, _LEAST_AROUND * len(self.pieces)))
        final = len(self.pieces) - 1
        return [self._cut(piece, parts[index], index, final) for index, piece in enumerate(self.pieces)]

    @staticmethod
    def _cut(piece: str, room: int, index: int, final: int) -> str:
        if size(escape(piece)) <= room:
            return piece
        before, after = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
        if index == 0:
            return tail(piece, room - len(after)) + after
        if index == final:
            return before + head(piece, room - len(before))
        half = (room - len(before) - len(after)) // 2
        return before + head(piece, half) + " " + tail(piece, half) + after
