"""Counterfeit: an evening with the machine among the writers, what is hidden, and what a guess is worth."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.counterfeit import FORGE_MS, CounterfeitGame
from bot.rules.games.counterfeit_rounds import Guess, Round, points_of, shown_to
from bot.rules.games.table import ASK_MS, GRACE_MS
from tests.support.evenings import Evening

GAME = CounterfeitGame()
"""The game under test."""
MACHINE = tuple(f"The {word} door opened, and behind it stood machine number {word}." for word in ("red", "old", "tin"))
"""What the models answer."""


class Counterfeits(Evening):
    """An evening of Counterfeit."""

    def __init__(self, players: int = 4, seed: str = "seed", **settings: int) -> None:
        super().__init__(GAME, players, seed, settings=settings)

    def all_write(self, *seats: int) -> None:
        """Let these seats write."""
        for seat in seats:
            self.write(seat, f"Writer number {seat} walked slowly down to the harbour that evening.")

    def to_guessing(self, *writers: int) -> None:
        """Play a round up to the guessing."""
        self.answer(*MACHINE)
        self.all_write(*writers)
        self.leave_phase("forge")
        assert self.table.phase == "guess"

    def guess(self, seat: int, *, right: bool) -> None:
        """Let a seat mark all of the machine's texts, or as many of others."""
        view = self.view(seat)
        places = [place for place, text in enumerate(view.lettered) if ("machine" in text) == right]
        self.choose(seat, "marks", *places[: view.wanted])


def everything(value: Any) -> str:
    """Return all that stands in a view."""
    return repr(value)


def test_an_evening_of_three_rounds_ends_with_names_and_points() -> None:
    evening = Counterfeits(4)
    for number in range(3):
        assert evening.view(None).number == number + 1
        evening.to_guessing(1, 2, 3, 4)
        for seat in (1, 2, 3):
            evening.guess(seat, right=True)
        evening.guess(4, right=False)
        assert evening.table.phase_due_ms == evening.now_ms + GRACE_MS["tonight"]  # all have guessed
        evening.wait(GRACE_MS["tonight"])
        assert evening.table.phase == "result"
        result = evening.view(None).over[-1]
        assert (result.fooled, result.guessed) == (2, 8)
        assert {text.writer for text in result.texts} == {0, 1, 2, 3, 4}
        evening.do(steps.Chose(seat=1, what="next", values=(str(number),)))
    assert evening.table.state == "ended"
    scores = {effect.seat: effect.points for effect in evening.effects if isinstance(effect, steps.Score)}
    view = evening.view(None)
    assert scores == {seat: points for seat, points in view.points.items() if seat and points}
    assert view.points[0] == 6  # the house: two that fooled one reader in each round
    assert len(evening.story) == 3 * (1 + 4 + 2)


def test_nothing_tells_who_wrote_what_before_the_round_is_over() -> None:
    evening = Counterfeits(5)
    evening.to_guessing(1, 2, 3, 4, 5)
    masks = evening.table.begun.rounds[0].masks
    orders = []
    for viewer in range(1, 6):
        view = evening.view(viewer)
        assert f"Writer number {viewer} " not in everything(view.lettered)
        assert len(view.lettered) == 6
        assert view.side is None
        assert not view.over
        assert "masked=True" not in everything(view)
        orders.append([text for text in view.lettered if "machine" in text])
        orders.append(list(view.lettered))
    assert len({tuple(order) for order in orders}) > 4  # each reader has an order of their own
    assert everything(evening.view(None)).count("harbour") == 0
    assert masks


def test_only_the_writer_sees_which_side_they_are_on() -> None:
    evening = Counterfeits(6)
    sides = [evening.view(seat).side for seat in range(1, 7)]
    assert sides.count("mask") == 2
    assert evening.view(None).side is None
    assert evening.view(99).side is None


def test_sides_are_spread_over_the_rounds() -> None:
    evening = Counterfeits(3)
    seen: list[int] = []
    for number in range(3):
        seen += evening.table.begun.rounds[-1].masks
        evening.to_guessing(1, 2, 3)
        evening.leave_phase("guess")
        evening.do(steps.Chose(seat=1, what="next", values=(str(number),)))
    assert sorted(seen) == [1, 2, 3]


@pytest.mark.parametrize(("writers", "machine"), [(4, 2), (8, 3), (10, 3)])
def test_a_reader_has_all_of_the_machines_texts_among_eight(writers: int, machine: int) -> None:
    evening = Counterfeits(writers)
    evening.to_guessing(*range(1, writers + 1))
    for viewer in range(1, writers + 3):
        view = evening.view(viewer)
        assert view.wanted == machine == sum("machine" in text for text in view.lettered)
        assert len(view.lettered) <= 8


def test_texts_are_shown_in_one_form() -> None:
    evening = Counterfeits(3)
    evening.answer("“Wait…” she said -- and the *machine* hummed on in the dark cellar.  And then", *MACHINE)
    evening.all_write(1, 2)
    turn = evening.table.turn(3)
    assert turn is not None
    text = "‘Wait...’ he said — and the lamp went out in the cold hall. He ran"
    evening.do(steps.Wrote(seat=3, move=turn.move, text=text))
    evening.leave_phase("forge")
    shown = everything(evening.view(1).lettered)
    assert "'Wait…' he said — and the lamp went out in the cold hall." in shown
    assert not {"“", "‘", "*", "--", "He ran", "..."} & {
        mark for mark in ("“", "‘", "*", "--", "He ran", "...") if mark in shown
    }


def test_a_text_can_be_changed_until_the_writing_closes() -> None:
    evening = Counterfeits(3)
    turn = evening.table.turn(1)
    assert turn is not None
    evening.all_write(1)
    evening.do(
        steps.Wrote(seat=1, move=turn.move, text="Another evening came, and nobody remembered the harbour any more.")
    )
    assert evening.view(1).own.startswith("Another evening")
    assert evening.view(None).texts_in == 1


def test_without_two_texts_a_round_is_extended_once_then_void() -> None:
    evening = Counterfeits(3, rounds=1)
    evening.answer(*MACHINE)
    evening.all_write(1)
    evening.wait(FORGE_MS["tonight"])
    assert evening.table.phase == "forge"
    evening.do(steps.Back(2))
    evening.wait(FORGE_MS["tonight"])
    assert evening.view(None).over[0].void
    evening.wait(10**8)
    assert evening.table.state == "ended"
    assert not any(isinstance(effect, steps.Score) for effect in evening.effects)
    assert evening.table.begun.rounds[0].writers[1] in evening.story  # it goes to the archive all the same


def test_the_small_model_is_asked_at_the_close_where_the_other_has_not_answered() -> None:
    evening = Counterfeits(3)
    evening.all_write(1, 2, 3)
    evening.wait(GRACE_MS["tonight"])
    assert evening.table.phase == "machine"
    (request,) = evening.table.requests
    assert request.small
    evening.answer(*MACHINE)
    assert evening.table.phase == "guess"


def test_without_any_model_a_round_is_void_after_twenty_seconds() -> None:
    evening = Counterfeits(3)
    evening.all_write(1, 2, 3)
    evening.wait(GRACE_MS["tonight"])
    evening.wait(ASK_MS)
    assert evening.table.phase == "result"
    assert evening.view(None).over[0].void


def test_models_read_no_text_whose_writer_minds() -> None:
    evening = Counterfeits(3)
    evening.to_guessing(1, 2, 3)
    for seat in (1, 2, 3):
        evening.guess(seat, right=True)
    starred = next(place for place, text in enumerate(evening.view(1).lettered) if "Writer number 2" in text)
    evening.do(steps.Chose(seat=1, what="star", values=(str(starred),)))
    second = evening.table.seat(2)
    assert second is not None
    evening.table = evening.table.with_seat(dataclasses.replace(second, no_ai=True))
    evening.leave_phase("guess")
    evening.do(steps.Chose(seat=1, what="next", values=("0",)))
    assert "Writer number 2" not in evening.view(None).opening
    assert all("Writer number 2" not in request.text for request in evening.table.requests)


def test_the_text_with_the_most_stars_opens_the_next_round() -> None:
    evening = Counterfeits(3)
    evening.to_guessing(1, 2, 3)
    place = next(place for place, text in enumerate(evening.view(1).lettered) if "Writer number 3" in text)
    evening.do(steps.Chose(seat=1, what="star", values=(str(place),)))
    evening.leave_phase("guess")
    evening.do(steps.Chose(seat=1, what="next", values=("0",)))
    assert "Writer number 3" in evening.view(None).opening


@pytest.mark.parametrize("values", [("0", "0"), ("0",), ("9", "1"), ("x", "1"), ("-1", "0")])
def test_guesses_that_are_none_change_nothing(values: tuple[str, ...]) -> None:
    evening = Counterfeits(4)
    evening.to_guessing(1, 2, 3, 4)
    before = evening.table
    with pytest.raises(PersonError):
        evening.do(steps.Chose(seat=1, what="marks", values=values))
    assert evening.table == before


def test_points_are_those_of_the_rules() -> None:
    round_ = Round(
        opening="0.o",
        masks=(2,),
        writers={1: "0.w1", 2: "0.w2", 3: "0.w3"},
        machine=("0.m0", "0.m1"),
        guesses={
            1: Guess(marks=("0.m0", "0.m1"), star="0.w2"),  # both: 3·2 - 2
            3: Guess(marks=("0.m0", "0.w2"), star="0.w1"),  # one: 3 - 2, and a mark on the mask
            4: Guess(marks=("0.w1", "0.w2"), star="0.m0"),  # none
            **{seat: Guess(marks=("0.w2", "0.m0")) for seat in range(10, 16)},
        },
    )
    points = points_of(round_)
    assert points[1] == 4 + 1
    assert points[3] == 1
    assert points[4] == 0
    assert points[2] == 5 + 1  # eight marks count five; a star
    assert points[0] == 0 + 1 + 2 + 6


def test_orders_of_readers_tell_nothing_of_who_wrote() -> None:
    """Over many games a text of seat 1 stands at every place about equally often."""
    places: list[int] = []
    for number in range(300):
        evening = Counterfeits(4, seed=str(number))
        evening.to_guessing(1, 2, 3, 4)
        shown = shown_to(evening.table, 0, 2)
        places.append(shown.index(evening.table.begun.rounds[0].writers[1]))
    counts = [places.count(place) for place in range(5)]
    assert min(counts) > 35
