"""Fitting pieces into a window."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from bot.inference.protocol import Piece
from bot.worker.causal.context import fit


def words(text: str) -> int:
    """A count of tokens that is easy to follow: one a word."""
    return len(text.split())


def piece(label: str, text: str, priority: int = 0, *, cut: bool = False) -> Piece:
    return Piece(text=text, label=label, priority=priority, cut=cut)


def test_pieces_that_fit_stay_as_they_are() -> None:
    fitted = fit([piece("a", "one two "), piece("b", "three")], 3, words)
    assert fitted.text == "one two three"
    assert fitted.dropped == ()
    assert fitted.sha256 == hashlib.sha256(b"one two three").hexdigest()


def test_context_drops_the_lowest_priority_first_and_of_equals_the_earlier() -> None:
    pieces = [piece("old", "a b ", 1), piece("memory", "c d ", 5), piece("new", "e f ", 1), piece("last", "g", 9)]
    assert fit(pieces, 5, words).dropped == ("old",)
    assert fit(pieces, 5, words).text == "c d e f g"
    assert fit(pieces, 4, words).dropped == ("old", "new")


def test_piece_that_allows_a_cut_keeps_its_end_from_a_word_on() -> None:
    pieces = [
        piece("memory", "keep me ", 5),
        piece("passage", "one two three four ", 1, cut=True),
        piece("x", "end", 9),
    ]
    fitted = fit(pieces, 5, words)
    assert fitted.text == "keep me three four end"
    assert fitted.dropped == ("passage:start",)


def test_piece_of_which_nothing_fits_is_dropped_by_its_plain_name() -> None:
    pieces = [piece("memory", "a b c ", 5), piece("passage", "d e ", 1, cut=True)]
    fitted = fit(pieces, 3, words)
    assert (fitted.text, fitted.dropped) == ("a b c ", ("passage",))


def test_context_cuts_the_last_piece_in_any_case() -> None:
    fitted = fit([piece("a", "x y ", 1), piece("text", "one two three four five", 9)], 2, words)
    assert (fitted.text, fitted.dropped) == ("four five", ("a", "text:start"))


def test_context_cuts_chinese_without_spaces() -> None:
    fitted = fit([piece("text", "狐狸打开了那扇古老的门", 1, cut=True)], 4, len)
    assert fitted.text == "古老的门"


def test_context_of_nothing() -> None:
    assert fit([], 10, words).text == ""
    assert fit([piece("a", ""), piece("b", "")], 0, words).dropped == ()


texts = st.text(alphabet="ab \n狐é", max_size=40)


@given(st.lists(st.tuples(texts, st.integers(0, 3), st.booleans()), max_size=6), st.integers(0, 60))
def test_fitted_text_always_fits_and_is_made_of_ends_in_order(
    given_pieces: list[tuple[str, int, bool]], budget: int
) -> None:
    pieces = [piece(str(i), text, priority, cut=cut) for i, (text, priority, cut) in enumerate(given_pieces)]
    fitted = fit(pieces, budget, len)
    assert len(fitted.text) <= budget
    assert _is_made_of(fitted.text, pieces, fitted.dropped)
    whole = sum(len(one.text) for one in pieces)
    assert (fitted.dropped == ()) == (whole <= budget)


def _is_made_of(text: str, pieces: list[Piece], dropped: tuple[str, ...]) -> bool:
    """Tell whether `text` is the pieces in order: whole, as an end where the beginning was cut, or left out."""
    if not pieces:
        return text == ""
    first, *others = pieces
    if first.label in dropped:
        ends = [""]
    elif f"{first.label}:start" in dropped:
        ends = [first.text[start:] for start in range(1, len(first.text))]
    else:
        ends = [first.text]
    return any(text.startswith(end) and _is_made_of(text[len(end) :], others, dropped) for end in ends)
