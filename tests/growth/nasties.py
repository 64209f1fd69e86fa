"""Texts that cost an algorithm most: runs, openings without closings, alternations, and mixtures of them.

Each is made to a length, so that what a function costs can be compared between two lengths.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping

FULL = 4000
"""Characters of the longest text that a person can send."""

Nasty = Callable[[int], str]
"""Makes the text of so many characters."""

_SIGNS = string.punctuation + "“”‘’„«»…—–·•。，、！？；：（）「」『』《》＿\u3000\u00a0"
"""Signs that some function gives a meaning to."""

_LETTERS = {
    "letters": "a",
    "capitals": "A",
    "digits": "7",
    "spaces": " ",
    "line ends": "\n",
    "tabs": "\t",
    "returns": "\r",
    "next lines": "\x85",
    "paragraph separators": "\u2029",
    "nulls": "\x00",
    "escapes": "\x1b",
    "soft hyphens": "\u00ad",
    "zero-width spaces": "\u200b",
    "joiners": "\u200d",
    "non-joiners": "\u200c",
    "direction marks": "\u200f",
    "direction overrides": "\u202e",
    "isolates": "\u2066",
    "accents": "\u0301",
    "variation selectors": "\ufe0f",
    "fillers": "\u3164",
    "blank braille": "\u2800",
    "tags": "\U000e0061",
    "surrogates": "\ud800",
    "noncharacters": "\ufffe",
    "flags": "\U0001f1e6",
    "black flags": "\U0001f3f4",
    "emoji": "🙂",
    "skin tones": "\U0001f3fd",
    "Han": "灯",
    "function words of Chinese": "的",
    "kana": "の",
    "Hangul": "각",
    "conjoining jamo": "\u1100",
    "Thai": "ก",
    "Thai vowels": "\u0e31",
    "Hebrew": "ש",
    "Devanagari": "\u0915\u094d",
    "ligatures": "\ufdfa",
    "sharp s": "ß",
    "dotted I": "İ",
}

_REPEATED = {
    "blanks": "___ ",
    "blanks before words": "___a ",
    "blanks around words": "___a___ ",
    "blanks behind words": "a___ ",
    "blanks inside words": "a___b",
    "blanks with numbers": "___3 ",
    "blanks with long numbers": "___" + "9" * 40,
    "escaped blanks": r"\_\_\_a ",
    "masks": "[MASK] ",
    "masks without space": "[MASK]",
    "openings of masks": "[MASK",
    "bold": "**a** ",
    "bold openings": "**a ",
    "italics openings": "*a ",
    "underscore openings": "_a ",
    "double underscore openings": "__a ",
    "code openings": "`a ",
    "spoiler openings": "||a ",
    "strikethrough openings": "~~a ",
    "tag openings": "<a ",
    "tag openings without space": "<a",
    "tags around letters": "<b>a</b>",
    "comment openings": "<!--",
    "special openings": "<|a",
    "mention openings": "<@1",
    "emoji openings": "<:a",
    "animated emoji openings": "<a:a",
    "mentions": "<@123456789012345678> ",
    "everyone": "@everyone ",
    "link openings": "[a](",
    "addresses": "https://a.b/c ",
    "schemes": "http://",
    "one long address": "www.a",
    "mail": "a@b.c ",
    "at signs and letters": "a@a.",
    "shortcodes": ":a:",
    "entities": "&amp;",
    "entity openings": "&#1",
    "headings": "# a\n",
    "list items": "- a\n",
    "numbered items": "1. a\n",
    "long numbered items": "1234567890. ",
    "rules": "- - - ",
    "rules and letters": "* * * a\n",
    "quotes": "> ",
    "footnotes": "[1]",
    "footnote openings": "[note 1",
    "straight quotes": '"a ',
    "curly quotes open": "“a ",
    "curly quotes close": "a” ",
    "brackets open": "(a ",
    "brackets open and close": "(a) ",
    "corner brackets open": "「a",
    "nested quotes": "“「（",
    "closings": "”」）",
    "sentences": "A b. ",
    "sentences without space": "a.b.",
    "sentences without capitals": "a. ",
    "questions": "a? b! ",
    "ellipses": "a… ",
    "dots and spaces": ". ",
    "stops and closings": '."',
    "Chinese sentences": "灯。",
    "Chinese quotes": "“灯？”",
    "initials": "A. ",
    "abbreviations": "e.g. Mr. ",
    "sentence ends and line ends": ".\n",
    "line ends and spaces": "\n ",
    "line ends and tabs": "\n\t",
    "carriage returns and line ends": "\r\n",
    "letters on lines": "a\n",
    "letters between empty lines": "a\n\n",
    "capitals on lines": "A, ",
    "capitals and digits": "A1 ",
    "words": "word ",
    "words with capitals": "Word ",
    "the same two words": "the lamp ",
    "words and wide spaces": "a\u3000",
    "hyphens": "a-",
    "apostrophes": "a'",
    "curly apostrophes": "a’",
    "contractions": "don't ",
    "possessives": "a's ",
    "suffixes": "ings",
    "doubled suffixes": "essess",
    "vowels": "aeiou",
    "letters thrice": "aaab",
    "leet": "b1tch",
    "signs read as letters": "a@$!",
    "exclamations": "a!",
    "colons": "a:",
    "label openings": "Note a ",
    "speech": ".” he said ",
    "speech openings": ".” a ",
    "Han and letters": "灯a",
    "Han and spaces": "灯 ",
    "Han pairs": "灯塔的",
    "accented letters": "e\u0301",
    "accents out of order": "\u0301\u0323",
    "letters and joiners": "a\u200d",
    "emoji and joiners": "🙂\u200d",
    "joiners and selectors": "\u200d\ufe0f",
    "directions": "\u202ea\u202c",
    "Hebrew words": "שלום ",
    "flag openings": "\U0001f3f4\U000e0067",
    "surrogates and letters": "\ud800a",
    "controls and letters": "\x00a",
    "braces": "{a}",
    "templates": "{{a}}{%",
    "backslashes and letters": "\\a",
    "backslashes and signs": "\\_",
    "commands": "\\begin",
    "wildcards": "*a*",
    "signs of percent": "%a_",
    "statements": "import a\n",
}

_FRAMED = {
    "line ends between letters": ("a", "\n", "b"),
    "spaces between letters": ("a", " ", "b"),
    "spaces before a line": ("", " ", "\na"),
    "letters before a stop": ("", "a", "."),
    "letters before an exclamation": ("", "a", "!"),
    "letters before a blank": ("", "a", "___"),
    "a blank before letters": ("___", "a", ""),
    "blanks far apart": ("___a", " ", "b___"),
    "digits in a blank": ("a ___", "9", " b"),
    "underscores between words": ("a ", "_", " b"),
    "hyphens between words": ("a", "-", "b"),
    "an opening before letters": ("<", "a", "<"),
    "a comment before letters": ("<!--", "a", "-"),
    "a quote before words": ("“", "a ", ""),
    "an address": ("https://", "a", ""),
    "an address with blanks": ("https://a.b/", "a___", ""),
    "closings behind a stop": (".", "”", "a"),
    "one sentence": ("", "word ", "end."),
}


def _run(unit: str) -> Nasty:
    return lambda length: (unit * (length // len(unit) + 1))[:length]


def _framed(first: str, unit: str, last: str) -> Nasty:
    return lambda length: first + _run(unit)(length - len(first) - len(last)) + last


def _mixed(length: int) -> str:
    chance = random.Random(13)
    parts = [*_SIGNS, *_LETTERS.values(), *_REPEATED.values()]
    return "".join(chance.choices(parts, k=length))[:length]


def _different_words(length: int) -> str:
    return " ".join(f"w{number}" for number in range(length))[:length]


def _few_words(length: int) -> str:
    chance = random.Random(13)
    return " ".join(chance.choices(["the", "lamp", "and", "a"], k=length))[:length]


NASTIES: Mapping[str, Nasty] = {
    **{f"signs {sign!r}": _run(sign) for sign in _SIGNS},
    **{name: _run(letter) for name, letter in _LETTERS.items()},
    **{name: _run(unit) for name, unit in _REPEATED.items()},
    **{name: _framed(*parts) for name, parts in _FRAMED.items()},
    "everything": _mixed,
    "different words": _different_words,
    "few words": _few_words,
}
"""The texts by what they are made of."""

WORST: Mapping[str, Nasty] = {
    name: NASTIES[name]
    for name in (
        "signs '_'",
        "signs '.'",
        "signs '!'",
        "signs '>'",
        "signs '“'",
        "signs ':'",
        "letters",
        "spaces",
        "line ends",
        "accents out of order",
        "ligatures",
        "sharp s",
        "emoji and joiners",
        "Thai",
        "blanks before words",
        "blanks around words",
        "masks",
        "comment openings",
        "link openings",
        "rules and letters",
        "brackets open",
        "sentences without capitals",
        "stops and closings",
        "Chinese sentences",
        "line ends and spaces",
        "letters between empty lines",
        "the same two words",
        "hyphens",
        "Hebrew words",
        "wildcards",
        "line ends between letters",
        "spaces between letters",
        "letters before an exclamation",
        "one sentence",
        "everything",
        "different words",
    )
}
"""A few of them, each of a kind of its own."""
