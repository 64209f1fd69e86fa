"""Sitting down at a table: how many games there may be, how many somebody plays, and what they are called there."""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import NotAllowed, NotHere
from bot.games.stepping import Played, rename, take_step
from bot.rules.games import steps
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Seat
from bot.rules.profiles import change_profile
from bot.rules.stories import MAX_PEN_NAME
from bot.rules.text.segments import beginning
from bot.stories.access import Who
from bot.stories.passages import check_words
from storage.unit_of_work import Snapshot, UnitOfWork

MOST_IN_SERVER = 20
"""Games of a server that are not over."""
MOST_IN_CHANNEL = 3
"""Games of a channel that are not over."""
MOST_SEATS = 8
"""Games that are not over at which somebody plays."""


async def require_room(tx: Snapshot, who: Who, channel_id: int) -> None:
    """Raise `NotHere` where there are as many games as there may be: `games_full_server`, `games_full_channel`
    (limit)."""
    if await tx.games.count_running(server_id=who.server_id) >= MOST_IN_SERVER:
        raise NotHere("games_full_server", limit=MOST_IN_SERVER)
    if await tx.games.count_running(channel_id=channel_id) >= MOST_IN_CHANNEL:
        raise NotHere("games_full_channel", limit=MOST_IN_CHANNEL)


async def require_seat_left(tx: Snapshot, who: Who) -> None:
    """Raise `NotHere` (`games_full_person`: limit) where somebody plays in as many games as they may."""
    if await tx.games.count_seats(who.person_id) >= MOST_SEATS:
        raise NotHere("games_full_person", limit=MOST_SEATS)


async def pen_name_of(tx: Snapshot, who: Who, given: str | None, name: str, taken: Iterable[str]) -> str:
    """Return how somebody is called at a table: as they gave it, where that is none of the names `taken` there nor
    somebody else's pen name in the server; else by their own pen name, else by `name`.

    Raises `BadInput` as `change_profile`, and `word_not_here`.
    """
    profile = await tx.profiles.get(who.server_id, who.person_id)
    if given is not None:
        others = await tx.profiles.names_of_others(who.server_id, who.person_id)
        chosen = change_profile(profile, [*taken, *others], pen_name=given).pen_name
        assert chosen is not None, "it was given"
        await check_words(tx, who.server_id, chosen)
        return chosen
    return profile.pen_name or beginning(" ".join(name.split()), MAX_PEN_NAME)


async def joined(tx: UnitOfWork, played: Played, who: Who, given: str | None, name: str) -> Played:
    """Return the game with somebody at it who plays: at their old seat where they had one.

    Raises `NotAllowed` (`game_removed`), and as `require_seat_left`, `pen_name_of` and the rules.
    """
    stored = played.stored
    seat = stored.known_seat(who.person_id)
    if seat is not None and seat.presence == "removed":
        raise NotAllowed("game_removed")
    if seat is not None and seat.role == "player":
        if seat.presence == "in":
            return await _renamed(tx, played, who, seat, given)
        if seat.presence == "left":
            await require_seat_left(tx, who)
        return await take_step(tx, played, steps.Back(seat.number))
    await require_seat_left(tx, who)
    pen_name = await pen_name_of(tx, who, given, name, _others(played, seat))
    if seat is not None and seat.presence == "left":
        played = await take_step(tx, played, steps.Back(seat.number))
    event = steps.Joined(pen_name=pen_name, seat=None if seat is None else seat.number)
    return await take_step(tx, played, event, person_id=who.person_id)


async def _renamed(tx: UnitOfWork, played: Played, who: Who, seat: Seat, given: str | None) -> Played:
    """Return the game with another name for somebody who sits there, where they gave one before the start."""
    if given is None or played.stored.table.state != "lobby":
        return played
    pen_name = await pen_name_of(tx, who, given, seat.pen_name, _others(played, seat))
    return await rename(tx, played, seat.number, pen_name)


def _others(played: Played, seat: Seat | None) -> list[str]:
    return [each.pen_name for each in played.stored.table.seats if each is not seat]


async def seated(tx: UnitOfWork, played: Played, who: Who, event: steps.Event, name: str) -> Played:
    """Return the game with somebody at it who does something: whoever chooses sits down as a reader, and whoever writes
    where everybody may sits down to play. Raises `NotHere` (`game_not_in`), and as `joined`."""
    stored = played.stored
    seat = stored.known_seat(who.person_id)
    there = stored.seat_of(who.person_id) is not None
    opens = isinstance(event, steps.Wrote) and stored.table.phase in GAMES[stored.table.kind].open_phases
    if opens and not (there and seat is not None and seat.role == "player"):
        return await joined(tx, played, who, None, name)
    if there:
        return played
    if not isinstance(event, steps.Chose) or (seat is not None and seat.presence == "removed"):
        raise NotHere("game_not_in")
    if seat is not None:
        return await take_step(tx, played, steps.Back(seat.number))
    pen_name = await pen_name_of(tx, who, None, name, ())
    return await take_step(tx, played, steps.Joined(pen_name=pen_name, role="reader"), person_id=who.person_id)
