"""What people do in games, and what time does: one transaction a step."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.errors import PersonError, StorageError
from bot.games.access import find_game, require_lead, require_seat
from bot.games.departing import leave_all
from bot.games.drafts import checked, keep_refused, text_of
from bot.games.moderating import decide, report, withdraw
from bot.games.passages import ANY_PASSAGE, KINDS, Given, put_passage
from bot.games.queries import GameQueries, seen_by
from bot.games.seats import joined, pen_name_of, require_room, require_seat_left, seated
from bot.games.stepping import Played, begin, load, take_step
from bot.games.views import GameView
from bot.rules.games import steps
from bot.rules.games.agreeing import usual_settings
from bot.rules.games.play import play
from bot.rules.games.registry import game_of
from bot.rules.games.table import Pace, Table, Terms
from bot.rules.gap_words import Gap
from bot.rules.text.characters import is_blank
from bot.stories.access import Who
from storage.database import Database
from storage.games import due_of
from storage.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)

STUCK_MS = 3_600_000
"""How long a game waits that a tick does not get on (ms)."""
MOST_ENDINGS = 2
"""A game that is ended reads out what it made; once more, and it is over."""

Leading = (
    steps.Agreed
    | steps.Started
    | steps.Removed
    | steps.Paused
    | steps.Resumed
    | steps.Skipped
    | steps.Ended
    | steps.Hid
    | steps.Chose
)
"""What only those do who lead a game."""


def _random_seed() -> str:
    return secrets.token_hex(16)


class GameService(GameQueries):
    """All games. `asked` is set when something changed of what the models are asked for."""

    def __init__(self, database: Database, seed: Callable[[], str] = _random_seed) -> None:
        super().__init__(database)
        self._seed = seed
        self.asked = asyncio.Event()

    # ---- sitting down and leaving

    async def create(
        self,
        who: Who,
        kind: str,
        pace: Pace,
        channel_id: int,
        *,
        name: str,
        language: str = "en",
        given: Given = ANY_PASSAGE,
    ) -> GameView:
        """Open the lobby of a game in a channel; whoever does is its host, as `name` where they have no pen name. Its
        cards are in `language`. `given` tells the passage that it is about, where a game of that kind is about one.

        Raises `BadInput` (`game_unknown`); `NotHere`: `games_full_server`, `games_full_channel`, `games_full_person`
        (limit); and as `passage_of`.
        """
        game = game_of(kind)
        async with self._database.transaction() as tx:
            await require_room(tx, who, channel_id)
            await require_seat_left(tx, who)
            seed = self._seed()
            quiet = (await tx.servers.get(who.server_id)).quiet
            table: Table[Any] = Table(
                id=0,
                kind=kind,
                version=game.version,
                state="lobby",
                phase="",
                move=0,
                host=None,
                seats=(),
                terms=Terms(pace=pace, quiet=quiet, language=language),
                settings=usual_settings(game, pace),
                seed=seed,
                created_ms=tx.now_ms,
            )
            first = steps.Joined(pen_name=await pen_name_of(tx, who, None, name, ()))
            step = play(game, table, first, (), tx.now_ms)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            stored = await tx.games.add(
                step.table,
                server_id=who.server_id,
                channel_id=channel_id,
                people={seat.number: who.person_id for seat in step.table.seats},
                now_ms=tx.now_ms,
            )
            if kind in KINDS:
                await put_passage(tx, who, stored, given)
            played = await begin(tx, stored, step.effects)
            return await seen_by(tx, played.stored, who)

    async def join(self, who: Who, game_id: int, pen_name: str | None = None, *, name: str) -> GameView:
        """Sit down to play, under a pen name that is given, or else that of the profile, or else `name`; whoever sits
        there already stays, and is there again where they rested; before the start a name that is given becomes theirs.

        Whoever left has their old seat again. Raises as `bot.games.seats.joined`.
        """
        async with self._step(who) as step:
            await step.load(game_id)
            step.played = await joined(step.tx, step.played, who, pen_name, name)
            return await step.view()

    async def leave(self, who: Who, game_id: int) -> GameView:
        """Leave a game: what they wrote and chose stays. Out of the lobby they leave without a trace. Raises `NotHere`
        (`game_not_in`)."""
        return await self.act(who, game_id, steps.Left)

    # ---- acting

    async def act(self, who: Who, game_id: int, make: Callable[[int], steps.Event], *, name: str = "") -> GameView:
        """Let somebody do something: `make` gets their seat and returns the event. Whoever chooses without a seat gets
        a reader's, under `name`, and whoever writes where everybody may a player's.

        Raises `NotHere` (`game_not_in`), `BadInput` (`text_empty`, `word_not_here`), and as the rules. A text that is
        refused is kept for its writer as a draft (`GameView.draft`).
        """
        given = text_of(make(0))
        try:
            async with self._step(who) as step:
                await step.load(game_id)
                step.played = await seated(step.tx, step.played, who, make(0), name)
                seat = require_seat(step.played.stored, who)
                await step.take(await checked(step.tx, who, make(seat)))
                if given is not None:
                    await step.tx.game_records.forget_draft(game_id, who.person_id)
                return await step.view()
        except PersonError as error:
            if given is None or is_blank(given):
                raise
            async with self._database.transaction() as tx:
                stored = await keep_refused(tx, who, game_id, given, error)
                if stored is not None:
                    return await seen_by(tx, stored, who)
            raise

    async def lead(self, who: Who, game_id: int, event: Leading) -> GameView:
        """Let whoever leads a game do something, if need be with the host's seat. Raises `NotAllowed`
        (`game_hosts_only`), and as the rules."""
        async with self._step(who) as step:
            await step.load(game_id)
            require_lead(step.played.stored, who)
            if isinstance(event, steps.Hid):
                step.played = await decide(step.tx, step.played, event)
            else:
                await step.take(event)
            return await step.view()

    async def report(self, who: Who, game_id: int, slot: str) -> bool:
        """Report a text that somebody sees, and tell whether it is the first time that they do. Once three people have,
        it is held back until somebody who leads decides (`lead` with `Hid`). Raises `Gone` (`game_text_gone`)."""
        async with self._step(who) as step:
            await step.load(game_id)
            step.played, first = await report(step.tx, step.played, who, slot)
            return first

    async def withdraw(self, who: Who, game_id: int, slot: str) -> GameView:
        """Empty a text of one's own for good, in the archive, too. Raises `NotAllowed` (`not_your_text`)."""
        async with self._step(who) as step:
            await step.load(game_id)
            step.played = await withdraw(step.tx, step.played, who, slot)
            return await step.view()

    async def forget_draft(self, who: Who, game_id: int) -> None:
        """Keep somebody's draft no longer."""
        async with self._database.transaction() as tx:
            await tx.game_records.forget_draft(game_id, who.person_id)

    # ---- what happens by itself

    async def tick(self, game_id: int) -> bool:
        """Do what is due in a game, and tell whether anything changed. It may be that something is only to be asked of
        the models now. A game that cannot get on does not hold up the others: it is tried again after STUCK_MS."""
        try:
            return await self._ticked(game_id)
        except StorageError:
            raise
        except Exception as error:
            _log.exception("game %d does not get on: %r", game_id, error)
            async with self._database.transaction() as tx:
                await tx.games.postpone(game_id, tx.now_ms + STUCK_MS)
            return False

    async def _ticked(self, game_id: int) -> bool:
        async with self._step() as step:
            now_ms = step.tx.now_ms
            if not await step.reload(game_id):  # of a kind or version that this program does not know
                await step.tx.games.postpone(game_id, now_ms + STUCK_MS)
                return False
            changed = await step.take(steps.Tick())
            due_ms = due_of(step.played.stored.table, now_ms)
            if due_ms is not None and due_ms <= now_ms:
                _log.error("game %d is due, but does not get on", game_id)
                due_ms = now_ms + STUCK_MS
            await step.tx.games.postpone(game_id, due_ms)
            return changed

    async def postpone(self, game_id: int) -> None:
        """Let a game wait for STUCK_MS that cannot get on now."""
        async with self._database.transaction() as tx:
            await tx.games.postpone(game_id, tx.now_ms + STUCK_MS)

    async def made(self, game_id: int, key: str, texts: Sequence[str] = (), gaps: Sequence[Gap] = ()) -> bool:
        """Take what the models answered to a request, and tell whether it was waited for still."""
        made = steps.Made(key=key, texts=tuple(texts), gaps=tuple(gaps))
        async with self._step() as step:
            return await step.reload(game_id) and await step.take(made)

    async def person_left(self, game_id: int, seat: int) -> bool:
        """Let a seat leave whose person is no longer in the server, and tell whether it was still there."""
        async with self._step() as step:
            if not await step.reload(game_id):
                return False
            table = step.played.stored.table
            here = None if table.is_over else table.seat(seat)
            there = here is not None and here.presence in ("in", "resting")
            return there and await step.take(steps.Left(seat))

    async def forget_channel(self, channel_id: int) -> int:
        """End the games of a channel that was deleted, and return how many there were; what they made goes to the
        archive. Nothing of them is on show any more."""
        async with self._database.reading() as tx:
            found = await tx.games.list_ids_of_channel(channel_id)
        for game_id in found:
            async with self._step() as step:
                if await step.reload(game_id):
                    for _ in range(MOST_ENDINGS):
                        if step.played.stored.table.is_over:
                            break
                        await step.take(steps.Ended())
                await step.tx.posts.forget_channel(channel_id)
        return len(found)

    async def forget_person(self, tx: UnitOfWork, person_id: int) -> None:
        """Let somebody leave all games, within a transaction that deletes what is theirs."""
        await leave_all(tx, person_id)

    async def expire_drafts(self) -> int:
        """Delete the drafts that are past their time, and return how many there were."""
        async with self._database.transaction() as tx:
            return await tx.game_records.expire_drafts(tx.now_ms)

    @asynccontextmanager
    async def _step(self, who: Who | None = None) -> AsyncIterator[_Step]:
        """A transaction over one game. When it is committed, the models are asked for what is asked of them."""
        async with self._database.transaction() as tx:
            step = _Step(tx, who)
            yield step
        if step.asks:
            self.asked.set()


class _Step:
    """A transaction over one game. `who` acts, None where time does."""

    def __init__(self, tx: UnitOfWork, who: Who | None) -> None:
        self.tx = tx
        self.asks = False
        self.played: Played
        self._who = who

    async def load(self, game_id: int) -> None:
        """Load the game that somebody means. Raises `Gone` (`game_gone`)."""
        assert self._who is not None, "somebody acts"
        self._take(await load(self.tx, await find_game(self.tx, self._who, game_id)))

    async def reload(self, game_id: int) -> bool:
        """Load a game, and tell whether it is there."""
        stored = await self.tx.games.get(game_id)
        if stored is not None:
            self._take(await load(self.tx, stored))
        return stored is not None

    async def take(self, event: steps.Event) -> bool:
        """Let an event happen, and tell whether it changed anything."""
        before = self.played
        person_id = None
        if self._who is not None:
            person_id = self._who.person_id
            await self.tx.people.mark_seen(person_id, now_ms=self.tx.now_ms)
        self._take(await take_step(self.tx, before, event, person_id=person_id))
        return self.played is not before

    async def view(self) -> GameView:
        """Return the game as whoever acts sees it."""
        assert self._who is not None, "somebody acts"
        return await seen_by(self.tx, self.played.stored, self._who, self.played.texts)

    def _take(self, played: Played) -> None:
        self.played = played
        self.asks |= played.asks
