"""The texts of a game that somebody sees, a page at a time: to be reported, and by who leads hidden or shown again."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from discord import ui

from bot.errors import Gone
from bot.games.views import GameView
from bot.ui.cards import Card, line, text
from bot.ui.custom_ids import Route
from bot.ui.cutting import label, shown_head
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.kinds import GAME_CARDS

PAGE = 10
"""Texts of a page."""
SHOWN = 300
"""Characters of a text on a page."""
NAME = 90
"""Characters of a text in a menu; Discord takes 100."""


def listed_texts(view: GameView) -> list[tuple[str, str]]:
    """Return the texts that the viewer can report, each with its slot; for who leads also those that were reported or
    are held back."""
    shown = list(GAME_CARDS[view.kind].shown(view))
    slots = {slot for slot, _ in shown}
    return shown + [(each.slot, each.text) for each in view.reported if each.slot not in slots]


def slot_picked(view: GameView, value: str) -> str:
    """Return the slot of a text that was picked in a menu. Raises `Gone` (`game_text_gone`)."""
    listed = listed_texts(view)
    values = {_value(place, content): slot for place, (slot, content) in enumerate(listed)}
    if (slot := values.get(value)) is None:  # the list has changed: the same text stands in another place
        mark = value.partition("-")[2]
        slot = next((slot for slot, content in listed if _mark(content) == mark), None)
    if slot is None:
        raise Gone("game_text_gone")
    return slot


def _value(place: int, content: str) -> str:
    """What stands for a text in a menu: nothing that somebody does not see anyway."""
    return f"{place}-{_mark(content)}"


def _mark(content: str) -> str:
    return str(zlib.crc32(content.encode()))


def texts_card(say: Catalogue, view: GameView, page: int, *, told: str = "") -> Card:
    """Return page `page` (from 0; clamped) of the texts that the viewer sees, with a menu to report one; for who leads
    with menus to hide one, and to keep one that was reported or is hidden."""
    slots = {each.slot for each in view.reported}
    listed = listed_texts(view)
    pages = max(1, -(-len(listed) // PAGE))
    page = min(max(page, 0), pages - 1)
    here = list(enumerate(listed))[page * PAGE : (page + 1) * PAGE]
    blocks: list[ui.Item[Any]] = [text(f"### {say('game.texts_title')}")]
    if told:
        blocks.append(text(told))
    if not here:
        return Card(*blocks, text(say("game.texts_none")))
    blocks.append(text("\n".join(_told(say, view, place, *each) for place, each in here)))
    blocks.append(_menu(custom_ids.REPORT, view, page, say("game.report"), here))
    if view.leads:
        blocks.append(_menu(custom_ids.HIDE, view, page, say("game.hide"), here))
        if again := [(place, each) for place, each in here if each[0] in slots]:
            blocks.append(_menu(custom_ids.SHOW_AGAIN, view, page, say("game.show_again"), again))
    if pages > 1:
        back = custom_ids.TEXTS.button(say("button.back"), view.id, page - 1, emoji="◀️")
        on = custom_ids.TEXTS.button(say("button.on"), view.id, page + 1, emoji="▶️")
        back.disabled, on.disabled = page == 0, page == pages - 1
        blocks += [line(), ui.ActionRow(back, on), text(f"-# {say('card.page', page=page + 1, pages=pages)}")]
    return Card(*blocks)


def _told(say: Catalogue, view: GameView, place: int, slot: str, content: str) -> str:
    told = shown_head(" ".join(content.split()), SHOWN) or say("game.held_back")
    flag = " 🚩" if any(each.slot == slot for each in view.reported) else ""
    return f"**{place + 1}**\u2002{told}{flag}"


def _menu(
    route: Route, view: GameView, page: int, hint: str, texts: Sequence[tuple[int, tuple[str, str]]]
) -> ui.ActionRow[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=route.id(view.id, page), placeholder=hint, min_values=0, max_values=1)
    for place, (_, content) in texts:
        menu.add_option(label=label(f"{place + 1} · {content}", NAME), value=_value(place, content))
    return ui.ActionRow(menu)
