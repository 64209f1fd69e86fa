"""The bot's first message in a server: what it is for, what to press first, and which model answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.inference.protocol import Health
from bot.ui.cards import Card, line, text
from bot.ui.custom_ids import Route
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue, duration
from cogs.games.custom_ids import NEW as NEW_GAME
from cogs.settings.cards import SETTINGS
from cogs.stories.custom_ids import NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeAction:
    """A button of the welcome. `label` is its key in the catalogues; `first` makes it stand out."""

    route: Route
    label: str
    emoji: str
    first: bool = False

    def button(self, say: Catalogue) -> ui.Button[Any]:
        style = discord.ButtonStyle.primary if self.first else discord.ButtonStyle.secondary
        return self.route.button(say(self.label), emoji=self.emoji, style=style)


ACTIONS = (
    WelcomeAction(route=NEW, label="button.begin", emoji="📖", first=True),
    WelcomeAction(route=NEW_GAME, label="button.game", emoji="🎲"),
    WelcomeAction(route=SETTINGS, label="button.settings", emoji="⚙️"),
)
"""What the welcome offers, a line a button: five at most. Each handler authorises whoever presses."""


def welcome_card(say: Catalogue, *, models: str, host: str = "") -> Card:
    """Return the card. `models` is a sentence about what answers, escaped, empty where nobody knows; `host` the machine
    that texts are sent to, empty where they stay on the bot's."""
    goes = say("help.privacy_outside", host=escape(host)) if host else say("help.privacy_here")
    blocks: list[ui.Item[Any]] = [
        text(f"### {say('welcome.title')}\n{say('welcome.intro')}"),
        line(visible=False),
        text(say("welcome.first")),
        ui.ActionRow(*(action.button(say) for action in ACTIONS)),
        line(),
        text("\n".join(f"-# {each}" for each in (models, goes, say("welcome.foot")) if each)),
    ]
    return Card(*blocks)


def models_sentence(say: Catalogue, health: Health | None, left_s: float | None = None) -> str:
    """Return which model writes, and how far a better one is. `left_s` is how long what it does now will take, None
    where that was not measured."""
    story = next((model for model in health.models if model.role == "story"), None) if health is not None else None
    if health is None or story is None:
        return say("welcome.waking")
    name = escape(story.name)
    if story.host:
        return say("welcome.model_outside", name=name, host=escape(story.host))
    if health.coming is None:
        return say("welcome.model", name=name)
    places = {"name": name, "better": escape(health.coming.name)}
    if left_s is not None:
        return say("welcome.better_time", time=duration(say, left_s), **places)
    if 0 < health.coming.done < health.coming.total:
        return say("welcome.better_share", share=100 * health.coming.done // health.coming.total, **places)
    return say("welcome.better", **places)
