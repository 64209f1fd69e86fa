"""Asks the models for what games wait for, in the background: whoever waits in front of a card comes first.

What is open stands in the database: after a restart it is asked again, and an answer that nobody waits for any more
changes nothing. A game goes on without an answer when its time is over, or at once where there can be none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.errors import Cancelled, InferenceError, PersonError, StorageError
from bot.games.queries import OpenRequest
from bot.games.service import GameService
from bot.inference.jobs import Job, Owner, ResultT
from bot.inference.queue import Inference
from bot.rules.games.chance import draw
from bot.rules.games.table import ASK_MS
from bot.rules.gap_words import Gap
from bot.rules.servers import LENGTH_RANGE, ServerSettings, tokens_of
from bot.stories.server_settings import ServerSettingsService
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest
from bot.writing.gaps.job import GapJob
from bot.writing.server_words import ServerWords

_log = logging.getLogger(__name__)

Changed = Callable[[], Awaitable[None]]
"""What is called when an answer changed a game: there is something to show, and something else comes due."""
_AGAIN_S = 5.0
"""How long it waits where the database cannot be read."""
NOBODY = 0
"""In the place of a person: a game asks."""

Answer = tuple[tuple[str, ...], tuple[Gap, ...]]
"""What the models made of a request: texts, or gaps."""
NOTHING: Answer = (), ()
"""No answer."""


class GameRequests:
    """One for each program. `run` is a long-lived task."""

    def __init__(
        self, games: GameService, settings: ServerSettingsService, inference: Inference, words: Blocklist
    ) -> None:
        self._games = games
        self._settings = settings
        self._inference = inference
        self._words = words
        self._asked: dict[tuple[int, str], asyncio.Task[None]] = {}

    async def run(self, changed: Changed) -> None:
        """Ask for whatever is open until cancelled; what is under way then is asked again by the next run."""
        self._asked.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._games.asked.clear()
                try:
                    found = await self._games.list_open()
                except StorageError as error:
                    _log.error("what games ask the models waits for %d seconds: %s", _AGAIN_S, error)
                    await asyncio.sleep(_AGAIN_S)
                    continue
                self._update(found, tasks, changed)
                await self._games.asked.wait()

    def _update(self, found: list[OpenRequest], tasks: asyncio.TaskGroup, changed: Changed) -> None:
        """Begin what is open and was not asked yet, and end what is open no longer."""
        open_ = {(each.game_id, each.request.key): each for each in found}
        for key in self._asked.keys() - open_.keys():
            self._asked.pop(key).cancel()
        for key in open_.keys() - self._asked.keys():
            self._asked[key] = tasks.create_task(self._ask(open_[key], changed), name=f"game-{key[0]}")

    async def _ask(self, asked: OpenRequest, changed: Changed) -> None:
        """Get an answer, or none, and hand it to the game."""
        try:
            texts, gaps = await self._answer(asked)
        except Cancelled:
            self._asked.pop((asked.game_id, asked.request.key), None)
            return  # the program ends: the next run asks again
        try:
            if await self._games.made(asked.game_id, asked.request.key, texts, gaps):
                await changed()
        except Exception as error:  # one game's failure is not the others'
            _log.exception("an answer did not reach game %d, which goes on without it: %r", asked.game_id, error)

    async def _answer(self, asked: OpenRequest) -> Answer:
        """Return what the models make of a request, as far as it may be shown; nothing where they cannot."""
        settings = await self._settings.get(asked.server_id)
        try:
            async with asyncio.timeout(ASK_MS / 1000):
                if asked.request.kind == "gaps":
                    return (), await self._gaps(asked, settings)
                return await self._continued(asked, settings), ()
        except TimeoutError:
            _log.info("the models took too long for game %d", asked.game_id)
        except (PersonError, InferenceError) as error:
            if isinstance(error, Cancelled):
                raise
            _log.info("the models have nothing for game %d: %r", asked.game_id, error)
        return NOTHING

    async def _continued(self, asked: OpenRequest, settings: ServerSettings) -> tuple[str, ...]:
        if "continue" in settings.switched_off:
            return ()
        request = asked.request
        length = min(max(tokens_of(request.words), LENGTH_RANGE[0]), LENGTH_RANGE[-1])
        job = ContinueJob(
            ContinueRequest(text=request.text, count=request.count, length=length),
            self._words,
            draw(asked.seed, 0, f"ask:{request.key}") >> 32,
            _owner(asked),
        )
        listed = ServerWords(settings.words)
        return tuple(text for each in await self._done(job) if listed.allows(text := each.text.strip()))

    async def _gaps(self, asked: OpenRequest, settings: ServerSettings) -> tuple[Gap, ...]:
        if "infill" in settings.switched_off:
            return ()
        listed = ServerWords(settings.words)
        job = GapJob(
            asked.request.text,
            asked.request.count,
            lambda word: self._words.allows(word) and listed.allows(word),
            _owner(asked),
        )
        return await self._done(job)

    async def _done(self, job: Job[ResultT]) -> ResultT:
        """Have a job done, unless whoever waits for it is cancelled."""
        ticket = self._inference.submit(job, background=True)
        try:
            return await ticket
        finally:
            ticket.cancel()


def _owner(asked: OpenRequest) -> Owner:
    return Owner(server_id=asked.server_id, person_id=NOBODY)
