"""Finding games, and what people may see of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import NotHere
from bot.games.access import find_game, leads
from bot.games.views import GamePing, GameView, OwnSide, ScoreLine, view_of
from bot.rules.games.table import Request, Texts
from bot.rules.games.timing import quiet_until
from bot.stories.access import Who
from storage.database import Database
from storage.games import StoredGame
from storage.unit_of_work import Snapshot

BOARD = 25
"""Lines of a board at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Something that the models are asked for in a game; `seed` is the game's."""

    game_id: int
    server_id: int
    seed: str
    request: Request


class GameQueries:
    """The games of all servers, to be looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_view(self, who: Who, game_id: int) -> GameView:
        """Return a game as somebody sees it. Raises `Gone` (`game_gone`)."""
        async with self._database.reading() as tx:
            return await seen_by(tx, await find_game(tx, who, game_id), who)

    async def get_view(self, game_id: int) -> GameView | None:
        """Return a game as everybody sees it, None where it is gone."""
        async with self._database.reading() as tx:
            stored = await tx.games.get(game_id)
            return None if stored is None else await _public(tx, stored)

    async def list_here(self, who: Who, channel_id: int) -> list[GameView]:
        """Return the games of a channel that are not over, the oldest first, as somebody sees them."""
        async with self._database.reading() as tx:
            found = await tx.games.list_running(server_id=who.server_id, channel_id=channel_id)
            return [await seen_by(tx, stored, who) for stored in found if who.sees(stored.channel_id)]

    async def list_running(self, who: Who) -> list[GameView]:
        """Return a server's games that are not over in channels that somebody may see, the oldest first."""
        async with self._database.reading() as tx:
            found = await tx.games.list_running(server_id=who.server_id)
            return [await seen_by(tx, stored, who) for stored in found if who.sees(stored.channel_id)]

    async def find_turn(self, who: Who, channel_id: int, game_id: int | None = None) -> GameView:
        """Return the game that waits for somebody: that one, or of all in their server one of this channel, or else the
        one that is due first. Raises `NotHere` (`game_no_turn`), `Gone` (`game_gone`)."""
        async with self._database.reading() as tx:
            if game_id is not None:
                found = [await find_game(tx, who, game_id)]
            else:
                theirs = await tx.games.list_running(server_id=who.server_id, person_id=who.person_id)
                found = [stored for stored in theirs if who.sees(stored.channel_id)]
            waiting = [(due_ms, stored) for stored in found if (due_ms := _waits_until(stored, who)) is not None]
            if not waiting:
                raise NotHere("game_no_turn")
            waiting.sort(key=lambda each: (each[1].channel_id != channel_id, each[0]))
            return await seen_by(tx, waiting[0][1], who)

    async def find_ping(self, ping_id: int) -> GamePing | None:
        """Return whom a ping tells of what; None where the turn is over or taken, or nobody is there to be told."""
        async with self._database.reading() as tx:
            ping = await tx.game_records.get_ping(ping_id)
            stored = None if ping is None else await tx.games.get(ping.game_id)
            if ping is None or stored is None or stored.table.state not in ("playing", "paused"):
                return None
            turn, person_id = stored.table.turn(ping.seat), stored.people.get(ping.seat)
            if turn is None or turn.move != ping.move or turn.acted or person_id is None:
                return None
            view = await seen_by(tx, stored, Who(server_id=stored.server_id, person_id=person_id))
            # By the hours that the server has now, not those that it had when the game began: that may be long ago.
            quiet = (await tx.servers.get(stored.server_id)).quiet
            return GamePing(
                view=view,
                person_id=person_id,
                seat=ping.seat,
                move=ping.move,
                reminder=ping.reminder,
                way=view.pings,
                quiet_ms=quiet_until(quiet, tx.now_ms),
            )

    async def find_draft(self, who: Who, game_id: int) -> str:
        """Return what somebody wrote in a game that could not be taken, empty where nothing is kept."""
        async with self._database.reading() as tx:
            return await tx.game_records.get_draft(game_id, who.person_id, tx.now_ms)

    async def scores(self, server_id: int, kind: str | None = None, since_ms: int = 0) -> list[ScoreLine]:
        """Return a server's board, of all kinds of games or of one, from a time on (UTC ms)."""
        async with self._database.reading() as tx:
            found = await tx.game_records.list_points(server_id, kind, BOARD, since_ms)
            names = await tx.profiles.list_names(server_id, [line.person_id for line in found])
        return [
            ScoreLine(
                place=1 + sum(other.points > line.points for other in found),
                person_id=line.person_id,
                name=names.get(line.person_id),
                points=line.points,
                games=line.games,
            )
            for line in found
        ]

    # ---- what is due, and asked

    async def list_open(self) -> list[OpenRequest]:
        """Return what the models are to be asked for now."""
        async with self._database.reading() as tx:
            found = await tx.games.list_asking()
            return [
                OpenRequest(
                    game_id=stored.table.id, server_id=stored.server_id, seed=stored.table.seed, request=request
                )
                for stored in found
                for request in stored.table.requests
                if request.after_ms <= tx.now_ms < request.due_ms
            ]

    async def list_due(self, limit: int = 100) -> list[int]:
        """Return the ids of games that need a tick now, the longest waiting first."""
        async with self._database.reading() as tx:
            return await tx.games.list_due(tx.now_ms, limit)

    async def next_ms(self) -> int | None:
        """Return when the next game needs a tick (UTC ms), None where none does."""
        async with self._database.reading() as tx:
            return await tx.games.next_ms()


async def seen_by(tx: Snapshot, stored: StoredGame, who: Who, texts: Texts | None = None) -> GameView:
    """Return a game as somebody sees it; its texts are read where the caller has none."""
    game_id, leading = stored.table.id, leads(stored, who)
    own = OwnSide(
        viewer=stored.seat_of(who.person_id),
        leads=leading,
        draft=await tx.game_records.get_draft(game_id, who.person_id, tx.now_ms),
        pings=(await tx.profiles.get(stored.server_id, who.person_id)).pings,
        reported=tuple(await tx.game_records.list_reported(game_id))
        if leading and stored.table.game is not None
        else (),
    )
    texts = await tx.games.list_texts(game_id) if texts is None else texts
    return view_of(stored, texts, own, await _points(tx, stored))


async def _public(tx: Snapshot, stored: StoredGame) -> GameView:
    return view_of(stored, await tx.games.list_texts(stored.table.id), points=await _points(tx, stored))


async def _points(tx: Snapshot, stored: StoredGame) -> Mapping[int, int]:
    return await tx.game_records.list_points_of_game(stored.table.id) if stored.table.is_over else {}


def _waits_until(stored: StoredGame, who: Who) -> int | None:
    """When somebody's turn is over, None where they have none."""
    seat = stored.seat_of(who.person_id)
    turn = None if seat is None or stored.table.state != "playing" else stored.table.turn(seat)
    return None if turn is None or turn.acted else turn.due_ms
