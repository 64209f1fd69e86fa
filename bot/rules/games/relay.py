"""Relay: a story that goes round. One after another writes the next passage; who does not come is not waited for long.

Turns go round the table, in an order drawn by lot each round, or to whoever takes the next one. Nobody has two in a row
while somebody else is there.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from bot.errors import BadInput, Gone, NotHere
from bot.rules.games import steps, timing
from bot.rules.games.game import Setting
from bot.rules.games.play import requested
from bot.rules.games.relay_order import (
    Relay,
    RelayTable,
    can_take,
    has_ended,
    is_free,
    last_writer,
    next_seat,
    passage_slot,
    queued,
    readable,
    seen_slots,
    with_game,
)
from bot.rules.games.relay_views import RelayView, mendable, view_of
from bot.rules.games.table import ASK_MS, PAUSE_MS, GameText, Pace, Request, Texts, text_of
from bot.rules.games.turn_texts import check_words
from bot.rules.provenance import edited, of_model, origin_of
from bot.rules.text.characters import is_blank
from bot.rules.text.words import split_words

WORDS = range(20, 301)
"""Words of a passage."""
MOST_CHARACTERS = 4000
"""Characters of a passage."""
TURN_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 5 * 60_000, "days": 86_400_000})
"""Time for a passage, by pace (ms)."""
OPEN_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 2 * 60_000, "days": 12 * 3_600_000})
"""How long a turn that was missed is open to all, by pace (ms)."""
SPARKS = 3
"""Continuations of a spark."""
SPARK_WORDS = 40
"""Words of each, about."""
TAKEN_OVER = 5
"""So many words in a row in a passage are taken over from a spark."""
STAND_IN_WORDS = 60
"""Words of a stand-in's passage, about."""

RelayStep = steps.Step[Relay]


class RelayGame:
    """The rules of Relay."""

    kind: ClassVar[str] = "relay"
    version: ClassVar[int] = 1
    players: ClassVar[Mapping[Pace, range]] = MappingProxyType({"tonight": range(2, 21), "days": range(2, 21)})
    least_active: ClassVar[int] = 2
    unmanned: ClassVar[frozenset[str]] = frozenset({"stand_in"})
    open_phases: ClassVar[frozenset[str]] = frozenset()
    stands_in: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("order", ("ring", "shuffled", "open"), {"tonight": "ring", "days": "ring"}),
        Setting("visible", (0, 1, 2, 3, 5), {"tonight": 0, "days": 0}),
        Setting("rounds", tuple(range(11)), {"tonight": 3, "days": 3}),
    )
    state_type: ClassVar[type[Relay]] = Relay

    # ---- the course

    def begin(self, table: RelayTable, texts: Texts, now_ms: int) -> RelayStep:
        """Ask the first seat."""
        seats = tuple(seat.number for seat in table.active)
        table = dataclasses.replace(table, game=Relay(done=seats, round=0))
        return _following(table, now_ms)

    def apply(self, table: RelayTable, event: steps.Event, texts: Texts, now_ms: int) -> RelayStep:
        """Return what an event leads to."""
        match event:
            case steps.Wrote():
                return _wrote(table, event, texts, now_ms)
            case steps.Mended():
                return _mended(table, event, texts)
            case steps.Passed():
                return _following(_had_turn(table, event.seat), now_ms)
            case steps.Missed():
                return _missed(table, event, now_ms)
            case steps.Chose(what="take"):
                return _taken(table, event, now_ms)
            case steps.Chose(what="spark"):
                return _spark_asked(table, event, texts, now_ms)
            case steps.Chose():
                raise NotHere("game_not_now")
            case steps.Made():
                return _made(table, event, now_ms)
            case steps.PhaseOver():
                return _phase_over(table, texts, now_ms)
            case steps.Joined() | steps.Back() | steps.Resumed():
                waits = table.phase == "turn" and not table.turns
                return _following(table, now_ms) if waits else steps.Step(table)
            case steps.Hid():
                return steps.Step(table, (), _parts_with(table, event.slot))
            case _:
                return steps.Step(table)

    def admits(self, table: RelayTable) -> bool:
        """Always: who joins has a turn in the round."""
        return True

    def finish(self, table: RelayTable, texts: Texts, now_ms: int) -> RelayStep:
        """End with the passages that there are."""
        return _over(table, now_ms)

    # ---- what is seen

    def view(self, table: RelayTable, texts: Texts, viewer: int | None) -> RelayView:
        """Return what a seat sees: of the passages as many of the last as was agreed on."""
        return view_of(table, texts, viewer)

    def story(self, table: RelayTable, texts: Texts) -> Sequence[str]:
        """Return the passages."""
        return [passage_slot(number) for number in range(len(table.begun.writers))]


# ---- whose turn it is


def _following(table: RelayTable, now_ms: int) -> RelayStep:
    """Let the next seat write, or whoever wants to, or end when all rounds are played. A paused table asks nobody."""
    table = with_game(table, sparks=(), sparked=False)
    table = dataclasses.replace(table, phase="turn", turns=(), requests=(), phase_due_ms=None)
    if table.state != "playing":
        return steps.Step(table)
    if is_free(table):
        return _over(table, now_ms) if has_ended(table) else steps.Step(_open_to_all(table, now_ms))
    table = queued(table)
    if has_ended(table):
        return _over(table, now_ms)
    seat = next_seat(table.begun)
    if seat is None:  # too few are there, and the game will be paused
        return steps.Step(table)
    return steps.Step(timing.opened(table, seat, "due", TURN_MS[table.terms.pace], now_ms))


def _open_to_all(table: RelayTable, now_ms: int) -> RelayTable:
    """Open the turn to all: for a while where somebody missed it, else until nobody comes any more."""
    pace = table.terms.pace
    due_ms = timing.due_at(table.terms, now_ms, PAUSE_MS[pace] if is_free(table) else OPEN_MS[pace])
    return dataclasses.replace(table, phase="open", phase_due_ms=due_ms)


def _had_turn(table: RelayTable, seat: int) -> RelayTable:
    """Return the table with the seat's turn of the round over, whether it wrote or not."""
    game = table.begun
    queue = tuple(each for each in game.queue if each != seat)
    return with_game(table, queue=queue, done=tuple(dict.fromkeys((*game.done, seat))))


def _missed(table: RelayTable, event: steps.Missed, now_ms: int) -> RelayStep:
    """A turn that was missed is open to all for a while; that of somebody who left, or who took it, is not."""
    seat = table.seat(event.turn.seat)
    table = _had_turn(table, event.turn.seat)
    gone = seat is None or seat.presence in ("left", "removed")
    if gone or event.turn.what == "taken" or is_free(table) or len(table.active) < RelayGame.least_active:
        return _following(table, now_ms)
    table = with_game(dataclasses.replace(table, requests=()), sparks=(), sparked=False)
    return steps.Step(_open_to_all(table, now_ms))


def _taken(table: RelayTable, event: steps.Chose, now_ms: int) -> RelayStep:
    """Somebody takes the turn that is open to all."""
    if table.phase != "open":
        raise Gone("turn_over")
    if not can_take(table, event.seat):
        raise NotHere("game_wrote_last" if event.seat == last_writer(table.begun) else "game_not_in")
    table = dataclasses.replace(table, phase="turn", phase_due_ms=None)
    return steps.Step(timing.opened(table, event.seat, "taken", TURN_MS[table.terms.pace], now_ms))


def _phase_over(table: RelayTable, texts: Texts, now_ms: int) -> RelayStep:
    """Nobody took the turn: a stand-in does where that was agreed on, else the next seat has its turn."""
    if table.phase != "open":
        return _following(table, now_ms)
    if is_free(table):
        return _over(table, now_ms)
    text = readable(table, texts) if table.terms.stand_in else ""
    if not text:
        return _following(table, now_ms)
    ask = _request(table, f"passage:{table.move}", text, STAND_IN_WORDS, now_ms)
    waiting = dataclasses.replace(table, phase="stand_in", phase_due_ms=now_ms + 2 * ASK_MS)
    return steps.Step(requested(waiting, ask))


# ---- passages


def _wrote(table: RelayTable, event: steps.Wrote, texts: Texts, now_ms: int) -> RelayStep:
    check_words(event.text, WORDS, MOST_CHARACTERS)
    text = GameText(
        slot="", seat=event.seat, text=event.text, origin=event.origin, spans=event.spans, created_ms=now_ms
    )
    spark = _spark_in(table, event, texts)
    if spark is not None:
        spans = edited(spark.text, spark.spans, event.text)
        text = dataclasses.replace(text, origin=origin_of(spans, spark.origin), spans=spans)
    return _added(_had_turn(table, event.seat), text, now_ms)


def _spark_in(table: RelayTable, event: steps.Wrote, texts: Texts) -> GameText | None:
    """Return the spark from which a passage was made: the one that it says, else the one of which most words in a row
    stand in it, if these are more than chance."""
    sparks = [text for slot in table.begun.sparks if (text := text_of(texts, slot)) is not None]
    said = next((spark for spark in sparks if spark.slot == event.based_on), None)
    runs = [(_longest_run(spark, event.text), spark) for spark in sparks]
    longest, likeliest = max(runs, key=lambda each: each[0], default=(0, None))
    return said or (likeliest if longest >= TAKEN_OVER else None)


def _longest_run(spark: GameText, text: str) -> int:
    """Return how many words in a row a text has from a spark."""
    spans = edited(spark.text, spark.spans, text)
    return max((len(split_words(text[span.start : span.end])) for span in spans if span.origin == "gpt"), default=0)


def _added(table: RelayTable, text: GameText, now_ms: int) -> RelayStep:
    """A passage is there: show it, and go on."""
    writers = table.begun.writers
    text = dataclasses.replace(text, slot=passage_slot(len(writers)))
    table = with_game(table, writers=(*writers, text.seat))
    following = _following(table, now_ms)
    shown = () if int(table.settings["visible"]) else (steps.Reveal(len(writers) + 1),)
    return steps.Step(following.table, (text,), (*shown, *following.effects))


def _mended(table: RelayTable, event: steps.Mended, texts: Texts) -> RelayStep:
    before = text_of(texts, event.slot)
    if before is None or all(own.slot != event.slot for own in mendable(table, texts, event.seat)):
        raise Gone("turn_over")
    check_words(event.text, WORDS, MOST_CHARACTERS)
    if event.text == before.text:
        return steps.Step(table)
    spans = edited(before.text, before.spans, event.text) if before.origin != "human" else ()
    origin = origin_of(spans, before.origin) if spans else "human"
    changed = dataclasses.replace(before, text=event.text, origin=origin, spans=spans)
    return steps.Step(table, (changed,), _parts_with(table, event.slot))


def _parts_with(table: RelayTable, slot: str) -> tuple[steps.Reveal, ...]:
    """Return the part that has to be shown anew since its passage changed: parts are shown as they come where all is
    visible, else in the end."""
    shown = seen_slots(table) if table.is_over or not int(table.settings["visible"]) else []
    return tuple(steps.Reveal(number) for number, each in enumerate(shown, 1) if each == slot)


# ---- models


def _spark_asked(table: RelayTable, event: steps.Chose, texts: Texts, now_ms: int) -> RelayStep:
    """Whoever is due asks the models, once a turn, how it could go on. Nobody else sees what they answer."""
    if table.turn(event.seat) is None:
        raise Gone("turn_over")
    if table.begun.sparked:  # who presses again looks whether something has come
        return steps.Step(table)
    text = readable(table, texts)
    if not text:
        raise NotHere("game_no_spark")
    ask = _request(table, f"spark:{table.move}", text, SPARK_WORDS, now_ms)
    return steps.Step(requested(with_game(table, sparked=True), dataclasses.replace(ask, seat=event.seat)))


def _request(table: RelayTable, key: str, text: str, words: int, now_ms: int) -> Request:
    return Request(key=key, kind="continue", text=text, count=SPARKS, words=words, due_ms=now_ms + ASK_MS)


def _made(table: RelayTable, event: steps.Made, now_ms: int) -> RelayStep:
    """What the models propose to whoever is due, or a stand-in's passage."""
    made = [
        GameText(slot="", seat=None, text=text, origin="gpt", spans=of_model(text, "gpt"), created_ms=now_ms)
        for text in event.texts
        if not is_blank(text)
    ]
    if table.phase != "stand_in":
        slots = tuple(f"{event.key}.{place}" for place in range(len(made)))
        kept = tuple(dataclasses.replace(text, slot=slot) for slot, text in zip(slots, made, strict=True))
        return steps.Step(with_game(table, sparks=slots), kept)
    for text in made:
        try:
            check_words(text.text, WORDS, MOST_CHARACTERS)
        except BadInput:
            continue
        return _added(table, text, now_ms)
    return _following(table, now_ms)


# ---- the end


def _over(table: RelayTable, now_ms: int) -> RelayStep:
    """End: who wrote passages has a point for each. What was not visible is shown now."""
    writers = table.begun.writers
    counts = Counter(writer for writer in writers if writer is not None)
    shown = range(1, len(writers) + 1) if int(table.settings["visible"]) else ()
    ended = dataclasses.replace(
        with_game(table, sparks=()),
        state="ended",
        phase="",
        phase_due_ms=None,
        turns=(),
        requests=(),
        ended_ms=now_ms,
    )
    scores = [steps.Score(seat, count, "passages") for seat, count in sorted(counts.items())]
    return steps.Step(ended, (), (*map(steps.Reveal, shown), *scores))
