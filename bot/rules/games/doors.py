"""Doors: choose the path. A scribe writes a chapter with two to four doors, all vote which one to open, another scribe
writes on; in the end it is a book that can be walked.

The ballots are those of rounds: secret, likes and a favourite, minimax. A door that was not chosen can be opened when
the way has come to an end, so that the book has several.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from bot.errors import BadInput, Gone, NotHere
from bot.rules.games import steps, timing
from bot.rules.games.chance import shuffled
from bot.rules.games.doors_book import (
    DOOR_TEXT,
    DOOR_WORDS,
    MOST_CHARACTERS,
    MOST_DOORS,
    PROPOSED,
    WORDS,
    Chapter,
    Doors,
    DoorsTable,
    DoorsView,
    as_door,
    ballots_of,
    book_of,
    chapter_slot,
    chosen_door,
    door_slot,
    is_end,
    links_of,
    unopened,
    with_door,
)
from bot.rules.games.game import Setting
from bot.rules.games.play import requested
from bot.rules.games.table import ASK_MS, GameText, Pace, Request, Texts, text_of
from bot.rules.games.turn_texts import check_words
from bot.rules.provenance import Origin
from bot.rules.text.characters import is_blank

WRITE_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 5 * 60_000, "days": 86_400_000})
"""Time to write a chapter, by pace (ms)."""
VOTE_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 2 * 60_000, "days": 86_400_000})
"""Time to vote, by pace (ms)."""
STAND_IN_WORDS = 70
"""Words that they are asked for a chapter, about."""
LAST_WORDS_SHOWN = 600
"""Characters of a chapter that the models go on from."""

DoorsStep = steps.Step[Doors]


class DoorsGame:
    """The rules of Doors."""

    kind: ClassVar[str] = "doors"
    version: ClassVar[int] = 1
    players: ClassVar[Mapping[Pace, range]] = MappingProxyType({"tonight": range(2, 21), "days": range(2, 21)})
    least_active: ClassVar[int] = 1
    unmanned: ClassVar[frozenset[str]] = frozenset({"vote", "doors", "stand_in", "branches"})
    open_phases: ClassVar[frozenset[str]] = frozenset()
    stands_in: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (Setting("chapters", tuple(range(3, 21)), {"tonight": 8, "days": 8}),)
    state_type: ClassVar[type[Doors]] = Doors

    # ---- the course

    def begin(self, table: DoorsTable, texts: Texts, now_ms: int) -> DoorsStep:
        """Ask the first scribe."""
        game = Doors(most=int(table.settings["chapters"]))
        return steps.Step(_asked(dataclasses.replace(table, game=game), now_ms))

    def apply(self, table: DoorsTable, event: steps.Event, texts: Texts, now_ms: int) -> DoorsStep:
        """Return what an event leads to."""
        match event:
            case steps.Wrote():
                return _wrote(table, event, now_ms)
            case steps.Missed() | steps.Passed():
                return _passed_over(table, event, texts, now_ms)
            case steps.Made():
                return _made(table, event, now_ms)
            case steps.Chose(what="like" | "star"):
                return _voted(table, event, now_ms)
            case steps.Chose(what="reopen"):
                return _reopened(table, event, now_ms)
            case steps.PhaseOver():
                return _phase_over(table, texts, now_ms)
            case steps.Joined() | steps.Back() | steps.Resumed():
                return steps.Step(_asked(table, now_ms) if table.phase == "write" and not table.turns else table)
            case steps.Mended():
                raise Gone("turn_over")
            case _:
                return steps.Step(table)

    def admits(self, table: DoorsTable) -> bool:
        """Always: the next scribe may be new."""
        return True

    def finish(self, table: DoorsTable, texts: Texts, now_ms: int) -> DoorsStep:
        """End with the book as it is."""
        return _over(table, now_ms)

    # ---- what is seen

    def view(self, table: DoorsTable, texts: Texts, viewer: int | None) -> DoorsView:
        """Return what a seat sees: the whole book, and of the vote its own ballot."""
        game = table.begun
        voting = table.phase == "vote" and viewer is not None
        behind, door = game.here
        through = text_of(texts, door_slot(behind, door)) if behind is not None and table.phase != "vote" else None
        return DoorsView(
            book=book_of(table, texts),
            most=game.most,
            from_chapter=None if behind is None else behind + 1,
            through="" if through is None or through.hidden else through.text,
            voters=len(ballots_of(game)) if table.phase == "vote" else 0,
            likes=game.likes.get(viewer, ()) if voting and viewer is not None else (),
            star=game.stars.get(viewer) if voting and viewer is not None else None,
        )

    def story(self, table: DoorsTable, texts: Texts) -> Sequence[str]:
        """Return the chapters, each behind the one that leads to it."""
        return [chapter_slot(number) for number in range(len(table.begun.chapters))]

    def links(self, table: DoorsTable) -> Mapping[str, tuple[str, str]]:
        """Return where each chapter is reached from: see `links_of`."""
        return links_of(table.begun)


# ---- writing


def _asked(table: DoorsTable, now_ms: int) -> DoorsTable:
    """Ask the next scribe: of those who have written least, by lot, whoever was not asked for this chapter yet; where
    all were, everybody is asked again. A paused table asks nobody."""
    game = table.begun
    seats = [seat.number for seat in table.active]
    if not seats or table.state != "playing":
        return dataclasses.replace(table, phase="write", turns=(), phase_due_ms=None)
    fresh = [seat for seat in seats if seat not in game.asked]
    if not fresh:
        game = dataclasses.replace(game, asked=())
        fresh = seats
    written = [chapter.scribe for chapter in game.chapters]
    order = shuffled(sorted(fresh), table.seed, len(game.chapters), "scribe")
    last = written[-1] if written else None
    scribe = min(order, key=lambda seat: (seat == last and len(fresh) > 1, written.count(seat)))
    game = dataclasses.replace(game, asked=(*game.asked, scribe))
    table = dataclasses.replace(table, phase="write", turns=(), phase_due_ms=None, game=game)
    return timing.opened(table, scribe, "chapter", WRITE_MS[table.terms.pace], now_ms)


def _wrote(table: DoorsTable, event: steps.Wrote, now_ms: int) -> DoorsStep:
    if table.phase != "write":
        raise Gone("turn_over")
    check_words(event.text, WORDS, MOST_CHARACTERS)
    doors = tuple(" ".join(part.split()) for part in event.parts if not is_blank(part))
    for door in doors:
        if len(door) > DOOR_TEXT:
            raise BadInput("game_door_long", length=len(door), limit=DOOR_TEXT)
    alone = len(doors) == 1 and not is_end(doors[0])
    if alone or len({door.casefold() for door in doors}) < len(doors) or len(doors) > MOST_DOORS:
        raise BadInput("game_doors", low=2, high=MOST_DOORS)
    text = GameText(
        slot="", seat=event.seat, text=event.text, origin=event.origin, spans=event.spans, created_ms=now_ms
    )
    table = timing.closed(table, event.seat)
    return _written(table, text, doors, now_ms)


def _written(table: DoorsTable, text: GameText, doors: tuple[str, ...], now_ms: int) -> DoorsStep:
    """A chapter is there: put it behind its door, then vote, ask the models for doors, or end."""
    game = table.begun
    number = len(game.chapters)
    behind, door = game.here
    text = dataclasses.replace(text, slot=chapter_slot(number))
    game = dataclasses.replace(
        game, chapters=(*game.chapters, Chapter(behind=behind, door=door, scribe=text.seat)), asked=()
    )
    if behind is not None:
        game = with_door(game, behind, door, number)
    table = dataclasses.replace(table, game=game)
    if number + 1 >= game.most:
        return _branching(table, now_ms).adding(texts=[text])
    if len(doors) < 1:
        return _proposing(table, text, now_ms).adding(texts=[text])
    return _doors_set(table, doors, text.seat, now_ms).adding(texts=[text])


def _proposing(table: DoorsTable, text: GameText, now_ms: int) -> DoorsStep:
    """Ask the models for doors, where they may read the chapter; without any the story goes straight on."""
    seat = table.seat(text.seat) if text.seat is not None else None
    if seat is not None and seat.no_ai:
        return _straight_on(table, now_ms)
    number = len(table.begun.chapters) - 1
    waiting = dataclasses.replace(table, phase="doors", turns=(), phase_due_ms=now_ms + 2 * ASK_MS)
    request = Request(
        key=f"doors:{number}:{table.move}",
        kind="continue",
        text=text.text[-LAST_WORDS_SHOWN:],
        count=2 * PROPOSED,
        words=DOOR_WORDS,
        due_ms=now_ms + ASK_MS,
    )
    return steps.Step(requested(waiting, request), (), (steps.Reveal(number + 1),))


def _doors_set(table: DoorsTable, doors: tuple[str, ...], seat: int | None, now_ms: int) -> DoorsStep:
    """The newest chapter has its doors: all vote, unless the only one is the end."""
    game, number = table.begun, len(table.begun.chapters) - 1
    ends = tuple(place for place, door in enumerate(doors) if is_end(door))
    chapter = dataclasses.replace(game.chapters[number], doors=len(doors), ends=ends)
    game = dataclasses.replace(game, chapters=(*game.chapters[:number], chapter), likes={}, stars={}, extended=False)
    origin: Origin = "gpt" if seat is None else "human"
    kept = tuple(
        GameText(slot=door_slot(number, place), seat=seat, text=door, origin=origin, created_ms=now_ms)
        for place, door in enumerate(doors)
    )
    table, told = dataclasses.replace(table, game=game), steps.Reveal(number + 1)
    if len(doors) == 1:
        return _branching(table, now_ms).adding(told, texts=kept)
    due_ms = timing.due_at(table.terms, now_ms, VOTE_MS[table.terms.pace])
    return steps.Step(dataclasses.replace(table, phase="vote", turns=(), phase_due_ms=due_ms), kept, (told,))


def _made(table: DoorsTable, event: steps.Made, now_ms: int) -> DoorsStep:
    """What the models propose: doors, or a chapter."""
    what = event.key.partition(":")[0]
    if what == "doors" and table.phase == "doors":
        doors = tuple(dict.fromkeys(door for text in event.texts if (door := as_door(text))))[:PROPOSED]
        return _doors_set(table, doors, None, now_ms) if len(doors) > 1 else _straight_on(table, now_ms)
    if what == "chapter" and table.phase == "stand_in" and event.texts:
        text = GameText(slot="", seat=None, text=event.texts[0][:MOST_CHARACTERS], origin="gpt", created_ms=now_ms)
        return _written(table, text, (), now_ms)
    return steps.Step(_asked(table, now_ms)) if table.phase == "stand_in" else steps.Step(table)


def _passed_over(table: DoorsTable, event: steps.Missed | steps.Passed, texts: Texts, now_ms: int) -> DoorsStep:
    """The scribe does not write: the next one is asked, and when all were, a stand-in where there is one."""
    if isinstance(event, steps.Passed):
        table = timing.closed(table, event.seat)
    if table.phase != "write" or table.state != "playing":
        return steps.Step(table)
    game = table.begun
    everybody = {seat.number for seat in table.active} <= set(game.asked)
    last = text_of(texts, chapter_slot(game.here[0])) if game.here[0] is not None else None
    seat = table.seat(last.seat) if last is not None and last.seat is not None else None
    readable = last is not None and not last.hidden and not (seat is not None and seat.no_ai)
    if not (everybody and table.terms.stand_in and readable and last is not None):
        return steps.Step(_asked(table, now_ms))
    request = Request(
        key=f"chapter:{len(game.chapters)}:{table.move}",
        kind="continue",
        text=last.text[-LAST_WORDS_SHOWN:],
        count=3,
        words=STAND_IN_WORDS,
        due_ms=now_ms + ASK_MS,
    )
    waiting = dataclasses.replace(table, phase="stand_in", turns=(), phase_due_ms=now_ms + 2 * ASK_MS)
    return steps.Step(requested(waiting, request))


# ---- choosing


def _voted(table: DoorsTable, event: steps.Chose, now_ms: int) -> DoorsStep:
    """Keep what somebody likes, or their favourite; the other part of their ballot stays."""
    if table.phase != "vote":
        raise Gone("turn_over")
    game = table.begun
    doors = {str(door): door for door in range(game.chapters[-1].doors)}
    if not doors.keys() >= set(event.values):
        raise Gone("turn_over")
    chosen = tuple(dict.fromkeys(doors[value] for value in event.values))
    if event.what == "like":
        game = dataclasses.replace(game, likes={**game.likes, event.seat: chosen})
    else:
        stars = {seat: door for seat, door in game.stars.items() if seat != event.seat}
        game = dataclasses.replace(game, stars={**stars, event.seat: chosen[0]} if chosen else stars)
    table = dataclasses.replace(table, game=game)
    if all(game.likes.get(seat.number) or seat.number in game.stars for seat in table.active):
        table = timing.closing(table, now_ms)
    return steps.Step(table)


def _phase_over(table: DoorsTable, texts: Texts, now_ms: int) -> DoorsStep:
    game = table.begun
    if table.phase == "branches":
        return _over(table, now_ms)
    if table.phase == "doors":
        return _straight_on(table, now_ms)
    if table.phase == "stand_in":
        return steps.Step(_asked(table, now_ms))
    if table.phase != "vote":
        return steps.Step(table)
    if not ballots_of(game) and not game.extended:
        due_ms = timing.due_at(table.terms, now_ms, VOTE_MS[table.terms.pace])
        game = dataclasses.replace(game, extended=True)
        return steps.Step(dataclasses.replace(table, phase_due_ms=due_ms, game=game))
    last, door = len(game.chapters) - 1, chosen_door(table)
    if door in game.chapters[last].ends:
        return _branching(table, now_ms)
    return steps.Step(_asked(dataclasses.replace(table, game=dataclasses.replace(game, here=(last, door))), now_ms))


def _straight_on(table: DoorsTable, now_ms: int) -> DoorsStep:
    """Go on behind the newest chapter, which has no doors."""
    game = table.begun
    last = len(game.chapters) - 1
    chapter = dataclasses.replace(game.chapters[last], doors=0)
    game = dataclasses.replace(game, chapters=(*game.chapters[:last], chapter), here=(last, 0))
    told = steps.Reveal(last + 1)
    return steps.Step(_asked(dataclasses.replace(table, requests=(), game=game), now_ms), (), (told,))


def _branching(table: DoorsTable, now_ms: int) -> DoorsStep:
    """The way has come to an end: for a while anybody may open a door that was not chosen."""
    game = table.begun
    told = steps.Reveal(len(game.chapters))
    if len(game.chapters) >= game.most or not unopened(game):
        return _over(table, now_ms).adding(told)
    due_ms = timing.due_at(table.terms, now_ms, VOTE_MS[table.terms.pace])
    table = dataclasses.replace(table, phase="branches", turns=(), requests=(), phase_due_ms=due_ms)
    return steps.Step(table, (), (told,))


def _reopened(table: DoorsTable, event: steps.Chose, now_ms: int) -> DoorsStep:
    if table.phase != "branches":
        raise NotHere("game_not_now")
    doors = {f"{number}.{door}": (number, door) for number, door in unopened(table.begun)}
    if len(event.values) != 1 or event.values[0] not in doors:
        raise Gone("turn_over")
    game = dataclasses.replace(table.begun, here=doors[event.values[0]], asked=())
    return steps.Step(_asked(dataclasses.replace(table, game=game), now_ms))


def _over(table: DoorsTable, now_ms: int) -> DoorsStep:
    """End: who wrote chapters has a point for each."""
    written = [chapter.scribe for chapter in table.begun.chapters if chapter.scribe is not None]
    scores = [steps.Score(seat, written.count(seat), "chapters") for seat in sorted(set(written))]
    ended = dataclasses.replace(
        table, state="ended", phase="", phase_due_ms=None, turns=(), requests=(), ended_ms=now_ms
    )
    return steps.Step(ended, (), tuple(scores))
