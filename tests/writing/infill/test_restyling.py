"""From what a card shows to how the next infill is wished for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput, Gone
from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.infill_style import AS_IT_BELONGS, MAX_BOLDNESS, MOST_WORDS, InfillStyle
from bot.rules.receipts import InfillReceipt
from bot.writing.infill.restyling import MOST_SHOWN, moved, possible, style_of
from storage.tagged_json import receipt_as_json, receipt_from_json
from tests.support.generations import made

FILL = st.text(alphabet="abc ", min_size=1, max_size=12)
STYLES = st.builds(
    InfillStyle,
    least_words=st.integers(1, MOST_WORDS),
    most_words=st.none() | st.integers(1, MOST_WORDS),
    boldness=st.sampled_from([0.0, 1.0, 2.0, MAX_BOLDNESS]),
    near=st.lists(FILL, max_size=3).map(tuple),
    shown=st.lists(st.lists(FILL, min_size=1, max_size=3).map(tuple), max_size=5).map(tuple),
)


def generation(
    *fills: tuple[str, ...],
    text: str = "She opened the ___ there.",
    style: InfillStyle = AS_IT_BELONGS,
    kind: GenerationKind = "infill",
) -> Generation:
    receipt = InfillReceipt(style=None if style == AS_IT_BELONGS else style)
    kept = receipt_from_json(json.loads(json.dumps(receipt_as_json(receipt))))
    return made(kind, text, *(Suggestion(text="whole", fills=each, receipt=kept) for each in fills))


@given(STYLES)
def test_style_survives_its_receipt(style: InfillStyle) -> None:
    assert style_of(generation(("door",), style=style)) == style


def test_style_that_is_the_usual_one_is_not_noted() -> None:
    assert receipt_as_json(InfillReceipt()) == {"kind": "infill"}
    assert style_of(generation(("door",))) == AS_IT_BELONGS


def test_longer_and_shorter_move_at_each_press_and_end() -> None:
    words, presses = 1, 0
    while "longer" in possible(shown := generation((" ".join("w" * words),))):
        style = moved(shown, "longer")
        assert style.least_words == words + 1
        words, presses = style.least_words, presses + 1
    assert (words, presses) == (MOST_WORDS, MOST_WORDS - 1)
    while "shorter" in possible(shown := generation((" ".join("w" * words),))):
        style = moved(shown, "shorter")
        assert style.most_words == words - 1
        words = style.most_words
    assert words == 1


def test_moved_shorter_leaves_out_the_longest_and_longer_the_shortest() -> None:
    shown = generation(("door",), ("old oak door",), ("wet box",))
    assert moved(shown, "shorter").most_words == 2
    assert moved(shown, "longer").least_words == 2


def test_number_of_words_of_the_writers_own_is_not_moved() -> None:
    assert possible(generation(("old oak door",), text="She opened the ___3 there.")) == {"like", "stranger"}
    both = generation(("door", "two wet hats"), text="She opened the ___ with ___3.")
    assert possible(both) == {"like", "stranger", "longer"}
    with pytest.raises(BadInput, match="shorter_most"):
        moved(both, "shorter")


def test_shown_fills_are_kept_the_newest_of_them() -> None:
    style = InfillStyle(shown=tuple((f"word{number}",) for number in range(MOST_SHOWN)))
    after = moved(generation(("door",), ("word7",), style=style), "stranger")
    assert len(after.shown) == MOST_SHOWN
    assert after.shown[-1] == ("door",)
    assert after.shown[0] == ("word1",)
    assert after.shown.count(("word7",)) == 1


def test_stranger_forgets_what_it_was_near_and_like_keeps_the_boldness() -> None:
    shown = generation(("door",), ("gate",), style=InfillStyle(boldness=1.0, near=("box",)))
    assert (moved(shown, "stranger").boldness, moved(shown, "stranger").near) == (2.0, ())
    assert (moved(shown, "like", 1).boldness, moved(shown, "like", 1).near) == (1.0, ("gate",))
    with pytest.raises(Gone):
        moved(shown, "like", 2)
    with pytest.raises(BadInput, match="stranger_most"):
        moved(generation(("door",), style=InfillStyle(boldness=MAX_BOLDNESS)), "stranger")


def test_generation_that_is_no_infill_of_a_model_cannot_be_moved() -> None:
    for other in (generation((), kind="infill"), generation((), kind="continue")):
        assert possible(other) == frozenset()
        with pytest.raises(Gone):
            moved(other, "stranger")
