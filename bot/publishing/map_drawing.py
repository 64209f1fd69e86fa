"""The picture of a map, from its rows. Shapes say the same as colours; numbers lead to the text beside the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.publishing.canvas import Colour, Ink, Shape
from bot.publishing.tree_layout import Layout, Row
from bot.rules.provenance import Origin
from bot.ui.locale import Catalogue

WIDTH = 1280
ROW = 62
MARGIN = 52
LANE = 46
HEADER = 158
LEGEND_ROW = 52
RADIUS = 22
SMALL = 18
TEXT, NAME, NUMBER, PILL, TITLE = 27, 25, 20, 23, 42
PAPER: Colour = (251, 248, 242)
DARK: Colour = (38, 42, 51)
SOFT: Colour = (112, 108, 104)
PALE: Colour = (201, 193, 180)
INK: Colour = (0x4A, 0x5D, 0x8F)
AMBER: Colour = (0xB9, 0x8A, 0x3D)
LOOKS: Mapping[Origin, tuple[Shape, Colour]] = {
    "human": ("circle", (0x4E, 0x86, 0x70)),
    "gpt": ("square", INK),
    "bert": ("diamond", AMBER),
    "edited": ("hexagon", (0x8C, 0x5B, 0x86)),
}
"""By shape and colour: who wrote a passage."""
MAX_TITLES = 2


def draw(
    layout: Layout, title: str, facts: Sequence[str], lines: Sequence[tuple[Row, str, str]], say: Catalogue
) -> bytes:
    """Return the PNG of a map: its title, a row for each of `lines` (with who wrote it and how it begins), and what
    the signs mean."""
    signs = _Signs(say)
    measure = Ink(1, 1, PAPER)
    legend = signs.rows(measure, WIDTH - 2 * MARGIN)
    height = HEADER + ROW * max(1, len(lines)) + 44 + LEGEND_ROW * len(legend) + 30
    ink = Ink(WIDTH, height, PAPER)
    if title:
        ink.text(MARGIN - 8, 62, ink.fitted(ink.readable(title), TITLE, WIDTH - 2 * MARGIN), TITLE, DARK)
    ink.text(MARGIN - 6, 112, ink.fitted(" · ".join(facts), NAME, WIDTH - 2 * MARGIN), NAME, SOFT)
    for row in sorted(layout.rows, key=lambda row: row.canon):
        if row.parent is not None:
            _edge(ink, layout.rows[row.parent - 1], row)
    for row, who, beginning in lines:
        _row(ink, row, who, beginning, say)
    if not lines:
        ink.text(MARGIN - 6, HEADER + 20, say("publishing.nothing"), TEXT, SOFT)
    top = HEADER + ROW * max(1, len(lines)) + 20
    ink.line(WIDTH / 2, top, top + 1, WIDTH - 2 * MARGIN, PALE)
    signs.draw(ink, legend, top + 24 + LEGEND_ROW / 2)
    return ink.png()


def _place(row: Row) -> tuple[float, float]:
    return MARGIN + LANE * row.lane + RADIUS - 8, HEADER + ROW * (row.number - 0.5)


def _edge(ink: Ink, parent: Row, row: Row) -> None:
    width, colour = (8, INK) if row.canon else (4, PALE)
    (x, above), (to, y) = _place(parent), _place(row)
    if row.lane == parent.lane:
        ink.line(x, above, y, width, colour)
    else:
        ink.line(x, above, y - 24, width, colour)
        ink.bend(x, y, to, 24, width, colour)


def _row(ink: Ink, row: Row, who: str, beginning: str, say: Catalogue) -> None:
    x, y = _place(row)
    at = x + (_chain if row.count > 1 else _passage)(ink, row, x, y) + 16
    room: float = WIDTH - MARGIN + 16
    for title in row.titles[:MAX_TITLES]:
        at = _title(ink, title, at, y, 430) + 14
    if len(row.titles) > MAX_TITLES:
        at = ink.text(at, y, f"+{len(row.titles) - MAX_TITLES}", PILL, INK) + 14
    more = f"+ {say('publishing.map.more', count=row.left_out)}" if row.left_out else ""
    if more:
        room -= ink.width(more, NAME) + 16
    for text, size, colour in ((who, NAME, SOFT), (beginning, TEXT, DARK if row.canon else SOFT)):
        shown = ink.fitted(ink.readable(text), size, room - at)
        if shown:
            at = ink.text(at, y, shown, size, colour) + 14
    if more:
        ink.text(at, y, more, NAME, AMBER)


def _passage(ink: Ink, row: Row, x: float, y: float) -> float:
    """Draw a passage with its number; return how far its sign reaches."""
    shape, colour = LOOKS[row.node.origin]
    radius = RADIUS if row.canon else SMALL
    if row.node.withdrawn:
        shape, colour = "circle", SOFT
    ink.shape(shape, x, y, radius + 4, PAPER)
    ink.shape(shape, x, y, radius, colour, PAPER if row.node.withdrawn else None)
    written = colour if row.node.withdrawn else (255, 255, 255)
    ink.text(x, y - 1, str(row.number), NUMBER if row.canon else NUMBER - 2, written, centred=True)
    return RADIUS


def _chain(ink: Ink, row: Row, x: float, y: float) -> float:
    """Draw a chain of passages as a wide, empty sign with its number; return how far it reaches."""
    half, colour = RADIUS + 6, INK if row.canon else SOFT
    ink.pill(x - half - 4, y, x + half + 4, 42, PAPER)
    ink.pill(x - half, y, x + half, 34, colour)
    ink.pill(x - half + 3, y, x + half - 3, 28, PAPER)
    ink.text(x, y - 1, str(row.number), NUMBER - 2, colour, centred=True)
    return half


def _title(ink: Ink, title: str, left: float, y: float, room: float) -> float:
    """Draw the title of a story on a ribbon; return where it ends."""
    shown = ink.fitted(ink.readable(title), PILL, room)
    right = left + ink.width(shown, PILL) + 32
    ink.pill(left, y, right, 40, INK)
    ink.text(left + 16, y - 1, shown, PILL, (255, 255, 255))
    return right


class _Signs:
    """What the signs mean, in as many rows as needed."""

    def __init__(self, say: Catalogue) -> None:
        self._texts: list[tuple[Origin | str, str]] = [
            *((origin, say(f"publishing.origin.{origin}")) for origin in LOOKS),
            ("withdrawn", say("publishing.map.withdrawn")),
            ("canon", say("publishing.map.canon")),
            ("head", say("publishing.map.head")),
        ]

    def rows(self, ink: Ink, room: float) -> list[list[tuple[str, str]]]:
        """Return the signs with their meanings, row by row."""
        rows: list[list[tuple[str, str]]] = [[]]
        at = 0.0
        for sign, text in self._texts:
            width = 56 + ink.width(text, NAME) + 34
            if rows[-1] and at + width > room:
                rows.append([])
                at = 0.0
            rows[-1].append((sign, text))
            at += width
        return rows

    def draw(self, ink: Ink, rows: Sequence[Sequence[tuple[str, str]]], top: float) -> None:
        """Draw them, the first row around the height `top`."""
        for place, row in enumerate(rows):
            y, at = top + place * LEGEND_ROW, float(MARGIN)
            for sign, text in row:
                _sign(ink, sign, at + 14, y)
                at = ink.text(at + 46, y, text, NAME, SOFT) + 44


def _sign(ink: Ink, sign: str, x: float, y: float) -> None:
    if sign == "canon":
        ink.line(x, y - 18, y + 18, 8, INK)
    elif sign == "head":
        ink.pill(x - 20, y, x + 20, 24, INK)
    elif sign == "withdrawn":
        ink.shape("circle", x, y, 15, SOFT, PAPER)
    else:
        shape, colour = next(look for origin, look in LOOKS.items() if origin == sign)
        ink.shape(shape, x, y, 15, colour)
