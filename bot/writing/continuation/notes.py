"""An author's note: what a writer wants of what comes next ("make it funny"), told to the models within the text, close
to its end, as SillyTavern and KoboldCpp do. Memory and lore stand there, too (`bot.stories.context`)."""

from __future__ import annotations

import re

from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import has_han

NEAR_SENTENCES = 3
"""Behind memory and lore stand so many sentences of the text. Of 20 rows of the large model behind ten stories 13 named
what an entry is about there, two where it stood before the whole text; of 60 of the bundled one nine and none
(`benchmarks.lore`)."""
NOTE_SENTENCES = 4
"""Behind a note, likewise. Where one sentence stands behind it, a note acts a little more, but the models write notes
of their own in a fourth of the rows; behind four in one of 80 (`benchmarks.notes`)."""
NOTE_WEIGHT = 1.0
"""How much it counts for a row that its vector is near a note's, 0..1. Of rows of the bundled model 21% did as eight
notes wanted, of the quarter nearest to each note 38%; of the large one's 18 and 41% (`benchmarks.notes`)."""
_FORBIDS = re.compile(
    r"\b(?:no|not|never|none|nobody|without|avoid|stop|don['’]?t|\w+n['’]t)\b|[不别没无勿莫]", re.IGNORECASE
)
"""A word by which a note says what is not wanted, in English or Chinese."""
_BEGINS = ("[Author's note", "【作者注")
"""How a note begins in the prompt, in English and in Chinese."""
_WORDED, _WORDED_HAN = "[Author's note: {note}]", "【作者注：{note}】"
"""How a note stands in the prompt, in English and in Chinese."""


def worded(note: str) -> str:
    """Return a note as the models read it, in the language in which it is written."""
    return (_WORDED_HAN if has_han(note) else _WORDED).format(note=note)


def note_weight(note: str) -> float:
    """Return what nearness to a note counts for a row: nothing without a note, against the row where a note forbids."""
    if not note:
        return 0.0
    return -NOTE_WEIGHT if _FORBIDS.search(note) else NOTE_WEIGHT


def stops_of(text: str) -> tuple[str, ...]:
    """Return what ends a row that is written behind a note: the bracket of another note, or, where `text` has brackets
    of its own, how one begins."""
    return tuple(begins[0] if begins[0] not in text else begins for begins in _BEGINS)


def parted(text: str, sentences: int) -> tuple[str, str]:
    """Return `text` in two parts, of which the second holds its last `sentences` sentences, the unfinished one at the
    end counted as one; the first is empty where there are no more than that."""
    ends = [end for end in sentence_ends(text) if text[end:].strip()]
    if len(ends) < sentences:
        return "", text
    at = ends[-sentences]
    at += len(text[at:]) - len(text[at:].lstrip())
    return text[:at], text[at:]
