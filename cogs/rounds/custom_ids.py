"""What leads from the cards of rounds to the cog: the routes of their buttons, menus and forms."""

from __future__ import annotations

from bot.ui.custom_ids import Route

LIKE = Route("rlike", "round_id")
"""The menu of the candidates that somebody likes."""
STAR = Route("rstar", "round_id")
"""The menu of the favourite."""
TAKE_BACK = Route("rback", "round_id")
"""*Take my ballot back*."""
BALLOT = Route("rballot", "round_id")
"""*My ballot*."""
OWN = Route("rown", "round_id")
"""*Write my own*: opens a form."""
OWN_FORM = Route("rwrite", "round_id")
"""The form with a text of one's own."""
CHANGE = Route("rchange", "round_id")
"""The menu of the text that one changes: opens a form with it."""
CHANGE_FORM = Route("rchanged", "round_id", "candidate_id")
"""The form with a text that one changes."""
READ = Route("rread", "round_id", "page")
"""*Read*, and the buttons that turn its pages."""
MORE = Route("rmore", "round_id")
"""*More*: what else there is to do."""
REPORT = Route("rreport", "round_id")
"""The menu to report a text."""
HIDE = Route("rhide", "round_id")
"""The menu to hide a text."""
KEEP = Route("rkeep", "round_id")
"""The menu to keep a text that was reported."""
CLOSE = Route("rclose", "round_id")
"""*Close now*."""
CANCEL = Route("rcancel", "round_id")
"""*Cancel*, and *Cancel the round*."""
CANON = Route("rcanon", "round_id")
"""*Make it canon*, on a result that the story had passed by."""
PAIRS = Route("rpairs", "round_id")
"""*Pairwise table*."""
BALLOTS = Route("rballots", "round_id")
"""*Ballots*."""
WHY = Route("rwhy", "round_id", optional=("view",))
"""*Why this text?*; the view "details" is its *Details*, none the plain words."""
ASK_FORM = Route("sasked", "story_id")
"""The form of *Ask the models*: how long the vote is open, and a note."""
NEXT_FORM = Route("snexted", "round_id")
"""The form of *Next round* where people write alone: a text, with which the round opens."""
BLANKS_FORM = Route("rblanks", "passage_number", "count", optional=("minutes",))
"""The form in which blanks are put into a passage."""
