"""The book of Doors: chapters, each with doors to others, and what somebody sees of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from bot.rules.ballots import Ballot, decide
from bot.rules.games.chance import draw
from bot.rules.games.table import Table, Texts, text_of
from bot.rules.text.matching import fold
from bot.rules.text.segments import beginning
from bot.rules.text.sentences import sentence_ends

WORDS = range(30, 201)
"""Words of a chapter."""
MOST_CHARACTERS = 1600
"""Characters of a chapter."""
MOST_DOORS = 4
"""Doors of a chapter at most; two at least, or the models propose them."""
PROPOSED = 3
"""Doors that the models propose."""
DOOR_WORDS = 10
"""Words that the models are asked for a door, about."""
DOOR_TEXT = 80
"""Characters of a door."""
ENDS = ("the end", "end", "fin", "完", "结束", "剧终")
"""Doors with such a text lead to no chapter: there the way ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter: where it is reached from (the number of a chapter, None for the first, and the door there), who wrote
    it (None: a model), and how many doors it has. `led` is where each door leads: a chapter, or nowhere yet."""

    behind: int | None
    door: int
    scribe: int | None
    doors: int = 0
    ends: tuple[int, ...] = ()
    led: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """How far a game is. `here`: the chapter and the door behind which the next chapter is written (None, 0: the
    first); `asked`: the seats that were asked for it and did not write; `ballots` of the vote by seat: the doors that
    are liked, and the favourite."""

    chapters: tuple[Chapter, ...] = ()
    most: int = 8
    here: tuple[int | None, int] = (None, 0)
    asked: tuple[int, ...] = ()
    likes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    stars: dict[int, int] = field(default_factory=dict)
    extended: bool = False


DoorsTable = Table[Doors]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorView:
    """A door: its text, where it leads (the number of a chapter, from 1), and whether the way ends there."""

    text: str
    leads_to: int | None
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterView:
    """A chapter, its number from 1, its scribe (0: a model), and its doors."""

    number: int
    behind: int | None
    text: str
    hidden: bool
    scribe: int
    doors: tuple[DoorView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorsView:
    """What somebody sees: the book so far, how many chapters it can have, the chapter and the door behind which the
    story goes on (`from_chapter` None: it begins), and in a vote how many voted and the viewer's own ballot."""

    book: tuple[ChapterView, ...]
    most: int
    from_chapter: int | None
    through: str
    voters: int
    likes: tuple[int, ...]
    star: int | None


def chapter_slot(number: int) -> str:
    """Return the slot of a chapter, from 0."""
    return f"c{number}"


def door_slot(number: int, door: int) -> str:
    """Return the slot of the text of a chapter's door, both from 0."""
    return f"c{number}.d{door}"


def is_end(text: str) -> bool:
    """Tell whether a door says that the way ends."""
    return fold(text).bare.strip(" .!。！") in ENDS


def unopened(game: Doors) -> list[tuple[int, int]]:
    """Return the doors behind which nothing is written yet: chapter and door, in order."""
    return [
        (number, door)
        for number, chapter in enumerate(game.chapters)
        for door in range(chapter.doors)
        if door not in chapter.led and door not in chapter.ends
    ]


def ballots_of(game: Doors) -> list[Ballot]:
    """Return the ballots that say anything."""
    seats = game.likes.keys() | game.stars.keys()
    found = [
        Ballot(liked=frozenset(game.likes.get(seat, ())), favourite=game.stars.get(seat)) for seat in sorted(seats)
    ]
    return [ballot for ballot in found if ballot.named]


def chosen_door(table: DoorsTable) -> int:
    """Return the door that the ballots choose, by the rules of rounds; without any, one by lot."""
    game = table.begun
    last = len(game.chapters) - 1
    doors = list(range(game.chapters[last].doors))
    ballots = ballots_of(game)
    if not ballots:
        return doors[draw(table.seed, last, "door") % len(doors)]
    return decide(doors, ballots, f"{table.seed}:{last}").winner


def with_door(game: Doors, number: int, door: int, leads_to: int) -> Doors:
    """Return the game with a door of a chapter that leads somewhere."""
    chapter = dataclasses.replace(game.chapters[number], led={**game.chapters[number].led, door: leads_to})
    chapters = tuple(chapter if place == number else each for place, each in enumerate(game.chapters))
    return dataclasses.replace(game, chapters=chapters)


def book_of(table: DoorsTable, texts: Texts) -> tuple[ChapterView, ...]:
    """Return all chapters as everybody may read them."""
    return tuple(_chapter(chapter, number, texts) for number, chapter in enumerate(table.begun.chapters))


def _chapter(chapter: Chapter, number: int, texts: Texts) -> ChapterView:
    text = text_of(texts, chapter_slot(number))
    hidden = text is None or text.hidden
    doors = []
    for door in range(chapter.doors):
        found = text_of(texts, door_slot(number, door))
        leads_to = chapter.led.get(door)
        doors.append(
            DoorView(
                text="" if found is None or found.hidden else found.text,
                leads_to=None if leads_to is None else leads_to + 1,
                ends=door in chapter.ends,
            )
        )
    return ChapterView(
        number=number + 1,
        behind=None if chapter.behind is None else chapter.behind + 1,
        text="" if text is None or hidden else text.text,
        hidden=hidden,
        scribe=chapter.scribe or 0,
        doors=tuple(doors),
    )


def as_door(text: str) -> str:
    """Return a model's text as a door: its first sentence, as much of it as a door holds."""
    text = " ".join(text.split())
    ends = sentence_ends(text)
    return beginning(text[: ends[0]] if ends else text, DOOR_TEXT).strip()


def links_of(game: Doors) -> dict[str, tuple[str, str]]:
    """Return for each chapter but the first the slots of the chapter and the door that lead to it."""
    return {
        chapter_slot(number): (chapter_slot(chapter.behind), door_slot(chapter.behind, chapter.door))
        for number, chapter in enumerate(game.chapters)
        if chapter.behind is not None
    }
