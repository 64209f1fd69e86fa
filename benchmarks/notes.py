"""How an author's note acts: where it stands and how it is worded, against no note at all.

Each note is put into each of its texts in each way, and the story model writes on, a few rows of the four moods. A row
obeys where it has one of the words that the note is after (or, of a note that forbids something, has none); it leaks
where it has a bracket, speaks of a note or an author, or repeats three words of the note in a row. What counts is how
often rows obey beyond those without a note.

    python -m benchmarks.notes [--causal M] [--rows 3] [--length 40] [--ways none A1 …] [--show] [--json]

A way is a wording and how many sentences of the text stand behind the note ("A1"), or "A0" for the very end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.inference.protocol import Continuation, GenerateRequest, Piece, Row
from bot.rules.moods import MOOD_NAMES, MOODS
from bot.settings import load_settings
from bot.worker.causal.engine_choice import open_causal
from bot.worker.causal.protocol import CausalEngine
from bot.worker.weights.resolving import resolve
from bot.writing.continuation.notes import parted

WORDINGS = {
    "A": "[Author's note: {note}]",
    "B": "[{note}]",
    "C": "(What happens next: {note})",
    "D": "[Author's note: In the next lines: {note}]",
    "E": "Note to the writer: {note}",
}
"""The wordings of a note, by the letter of a way."""
AT_ONCE = 16
"""Prompts that are written behind at the same time."""
WAYS = ("none", "A1", "A2", "A4", "A99", "C1", "D1")
"""The ways that are tried: a wording, and the sentences behind the note (99: all of them, 0: a note at the end)."""
TEXTS = (
    "The lighthouse keeper had not spoken for a year. On the first day of the storm he climbed the stairs with his "
    "lamp. The sea was grey below him. He set the lamp in the window and sat down on the old chair to wait.",
    "Marta followed the corridor to the last door. Behind it her brother was waiting with the suitcase. They had an "
    "hour until the train left. She put her hand on the handle and listened.",
    "I met Jonas on the first day at the new school. He wore two different shoes and did not seem to mind. At lunch "
    "he sat down beside me without a word. I looked at him and he looked at my sandwich.",
    "Captain Ilse Brandt woke three hours before the alarm. The ship was silent. Outside the window hung the red "
    "planet that they had travelled nine years to see. She floated to the bridge and switched on the radio.",
)
"""The texts that the notes are put into."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A note, the words of which a row that obeys has one, or, where it forbids, none."""

    note: str
    words: str
    forbids: bool = False

    def obeyed(self, text: str) -> bool:
        return (re.search(self.words, text, re.IGNORECASE) is None) == self.forbids


WISHES = (
    Wish("It begins to snow.", r"\bsnow|\bflakes?\b"),
    Wish("A dog appears.", r"\bdogs?\b|\bpupp|\bhound|\bbark"),
    Wish("make it funny", r"\blaugh|\bjok(?:e|ing)|\bgrin|\bgiggl|\bfunn|\bchuckl|\bsilly|\bridicul"),
    Wish("make it scary", r"\bscream|\bterr[oi]|\bblood|\bafraid|\bscared?\b|\bscary|\bghost|\bfear|\bhorr|\bshadow"),
    Wish("more dialogue", r"[\"“]"),
    Wish("A letter arrives.", r"\bletters?\b|\benvelope|\bmail"),
    Wish("The light goes out.", r"\bdark|\bblack|went out|goes out|flicker"),
    Wish("There must be no sea and no water.", r"\bsea\b|\bwater|\bocean|\bwaves?\b", forbids=True),
)
"""The notes that are tried."""
LEAK = re.compile(r"[\[\]]|\bnote\b|\bauthor|what happens next", re.IGNORECASE)
"""Words and brackets of a note's wording, which a row should not have."""


def leaks(text: str, note: str) -> bool:
    """Tell whether a row speaks of the note instead of following it."""
    words = re.findall(r"\w+", note.lower())
    said = " ".join(re.findall(r"\w+", text.lower()))
    runs = [" ".join(words[at : at + 3]) for at in range(len(words) - 2)] if len(words) > 3 else []
    return LEAK.search(text) is not None or any(run in said for run in runs)


def placed(text: str, note: str, way: str) -> str:
    """The text with a note in it."""
    if way == "none":
        return f"CHAPTER I\n\n{text}"
    line = WORDINGS[way[0]].format(note=note)
    if way[1:] == "0":
        return f"CHAPTER I\n\n{text}\n\n{line}\n\n"
    before, after = parted(text, int(way[1:]))
    return f"CHAPTER I\n\n{before.rstrip()}\n\n{line}\n\n{after}" if before else f"CHAPTER I\n\n{line}\n\n{after}"


def write(engine: CausalEngine, prompts: Sequence[str], rows: int, length: int) -> list[list[str]]:
    """Write rows behind each prompt, some prompts at a time; the same seeds for all of them."""
    found = [[""] * rows for _ in prompts]
    for first in range(0, len(prompts), AT_ONCE):
        for number in range(first, min(first + AT_ONCE, len(prompts))):
            moods = [MOOD_NAMES[(number + k) % len(MOOD_NAMES)] for k in range(rows)]
            asked = tuple(Row(seed=seed, mood=mood, sampling=MOODS[mood]) for seed, mood in enumerate(moods))
            pieces = (Piece(text=prompts[number], label="text", cut=True),)
            engine.add(GenerateRequest(request_id=str(number), pieces=pieces, rows=asked, max_new_tokens=length))
        while engine.rows_running:
            for update in engine.step(None):
                if isinstance(update.event, Continuation):
                    found[int(update.request_id)][update.event.row] = update.event.text
    return found


def measure(engine: CausalEngine, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """One row of the table for each way."""
    table = []
    cases = [(text, wish) for at, wish in enumerate(WISHES) for text in (TEXTS[at % 4], TEXTS[(at + 1) % 4])]
    for way in arguments.ways:
        began = time.perf_counter()
        prompts = [placed(text, wish.note, way) for text, wish in cases]
        obeyed = leaked = total = 0
        for (_, wish), texts in zip(cases, write(engine, prompts, arguments.rows, arguments.length), strict=True):
            for text in texts:
                total += 1
                leaked += leaks(text, wish.note)
                obeyed += wish.obeyed(text) and not leaks(text, wish.note)
                if arguments.show:
                    print(f"{way} {wish.note!r}: {text!r}", file=sys.stderr)
        seconds = round(time.perf_counter() - began, 1)
        table.append({"way": way, "rows": total, "obey": obeyed, "leak": leaked, "seconds": seconds})
        print(table[-1], file=sys.stderr, flush=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--causal", help="CAUSAL_MODEL, if another than the settings name")
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--length", type=int, default=40)
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    parser.add_argument("--show", action="store_true", help="print the rows to standard error")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    engine = open_engine(arguments.causal)
    table = measure(engine, arguments)
    if arguments.json:
        print(json.dumps({"model": engine.info.name, "ways": table}))
        return
    print(f"{engine.info.name}: {len(WISHES)} notes, two texts each")
    for row in table:
        print("  {way:6} obeyed {obey:3} of {rows}, leaked {leak:3}, {seconds} s".format_map(row))


def open_engine(causal: str | None) -> CausalEngine:
    """Open the story model that is named, or else that of the settings."""
    settings = load_settings({**os.environ, **({"CAUSAL_MODEL": causal} if causal else {})})
    model = resolve(settings.causal_model, "causal", settings.data)
    return open_causal(
        model,
        engine=settings.engine,
        device=settings.device,
        dtype=settings.dtype,
        cache=settings.data / "cache",
        clock=time.monotonic,
    )


if __name__ == "__main__":
    main()
