"""Whose turn it is in Relay, and which passages a seat, or a model, may read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.rules.games.chance import shuffled
from bot.rules.games.table import GameText, Table, Texts, text_of

MODEL_READS = 3000
"""Characters of what was written last that the models go on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """How far a game is: who wrote each passage (None: a model), the number of the round, the seats that still have
    their turn in it, in order, and those that had it. `sparks`: the slots of what the models proposed to whoever is
    due; `sparked`: they asked for it in this turn."""

    writers: tuple[int | None, ...] = ()
    round: int = 1
    queue: tuple[int, ...] = ()
    done: tuple[int, ...] = ()
    sparks: tuple[str, ...] = ()
    sparked: bool = False


RelayTable = Table[Relay]


def passage_slot(number: int) -> str:
    """Return the slot of a passage, from 0."""
    return f"p{number}"


def with_game(table: RelayTable, **changes: Any) -> RelayTable:
    """Return the table with some of the game's state changed."""
    return dataclasses.replace(table, game=dataclasses.replace(table.begun, **changes))


def is_free(table: RelayTable) -> bool:
    """Tell whether turns have no order: whoever wants takes the next one."""
    return table.settings["order"] == "open"


def has_ended(table: RelayTable) -> bool:
    """Tell whether all rounds are played. In a free order a round is a passage for each who is there."""
    rounds, game = int(table.settings["rounds"]), table.begun
    if not is_free(table):
        return 0 < rounds < game.round
    there = sum(seat.presence in ("in", "resting") for seat in table.players)
    return 0 < rounds * max(2, there) <= len(game.writers)


def queued(table: RelayTable) -> RelayTable:
    """Return the table with the seats of the round that still have their turn, those first that joined or came back in
    it; a new round where none has. The one who wrote last is no round by itself."""
    game = table.begun
    active = [seat.number for seat in table.active]
    left = [seat for seat in game.queue if seat in active]
    left += [seat for seat in active if seat not in left and seat not in game.done]
    if any(seat != last_writer(game) for seat in left) or not active:
        return with_game(table, queue=tuple(left))
    order = active
    if table.settings["order"] == "shuffled":
        order = shuffled(active, table.seed, game.round, "round")
    return with_game(table, queue=tuple(order), done=(), round=game.round + 1)


def next_seat(game: Relay) -> int | None:
    """Return whose turn is next: the first in the queue who did not write last."""
    return next((seat for seat in game.queue if seat != last_writer(game)), None)


def last_writer(game: Relay) -> int | None:
    """Return who wrote the last passage, None: nobody or a model."""
    return game.writers[-1] if game.writers else None


def can_take(table: RelayTable, seat: int) -> bool:
    """Tell whether a seat may take a turn that is open to all."""
    found = table.seat(seat)
    return table.phase == "open" and found is not None and found.is_active and seat != last_writer(table.begun)


def seen_slots(table: RelayTable) -> list[str]:
    """Return the slots of the passages that all may read: until the end as many of the last as was agreed on."""
    slots = [passage_slot(number) for number in range(len(table.begun.writers))]
    visible = int(table.settings["visible"])
    return slots if table.is_over or not visible else slots[-visible:]


def readable(table: RelayTable, texts: Texts) -> str:
    """Return what the models may go on from: the last passages that all may read, from the last one back to the first
    that is hidden or whose writer does not want that. Empty where that is nothing."""
    found: list[str] = []
    for slot in reversed(seen_slots(table)):
        text = text_of(texts, slot)
        if text is None or text.hidden or _minds(table, text):
            break
        found.append(text.text)
    return "\n\n".join(reversed(found))[-MODEL_READS:]


def _minds(table: RelayTable, text: GameText) -> bool:
    seat = table.seat(text.seat) if text.seat is not None else None
    return seat is not None and seat.no_ai


def shown_sparks(table: RelayTable, texts: Texts, viewer: int | None) -> Sequence[GameText]:
    """Return what the models proposed to a seat whose turn it is."""
    if viewer is None or table.turn(viewer) is None:
        return ()
    return [text for slot in table.begun.sparks if (text := text_of(texts, slot)) is not None and not text.hidden]
