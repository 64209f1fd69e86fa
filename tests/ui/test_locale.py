"""The catalogues agree with each other and with the code."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
from discord import app_commands

from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import Language
from bot.ui.locale import (
    DEFAULT,
    LANGUAGES,
    PLURALS,
    Catalogue,
    CatalogueError,
    CommandTranslator,
    catalogue,
    duration,
    language_of,
    named,
    places_of,
)

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("bot", "cogs", "storage") for path in (ROOT / folder).rglob("*.py"))
SPEAKERS = {"say", "named", "catalogue", "plain"}
PERSON_ERRORS = {"PersonError", "BadInput", "NotAllowed", "NotHere", "Gone", "Busy"}


def _key(node: ast.AST) -> Iterator[str]:
    """The key, or keys with `*` for a part that is only known later, that an argument names."""
    match node:
        case ast.Constant(value=str(key)):
            yield key
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in parts)  # type: ignore[misc]  # constant parts of an f-string are text
        case ast.IfExp(body=yes, orelse=no):
            yield from _key(yes)
            yield from _key(no)


def _used() -> Iterator[str]:
    """Every key that the code asks the catalogues for."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    pass
                case ast.Call(func=ast.Name(id=name)):
                    pass
                case _:
                    continue
            if name in SPEAKERS:
                yield from _key(node.args[0])
            elif name in PERSON_ERRORS:
                yield from (f"error.{key}" for key in _key(node.args[0]))


def _matches(pattern: str, key: str) -> bool:
    return re.fullmatch(".+".join(re.escape(part) for part in pattern.split("*")), key) is not None


USED = sorted({key for key in _used() if re.fullmatch(r"[\w*-]+(\.[\w*-]+)+", key)})


def test_catalogues_have_the_same_keys() -> None:
    english = catalogue(DEFAULT).keys
    for language in LANGUAGES:
        assert catalogue(language).keys == english


TECHNICAL = ("why.", "owner.", "error.length_range")
"""Where tokens may be spoken of: details of a receipt, what hosts ask for, what only a command line can give."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_tells_people_of_words_not_of_tokens(language: Language) -> None:
    say = catalogue(language)
    told = {key for key in say.keys for form in say.forms(key).values() if re.search(r"\btokens?\b", form.casefold())}
    assert not [key for key in told if not key.startswith(TECHNICAL)]


def test_forms_have_the_same_places() -> None:
    differing = [
        (language, key, category, missing)
        for language, key in itertools.product(LANGUAGES, catalogue(DEFAULT).keys)
        for category, form in catalogue(language).forms(key).items()
        if (missing := (places_of(catalogue(DEFAULT).forms(key)["other"]) ^ places_of(form)) - {"count"})
    ]
    assert not differing


def test_keys_in_the_code_exist() -> None:
    assert USED
    unknown = [key for key in USED if not any(_matches(key, known) for known in catalogue(DEFAULT).keys)]
    assert not unknown, "these are in no catalogue"


def test_keys_are_all_used() -> None:
    unused = {key for key in catalogue(DEFAULT).keys if not any(_matches(pattern, key) for pattern in USED)}
    assert not unused


def test_code_shows_no_text_of_its_own() -> None:
    """Blocks, labels and notices get their text from a catalogue (or from people), never from a literal."""
    shown = {"TextDisplay", "button", "Button", "notice"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in shown:
                texts = [arg.value for arg in node.args[-1:] if isinstance(arg, ast.Constant)]
                assert not [text for text in texts if re.search("[A-Za-z]{2}", str(text))], f"{path.name}:{node.lineno}"


def test_catalogue_has_no_latin_punctuation_beside_han() -> None:
    """A comma, colon or question mark after a Chinese character is the full-width one."""
    for key in catalogue("zh-CN").keys:
        for form in catalogue("zh-CN").forms(key).values():
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", form), key


def test_names_of_moods_are_complete() -> None:
    for language, mood in itertools.product(LANGUAGES, MOOD_NAMES):
        assert catalogue(language)(f"mood.{mood}")


def test_plurals_follow_the_language() -> None:
    english, chinese = catalogue("en"), catalogue("zh-CN")
    assert english("time.minutes", count=1) == "a minute"
    assert english("time.minutes", count=2) == "2 minutes"
    assert chinese("time.minutes", count=1) == "1 分钟"
    assert {language: tuple(forms) for language, forms in PLURALS.items()} == {
        "en": ("one", "other"),
        "zh-CN": ("other",),
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "a second"), (8.4, "8 seconds"), (59, "59 seconds"), (60, "a minute"), (610, "10 minutes")],
)
def test_durations_are_rough(seconds: float, expected: str) -> None:
    assert duration(catalogue("en"), seconds) == expected


@pytest.mark.parametrize(
    "tables",
    [
        {"a": "{x.__class__}"},
        {"a": "{x[0]}"},
        {"a": "{0}"},
        {"a": "{x!r}"},
        {"a": "{x:>9}"},
        {"a": 3},
        {"a": {"other": "no form for one"}},
    ],
)
def test_catalogues_that_are_wrong_are_refused(tables: dict[str, object]) -> None:
    with pytest.raises(CatalogueError, match="a"):
        Catalogue("en", tables)


def test_plain_has_no_markdown_and_leaves_what_is_put_in_as_it_is() -> None:
    tables = {
        "a": r"Press *{name}*, **not** \_\_\_ (\#1).",
        "b": {"one": "-# *{count} thing*", "other": "{count} things"},
    }
    say = Catalogue("en", tables)
    assert say.plain("a", name="*Go* \\_on_") == r"Press *Go* \_on_, not ___ (#1)."
    assert say.plain("b", count=1) == "1 thing"
    for key in (key for key in catalogue("en").keys if key.startswith("error.")):
        for form in catalogue("en").forms(key).values():
            shown = Catalogue("en", {"error": form}).plain("error", **dict.fromkeys(places_of(form), "x"))
            assert not re.search(r"[\\*]", shown), key


def test_catalogue_places_cannot_be_reached_into() -> None:
    assert catalogue("en")("card.own.title", name="{count} {name}") == "{count} {name} wrote on"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", "zh-CN"),
        (discord.Locale.chinese, "zh-CN"),
        ("en-GB", "en"),
        ("de", "en"),
        ("zh-TW", "en"),
        (None, "en"),
    ],
)
def test_language_of_a_locale(locale: str | discord.Locale | None, language: str) -> None:
    assert language_of(locale) == language


async def test_command_names_are_translated_and_valid() -> None:
    translator = CommandTranslator()
    context = app_commands.TranslationContext(app_commands.TranslationContextLocation.other, data=None)  # type: ignore[var-annotated]  # any data
    names = [key for key in catalogue("en").keys if key.startswith("command.") and key.endswith(".name")]
    assert len(names) > 10
    for key in names:
        chinese = await translator.translate(named(key), discord.Locale.chinese, context)
        assert chinese == catalogue("zh-CN")(key)
        for name in (str(named(key)), str(chinese)):
            assert re.fullmatch(r"[-_\w]{1,32}", name)
            assert name == name.lower()
        assert await translator.translate(named(key), discord.Locale.german, context) is None
    for key in catalogue("en").keys:
        if key.startswith("command.") and key.endswith(".description"):
            assert all(1 <= len(catalogue(language)(key)) <= 100 for language in LANGUAGES), key


@pytest.mark.parametrize("key", sorted(key for key in catalogue(DEFAULT).keys if key.startswith("form.")))
def test_forms_fit_into_discords_limits(key: str) -> None:
    limit = 100 if key.endswith("hint") else 45
    for language in LANGUAGES:
        assert len(catalogue(language)(key, limit=4000, time="20160 minutes")) <= limit


@pytest.mark.parametrize("key", sorted(key for key in catalogue(DEFAULT).keys if key.startswith("button.")))
def test_catalogue_labels_fit_into_buttons(key: str) -> None:
    for language in LANGUAGES:
        assert len(catalogue(language)(key)) <= 34, "longer labels are cut off on phones"
