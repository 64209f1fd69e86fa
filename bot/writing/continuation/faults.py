"""What makes writers drop a suggestion, told by cheap tests: where in it the fault begins, so that what stands before
may be kept. How often each test is right is printed by `python -m benchmarks.rows`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bot.writing.asterisks import odd_line_at
from bot.writing.cleaning import sentences
from bot.writing.continuation.loops import loop_at
from bot.writing.text_form import CUE, LABEL, TextForm, first_person_at, narrated

FaultKind = Literal["loop", "name", "person", "comment", "stray", "form"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
"""All kinds of faults."""

LONGEST_VERSE = 90
"""A line of more characters is none of verse."""

_CAPITAL = re.compile(r"(?<![\w*])[A-Z][a-z'’]+\b")
"""A word with a capital, which may be a name."""
_OPENER = re.compile(r"(?:(?:^|[.!?…:\n]|[.!?…][\"”'’*)]+)\s*[\"“‘'*(—-]*|(?:^|[\s—-])[\"“‘'*(]+)$")
"""What stands before a word that has its capital from its place."""
_NO_NAMES = frozenset(
    [
        "i",
        "i'm",
        "i'd",
        "i'll",
        "i've",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "christmas",
        "god",
        "lord",
        "sir",
        "madam",
        "mr",
        "mrs",
        "miss",
        "ms",
        "dr",
        "english",
        "french",
        "oh",
        "okay",
        "ok",
        "mom",
        "dad",
        "mum",
        "mother",
        "father",
        "sister",
        "brother",
        "grandma",
        "grandpa",
        "captain",
        "doctor",
        "professor",
        "earth",
    ]
)
"""Words with a capital that are no invented names, case-folded."""
_ABOUT = re.compile(
    r"""\b(?:(?:the|this|our|your|a|first|next|last|previous)\ (?:story|stories|chapters?|tale|poem|scene|novel|plot
        |characters?|excerpt|passage|narrative|paragraph|writer|reader|audience|film|movie)|chapter\ \w+
        |this\ is\ (?:the\ \w+\ of\ )?an?\ (?:\w+\ ){0,2}(?:conversation|dialogue|story|tale|poem|joke)
        |the\ (?:conversation|dialogue)\ (?:is|was|between|continues|ends)
        |the\ end(?=\s*(?:[.!\n]|$))|(?:great|good|perfect)\ example|artificial\ intelligence|language\ model
        |fanfic\w*|prompt|author|blog|podcast|article|website|video|comments?\ section)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Talk about the story, its author or its readers, from outside of it."""
_STRAY = re.compile(
    r"""\d{4,} | \d[/-]\d | \b[A-Z]{4,}\b | ^[IVX]{1,4}\.?$ | \s[.,;!?](?=\s|$) | [.,;!?][,;] | (?<!\.)\.\.(?!\.)
        | [_~^|{}<>\[\]\\=+#@%] | \(\s*\) | (?:^|\s)"[ \t]?" | “\s?” | [ \t]["”]\s | \]\s*\[
        | \((?i:laugh(?:s|ing|ter)|sighs|smiles|pauses?|beat|applause|music|by\s[^()\n]{1,40})\)""",
    re.VERBOSE | re.MULTILINE,
)
"""Numbers, marks, words in capitals and stage directions that have no place in a story."""
_ALIEN = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f]")
"""A letter that is not Latin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault and where the sentence, or the line, begins that has it."""

    kind: FaultKind
    at: int


def faults(text: str, before: str, form: TextForm) -> tuple[Fault, ...]:
    """Return the first fault of each kind in `text`, which goes on from `before`, a text of this form."""
    places: dict[FaultKind, int] = {
        "loop": loop_at(text, before, form),
        "name": _name_at(text, before),
        "person": _person_at(text, form),
        "comment": _new_at(_ABOUT, text, before),
        "stray": _stray_at(text, before, form),
        "form": _form_at(text, form),
    }
    starts = [0, *(start for start, _ in sentences(text, form))]
    return tuple(
        Fault(kind=kind, at=max(start for start in starts if start <= at)) for kind, at in places.items() if at >= 0
    )


def _name_at(text: str, before: str) -> int:
    """Where a name stands that `before` does not have."""
    known = {word.casefold() for word in re.findall(r"[^\W\d_]+", before)} | _NO_NAMES
    for match in _CAPITAL.finditer(text):
        word = re.sub(r"['’]s$", "", match[0]).casefold()
        if word not in known and not _OPENER.search(text, max(0, match.start() - 8), match.start()):
            return match.start()
    return -1


def _person_at(text: str, form: TextForm) -> int:
    """Where a text that tells of others says "I"."""
    return first_person_at(narrated(text)) if form.first_person is False else -1


def _new_at(pattern: re.Pattern[str], text: str, before: str) -> int:
    """Where something stands that `pattern` finds and `before` does not have."""
    known = before.casefold()
    return next((match.start() for match in pattern.finditer(text) if match[0].casefold() not in known), -1)


def _stray_at(text: str, before: str, form: TextForm) -> int:
    """Where a mark, a number or a letter stands that has no place in a story like `before`."""
    if form.cues:
        text = CUE.sub(lambda cue: " " * len(cue[0]), text)
    places = [_new_at(_STRAY, text, before), odd_line_at(text, before) if form.starred else -1]
    if not _ALIEN.search(before):
        places.append(_new_at(_ALIEN, text, before))
    return min((at for at in places if at >= 0), default=-1)


def _form_at(text: str, form: TextForm) -> int:
    """Where a speaker is named who has not spoken, speaks twice running, or stands in a text without speakers; where
    verse turns into prose; and the beginning of what should have asterisks and has none."""
    last = ""
    for at, speaker in _speakers(text, form):
        if speaker not in form.speakers or (speaker == last and not form.monologues):
            return at
        last = speaker
    if form.labelled:
        return _unsaid_at(text)
    if form.lined and not form.spoken:
        return _prose_at(text)
    return 0 if form.starred and "*" not in text else -1


def _speakers(text: str, form: TextForm) -> Iterator[tuple[int, str]]:
    """Where speakers are named in `text`, and who."""
    found = [(match.start(), match[1].casefold()) for match in LABEL.finditer(text)]
    found += [(match.start(), match[1].casefold()) for match in CUE.finditer(text) if form.cues or len(match[1]) > 3]
    yield from sorted(found)


def _unsaid_at(text: str) -> int:
    """Where a line, behind the first, has no speaker's label."""
    said = {match.start() for match in LABEL.finditer(text)}
    starts = [match.end() for match in re.finditer(r"\n", text)]
    return next((at for at in starts if text[at : at + 1].strip() and at not in said), -1)


def _prose_at(text: str) -> int:
    """Where a line is longer than one of verse."""
    at = 0
    for line in text.split("\n"):
        if len(line) > LONGEST_VERSE:
            return at
        at += len(line) + 1
    return -1


def kinds(found: Sequence[Fault]) -> frozenset[FaultKind]:
    """Return the kinds of these faults."""
    return frozenset(fault.kind for fault in found)
