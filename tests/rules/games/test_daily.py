"""The puzzle of the day: tries, points, help and streaks."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from bot.errors import PersonError
from bot.rules.games.daily import (
    NEVER,
    GapOfTheDay,
    Help,
    Played,
    Puzzle,
    SeamOfTheDay,
    help_for,
    kind_of,
    marks_of,
    seam_of,
    seam_points,
    streak_of,
    tried,
)
from bot.rules.gap_words import Gap

DAY = date(2026, 11, 30)
"""A day."""
GAP = GapOfTheDay(
    passage="She lit the lantern.",
    gap=Gap(places=((12, 19),), word="lantern", shape=""),
    five=("lamp", "fire", "candle"),
)
"""A gap."""
SEAM = SeamOfTheDay(sentences=tuple(f"Sentence {number}." for number in range(1, 8)), seam=4)
"""A seam."""


def play(puzzle: Puzzle, *tries: str) -> Played:
    """Return what comes of some tries."""
    played = Played()
    for given in tries:
        played = tried(puzzle, played, given)
    return played


@pytest.mark.parametrize(("misses", "points"), [(0, 3), (1, 2), (2, 1), (3, 0), (4, 0)])
def test_a_gap_is_worth_less_with_every_try(misses: int, points: int) -> None:
    puzzle = Puzzle(day=DAY, gap=GAP)
    played = play(puzzle, *("boat", "tree", "door", "lamp")[:misses], "Lantern")
    assert (played.points, played.solved, played.over) == (points, True, True)
    assert marks_of(puzzle, played) == "⬜" * misses + "🟩"
    with pytest.raises(PersonError, match="daily_over"):
        tried(puzzle, played, "again")


def test_help_comes_after_three_tries_and_the_word_at_the_end() -> None:
    puzzle = Puzzle(day=DAY, gap=GAP)
    told = [help_for(GAP, play(puzzle, *("a1", "b2", "c3", "d4", "e5")[:count])) for count in range(6)]
    assert told[:3] == [Help()] * 3
    assert told[3] == Help(five=GAP.five)
    assert told[4] == Help(five=GAP.five, letter="l")
    assert told[5] == Help(five=GAP.five, letter="l", word="lantern")
    assert not play(puzzle, "a1", "b2", "c3", "d4", "e5").solved


@pytest.mark.parametrize("given", ["two words", "", "boat"])
def test_tries_that_are_none_cost_nothing(given: str) -> None:
    puzzle = Puzzle(day=DAY, gap=GAP)
    played = play(puzzle, "Boat")
    with pytest.raises(PersonError):
        tried(puzzle, played, given)


@pytest.mark.parametrize(("chosen", "points"), [("4", 5), ("5", 4), ("7", 2), ("3", 0), ("2", 0), ("0", 0)])
def test_a_seam_is_worth_less_the_later_it_is_seen(chosen: str, points: int) -> None:
    puzzle = Puzzle(day=DAY, seam=SEAM)
    played = play(puzzle, chosen)
    assert (played.points, played.over) == (points, True)
    assert marks_of(puzzle, played) == "🟩" * points + "⬜" * (5 - points)


def test_never_is_right_where_no_machine_wrote() -> None:
    assert seam_points(NEVER, NEVER) == 5
    assert seam_points(NEVER, 4) == 0


@pytest.mark.parametrize("given", ["1", "8", "x", "-2", ""])
def test_sentences_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(PersonError, match="daily_sentence"):
        tried(Puzzle(day=DAY, seam=SEAM), Played(), given)


def test_seams_are_anywhere_and_never_one_day_in_ten() -> None:
    seams = Counter(seam_of("seed", DAY + timedelta(days=each)) for each in range(7000))
    assert 600 < seams[NEVER] < 800
    assert all(900 < seams[number] < 1200 for number in range(2, 8))
    assert seams[1] == 0
    assert kind_of(DAY) == "seam"
    assert kind_of(date(2026, 12, 1)) == "gap"


def test_streaks_count_days_and_forgive_one_in_four_weeks() -> None:
    def days(*ago: int) -> list[date]:
        return [DAY - timedelta(days=each) for each in ago]

    assert streak_of([], DAY).days == 0
    assert streak_of(days(0, 1, 2), DAY).days == 3
    assert streak_of(days(1, 2), DAY).days == 2  # today is not over
    assert streak_of(days(2, 3), DAY).days == 0
    assert streak_of(days(0, 2, 3), DAY).days == 3
    assert streak_of(days(0, 2, 4, 5), DAY).days == 2  # the second miss is too soon
    assert streak_of(days(0, 3, 4), DAY).days == 1  # two in a row
    every = [each for each in range(60) if each not in (5, 33)]
    assert streak_of(days(*every), DAY).days == 58
    assert streak_of(days(*[each for each in range(60) if each not in (5, 32)]), DAY).days == 31
