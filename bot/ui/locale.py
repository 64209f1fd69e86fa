"""What people read, in their language.

The catalogues are TOML, a folder a language and a file a subject: a format with comments, without code, that a
translator can edit and Python reads without a dependency. A string has named places, `{like_this}`. A string that
depends on a number is a table with a form for each plural category of the language (CLDR: English `one` and `other`,
Chinese only `other`), chosen by the place `count`. Fluent could do more than these strings need, and would be one
more language to learn.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, get_args

import discord
from discord import app_commands

from bot.rules.servers import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
"""All languages of cards."""
DEFAULT: Language = "en"
"""The language of people whose own there is none of."""
PLURALS: Mapping[Language, Mapping[str, Callable[[Place], bool]]] = {
    "en": {"one": lambda count: count == 1, "other": lambda count: True},
    "zh-CN": {"other": lambda count: True},
}
"""The plural forms of each language, by the names of CLDR, and which numbers they are for: the first that fits."""
_MARKDOWN = re.compile(r"\\([!-/:-@\[-`{-~])|\*+|^-# ", re.MULTILINE)
"""An escaped sign, which stays; stars, and the sign of small print, which go."""
_CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
"""Unicode's names of plural forms: a table of a catalogue with only such keys is one text."""

Place = str | int | float


class CatalogueError(Exception):
    """A catalogue that cannot be used; it names the language and the key."""


class Catalogue:
    """The strings of one language: `say("card.title", count=3)`.

    What is put into the places is put in as it is: whoever passes people's text escapes it first.
    """

    def __init__(self, language: Language, tables: Mapping[str, Any]) -> None:
        self.language = language
        self._strings: dict[str, str | Mapping[str, str]] = dict(_flat(language, tables))

    def __call__(self, key: str, /, **places: Place) -> str:
        return self._form(key, places).format_map(places)

    def plain(self, key: str, /, **places: Place) -> str:
        """Return the string without its Markdown, for a terminal. What is put into the places stays as it is."""
        return _MARKDOWN.sub(r"\1", self._form(key, places)).format_map(places)

    def _form(self, key: str, places: Mapping[str, Place]) -> str:
        entry = self._strings[key]
        if isinstance(entry, str):
            return entry
        count = places["count"]
        return entry[next(form for form, fits in PLURALS[self.language].items() if fits(count))]

    def __contains__(self, key: str) -> bool:
        return key in self._strings

    @property
    def keys(self) -> frozenset[str]:
        """Return every key."""
        return frozenset(self._strings)

    def forms(self, key: str) -> Mapping[str, str]:
        """Return the forms of `key` by plural category; `other` alone where it has no number."""
        entry = self._strings[key]
        return {"other": entry} if isinstance(entry, str) else entry


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the catalogue of `language`, read once from the package."""
    folder = resources.files("bot.ui") / "catalogues" / language
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return Catalogue(language, merged(language, [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]))


def merged(language: Language, tables: Sequence[Mapping[str, Any]], prefix: str = "") -> dict[str, Any]:
    """Lay tables over each other: the files of a language share sections such as [error], but no text."""
    whole: dict[str, Any] = {}
    for table in tables:
        for name, value in table.items():
            known = whole.get(name)
            if known is None:
                whole[name] = value
            elif isinstance(known, dict) and isinstance(value, dict) and not _CATEGORIES.intersection(known, value):
                whole[name] = merged(language, (known, value), f"{prefix}{name}.")
            else:
                raise CatalogueError(f"{language}: {prefix}{name} stands in two files")
    return whole


def places_of(form: str) -> frozenset[str]:
    """Return the names of the places in `form`."""
    return frozenset(name for _, name, _, _ in Formatter().parse(form) if name is not None)


def language_of(locale: discord.Locale | str | None) -> Language:
    """Return the language to use for a Discord locale: the same where there is a catalogue for it, else English."""
    tag = str(locale) if locale is not None else DEFAULT
    return next((language for language in LANGUAGES if language == tag), DEFAULT)


def private(interaction: discord.Interaction[Any]) -> Catalogue:
    """Return the catalogue for what only the person who acts will see: their own language."""
    return catalogue(language_of(interaction.locale))


def public(interaction: discord.Interaction[Any], chosen: Language | None) -> Catalogue:
    """Return the catalogue for what everyone sees: what the server chose, else the server's locale; outside of a
    server the person's own."""
    return catalogue(chosen or language_of(interaction.guild_locale or interaction.locale))


def named(key: str) -> app_commands.locale_str:
    """Return the name or description `key` of a command as discord.py wants it: in English, to be translated."""
    return app_commands.locale_str(catalogue(DEFAULT)(key), key=key)


class CommandTranslator(app_commands.Translator):
    """Translates the names and descriptions of commands made by `named` when they are registered."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        language = language_of(locale)
        key = string.extras.get("key")
        if language == DEFAULT or key is None:
            return None
        return catalogue(language)(key)


def duration(say: Catalogue, seconds: float) -> str:
    """Return a rough length of time, as people say it."""
    if seconds < 60:
        return say("time.seconds", count=max(1, round(seconds)))
    return say("time.minutes", count=round(seconds / 60))


def _flat(
    language: Language, tables: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str | Mapping[str, str]]]:
    for name, value in tables.items():
        key = prefix + name
        if isinstance(value, str):
            _check(language, key, value)
            yield key, value
        elif isinstance(value, dict) and value.keys() <= _CATEGORIES:
            if value.keys() != PLURALS[language].keys():
                raise CatalogueError(f"{language}: {key} needs the forms {', '.join(PLURALS[language])}")
            for form in value.values():
                _check(language, key, form)
            yield key, value
        elif isinstance(value, dict):
            yield from _flat(language, value, key + ".")
        else:
            raise CatalogueError(f"{language}: {key} is neither a text nor a table")


def _check(language: Language, key: str, form: str) -> None:
    """Refuse places that are more than a name: `str.format` could reach into objects through them."""
    for _, name, spec, conversion in Formatter().parse(form):
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise CatalogueError(f"{language}: {key} has the place {{{name}}}, which is not a plain name")
