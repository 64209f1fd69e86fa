"""Counterfeit: who of us is the machine? Everybody goes on from one opening, and so does a model; some writers hide as
the machine. Then all guess.

All texts are shown in one form, in another order to each reader, and who wrote what is told at the end of the round.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from bot.errors import Gone
from bot.rules.games import steps, timing
from bot.rules.games.alike import alike, nearest
from bot.rules.games.counterfeit_rounds import (
    MOST_CHARACTERS,
    WORDS,
    Counterfeit,
    CounterfeitTable,
    Guess,
    Round,
    fits,
    guessed,
    machine_texts,
    masks_of,
    number_of,
    order_of,
    pool_of,
    round_of,
    shown_to,
    slot_for,
    slots_of,
    stars_of,
    with_round,
)
from bot.rules.games.counterfeit_views import CounterfeitView, Side, points_so_far, result_of, shown_text
from bot.rules.games.game import Setting
from bot.rules.games.openings import opening_of
from bot.rules.games.play import requested
from bot.rules.games.table import ASK_MS, GameText, Pace, Request, Texts, text_of
from bot.rules.games.turn_texts import check_words

FORGE_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 5 * 60_000, "days": 86_400_000})
"""Time to write, by pace (ms)."""
GUESS_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 4 * 60_000, "days": 86_400_000})
"""Time to guess, by pace (ms)."""
RESULT_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 60_000, "days": 12 * 3_600_000})
"""How long the result of a round stands before the next begins, by pace (ms)."""
ASKED = 12
"""Texts that the models are asked for at a time."""
ASKED_WORDS = 40
"""Words that they are asked for, about."""
LEAST_TEXTS = 2
"""People's texts without which a round is void."""

CounterfeitStep = steps.Step[Counterfeit]


class CounterfeitGame:
    """The rules of Counterfeit."""

    kind: ClassVar[str] = "counterfeit"
    version: ClassVar[int] = 1
    players: ClassVar[Mapping[Pace, range]] = MappingProxyType({"tonight": range(3, 11), "days": range(3, 11)})
    least_active: ClassVar[int] = 2
    unmanned: ClassVar[frozenset[str]] = frozenset({"machine", "guess", "result"})
    open_phases: ClassVar[frozenset[str]] = frozenset()
    stands_in: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = (Setting("rounds", tuple(range(1, 7)), {"tonight": 3, "days": 3}),)
    state_type: ClassVar[type[Counterfeit]] = Counterfeit

    # ---- the course

    def begin(self, table: CounterfeitTable, texts: Texts, now_ms: int) -> CounterfeitStep:
        """Open the first round."""
        game = Counterfeit(rounds=(), planned=int(table.settings["rounds"]))
        opening = GameText(
            slot="0.o",
            seat=None,
            text=opening_of(table.terms.language, table.seed, 0),
            origin="human",
            created_ms=now_ms,
        )
        return _forging(dataclasses.replace(table, game=game), opening, (opening,), now_ms)

    def apply(self, table: CounterfeitTable, event: steps.Event, texts: Texts, now_ms: int) -> CounterfeitStep:
        """Return what an event leads to."""
        match event:
            case steps.Wrote():
                return _wrote(table, event, now_ms)
            case steps.Passed() | steps.Missed():
                return _went_without(table, event, now_ms)
            case steps.Chose(what="marks" | "star"):
                return guessed(table, event, now_ms)
            case steps.Chose(what="next"):
                if table.phase != "result" or event.seat != table.host or event.values != (str(number_of(table)),):
                    raise Gone("turn_over")
                return _next(table, texts, now_ms)
            case steps.Made():
                return _made(table, event, texts, now_ms)
            case steps.PhaseOver():
                return _phase_over(table, texts, now_ms)
            case steps.Joined():
                return _seated(table, now_ms)
            case steps.Mended():
                turn = table.turn(event.seat)
                move = -1 if turn is None else turn.move
                return _wrote(table, steps.Wrote(seat=event.seat, move=move, text=event.text), now_ms)
            case _:
                return steps.Step(table)

    def admits(self, table: CounterfeitTable) -> bool:
        """While a round is written, and between rounds."""
        return table.phase in ("forge", "result")

    def finish(self, table: CounterfeitTable, texts: Texts, now_ms: int) -> CounterfeitStep:
        """End: a round that is under way counts as it stands, where people have guessed."""
        round_ = round_of(table)
        if table.phase in ("guess", "result") and round_.guesses:
            return _over(table, now_ms)
        return _over(with_round(table, dataclasses.replace(round_, void=True)), now_ms)

    # ---- what is seen

    def view(self, table: CounterfeitTable, texts: Texts, viewer: int | None) -> CounterfeitView:
        """Return what a seat sees: of the round under way never who wrote what."""
        game, number = table.begun, number_of(table)
        round_ = game.rounds[number]
        opening = text_of(texts, round_.opening)
        own = text_of(texts, round_.writers.get(viewer, "")) if viewer is not None else None
        told = number + (table.phase == "result" or table.is_over)
        shown = shown_to(table, number, viewer) if viewer is not None and table.phase == "guess" else []
        guess = round_.guesses.get(viewer, Guess()) if viewer is not None else Guess()
        side: Side | None = None
        if viewer is not None and table.phase == "forge" and table.turn(viewer) is not None:
            side = "mask" if viewer in round_.masks else "hand"
        return CounterfeitView(
            number=number + 1,
            planned=game.planned,
            opening="" if opening is None or opening.hidden else alike(opening.text),
            side=side,
            own=own.text if own is not None and table.phase == "forge" else "",
            texts_in=len(round_.writers),
            guesses_in=len(round_.guesses),
            lettered=tuple(shown_text(texts, slot) for slot in shown),
            slots=tuple(shown),
            wanted=len(round_.machine) if shown else 0,
            marks=tuple(place for place, slot in enumerate(shown) if slot in guess.marks),
            star=shown.index(guess.star) if guess.star in shown else None,
            over=tuple(result_of(table, place, texts) for place in range(told)),
            points=points_so_far(table, told),
        )

    def story(self, table: CounterfeitTable, texts: Texts) -> Sequence[str]:
        """Return, round by round, the opening and what came of it."""
        slots: list[str] = []
        for number, round_ in enumerate(table.begun.rounds):
            found = [round_.opening, *sorted(slots_of(round_), key=order_of(table, number))]
            slots += [slot for slot in found if slot not in slots]
        return slots


# ---- writing


def _forging(table: CounterfeitTable, opening: GameText, texts: tuple[GameText, ...], now_ms: int) -> CounterfeitStep:
    """Open a round: everybody writes, and so does a model."""
    game = table.begun
    number = len(game.rounds)
    seats = [seat.number for seat in table.active]
    round_ = Round(opening=opening.slot, masks=masks_of(seats, table.seed, number))
    table = dataclasses.replace(
        table, phase="forge", turns=(), requests=(), game=dataclasses.replace(game, rounds=(*game.rounds, round_))
    )
    due_ms = timing.due_at(table.terms, now_ms, FORGE_MS[table.terms.pace])
    table = dataclasses.replace(table, phase_due_ms=due_ms)
    for seat in seats:
        table = timing.opened(table, seat, "forge", FORGE_MS[table.terms.pace], now_ms)
    table = _asked(table, opening, "open", now_ms)
    return steps.Step(_asked(table, opening, "half", now_ms + (due_ms - now_ms) // 2), texts)


def _asked(
    table: CounterfeitTable, opening: GameText, when: str, from_ms: int, *, small: bool = False
) -> CounterfeitTable:
    """Ask the models for texts, from `from_ms` on, unless the opening's writer does not want that any more."""
    if opening.hidden or not _models_may_read(table, opening):
        return table
    key = f"{number_of(table)}:{when}"
    request = Request(
        key=key,
        kind="continue",
        text=opening.text,
        count=ASKED,
        words=ASKED_WORDS,
        due_ms=from_ms + ASK_MS,
        after_ms=from_ms if when == "half" else 0,
        small=small,
    )
    return requested(table, request)


def _models_may_read(table: CounterfeitTable, text: GameText) -> bool:
    seat = table.seat(text.seat) if text.seat is not None else None
    return seat is None or not seat.no_ai


def _seated(table: CounterfeitTable, now_ms: int) -> CounterfeitStep:
    """Let somebody who joins while a round is written write in it; who joins in a pause writes in the next."""
    for seat in table.active if table.state == "playing" else ():
        if table.phase == "forge" and table.turn(seat.number) is None and seat.joined_ms == now_ms:
            within_ms = max(0, (table.phase_due_ms or now_ms) - now_ms)
            table = timing.opened(table, seat.number, "forge", within_ms, now_ms)
    return steps.Step(table)


def _wrote(table: CounterfeitTable, event: steps.Wrote, now_ms: int) -> CounterfeitStep:
    turn = table.turn(event.seat)
    if table.phase != "forge" or turn is None:
        raise Gone("turn_over")
    check_words(event.text, WORDS, MOST_CHARACTERS)
    round_ = round_of(table)
    slot = round_.writers.get(event.seat) or slot_for(table, f"w{event.seat}")
    text = GameText(
        slot=slot,
        seat=event.seat,
        text=event.text,
        origin=event.origin,
        spans=event.spans,
        created_ms=now_ms,
    )
    table = with_round(table, dataclasses.replace(round_, writers={**round_.writers, event.seat: slot}))
    return steps.Step(timing.acted(table, turn), (text,))


def _went_without(table: CounterfeitTable, event: steps.Passed | steps.Missed, now_ms: int) -> CounterfeitStep:
    """Somebody writes nothing in this round. Where nobody is left to wait for, the round goes on."""
    if isinstance(event, steps.Passed):
        turn = table.turn(event.seat)
        if table.phase != "forge" or turn is None or turn.acted:
            raise Gone("turn_over")
        table = timing.closed(table, event.seat)
    if table.phase == "forge" and all(turn.acted for turn in table.turns):
        table = timing.closing(table, now_ms)
    return steps.Step(table)


def _made(table: CounterfeitTable, event: steps.Made, texts: Texts, now_ms: int) -> CounterfeitStep:
    """Keep what the machine wrote; where the round waits for it, go on."""
    known = len(pool_of(table, texts))
    kept = tuple(
        GameText(slot=slot_for(table, f"m{known + place}"), seat=None, text=text, origin="gpt", created_ms=now_ms)
        for place, text in enumerate(text for text in event.texts if fits(text))
    )
    if table.phase == "machine":
        everything = (*texts, *kept)
        return steps.Step(table, kept).then(_guessing(table, everything, now_ms))
    return steps.Step(table, kept)


# ---- guessing


def _phase_over(table: CounterfeitTable, texts: Texts, now_ms: int) -> CounterfeitStep:
    if table.phase == "forge":
        return _forged(table, texts, now_ms)
    if table.phase == "guess":
        return _told(table, now_ms)
    if table.phase == "machine":
        return _guessing(table, texts, now_ms)
    return _next(table, texts, now_ms)


def _forged(table: CounterfeitTable, texts: Texts, now_ms: int) -> CounterfeitStep:
    """The writing is over: guess, wait for the machine, or where there is too little, extend it once."""
    round_ = round_of(table)
    if len(round_.writers) < LEAST_TEXTS and not round_.extended and table.active:
        half_ms = FORGE_MS[table.terms.pace] // 2
        table = with_round(table, dataclasses.replace(round_, extended=True))
        for seat in table.active:
            if seat.number not in round_.writers:
                table = timing.opened(table, seat.number, "forge", half_ms, now_ms)
        due_ms = timing.due_at(table.terms, now_ms, half_ms)
        return steps.Step(dataclasses.replace(table, phase_due_ms=due_ms))
    if len(round_.writers) < LEAST_TEXTS:
        return _told(with_round(table, dataclasses.replace(round_, void=True)), now_ms)
    opening = text_of(texts, round_.opening)
    if pool_of(table, texts) or opening is None:
        return _guessing(table, texts, now_ms)
    waiting = dataclasses.replace(table, phase="machine", turns=(), requests=(), phase_due_ms=now_ms + 2 * ASK_MS)
    asked = _asked(waiting, opening, "close", now_ms, small=True)
    return steps.Step(asked) if asked.requests else _guessing(asked, texts, now_ms)


def _guessing(table: CounterfeitTable, texts: Texts, now_ms: int) -> CounterfeitStep:
    """Choose the machine's texts and let everybody guess; without any the round is void."""
    round_ = round_of(table)
    humans = [alike(text.text) for text in texts if text.slot in round_.writers.values()]
    pool = pool_of(table, texts)
    chosen = nearest([alike(text.text) for text in pool], humans, machine_texts(len(round_.writers)))
    round_ = dataclasses.replace(round_, machine=tuple(pool[place].slot for place in chosen), void=not chosen)
    table = with_round(dataclasses.replace(table, turns=(), requests=()), round_)
    if round_.void:
        return _told(table, now_ms)
    due_ms = timing.due_at(table.terms, now_ms, GUESS_MS[table.terms.pace])
    return steps.Step(dataclasses.replace(table, phase="guess", phase_due_ms=due_ms))


# ---- results


def _told(table: CounterfeitTable, now_ms: int) -> CounterfeitStep:
    """Tell who wrote what."""
    due_ms = timing.due_at(table.terms, now_ms, RESULT_MS[table.terms.pace])
    table = dataclasses.replace(table, phase="result", turns=(), requests=(), phase_due_ms=due_ms)
    return steps.Step(table, (), (steps.Reveal(number_of(table) + 1),))


def _next(table: CounterfeitTable, texts: Texts, now_ms: int) -> CounterfeitStep:
    """Begin the next round from the text with the most stars, or end."""
    game = table.begun
    if len(game.rounds) >= game.planned or len(table.active) < CounterfeitGame.least_active:
        return _over(table, now_ms)
    number = len(game.rounds)
    stars = stars_of(round_of(table))
    for slot in sorted(stars, key=lambda slot: (-stars[slot], slot)):
        found = text_of(texts, slot)
        if found is not None and not found.hidden and _models_may_read(table, found):
            return _forging(table, found, (), now_ms)
    opening = GameText(
        slot=f"{number}.o",
        seat=None,
        text=opening_of(table.terms.language, table.seed, number),
        origin="human",
        created_ms=now_ms,
    )
    return _forging(table, opening, (opening,), now_ms)


def _over(table: CounterfeitTable, now_ms: int) -> CounterfeitStep:
    total = points_so_far(table, len(table.begun.rounds))
    scores = [steps.Score(seat, points, "game") for seat, points in sorted(total.items()) if seat and points]
    told = [] if table.phase == "result" else [steps.Reveal(number_of(table) + 1)]
    ended = dataclasses.replace(
        table, state="ended", phase="", phase_due_ms=None, turns=(), requests=(), ended_ms=now_ms
    )
    return steps.Step(ended, (), (*told, *scores))
