"""Somebody has everything of theirs deleted: the games at which they sit go on without them, and what was put together
of their words and others' is put together without theirs."""

from __future__ import annotations

from bot.games.stepping import load, take_step
from bot.rules.games import steps
from bot.rules.games.gaps import GapsGame
from bot.rules.games.one_word import OneWordGame
from storage.unit_of_work import UnitOfWork

JOINT = frozenset({GapsGame.kind, OneWordGame.kind})
"""The kinds of games that keep a text with words of several people."""


async def leave_all(tx: UnitOfWork, person_id: int) -> None:
    """Let somebody leave all games, before what is theirs is deleted. What the models were asked there may hold their
    words, so it is asked no longer."""
    for game_id in await tx.games.list_ids_of(person_id):
        stored = await tx.games.get(game_id)
        if stored is None:
            continue
        played = await load(tx, stored)
        for request in stored.table.requests:
            played = await take_step(tx, played, steps.Made(key=request.key))
        seat = played.stored.seat_of(person_id)
        if seat is not None and not played.stored.table.is_over:
            await take_step(tx, played, steps.Left(seat))
    for game_id, slots in (await tx.games.list_texts_within(person_id, JOINT)).items():
        stored = await tx.games.get(game_id)
        if stored is None:
            continue
        *others, last = slots
        if others:
            await tx.games.withdraw(game_id, *others)
        await take_step(tx, await load(tx, stored), steps.Hid(last, True))
