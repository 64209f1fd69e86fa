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
from bot.rules.games.table import GameText, PauseReason, Request, Table, Texts, Turn, text_of

AnyTable = Table[Any]
AnyStep = Step[Any]
Acting = steps.Opened | steps.Wrote | steps.Mended | steps.Passed | steps.MoreTime | steps.Chose


def play(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    """Return what an event leads to, the table's move one higher where anything changed.

    Raises `NotHere`: `game_over`, `game_not_started`, `game_paused`, `game_not_paused`, `game_started`, `game_not_in`,
    `game_not_waited_for`, `game_extended`, `game_few` (count, least); `Gone`: `turn_over`, `game_gone`; and what the
    kind raises.
    """
    before = dataclasses.replace(table, move=table.move + 1)
    step = _applied(game, before, event, texts, now_ms)
    if step.table == before and not step.effects and all(_is_kept(text, texts) for text in step.texts):
        return Step(table)
    step = _ending(game, step, texts, now_ms)
    step = _waiting_enough(game, step, now_ms)
    if step.table.state == "playing":
        step = dataclasses.replace(step, table=timing.with_grace(step.table, now_ms))
    return _told(table, step, event)


def _applied(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    if isinstance(event, steps.Hid):
        return _hidden(game, table, event, texts, now_ms)
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
            return _there(game, joined, event, texts, now_ms) if event.role == "player" else Step(joined)
        case steps.Left() | steps.Removed():
            return _gone(game, table, event, texts, now_ms)
        case steps.Ended():
            if event.phase not in (None, table.phase):
                raise Gone("turn_over")
            return _ended(game, table, texts, now_ms)
        case steps.Agreed():
            _require_lobby(table)
            return Step(agreed(game, table, event))
        case steps.Started():
            _require_lobby(table)
            return _started(game, table, texts, now_ms)
        case steps.Paused():
            _require_playing(table)
            return Step(_paused(table, "host", now_ms))
        case steps.Resumed():
            return _resumed(game, table, texts, now_ms)
        case steps.Back():
            back = seating.with_back(table, game, event.seat)
            was = table.seat(event.seat)
            return Step(back) if was is not None and was.presence == "in" else _there(game, back, event, texts, now_ms)
        case steps.Missed() | steps.PhaseOver():
            raise ValueError(f"{type(event).__name__} is an event for a game only")
        case steps.Skipped():
            _require_playing(table)
            return _skipped(game, table, event, texts, now_ms)
        case _:
            _require_playing(table)
            step = _returned(game, table, event.seat, texts, now_ms)
            return step.then(_acted(game, step.table, event, _with(texts, step), now_ms))


def _acted(game: AnyGame, table: AnyTable, event: Acting, texts: Texts, now_ms: int) -> AnyStep:
    """What somebody does while a game is played."""
    match event:
        case steps.MoreTime():
            turn = _turn(table, event.seat, event.move)
            if turn.acted:
                raise Gone("turn_over")
            if turn.extended:
                raise NotHere("game_extended")
            return Step(timing.extended(table, turn))
        case steps.Opened():
            turn = _turn(table, event.seat, event.move)
            table = timing.changed(table, dataclasses.replace(turn, seen=True))
        case steps.Wrote() if table.phase in game.open_phases:
            _require_player(table, event.seat)
        case steps.Wrote() | steps.Passed():
            turn = _turn(table, event.seat, event.move)
            if turn.acted and isinstance(event, steps.Passed):
                raise Gone("turn_over")
    return game.apply(table, event, texts, now_ms)


def _returned(game: AnyGame, table: AnyTable, seat: int, texts: Texts, now_ms: int) -> AnyStep:
    """Whoever acts is there again."""
    found = table.seat(seat)
    if found is None or found.presence in ("left", "removed"):
        raise NotHere("game_not_in")
    back = seating.with_back(table, game, seat)
    return game.apply(back, steps.Back(seat), texts, now_ms) if found.presence == "resting" else Step(back)


def _skipped(game: AnyGame, table: AnyTable, event: steps.Skipped, texts: Texts, now_ms: int) -> AnyStep:
    turn = table.turn(event.seat)
    if event.move is not None and (turn is None or turn.move != event.move):
        raise Gone("turn_over")
    if turn is None or turn.acted:
        raise NotHere("game_not_waited_for")
    return _missed(game, table, turn, texts, now_ms)


def _there(game: AnyGame, table: AnyTable, event: steps.Joined | steps.Back, texts: Texts, now_ms: int) -> AnyStep:
    """Somebody is there, for the first time or again; a game that was paused because too few were, goes on."""
    step = _passed_on(game, table, event, texts, now_ms)
    table = step.table
    if table.state == "paused" and table.pause_reason == "few" and len(table.active) >= game.least_active:
        return step.then(_resumed(game, table, _with(texts, step), now_ms))
    return step


def _passed_on(game: AnyGame, table: AnyTable, event: Event, texts: Texts, now_ms: int) -> AnyStep:
    return game.apply(table, event, texts, now_ms) if table.state in ("playing", "paused") else Step(table)


def _hidden(game: AnyGame, table: AnyTable, event: steps.Hid, texts: Texts, now_ms: int) -> AnyStep:
    """A text is hidden from everybody, or shown again; it stays stored."""
    text = text_of(texts, event.slot)
    if text is None or table.game is None:
        raise Gone("game_gone")
    if text.hidden == event.hidden:
        return Step(table)
    changed = Step(table, (dataclasses.replace(text, hidden=event.hidden),))
    return changed.then(game.apply(table, event, _with(texts, changed), now_ms))


def _started(game: AnyGame, table: AnyTable, texts: Texts, now_ms: int) -> AnyStep:
    least = game.players[table.terms.pace][0]
    if len(table.active) < least:
        raise NotHere("game_few", count=len(table.active), least=least)
    return game.begin(dataclasses.replace(table, state="playing", started_ms=now_ms), texts, now_ms)


def _gone(game: AnyGame, table: AnyTable, event: steps.Left | steps.Removed, texts: Texts, now_ms: int) -> AnyStep:
    turn = table.turn(event.seat)
    gone = seating.with_gone(table, event.seat, "left" if isinstance(event, steps.Left) else "removed")
    table = timing.closed(gone, event.seat)
    if table.state == "lobby" and not table.players:
        return Step(dataclasses.replace(table, state="cancelled", ended_ms=now_ms))
    step: AnyStep = Step(table)
    if turn is not None and not turn.acted and table.state in ("playing", "paused"):
        step = game.apply(table, steps.Missed(turn), texts, now_ms)
    return step.then(_passed_on(game, step.table, event, _with(texts, step), now_ms))


def _ended(game: AnyGame, table: AnyTable, texts: Texts, now_ms: int) -> AnyStep:
    if table.state == "lobby":
        return Step(dataclasses.replace(table, state="cancelled", ended_ms=now_ms))
    running = dataclasses.replace(table, state="playing", paused_ms=None, pause_reason="", turns=(), requests=())
    return game.finish(running, texts, now_ms)


def _paused(table: AnyTable, reason: PauseReason, now_ms: int) -> AnyTable:
    return dataclasses.replace(table, state="paused", paused_ms=now_ms, pause_reason=reason)


def _resumed(game: AnyGame, table: AnyTable, texts: Texts, now_ms: int) -> AnyStep:
    if table.state != "paused" or table.paused_ms is None:
        raise NotHere("game_not_paused")
    if table.phase not in game.unmanned and len(table.active) < game.least_active:
        raise NotHere("game_few", count=len(table.active), least=game.least_active)
    running = dataclasses.replace(table, state="playing", paused_ms=None, pause_reason="")
    moved = timing.moved(running, max(0, now_ms - table.paused_ms))
    return game.apply(moved, steps.Resumed(), texts, now_ms)


# ---- time


def _ticked(game: AnyGame, table: AnyTable, texts: Texts, now_ms: int) -> AnyStep:
    """What is due now."""
    if table.due_ms is None or table.due_ms > now_ms:
        return Step(table)
    if table.state == "lobby":
        return Step(dataclasses.replace(table, state="cancelled", ended_ms=now_ms))
    if table.state == "paused":
        return _ended(game, table, texts, now_ms)
    requests = tuple(
        dataclasses.replace(each, after_ms=0) if each.after_ms <= now_ms else each for each in table.requests
    )
    step: AnyStep = Step(dataclasses.replace(table, requests=requests))
    for request in requests:
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
        warned, now = timing.warned(table, turn, now_ms)
        return Step(warned, (), (steps.Ping(turn.seat, turn.move, reminder=True),) if now else ())
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
    table = step.table
    # Whoever presses a button sees in the answer what they are waited for next; whoever is skipped pressed none.
    acting = None if isinstance(event, (steps.Skipped, steps.Removed)) else getattr(event, "seat", None)
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


def _is_kept(text: GameText, texts: Texts) -> bool:
    """Tell whether a text is stored as it is, whenever it was written."""
    kept = text_of(texts, text.slot)
    return kept is not None and dataclasses.replace(text, created_ms=kept.created_ms) == kept


def _with(texts: Texts, step: AnyStep) -> Texts:
    """The texts as they are after a step."""
    if not step.texts:
        return texts
    known = {text.slot: text for text in texts}
    known |= {text.slot: text for text in step.texts}
    return tuple(known.values())


def _turn(table: AnyTable, seat: int, move: int) -> Turn:
    """Return the turn that a button or form is about. Raises `Gone` (`turn_over`) where it is another one, or none."""
    turn = table.turn(seat)
    if turn is None or turn.move != move:
        raise Gone("turn_over")
    return turn


def _require_player(table: AnyTable, number: int) -> None:
    seat = table.seat(number)
    if seat is None or seat.role != "player":
        raise NotHere("game_not_in")


def _require_lobby(table: AnyTable) -> None:
    if table.state != "lobby":
        raise NotHere("game_started")


def _require_playing(table: AnyTable) -> None:
    if table.state != "playing":
        raise NotHere("game_paused" if table.state == "paused" else "game_not_started")
