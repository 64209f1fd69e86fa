"""The map of a story's tree: a picture, and the same in words with the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.publishing.book import clean
from bot.publishing.map_drawing import draw
from bot.publishing.tree_layout import Layout, Row, lay_out
from bot.rules.stories import BEGINNING, TreeNode
from bot.rules.text.words import word_spans
from bot.ui.cutting import ELLIPSIS, shown_head, shown_size
from bot.ui.locale import Catalogue
from bot.ui.origins import credit, model_names

MAX_TEXT = 3500
"""Characters of the text beside a picture, as Discord counts them once it is escaped."""
_INDENT = "\u2003"
"""What a line is indented by for each lane: an em space."""
_MAX_INDENT = 8
"""Lanes for which a line is indented at most."""
_SHORTER: tuple[tuple[int, int], ...] = ((60, 80), (40, 60), (24, 40), (12, 30), (0, 30), (0, 12))
"""How long beginnings and titles may be, from the longest text to the shortest."""


@dataclass(frozen=True, slots=True)
class Map:
    """A PNG file, and a text that says what is on it. The text is not escaped yet."""

    png: bytes
    text: str


def draw_map(
    nodes: Sequence[TreeNode],
    heads: Sequence[tuple[str, int]],
    canon_ids: Sequence[int],
    say: Catalogue,
    names: Mapping[int, str] | None = None,
) -> Map:
    """Draw a tree. `heads` are the stories that stand on it with their last passages, `canon_ids` the passages of the
    story that is asked for, from the root to its head; `names` are those of people by id, a pen name wins.

    The picture is at most 4000 pixels high and wide. It takes a while on a large tree: call it in a thread.
    """
    cleaned = [(" ".join(clean(title).split()) or say("publishing.untitled"), head_id) for title, head_id in heads]
    layout = lay_out(nodes, cleaned, canon_ids)
    told = [Told(row, who(row, names or {}, say), _begins(row.node)) for row in layout.rows]
    own = next((title for title, head_id in cleaned if canon_ids and head_id == canon_ids[-1]), "")
    facts = _facts(layout, say)
    lines = [(one.row, one.who, _beginning(one, say)) for one in told]
    return Map(draw(layout, own, facts, lines, say), outline(told, facts, say))


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the map with who wrote it and how it begins, both empty for a chain."""

    row: Row
    who: str
    beginning: str


def who(row: Row, names: Mapping[int, str], say: Catalogue) -> str:
    """Return whose passage a row is: a person, a model, or both."""
    node = row.node
    if node.withdrawn or row.count > 1:
        return ""
    name = " ".join(clean(node.pen_name or names.get(node.author_id or 0, "")).split())
    if node.origin == "human":
        return name or say("publishing.somebody")
    if node.origin == "edited":
        return credit(say, node.origin, name or say("publishing.somebody"))
    return model_names(say)[node.origin]


def outline(told: Sequence[Told], facts: Sequence[str], say: Catalogue) -> str:
    """Return the map in words, in at most `MAX_TEXT` characters: beginnings are shortened first, then titles, and
    what still does not fit is left out at the end."""
    text = ""
    for beginning, title in _SHORTER:
        lines = [_line(one, beginning, title, say) for one in told]
        text = "\n".join([" · ".join(facts), say("publishing.map.key"), *lines])
        if shown_size(text) <= MAX_TEXT:
            return text
    fits = accumulate(shown_size(line) + len("\n") for line in text.split("\n"))
    kept = sum(taken <= MAX_TEXT - len(ELLIPSIS) for taken in fits)
    return "\n".join([*text.split("\n")[:kept], ELLIPSIS])


def _line(one: Told, beginning: int, title: int, say: Catalogue) -> str:
    row = one.row
    mark = "●" if row.canon else "○"
    begins = shown_head(_beginning(one, say), beginning, str) if beginning else ""
    said = " · ".join(part for part in (one.who, begins) if part)
    if row.count > 1 or row.node.withdrawn:
        said = _beginning(one, say)
    stars = "".join(f" ★ {shown_head(name, title, str)}" for name in row.titles[:3])
    return f"{_INDENT * min(row.lane, _MAX_INDENT)}{row.number}. {mark} {said}{stars}{_more(row, say)}".rstrip()


def _begins(node: TreeNode) -> str:
    """Return how a passage begins, up to a whole word where it was cut inside of one."""
    text = " ".join(clean(node.beginning).split())
    if len(node.beginning) < BEGINNING:
        return text
    *_, (last, _) = word_spans(text) or [(0, 0)]
    return (text[:last].rstrip() or text) + ELLIPSIS


def _beginning(one: Told, say: Catalogue) -> str:
    if one.row.count > 1:
        return say("publishing.map.chain", count=one.row.count)
    return say("publishing.map.withdrawn") if one.row.node.withdrawn else one.beginning


def _more(row: Row, say: Catalogue) -> str:
    return f" ({say('publishing.map.more', count=row.left_out)})" if row.left_out else ""


def _facts(layout: Layout, say: Catalogue) -> list[str]:
    facts = [say("publishing.map.passages", count=layout.passages)]
    if layout.branches:
        facts.append(say("publishing.map.branches", count=layout.branches))
    if layout.left_out:
        facts.append(say("publishing.map.left_out", count=layout.left_out))
    return facts
