"""The choice of a diverse few, and the filters before it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.diversity import alike, choose, features, gram_cosine, is_copy, is_loop, vector_cosine, without_doubles
from bot.writing.overlap import Overlap

unit = st.floats(0.0, 1.0)
points = st.lists(st.tuples(unit, unit), max_size=9, unique=True)


def near(one: tuple[float, float], other: tuple[float, float]) -> float:
    return 1.0 - abs(one[0] - other[0])


def quality(point: tuple[float, float]) -> float:
    return point[1]


@given(points, st.integers(0, 12), unit)
def test_choose_picks_the_best_left_by_the_definition(
    candidates: list[tuple[float, float]], k: int, lam: float
) -> None:
    chosen = choose(candidates, k, near, quality, lam)
    assert len(chosen) == min(k, len(candidates))
    assert len(set(chosen)) == len(chosen)
    picked: list[tuple[float, float]] = []
    for pick in chosen:

        def worth(c: tuple[float, float], picked: list[tuple[float, float]] = picked) -> float:
            return lam * quality(c) - (1 - lam) * max((near(c, s) for s in picked), default=0.0)

        left = [c for c in candidates if c not in picked]
        assert math.isclose(worth(pick), max(map(worth, left)), abs_tol=1e-12)
        picked.append(pick)


@given(points)
def test_lambda_one_sorts_by_quality(candidates: list[tuple[float, float]]) -> None:
    chosen = choose(candidates, len(candidates), near, quality, 1.0)
    assert [quality(c) for c in chosen] == sorted(map(quality, candidates), reverse=True)


def test_choose_prefers_something_else_to_a_copy_of_the_best() -> None:
    texts = ["The sea was calm that night.", "The sea was calm that night!", "A dog barked behind the mill."]
    worth = {texts[0]: 0.9, texts[1]: 0.89, texts[2]: 0.6}
    chosen = choose(texts, 2, lambda a, b: alike(features(a), features(b)), lambda text: worth[text])
    assert chosen == [texts[0], texts[2]]


@given(st.text(max_size=60), st.text(max_size=60))
def test_gram_cosine_is_symmetric_and_between_zero_and_one(one: str, other: str) -> None:
    first, second = features(one), features(other)
    assert 0.0 <= gram_cosine(first, second) <= 1.0
    assert gram_cosine(first, second) == pytest.approx(gram_cosine(second, first))


@given(st.text("abc ", min_size=1, max_size=60).filter(str.strip))
def test_text_is_like_itself(text: str) -> None:
    assert gram_cosine(features(text), features(text.upper())) == pytest.approx(1.0)


def test_alike_counts_vectors_half() -> None:
    first, second = features("one two three", (1.0, 0.0)), features("quite other words", (0.6, 0.8))
    assert gram_cosine(first, second) == 0.0
    assert alike(first, second) == pytest.approx(0.3)
    assert vector_cosine(first, features("x", (-1.0, 0.0))) == 0.0
    assert alike(first, features("one two three")) == pytest.approx(1.0)


def test_eight_words_in_a_row_are_a_copy() -> None:
    assert is_copy(Overlap(longest_run=8, shared=0.2))
    assert not is_copy(Overlap(longest_run=7, shared=0.2))
    assert is_copy(Overlap(longest_run=7, shared=0.9))


@pytest.mark.parametrize(
    "text",
    [
        "no no no no no no",
        "He went to the door and he went to the door and he went to the door again.",
        "The king is the king is the king is the king.",
        "very very very very very tired",
        "She was gone. The light went out. She was gone.",
        'She said, "I saw nothing." She said, "I saw no one." She said, "Perhaps."',
    ],
)
def test_loops(text: str) -> None:
    assert is_loop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No, no, no!",
        "He went to the door and opened it, and then he went to the window, where the rain beat on the glass.",
        "It was the best of times, it was the worst of times, it was the age of wisdom.",
        "Row, row, row your boat.",
    ],
)
def test_rhetoric_is_no_loop(text: str) -> None:
    assert not is_loop(text)


def test_near_doubles_leave_the_first() -> None:
    texts = ["She opened the old door slowly.", "She opened the old door, slowly!", "A cat watched from the wall."]
    assert without_doubles(texts, features) == [texts[0], texts[2]]
