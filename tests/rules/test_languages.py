"""The language of a story as its host gives it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.rules.languages import LANGUAGES, check_language, name_of, offered


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        *((tag, tag) for tag in LANGUAGES),
        *((name, tag) for tag, names in LANGUAGES.items() for name in names),
        ("auto", ""),
        ("", ""),
        (" AUTO ", ""),
        ("zh-hant", "zh-Hant"),
        ("PT-br", "pt-BR"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("tok", "tok"),
    ],
)
def test_languages_have_names_and_tags(given: str, tag: str) -> None:
    assert check_language(given) == tag
    assert check_language(tag) == tag


@pytest.mark.parametrize("given", ["Klingonish", "en_GB", "e", "en-", "en-GB-x", "<b>", "ไทยๆ", "e\nn", "x" * 6000])
def test_language_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadInput, match="story_language"):
        check_language(given)


@pytest.mark.parametrize(
    ("current", "first", "also"),
    [("Chinese", "zh-Hans", "zh-Hant"), ("中文", "zh-Hans", "zh-Hant"), ("Portu", "pt", "pt-BR")],
)
def test_language_is_offered_by_any_part_of_its_name(current: str, first: str, also: str) -> None:
    tags = [tag for tag, _ in offered(current, 25)]
    assert tags[0] == first
    assert also in tags[1:]


@given(st.text(max_size=6))
def test_languages_offered_can_be_chosen(current: str) -> None:
    for tag, name in offered(current, 25):
        assert check_language(tag) == tag
        assert name_of(tag) in name
        assert len(name) <= 100
    assert len(offered("", 25)) == 25
