"""One step of a game: what the rules make of an event, stored with all that comes of it, in a transaction that others
own.

Effects are rows: posts for the outbox, pings, points, and the story in the archive. None of them is done twice.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bot.errors import Gone
from bot.games.archiving import archive
from bot.rules.games import steps
from bot.rules.games.play import play
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Texts
from storage.games import StoredGame
from storage.unit_of_work import UnitOfWork

RESULT = 0
"""The part of the post with the result, which comes last; what the game made counts from 1."""


@dataclass(frozen=True, slots=True)
class Played:
    """A game with its texts, as they are now; `asks`: there is something that the models are asked for."""

    stored: StoredGame
    texts: Texts

    @property
    def asks(self) -> bool:
        """Tell whether the models are asked for something."""
        return bool(self.stored.table.requests) and self.stored.table.state == "playing"


async def load(tx: UnitOfWork, stored: StoredGame) -> Played:
    """Return a game with its texts."""
    return Played(stored, await tx.games.list_texts(stored.table.id))


async def take_step(tx: UnitOfWork, played: Played, event: steps.Event, *, person_id: int | None = None) -> Played:
    """Let an event happen, and store what comes of it. `person_id` is whoever sits down by it.

    Raises what the rules raise; `Gone` (`turn_over`) where another step was faster.
    """
    before, table = played.stored, played.stored.table
    step = play(GAMES[table.kind], table, event, played.texts, tx.now_ms)
    if step.table == table and not step.texts and not step.effects:
        return played
    people = {seat.number: before.people.get(seat.number, person_id) for seat in step.table.seats}
    after = dataclasses.replace(before, table=step.table, people=people)
    if not await tx.games.save(before, after, tx.now_ms):
        raise Gone("turn_over")
    await tx.games.put_texts(table.id, step.texts, people)
    if isinstance(event, steps.Hid) and table.is_over:  # what was put together of others' words loses some
        await tx.games.carry_over(table.id, [text.slot for text in step.texts if text.slot != event.slot])
    texts = await tx.games.list_texts(table.id) if step.texts else played.texts
    await _end_pings(tx, before, after)
    return await _settle(tx, Played(after, texts), step.effects)


async def begin(tx: UnitOfWork, stored: StoredGame, effects: tuple[steps.Effect, ...]) -> Played:
    """Do what the first step of a game asks for, which was stored."""
    return await _settle(tx, Played(stored, ()), effects)


async def show(tx: UnitOfWork, stored: StoredGame, *, reveals: bool = False) -> None:
    """Have a game's card shown as it is now, and in the end the result; on request with what was read out of it."""
    await tx.posts.enqueue("game", stored.table.id, stored.channel_id)
    if stored.table.state == "ended":
        await tx.posts.enqueue("reveal", stored.table.id, stored.channel_id, part=RESULT)
    if reveals:
        await tx.posts.requeue("reveal", [stored.table.id])


async def rename(tx: UnitOfWork, played: Played, seat: int, pen_name: str) -> Played:
    """Call somebody something else, before the game begins. Raises `Gone` (`turn_over`) where a step was faster."""
    before = played.stored
    found = before.table.seat(seat)
    assert found is not None, "the caller has found it"
    table = before.table.with_seat(dataclasses.replace(found, pen_name=pen_name))
    after = dataclasses.replace(before, table=dataclasses.replace(table, move=table.move + 1))
    if not await tx.games.save(before, after, tx.now_ms):
        raise Gone("turn_over")
    await show(tx, after)
    return Played(after, played.texts)


async def _settle(tx: UnitOfWork, played: Played, effects: tuple[steps.Effect, ...]) -> Played:
    for effect in effects:
        match effect:
            case steps.Show():
                await show(tx, played.stored)
            case steps.Reveal():
                await tx.posts.enqueue("reveal", played.stored.table.id, played.stored.channel_id, part=effect.part)
            case steps.Ping():
                await _ping(tx, played.stored, effect)
            case steps.Score():
                await _score(tx, played.stored, effect)
            case steps.Archive():
                played = Played(await archive(tx, played.stored, played.texts), played.texts)
    return played


async def _end_pings(tx: UnitOfWork, before: StoredGame, after: StoredGame) -> None:
    """Have shown anew what tells of turns that are over, wait while the game is paused, go on, or have more time."""
    changed = {*_open_turns(before)} ^ {*_open_turns(after)}
    if changed:
        turns = {(seat, move) for seat, move, _ in changed}
        await tx.posts.requeue("ping", await tx.game_records.list_pings(before.table.id, turns))


def _open_turns(stored: StoredGame) -> list[tuple[int, int, int]]:
    """Whose turn it is, since which move, and until when (UTC ms)."""
    if stored.table.state != "playing":
        return []
    return [(turn.seat, turn.move, turn.due_ms) for turn in stored.table.turns if not turn.acted]


async def _ping(tx: UnitOfWork, stored: StoredGame, ping: steps.Ping) -> None:
    if stored.people.get(ping.seat) is None:
        return
    ping_id = await tx.game_records.add_ping(stored.table.id, ping.seat, ping.move, ping.reminder)
    if ping_id is not None:
        await tx.posts.enqueue("ping", ping_id, stored.channel_id)


async def _score(tx: UnitOfWork, stored: StoredGame, score: steps.Score) -> None:
    await tx.game_records.add_points(
        game_id=stored.table.id,
        seat=score.seat,
        reason=score.reason,
        server_id=stored.server_id,
        kind=stored.table.kind,
        person_id=stored.people.get(score.seat),
        points=score.points,
        now_ms=tx.now_ms,
    )
