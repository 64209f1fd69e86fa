"""The cover of a book: its title and who wrote it, on a pattern made from the story's id.

The pattern is drawn by chance that the id alone decides: a story keeps its cover, and two stories have two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import NamedTuple

from PIL import Image, ImageDraw

from bot.publishing.book import Book
from bot.publishing.canvas import DARK, MISSING, PAPER, SOFT, Canvas, Colour
from bot.rules.text.words import has_han, split_words
from bot.ui.locale import Catalogue

WIDTH, HEIGHT = 800, 1280
"""Pixels: the shape that shops and readers ask for, large enough for a sharp picture on a small device."""
BAND = 680
"""How much of the height the pattern takes."""
MARGIN = 72
"""Pixels between the text and the left and right edges."""
LEADING = 1.25
"""From line to line, in sizes of the letters."""
TITLE_SIZES = (76, 64, 54, 46, 40)
"""The title is set in the first of these sizes in which it has room, in the last one shortened."""
NAME_SIZE = 30
"""The size of the letters of people's names, in pixels."""
NAMES = 3
"""So many people are named; of the others it is said how many they are."""
_SMOOTH = 2
"""The pattern is drawn so many times as large and scaled down, for smooth edges."""
_TILE = 160
"""Pixels from one disc or scale of a pattern to the next; tiles of arcs are half as wide."""


class Palette(NamedTuple):
    """The colours of a pattern."""

    ground: Colour
    drawing: Colour
    accent: Colour


PALETTES: Sequence[Palette] = (
    Palette((0x2F, 0x3E, 0x63), (0x7C, 0x93, 0xC4), (0xE9, 0xC4, 0x6A)),
    Palette((0x26, 0x4E, 0x4A), (0x7F, 0xB0, 0x9A), (0xF0, 0xD9, 0xA8)),
    Palette((0x5B, 0x34, 0x57), (0xB4, 0x86, 0xAB), (0xF2, 0xC1, 0x8D)),
    Palette((0x6B, 0x3A, 0x2E), (0xC9, 0x8B, 0x6B), (0xF3, 0xE2, 0xB8)),
    Palette((0x3B, 0x45, 0x2F), (0x9A, 0xA9, 0x6F), (0xEC, 0xD8, 0x7A)),
    Palette((0x24, 0x3B, 0x53), (0x62, 0x9F, 0xB5), (0xF4, 0xB4, 0x8A)),
)
"""Each with a dark ground, so that the cover is seen on a white shelf."""
Paint = Callable[[ImageDraw.ImageDraw, Random, Palette], None]


def cover(book: Book, say: Catalogue) -> bytes:
    """Return the cover of `book` as a PNG, the same for the same book."""
    chance = Random(book.identifier)  # it makes a pattern, not a secret
    palette = chance.choice(PALETTES)
    canvas = Canvas(WIDTH, HEIGHT, PAPER, "serif")
    canvas.image.paste(_pattern(chance, palette), (0, 0))
    canvas.line(WIDTH / 2, BAND, BAND + 10, WIDTH, palette.accent)
    bottom = _names(canvas, [person.name for person in book.people], say)
    _title(canvas, book.title, bottom)
    return canvas.png()


# ---- words


def _title(canvas: Canvas, title: str, bottom: float) -> None:
    """Set the title between the pattern and `bottom`. What the font does not have is left out; where little would be
    left, all of it is: better none than boxes."""
    top = BAND + 64.0
    readable = " ".join(canvas.readable(title).replace(MISSING, " ").split())
    if 2 * len(readable) < len("".join(title.split())):
        return
    size, lines = _set(canvas, readable, bottom - top)
    for number, line in enumerate(lines):
        canvas.text(MARGIN, top + size * (0.5 + LEADING * number), line, size, DARK)


def _set(canvas: Canvas, title: str, height: float) -> tuple[int, list[str]]:
    """Return the largest size in which the title has room, and its lines in it."""
    room = WIDTH - 2 * MARGIN
    for size in TITLE_SIZES:
        lines, most = _lines(canvas, title, size, room), int(height / (size * LEADING))
        if len(lines) <= most and all(canvas.width(line, size) <= room for line in lines):
            return size, lines
    between = "" if has_han(title) else " "
    kept = [*lines[: most - 1], between.join(lines[most - 1 :])]
    return size, [canvas.fitted(line, size, room) for line in kept if line]


def _lines(canvas: Canvas, title: str, size: int, room: float) -> list[str]:
    """Return the title in lines that have room, broken between words; in Chinese between characters."""
    between = "" if has_han(title) else " "
    words = split_words(title) if has_han(title) else title.split(" ")
    lines = [""]
    for word in words:
        longer = f"{lines[-1]}{between}{word}" if lines[-1] else word
        if lines[-1] and canvas.width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _names(canvas: Canvas, names: Sequence[str], say: Catalogue) -> float:
    """Name the people at the foot, a line each, and return where that begins."""
    told = [name for name in map(canvas.readable, names[:NAMES]) if MISSING not in name]
    if told and len(names) > len(told):
        told.append(say("publishing.others", count=len(names) - len(told)))
    top = HEIGHT - 64 - NAME_SIZE * 1.4 * len(told)
    for number, name in enumerate(told):
        y = top + NAME_SIZE * (0.7 + 1.4 * number)
        canvas.text(MARGIN, y, canvas.fitted(name, NAME_SIZE, WIDTH - 2 * MARGIN), NAME_SIZE, SOFT)
    return top - 24


# ---- the pattern


def _pattern(chance: Random, palette: Palette) -> Image.Image:
    picture = Image.new("RGB", (WIDTH * _SMOOTH, BAND * _SMOOTH), palette.ground)
    chance.choice(PATTERNS)(ImageDraw.Draw(picture), chance, palette)
    return picture.reduce(_SMOOTH)


def _arcs(draw: ImageDraw.ImageDraw, chance: Random, palette: Palette) -> None:
    """Tiles of two quarter circles each, turned by chance: they join into bands that wander (Truchet's tiles)."""
    tile, thick = _TILE * _SMOOTH // 2, 13 * _SMOOTH
    for left in range(0, WIDTH * _SMOOTH, tile):
        for top in range(0, BAND * _SMOOTH, tile):
            colour = palette.accent if chance.random() < 0.12 else palette.drawing
            corners = ((0, 0), (1, 1)) if chance.random() < 0.5 else ((1, 0), (0, 1))
            for across, down in corners:
                x, y, far = left + across * tile, top + down * tile, tile / 2 + thick / 2
                start = {(0, 0): 0, (1, 0): 90, (1, 1): 180, (0, 1): 270}[across, down]
                draw.arc((x - far, y - far, x + far, y + far), start, start + 90, fill=colour, width=thick)


def _moons(draw: ImageDraw.ImageDraw, chance: Random, palette: Palette) -> None:
    """Rows of discs, each with a smaller one of another colour at its rim."""
    step = _TILE * _SMOOTH
    for row, top in enumerate(range(step // 2, BAND * _SMOOTH + step, step)):
        for middle in range(step // 2 - (row % 2) * step // 2, WIDTH * _SMOOTH + step, step):
            radius, turn = step * chance.uniform(0.28, 0.44), chance.uniform(0, 2 * math.pi)
            _disc(draw, middle, top, radius, palette.drawing)
            small = radius * chance.uniform(0.2, 0.5)
            reach = radius - small
            _disc(draw, middle + reach * math.cos(turn), top + reach * math.sin(turn), small, palette.accent)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _waves(draw: ImageDraw.ImageDraw, chance: Random, palette: Palette) -> None:
    """Lines that swell and sink together, as of water or hills; one of them stands out."""
    swells = [(chance.uniform(8, 46), chance.uniform(0.6, 2.4), chance.uniform(0, 2 * math.pi)) for _ in range(3)]
    count = chance.randrange(16, 24)
    marked = chance.randrange(count // 4, 3 * count // 4)
    for number in range(-2, count + 2):
        level = (number + 0.5) * BAND / count
        points = [(x * _SMOOTH, _height(x, level, number, swells) * _SMOOTH) for x in range(-8, WIDTH + 16, 8)]
        thick = (10 if number == marked else 5) * _SMOOTH
        draw.line(points, fill=palette.accent if number == marked else palette.drawing, width=thick, joint="curve")


def _height(x: float, level: float, number: int, swells: Sequence[tuple[float, float, float]]) -> float:
    moves = (high * math.sin(x / WIDTH * 2 * math.pi * often + turn + number * 0.22) for high, often, turn in swells)
    return level + sum(moves)


def _scales(draw: ImageDraw.ImageDraw, chance: Random, palette: Palette, *, rings: int) -> None:
    """Scales that lie over each other, each of a few rings; now and then one shines."""
    step = _TILE * _SMOOTH
    for row, top in enumerate(range(-step // 2, BAND * _SMOOTH + step, step // 4)):
        for middle in range(-(row % 2) * step // 2, WIDTH * _SMOOTH + step, step):
            shining = chance.random() < 0.1
            for ring in range(rings, 0, -1):
                radius = step / 2 * ring / rings
                box = (middle - radius, top - radius, middle + radius, top + radius)
                colour = palette.accent if shining else palette.drawing
                draw.ellipse(box, fill=palette.ground, outline=colour, width=5 * _SMOOTH)


PATTERNS: Sequence[Paint] = (_arcs, _moons, _waves, partial(_scales, rings=3), partial(_scales, rings=4))
"""The kinds of patterns."""
