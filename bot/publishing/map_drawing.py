"""The picture of a map, from its rows. Shapes say the same as colours; numbers lead to the text beside the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.publishing.canvas import DARK, PAPER, SOFT, Canvas, Colour, Shape
from bot.publishing.tree_layout import Layout, Row
from bot.rules.provenance import Origin
from bot.ui.locale import Catalogue
from bot.ui.origins import origin_label

WIDTH = 1280
"""Pixels of the picture's width. All the following sizes are in pixels."""
ROW = 62
"""The height of a row."""
MARGIN = 52
"""The margin of the picture."""
LANE = 46
"""The width of a lane."""
HEADER = 158
"""The height of the header."""
LEGEND_ROW = 52
"""The height of a row of the legend."""
RADIUS = 22
"""The radius of a passage's sign."""
SMALL = 18
"""The radius of a small sign."""
TEXT, NAME, NUMBER, PILL, TITLE = 27, 25, 20, 23, 42
"""The sizes of the letters, in pixels."""
PALE: Colour = (201, 193, 180)
"""Lines of branches, and rules."""
INK: Colour = (0x4A, 0x5D, 0x8F)
"""Inkling's blue."""
AMBER: Colour = (0xB9, 0x8A, 0x3D)
"""Inkling's yellow."""
LOOKS: Mapping[Origin, tuple[Shape, Colour]] = {
    "human": ("circle", (0x4E, 0x86, 0x70)),
    "gpt": ("square", INK),
    "bert": ("diamond", AMBER),
    "edited": ("hexagon", (0x8C, 0x5B, 0x86)),
}
"""By shape and colour: who wrote a passage."""
MAX_TITLES = 2
"""Titles of stories at one passage; more are counted."""


def draw(
    layout: Layout, title: str, facts: Sequence[str], lines: Sequence[tuple[Row, str, str]], say: Catalogue
) -> bytes:
    """Return the PNG of a map: its title, a row for each of `lines` (with who wrote it and how it begins), and what
    the signs mean."""
    signs = _Signs(say)
    measure = Canvas(1, 1, PAPER)
    legend = signs.rows(measure, WIDTH - 2 * MARGIN)
    height = HEADER + ROW * max(1, len(lines)) + 44 + LEGEND_ROW * len(legend) + 30
    canvas = Canvas(WIDTH, height, PAPER)
    if title:
        canvas.text(MARGIN - 8, 62, canvas.fitted(canvas.readable(title), TITLE, WIDTH - 2 * MARGIN), TITLE, DARK)
    canvas.text(MARGIN - 6, 112, canvas.fitted(" · ".join(facts), NAME, WIDTH - 2 * MARGIN), NAME, SOFT)
    for row in sorted(layout.rows, key=lambda row: row.canon):
        if row.parent is not None:
            _edge(canvas, layout.rows[row.parent - 1], row)
    for row, who, beginning in lines:
        _row(canvas, row, who, beginning, say)
    if not lines:
        canvas.text(MARGIN - 6, HEADER + 20, say("publishing.nothing"), TEXT, SOFT)
    top = HEADER + ROW * max(1, len(lines)) + 20
    canvas.line(WIDTH / 2, top, top + 1, WIDTH - 2 * MARGIN, PALE)
    signs.draw(canvas, legend, top + 24 + LEGEND_ROW / 2)
    return canvas.png()


def _place(row: Row) -> tuple[float, float]:
    return MARGIN + LANE * row.lane + RADIUS - 8, HEADER + ROW * (row.number - 0.5)


def _edge(canvas: Canvas, parent: Row, row: Row) -> None:
    width, colour = (8, INK) if row.canon else (4, PALE)
    (x, above), (to, y) = _place(parent), _place(row)
    if row.lane == parent.lane:
        canvas.line(x, above, y, width, colour)
    else:
        canvas.line(x, above, y - 24, width, colour)
        canvas.bend(x, y, to, 24, width, colour)


def _row(canvas: Canvas, row: Row, who: str, beginning: str, say: Catalogue) -> None:
    x, y = _place(row)
    at = x + (_chain if row.count > 1 else _passage)(canvas, row, x, y) + 16
    room: float = WIDTH - MARGIN + 16
    for title in row.titles[:MAX_TITLES]:
        at = _title(canvas, title, at, y, 430) + 14
    if len(row.titles) > MAX_TITLES:
        at = canvas.text(at, y, f"+{len(row.titles) - MAX_TITLES}", PILL, INK) + 14
    more = f"+ {say('publishing.map.more', count=row.left_out)}" if row.left_out else ""
    if more:
        room -= canvas.width(more, NAME) + 16
    for text, size, colour in ((who, NAME, SOFT), (beginning, TEXT, DARK if row.canon else SOFT)):
        shown = canvas.fitted(canvas.readable(text), size, room - at)
        if shown:
            at = canvas.text(at, y, shown, size, colour) + 14
    if more:
        canvas.text(at, y, more, NAME, AMBER)


def _passage(canvas: Canvas, row: Row, x: float, y: float) -> float:
    """Draw a passage with its number; return how far its sign reaches."""
    shape, colour = LOOKS[row.node.origin]
    radius = RADIUS if row.canon else SMALL
    if row.node.withdrawn:
        shape, colour = "circle", SOFT
    canvas.shape(shape, x, y, radius + 4, PAPER)
    canvas.shape(shape, x, y, radius, colour, PAPER if row.node.withdrawn else None)
    written = colour if row.node.withdrawn else (255, 255, 255)
    canvas.text(x, y - 1, str(row.number), NUMBER if row.canon else NUMBER - 2, written, centred=True)
    return RADIUS


def _chain(canvas: Canvas, row: Row, x: float, y: float) -> float:
    """Draw a chain of passages as a wide, empty sign with its number; return how far it reaches."""
    half, colour = RADIUS + 6, INK if row.canon else SOFT
    canvas.pill(x - half - 4, y, x + half + 4, 42, PAPER)
    canvas.pill(x - half, y, x + half, 34, colour)
    canvas.pill(x - half + 3, y, x + half - 3, 28, PAPER)
    canvas.text(x, y - 1, str(row.number), NUMBER - 2, colour, centred=True)
    return half


def _title(canvas: Canvas, title: str, left: float, y: float, room: float) -> float:
    """Draw the title of a story on a ribbon; return where it ends."""
    shown = canvas.fitted(canvas.readable(title), PILL, room)
    right = left + canvas.width(shown, PILL) + 32
    canvas.pill(left, y, right, 40, INK)
    canvas.text(left + 16, y - 1, shown, PILL, (255, 255, 255))
    return right


class _Signs:
    """What the signs mean, in as many rows as needed."""

    def __init__(self, say: Catalogue) -> None:
        self._texts: list[tuple[Origin | str, str]] = [
            *((origin, origin_label(say, origin)) for origin in LOOKS),
            ("withdrawn", say("publishing.map.withdrawn")),
            ("canon", say("publishing.map.canon")),
            ("head", say("publishing.map.head")),
        ]

    def rows(self, canvas: Canvas, room: float) -> list[list[tuple[str, str]]]:
        """Return the signs with their meanings, row by row."""
        rows: list[list[tuple[str, str]]] = [[]]
        at = 0.0
        for sign, text in self._texts:
            width = 56 + canvas.width(text, NAME) + 34
            if rows[-1] and at + width > room:
                rows.append([])
                at = 0.0
            rows[-1].append((sign, text))
            at += width
        return rows

    def draw(self, canvas: Canvas, rows: Sequence[Sequence[tuple[str, str]]], top: float) -> None:
        """Draw them, the first row around the height `top`."""
        for place, row in enumerate(rows):
            y, at = top + place * LEGEND_ROW, float(MARGIN)
            for sign, text in row:
                _sign(canvas, sign, at + 14, y)
                at = canvas.text(at + 46, y, text, NAME, SOFT) + 44


def _sign(canvas: Canvas, sign: str, x: float, y: float) -> None:
    if sign == "canon":
        canvas.line(x, y - 18, y + 18, 8, INK)
    elif sign == "head":
        canvas.pill(x - 20, y, x + 20, 24, INK)
    elif sign == "withdrawn":
        canvas.shape("circle", x, y, 15, SOFT, PAPER)
    else:
        shape, colour = next(look for origin, look in LOOKS.items() if origin == sign)
        canvas.shape(shape, x, y, 15, colour)
