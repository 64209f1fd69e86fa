"""Telling whoever shows games that one of them changed by itself: an answer of the models came.

The models are asked outside of any bot, whose connection ends and begins; so a bot says when it listens.
"""

from __future__ import annotations

from collections.abc import Callable

Told = Callable[[], None]
"""What is called: there may be something to show, and something else comes due."""


class GameChanges:
    """One for each program."""

    def __init__(self) -> None:
        self._listeners: list[Told] = []

    def listen(self, told: Told) -> None:
        """Call that at every change from now on."""
        self._listeners.append(told)

    def leave(self, told: Told) -> None:
        """Call it no longer."""
        self._listeners.remove(told)

    async def tell(self) -> None:
        """Call everybody who listens."""
        for told in list(self._listeners):
            told()
