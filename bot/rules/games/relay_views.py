"""What somebody sees of Relay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.rules.games.relay_order import (
    RelayTable,
    can_take,
    last_writer,
    passage_slot,
    readable,
    seen_slots,
    shown_sparks,
)
from bot.rules.games.table import Texts, text_of

SparkState = Literal["", "ready", "asked", "none", "there"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayPassage:
    """A passage, its number from 1, and whose it is (0: a model's)."""

    number: int
    slot: str
    text: str
    hidden: bool
    writer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayText:
    """A text that only the viewer sees: a spark, or a passage of theirs that they can still change."""

    slot: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayView:
    """What somebody sees: the passages that all may read, how many there are in all, the round of how many (0: until
    whoever leads ends it), who is due (None: nobody), whether the turn is open to all and the viewer may take it, and
    what they can change. `spark`: "" where they cannot ask for one, "ready", "asked", "none" where nothing came, or
    "there" with the `sparks`."""

    passages: tuple[RelayPassage, ...]
    written: int
    round: int
    rounds: int
    due: int | None
    is_open: bool
    can_take: bool
    spark: SparkState
    sparks: tuple[RelayText, ...]
    mine: tuple[RelayText, ...]


def view_of(table: RelayTable, texts: Texts, viewer: int | None) -> RelayView:
    """Return what a seat sees (None: everybody)."""
    game = table.begun
    sparks = shown_sparks(table, texts, viewer)
    rounds = int(table.settings["rounds"])
    return RelayView(
        passages=tuple(_passage(table, slot, texts) for slot in seen_slots(table)),
        written=len(game.writers),
        round=min(game.round, rounds) if rounds else game.round,
        rounds=rounds,
        due=table.turns[0].seat if table.turns else None,
        is_open=table.phase == "open",
        can_take=viewer is not None and can_take(table, viewer),
        spark=_spark_state(table, texts, viewer),
        sparks=tuple(RelayText(slot=text.slot, text=text.text) for text in sparks),
        mine=() if viewer is None else mendable(table, texts, viewer),
    )


def mendable(table: RelayTable, texts: Texts, seat: int) -> tuple[RelayText, ...]:
    """Return the last passage where it is the seat's and nobody has begun to go on from it."""
    game = table.begun
    if last_writer(game) != seat or table.phase not in ("turn", "open") or any(turn.seen for turn in table.turns):
        return ()
    text = text_of(texts, passage_slot(len(game.writers) - 1))
    return () if text is None or text.hidden else (RelayText(slot=text.slot, text=text.text),)


def _spark_state(table: RelayTable, texts: Texts, viewer: int | None) -> SparkState:
    game = table.begun
    if viewer is None or table.turn(viewer) is None:
        return ""
    if game.sparks:
        return "there"
    if any(request.seat == viewer for request in table.requests):
        return "asked"
    if game.sparked:
        return "none"
    return "ready" if readable(table, texts) else ""


def _passage(table: RelayTable, slot: str, texts: Texts) -> RelayPassage:
    number = int(slot[1:])
    text = text_of(texts, slot)
    hidden = text is None or text.hidden
    return RelayPassage(
        number=number + 1,
        slot=slot,
        text="" if text is None or hidden else text.text,
        hidden=hidden,
        writer=table.begun.writers[number] or 0,
    )
