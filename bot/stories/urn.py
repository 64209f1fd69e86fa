"""Rounds and ballots: what people do with them. It owns the transactions over rounds."""

from __future__ import annotations

from collections.abc import Callable

from bot.inference.queue import Inference
from bot.writing.demeaning import DemeaningWords
from storage.database import Database


class Urn:
    """The rounds of all stories. `now` gives UTC milliseconds."""

    def __init__(self, database: Database, inference: Inference, words: DemeaningWords, now: Callable[[], int]) -> None:
        self._database = database
        self._inference = inference
        self._words = words
        self._now = now
