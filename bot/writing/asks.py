"""What a person asks of the models, and whether it can be answered: values and pure checks."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from bot.errors import BadInput
from bot.inference.jobs import Owner
from bot.inference.protocol import LoadedRole, ModelInfo, Piece
from bot.rules.generations import Place, check_note
from bot.rules.infill_style import AS_IT_BELONGS, InfillStyle
from bot.rules.moods import MOOD_NAMES, MoodName
from bot.rules.servers import COUNT_RANGE, DEFAULT_COUNT, DEFAULT_LENGTH, LENGTH_RANGE, MAX_TEXT
from bot.rules.text.characters import is_blank, normalise
from bot.rules.text.words import token_spans
from bot.writing.blanks import has_blanks, parse
from bot.writing.cleaning import sentence_ends

DEFAULT_TWISTS = 6
"""How many words a twist offers to change: each has a menu on the card."""
TWIST_RANGE = range(1, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueAsk:
    """Continue `text` with `count` suggestions of about `length` tokens; `mood` None mixes all moods.

    `text` is normalised on the way in (see `bot.rules.text.characters`), so that what is checked, continued and kept
    is one and the same. `parent_id` is the generation that this one retries or goes on from. `context` is what the
    model reads before the text, in reading order, a heading included; where the window is too small it goes before
    the text does. `near` is what it reads within the text, close to its end, and `note` what the person wants besides
    (`bot.rules.generations`), which stands there, too. `local`: none of it may leave this machine.
    """

    owner: Owner
    place: Place
    text: str
    local: bool = False
    mood: MoodName | None = None
    count: int = DEFAULT_COUNT
    length: int = DEFAULT_LENGTH
    parent_id: int | None = None
    context: tuple[Piece, ...] = ()
    near: tuple[Piece, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", normalise(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillAsk:
    """Fill the blanks of `text` in `count` ways, in a `style`. `text` is normalised on the way in; `length` is unused;
    `context` is what the causal model reads before the text, as far as it fits."""

    owner: Owner
    place: Place
    text: str
    count: int = DEFAULT_COUNT
    parent_id: int | None = None
    length: int = 0
    style: InfillStyle = AS_IT_BELONGS
    context: tuple[Piece, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", normalise(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwistAsk:
    """Find the words of `text` that were to be expected, `count` at most, and rarer ones for them. `text` is normalised
    on the way in; `length` is unused."""

    owner: Owner
    place: Place
    text: str
    count: int = DEFAULT_TWISTS
    parent_id: int | None = None
    length: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", normalise(self.text))


Ask = ContinueAsk | InfillAsk | TwistAsk


def check(ask: Ask) -> None:
    """Raise `BadInput` where no model could answer `ask`.

    Keys (and params): `text_empty`; `text_too_long` (length, limit); `mood_unknown` (mood, allowed);
    `count_range` and `length_range` (given, low, high); those of `check_note`; those of `blanks.parse` for an infill;
    and `twist_blanks` for a twist of a text with blanks in it.
    """
    if is_blank(ask.text):
        raise BadInput("text_empty")
    if len(ask.text) > MAX_TEXT:
        raise BadInput("text_too_long", length=len(ask.text), limit=MAX_TEXT)
    _check_range("count_range", ask.count, TWIST_RANGE if isinstance(ask, TwistAsk) else COUNT_RANGE)
    if isinstance(ask, ContinueAsk):
        _check_range("length_range", ask.length, LENGTH_RANGE)
        if ask.mood is not None and ask.mood not in MOOD_NAMES:
            raise BadInput("mood_unknown", mood=str(ask.mood), allowed=", ".join(MOOD_NAMES))
        check_note(ask.note)
    elif isinstance(ask, InfillAsk):
        parse(ask.text)
    elif has_blanks(ask.text):
        raise BadInput("twist_blanks")


def _check_range(key: str, given: int, allowed: range) -> None:
    if given not in allowed:
        raise BadInput(key, given=given, low=allowed[0], high=allowed[-1])


# ---- languages

# Which languages are written in a script, by the first word of the Unicode names of its letters.
_LATIN = "af ca cs cy da de en eo es et eu fi fil fr ga gl hr hu id is it la lt lv ms mt nb nl nn no pl pt"
_SCRIPTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "LATIN": frozenset([*_LATIN.split(), "ro", "sk", "sl", "sq", "sv", "sw", "tl", "tr", "vi"]),
        "CJK": frozenset({"zh", "yue", "ja"}),
        "HIRAGANA": frozenset({"ja"}),
        "HANGUL": frozenset({"ko"}),
        "CYRILLIC": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn"}),
        "ARABIC": frozenset({"ar", "fa", "ur", "ps", "ug"}),
        "HEBREW": frozenset({"he", "yi"}),
        "GREEK": frozenset({"el"}),
        "DEVANAGARI": frozenset({"hi", "mr", "ne", "sa"}),
        "BENGALI": frozenset({"bn", "as"}),
        "TAMIL": frozenset({"ta"}),
        "TELUGU": frozenset({"te"}),
        "THAI": frozenset({"th"}),
        "GEORGIAN": frozenset({"ka"}),
        "ARMENIAN": frozenset({"hy"}),
    }
)
_SETTINGS: Mapping[LoadedRole, str] = MappingProxyType(
    {"story": "CAUSAL_MODEL", "causal": "INFILL_MODEL", "masked": "MASKED_MODEL"}
)
WRITING: tuple[LoadedRole, ...] = ("story",)
"""The models that a continuation needs."""
FILLING: tuple[LoadedRole, ...] = ("causal", "masked")
"""Those that blanks and twists need."""
BRIDGING: tuple[LoadedRole, ...] = (*WRITING, *FILLING)
"""Those that a bridge needs: one writes it, the others choose."""


def main_script(text: str) -> str | None:
    """Return the script that more than half of the words of `text` are written in, as the first word of its
    letters' Unicode names ("LATIN", "CJK", …); None where there is no such script. Words are those of
    `bot.rules.text.words`, in scripts without spaces, too, so that a few names in another script do not decide."""
    found: Counter[str] = Counter()
    script_of = {char: re.split("[ -]", unicodedata.name(char, ""), maxsplit=1)[0] for char in set(text)}
    for start, end in token_spans(text):
        found.update(script_of[letter] for letter in islice(filter(str.isalpha, text[start:end]), 1))
    kana = found.pop("HIRAGANA", 0) + found.pop("KATAKANA", 0)
    # Japanese mixes kana and Han; a stray kana in a Chinese text says nothing.
    if kana * 5 > found["CJK"]:
        found["HIRAGANA"] = kana + found.pop("CJK", 0)
    for script, number in found.most_common(1):
        if number * 2 > found.total():
            return script
    return None


def is_foreign(text: str) -> bool:
    """Tell whether `text` is mostly in another script than English: only then its languages need a check."""
    return main_script(text) not in {None, "LATIN"}


def needed_by(ask: Ask) -> tuple[LoadedRole, ...]:
    """Return the models that an ask needs."""
    return WRITING if isinstance(ask, ContinueAsk) else FILLING


def check_language(
    text: str, needed: Sequence[LoadedRole], models: Sequence[ModelInfo], *, local: bool = False
) -> None:
    """Raise `BadInput` where a model that is `needed` is known not to write in the script of `text`.

    Keys: `text_chinese` (settings) for Chinese, or `fill_chinese` (settings) where only the infill pair lacks it;
    `text_language` (settings, languages) for others. `settings` names those to change ("INFILL_MODEL, MASKED_MODEL" or
    one of them), `languages` has the tags of what the models do write. A model that tells no languages is taken to
    know all. Where the text is `local` and the story model another machine's, the infill pair's writes in its place:
    `local_language` (languages) where that one cannot.
    """
    languages = _SCRIPTS.get(main_script(text) or "")
    if languages is None:
        return
    if local and "story" in needed and any(model.role == "story" and model.host for model in models):
        needed = [role for role in needed if role != "story"]
        here = [model for model in models if model.role == "causal"]
        if not all(_writes(model, languages) for model in here):
            raise BadInput(
                "local_language", languages=", ".join(sorted({tag for one in here for tag in one.languages}))
            )
    lacking = [model for model in models if model.role in needed and not _writes(model, languages)]
    if not lacking:
        return
    roles = {model.role for model in lacking}
    settings = ", ".join(_SETTINGS[role] for role in needed if role in roles)
    if "zh" in languages:
        tells_on = any(model.role == "story" and _writes(model, languages) for model in models)
        raise BadInput("fill_chinese" if tells_on else "text_chinese", settings=settings)
    known = ", ".join(sorted({tag for model in lacking for tag in model.languages}))
    raise BadInput("text_language", settings=settings, languages=known)


def _writes(model: ModelInfo, languages: frozenset[str]) -> bool:
    return not model.languages or any(tag.lower().split("-")[0] in languages for tag in model.languages)


# ---- going on


def onward(text: str, suggestion: str) -> str:
    """Return `text` with the chosen continuation behind it, as the text of the next ask.

    What grows past the limit loses whole sentences from its start, or words where a sentence is too long.
    """
    joined = text.rstrip(" \t") + suggestion if suggestion[:1].isspace() else text + suggestion
    if len(joined) <= MAX_TEXT:
        return joined
    excess = len(joined) - MAX_TEXT
    starts = [end for end in sentence_ends(joined) if excess <= end <= excess + MAX_TEXT // 4]
    if not starts:
        starts = [space.end() for space in re.finditer(r"\s+", joined) if excess <= space.end() <= excess + 200]
    return joined[starts[0] if starts else excess :].lstrip()
