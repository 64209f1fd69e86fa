"""The forms of games: a new one, its settings, a name, a turn. Routed by custom id like buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import discord
from discord import ui

from bot.games.views import GameView
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Pace
from bot.rules.servers import MAX_TEXT
from bot.rules.stories import MAX_PEN_NAME
from bot.ui.cards import text
from bot.ui.forms import TEXT, RoutedForm, chosen
from bot.ui.locale import Catalogue

KIND, PACE, STAND_IN = "kind", "pace", "stand_in"
"""The custom ids of the fields."""
PACES: tuple[Pace, ...] = get_args(Pace)
"""All paces, in the order in which they are offered."""


class NewGameForm(RoutedForm):
    """Asks for a new game: its kind, one of `kinds`, and its pace."""

    def __init__(self, say: Catalogue, custom_id: str, kinds: Sequence[str]) -> None:
        super().__init__(title=say("form.game.new"), custom_id=custom_id)
        names = [(kind, say(f"game.{kind}.choice")) for kind in kinds]
        self.ask(say("form.game.kind"), _menu(KIND, names, kinds[0]))
        paces = [(pace, say(f"game.pace.{pace}")) for pace in PACES]
        self.ask(say("form.game.pace"), _menu(PACE, paces, PACES[0]))


class PassageForm(RoutedForm):
    """Asks for the passage that a game is about, which may be left to the stories that have ended."""

    def __init__(self, say: Catalogue, custom_id: str) -> None:
        super().__init__(title=say("form.game.passage"), custom_id=custom_id)
        box: ui.TextInput[Any] = ui.TextInput(
            custom_id=TEXT, style=discord.TextStyle.paragraph, max_length=MAX_TEXT, required=False
        )
        hint = say("form.game.passage_hint")
        self.ask(say("form.game.passage_label"), box, hint)


class NameForm(RoutedForm):
    """Asks for the name under which somebody plays."""

    def __init__(self, say: Catalogue, custom_id: str, prefilled: str) -> None:
        super().__init__(title=say("form.game.name"), custom_id=custom_id)
        box: ui.TextInput[Any] = ui.TextInput(custom_id=TEXT, max_length=MAX_PEN_NAME, default=prefilled or None)
        self.ask(say("form.game.name_label"), box, say("form.game.name_hint", limit=MAX_PEN_NAME))


class GameSettingsForm(RoutedForm):
    """Asks what is agreed on: the settings of the kind, and whether a model takes missed turns."""

    def __init__(self, say: Catalogue, view: GameView, custom_id: str) -> None:
        super().__init__(title=say("form.game.settings"), custom_id=custom_id)
        for setting in GAMES[view.kind].settings:
            options = [(str(value), value_told(say, view.kind, setting.name, value)) for value in setting.values]
            label = say(f"game.{view.kind}.{setting.name}")
            self.ask(label, _menu(setting.name, options, str(view.settings[setting.name])))
        if GAMES[view.kind].stands_in:
            models = [(each, say(f"form.game.stand_in_{each}")) for each in ("no", "yes")]
            self.ask(say("form.game.stand_in"), _menu(STAND_IN, models, "yes" if view.terms.stand_in else "no"))


class WritingForm(RoutedForm):
    """Asks for a text of a game. `above` is what whoever writes sees above the box, escaped, empty for nothing."""

    def __init__(
        self,
        *,
        title: str,
        custom_id: str,
        above: str,
        label: str,
        hint: str,
        prefilled: str = "",
        most: int = 4000,
    ) -> None:
        super().__init__(title=title, custom_id=custom_id)
        if above:
            self.add_item(text(above))
        box: ui.TextInput[Any] = ui.TextInput(
            custom_id=TEXT,
            style=discord.TextStyle.paragraph,
            max_length=most,
            default=prefilled[:most] or None,
        )
        self.ask(label, box, hint)


def value_told(say: Catalogue, kind: str, name: str, value: int | str) -> str:
    """Return what a value of a setting is called: a number that has no name of its own is told as it is."""
    key = f"game.{kind}.{name}_{value}"
    return say(key) if key in say else str(value)


def agreed_settings(interaction: discord.Interaction[Any], kind: str) -> Mapping[str, int | str]:
    """Return the settings that were chosen in the form, by name."""
    found: dict[str, int | str] = {}
    for setting in GAMES[kind].settings:
        given = chosen(interaction, setting.name)
        value = next((value for value in setting.values if str(value) == given), None)
        if value is not None:
            found[setting.name] = value
    return found


def _menu(name: str, options: Sequence[tuple[str, str]], current: str) -> ui.Select[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=name)
    for value, label in options:
        menu.add_option(label=label, value=value, default=value == current)
    return menu
