"""How a causal model that was taught to is shown the text behind a blank.

    left text … OPEN right text CLOSE, the last of the left text again

Behind that it fills the blank: it knows both sides then. The last of the left text stands there twice, so that a fill
follows it as in plain text. `training.causal` teaches that (fill in the middle: Donahue et al. 2020, Bavarian et al.
2022); other models are never shown a hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import WeightsError

OPEN, CLOSE = "<file_sep>", "<repo_name>"
"""Tokens of the bundled model's vocabulary: they stand in no text that people write."""
HINT_TOKENS = 16
"""Tokens of the right text that are shown."""
REREAD_TOKENS = 6
"""Tokens of the left text that are read again."""


@dataclass(frozen=True, slots=True)
class MiddleIds:
    """The ids of the tokens that stand around a hint."""

    open: int
    close: int

    @classmethod
    def of(cls, tokenizer: Any) -> MiddleIds:
        """Look them up. Raises `WeightsError` where the vocabulary lacks them."""
        vocabulary = tokenizer.get_vocab()
        if OPEN not in vocabulary or CLOSE not in vocabulary:
            raise WeightsError(f"The causal model's vocabulary lacks {OPEN} or {CLOSE}: it cannot be shown a hint.")
        return cls(vocabulary[OPEN], vocabulary[CLOSE])

    def around(self, right: Sequence[int]) -> list[int]:
        """A hint: as much of the right text as is shown, between its two tokens."""
        return [self.open, *right[:HINT_TOKENS], self.close]

    def behind(self, left: Sequence[int], right: Sequence[int]) -> list[int]:
        """What is read behind the left text before its blank is filled."""
        return [*self.around(right), *left[-REREAD_TOKENS:]]
