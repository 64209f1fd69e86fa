"""A server's settings and the rules for changing them: (settings, change) -> settings or error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.rules.moods import MoodName

Language = Literal["en", "zh-CN"]
Feature = Literal["continue", "infill"]

COUNT_RANGE = range(1, 6)
LENGTH_RANGE = range(8, 161)
DEFAULT_COUNT = 3
DEFAULT_LENGTH = 48
MAX_TEXT = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What the managers of a server chose. `mood` None mixes all moods; `language` None follows the server's
    own locale; an empty `channels` allows every channel; `length` is in tokens a suggestion."""

    server_id: int
    mood: MoodName | None = None
    count: int = DEFAULT_COUNT
    length: int = DEFAULT_LENGTH
    language: Language | None = None
    channels: frozenset[int] = frozenset()
    switched_off: frozenset[Feature] = frozenset()
