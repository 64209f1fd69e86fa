"""A server's settings and the rules for changing them: (settings, change) -> settings or error."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import BadInput
from bot.rules.games.table import Quiet
from bot.rules.moods import MoodName, check_mood
from bot.rules.text.characters import is_blank

Language = Literal["en", "zh-CN"]
Switch = Literal["continue", "infill", "stories", "games"]
Activity = str
"""What a server can keep to roles: a kind of generation, opening rounds, starting stories or games (`ACTIVITIES`)."""

LANGUAGES: tuple[Language, ...] = get_args(Language)
"""The languages in which the bot can speak in a server."""
SWITCHES: tuple[Switch, ...] = get_args(Switch)
"""All that a server can switch off."""
ACTIVITIES: tuple[Activity, ...] = ("continue", "infill", "bridge", "twist", "rounds", "stories", "games")
"""All that a server can keep to roles, in the order in which the settings show it."""
SWITCH_OF: Mapping[Activity, Switch] = {"rounds": "stories", "stories": "stories", "games": "games"}
"""Which switch turns an activity off that is no kind of generation; that of a kind is told by its feature."""
COUNT_RANGE = range(1, 6)
"""How many suggestions a request may ask for."""
LENGTH_RANGE = range(8, 161)
"""Tokens that a suggestion may have."""
WORDS_RANGE = range(6, 121)
"""The same in words, as people say it (`tokens_of`)."""
DEFAULT_COUNT = 3
"""Suggestions of a request where nobody chose a number."""
DEFAULT_LENGTH = 48
"""Tokens of a suggestion where nobody chose a length."""
HOURS = range(24)
"""The hours of a day."""
MAX_TEXT = 4000
"""Characters of a request's text, and of what one box of a form takes."""
MAX_CHANNELS = 100
"""How many channels a server can name; one that wants more wants them all."""
MAX_ROLES = 25
"""How many roles can be named for an activity: as many as one menu of Discord's takes."""
MAX_LISTED_WORDS = 200
"""Entries on a server's list of words; each is a word or a few words."""
MAX_LISTED_WORD = 40
"""Characters of a word, or a few words, on a server's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What the managers of a server chose. `mood` None mixes all moods; `language` None follows the server's
    own locale; an empty `channels` allows every channel; `length` is in tokens a suggestion; `words` are the server's
    own list of what is not wanted, case-folded, besides the words that demean people; `roles` are for an activity the
    roles of which somebody needs one: for one that is not named nobody needs any; in the hours `quiet` games disturb
    nobody."""

    server_id: int
    mood: MoodName | None = None
    count: int = DEFAULT_COUNT
    length: int = DEFAULT_LENGTH
    language: Language | None = None
    channels: frozenset[int] = frozenset()
    switched_off: frozenset[Switch] = frozenset()
    words: tuple[str, ...] = ()
    roles: Mapping[Activity, frozenset[int]] = field(default_factory=dict)
    quiet: Quiet = field(default_factory=Quiet)


class SettingsChange(TypedDict, total=False):
    """What of a server's settings is to change; what is left out stays."""

    mood: MoodName | None
    count: int
    length: int
    language: Language | None
    channels: frozenset[int]
    switched_off: frozenset[Switch]
    words: tuple[str, ...]
    roles: Mapping[Activity, frozenset[int]]
    quiet: Quiet


def change_settings(settings: ServerSettings, **change: Unpack[SettingsChange]) -> ServerSettings:
    """Return `settings` with `change` applied whole. Raises `BadInput` and applies nothing otherwise.

    Keys (and params): `mood_unknown` (mood, allowed); `count_range` and `length_range` (given, low, high);
    `language_unknown` (given, allowed); `channels_too_many` (given, limit); `feature_unknown` (given, allowed);
    `words_too_many` (given, limit); `word_too_long` (word, limit); `roles_too_many` (given, limit); `zone_unknown`
    (given) and `hour_range` (given, low, high) for quiet hours. Words are stored as `listed_words` returns them. Of
    `roles` only the activities that are named change: no roles lets everybody.
    """
    if "words" in change:
        change["words"] = listed_words(change["words"])
    if "roles" in change:
        change["roles"] = _changed_roles(settings.roles, change["roles"])
    changed = dataclasses.replace(settings, **change)
    check_mood(changed.mood)
    check_range("count_range", changed.count, COUNT_RANGE)
    check_range("length_range", changed.length, LENGTH_RANGE)
    if changed.language is not None and changed.language not in LANGUAGES:
        raise BadInput("language_unknown", given=str(changed.language), allowed=", ".join(LANGUAGES))
    if len(changed.channels) > MAX_CHANNELS:
        raise BadInput("channels_too_many", given=len(changed.channels), limit=MAX_CHANNELS)
    _check_quiet(changed.quiet)
    for feature in sorted(changed.switched_off - set(SWITCHES)):
        raise BadInput("feature_unknown", given=str(feature), allowed=", ".join(SWITCHES))
    return changed


def _check_quiet(quiet: Quiet) -> None:
    try:
        ZoneInfo(quiet.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput("zone_unknown", given=quiet.zone) from error
    for hour in (quiet.begin, quiet.end):
        check_range("hour_range", hour, HOURS)


def _changed_roles(
    roles: Mapping[Activity, frozenset[int]], change: Mapping[Activity, frozenset[int]]
) -> Mapping[Activity, frozenset[int]]:
    for activity in sorted(change.keys() - set(ACTIVITIES)):
        raise BadInput("feature_unknown", given=activity, allowed=", ".join(ACTIVITIES))
    for named in change.values():
        if len(named) > MAX_ROLES:
            raise BadInput("roles_too_many", given=len(named), limit=MAX_ROLES)
    return {activity: named for activity, named in {**roles, **change}.items() if named}


def tokens_of(words: int) -> int:
    """Return a length in tokens from one in words: of English prose a token is about three quarters of a word."""
    return round(words * 4 / 3)


def words_of(tokens: int) -> int:
    """Return a length in words from one in tokens, which is how it is kept."""
    return round(tokens * 3 / 4)


def version_of(words: Sequence[str]) -> int:
    """Return a number that tells one word list from another, so that it is known which one somebody saw."""
    return zlib.crc32("\n".join(words).encode())


def listed_words(words: Iterable[str]) -> tuple[str, ...]:
    """Return what a server's word list becomes: case-folded, trimmed, each once, in the order given, without those of
    nothing but stars, which stand nowhere. Raises `BadInput`, see `change_settings`."""
    listed = tuple(
        dict.fromkeys(" ".join(word.casefold().split()) for word in words if not is_blank(word.replace("*", "")))
    )
    if len(listed) > MAX_LISTED_WORDS:
        raise BadInput("words_too_many", given=len(listed), limit=MAX_LISTED_WORDS)
    for word in listed:
        if len(word) > MAX_LISTED_WORD:
            raise BadInput("word_too_long", word=word, limit=MAX_LISTED_WORD)
    return listed


def check_range(key: str, given: int, allowed: range) -> None:
    """Raise `BadInput` with `key` (given, low, high) where a number is none of those allowed."""
    if isinstance(given, bool) or given not in allowed:
        raise BadInput(key, given=given, low=allowed[0], high=allowed[-1])
