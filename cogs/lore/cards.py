"""Memory and lore as people see them: the card of an entry, the list of all, and the form for a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.rules.lore import MAX_LORE, MAX_TRIGGER, MAX_TRIGGERS, RATIFIES, LoreEntry, LoreKind, Tally
from bot.ui.cards import AMBER, Card, line, text
from bot.ui.cutting import label, shown_head
from bot.ui.escaping import escape, quote
from bot.ui.forms import TEXT, RoutedForm
from bot.ui.locale import Catalogue
from cogs.lore import custom_ids

TRIGGERS = "triggers"
"""The custom id of the box for trigger words."""
PAGE = 8
"""Entries on a page of the list."""
SIGNS: Mapping[LoreKind, str] = {"memory": "📌", "lore": "📜"}
"""The sign before an entry."""
_ENTRY_TEXT = 2400
"""Characters of an entry that its own card shows."""
_LISTED_TEXT = 240
"""Characters of an entry that a list shows."""
_LISTED_TRIGGERS = 120
"""Characters of an entry's triggers that a list shows."""
_OPTION_TEXT = 100
"""Characters of an entry in a menu: as many as Discord takes for an option."""
_WHOLE_SERVER = 0
"""What stands in a custom id in a story's place for the server as a whole: no story has this id."""


class LoreForm(RoutedForm):
    """A form for an entry: of lore first when it is told, then what."""

    def __init__(self, say: Catalogue, kind: LoreKind, custom_id: str) -> None:
        super().__init__(title=say(f"form.{kind}.title"), custom_id=custom_id)
        if kind == "lore":
            words: ui.TextInput[Any] = ui.TextInput(
                custom_id=TRIGGERS, max_length=MAX_TRIGGERS * (MAX_TRIGGER + len(", "))
            )
            hint = say("form.triggers.hint", limit=MAX_TRIGGERS)
            self.ask(say("form.triggers.label"), words, hint)
        box: ui.TextInput[Any] = ui.TextInput(custom_id=TEXT, style=discord.TextStyle.paragraph, max_length=MAX_LORE)
        hint = say(f"form.{kind}.hint", limit=MAX_LORE)
        self.ask(say(f"form.{kind}.label"), box, hint)


def place_of(story_id: int | None) -> int:
    """Return what stands for a story in a custom id: its own, or for the server as a whole one that no story has."""
    return _WHOLE_SERVER if story_id is None else story_id


def story_of(place: int) -> int | None:
    """Return the story that a `place` in a custom id stands for, None for the server as a whole."""
    return None if place == _WHOLE_SERVER else place


def lore_card(
    say: Catalogue, entry: LoreEntry, tally: Tally, *, story: str | None, pen_name: str | None, back: bool = False
) -> Card:
    """Return the card of an entry. `story` is the title of its story, unescaped, None where it is the server's; `back`
    adds the way back to the list."""
    blocks: list[ui.Item[Any]] = [
        text(f"### {SIGNS[entry.kind]} {say(f'lore.{entry.kind}_{entry.state}')}\n-# {_whose(say, story)}"),
        text(shown_head(entry.text, _ENTRY_TEXT, quote)),
    ]
    if entry.triggers:
        blocks.append(text(say("lore.triggers", triggers=_triggers(entry))))
    blocks += [line(), *_foot(say, entry, tally, pen_name)]
    if entry.state == "proposed":
        blocks.append(
            ui.ActionRow(
                custom_ids.AGREE.button(say("button.agree"), entry.id, emoji="👍"),
                custom_ids.DISAGREE.button(say("button.disagree"), entry.id, emoji="👎"),
                custom_ids.RATIFY.button(say("button.ratify"), entry.id, style=discord.ButtonStyle.success),
                custom_ids.REJECT.button(say("button.reject"), entry.id, style=discord.ButtonStyle.danger),
            )
        )
    last = [custom_ids.REMOVE.button(say("button.remove"), entry.id, emoji="🗑️")]
    if back:
        last.insert(0, custom_ids.LIST.button(say("button.back"), place_of(entry.story_id), entry.kind, 0, emoji="◀️"))
    if back or entry.state != "proposed":
        blocks.append(ui.ActionRow(*last))
    return Card(*blocks, colour=AMBER) if entry.state == "proposed" else Card(*blocks)


def list_card(
    say: Catalogue, kind: LoreKind, entries: Sequence[LoreEntry], *, story_id: int | None, story: str | None, page: int
) -> Card:
    """Return page `page` (from 0) of the entries of a story, or of the server; `entries` are those of the page, and one
    more where there is another page."""
    place, shown = place_of(story_id), entries[:PAGE]
    blocks: list[ui.Item[Any]] = [text(f"### {SIGNS[kind]} {say(f'lore.{kind}_list')}\n-# {_whose(say, story)}")]
    if shown:
        blocks += [text(_row(say, entry)) for entry in shown]
        blocks.append(ui.ActionRow(_choice(say, place, shown)))
    else:
        blocks.append(text(say(f"lore.{kind}_none")))
    blocks.append(line())
    buttons = [custom_ids.ADD.button(say(f"button.add_{kind}"), place, kind, emoji="✍️")]
    if page or len(entries) > PAGE:
        back = custom_ids.LIST.button(say("button.back"), place, kind, page - 1, emoji="◀️")
        on = custom_ids.LIST.button(say("button.on"), place, kind, page + 1, emoji="▶️")
        back.disabled, on.disabled = page == 0, len(entries) <= PAGE
        buttons += [back, on]
    if story_id is not None:
        buttons.append(custom_ids.LIST.button(say("button.whole_server"), _WHOLE_SERVER, kind, 0, emoji="🏛️"))
    blocks += [ui.ActionRow(*buttons), text(f"-# {say(f'lore.{kind}_hint')}")]
    return Card(*blocks)


def beginning(entry: LoreEntry) -> str:
    """Return the beginning of an entry in one line, unescaped, as it stands in menus."""
    return label(entry.text, _OPTION_TEXT)


def _whose(say: Catalogue, story: str | None) -> str:
    return say("lore.of_server") if story is None else say("lore.of_story", title=escape(story))


def _triggers(entry: LoreEntry) -> str:
    return " · ".join(f"**{escape(trigger)}**" for trigger in entry.triggers)


def _foot(say: Catalogue, entry: LoreEntry, tally: Tally, pen_name: str | None) -> list[ui.Item[Any]]:
    """By whom an entry is, and how it stands with it."""
    by = [f"-# {say('lore.by', name=_name(entry.proposed_by, pen_name))}"] if entry.proposed_by is not None else []
    if entry.state == "proposed":
        opinions = say("lore.tally", agreeing=tally.agreeing, disagreeing=tally.disagreeing)
        who = say("lore.server_decides" if entry.story_id is None else "lore.story_decides", count=RATIFIES)
        by = [opinions, f"-# {who}", *by]
    return [text("\n".join(by))] if by else []


def _name(person_id: int, pen_name: str | None) -> str:
    return escape(pen_name) if pen_name is not None else f"<@{person_id}>"


def _row(say: Catalogue, entry: LoreEntry) -> str:
    """One entry in the list: its beginning, its triggers, and whether it still waits."""
    mark = "⏳" if entry.state == "proposed" else "•"
    told = f"{mark} {shown_head(' '.join(entry.text.split()), _LISTED_TEXT)}"
    notes = [shown_head(" · ".join(entry.triggers), _LISTED_TRIGGERS)] if entry.triggers else []
    if entry.state == "proposed":
        notes.append(say("lore.waits"))
    return f"{told}\n-# {' — '.join(notes)}" if notes else told


def _choice(say: Catalogue, place: int, entries: Sequence[LoreEntry]) -> ui.Select[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=custom_ids.OPEN.id(place), placeholder=say("lore.choose"))
    for entry in entries:
        menu.add_option(label=beginning(entry), value=str(entry.id))
    return menu
