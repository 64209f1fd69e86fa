"""In which language a story is written, as books carry it: tags of BCP 47, and what people call the languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from bot.errors import BadInput

Direction = Literal["ltr", "rtl"]
"""Which way lines run: from left to right, or from right to left."""
UNKNOWN = "und"
"""The tag of a text of which nobody can tell its language."""
FOUND = "auto"
"""What a person writes where the program is to find the language out; kept as an empty tag."""
LANGUAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "af": ("Afrikaans", "Afrikaans"),
        "ar": ("العربية", "Arabic"),
        "az": ("Azərbaycanca", "Azerbaijani"),
        "be": ("Беларуская", "Belarusian"),
        "bg": ("Български", "Bulgarian"),
        "bn": ("বাংলা", "Bengali"),
        "ca": ("Català", "Catalan"),
        "cs": ("Čeština", "Czech"),
        "cy": ("Cymraeg", "Welsh"),
        "da": ("Dansk", "Danish"),
        "de": ("Deutsch", "German"),
        "el": ("Ελληνικά", "Greek"),
        "en": ("English", "English"),
        "eo": ("Esperanto", "Esperanto"),
        "es": ("Español", "Spanish"),
        "et": ("Eesti", "Estonian"),
        "eu": ("Euskara", "Basque"),
        "fa": ("فارسی", "Persian"),
        "fi": ("Suomi", "Finnish"),
        "fil": ("Filipino", "Filipino"),
        "fr": ("Français", "French"),
        "ga": ("Gaeilge", "Irish"),
        "gl": ("Galego", "Galician"),
        "gu": ("ગુજરાતી", "Gujarati"),
        "he": ("עברית", "Hebrew"),
        "hi": ("हिन्दी", "Hindi"),
        "hr": ("Hrvatski", "Croatian"),
        "hu": ("Magyar", "Hungarian"),
        "hy": ("Հայերեն", "Armenian"),
        "id": ("Bahasa Indonesia", "Indonesian"),
        "is": ("Íslenska", "Icelandic"),
        "it": ("Italiano", "Italian"),
        "ja": ("日本語", "Japanese"),
        "ka": ("ქართული", "Georgian"),
        "kk": ("Қазақша", "Kazakh"),
        "km": ("ខ្មែរ", "Khmer"),
        "kn": ("ಕನ್ನಡ", "Kannada"),
        "ko": ("한국어", "Korean"),
        "la": ("Latina", "Latin"),
        "lo": ("ລາວ", "Lao"),
        "lt": ("Lietuvių", "Lithuanian"),
        "lv": ("Latviešu", "Latvian"),
        "mk": ("Македонски", "Macedonian"),
        "ml": ("മലയാളം", "Malayalam"),
        "mn": ("Монгол", "Mongolian"),
        "mr": ("मराठी", "Marathi"),
        "ms": ("Bahasa Melayu", "Malay"),
        "my": ("မြန်မာ", "Burmese"),
        "ne": ("नेपाली", "Nepali"),
        "nl": ("Nederlands", "Dutch"),
        "no": ("Norsk", "Norwegian"),
        "pa": ("ਪੰਜਾਬੀ", "Punjabi"),
        "pl": ("Polski", "Polish"),
        "pt": ("Português", "Portuguese"),
        "pt-BR": ("Português (Brasil)", "Brazilian Portuguese"),
        "ro": ("Română", "Romanian"),
        "ru": ("Русский", "Russian"),
        "si": ("සිංහල", "Sinhala"),
        "sk": ("Slovenčina", "Slovak"),
        "sl": ("Slovenščina", "Slovenian"),
        "sq": ("Shqip", "Albanian"),
        "sr": ("Српски", "Serbian"),
        "sv": ("Svenska", "Swedish"),
        "sw": ("Kiswahili", "Swahili"),
        "ta": ("தமிழ்", "Tamil"),
        "te": ("తెలుగు", "Telugu"),
        "th": ("ไทย", "Thai"),
        "tr": ("Türkçe", "Turkish"),
        "uk": ("Українська", "Ukrainian"),
        "ur": ("اردو", "Urdu"),
        "uz": ("Oʻzbekcha", "Uzbek"),
        "vi": ("Tiếng Việt", "Vietnamese"),
        "yi": ("ייִדיש", "Yiddish"),
        "yue": ("粵語", "Cantonese"),
        "zh-Hans": ("简体中文", "Simplified Chinese"),
        "zh-Hant": ("繁體中文", "Traditional Chinese"),
    }
)
"""The languages that are offered, by their tags: what they are called by those who speak them, and in English."""
_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?", re.IGNORECASE | re.ASCII)
"""The tag of a language: the language, then its script and its region where they are given."""


def check_language(given: str) -> str:
    """Return the tag of the language that a person gave as a tag or a name; empty where the program is to find it out.

    Any tag of a language, with a script or a region or both, will do: there are more languages than are offered.
    Raises `BadInput` (`story_language`).
    """
    wanted = given.strip().casefold()
    if wanted in ("", FOUND):
        return ""
    for tag, names in LANGUAGES.items():
        if wanted in (tag.casefold(), *(name.casefold() for name in names)):
            return tag
    if (match := _TAG.fullmatch(wanted)) is None:
        raise BadInput("story_language")
    language, script, region = match.groups()
    return "-".join(part for part in (language, script and script.title(), region and region.upper()) if part)


def name_of(tag: str) -> str:
    """Return what people call a language: by its own name, else its tag."""
    return LANGUAGES[tag][0] if tag in LANGUAGES else tag


def offered(current: str, most: int) -> list[tuple[str, str]]:
    """Return the tags, and the names to show, of up to `most` languages of which a name or the tag has `current` in it,
    those that begin with it first."""
    wanted = current.strip().casefold()
    places = {tag: [name.casefold().find(wanted) for name in (tag, *names)] for tag, names in LANGUAGES.items()}
    fitting = sorted((tag for tag in places if max(places[tag]) >= 0), key=lambda tag: 0 not in places[tag])
    return [(tag, " · ".join(dict.fromkeys((*LANGUAGES[tag], tag)))) for tag in fitting[:most]]
