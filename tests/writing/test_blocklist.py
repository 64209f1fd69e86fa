"""Words that demean people; the tests name few of them, and only as the list itself does."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.blocklist import Blocklist

SLUR = "wetback"


@pytest.fixture(scope="module")
def words() -> Blocklist:
    return Blocklist.load()


def test_blocklist_has_most_of_the_packages_list_in_force(words: Blocklist) -> None:
    listed = json.loads((files("wordfilter") / "badwords.json").read_text("utf-8"))
    refused = [word for word in listed if not words.allows(f"He called her a {word}, and left.")]
    assert len(refused) >= 0.75 * len(listed)


@pytest.mark.parametrize(
    "text",
    [
        SLUR,
        f"{SLUR.upper()}S!",
        f"“{SLUR.title()}’s",
        f"_{SLUR}_",
        f"*{SLUR}*",
        f"anti-{SLUR}-ish",
        "w3tb4ck",
        "wet\u00adback",
        "wétback",
        "half breed",
        "halfbreeds",
        "gypsies",
        "chinaman's",
    ],
)
def test_blocklist_refuses_words_in_any_spelling(words: Blocklist, text: str) -> None:
    assert not words.allows(text)
    assert not words.allows(f"And then {text} was said.")


@pytest.mark.parametrize(
    "text",
    [
        "She came from Scunthorpe by way of Penistone, Lightwater and Clitheroe to Coon Rapids.",
        "He dug with a spade; there was a gash in his leg, and Dick and Mick were lame.",
        "The japes of the spiced raccoons in a cocoon; the tycoon was niggardly with cripes.",
        "A chink of light fell through the chinks between the boards.",
        "Homo sapiens crossed the Rio Negro near Montenegro with a Maine coon and a pussy-cat.",
        "Damn it to hell, you bloody fool!",
        "It cost $50 on the 1st, or 3.5 each; h3llo.",
        "homogeneous, retardant, gooking, dagoba, spicy, kikemura",
        "这支那么长的笔",
        "",
    ],
)
def test_blocklist_refuses_no_home_town_and_no_ordinary_word(words: Blocklist, text: str) -> None:
    assert words.allows(text)


@given(st.text())
def test_blocklist_can_look_at_any_text(text: str) -> None:
    Blocklist(["zzyzx"]).allows(text)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5))
def test_letters_beside_it_make_another_word(beside: str) -> None:
    words = Blocklist(["zzyzx"])
    assert not words.allows(f"{beside} zzyzx {beside}")
    if all("a" <= char <= "z" for char in beside):  # but a letter that is drawn out makes no other word
        assert words.allows(f"{beside}zzyzx") == (set(beside) != {"z"})


def test_words_of_a_server_can_be_added() -> None:
    words = Blocklist.load(also=["flumph"])
    assert not words.allows("Two flumphs!")
    assert not words.allows(SLUR)


def test_blocklist_that_is_empty_allows_all() -> None:
    assert Blocklist([]).allows(SLUR)
