"""What leads from the cards of memory and lore to the cog: the routes of their buttons, menus and forms.

A `place` is the id of a story, or 0 for the server as a whole (`cogs.lore.cards.place_of`).
"""

from __future__ import annotations

from bot.ui.custom_ids import Route

ADD = Route("ladd", "place", "kind")
"""*Add*: opens a form."""
FORM = Route("lform", "place", "kind")
"""The form of a new entry."""
LIST = Route("llist", "place", "kind", "page")
"""What leads to a page of a list."""
OPEN = Route("lopen", "place")
"""The menu of a list."""
AGREE = Route("lyes", "lore_id")
"""*Agree*."""
DISAGREE = Route("lno", "lore_id")
"""*Disagree*."""
RATIFY = Route("lratify", "lore_id")
"""*Ratify*."""
REJECT = Route("lreject", "lore_id")
"""*Reject*."""
REMOVE = Route("lremove", "lore_id")
"""*Remove*."""
