"""The card of /help: one topic at a time, and a menu of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from discord import ui

from bot.ui.cards import Card, line, text
from bot.ui.custom_ids import Route
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue

Topic = Literal["writing", "stories", "rounds", "games", "lore", "privacy", "server"]
FIRST: Topic = "writing"
"""The topic that /help opens with."""
TOPICS: Mapping[Topic, tuple[str, ...]] = {
    "writing": ("intro", "continue", "infill", "bridge", "twist", "moods", "why"),
    "stories": ("story_begin", "story_write", "story_read", "story_back", "story_host"),
    "rounds": ("round_open", "round_vote", "round_count", "round_after"),
    "games": ("game_begin", "game_turns", "game_pings", "game_after"),
    "lore": ("memory", "lore", "lore_decide", "writer"),
    "privacy": ("privacy", "privacy_stories", "privacy_training"),
    "server": ("settings", "words", "quiet", "server_stories", "server_games"),
}
"""What is told about each topic, a paragraph a key."""


_BEFORE_WHERE = ("intro", "privacy_training")
"""The paragraphs behind which it is told where texts go."""

TOPIC = Route("guide")
"""The menu of topics."""


def topics_for(*, manages: bool) -> tuple[Topic, ...]:
    """Return the topics for somebody; how a server is set is for those who manage it."""
    return tuple(topic for topic in TOPICS if manages or topic != "server")


def guide_card(say: Catalogue, topic: Topic, *, manages: bool, keep_days: int, host: str = "") -> Card:
    """Return the card of a topic. `keep_days` is for how long requests are kept, `host` the machine that texts are sent
    to, empty where they stay on the bot's."""
    menu: ui.Select[Any] = ui.Select(custom_id=TOPIC.id())
    for each in topics_for(manages=manages):
        menu.add_option(
            label=say(f"help.topic_{each}"), description=say(f"help.about_{each}"), value=each, default=each == topic
        )
    blocks: list[ui.Item[Any]] = [text(f"### {say('help.title')}\n-# {say(f'help.topic_{topic}')}")]
    for part in TOPICS[topic]:
        blocks += [line(visible=False), text(say(f"help.{part}", count=keep_days))]
        if part in _BEFORE_WHERE:
            goes = say("help.privacy_outside", host=escape(host)) if host else say("help.privacy_here")
            blocks += [line(visible=False), text(goes)]
    return Card(*blocks, line(), ui.ActionRow(menu))
