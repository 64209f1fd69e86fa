"""A twist: the words of a passage that were to be expected, rarer ones for each, and which of them the writer picked.

It is the payload of the one suggestion of a generation of the kind "twist", whose `text` is the passage; the
suggestion's text is the passage with the picks in it, and its fills are the words as they now stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bot.errors import Gone
from bot.rules.generations import Generation, Payload, Suggestion
from bot.rules.receipts import Receipt

KEPT = -1
"""The pick that leaves a word as it is."""


@dataclass(frozen=True, slots=True)
class Other:
    """A rarer word. `distance` is how much less the models expect it there, in nats."""

    text: str
    distance: float


@dataclass(frozen=True, slots=True)
class Expected:
    """A word at the [start, end) characters of the passage, the others from the nearest on, and the number of the
    picked one."""

    start: int
    end: int
    word: str
    others: tuple[Other, ...]
    picked: int = KEPT

    @property
    def now(self) -> str:
        """The word as it stands."""
        return self.word if self.picked == KEPT else self.others[self.picked].text


@dataclass(frozen=True, slots=True, kw_only=True)
class TwistWords(Payload):
    """The expected words of a passage as they are kept, in order; `done`: the twist is used, and nothing is picked any
    more."""

    kind: ClassVar[str] = "twist"

    words: tuple[Expected, ...]
    done: bool = False


@dataclass(frozen=True, slots=True)
class Twist:
    """The expected words of `passage`, in order."""

    passage: str
    words: tuple[Expected, ...]
    done: bool = False

    @property
    def fills(self) -> tuple[str, ...]:
        """The words as they stand."""
        return tuple(word.now for word in self.words)

    @property
    def picked(self) -> tuple[Expected, ...]:
        """The words that were changed."""
        return tuple(word for word in self.words if word.picked != KEPT)

    @property
    def text(self) -> str:
        """The passage with the picks in it."""
        return "".join(part for pair in zip(self.pieces, (*self.fills, ""), strict=True) for part in pair)

    @property
    def pieces(self) -> tuple[str, ...]:
        """What stands around the words: one piece more than there are words."""
        return around(self.passage, self.words)

    @property
    def unpicked(self) -> frozenset[int]:
        """The numbers of the words that are as they were."""
        return frozenset(number for number, word in enumerate(self.words) if word.picked == KEPT)

    def finished(self) -> Twist:
        """Return the twist as it is used: with the words that were changed alone."""
        return replace(self, words=self.picked, done=True)

    def pick(self, number: int, other: int) -> Twist:
        """Return the twist with another word in place `number`, or with its own again (`KEPT`). Raises `Gone`
        (`generation_gone`) where there is no such place or word."""
        if not 0 <= number < len(self.words) or not KEPT <= other < len(self.words[number].others):
            raise Gone("generation_gone")
        words = (*self.words[:number], replace(self.words[number], picked=other), *self.words[number + 1 :])
        return replace(self, words=words)


def around(text: str, words: tuple[Expected, ...]) -> tuple[str, ...]:
    """Return what stands in `text` before, between and behind `words`."""
    starts = [0, *(word.end for word in words)]
    ends = [*(word.start for word in words), len(text)]
    return tuple(text[start:end] for start, end in zip(starts, ends, strict=True))


def suggestion_of(twist: Twist, receipt: Receipt) -> Suggestion:
    """Return the twist as it is kept."""
    words = TwistWords(words=twist.words, done=twist.done)
    return Suggestion(text=twist.text, fills=twist.fills, receipt=receipt, payload=words)


def twist_of(generation: Generation) -> Twist:
    """Return the twist that a generation holds. Raises `Gone` (`generation_gone`) where it holds none."""
    kept = generation.suggestions[0].payload if generation.suggestions else None
    if not isinstance(kept, TwistWords):
        raise Gone("generation_gone")
    return Twist(passage=generation.text, words=kept.words, done=kept.done)
