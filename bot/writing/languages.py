"""Which languages a text may be in: its script, and what the models write."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from bot.errors import BadInput
from bot.inference.protocol import LoadedRole, ModelInfo
from bot.rules.text.words import token_spans

_LATIN = "af ca cs cy da de en eo es et eu fi fil fr ga gl hr hu id is it la lt lv ms mt nb nl nn no pl pt"
"""Languages in Latin letters, as ISO 639 codes; those from "ro" on stand in `_SCRIPTS`."""
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
"""The languages that are written in a script, by the first word of the Unicode names of its letters."""
_SETTINGS: Mapping[LoadedRole, str] = MappingProxyType(
    {"story": "CAUSAL_MODEL", "causal": "INFILL_MODEL", "masked": "MASKED_MODEL"}
)
"""The setting that names the model of each role."""
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
