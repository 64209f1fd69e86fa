"""What is agreed on in the lobby: a kind's settings, each one of a few values."""

from __future__ import annotations

import dataclasses

from bot.errors import BadInput
from bot.rules.games.game import AnyGame
from bot.rules.games.steps import Agreed
from bot.rules.games.table import Pace, StateT, Table


def usual_settings(game: AnyGame, pace: Pace) -> dict[str, int | str]:
    """Return a kind's settings as they are where nobody chooses."""
    return {setting.name: setting.usual[pace] for setting in game.settings}


def agreed(game: AnyGame, table: Table[StateT], event: Agreed) -> Table[StateT]:
    """Return the table with the settings changed. Raises `BadInput` (`game_setting`: given) for a name or a value that
    the kind has not."""
    known = {setting.name: setting for setting in game.settings}
    for name, value in event.settings.items():
        if name not in known or value not in known[name].values:
            raise BadInput("game_setting", given=f"{name} {value}")
    terms = table.terms
    if event.stand_in is not None:
        terms = dataclasses.replace(terms, stand_in=event.stand_in)
    return dataclasses.replace(table, terms=terms, settings={**table.settings, **event.settings})
