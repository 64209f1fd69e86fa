"""Where a row says the same again: a sentence, the beginnings of sentences, a run of words, or one word too often."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bot.rules.text.content_words import carries, stem
from bot.rules.text.words import has_han
from bot.writing.cleaning import sentences
from bot.writing.overlap import compared_words
from bot.writing.text_form import CUE, LABEL, TextForm

SENTENCES_BACK = 40
"""So many sentences before the text are compared with its own."""
LEAST_SENTENCE = 3
"""Sentences of fewer words may come again, though not at once."""
SAID_AGAIN = 0.75
"""A sentence of which so much (a share of its different words) stands in one before it says nothing new."""
SAME_OPENINGS = 3
"""So many sentences that begin with the same two words are too many."""
LONG_OPENING = 3
"""Two sentences running must not begin with so many same words."""
SAME_ENDING = 4
"""Nor must they end in so many."""
NEW_WORDS = 8
"""A sentence of fewer words that has a new one which carries meaning says something new ("It is not about your job. It
is about your mother.")."""
LONGEST_STAMMER = 6
"""A run of two to so many words is looked for at once again."""
CROWD, CROWD_WORDS = 3, 12
"""A word that carries meaning must not come so often within so many words."""

MEANT_CHARS = 400
"""Where so much of the text before has such a crowd, the writer means it."""


def loop_at(text: str, before: str, form: TextForm) -> int:
    """Return where the sentence begins that says again what one of `text` or of `before` said, or a word too often; -1
    where none does. `before` is what `text`, of this form, goes on from."""
    known = [compared_words(before[start:end]) for start, end in sentences(before, form)][-SENTENCES_BACK:]
    run, opening_words = (10, 4) if has_han(text) else (5, 2)  # a Han character is a word here
    openings: dict[tuple[str, ...], int] = {}
    runs: set[tuple[str, ...]] = set()
    crowd, last = _Crowd(before, form), list[str]()
    for start, end in sentences(text, form):
        words = compared_words(_unlabelled(text[start:end], form))
        if crowd.comes(words) or _stammers(words) or _echoes(words, last):
            return start
        last = words or last
        if len(words) < LEAST_SENTENCE:
            continue
        opening = tuple(words[:opening_words])
        openings[opening] = openings.get(opening, 0) + 1
        fresh = [tuple(words[at : at + run]) for at in range(len(words) - run + 1)]
        again = not runs.isdisjoint(fresh) or len(set(fresh)) < len(fresh)
        if again or openings[opening] >= SAME_OPENINGS or any(_says(words, other) for other in known):
            return start
        known.append(words)
        runs.update(fresh)
    return -1


def _unlabelled(text: str, form: TextForm) -> str:
    """Return a sentence or a line without the name of who says it."""
    return CUE.sub("", LABEL.sub("", text)) if form.spoken else text


def _stammers(words: Sequence[str]) -> bool:
    """Tell whether a run of words with one that carries meaning comes at once again: "a royal gift, a royal gift"."""
    return any(
        words[at : at + size] == words[at + size : at + 2 * size] and any(map(_carries, words[at : at + size]))
        for size in range(2, LONGEST_STAMMER + 1)
        for at in range(len(words) - 2 * size + 1)
    )


def _echoes(words: Sequence[str], last: Sequence[str]) -> bool:
    """Tell whether a sentence begins or ends as the last one does, is a part of it, or, where it is short, the same.
    Han characters are too short for words."""
    if not words or not last or has_han(words[0]):
        return False
    if len(words) < LEAST_SENTENCE or len(last) < LEAST_SENTENCE:
        return list(words) == list(last)
    return (
        words[:LONG_OPENING] == last[:LONG_OPENING]
        or (len(words) >= SAME_ENDING and words[-SAME_ENDING:] == last[-SAME_ENDING:])
        or f" {' '.join(words)} " in f" {' '.join(last)} "
    )


def _says(words: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether a sentence has hardly a word that the other one lacks."""
    own, known = set(words), set(other)
    if len(own & known) < SAID_AGAIN * len(own) or 2 * len(own) < len(known):
        return False
    return len(own) >= NEW_WORDS or not any(map(_carries, own - known))


class _Crowd:
    """Tells when a word that carries meaning comes too often within few words, unless the writer's text has that."""

    def __init__(self, before: str, form: TextForm) -> None:
        self._last: deque[tuple[str, bool]] = deque(maxlen=CROWD_WORDS)
        self._meant = False
        self._meant = self.comes(compared_words(_unlabelled(before[-MEANT_CHARS:], form)))
        self._last.clear()

    def comes(self, words: Sequence[str]) -> bool:
        """Take the next words; tell whether one of them is too often among the last ones."""
        if self._meant:
            return False
        for number, word in enumerate(words):
            own = stem(word) if _carries(word) else ""
            self._last.append((own, number == 0))
            begins = [opening for other, opening in self._last if own and other == own]
            if len(begins) >= CROWD and not all(begins):  # "Cold rain. Cold wind. Cold hands." is meant
                return True
        return False


def _carries(word: str) -> bool:
    return carries(word) and not has_han(word)
