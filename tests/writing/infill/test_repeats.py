"""A fill that stammers costs something; one that says something new, or a writer who repeats himself, does not."""

from __future__ import annotations

import pytest

from bot.inference.protocol import Gap
from bot.rules.text.words import BLANK
from bot.writing.infill.repeats import COPIED, LIGHT, MOST_TIMES, SAID_AGAIN, Repeats


def cost(left: str, fill: str, right: str) -> float:
    return Repeats(Gap(left=left, right=right)).cost(fill)


@pytest.mark.parametrize(
    ("left", "fill", "right"),
    [
        ("It is not what ", "it is not what", " you think."),
        ("There was no compass, no map, and ", "no map", "."),
        ("The old man smiled with ", "a smile", "."),
        ("She trembled, and the wind was ", "trembling", " too."),
        ("He opened the door and found ", "the door closed", " behind him."),
        ("The rain fell all day, and then ", "at night the rain", " stopped."),
        ("She was ready when ", "Peter came out and", " came out with a lamp."),
    ],
)
def test_copy_of_what_stands_beside_it_costs_more_than_a_new_word(left: str, fill: str, right: str) -> None:
    assert cost(left, fill, right) >= SAID_AGAIN
    assert cost(left, "sparrow", right) == 0.0


@pytest.mark.parametrize(
    ("left", "fill", "right"),
    [
        ("It is not what ", "it is not what", " you think."),
        ("There was no compass, no map, and ", "no map", "."),
        ("The old man smiled with ", "a smile", "."),
    ],
)
def test_run_that_is_copied_is_worse_than_a_word(left: str, fill: str, right: str) -> None:
    assert cost(left, fill, right) >= COPIED


@pytest.mark.parametrize(
    ("left", "fill", "right"),
    [
        ("Row, row, row your boat, gently ", "row", "."),
        ("We shall fight on the beaches, we shall fight on the hills, ", "we shall fight", " in the fields."),
        ("Knock, knock, knock. Then silence. Then ", "a knock", "."),
    ],
)
def test_repeats_allow_a_writer_who_repeats_himself_to_go_on(left: str, fill: str, right: str) -> None:
    assert cost(left, fill, right) == 0.0


@pytest.mark.parametrize(
    ("left", "fill"),
    [
        ("Shall I prepare the delivery room? The delivery room was cold, and so was the ", "delivery room"),
        ("Paul Lambrequin sat down. Nobody had seen Paul Lambrequin for a year, and ", "Lambrequin"),
        (
            "The stranger fell into the water. Men on a bridge above threw ropes and lanterns, and shouted until dawn "
            "came grey over those hills; when his brother fell into the water, nobody gave ",
            "the water",
        ),
    ],
)
def test_repeats_by_chance_do_not_allow_more(left: str, fill: str) -> None:
    assert cost(left, fill, ".") >= SAID_AGAIN


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Stay {} the walls, she said, and be ", "."),
        ("She found herself {} and ", "."),
        ("It was ", " and {} the gate."),
        ("They went {} then ", " the house."),
    ],
)
@pytest.mark.parametrize(
    "word", ["inside", "outside", "against", "behind", "nobody", "himself", "always", "without", "whether", "together"]
)
def test_word_that_holds_sentences_together_is_noticed_unless_light(left: str, right: str, word: str) -> None:
    assert cost(left.format(word), word, right.format(word)) >= COPIED
    assert cost(left.format(word), f"right {word}", right.format(word)) >= COPIED
    assert cost(left.format("x"), word, right.format("x")) == 0.0


@pytest.mark.parametrize("light", sorted(LIGHT))
def test_light_word_may_come_again_at_once(light: str) -> None:
    assert cost(f"He went {light} the ", light, " hall.") == 0.0


@pytest.mark.parametrize(
    ("left", "fill", "right"),
    [
        ("They walked hand in ", "hand", "."),
        ("The rain fell day after ", "day", " on the roof."),
        ("They stood ", "face", " to face in the snow."),
        ("He read the letter word for ", "word", "."),
        ("The water rose inch by ", "inch", "."),
    ],
)
def test_repeats_allow_a_pair_of_like_words(left: str, fill: str, right: str) -> None:
    assert cost(left, fill, right) == 0.0


@pytest.mark.parametrize("fill", ["the", "and of", "it was", "there", "to go"])
def test_repeats_allow_words_that_hold_sentences_together(fill: str) -> None:
    assert cost("It was the end of it, and there was nothing to be done; ", fill, " as before.") == 0.0


def test_repeats_allow_what_is_far_away() -> None:
    far = " and nobody knew why it was so" * 10
    assert cost(f"The lighthouse was dark{far}, until the ", "lighthouse", " came alive.") == 0.0


def test_repeats_count_each_time_up_to_a_limit() -> None:
    twice = "The fox met a fox near the barn, and the "
    costs = [cost(left, "fox", " ran.") for left in ("The fox came to the barn, and the ", twice)]
    assert costs == [SAID_AGAIN, 2 * SAID_AGAIN]
    many = "A fox, the fox, one fox, that fox and this fox; the "
    assert cost(many, "fox", " ran.") == MOST_TIMES * SAID_AGAIN


def test_fills_of_other_blanks_are_not_said_again_either() -> None:
    """Eight blanks side by side became "the sea of the sea of the sea"."""
    open_ones = f"{BLANK} {BLANK} {BLANK} "
    written = Gap(left=open_ones, right=" was blue.")
    repeats = Repeats(written, Gap(left="The sea of the ", right=" was blue."))
    assert repeats.cost("sea") >= SAID_AGAIN + COPIED
    assert repeats.cost("sky") == 0.0
    words = Repeats(written, Gap(left="The end of the end ", right=" was blue."))
    assert words.cost("of") >= COPIED
    assert Repeats(written).cost("sea") == 0.0


@pytest.mark.parametrize(
    ("left", "fill", "right", "least"),
    [
        ("I and ", "and", f" {BLANK} was blue.", COPIED),
        ("I and ", "and all", f" {BLANK} was blue.", COPIED),
        (f"I {BLANK} ", "so the", " the sky was blue.", COPIED),
        ("I was the ", "was", f" {BLANK} was blue.", COPIED / 2),
        (f"I {BLANK} ", "the", " was the sky.", COPIED / 2),
    ],
)
def test_fills_of_blanks_side_by_side_say_no_word_twice(left: str, fill: str, right: str, least: float) -> None:
    """Eight of them became "The sun and and all that", and "the it was the snow it was"."""
    opened = Gap(left=f"I {BLANK} {BLANK} ", right=f" {BLANK} was blue.")
    assert Repeats(opened, Gap(left=left, right=right)).cost(fill) >= least
    assert Repeats(opened, Gap(left=left, right=right)).cost("with") == 0.0


def test_repeats_cost_nothing_among_blanks_alone_and_for_a_fill_without_words() -> None:
    assert cost("", "sea", "") == 0.0
    assert cost(BLANK, "…", BLANK) == 0.0
    assert cost("他看着月亮，", "月亮", "也看着他。") >= 0.0
