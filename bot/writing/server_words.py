"""A server's own word list: held against what people put into stories, and against what models suggest.

Unlike the words that demean people (`demeaning`), which no model suggests anywhere, these are each server's own choice
and hold for everybody there. How a word is matched is told in `bot.rules.text.matching`; letters written as digits and
signs ("sp1der") hide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import BadInput
from bot.rules.text.matching import Phrase, fold
from bot.writing.blocklist import without_leet


class ServerWords:
    """One list, `ServerSettings.words`: words, or a few words each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [(word, Phrase(word)) for word in words]

    def found(self, text: str) -> tuple[str, ...]:
        """Return the words of the list that stand in `text`, in the order of the list."""
        if not self._words:
            return ()
        folded = fold(text)
        letters = fold(without_leet(folded.bare))
        return tuple(word for word, phrase in self._words if phrase.stands_in(folded) or phrase.stands_in(letters))

    def allows(self, text: str) -> bool:
        """Tell whether `text` has none of the words."""
        return not self.found(text)

    def require(self, text: str) -> None:
        """Raise `BadInput` (`word_not_here`: word), which names the first word found to who wrote it."""
        found = self.found(text)
        if found:
            raise BadInput("word_not_here", word=found[0])
