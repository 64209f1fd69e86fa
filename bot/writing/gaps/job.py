"""Gaps as a job of the queue: one passage, and the words of it that others can guess at."""

from __future__ import annotations

from collections.abc import Callable

from bot.inference.jobs import Owner, Report
from bot.inference.protocol import Engine
from bot.rules.gap_words import Gap
from bot.writing.gaps.search import GapSearch
from bot.writing.languages import FILLING, check_language, is_foreign
from bot.writing.row_counts import health_of

TOKENS = 200
"""About as long as the search takes, in tokens of a continuation."""


class GapJob:
    """Finds at most `wanted` gaps in `text`, with hints that `allows` lets pass. Raises `BadInput` as `check_language`
    and what the engine raises."""

    rows, tokens = 1, TOKENS

    def __init__(self, text: str, wanted: int, allows: Callable[[str], bool], owner: Owner) -> None:
        self.owner = owner
        self._text = text
        self._wanted = wanted
        self._allows = allows

    async def run(self, engine: Engine, report: Report) -> tuple[Gap, ...]:
        """Return the gaps, in the order of their places."""
        if is_foreign(self._text):
            check_language(self._text, FILLING, (await health_of(engine)).models)
        report("", 0, 1)
        gaps = await GapSearch(engine, self._text, self._allows).gaps(self._wanted)
        report("", 1, 1)
        return gaps
