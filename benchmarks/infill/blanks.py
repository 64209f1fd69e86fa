"""Blanks to be measured on: words, or whole sentences, cut out of the dev stories."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import split_words

LEFT, RIGHT = 1000, 500
"""Characters around a blank."""
SENTENCE_WORDS = range(4, 26)
"""The words that a sentence may have to be cut out."""
Half = Literal["all", "a", "b"]
_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]+(?:['’][a-z]+)?(?![\w'’-])")
"""A whole English word that is no part of a compound; it may have an apostrophe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Words cut out of a story, with the text around them."""

    left: str
    fill: str
    right: str


def cut_out(stories: Sequence[str], words: int, count: int, seed: int) -> list[Missing]:
    """Cut `count` runs of `words` words out of the stories, one story after another, at places drawn from `seed`."""
    draw = random.Random(seed * 1000 + words)
    found: list[Missing] = []
    while len(found) < count:
        text = stories[len(found) % len(stories)]
        matches = list(_WORD.finditer(text))
        at = draw.randrange(len(matches) - words)
        start, end = matches[at].start(), matches[at + words - 1].end()
        fill = text[start:end]
        if start < 300 or len(text) - end < 200 or "\n" in fill or len(split_words(fill)) != words:
            continue
        found.append(_missing(text, start, end))
    return found


def cut_sentences(stories: Sequence[str], count: int, seed: int) -> list[Missing]:
    """Cut `count` sentences out of the stories, likewise, each within its paragraph."""
    draw = random.Random(seed * 1000)
    found: list[Missing] = []
    while len(found) < count:
        text = stories[len(found) % len(stories)]
        at = draw.randrange(300, len(text) - 900)
        near = text[at : at + 700]
        ends = sentence_ends(near)
        if len(ends) < 2:
            continue
        start, end = at + ends[0], at + ends[1]
        fill = text[start:end].strip()
        if "\n\n" in text[start - 1 : end + 1] or len(split_words(fill)) not in SENTENCE_WORDS:
            continue
        start += len(text[start:end]) - len(text[start:end].lstrip())
        found.append(_missing(text, start, end))
    return found


def _missing(text: str, start: int, end: int) -> Missing:
    left = text[max(0, start - LEFT) : start]
    right = text[end : end + RIGHT].rpartition(" ")[0]
    return Missing(left=left[left.find(" ") + 1 :], fill=text[start:end], right=right)


def read_stories(half: Half) -> list[str]:
    """The dev stories: all, or every other one (`a` is what weights are fitted on, `b` what they are reported on)."""
    stories = _read("stories-dev.jsonl.gz")
    return {"all": stories, "a": stories[0::2], "b": stories[1::2]}[half]


def read_all() -> list[str]:
    """All stories, those of training too."""
    return read_stories("all") + _read("stories-train.jsonl.gz")


def _read(name: str) -> list[str]:
    folder = os.environ.get("STORY_CORPUS")
    if not folder:
        sys.exit("Set STORY_CORPUS to the folder with stories-dev.jsonl.gz.")
    with gzip.open(Path(folder) / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]
