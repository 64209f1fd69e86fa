"""The card of a server's settings: what is set, and menus to change it. Its menus carry no ids but their own name."""

from __future__ import annotations

from typing import Any, get_args

import discord
from discord import ui

from bot.rules.games.table import Quiet
from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import ACTIVITIES, COUNT_RANGE, MAX_ROLES, Activity, ServerSettings, Switch, words_of
from bot.rules.zones import time_there, told_zone
from bot.ui.cards import Card, line, text
from bot.ui.custom_ids import Route
from bot.ui.escaping import escape
from bot.ui.locale import LANGUAGES, Catalogue

MIXED = "mixed"
"""The value of the choice that mixes all moods; the settings have None for it."""
SERVER = "server"
"""The value of the choice that follows the server's own locale; the settings have None for it."""
LENGTHS = (16, 24, 32, 48, 64, 96, 128, 160)
"""The lengths to choose from, in tokens; they are shown in words."""
MAX_CHANNELS = 25
"""Channels that one menu of Discord's can name."""
_FIRST_ROLE_MENU = 101
"""The component ids of the menus of roles, from this on: the card takes the place of the settings, and a client that
knows a menu by its place alone would show in it what was chosen there."""

SET = Route("set", "what")
"""The menus: `what` is set by them."""
SWITCH = Route("switch", "feature", optional=("wanted",))
"""The switches: "on" or "off" is wanted."""
SETTINGS = Route("settings")
"""*Settings*, and the way back to them."""
ROLES = Route("roles")
"""*Roles*: shows the menus of roles."""
SET_ROLES = Route("roleset", "activity")
"""The menu of the roles that an activity needs."""
WORDS = Route("lwords")
"""*Words*: opens a form."""
WORDS_FORM = Route("lworded", "version")
"""The form of the word list, opened with `version` of it."""
QUIET = Route("quiet")
"""*Quiet hours*: opens a form."""
QUIET_FORM = Route("quieted")
"""The form of quiet hours."""


def settings_card(say: Catalogue, settings: ServerSettings, server: str, *, now_ms: int, saved: int = 0) -> Card:
    """Return the card. `server` is the server's name, unescaped; `now_ms` (UTC) is for what its clocks show; `saved`
    says how many changes were just made."""
    channels = len(settings.channels)
    where = say("settings.channels_some", count=channels) if channels else say("settings.channels_all")
    blocks: list[ui.Item[Any]] = [text(f"### {say('settings.title', server=escape(server))}")]
    if saved:
        blocks.append(text(f"✅ {say('settings.saved', count=saved)}"))
    blocks += [
        text(say("settings.mood")),
        _menu("mood", [(mood, say(f"mood.{mood}")) for mood in (MIXED, *MOOD_NAMES)], settings.mood or MIXED),
        text(say("settings.count")),
        _menu("count", [(str(count), str(count)) for count in COUNT_RANGE], str(settings.count)),
        text(say("settings.length")),
        _menu("length", _lengths(say, settings.length), str(settings.length)),
        text(say("settings.language")),
        _menu("language", _languages(say), settings.language or SERVER),
        text(f"{say('settings.channels')}\n-# {where}"),
        ui.ActionRow(_channel_menu(say, settings)),
        line(),
        text(say("settings.switches")),
        ui.ActionRow(*(_switch(say, settings, feature) for feature in get_args(Switch))),
        _roles(say, settings),
        _words(say, settings),
        _quiet(say, settings.quiet, now_ms),
    ]
    return Card(*blocks)


def roles_card(say: Catalogue, settings: ServerSettings, *, saved: int = 0) -> Card:
    """Return the card with a menu of roles for each activity, and a way back to the settings."""
    blocks: list[ui.Item[Any]] = [text(f"### {say('settings.roles_title')}\n{say('settings.roles_intro')}")]
    if saved:
        blocks.append(text(f"✅ {say('settings.saved', count=saved)}"))
    for activity in ACTIVITIES:
        blocks += [text(say(f"settings.may_{activity}")), ui.ActionRow(_role_menu(say, settings, activity))]
    return Card(*blocks, line(), ui.ActionRow(SETTINGS.button(say("button.back"), emoji="◀️")))


def _role_menu(say: Catalogue, settings: ServerSettings, activity: Activity) -> ui.RoleSelect[Any]:
    chosen = [
        discord.SelectDefaultValue(id=role_id, type=discord.SelectDefaultValueType.role)
        for role_id in sorted(settings.roles.get(activity, ()))
    ]
    return ui.RoleSelect(
        id=_FIRST_ROLE_MENU + ACTIVITIES.index(activity),
        custom_id=SET_ROLES.id(activity),
        placeholder=say("settings.roles_hint"),
        min_values=0,
        max_values=MAX_ROLES,
        default_values=chosen,
    )


def _roles(say: Catalogue, settings: ServerSettings) -> ui.Section[Any]:
    kept = [say(f"settings.may_{activity}") for activity in ACTIVITIES if settings.roles.get(activity)]
    listed = say("settings.roles_some", activities=" · ".join(kept)) if kept else say("settings.roles_none")
    return ui.Section(
        text(f"{say('settings.roles')}\n-# {listed}"), accessory=ROLES.button(say("button.roles"), emoji="🎭")
    )


def _lengths(say: Catalogue, current: int) -> list[tuple[str, str]]:
    return [
        (str(length), say("settings.length_words", count=words_of(length))) for length in sorted({*LENGTHS, current})
    ]


def _languages(say: Catalogue) -> list[tuple[str, str]]:
    return [(name, say(f"language.{name}")) for name in (SERVER, *LANGUAGES)]


def _menu(what: str, options: list[tuple[str, str]], current: str) -> ui.ActionRow[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=SET.id(what))
    for value, label in options:
        menu.add_option(label=label, value=value, default=value == current)
    return ui.ActionRow(menu)


def _channel_menu(say: Catalogue, settings: ServerSettings) -> ui.ChannelSelect[Any]:
    chosen = [
        discord.SelectDefaultValue(id=channel_id, type=discord.SelectDefaultValueType.channel)
        for channel_id in sorted(settings.channels)[:MAX_CHANNELS]
    ]
    return ui.ChannelSelect(
        custom_id=SET.id("channels"),
        channel_types=[discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum],
        placeholder=say("settings.channels_hint"),
        min_values=0,
        max_values=MAX_CHANNELS,
        default_values=chosen,
    )


def _switch(say: Catalogue, settings: ServerSettings, feature: Switch) -> ui.Button[Any]:
    on = feature not in settings.switched_off
    style = discord.ButtonStyle.success if on else discord.ButtonStyle.secondary
    # It says what is wanted, not "the other": pressed twice, as when an answer is lost, it does the same.
    return SWITCH.button(
        say(f"settings.{feature}_{'on' if on else 'off'}"), feature, "off" if on else "on", style=style
    )


def _words(say: Catalogue, settings: ServerSettings) -> ui.Section[Any]:
    count = len(settings.words)
    listed = say("settings.words_some", count=count) if count else say("settings.words_none")
    return ui.Section(
        text(f"{say('settings.words')}\n-# {listed}"), accessory=WORDS.button(say("button.words"), emoji="📝")
    )


def _quiet(say: Catalogue, quiet: Quiet, now_ms: int) -> ui.Section[Any]:
    clock = {"zone": told_zone(quiet.zone), "now": time_there(quiet.zone, now_ms)}
    if quiet.begin == quiet.end:
        hours = say("settings.quiet_none", **clock)
    else:
        hours = say("settings.quiet_hours", begin=told_hour(quiet.begin), end=told_hour(quiet.end), **clock)
    return ui.Section(
        text(f"{say('settings.quiet')}\n-# {hours}"), accessory=QUIET.button(say("button.quiet"), emoji="🌙")
    )


def told_hour(hour: int) -> str:
    """Return an hour of the day as clocks show it."""
    return f"{hour:02}:00"
