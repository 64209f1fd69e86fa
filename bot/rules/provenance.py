"""Provenance: of every word of a passage, whether a person wrote it or which model.

A person who changes a model's text keeps it the model's where they left it: their own words in it are `human`, and the
passage as a whole is `edited`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bot.rules.text.characters import normalise
from bot.rules.text.diffing import common_words
from bot.rules.text.words import token_spans, word_spans

Origin = Literal["human", "gpt", "bert", "edited"]
"""Where a passage or a word comes from. `edited` is said of a passage that holds a model's words and words that a
person put among them; single words are one or the other."""
ORIGINS: tuple[Origin, ...] = get_args(Origin)
"""All origins."""
_BLACK = re.compile(r"\S+")
"""What is not white space."""


@dataclass(frozen=True, slots=True)
class Span:
    """The [start, end) characters of a text that come from one origin. The spans of a text are in order, do not
    overlap, and cover every word."""

    start: int
    end: int
    origin: Origin


def of_human(text: str) -> tuple[Span, ...]:
    """Return the spans of a text that a person wrote."""
    return of_model(text, "human")


def of_model(text: str, origin: Origin) -> tuple[Span, ...]:
    """Return the spans of a text that comes from one origin: one, without the white space around, or none."""
    return _spans(text, [origin] * len(text))


def of_infill(
    literals: Sequence[str],
    fills: Sequence[str],
    base_text: str | None = None,
    base_spans: Sequence[Span] = (),
    *,
    by: Origin = "bert",
) -> tuple[Span, ...]:
    """Return the spans of `literals` with a fill between each two: the fills are all `by` one, to the character.

    The literals are as they were in `base_text`, the passage in which they stood (its words where they find
    themselves there, a person's else); all a person's without one. Raises `ValueError` where the numbers do not fit.
    """
    if len(literals) != len(fills) + 1:
        raise ValueError(f"{len(literals)} literals hold {len(literals) - 1} fills, not {len(fills)}")
    if base_text is None:
        known: list[list[Origin]] = [["human"] * len(literal) for literal in literals]
    else:
        known = _in_base(literals, base_text, _letters(base_text, base_spans))
    letters = list(known[0])
    for fill, after in zip(fills, known[1:], strict=True):
        letters += [by] * len(fill)
        letters += after
    text = literals[0] + "".join(fill + after for fill, after in zip(fills, literals[1:], strict=True))
    return _spans(text, letters)


def edited(original_text: str, original_spans: Sequence[Span], new_text: str) -> tuple[Span, ...]:
    """Return the spans of `new_text`, which a person made of `original_text`: words that were kept keep their origin,
    the rest is the person's."""
    return _spans(new_text, _kept(original_text, _letters(original_text, original_spans), new_text))


def normalised(text: str, spans: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """Return a text that may have been kept before all text was normalised (`bot.rules.text.characters`) in its
    normalised form, with its spans."""
    normal = normalise(text)
    if normal == text:
        return text, tuple(spans)
    parts = [(normalise(piece), origin) for piece, origin in pieces(text, spans)]
    if "".join(part for part, _ in parts) != normal:  # an accent, say, that another hand put on a letter
        return normal, edited(text, spans, normal)
    return normal, _spans(normal, [origin for part, origin in parts for _ in part])


def origin_of(spans: Iterable[Span], was: Origin) -> Origin:
    """Return what a passage is called after a person changed it; `was` is what it was called before."""
    left = {span.origin for span in spans}
    if left <= {"human"}:
        return "human"
    if "human" in left or "edited" in left:
        return "edited"
    if was in left or was == "edited":
        return was
    return "gpt" if "gpt" in left else "bert"


def pieces(text: str, spans: Iterable[Span]) -> list[tuple[str, Origin]]:
    """Return `text` in pieces that each come from one origin; joined they are `text` again.

    White space goes with what stands before it; words that no span covers count as a person's.
    """
    ends: list[tuple[int, Origin]] = []
    at = 0
    for span in spans:
        blank = not text[at : span.start].strip()
        if blank and not ends:
            _extend(ends, at, span.start, span.origin)
        else:
            _extend(ends, at, span.start, ends[-1][1] if blank else "human")
        _extend(ends, max(at, span.start), span.end, span.origin)
        at = max(at, span.end)
    _extend(ends, at, len(text), ends[-1][1] if ends and not text[at:].strip() else "human")
    starts = [0, *(end for end, _ in ends)]
    return [(text[start:end], origin) for start, (end, origin) in zip(starts, ends, strict=False)]


def word_origins(text: str, spans: Iterable[Span]) -> list[Origin]:
    """Return the origin of each word of `text`: that of most of its characters, of the first at a tie."""
    words = word_spans(text)
    parts = pieces(text, spans)
    if len(parts) == 1:
        return [parts[0][1]] * len(words)
    letters = _letters(text, spans)
    return [Counter(letters[start:end]).most_common(1)[0][0] for start, end in words]


def _extend(ends: list[tuple[int, Origin]], start: int, end: int, origin: Origin) -> None:
    """Note that the characters from `start` to `end` come from one origin: with the last where that has the same."""
    if start >= end:
        return
    if ends and ends[-1][1] == origin:
        ends.pop()
    ends.append((end, origin))


def _letters(text: str, spans: Iterable[Span]) -> list[Origin]:
    """Return the origin of each character."""
    letters: list[Origin] = []
    for piece, origin in pieces(text, spans):
        letters += [origin] * len(piece)
    return letters


def _spans(text: str, letters: Sequence[Origin]) -> tuple[Span, ...]:
    """Return the spans of a text of which each character's origin is given; white space joins, but never begins or
    ends a span."""
    found: list[Span] = []
    began = end = 0
    for match in _BLACK.finditer(text):
        for place in range(*match.span()):
            if end and letters[place] == letters[began]:
                end = place + 1
                continue
            if end:
                found.append(Span(began, end, letters[began]))
            began, end = place, place + 1
    return (*found, Span(began, end, letters[began])) if end else ()


def _in_base(literals: Sequence[str], base: str, letters: Sequence[Origin]) -> list[list[Origin]]:
    """Return the origin of each character of the literals. They are what blanks left over of `base`, or the person
    changed something besides."""
    places = _places(literals, base)
    if places is not None:
        return [list(letters[at : at + len(text)]) for at, text in zip(places, literals, strict=True)]
    kept = iter(_kept(base, letters, "\n".join(literals)))
    found = []
    for literal in literals:
        found.append(list(itertools.islice(kept, len(literal))))
        next(kept, None)
    return found


def _places(literals: Sequence[str], base: str) -> list[int] | None:
    """Return where each literal stands in `base`: the first at its beginning, the last at its end, the others between
    in order. None where they do not."""
    places, at = [], 0
    for number, literal in enumerate(literals):
        if number == len(literals) - 1:
            found = len(base) - len(literal) if base.endswith(literal) else -1
        else:
            found = base.find(literal, at) if number else (0 if base.startswith(literal) else -1)
        if found < at:
            return None
        places.append(found)
        at = found + len(literal)
    return places if len(literals) > 1 or literals[0] == base else None


def _kept(old: str, letters: Sequence[Origin], new: str) -> list[Origin]:
    """Return the origin of each character of `new` after a diff of words; equal beginnings and ends are taken off
    first, so that a long text with a small change is compared quickly."""
    old_words, new_words = token_spans(old), token_spans(new)
    before = [old[start:end] for start, end in old_words]
    after = [new[start:end] for start, end in new_words]
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    pairs = [(index, index) for index in range(head)]
    pairs += [(len(before) - index, len(after) - index) for index in range(1, tail + 1)]
    middle = common_words(before[head : len(before) - tail], after[head : len(after) - tail])
    pairs += [(head + old_at, head + new_at) for old_at, new_at in middle]
    found: list[Origin] = ["human"] * len(new)
    for old_index, new_index in pairs:
        start, end = new_words[new_index]
        was = old_words[old_index][0]
        found[start:end] = letters[was : was + end - start]
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items both begin with."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
