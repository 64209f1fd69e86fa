"""Text as it grows, with real tokenizers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.worker.causal.detokenizer import Detokenizer
from bot.worker.causal.tokens import Tokens
from tests.support.models import tiny_gpt2, tiny_llama


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def tokens(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    make = tiny_gpt2 if request.param == "gpt2" else tiny_llama
    return Tokens.from_file(make(tmp_path_factory.mktemp("models") / request.param) / "tokenizer.json")


def _stream(tokens: Tokens, prompt: str, text: str, stop: tuple[str, ...] = ()) -> tuple[list[str], Detokenizer]:
    """Feed the tokens of `text` as a model would write it behind `prompt`; return what was visible after each."""
    before = tokens.encode(prompt)
    after = tokens.encode(prompt + text)[len(before) :] if prompt else tokens.encode(text)
    stream = Detokenizer(tokens.decode, before if prompt else (), stop)
    shown: list[str] = []
    for token in after:
        stream.push(token)
        shown.append(stream.visible)
    return shown, stream


def test_character_of_several_tokens_appears_when_it_is_whole(tokens: Tokens) -> None:
    shown, stream = _stream(tokens, "The fox", " 世👩‍👩‍👧é!")
    assert stream.finish() == " 世👩‍👩‍👧é!"
    assert not any("\ufffd" in text for text in shown)
    assert len(set(shown)) < len(shown)


def test_detokenizer_leaves_out_half_a_character_at_the_end(tokens: Tokens) -> None:
    before = tokens.encode("The fox")
    ids = tokens.encode("The fox 世")[len(before) :]
    stream = Detokenizer(tokens.decode, before, ())
    for token in ids[:-1]:
        stream.push(token)
    assert stream.finish().strip() == ""
    assert "\ufffd" not in stream.visible


def test_detokenizer_keeps_the_space_before_the_first_word(tokens: Tokens) -> None:
    _, stream = _stream(tokens, "The fox", " opened")
    assert stream.finish() == " opened"


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="abc thefox 世é👩\n.", min_size=1, max_size=30))
def test_detokenizer_text_is_whole_and_only_grows(tokens: Tokens, text: str) -> None:
    shown, stream = _stream(tokens, "The fox.\n", text)
    final = stream.finish()
    assert ("The fox.\n" + text).endswith(final)
    assert all(later.startswith(earlier) for earlier, later in pairwise([*shown, final]))
    assert not any(part.endswith("\ufffd") for part in shown)


def test_stop_string_over_several_tokens_is_never_seen(tokens: Tokens) -> None:
    shown, stream = _stream(tokens, "The fox", " opened the door\n\nA girl", ("\n\n", "girl"))
    assert stream.stopped
    assert stream.finish() == " opened the door"
    assert all(" opened the door".startswith(text) for text in shown)


def test_text_that_only_looked_like_a_stop_string_is_shown_in_the_end(tokens: Tokens) -> None:
    shown, stream = _stream(tokens, "The fox", " a\n", ("\n\n",))
    assert shown[-1] == " a"
    assert stream.finish() == " a\n"
    assert not stream.stopped


def test_detokenizer_ends_at_the_earliest_stop_string(tokens: Tokens) -> None:
    _, stream = _stream(tokens, "The fox", " abcdef", ("f", "cd", "e"))
    assert stream.finish() == " ab"


def test_tokens_find_breakers_in_the_vocabulary(tokens: Tokens) -> None:
    newline = tokens.containing(("\n",))
    assert newline
    assert all("\n" in tokens.decode([*tokens.encode("a")[-1:], number]) for number in newline)
    # A character that no token holds is recognised by the last of its tokens.
    last = tokens.encode("a。")[-1]
    assert tokens.containing(("。",)) == {last}


def test_context_is_encoded_without_an_end_and_an_empty_one_has_a_start(tokens: Tokens) -> None:
    assert tokens.encode("")[0] == tokens.start
    assert not set(tokens.encode("The fox")[1:]) & tokens.ends


def test_special_tokens_end_a_text(tmp_path: Path) -> None:
    tokens = Tokens.from_file(tiny_llama(tmp_path / "llama") / "tokenizer.json", ends=[5])
    assert {1, 2, 5} <= tokens.ends
