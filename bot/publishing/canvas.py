"""Drawing on a picture with smooth edges: shapes, lines, bends and texts in any script that the font has.

Pillow's own shapes have rough edges. Each is drawn four times as large on a mask of its own and scaled down.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from bot.rules.text.words import has_han

Colour = tuple[int, int, int]
Shape = Literal["circle", "square", "diamond", "hexagon"]
Face = Literal["sans", "serif"]
PAPER: Colour = (251, 248, 242)
"""The background of pictures."""
DARK: Colour = (38, 42, 51)
"""Text."""
SOFT: Colour = (112, 108, 104)
"""Text that matters less."""
MISSING = "□"
"""Drawn in the place of a character that the font lacks."""
ELLIPSIS = "…"
"""Ends a text that was cut to its width."""
_NARROW = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "..."})
"""Quotes and ellipses as ASCII, for text without Chinese: the font's own are as wide as a Chinese character."""
_SCALE = 4
"""How many times as large the mask of a shape is drawn before it is scaled down, for smooth edges."""


class Canvas:
    """A picture that is being drawn. Places and sizes are in pixels."""

    def __init__(self, width: int, height: int, paper: Colour, face: Face = "sans") -> None:
        self.image = Image.new("RGB", (width, height), paper)
        self._draw = ImageDraw.Draw(self.image)
        # One font object for each picture: FreeType's must not be shared by threads.
        self._font = cache(lambda size: ImageFont.truetype(_FACES[face], size, layout_engine=ImageFont.Layout.BASIC))
        self._has = cache(self._look_up)

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        packed = io.BytesIO()
        self.image.save(packed, "PNG", compress_level=4)
        return packed.getvalue()

    def readable(self, text: str) -> str:
        """Return `text` on one line, with a box for every run of characters that the font does not have. Beside no
        Chinese, quotes and dots are written as in English: the font's are as wide as a Chinese character."""
        text = " ".join(text.split())
        found: list[str] = []
        for char in text if has_han(text) else text.translate(_NARROW):
            if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc", "Cs"):
                continue
            if self._has(char):
                found.append(char)
            elif found[-1:] != [MISSING]:
                found.append(MISSING)
        return "".join(found)

    def width(self, text: str, size: int) -> float:
        """Return how wide `text` is when it is drawn."""
        return float(self._font(size).getlength(text))

    def fitted(self, text: str, size: int, room: float) -> str:
        """Return the beginning of `text` that fits into `room`, with an ellipsis where something is missing."""
        if self.width(text, size) <= room:
            return text
        ellipsis = ELLIPSIS if has_han(text) else ELLIPSIS.translate(_NARROW)
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + ellipsis, size) <= room:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + ellipsis if low else ""

    def text(self, x: float, y: float, text: str, size: int, colour: Colour, *, centred: bool = False) -> float:
        """Write `text`, its middle at height `y`, from `x` or around it; return where it ends."""
        self._draw.text((x, y), text, font=self._font(size), fill=colour, anchor="mm" if centred else "lm")
        return x + self.width(text, size)

    def line(self, x: float, top: float, bottom: float, width: int, colour: Colour) -> None:
        """Draw a line from `top` down to `bottom` around `x`."""
        left = round(x - width / 2)
        self._draw.rectangle((left, round(top), left + width - 1, round(bottom)), fill=colour)

    def bend(self, x: float, y: float, to: float, radius: float, width: int, colour: Colour) -> None:
        """Draw a line that leaves one at `x` to the right, in an arc that ends at height `y`, and goes on to `to`."""

        def arc(draw: ImageDraw.ImageDraw) -> None:
            outer = (radius + width / 2) * _SCALE
            middle_x, middle_y = (radius + width) * _SCALE, width * _SCALE
            around = (middle_x - outer, middle_y - outer, middle_x + outer, middle_y + outer)
            draw.arc(around, 90, 180, fill=255, width=width * _SCALE)

        self._stamp(x - width, y - radius - width, radius + width + 1, radius + 2 * width, colour, arc)
        top = round(y - width / 2)
        self._draw.rectangle((round(x + radius), top, round(to), top + width - 1), fill=colour)

    def shape(
        self, kind: Shape, x: float, y: float, radius: float, colour: Colour, inside: Colour | None = None
    ) -> None:
        """Draw a shape around a place, filled, or with a rim around what is `inside`."""
        self._stamp_shape(kind, x, y, radius, colour)
        if inside is not None:
            self._stamp_shape(kind, x, y, radius - (4 if kind != "diamond" else 5.5), inside)

    def pill(self, left: float, y: float, right: float, height: float, colour: Colour) -> None:
        """Draw a bar with round ends."""

        def bar(draw: ImageDraw.ImageDraw) -> None:
            size = ((right - left) * _SCALE, height * _SCALE)
            draw.rounded_rectangle((0, 0, *size), height / 2 * _SCALE, fill=255)

        self._stamp(left, y - height / 2, right - left + 1, height + 1, colour, bar)

    def _stamp_shape(self, kind: Shape, x: float, y: float, radius: float, colour: Colour) -> None:
        reach = math.ceil(radius * 1.3)

        def paint(draw: ImageDraw.ImageDraw) -> None:
            middle, size = reach * _SCALE, radius * _SCALE
            if kind == "square":
                side = 0.9 * size
                draw.rounded_rectangle((middle - side, middle - side, middle + side, middle + side), side / 3, fill=255)
            elif kind == "circle":
                draw.circle((middle, middle), size, fill=255)
            else:
                corners, far = (4, 1.22 * size) if kind == "diamond" else (6, 1.08 * size)
                turns = [2 * math.pi * corner / corners for corner in range(corners)]
                draw.polygon(
                    [(middle + far * math.cos(turn), middle + far * math.sin(turn)) for turn in turns], fill=255
                )

        self._stamp(x - reach, y - reach, 2 * reach, 2 * reach, colour, paint)

    def _stamp(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        colour: Colour,
        paint: Callable[[ImageDraw.ImageDraw], None],
    ) -> None:
        """Lay `colour` on the picture through a mask that `paint` draws, larger by `_SCALE`."""
        mask = Image.new("L", (math.ceil(width) * _SCALE, math.ceil(height) * _SCALE), 0)
        paint(ImageDraw.Draw(mask))
        self.image.paste(colour, (round(left), round(top)), mask.reduce(_SCALE))

    def _look_up(self, char: str) -> bool:
        """Tell whether the font has a character: what it lacks, it draws all alike."""
        font = self._font(20)
        return char == " " or bytes(font.getmask(char)) != bytes(font.getmask("\U0010ffff"))


_FACES: Mapping[Face, str] = {
    "sans": str(pylopdf_fonts_zh_cn.sans_path()),
    "serif": str(pylopdf_fonts_zh_cn.serif_path()),
}
"""The path of each face's font file."""
