"""Doors: a book is written and walked; what is voted, what opens, and what happens where nobody writes or votes."""

from __future__ import annotations

import itertools

import pytest

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.doors import VOTE_MS, WRITE_MS, DoorsGame
from bot.rules.games.doors_book import as_door, is_end
from bot.rules.games.table import ASK_MS, GRACE_MS
from tests.support.evenings import Evening

GAME = DoorsGame()
"""The game under test."""


def chapter(number: int) -> str:
    """Return a text that is long enough."""
    return f"Chapter {number} begins in the hall. " + "They walked on through the long dark house together. " * 4


class Book(Evening):
    """An evening of Doors."""

    def __init__(self, players: int = 3, *, stand_in: bool = False, **settings: int) -> None:
        super().__init__(GAME, players, stand_in=stand_in, settings=settings)

    @property
    def scribe(self) -> int:
        """The seat that writes."""
        (turn,) = self.table.turns
        return turn.seat

    def write_next(self, *doors: str) -> None:
        """Let the scribe write a chapter."""
        number = len(self.table.begun.chapters) + 1
        self.write(self.scribe, chapter(number), *(doors or ("The red door", "The cellar stairs")))

    def vote(self, door: int) -> None:
        """Let everybody like that door, and see the vote over."""
        for seat in self.table.active:
            self.choose(seat.number, "like", door)
        self.leave_phase("vote")


def test_a_book_is_written_behind_the_doors_that_were_chosen() -> None:
    book = Book(3, chapters=3)
    book.write_next()
    book.vote(1)
    view = book.view(None)
    assert (view.from_chapter, view.through) == (1, "The cellar stairs")
    book.write_next()
    book.vote(0)
    book.write_next()
    assert book.table.state == "ended"
    pages = book.view(None).book
    assert [page.behind for page in pages] == [None, 1, 2]
    assert [door.leads_to for door in pages[0].doors] == [None, 2]
    assert [door.leads_to for door in pages[1].doors] == [3, None]
    assert book.story == ["c0", "c1", "c2"]
    assert GAME.links(book.table) == {"c1": ("c0", "c0.d1"), "c2": ("c1", "c1.d0")}
    scores = {effect.seat: effect.points for effect in book.effects if isinstance(effect, steps.Score)}
    assert scores == {1: 1, 2: 1, 3: 1}


def test_the_scribe_changes_with_every_chapter() -> None:
    book = Book(3, chapters=9)
    scribes = []
    for _ in range(6):
        scribes.append(book.scribe)
        book.write_next()
        book.vote(0)
    assert all(before != after for before, after in itertools.pairwise(scribes))
    assert {scribes.count(seat) for seat in (1, 2, 3)} == {2}


def test_a_door_that_is_the_end_ends_the_way_and_another_can_be_opened() -> None:
    book = Book(2, chapters=5)
    book.write_next("Into the garden", "The End.")
    book.vote(1)
    assert book.table.phase == "branches"
    with pytest.raises(PersonError):
        book.choose(1, "reopen", "0.1")  # the end leads nowhere
    book.choose(1, "reopen", "0.0")
    assert book.table.phase == "write"
    book.write_next("完")
    assert book.table.state == "ended"  # nothing is left to open
    assert [door.leads_to for door in book.view(None).book[0].doors] == [2, None]


def test_without_a_door_opened_the_book_is_closed_after_a_while() -> None:
    book = Book(2, chapters=5)
    book.write_next("Into the garden", "the end")
    book.vote(1)
    book.wait(VOTE_MS["tonight"])
    assert book.table.state == "ended"


def test_ballots_are_secret_and_the_favourite_counts_more() -> None:
    book = Book(3)
    book.write_next("One way", "Another way", "A third way")
    book.choose(1, "star", 2)
    book.choose(2, "like", 0, 2)
    book.choose(3, "like", 0)
    assert book.view(1).star == 2
    assert book.view(1).likes == ()
    assert (book.view(2).likes, book.view(2).star) == ((0, 2), None)
    assert book.view(None).voters == 3
    assert book.view(None).likes == ()
    assert book.table.phase_due_ms == book.now_ms + GRACE_MS["tonight"]
    book.choose(2, "like", 2)
    book.leave_phase("vote")
    assert book.view(None).through == "A third way"


def test_a_vote_without_ballots_is_extended_once_then_drawn() -> None:
    book = Book(2)
    book.write_next()
    book.wait(VOTE_MS["tonight"])
    assert book.table.phase == "vote"
    book.wait(VOTE_MS["tonight"])
    assert book.table.phase == "write"
    assert book.view(None).through in ("The red door", "The cellar stairs")


def test_the_models_propose_doors_where_there_are_none() -> None:
    book = Book(2)
    book.write(book.scribe, chapter(1))
    assert book.table.phase == "doors"
    book.answer("She opened the left one. Then more.", "He went back to the sea", "She opened the left one.")
    assert [door.text for door in book.view(None).book[0].doors] == [
        "She opened the left one.",
        "He went back to the sea",
    ]
    assert book.texts["c0.d0"].seat is None
    assert book.table.phase == "vote"


def test_without_models_a_chapter_without_doors_leads_straight_on() -> None:
    book = Book(2)
    book.write(book.scribe, chapter(1))
    book.wait(ASK_MS)
    assert book.table.phase == "write"
    book.write_next()
    assert GAME.links(book.table)["c1"] == ("c0", "c0.d0")


def test_an_absent_scribe_is_followed_by_the_next_and_silence_pauses_the_game() -> None:
    book = Book(3)
    asked = []
    for _ in range(3):
        asked.append(book.scribe)
        book.wait(WRITE_MS["tonight"])
    assert sorted(asked) == [1, 2, 3]
    for _ in range(3):
        book.wait(WRITE_MS["tonight"])
    assert book.table.state == "paused"
    book.do(steps.Back(2))
    assert (book.table.state, book.scribe) == ("playing", 2)


def test_a_stand_in_writes_when_all_were_asked() -> None:
    book = Book(2, stand_in=True, chapters=4)
    book.write_next()
    book.vote(0)
    book.wait(WRITE_MS["tonight"])
    book.wait(WRITE_MS["tonight"])
    assert book.table.phase == "stand_in"
    book.answer("The machine wrote on about the long dark house, and nobody minded.")
    assert book.view(None).book[1].scribe == 0
    assert book.texts["c1"].origin == "gpt"


@pytest.mark.parametrize(
    "doors", [("Only one",), ("Twice", "twice"), ("1", "2", "3", "4", "5"), ("x" * 81, "y"), ("a", "b", "c", "d", "e")]
)
def test_doors_that_are_none_change_nothing(doors: tuple[str, ...]) -> None:
    book = Book(2)
    before = book.table
    with pytest.raises(PersonError):
        book.write_next(*doors)
    assert book.table == before


def test_doors_of_models_are_one_short_sentence() -> None:
    assert as_door("  He ran.  Then he stopped. ") == "He ran."
    assert len(as_door("wo" * 200)) <= 80
    assert is_end("THE END!")
    assert is_end("完。")
    assert not is_end("the end of the road")
