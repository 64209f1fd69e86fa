"""Forms (modals) with one box for text, and reading what was sent in. Like buttons they are routed by custom id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import discord
from discord import ui

from bot.rules.generations import MAX_NOTE
from bot.rules.servers import MAX_TEXT
from bot.ui.locale import Catalogue

TEXT = "text"
"""The custom id of the box."""
NOTE = "note"
"""That of the box for a note."""


class RoutedForm(ui.Modal):
    """A form that is found again by its custom id (see `bot.ui.tree`), also after a restart, so discord.py need not
    remember it: it counts as finished from the start."""

    def is_finished(self) -> bool:
        return True

    def ask(self, label: str, field: ui.Item[Any], hint: str | None = None) -> None:
        """Add a field with its label."""
        self.add_item(ui.Label(text=label, description=hint, component=field))


class Form(RoutedForm):
    """A form with one box, and where `note` is not None another for a note, which has that in it."""

    def __init__(
        self, say: Catalogue, kind: str, custom_id: str, prefilled: str = "", *, note: str | None = None
    ) -> None:
        super().__init__(title=say(f"form.{kind}.title"), custom_id=custom_id)
        box: ui.TextInput[Any] = ui.TextInput(
            custom_id=TEXT,
            style=discord.TextStyle.paragraph,
            max_length=MAX_TEXT,
            default=prefilled or None,
        )
        hint = say(f"form.{kind}.hint", limit=MAX_TEXT)
        self.ask(say(f"form.{kind}.label"), box, hint)
        if note is not None:
            self.add_item(note_box(say, note))


class NoteForm(RoutedForm):
    """A form for a note alone, with the note so far in it."""

    def __init__(self, say: Catalogue, custom_id: str, note: str) -> None:
        super().__init__(title=say("form.note.title"), custom_id=custom_id)
        self.add_item(note_box(say, note))


def note_box(say: Catalogue, note: str) -> ui.Label[Any]:
    """Return the box for a note, with that in it."""
    box: ui.TextInput[Any] = ui.TextInput(
        custom_id=NOTE, style=discord.TextStyle.short, max_length=MAX_NOTE, required=False, default=note or None
    )
    return ui.Label(text=say("form.note.label"), description=say("form.note.hint"), component=box)


def submitted(interaction: discord.Interaction[Any], name: str = TEXT) -> str:
    """Return what was written into the box `name` of the form that was sent in; empty where there is none."""
    data: Mapping[str, Any] = interaction.data or {}
    return next((box["value"] for box in _boxes(data.get("components", ())) if box.get("custom_id") == name), "")


def written(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """Return what was written into all boxes of the form that was sent in, in order."""
    data: Mapping[str, Any] = interaction.data or {}
    return tuple(str(box["value"]) for box in _boxes(data.get("components", ())) if isinstance(box["value"], str))


def picked(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """Return the values that were chosen in the menu that was used; none where it was no menu."""
    data: Mapping[str, Any] = interaction.data or {}
    return tuple(data.get("values", ()))


def chosen(interaction: discord.Interaction[Any], name: str) -> str | None:
    """Return what was chosen in the menu `name` of the form that was sent in, None where there is none."""
    data: Mapping[str, Any] = interaction.data or {}
    for field in _fields(data.get("components", ())):
        if field.get("custom_id") == name and field.get("values"):
            return str(field["values"][0])
    return None


def _fields(components: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for component in components:
        yield component
        yield from _fields(component.get("components", ()))
        if (inner := component.get("component")) is not None:
            yield from _fields([inner])


def _boxes(components: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (field for field in _fields(components) if "value" in field)
