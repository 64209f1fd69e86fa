"""How each kind of game is played in the conformance kit, and what a seat may see of it, told without its views.

A new kind is one class here and one line in `HANDS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Protocol

from bot.rules.games import steps
from bot.rules.games.steps import Event
from bot.rules.games.table import GameText
from bot.rules.gap_words import Gap
from tests.rules.games.parties import PASSAGE, TOKEN, Party


class Hand(Protocol):
    """How a kind is played. Lists of events are in no order that matters."""

    single: frozenset[str]
    """What a seat can choose once only, by `Chose.what`: the same again is a double click."""

    def is_endless(self, party: Party) -> bool:
        """Tell whether it goes on until whoever leads ends it."""
        ...

    def acts(self, party: Party) -> list[Event]:
        """Return what players can do now that takes the game on. It must not wait for time."""
        ...

    def fancies(self, party: Party) -> list[Event]:
        """Return what people may try besides, allowed or not."""
        ...

    def answer(self, party: Party, request_key: str) -> steps.Made:
        """Return what the models answer."""
        ...

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        """Return the tokens of texts that a seat may see, and the seats that it may be told of."""
        ...


def written(party: Party, seat: int, words: int, *parts: str, ends: str = ".") -> steps.Wrote:
    """Return a turn that a seat takes with so many words."""
    turn = party.table.turn(seat)
    move = party.table.move if turn is None else turn.move
    return steps.Wrote(seat=seat, move=move, text=party.tokens(words) + ends, parts=parts)


def tokens_of(texts: Iterable[GameText | str | None]) -> set[str]:
    """Return the tokens of texts that are not hidden."""
    found: set[str] = set()
    for text in texts:
        if isinstance(text, str):
            found.update(TOKEN.findall(text))
        elif text is not None and not text.hidden:
            found.update(TOKEN.findall(text.text))
    return found


def everybody(party: Party) -> set[int]:
    """Return all seats."""
    return {seat.number for seat in party.table.seats}


def due(party: Party) -> list[int]:
    """Return the seats that are waited for."""
    return [turn.seat for turn in party.table.turns if not turn.acted]


class FoldHand:
    """Lines of sheets; a seat sees the end of its own sheet, and what was read out."""

    single = frozenset({"next"})

    def is_endless(self, party: Party) -> bool:
        return False

    def acts(self, party: Party) -> list[Event]:
        return [written(party, seat, party.rng.randint(3, 12)) for seat in due(party)]

    def fancies(self, party: Party) -> list[Event]:
        seats = sorted(everybody(party))
        seat, other = party.rng.choice(seats), party.rng.choice(seats)
        shown = party.table.game.shown if party.table.game is not None else 0
        slots = party.rng.sample(sorted(party.texts), min(2, len(party.texts)))
        slot = slots[0] if slots else "0.0"
        return [
            steps.Chose(seat=party.table.host or seat, what="next", values=(str(shown),)),
            steps.Chose(seat=seat, what="next", values=("0",)),
            steps.Chose(seat=seat, what="hearts", values=tuple(slots)),
            steps.Mended(seat=other, slot=slot, text=party.tokens(5)),
        ]

    def answer(self, party: Party, request_key: str) -> steps.Made:
        return steps.Made(key=request_key, texts=("no line", party.tokens(9)))

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        game, texts = party.table.game, party.texts
        told = everybody(party) if party.table.is_over else set()
        if game is None:
            return set(), told
        mine = [text.text for text in texts.values() if viewer is not None and text.seat == viewer]
        shown = [texts.get(f"{place}.{line}") for place in game.order[: game.shown] for line in range(game.lines)]
        held = [texts.get(f"{place}.{len(sheet.writers) - 1}") for place, sheet in enumerate(game.sheets)
                if viewer is not None and sheet.held == viewer and party.table.turn(viewer) is not None]  # fmt: skip
        ends = [_end(party, text) for text in held if text is not None and not text.hidden]
        return tokens_of([*mine, *shown, *ends]), told


def _end(party: Party, text: GameText) -> str:
    count = {"six": 6, "word": 1}.get(str(party.table.settings["tail"]), 1000)
    return " ".join(text.text.split()[-count:])


class CounterfeitHand:
    """Texts for an opening; nobody is told whose they are before the round is over."""

    single = frozenset({"next"})

    def is_endless(self, party: Party) -> bool:
        return False

    def acts(self, party: Party) -> list[Event]:
        return [written(party, seat, party.rng.randint(8, 30)) for seat in due(party)]

    def fancies(self, party: Party) -> list[Event]:
        rng, game = party.rng, party.table.game
        seats = sorted(everybody(party))
        rounds = len(game.rounds) - 1 if game is not None else 0
        machine = len(game.rounds[-1].machine) if game is not None else 2
        marks = tuple(map(str, rng.sample(range(machine + 2), machine)))
        acted = [turn.seat for turn in party.table.turns if turn.acted]
        again = [written(party, rng.choice(acted), 10)] if acted else []
        chosen: list[Event] = [steps.Chose(seat=rng.choice(seats), what="marks", values=marks) for _ in range(2)]
        return [
            *chosen,
            *again,
            steps.Chose(seat=rng.choice(seats), what="star", values=(str(rng.randint(0, 3)),)),
            steps.Chose(seat=party.table.host or rng.choice(seats), what="next", values=(str(rounds),)),
        ]

    def answer(self, party: Party, request_key: str) -> steps.Made:
        texts = tuple(party.tokens(party.rng.randint(5, 30)) + "." for _ in range(12))
        return steps.Made(key=request_key, texts=texts)

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        table, texts = party.table, party.texts
        if table.game is None:
            return set(), set()
        over = [*table.game.rounds] if table.is_over or table.phase == "result" else [*table.game.rounds[:-1]]
        told: list[GameText | None] = [texts.get(round_.opening) for round_ in table.game.rounds]
        writers = {0}
        for round_ in over:
            told += [texts.get(slot) for slot in round_.machine]
            told += [texts.get(slot) for slot in round_.writers.values()]
            writers |= {*round_.writers, *round_.guesses}
        if table.phase == "guess" and viewer is not None:
            round_ = table.game.rounds[-1]
            told += [texts.get(slot) for slot in round_.machine]
            told += [texts.get(slot) for seat, slot in round_.writers.items() if seat != viewer]
        elif viewer is not None:
            own = texts.get(table.game.rounds[-1].writers.get(viewer, ""))
            return tokens_of([*told, own.text if own is not None else None]), writers
        return tokens_of(told), writers


class DoorsHand:
    """Chapters with doors, which all may read; whose ballots are whose nobody is told."""

    single: frozenset[str] = frozenset()

    def is_endless(self, party: Party) -> bool:
        return False

    def acts(self, party: Party) -> list[Event]:
        doors = [party.tokens(3) for _ in range(party.rng.choice([0, 2, 3]))]
        if party.rng.random() < 0.1:
            doors = ["The End", *doors]
        return [written(party, seat, party.rng.randint(30, 40), *doors) for seat in due(party)]

    def fancies(self, party: Party) -> list[Event]:
        rng, game = party.rng, party.table.game
        seats = sorted(everybody(party))
        chapter = rng.randrange(len(game.chapters)) if game is not None and game.chapters else 0
        return [
            steps.Chose(seat=rng.choice(seats), what="like", values=(str(rng.randint(0, 2)),)),
            steps.Chose(seat=rng.choice(seats), what="star", values=(str(rng.randint(0, 1)),)),
            steps.Chose(seat=rng.choice(seats), what="reopen", values=(f"{chapter}.{rng.randint(0, 2)}",)),
        ]

    def answer(self, party: Party, request_key: str) -> steps.Made:
        words = 40 if request_key.startswith("chapter") else 4
        texts = tuple(party.tokens(words) + "." for _ in range(party.rng.randint(0, 4)))
        return steps.Made(key=request_key, texts=texts)

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        mine = [text.text for text in party.texts.values() if viewer is not None and text.seat == viewer]
        return tokens_of([*party.texts.values(), *mine]), everybody(party)


class GapsHand:
    """Words that are put into a passage that nobody sees; of a duel the passage without them."""

    single: frozenset[str] = frozenset()

    def __init__(self, *, duel: bool = False) -> None:
        self._duel = duel

    def is_endless(self, party: Party) -> bool:
        return False

    def acts(self, party: Party) -> list[Event]:
        return [self._words(party, seat) for seat in due(party)]

    def fancies(self, party: Party) -> list[Event]:
        seats = sorted(everybody(party))
        acted = [turn.seat for turn in party.table.turns if turn.acted]
        again = [self._words(party, party.rng.choice(acted))] if acted else []
        slot = party.rng.choice(sorted(party.texts)) if party.texts else "g0.0"
        return [
            *again,
            steps.Chose(seat=party.rng.choice(seats), what="star", values=(str(party.rng.randint(1, 6)),)),
            steps.Chose(seat=party.rng.choice(seats), what="star", values=()),
            steps.Mended(seat=party.rng.choice(seats), slot=slot, text=party.tokens(1)),
        ]

    def _words(self, party: Party, seat: int) -> steps.Wrote:
        words = [party.tokens(1) if party.rng.random() < 0.8 else "" for _ in range(5)]
        turn = party.table.turn(seat)
        move = party.table.move if turn is None else turn.move
        return steps.Wrote(seat=seat, move=move, text=words[0], parts=tuple(words[1:]))

    def answer(self, party: Party, request_key: str) -> steps.Made:
        words = list(TOKEN.finditer(PASSAGE.text))
        count = 5 if self._duel else 6
        gaps = tuple(
            Gap(places=(match.span(),), word=match[0], shape="", hints=("lamp", "bell"), guess="lamp")
            for match in words[2 : 2 + 4 * count : 4]
        )
        return steps.Made(key=request_key, gaps=gaps)

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        table, texts = party.table, party.texts
        if table.game is None:
            return set(), set()
        words = [text for text in texts.values() if text.slot.startswith("g")]
        own = [text.text for text in words if viewer is not None and text.seat == viewer]
        if (table.phase == "stars" or table.is_over) and table.game.gaps:
            return tokens_of([PASSAGE.text, *own, *words]), everybody(party)
        passage = tokens_of([PASSAGE.text]) - {gap.word for gap in table.game.gaps}
        return tokens_of(own) | (passage if self._duel and table.game.gaps else set()), set()


class RelayHand:
    """Passages one after another; a seat sees as many of the last as was agreed on, and sparks of its own."""

    single: frozenset[str] = frozenset()

    def is_endless(self, party: Party) -> bool:
        return party.table.settings["rounds"] == 0

    def acts(self, party: Party) -> list[Event]:
        table = party.table
        last = table.game.writers[-1] if table.game is not None and table.game.writers else None
        if table.phase == "open":
            return [
                steps.Chose(seat=seat.number, what="take", values=()) for seat in table.active if seat.number != last
            ]
        return [written(party, seat, party.rng.randint(20, 25)) for seat in due(party)]

    def fancies(self, party: Party) -> list[Event]:
        rng = party.rng
        seats = sorted(everybody(party))
        seat = due(party)[0] if due(party) else rng.choice(seats)
        slot = rng.choice(sorted(party.texts)) if party.texts else "p0"
        sparked = party.table.game.sparks if party.table.game is not None else ()
        based = written(party, seat, 22)
        return [
            steps.Chose(seat=rng.choice(seats), what="take", values=()),
            steps.Chose(seat=seat, what="spark", values=()),
            steps.Chose(seat=rng.choice(seats), what="spark", values=()),
            dataclasses.replace(based, based_on=rng.choice(sparked or ("p0",))),
            steps.Mended(seat=rng.choice(seats), slot=slot, text=party.tokens(21)),
        ]

    def answer(self, party: Party, request_key: str) -> steps.Made:
        texts = tuple(party.tokens(party.rng.randint(5, 60)) + "." for _ in range(party.rng.randint(0, 3)))
        return steps.Made(key=request_key, texts=texts)

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        table = party.table
        if table.game is None:
            return set(), everybody(party)
        visible = 0 if table.is_over else int(table.settings["visible"])
        told = [party.texts.get(f"p{number}") for number in range(len(table.game.writers))][-visible:]
        mine = [text.text for text in party.texts.values() if viewer is not None and text.seat == viewer]
        sparks = [party.texts.get(slot) for slot in table.game.sparks if viewer in due(party)]
        return tokens_of([*told, *mine, *sparks]), everybody(party)


class OneWordHand:
    """Words by whoever is there, which all may read."""

    single = frozenset({"undo"})

    def is_endless(self, party: Party) -> bool:
        return False

    def acts(self, party: Party) -> list[Event]:
        table = party.table
        if table.game is None or table.phase != "words":
            return []
        apart = 2 if len(table.active) >= 5 else 1
        lately = table.game.writers[-apart:]
        return [self._words(party, seat.number) for seat in table.active if seat.number not in lately]

    def _words(self, party: Party, seat: int) -> Event:
        text = party.tokens(party.rng.randint(1, 3)) + party.rng.choice(["", "", "", ".", ","])
        return steps.Wrote(seat=seat, move=party.table.move, text=text)

    def fancies(self, party: Party) -> list[Event]:
        rng, game = party.rng, party.table.game
        seats = sorted(everybody(party))
        last = game.writers[-1] if game is not None and game.writers else None
        slot = f"w{len(game.writers) - 1}" if game is not None else "w0"
        return [
            self._words(party, rng.choice(seats)),
            steps.Chose(seat=last or rng.choice(seats), what="undo", values=(slot,)),
            steps.Chose(seat=rng.choice(seats), what="undo", values=("w0",)),
            steps.Chose(seat=rng.choice(seats), what="nudge", values=()),
            steps.Wrote(seat=rng.choice(seats), move=party.table.move - 3, text="late"),
        ]

    def answer(self, party: Party, request_key: str) -> steps.Made:
        return steps.Made(key=request_key, texts=(party.tokens(4),))

    def seen(self, party: Party, viewer: int | None) -> tuple[set[str], set[int]]:
        game = party.table.game
        if game is None:
            return set(), everybody(party)
        return tokens_of(party.texts.get(f"w{number}") for number in range(len(game.writers))), everybody(party)


HANDS: Mapping[str, Hand] = {
    "fold": FoldHand(),
    "counterfeit": CounterfeitHand(),
    "relay": RelayHand(),
    "doors": DoorsHand(),
    "gaps": GapsHand(),
    "duel": GapsHand(duel=True),
    "one_word": OneWordHand(),
}
"""How each kind is played."""
