"""In which language a story is written, and which way its lines run, told by its text alone.

The model of the detector is read when it is needed and let go again: it takes most of a second and 70 MB, and books
are made rarely. So this belongs into a thread.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from bot.rules.languages import UNKNOWN, Direction
from bot.rules.stories import Passage

_PIECE = 250
"""Characters of each piece whose language is asked for."""
_PIECES = 40
"""So many pieces of a story are looked at, from all over it."""
_SURE = 0.5
"""The confidence, on average over the pieces, from which a language is believed."""
_CHINESE = frozenset({"zh", "wuu"})
"""What the detector calls written Chinese; Cantonese (yue) is told apart by characters of its own."""
_SIMPLIFIED = "们这为说来时国会对还过开门见现听话么样长问间头觉边两从后东电书车马鸟风"
"""Characters that stories are full of, as Simplified Chinese writes them."""
_TRADITIONAL = "們這為說來時國會對還過開門見現聽話麼樣長問間頭覺邊兩從後東電書車馬鳥風"
"""The same as Traditional Chinese writes them."""
_NO_LANGUAGE = "zxx"
"""What the detector says of text in no language."""


def language_of(passages: Iterable[Passage]) -> str:
    """Return the tag (BCP 47) of the language in which most of a story is written; "und" where that cannot be told."""
    text = "\n".join(passage.text for passage in passages)
    pieces = _pieces(text)
    if not pieces:
        return UNKNOWN
    believed: defaultdict[str, float] = defaultdict(float)
    for guess, confidence in _guesses(pieces):
        believed["zh" if guess in _CHINESE else guess] += confidence
    language = max(believed, key=lambda each: believed[each])
    if believed[language] < _SURE * len(pieces) or language == _NO_LANGUAGE:
        return UNKNOWN
    return _chinese("".join(pieces)) if language == "zh" else language


def direction_of(text: str) -> Direction:
    """Return which way most of the letters of `text` run, of so much of it as decides."""
    letters = Counter(map(unicodedata.bidirectional, text[: _PIECE * _PIECES]))
    return "rtl" if letters["R"] + letters["AL"] > letters["L"] else "ltr"


def _pieces(text: str) -> list[str]:
    """Return pieces from all over the text, with something to read in each."""
    count = max(1, -(-len(text) // _PIECE))
    places = range(count) if count <= _PIECES else [number * count // _PIECES for number in range(_PIECES)]
    pieces = [text[place * _PIECE : (place + 1) * _PIECE] for place in places]
    return [piece for piece in pieces if any(map(str.isalpha, piece))]


def _guesses(pieces: Sequence[str]) -> list[tuple[str, float]]:
    """Return the likeliest language of each piece and how likely it is."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return [identifier.classify(piece) for piece in pieces]


def _chinese(text: str) -> str:
    """Return the tag of Chinese in the characters of `text`, without a script where none of them tells."""
    simplified, traditional = sum(map(text.count, _SIMPLIFIED)), sum(map(text.count, _TRADITIONAL))
    if simplified == traditional:
        return "zh"
    return "zh-Hans" if simplified > traditional else "zh-Hant"
