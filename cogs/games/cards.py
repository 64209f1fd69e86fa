"""The public cards of games: the frame that all kinds share around what is a kind's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.games.views import GameView
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Seat
from bot.ui.cards import AMBER, Card, line, text
from bot.ui.cutting import shown_head
from bot.ui.escaping import bold, escape
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.forms import value_told
from cogs.games.kinds import GAME_CARDS
from cogs.stories import custom_ids as story_ids

BOARD = 10
"""Lines of points at most, as of the public part of a season."""
NAMES = 900
"""Characters of a list of names."""


def game_card(say: Catalogue, view: GameView) -> Card:
    """Return the card of a game as everybody sees it."""
    if view.state == "lobby":
        return lobby_card(say, view)
    if view.state == "paused":
        return paused_card(say, view)
    return playing_card(say, view) if view.state == "playing" else over_card(say, view)


def lobby_card(say: Catalogue, view: GameView) -> Card:
    """Return the card of a game that has not begun: what it is, who is there, what is agreed on."""
    players = GAMES[view.kind].players[view.terms.pace]
    there = present(view)
    enough = len(there) >= players[0]
    who = say("game.players_of", count=len(there), low=players[0], high=players[-1], names=names_told(say, view, there))
    agreed = agreed_told(say, view)
    lines = [f"-# {agreed}"] if agreed else []
    if view.due_ms is not None:
        opened = say("game.lobby_open" if enough else "game.lobby_waits", time=when(view.due_ms), count=players[0])
        lines.append(f"-# {opened}")
    start = custom_ids.START.button(
        say("button.gstart"), view.id, style=discord.ButtonStyle.success if enough else _PLAIN, emoji="▶️"
    )
    game = GAMES[view.kind]
    settings = [custom_ids.SETTINGS.button(say("button.settings"), view.id, emoji="⚙️")]
    buttons = ui.ActionRow(
        custom_ids.JOIN.button(say("button.gjoin"), view.id, style=discord.ButtonStyle.primary, emoji="🪑"),
        start,
        *(settings if game.settings or game.stands_in else ()),
        custom_ids.LEAVE.button(say("button.gleave"), view.id),
        custom_ids.RULES.button(say("button.grules"), view.kind, emoji="📖"),
    )
    about = say(f"game.{view.kind}.about")
    return Card(text(f"### {titled(say, view)}\n{about}"), text(who), text("\n".join(lines)), buttons, colour=AMBER)


def playing_card(say: Catalogue, view: GameView) -> Card:
    """Return the card of a game that is played: how far it is, who is waited for until when."""
    blocks: list[ui.Item[Any]] = [text(f"### {titled(say, view)}"), *GAME_CARDS[view.kind].playing(say, view)]
    if waited := waiting_told(say, view):
        blocks.append(text(waited))
    if resting := [seat for seat in view.seats if seat.presence == "resting"]:
        blocks.append(text(f"-# {say('game.resting', names=names_told(say, view, resting))}"))
    buttons = []
    if view.waiting:
        buttons.append(
            custom_ids.TURN.button(say("button.gturn"), view.id, style=discord.ButtonStyle.primary, emoji="✍️")
        )
    if view.admits:
        buttons.append(custom_ids.JOIN.button(say("button.gjoin"), view.id, emoji="🪑"))
    buttons += [
        custom_ids.MORE.button(say("button.more"), view.id, emoji="⚙️"),
        custom_ids.RULES.button(say("button.grules"), view.kind, emoji="📖"),
    ]
    return Card(*blocks, ui.ActionRow(*buttons))


def paused_card(say: Catalogue, view: GameView) -> Card:
    """Return the card of a game that waits for people: why, and what happens otherwise."""
    resting = [seat for seat in view.seats if seat.presence == "resting"]
    told = [say(f"game.paused_{view.pause_reason or 'host'}")]
    if resting:
        told.append(say("game.resting", names=names_told(say, view, resting)))
    if view.due_ms is not None:
        told.append(f"-# {say('game.pause_ends', time=when(view.due_ms))}")
    buttons = ui.ActionRow(
        custom_ids.BACK.button(say("button.gback"), view.id, style=discord.ButtonStyle.primary, emoji="👋"),
        custom_ids.RESUME.button(say("button.gresume"), view.id, emoji="▶️"),
        custom_ids.MORE.button(say("button.more"), view.id, emoji="⚙️"),
    )
    return Card(text(f"### ⏸️ {titled(say, view)}"), text("\n".join(told)), buttons, colour=AMBER)


def over_card(say: Catalogue, view: GameView) -> Card:
    """Return the card of a game that ended, in the place where it was played; the result stands below."""
    told = say("game.ended" if view.state == "ended" else "game.cancelled")
    again = custom_ids.AGAIN.button(say("button.gagain"), view.id, emoji="🔁")
    return Card(text(f"### {titled(say, view)}\n{told}"), ui.ActionRow(again), colour=None)


def result_card(say: Catalogue, view: GameView) -> Card | None:
    """Return the card that ends a game: what was best, the points, and where it can be read; None where it did not
    end."""
    if view.state != "ended":
        return None
    card = GAME_CARDS[view.kind]
    blocks: list[ui.Item[Any]] = [
        text(f"### 🏁 {say('game.result', game=say(f'game.{view.kind}.name'))}"),
        *card.result(say, view),
    ]
    if points := points_told(say, view):
        blocks += [line(), text(points)]
    blocks.append(text(f"-# {say('game.played_by', names=names_told(say, view, players(view)))}"))
    buttons = []
    if view.story_id is not None:
        style = discord.ButtonStyle.primary
        read = story_ids.READ.button(say("button.sread"), view.story_id, 1, 0, "f", style=style, emoji="📖")
        buttons += [read, story_ids.EXPORT.button(say("button.sexport"), view.story_id, emoji="📤")]
    buttons.append(custom_ids.AGAIN.button(say("button.gagain"), view.id, emoji="🔁"))
    if card.shown(view):
        buttons.append(custom_ids.TEXTS.button(say("button.greport"), view.id, 0))
    return Card(*blocks, ui.ActionRow(*buttons))


# ---- what they are made of


_PLAIN = discord.ButtonStyle.secondary
"""The style of buttons that do not stand out."""


def when(at_ms: int) -> str:
    """Return a time as Discord tells it, as far away as it is."""
    return f"<t:{at_ms // 1000}:R>"


def titled(say: Catalogue, view: GameView) -> str:
    """Return the title of a game: its kind and pace."""
    name = say(f"game.{view.kind}.name")
    return f"{GAME_CARDS[view.kind].emoji} {say('game.title', game=name, pace=say(f'game.at.{view.terms.pace}'))}"


def players(view: GameView) -> list[Seat]:
    """Return all who ever sat down to play, by number."""
    return [seat for seat in view.seats if seat.role == "player"]


def present(view: GameView) -> list[Seat]:
    """Return the players who are there, resting or not, by number."""
    return [seat for seat in players(view) if seat.presence in ("in", "resting")]


def names_told(say: Catalogue, view: GameView, seats: Sequence[Seat]) -> str:
    """Return pen names, escaped, one behind the other, with a sign at that of the host; "nobody" for none."""
    if not seats:
        return say("game.nobody")
    host = view.host if view.state == "lobby" else None
    named = [f"{name_told(say, seat)}{' 👑' if seat.number == host else ''}" for seat in seats]
    told = say("game.name_gap").join(named)
    if len(told) <= NAMES:
        return told
    return shown_head(", ".join(seat.pen_name for seat in seats), NAMES, escape)


def name_told(say: Catalogue, seat: Seat) -> str:
    """Return a pen name, escaped, in bold; "somebody" where whose it was is deleted."""
    return bold(seat.pen_name) or say("game.somebody")


def waiting_told(say: Catalogue, view: GameView) -> str:
    """Return who is waited for until when, empty where nobody is."""
    seats = [seat for seat in view.seats if seat.number in view.waiting]
    if not seats:
        return ""
    names = names_told(say, view, seats)
    return (
        say("game.waiting", names=names)
        if view.due_ms is None
        else say("game.waiting_until", names=names, time=when(view.due_ms))
    )


def agreed_told(say: Catalogue, view: GameView) -> str:
    """Return what is agreed on, on one line."""
    told = [
        say("game.agreed", name=say(f"game.{view.kind}.{name}"), value=value_told(say, view.kind, name, value))
        for name, value in view.settings.items()
    ]
    if GAMES[view.kind].stands_in:
        told.append(say("game.stand_in_yes" if view.terms.stand_in else "game.stand_in_no"))
    return " · ".join(told)


def points_told(say: Catalogue, view: GameView) -> str:
    """Return the points, the most first; empty where nobody has any."""
    found = sorted(view.points.items(), key=lambda each: (-each[1], each[0]))
    lines = [
        say("game.points", name=name_told(say, seat), count=points)
        for number, points in found
        if points and (seat := view.seat(number)) is not None
    ]
    return "\n".join(lines[:BOARD])
