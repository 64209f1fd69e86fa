"""The last look at a card before it is sent: whatever it holds, it is one that Discord takes.

Cards are laid out to fit. What still does not, as a value in a sentence turned out longer than anybody thought, is cut
here, by Discord's rules for messages of components, so that an answer arrives shortened and not at all.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

from discord import ui

from bot.rules.text.segments import beginning
from bot.ui.cutting import ELLIPSIS, label, share
from bot.ui.escaping import size

_log = logging.getLogger(__name__)

CARD_TEXT = 4000
"""So many UTF-16 units all texts of a message hold together."""
MOST_COMPONENTS = 40
"""So many components a message holds, those inside of others counted."""
LABEL = 80
"""So many characters a button's label holds."""
OPTION = 100
"""So many a label and a description in a menu hold."""
HINT = 150
"""So many the hint on a menu holds."""
_OPEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\$")
"""An odd number of backslashes at the end: the last one escapes what was cut off."""
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
"""Characters around a text whose direction must not spread to its neighbours."""


def fit(blocks: Sequence[ui.Item[Any]]) -> list[ui.Item[Any]]:
    """Return `blocks`, which are changed where need be, so that a container with them is taken by Discord."""
    kept = [block for block in blocks if not isinstance(block, ui.TextDisplay) or block.content.strip()]
    items = [item for block in kept for item in _all(block)]
    _fit_texts([item for item in items if isinstance(item, ui.TextDisplay)])
    for item in items:
        _fit_labels(item)
    return _fit_count(kept)


def cut(content: str, limit: int) -> str:
    """Return the beginning of `content`, which is escaped, in `limit` UTF-16 units with an ellipsis at its end. No
    escape and no direction isolate stays open."""
    if size(content) <= limit:
        return content
    room = limit - len(ELLIPSIS) - len(_END_ISOLATE)
    part = beginning(content, room)
    while size(part) > room:
        part = beginning(part, len(part) - (size(part) - room + 1) // 2)
    part = _OPEN_ESCAPE.sub("", part).rstrip()
    return part + ELLIPSIS + _END_ISOLATE * (part.count(_ISOLATE) > part.count(_END_ISOLATE))


def _fit_texts(texts: Sequence[ui.TextDisplay[Any]]) -> None:
    for text in texts:
        text.content = text.content if text.content.strip() else ELLIPSIS  # beside a button it must say something
    sizes = [size(text.content) for text in texts]
    if sum(sizes) <= CARD_TEXT:
        return
    _log.warning("a card with %d characters was cut to what fits", sum(sizes))
    for text, room in zip(texts, share(sizes, CARD_TEXT), strict=True):
        text.content = cut(text.content, room)


def _fit_labels(item: ui.Item[Any]) -> None:
    if isinstance(item, ui.Button) and item.label:
        item.label = _label(item.label, LABEL)
    elif isinstance(item, ui.Select):
        item.placeholder = _label(item.placeholder, HINT) if item.placeholder else None
        for option in item.options:
            option.label = _label(option.label, OPTION)
            option.description = _label(option.description, OPTION) if option.description else None


def _label(text: str, limit: int) -> str:
    if text and size(text) <= limit:
        return text
    _log.warning("a label with %d characters was cut to what fits", size(text))
    return label(text, limit)


def _fit_count(blocks: list[ui.Item[Any]]) -> list[ui.Item[Any]]:
    """Leave out lines, and then blocks from the end, until the container around them holds no more than is allowed."""
    if _count(blocks) <= MOST_COMPONENTS:
        return blocks
    _log.warning("a card with %d components was cut to what fits", _count(blocks))
    kept = [block for block in blocks if not isinstance(block, ui.Separator)]
    while _count(kept) > MOST_COMPONENTS:
        kept.pop()
    return kept


def _count(blocks: Sequence[ui.Item[Any]]) -> int:
    return 1 + sum(1 for block in blocks for _ in _all(block))


def _all(item: ui.Item[Any]) -> Iterator[ui.Item[Any]]:
    """Give an item and all that is inside of it."""
    yield item
    if isinstance(item, (ui.ActionRow, ui.Section, ui.Container)):
        yield from item.walk_children()
