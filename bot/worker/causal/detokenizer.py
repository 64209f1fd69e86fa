"""Turns what comes of one row into text: whole characters only, and never past a stop string."""

from __future__ import annotations

from collections.abc import Callable, Sequence

UNFINISHED = "\ufffd"
"""What stands for bytes that are no character yet."""
_CONTEXT = 6
"""How many tokens of the prompt are decoded along, so that a space before the first new word is kept."""


class GrowingText:
    """A text that grows, up to the first of its stop strings.

    `visible` is what may be shown: it never holds what may yet become a stop string, and each later value begins with
    it, the final one too. `stopped` tells that a stop string was found.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self.stops = tuple(text for text in stop if text)
        self._longest = max(map(len, self.stops), default=0)
        self._text = ""
        self.visible = ""
        self.stopped = False

    def extend(self, new: str) -> None:
        """Take what comes next."""
        if self.stopped or not new:
            return
        look_from = max(0, len(self._text) - self._longest + 1)
        self._text += new
        found = [at for at in (self._text.find(stop, look_from) for stop in self.stops) if at >= 0]
        if found:
            self.stopped = True
            self.visible = self._text[: min(found)]
        else:
            self.visible = self._text[: len(self._text) - self._held_back()]

    def finish(self) -> str:
        """Return the final text."""
        if not self.stopped:
            self.visible = self._text
        return self.visible

    def _held_back(self) -> int:
        """Return how many characters at the end may be the beginning of a stop string."""
        for size in range(min(self._longest - 1, len(self._text)), 0, -1):
            end = self._text[-size:]
            if any(stop.startswith(end) for stop in self.stops):
                return size
        return 0


class Detokenizer(GrowingText):
    """The growing text of one row, made of its tokens. `visible` never ends within a character."""

    def __init__(self, decode: Callable[[Sequence[int]], str], prompt: Sequence[int], stop: Sequence[str]) -> None:
        super().__init__(stop)
        self._decode = decode
        self._ids = list(prompt[-_CONTEXT:])
        self._from = 0
        self._read = len(self._ids)
        self._known = decode(self._ids)

    def push(self, token: int) -> None:
        """Take the next token."""
        self._ids.append(token)
        whole = self._decode(self._ids[self._from :])
        if whole.endswith(UNFINISHED):
            return
        self.extend(whole[len(self._known) :])
        self._from, self._read = self._read, len(self._ids)
        self._known = self._decode(self._ids[self._from : self._read])

    def finish(self) -> str:
        """Return the final text; a character that never became whole is left out."""
        if not self.stopped:
            whole = self._decode(self._ids[self._from :])
            self.extend(whole[len(self._known) :].rstrip(UNFINISHED))
        return super().finish()
