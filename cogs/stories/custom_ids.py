"""What leads from the cards of stories to their cogs: the routes of their buttons, menus and forms."""

from __future__ import annotations

from bot.ui.custom_ids import Route

NEW = Route("sbegin")
"""*Start a story*: opens a form."""
NEW_FORM = Route("snew", optional=("generation_id", "position"))
"""The form of a new story; with ids, of one that begins with a suggestion."""
PASSAGE_FORM = Route("sadded", "story_id", "head_id")
"""The form with the next passage. `head_id` is the passage that it was written behind, 0 for none."""
ADD_AGAIN = Route("sagain", "story_id", "passage_id")
"""*Add it behind the newest*, for somebody who was overtaken."""
LIST = Route("slist", "page")
"""The buttons that turn the pages of the list of stories."""
READ = Route("sread", "story_id", "number", "part", "direction")
"""*Read*, and the buttons that turn its pages: from part `part` of passage `number` on ("f") or back ("b")."""
WITHDRAW = Route("swithdraw", "story_id", "passage_id")
"""The confirmation of /story withdraw."""
RENAME_FORM = Route("srename", "story_id")
"""The form with title and premise."""
RULES = Route("srules", "story_id")
"""*Rules*."""
DELETE = Route("sdelete", "story_id")
"""The confirmation of /story delete."""
RESTORE = Route("srestore", "story_id")
"""*Restore*, on the card of a deleted story."""
EXPORT = Route("sexport", "story_id", optional=("format",))
"""*Export*, of which the cog of publishing is the handler: it offers the formats, or gives the file in one."""
MAP = Route("smap", "story_id")
"""*Map*, of which the cog of publishing is the handler."""
