"""How an infill is wished for: *More like this*, *Stranger*, *Shorter* and *Longer* as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

MAX_BOLDNESS = 3.0
"""The greatest boldness."""
MOST_WORDS = 12
"""Words of the longest fill that a style may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillStyle:
    """What is wished for beyond "what belongs there"; the default wishes for nothing.

    `least_words` and `most_words` (None: the job's own bound) hold for each blank whose length the writer left open;
    a number that the writer gave stands. `boldness`, 0 to `MAX_BOLDNESS`, asks for fills that still fit but that the
    models expect less: 1 is noticeably rarer. `near` is a suggestion, one fill a blank, that new ones should
    resemble. `shown` holds suggestions, likewise, that are not to come again.
    """

    least_words: int = 1
    most_words: int | None = None
    boldness: float = 0.0
    near: tuple[str, ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()

    def stranger(self) -> InfillStyle:
        """One step bolder, up to the limit, and no longer near anything."""
        return replace(self, boldness=min(MAX_BOLDNESS, self.boldness + 1.0), near=())

    def like(self, fills: tuple[str, ...]) -> InfillStyle:
        """Near the suggestion with these fills."""
        return replace(self, near=fills)

    def shorter_than(self, words: int) -> InfillStyle:
        """Fewer words a blank than `words`, but one at least."""
        return replace(self, least_words=1, most_words=max(1, words - 1))

    def longer_than(self, words: int) -> InfillStyle:
        """More words a blank than `words`, up to `MOST_WORDS`."""
        return replace(self, least_words=min(MOST_WORDS, words + 1), most_words=None)


AS_IT_BELONGS = InfillStyle()
"""The style that asks for nothing special."""
