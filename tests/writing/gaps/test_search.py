"""Which words become gaps, and what is told of them."""

from __future__ import annotations

import itertools
import math

import pytest

from bot.inference.protocol import Engine
from bot.rules.gap_words import Gap, Shape, filled, likeness, one_word, parts_of, shape_of
from bot.rules.text.content_words import is_function_word
from bot.writing.gaps.names import names_in
from bot.writing.gaps.search import APART, Candidate, GapSearch, candidates_in, choose
from bot.writing.word_selection import SelectableWord

PASSAGE = (
    "The keeper climbed the narrow stairs and lit the lantern. Outside, Mara was calling the dogs; the wind had risen "
    "quickly, and the boats were knocking against the quay. “Where is Mara?” the keeper asked. Nobody answered. He "
    "carried the lantern to the window and watched the harbour, the grey water, the ropes and the empty road. Mara's "
    "lamp was burning far below, and somebody whistled in the dark garden behind the chapel."
)
"""A passage with a name that returns."""


async def test_gaps_are_content_words_apart_from_each_other(engine: Engine) -> None:
    found = await GapSearch(engine, PASSAGE, lambda _: True).gaps(8)
    for gap in found:
        for start, end in gap.places:
            assert PASSAGE[start:end] == gap.word
        assert not is_function_word(gap.word)
        assert gap.word.casefold() not in [hint.casefold() for hint in gap.hints]
        assert len(gap.hints) <= 3
        assert all(shape_of(hint) == gap.shape for hint in gap.hints)
    places = sorted(place for gap in found for place in gap.places)
    assert all(end + APART <= start for (_, end), (start, _) in itertools.pairwise(places))


async def test_gaps_are_none_where_nothing_can_be_taken_out(engine: Engine) -> None:
    assert await GapSearch(engine, "It was so, and so it was.", lambda _: True).gaps(8) == ()


def test_a_name_is_one_candidate_with_all_its_places() -> None:
    assert [PASSAGE[start:end] for start, end in names_in(PASSAGE)["Mara"]] == ["Mara"] * 3
    assert set(names_in(PASSAGE)) == {"Mara"}
    candidates = [each for each in candidates_in(PASSAGE) if each.shape == "name"]
    assert [each.spot.word for each in candidates] == ["Mara"]
    assert "keeper" not in [each.spot.word for each in candidates_in(PASSAGE)]  # it returns


def test_words_that_are_sure_or_hopeless_are_left_alone() -> None:
    text = "a" * 400
    candidates = [
        Candidate(SelectableWord(at, at + 5, f"w{at}"), ((at, at + 5),), "", math.log(chance))
        for at, chance in ((0, 0.01), (50, 0.02), (100, 0.2), (150, 0.6), (200, 0.7), (104, 0.3))
    ]
    assert [each.spot.start for each in choose(text, candidates, 8)] == [50, 100, 150]  # 104 is too near to 100
    assert [each.spot.start for each in choose(text, candidates, 1)] == [100]


def test_endings_of_gaps_are_varied_as_far_as_there_are_others() -> None:
    text = "The ox ran. " * 60
    past: Shape = "ed"
    endings: list[Shape] = [*([past] * 9), "ing", "", "ly"]
    candidates = [
        Candidate(SelectableWord(at, at + 5, f"w{at}"), ((at, at + 5),), shape, math.log(0.2))
        for at, shape in zip(range(0, 600, 50), endings, strict=True)
    ]
    shapes = [each.shape for each in choose(text, candidates, 5)]
    assert shapes.count("ed") == 2
    assert len(choose(text, candidates, 12)) == 12  # where there is nothing else, all the same


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("walking", "ing"),
        ("ring", ""),
        ("wanted", "ed"),
        ("red", ""),
        ("slowly", "ly"),
        ("lamps", "s"),
        ("glass", ""),
        ("窗口", "two"),
    ],
)
def test_shapes_tell_how_a_word_ends(word: str, shape: str) -> None:
    assert shape_of(word) == shape


def test_a_filled_passage_has_a_word_at_all_its_places_and_its_capitals() -> None:
    gaps = (
        Gap(places=((0, 4), (19, 23)), word="Mara", shape="name"),
        Gap(places=((10, 14),), word="lamp", shape=""),
    )
    text = "Mara, the lamp and Mara."
    assert filled(text, gaps, ["ben", "shoe"]) == "Ben, the shoe and Ben."
    assert [part for part in parts_of(text, gaps, ["ben", "shoe"]) if part[1] is not None] == [
        ("Ben", 0),
        ("shoe", 1),
        ("Ben", 0),
    ]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (" lamp ", "lamp"),
        ("two words", None),
        ("", None),
        ("…", None),
        ("it's", "it's"),
        ("x" * 31, None),
        ("灯塔", "灯塔"),
    ],
)
def test_what_fills_a_gap_is_one_word(given: str, word: str | None) -> None:
    assert one_word(given) == word


def test_likeness_knows_the_same_word_and_its_forms() -> None:
    gap = Gap(places=((0, 5),), word="lamps", shape="s")
    assert [likeness(word, gap) for word in ("Lamps", "lamp", "torch")] == ["same", "kin", "other"]
