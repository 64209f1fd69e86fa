"""Shared runs, checked against the obvious slow definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.writing.overlap import COUNTED_RUN, TextSource, compared_words, overlap

words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=30)


def slow_runs(text: list[str], source: list[str]) -> list[int]:
    pieces = {tuple(source[i:j]) for i in range(len(source)) for j in range(i + 1, len(source) + 1)}
    return [
        max((n for n in range(1, end + 1) if tuple(text[end - n : end]) in pieces), default=0)
        for end in range(1, len(text) + 1)
    ]


@given(words, words)
def test_runs_are_the_longest_that_the_source_has(text: list[str], source: list[str]) -> None:
    assert TextSource(" ".join(source)).runs(text) == slow_runs(text, source)


@given(words, words, words)
def test_echo_counts_words_in_long_runs_once(text: list[str], first: list[str], second: list[str]) -> None:
    borrowed: set[int] = set()
    longest = 0
    for source in (first, second):
        for end, run in enumerate(slow_runs(text, source), start=1):
            longest = max(longest, run)
            if run >= COUNTED_RUN:
                borrowed |= set(range(end - run, end))
    found = overlap(" ".join(text), [TextSource(" ".join(first)), TextSource(" ".join(second))])
    assert found.longest_run == longest
    assert found.shared == (len(borrowed) / len(text) if text else 0.0)


def test_overlap_ignores_case_punctuation_and_dashes() -> None:
    source = TextSource("The old man—so they say—went down to the sea.")
    assert overlap('"THE OLD MAN, so they say, went down!"', [source]).longest_run == 8


def test_han_characters_are_words() -> None:
    assert compared_words("他打开了门。") == list("他打开了门")
    assert overlap("她打开了门", [TextSource("他打开了门。")]).longest_run == 4


def test_overlap_of_a_text_without_words_is_nothing() -> None:
    assert overlap("… — !", [TextSource("… — !")]).longest_run == 0
