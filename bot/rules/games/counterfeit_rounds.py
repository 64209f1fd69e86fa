"""A round of Counterfeit: who hides as what, which texts there are, who guessed what, and what that is worth."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.errors import BadInput, Gone
from bot.rules.games import timing
from bot.rules.games.alike import alike
from bot.rules.games.chance import draw, shuffled
from bot.rules.games.steps import Chose, Step
from bot.rules.games.table import GameText, Table, Texts
from bot.rules.text.words import split_words

WORDS = range(8, 61)
"""Words that a text may have."""
MOST_CHARACTERS = 500
"""Characters of a text."""
MOST_SHOWN = 8
"""Texts that a reader sees of a round at most."""
MOST_POINTS = 5
"""Points that marks, and that stars, bring a writer at most, in each round."""
HIT_POINTS = 3
"""What a right mark is worth; each of the machine's texts costs one."""
MANY_SLOTS = 10**12
"""Names of slots are drawn from so many."""
MANY_WRITERS = 8
"""From so many writers on the machine gives a text more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a seat said of a round: the slots that it takes for the machine's, and its star."""

    marks: tuple[str, ...] = ()
    star: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round: the slot of its opening, the seats that hide as the machine, the slots of those who wrote by
    seat, the slots of the machine's texts that were chosen, the guesses by seat; `void`: there were too few texts."""

    opening: str
    masks: tuple[int, ...]
    writers: dict[int, str] = field(default_factory=dict)
    machine: tuple[str, ...] = ()
    guesses: dict[int, Guess] = field(default_factory=dict)
    extended: bool = False
    void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfeit:
    """How far a game is: its rounds, the last of them under way."""

    rounds: tuple[Round, ...]
    planned: int


CounterfeitTable = Table[Counterfeit]


def number_of(table: CounterfeitTable) -> int:
    """Return the number of the round under way, from 0."""
    return len(table.begun.rounds) - 1


def round_of(table: CounterfeitTable) -> Round:
    """Return the round under way."""
    return table.begun.rounds[-1]


def with_round(table: CounterfeitTable, changed: Round) -> CounterfeitTable:
    """Return the table with the round under way changed."""
    rounds = (*table.begun.rounds[:-1], changed)
    return dataclasses.replace(table, game=dataclasses.replace(table.begun, rounds=rounds))


def order_of(table: CounterfeitTable, number: int) -> Callable[[str], int]:
    """Return the order in which the texts of a round stand when it is over: by lot."""
    return lambda slot: draw(table.seed, number, f"over:{slot}")


def slot_for(table: CounterfeitTable, whose: str) -> str:
    """Return a slot in the round under way for what a seat writes ("w" and its number), or the machine ("m" and a
    number): one that tells nobody whose it is."""
    number = number_of(table)
    return f"{number}.{draw(table.seed, number, f'slot:{whose}') % MANY_SLOTS}"


def machine_texts(writers: int) -> int:
    """Return how many texts the machine gives."""
    return 3 if writers >= MANY_WRITERS else 2


def masks_of(seats: Sequence[int], seed: str, number: int) -> tuple[int, ...]:
    """Return who hides as the machine in round `number`, from 0: a third of the seats, in turn over the rounds."""
    count = max(1, len(seats) // 3)
    order = shuffled(sorted(seats), seed, 0, "masks")
    return tuple(sorted({order[(number * count + each) % len(order)] for each in range(count)}))


def slots_of(round_: Round) -> list[str]:
    """Return the slots of all texts of a round."""
    return [*round_.writers.values(), *round_.machine]


def shown_to(table: CounterfeitTable, number: int, viewer: int) -> list[str]:
    """Return the slots that a viewer reads, in an order of their own: all of the machine's, and of the others' as many
    as find place, never their own."""
    round_ = table.begun.rounds[number]
    others = [slot for seat, slot in round_.writers.items() if seat != viewer]
    chosen = shuffled(others, table.seed, number, f"chosen:{viewer}")[: MOST_SHOWN - len(round_.machine)]
    return shuffled(sorted([*chosen, *round_.machine]), table.seed, number, f"order:{viewer}")


def writer_of(round_: Round, slot: str) -> int:
    """Return the seat whose text a slot holds, 0 for the machine's."""
    return next((seat for seat, own in round_.writers.items() if own == slot), 0)


def marks_of(round_: Round) -> Counter[str]:
    """Return how many took each text for the machine's, by slot."""
    return Counter(slot for guess in round_.guesses.values() for slot in guess.marks)


def stars_of(round_: Round) -> Counter[str]:
    """Return how many stars each text has, by slot."""
    return Counter(guess.star for guess in round_.guesses.values() if guess.star)


def points_of(round_: Round) -> dict[int, int]:
    """Return the points of a round by seat; 0 is the house, which has one for each of its texts that somebody took for
    a person's."""
    points: Counter[int] = Counter()
    machine = set(round_.machine)
    for seat, guess in round_.guesses.items():
        if guess.marks:
            hits = len(machine.intersection(guess.marks))
            points[seat] += max(0, HIT_POINTS * hits - len(machine))
            points[0] += len(machine) - hits
    for slot, count in marks_of(round_).items():
        if (seat := writer_of(round_, slot)) in round_.masks:
            points[seat] += min(count, MOST_POINTS)
    for slot, count in stars_of(round_).items():
        if seat := writer_of(round_, slot):
            points[seat] += min(count, MOST_POINTS)
    return dict(points)


def fits(text: str) -> bool:
    """Tell whether a machine's text can stand among people's."""
    return len(split_words(alike(text))) in WORDS and len(text) <= MOST_CHARACTERS


def pool_of(table: CounterfeitTable, texts: Texts) -> list[GameText]:
    """Return what the machine wrote for the round under way, as far as it may be shown."""
    prefix, opening = f"{number_of(table)}.", round_of(table).opening
    own = [text for text in texts if text.slot.startswith(prefix) and text.seat is None and text.slot != opening]
    return [text for text in own if text.origin == "gpt" and not text.hidden]


def guessed(table: CounterfeitTable, event: Chose, now_ms: int) -> Step[Counterfeit]:
    """Keep what somebody takes for the machine's, or their star, by places in their own order; the other part of
    their guess stays."""
    if table.phase != "guess":
        raise Gone("turn_over")
    number, round_ = number_of(table), round_of(table)
    shown = shown_to(table, number, event.seat)
    known = {str(place): slot for place, slot in enumerate(shown)}
    if not known.keys() >= set(event.values):
        raise Gone("turn_over")
    slots = tuple(dict.fromkeys(known[value] for value in event.values))
    guess = round_.guesses.get(event.seat, Guess())
    if event.what == "star":
        guess = dataclasses.replace(guess, star=slots[0] if slots else "")
    elif slots and len(slots) != len(round_.machine):
        raise BadInput("game_marks", count=len(round_.machine))
    else:
        guess = dataclasses.replace(guess, marks=slots)
    guesses = {**round_.guesses, event.seat: guess}
    table = with_round(table, dataclasses.replace(round_, guesses=guesses))
    if all(guesses.get(seat.number, Guess()).marks for seat in table.active):  # others have a grace
        table = timing.closing(table, now_ms)
    return Step(table)
