"""What leads from the cards of games to the cogs: the routes of their buttons, menus and forms."""

from __future__ import annotations

import zlib

from bot.ui.custom_ids import Route

# ---- the lobby

NEW = Route("gnew")
"""*Start a game*: opens a form."""
NEW_FORM = Route("gbegun")
"""The form of a new game: its kind and pace."""
PASSAGE_FORM = Route("gpassage", "kind", "pace")
"""The form with the passage that a new game is about."""
AGAIN = Route("gagain", "game_id")
"""*Play again*: a lobby of the same kind and pace."""
JOIN = Route("gjoin", "game_id")
"""*Join*."""
NAME = Route("gname", "game_id")
"""*Another name*: opens a form."""
NAME_FORM = Route("gnamed", "game_id")
"""The form with the name under which somebody plays."""
LEAVE = Route("gleave", "game_id")
"""*Leave*."""
SETTINGS = Route("gset", "game_id")
"""*Settings* of a game in its lobby: opens a form."""
SETTINGS_FORM = Route("gagreed", "game_id")
"""That form."""
START = Route("gstart", "game_id")
"""*Start*."""
RULES = Route("grules", "kind")
"""*Rules* of a kind."""

# ---- a turn

TURN = Route("gturn", "game_id", optional=("move", "ping_id"))
"""*Your move*: opens the form of whoever presses. A ping has its own ids, by which its message is found again."""
TURN_FORM = Route("gmoved", "game_id", "move")
"""The form of a turn."""
MEND = Route("gmend", "game_id", "text")
"""*Change it*: opens a form with a text of one's own that can still be changed, by the number of its slot (see
`slot_number`)."""
MEND_FORM = Route("gmended", "game_id", "text")
"""That form."""
MORE_TIME = Route("gtime", "game_id", "move")
"""*More time*."""
PASS = Route("gpass", "game_id", "move")
"""*Pass*."""
NOT_FOR_ME = Route("gnotme", "game_id", "move")
"""*Not for me*."""
BACK = Route("gback", "game_id")
"""*I'm back*."""
MORE = Route("gmore", "game_id")
"""*More*: what else there is to do."""
PINGS = Route("gpings", "game_id")
"""The menu of how somebody is told of their turns."""

# ---- what is shown

NEXT = Route("gnext", "game_id", "part")
"""*Next*, behind the part that is shown."""
CHOOSE = Route("gchoose", "game_id", "what", "part")
"""A menu or a button by which somebody chooses something, as the kind of game has it: hearts, guesses."""
WALK = Route("gwalk", "game_id", "chapter")
"""*Walk the book*, and the doors from page to page."""
TEXTS = Route("gtexts", "game_id", "page")
"""*Report a text*, and the buttons that turn the pages of the texts."""
REPORT = Route("greport", "game_id", "page")
"""The menu to report a text."""

# ---- for who leads

MANAGE = Route("gmanage", "game_id")
"""*For who leads*."""
SKIP = Route("gskip", "game_id")
"""The menu of players to wait for no longer."""
REMOVE = Route("gremove", "game_id")
"""The menu of players to remove."""
PAUSE = Route("gpause", "game_id")
"""*Pause*."""
RESUME = Route("gresume", "game_id")
"""*Go on*."""
END = Route("gend", "game_id", "phase")
"""*End it*: asks whether that is meant."""
END_NOW = Route("gended", "game_id", "phase")
"""The answer that it is."""
HIDE = Route("ghide", "game_id", "page")
"""The menu to hide a text."""
SHOW_AGAIN = Route("gshow", "game_id", "page")
"""The menu to show a hidden text again."""


def slot_number(slot: str) -> int:
    """Return a number for a slot, as it stands in custom ids that only its writer gets."""
    return zlib.crc32(slot.encode())
