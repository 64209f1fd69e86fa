"""One step of a game: what all kinds have in common, around the rules of one.

Seats, turns, reminders, pauses and ends are the same everywhere and done here; a kind gets the events that are its own
(`Game.apply`). Every step raises `move`. A `PersonError` means that nothing has changed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.errors import Gone, NotHere
from bot.rules.games import seating, steps, timing
from bot.rules.games.agreeing import agreed
from bot.rules.games.game import AnyGame
from bot.rules.games.steps import Event, Step
from bot.rules.games.table import PauseReason, Request, Table, Texts, Turn

AnyTable = Table[Any]
AnyStep = Step[Any]


def play(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    """Return what an event leads to, the table's move one higher where anything changed.

    Raises `NotHere`: `game_over`, `game_not_started`, `game_paused`, `game_started`, `game_few` (count, least); `Gone`:
    `turn_over`; and what the kind raises.
    """
    before = dataclasses.replace(table, move=table.move + 1)
    step = _applied(game, before, event, texts, now_ms)
    if step.table == before and not (step.texts or step.effects):
        return Step(table)
    step = _ending(game, step, texts, now_ms)
    step = _waiting_enough(game, step, now_ms)
    return _told(table, step, event)


def _applied(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    if table.is_over:
        if isinstance(event, (steps.Tick, steps.Made)):
            return Step(table)
        raise NotHere("game_over")
    match event:
        case steps.Tick():
            return _ticked(game, table, texts, now_ms)
        case steps.Made():
            return _made(game, table, event, texts, now_ms)
        case steps.Joined():
            joined = seating.with_joined(table, game, event, now_ms)
            return _passed_on(game, joined, event, texts, now_ms) if event.role == "player" else Step(joined)
        case steps.Left() | steps.Removed():
            return _gone(game, table, event, texts, now_ms)
        case steps.Ended():
            return _ended(game, table, texts, now_ms)
        case steps.Agreed():
            _require_lobby(table)
            return Step(agreed(game, table, event))
        case steps.Started():
            _require_lobby(table)
            return _started(game, table, now_ms)
        case steps.Paused():
            _require_playing(table)
            return Step(_paused(table, "host", now_ms))
        case steps.Resumed():
            return Step(_resumed(game, table, now_ms))
        case steps.Back():
            back = seating.with_back(table, event.seat)
            if back.state == "paused" and back.pause_reason == "few" and len(back.active) >= game.least_active:
                back = _resumed(game, back, now_ms)
            return _passed_on(game, back, event, texts, now_ms)
        case _:
            _require_playing(table)
            return _acted(game, table, event, texts, now_ms)


def _acted(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    """What somebody does while a game is played."""
    match event:
        case steps.MoreTime():
            turn = _turn(table, event.seat, event.move)
            if turn.extended:
                raise NotHere("game_extended")
            return Step(timing.extended(table, turn, now_ms))
        case steps.Opened():
            turn = _turn(table, event.seat, event.move)
            seen = timing.changed(_returned(table, event.seat), dataclasses.replace(turn, seen=True))
            return game.apply(seen, event, texts, now_ms)
        case steps.Wrote() | steps.Passed():
            _turn(table, event.seat, event.move, mending=True)
            return game.apply(_returned(table, event.seat), event, texts, now_ms)
        case steps.Skipped():
            turn_ = table.turn(event.seat)
            if turn_ is None or turn_.acted:
                raise NotHere("game_not_waited_for")
            return _missed(game, table, turn_, texts, now_ms)
        case steps.Chose() | steps.Mended():
            return game.apply(_returned(table, event.seat), event, texts, now_ms)
        case _:
            return game.apply(table, event, texts, now_ms)


def _returned(table: AnyTable, seat: int) -> AnyTable:
    """Whoever acts is there again."""
    found = table.seat(seat)
    if found is None or found.presence in ("left", "removed"):
        raise NotHere("game_not_in")
    return seating.with_back(table, seat) if found.presence == "resting" or found.missed else table


def _passed_on(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    return game.apply(table, event, texts, now_ms) if table.state == "playing" else Step(table)


def _started(game: AnyGame, table: AnyTable, now_ms: int) -> AnyStep:
    least = game.players[table.terms.pace][0]
    if len(table.active) < least:
        raise NotHere("game_few", count=len(table.active), least=least)
    return game.begin(dataclasses.replace(table, state="playing", started_ms=now_ms), now_ms)


def _gone(game: AnyGame, table: AnyTable, event: steps.Left | steps.Removed, texts: Texts, now_ms: int) -> AnyStep:
    turn = table.turn(event.seat)
    table = seating.with_gone(table, event.seat, "left" if isinstance(event, steps.Left) else "removed")
    if table.state == "lobby" and not table.players:
        return Step(dataclasses.replace(table, state="cancelled", ended_ms=now_ms))
    step: AnyStep = Step(table)
    if turn is not None and not turn.acted and table.state in ("playing", "paused"):
        step = game.apply(timing.closed(table, event.seat), steps.Missed(turn), texts, now_ms)
    return step.then(_passed_on(game, step.table, event, _with(texts, step), now_ms))


def _ended(game: AnyGame, table: AnyTable, texts: Texts, now_ms: int) -> AnyStep:
    if table.state == "lobby":
        return Step(dataclasses.replace(table, state="cancelled", ended_ms=now_ms))
    running = dataclasses.replace(table, state="playing", paused_ms=None, pause_reason="", turns=(), requests=())
    return game.finish(running, texts, now_ms)


def _paused(table: AnyTable, reason: PauseReason, now_ms: int) -> AnyTable:
    return dataclasses.replace(table, state="paused", paused_ms=now_ms, pause_reason=reason)


def _resumed(game: AnyGame, table: AnyTable, now_ms: int) -> AnyTable:
    if table.state != "paused" or table.paused_ms is None:
        raise NotHere("game_not_paused")
    if len(table.active) < game.least_active:
        raise NotHere("game_few", count=len(table.active), least=game.least_active)
    running = dataclasses.replace(table, state="playing", paused_ms=None, pause_reason="")
    return timing.moved(running, now_ms - table.paused_ms)


# ---- time


def _ticked(game: AnyGame, table: AnyTable, texts: Texts, now_ms: int) -> AnyStep:
    """What is due now."""
    if table.due_ms is None or table.due_ms > now_ms:
        return Step(table)
    if table.state == "lobby":
        return Step(dataclasses.replace(table, state="cancelled", ended_ms=now_ms))
    if table.state == "paused":
        return _ended(game, table, texts, now_ms)
    step: AnyStep = Step(table)
    for request in table.requests:
        if request.due_ms <= now_ms:
            step = step.then(_made(game, step.table, steps.Made(key=request.key), _with(texts, step), now_ms))
    for turn in table.turns:
        if step.table.state == "playing" and step.table.turn(turn.seat) == turn and not turn.acted:
            step = step.then(_turn_due(game, step.table, turn, _with(texts, step), now_ms))
    table = step.table
    if table.state == "playing" and table.phase_due_ms is not None and table.phase_due_ms <= now_ms:
        over = dataclasses.replace(table, phase_due_ms=None)
        step = step.then(game.apply(over, steps.PhaseOver(), _with(texts, step), now_ms))
    return step


def _turn_due(game: AnyGame, table: AnyTable, turn: Turn, texts: Texts, now_ms: int) -> AnyStep:
    if turn.due_ms <= now_ms:
        return _missed(game, table, turn, texts, now_ms)
    if turn.warn_ms is not None and turn.warn_ms <= now_ms:
        warned = timing.changed(table, dataclasses.replace(turn, warn_ms=None))
        return Step(warned, (), (steps.Ping(turn.seat, turn.move, reminder=True),))
    return Step(table)


def _missed(game: AnyGame, table: AnyTable, turn: Turn, texts: Texts, now_ms: int) -> AnyStep:
    table = timing.closed(seating.with_missed(table, turn.seat), turn.seat)
    return game.apply(table, steps.Missed(turn), texts, now_ms)


def _made(game: AnyGame, table: AnyTable, event: steps.Made, texts: Texts, now_ms: int) -> AnyStep:
    """What the models answered; what nobody waits for any more changes nothing."""
    if table.state != "playing" or all(request.key != event.key for request in table.requests):
        return Step(table)
    left = tuple(request for request in table.requests if request.key != event.key)
    return game.apply(dataclasses.replace(table, requests=left), event, texts, now_ms)


# ---- after each step


def _ending(game: AnyGame, step: AnyStep, texts: Texts, now_ms: int) -> AnyStep:
    """A game in which nobody plays any more ends with what there is."""
    table = step.table
    if table.state in ("playing", "paused") and table.host is None:
        step = step.then(_ended(game, table, _with(texts, step), now_ms))
        if step.table.state == "playing":  # nobody is there for a reveal either
            step = step.then(game.finish(step.table, _with(texts, step), now_ms))
    return step


def _waiting_enough(game: AnyGame, step: AnyStep, now_ms: int) -> AnyStep:
    """A game with too few who are not resting is paused, unless it needs nobody any more."""
    table = step.table
    needs = table.state == "playing" and table.phase not in game.unmanned
    if needs and len(table.active) < game.least_active:
        return dataclasses.replace(step, table=_paused(table, "few", now_ms))
    return step


def _told(before: AnyTable, step: AnyStep, event: Event) -> AnyStep:
    """Add who has to be told of what the step began, and that there is something new to show."""
    table, acting = step.table, getattr(event, "seat", None)
    known = {(turn.seat, turn.move) for turn in before.turns}
    pings = [
        steps.Ping(turn.seat, turn.move)
        for turn in table.turns
        if (turn.seat, turn.move) not in known and turn.seat != acting and not turn.acted
    ]
    ended = [steps.Archive()] if table.state == "ended" and before.state != "ended" else []
    show = [] if isinstance(event, steps.Opened) else [steps.Show()]
    return step.adding(*pings, *ended, *show)


def requested(table: AnyTable, request: Request) -> AnyTable:
    """Return the table with something asked of the models."""
    return dataclasses.replace(table, requests=(*table.requests, request))


def _with(texts: Texts, step: AnyStep) -> Texts:
    """The texts as they are after a step."""
    if not step.texts:
        return texts
    known = {text.slot: text for text in texts}
    known |= {text.slot: text for text in step.texts}
    return tuple(known.values())


def _turn(table: AnyTable, seat: int, move: int, *, mending: bool = False) -> Turn:
    """Return the turn that a button or form is about. Raises `Gone` (`turn_over`) where it is another one, or none."""
    turn = table.turn(seat)
    if turn is None or turn.move != move or (turn.acted and not mending):
        raise Gone("turn_over")
    return turn


def _require_lobby(table: AnyTable) -> None:
    if table.state != "lobby":
        raise NotHere("game_started")


def _require_playing(table: AnyTable) -> None:
    if table.state != "playing":
        raise NotHere("game_paused" if table.state == "paused" else "game_not_started")
