"""What a game shows to one person alone: how it stands for them, what else there is to do, what who leads can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import discord
from discord import ui

from bot.games.views import GameView
from bot.rules.games.table import Seat
from bot.rules.profiles import Pings
from bot.ui.cards import Card, line, notice, text
from bot.ui.cutting import label
from bot.ui.escaping import bold
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.cards import present, titled, waiting_told, when
from cogs.games.custom_ids import slot_number
from cogs.games.kinds import GAME_CARDS

MENU_NAME = 90
"""Characters of a name or a text in a menu; Discord takes 100."""
_PRIMARY = discord.ButtonStyle.primary
"""The style of the button that is most likely wanted."""


def standing_card(say: Catalogue, view: GameView, *, told: str = "", titled_too: bool = False) -> Card:
    """Return how a game stands for somebody: whether it is their move, who is waited for, and what they can still
    change. `told` is a sentence about what was just done; `titled_too`: with the title of the game."""
    seat = view.seat(view.viewer)
    playing = seat is not None and seat.role == "player"
    lines = [f"### {titled(say, view)}"] if titled_too else []
    lines += [told] if told else []
    buttons: list[ui.Button[Any]] = []
    if view.state == "lobby":
        lines.append(say("game.you_wait" if playing else "game.you_watch"))
        if playing:
            buttons.append(custom_ids.NAME.button(say("button.gname"), view.id, emoji="✏️"))
    elif view.state == "playing" and _due(view):
        assert view.turn is not None, "it was looked at"
        lines.append(say("game.your_move", time=when(view.turn.due_ms)))
        buttons.append(custom_ids.TURN.button(say("button.gturn"), view.id, style=_PRIMARY, emoji="✍️"))
    elif view.state == "playing":
        lines.append(waiting_told(say, view) or say("game.goes_on"))
        if playing and view.waiting:
            lines.append(f"-# {say('game.you_hear')}")
    elif view.state == "paused":
        lines.append(say(f"game.paused_{view.pause_reason or 'host'}"))
    own = GAME_CARDS[view.kind].own_texts(view) if view.state == "playing" else ()
    if own:
        buttons.append(custom_ids.MEND.button(say("button.gmend"), view.id, slot_number(own[-1][0]), emoji="✏️"))
    if view.state in ("playing", "paused"):
        buttons.append(custom_ids.MORE.button(say("button.more"), view.id, emoji="⚙️"))
    blocks: list[ui.Item[Any]] = [text("\n".join(lines or [say("game.ended")]))]
    return Card(*blocks, *([ui.ActionRow(*buttons)] if buttons else []), colour=None)


def more_card(say: Catalogue, view: GameView, *, told: str = "") -> Card:
    """Return what else there is to do for somebody in a game. `told` is a sentence about what was just done."""
    seat = view.seat(view.viewer)
    playing = seat is not None and seat.role == "player" and seat.presence in ("in", "resting")
    blocks: list[ui.Item[Any]] = [text(f"### {titled(say, view)}")]
    if told:
        blocks.append(text(told))
    if playing and seat is not None:
        blocks += _own_side(say, view, seat)
    actions = []
    if GAME_CARDS[view.kind].shown(view):
        actions.append(custom_ids.TEXTS.button(say("button.greport"), view.id, 0, emoji="🚩"))
    if view.leads and not view.is_over:
        actions.append(custom_ids.MANAGE.button(say("button.gmanage"), view.id, emoji="🎩"))
    if playing and not view.is_over:
        actions.append(custom_ids.LEAVE.button(say("button.gleave"), view.id))
    if not actions and not playing:
        blocks.append(text(say("game.nothing_more")))
    return Card(*blocks, *([ui.ActionRow(*actions)] if actions else []))


def _own_side(say: Catalogue, view: GameView, seat: Seat) -> list[ui.Item[Any]]:
    """Who somebody is in a game, their turn with what can be done about it, and how they are told of the next."""
    blocks: list[ui.Item[Any]] = [text(say("game.you_are", name=bold(seat.pen_name)))]
    buttons: list[ui.Button[Any]] = []
    if _due(view) and view.turn is not None:
        move = view.turn.move
        blocks.append(text(say("game.your_move", time=when(view.turn.due_ms))))
        if not view.turn.extended:
            buttons.append(custom_ids.MORE_TIME.button(say("button.gtime"), view.id, move, emoji="⏳"))
        buttons.append(custom_ids.PASS.button(say("button.gpass"), view.id, move))
        buttons.append(custom_ids.NOT_FOR_ME.button(say("button.gnotme"), view.id, move))
    if seat.presence == "resting" or seat.missed:
        blocks.append(text(say("game.you_rest" if seat.presence == "resting" else "game.you_missed")))
        buttons.append(custom_ids.BACK.button(say("button.gback"), view.id, style=_PRIMARY, emoji="👋"))
    if buttons:
        blocks.append(ui.ActionRow(*buttons))
    ways: ui.Select[Any] = ui.Select(custom_id=custom_ids.PINGS.id(view.id))
    for way in get_args(Pings):
        ways.add_option(label=say(f"game.ping_{way}"), value=way, default=way == view.pings)
    return [*blocks, text(say("game.pings")), ui.ActionRow(ways), line()]


def manage_card(say: Catalogue, view: GameView, *, told: str = "") -> Card:
    """Return the panel of who leads a game: who is waited for until when, and what can be done about it."""
    blocks: list[ui.Item[Any]] = [text(f"### {titled(say, view)}\n{say('game.for_leaders')}")]
    if told:
        blocks.append(text(told))
    if waited := waiting_told(say, view):
        blocks.append(text(waited))
    if view.reported:
        blocks.append(text(say("game.reported", count=len(view.reported))))
    waited_for = [seat for seat in view.seats if seat.number in view.waiting]
    if waited_for:
        blocks.append(_seat_menu(custom_ids.SKIP.id(view.id), say("game.skip"), waited_for))
    others = [seat for seat in present(view) if seat.number != view.viewer]
    if others:
        blocks.append(_seat_menu(custom_ids.REMOVE.id(view.id), say("game.remove"), others))
    buttons = []
    if view.state == "playing":
        buttons.append(custom_ids.PAUSE.button(say("button.gpause"), view.id, emoji="⏸️"))
    if view.state == "paused":
        buttons.append(custom_ids.RESUME.button(say("button.gresume"), view.id, style=_PRIMARY, emoji="▶️"))
    end_label = say("button.gcancel" if view.state == "lobby" else f"game.{view.kind}.end_it")
    danger = discord.ButtonStyle.danger
    buttons.append(custom_ids.END.button(end_label, view.id, view.phase or "lobby", style=danger))
    if GAME_CARDS[view.kind].shown(view) or view.reported:
        buttons.append(custom_ids.TEXTS.button(say("button.gtexts"), view.id, 0, emoji="🚩"))
    return Card(*blocks, ui.ActionRow(*buttons))


def end_card(say: Catalogue, view: GameView) -> Card:
    """Return the question whether a game is to end now."""
    asked = say("game.end_lobby" if view.state == "lobby" else f"game.{view.kind}.end_asked")
    end_label = say("button.gcancel" if view.state == "lobby" else f"game.{view.kind}.end_it")
    danger = discord.ButtonStyle.danger
    end = custom_ids.END_NOW.button(end_label, view.id, view.phase or "lobby", style=danger)
    return Card(text(asked), ui.ActionRow(end, custom_ids.MANAGE.button(say("button.back"), view.id)), colour=None)


def rules_card(say: Catalogue, kind: str) -> Card:
    """Return the rules of a kind, which are read in a minute."""
    title = f"### {GAME_CARDS[kind].emoji} {say(f'game.{kind}.name')}"
    blocks: list[ui.Item[Any]] = [text(title)]
    for each in rules_told(say, kind):
        blocks += [line(visible=False), text(each)]
    return Card(*blocks)


def rules_told(say: Catalogue, kind: str) -> list[str]:
    """Return the paragraphs of the rules of a kind, in order, with what holds for all games."""
    own = [f"game.{kind}.rules_{number}" for number in range(1, 10)]
    return [say(key) for key in own if key in say] + [say("game.rules_all")]


def list_card(say: Catalogue, views: Sequence[GameView]) -> Card:
    """Return the games of a server that are not over: where, how they stand, and a button where it is somebody's
    move."""
    if not views:
        return notice(say("game.list_empty"))
    blocks: list[ui.Item[Any]] = [text(f"### {say('game.list_title')}")]
    for view in views:
        lines = [f"**{titled(say, view)}** · <#{view.channel_id}>", f"-# {_state_told(say, view)}"]
        if _due(view) and view.state == "playing":
            turn = custom_ids.TURN.button(say("button.gturn"), view.id, style=_PRIMARY, emoji="✍️")
            blocks.append(ui.Section(text("\n".join(lines)), accessory=turn))
        else:
            blocks.append(text("\n".join(lines)))
    return Card(*blocks)


def _state_told(say: Catalogue, view: GameView) -> str:
    if view.state == "lobby":
        return say("game.state_lobby", count=len(present(view)))
    if view.state == "paused":
        return say("game.state_paused")
    return waiting_told(say, view) or say("game.goes_on")


def scores_card(say: Catalogue, lines: Sequence[tuple[int, str, int]], title: str) -> Card:
    """Return a board. `lines` are a place, a name (escaped) and points."""
    if not lines:
        return notice(say("game.scores_empty"))
    told = [
        say("game.score", place=place, name=name, points=say("game.points_of", count=points))
        for place, name, points in lines
    ]
    return Card(text(f"### 🏆 {title}"), text("\n".join(told)))


def _due(view: GameView) -> bool:
    """Tell whether a game waits for the viewer."""
    return view.turn is not None and not view.turn.acted


def _seat_menu(custom_id: str, hint: str, seats: Sequence[Seat]) -> ui.ActionRow[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=custom_id, placeholder=hint, min_values=0, max_values=1)
    for seat in seats[:25]:
        menu.add_option(label=label(seat.pen_name, MENU_NAME), value=str(seat.number))
    return ui.ActionRow(menu)
