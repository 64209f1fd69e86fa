"""The form of a text: its lines, its speakers, its asterisks and its person. What goes on from it keeps to
them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

READ_CHARS = 4000
"""The form is taken from so many of the last characters."""
SHORT_LINE = 60
"""Lines are those of verse, a chat or a script where half of them are shorter (characters)."""
LEAST_NARRATION = 6
"""Words outside of quotes from which a text has a person."""

LABEL = re.compile(
    r"^[ \t]*(?:\[[^\]\n]{1,16}\][ \t]*)?([^\W\d_][^\W_'’.-]*(?:[ .'’-]{1,2}[^\W_'’.-]+){0,3}):(?=[ \t\n]|$)", re.M
)
"""A speaker at the start of a line: `sam:`, `[21:04] kestrel:`, `DETECTIVE ROSS:`."""
CUE = re.compile(r"^[ \t]*([A-Z][A-Z\d.'’-]*(?: [A-Z\d.'’-]+){0,3})(?: \([^()\n]{1,20}\))?[ \t]*$", re.M)
"""A speaker of a script: capitals on a line of their own."""
_SAID = re.compile(rf"{CUE.pattern}\n[ \t]*\S", re.M)
"""A speaker of a script with what is said on the next line."""
STARRED = re.compile(r"(?<![\w*])\*(?=[^\s*])[^*\n]+(?<=[^\s*])\*(?![\w*])")
"""What is done, between asterisks."""
_QUOTED = re.compile(r"\"[^\"\n]*\"?|“[^”\n]*”?")
"""A quotation, up to the end of its line where it is not closed."""
_FIRST = re.compile(r"\b(?:I(?:['’](?:m|d|ll|ve))?|(?i:my|me|myself|mine|we|our|us|ourselves))\b(?!\.\w)")
"""A pronoun of the first person ("I", "I'm", "my", "we"), but not the I of "I.e."."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How a text is written. `lined`: its lines end where no sentence does, as in verse, a chat or a script.
    `speakers`: who has a label at the start of a line, case folded; `cues`: they stand in capitals on lines of their
    own; `labelled`: each line has one; `monologues`: somebody speaks twice running. `starred`: actions stand between
    asterisks. `first_person`: somebody says "I" outside of quotes, None where too little stands there."""

    lined: bool = False
    speakers: frozenset[str] = frozenset()
    cues: bool = False
    labelled: bool = False
    monologues: bool = False
    starred: bool = False
    first_person: bool | None = None

    @property
    def spoken(self) -> bool:
        """Whether all of it is said by somebody named, so that it has no person of its own."""
        return bool(self.speakers) or self.cues


PROSE = TextForm()
"""The form of plain prose."""


def text_form_of(text: str) -> TextForm:
    """Return the form of a text."""
    text = text[-READ_CHARS:]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    labels = [match[1].casefold() for match in LABEL.finditer(text)]
    # A line that only says who speaks next is one, too: the text of a chat often ends so.
    speakers = frozenset(labels) if len(labels) >= 2 and 2 * len(labels) >= len(lines) else frozenset[str]()
    cues = _cues(text, lines)
    narration = narrated(text)
    told = len(narration.split()) >= LEAST_NARRATION and not speakers and not cues
    return TextForm(
        lined=bool(speakers) or cues or _is_lined(text, lines),
        speakers=speakers or (frozenset(cue.casefold() for cue in CUE.findall(text)) if cues else frozenset[str]()),
        cues=cues,
        labelled=len(speakers) > 0 and len(labels) == len(lines),
        monologues=any(one == other for one, other in pairwise(labels or CUE.findall(text))),
        starred=STARRED.search(text) is not None,
        first_person=_FIRST.search(narration) is not None if told else None,
    )


def _cues(text: str, lines: Sequence[str]) -> bool:
    """Tell whether speakers stand on lines of their own: two such lines, one of them before something that is said."""
    return len(lines) >= 3 and len(CUE.findall(text)) >= 2 and _SAID.search(text) is not None


def _is_lined(text: str, lines: Sequence[str]) -> bool:
    """Tell whether lines break without a blank one between them, and are short: verse, a list of wishes, a chat."""
    breaks = len(re.findall(r"\S[ \t]*\n[ \t]*\S", text))
    return breaks >= 2 and median(map(len, lines)) < SHORT_LINE


def narrated(text: str) -> str:
    """Return `text` with what stands in quotes made blank, as long as before."""
    return _QUOTED.sub(lambda said: " " * len(said[0]), text)


def first_person_at(narration: str) -> int:
    """Return where somebody says "I" first, or -1."""
    return match.start() if (match := _FIRST.search(narration)) is not None else -1
