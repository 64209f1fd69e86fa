"""Whose game is meant, and who sits there: loaded in the transaction that then changes something."""

from __future__ import annotations

from bot.errors import Gone, NotAllowed, NotHere
from bot.stories.access import Who
from storage.games import StoredGame
from storage.unit_of_work import Snapshot


async def find_game(tx: Snapshot, who: Who, game_id: int) -> StoredGame:
    """Return a game of the person's server, in a channel that they may see. Raises `Gone` (`game_gone`)."""
    stored = await tx.games.get(game_id)
    if stored is None or stored.server_id != who.server_id or not who.sees(stored.channel_id):
        raise Gone("game_gone")
    return stored


def leads(stored: StoredGame, who: Who) -> bool:
    """Tell whether somebody leads a game: its host, and who may manage the server."""
    host = stored.table.host
    return who.manages or (host is not None and stored.people.get(host) == who.person_id)


def require_lead(stored: StoredGame, who: Who) -> None:
    """Raise `NotAllowed` (`game_hosts_only`) where somebody does not lead the game."""
    if not leads(stored, who):
        raise NotAllowed("game_hosts_only")


def require_seat(stored: StoredGame, who: Who) -> int:
    """Return where somebody sits. Raises `NotHere` (`game_not_in`)."""
    seat = stored.seat_of(who.person_id)
    if seat is None:
        raise NotHere("game_not_in")
    return seat
