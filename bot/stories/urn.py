"""Rounds and ballots: what people do with them. It owns the transactions over rounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.inference.queue import Inference
from bot.rules.ballots import Ballot
from bot.rules.generations import Suggestion
from bot.rules.rounds import Candidate, Round, RoundKind
from bot.writing.demeaning import DemeaningWords
from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who acts, and in which server, as Discord says it. `manages`: may manage the server."""

    server_id: int
    person_id: int
    manages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A person's own text on its way: the round that it stands in, and whether the round was opened for it."""

    round: Round
    candidate: Candidate
    opened: bool


class Urn:
    """The rounds of all stories. `now` gives UTC milliseconds.

    Whoever acts is authorised again in each transaction; a round of another server is as good as none. Everybody's
    methods raise `Gone` (`round_gone`) for such, and `Gone` (`round_over`) for one that is over.
    """

    def __init__(self, database: Database, inference: Inference, words: DemeaningWords, now: Callable[[], int]) -> None:
        self._database = database
        self._inference = inference
        self._words = words
        self._now = now

    # ---- opening

    async def open_round(self, caller: Caller, story_id: int, kind: RoundKind = "continue") -> Round:
        """Begin a round that models write for: it is `writing` until `fill` or `give_up`."""
        raise NotImplementedError

    async def fill(self, round_id: int, suggestions: Sequence[Suggestion]) -> Round | None:
        """Open a round that was being written, with the models' suggestions; None where it is over by now."""
        raise NotImplementedError

    async def give_up(self, round_id: int) -> Round | None:
        """End the writing without suggestions: with people's texts the round opens, without it is cancelled."""
        raise NotImplementedError

    async def propose(
        self, caller: Caller, story_id: int, text: str, *, pen_name: str | None = None, round_id: int | None = None
    ) -> Proposed:
        """Put a person's own text among the candidates of the story's round; opens one where none is open.

        With a `round_id` only into that one.
        """
        raise NotImplementedError

    # ---- voting

    async def vote(
        self, caller: Caller, round_id: int, *, liked: Collection[int] | None = None, favourite: int | None = None
    ) -> Ballot:
        """Change somebody's ballot and return it as it is now; what is None stays."""
        raise NotImplementedError

    # ---- closing

    async def close(self, caller: Caller | None, round_id: int) -> Round:
        """Decide a round: early by one who leads the story, or at its deadline (None)."""
        raise NotImplementedError

    async def due(self) -> list[int]:
        """Return the ids of the open rounds whose deadline has come."""
        raise NotImplementedError
