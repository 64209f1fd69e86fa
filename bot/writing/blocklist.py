"""Words that demean people are never suggested.

The list is that of the package `wordfilter` (Darius Kazemi and others, MIT), made for text generators: "words
of oppression", not swearing. It is matched by whole words here (the package itself matches inside words),
together with what it lacks for models that have read old books. People may write what they like: only
suggestions are held against the list.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from importlib.resources import files

from bot.rules.text.characters import nfkd

# In the package's list, but ordinary words or names far more often than not, or rude without demeaning
# a group.
_ORDINARY = """
    crazy crazie dick dumb gash idiot insane insanitie insanity lame lunatic mick nip prostitute pussie spade
    spook tits titt zog
"""
# Not in the package's list: inflected forms that it matches inside words, and the language of old books.
_ALSO = """
    beaner bitching bitchy blackamoor camel-jockey chinee chinky cunty darkie darky faggoty gypped
    gypping half-caste injun jewess jigaboo mongoloid mulatto nigra nigrah octoroon picaninny
    piccaninny polack poofter porch-monkey quadroon redskin retarded slant-eye slant-eyed slutty
    spastic spaz towelhead untermensch whoring wog zipperhead 支那 黑鬼 尼哥 小日本 高丽棒子
    东亚病夫 娘炮 死基佬
"""
# Where a listed word is something else: places, animals, plants, science, gaps in walls.
_EXCEPTIONS = re.compile(
    r"""\b(?:maine\ coon | coon\ (?:rapids|valley|creek|lake|hound)s? | (?:offa'?s|van|hadrian'?s)\ dyke
        | dykes?\ (?:road|burst|broke) | (?:sea|dry-?stone)\ dykes? | r[ií]o\ negro | (?:cerro|monte)\ negro
        | homo\ (?:sapiens|erectus|habilis|neanderthalensis|ludens|economicus) | ecce\ homo | kaffir\ limes?
        | squaw\ (?:valley|peak|creek) | chinks?\ (?:of|in|between|through) | doo[-\ ]wop | abo\ blood
        | pussy[-\ ]?(?:cat|willow|foot)s? | mount\ hooker | hooker'?s\ green | eskimo\ pie | gypsy\ moths?
        )\b | 支那(?=[么样种边个些天时里])""",
    re.VERBOSE,
)
_LETTER = r"[^\W\d_]"
"""A pattern for one letter of any script."""
_HAN = re.compile("[\u3400-\u9fff]")
"""A Chinese character."""
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
"""The letters for which digits and signs are written."""
_LEET_TOKEN = re.compile(r"[\w@$!]+")
"""A run of letters, digits and the signs among these."""


class Blocklist:
    """Tells whether a text may be suggested. Whole words only, in any case, with plurals and possessives."""

    def __init__(self, words: Iterable[str]) -> None:
        self._pattern = _compile({_fold(word) for word in words} - {""})

    @classmethod
    def load(cls, also: Iterable[str] = ()) -> Blocklist:
        """Return the package's list as amended here, together with the words of `also`."""
        listed: list[str] = json.loads((files("wordfilter") / "badwords.json").read_text("utf-8"))
        ordinary = set(_ORDINARY.split())
        return cls([*(word for word in listed if word not in ordinary), *_ALSO.split(), *also])

    def allows(self, text: str) -> bool:
        """Tell whether `text` has none of the words."""
        folded = _EXCEPTIONS.sub(" ", _fold(text))
        if self._pattern.search(folded):
            return False
        plain = without_leet(folded)
        return plain == folded or not self._pattern.search(plain)


def without_leet(text: str) -> str:
    """Return `text` with the letters that were written as digits and signs ("b1tch")."""
    return _LEET_TOKEN.sub(_unleet, text)


def _fold(text: str) -> str:
    """Return `text` case-folded, without accents and format characters, no letter thrice in a row."""
    decomposed = nfkd(text.replace("’", "'")).casefold()
    kept = "".join(char for char in decomposed if unicodedata.category(char) not in {"Mn", "Cf"})
    return re.sub(rf"({_LETTER})\1{{2,}}", r"\1\1", kept)


def _unleet(match: re.Match[str]) -> str:
    """Read digits and signs as letters in a token of four characters with two letters ("b1tch")."""
    token = match[0]
    letters = sum(char.isalpha() for char in token)
    body = token.rstrip("!")
    return body.translate(_LEET) + token[len(body) :] if letters >= 2 and len(body) >= 4 else token


def _compile(words: set[str]) -> re.Pattern[str]:
    """One pattern for all, bounded by anything but letters and digits (_emphasis_ does not hide a word)."""
    latin = "|".join(_forms(word) for word in sorted(words, key=len, reverse=True) if not _HAN.search(word))
    han = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if _HAN.search(word))
    bounded = rf"(?<![^\W_])(?:{latin})(?:'?s|s')?(?![^\W_])" if latin else ""
    return re.compile("|".join(part for part in (bounded, han) if part) or r"(?!)")


def _forms(word: str) -> str:
    """The word, with its plural where that is more than an s, and hyphens that may be spaces or left out."""
    if re.search(r"[^aeiou]y$", word):
        pattern = re.escape(word[:-1]) + "(?:y|ie)"
    elif re.search(r"(?:[sxz]|ch|sh|o)$", word):
        pattern = re.escape(word) + "(?:e(?=s))?"
    else:
        pattern = re.escape(word)
    return pattern.replace(r"\-", r"[-\s]?")
