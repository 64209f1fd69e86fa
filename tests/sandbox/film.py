"""A moving picture of a page: photographs in a row, those that show nothing new left out, and waits shortened."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageChops
from playwright.async_api import Page

EVERY_S = 0.4
"""The pause between two photographs, in seconds."""
LONGEST_S = 0.3
"""How long a photograph that nobody holds is shown at most, in seconds: what the models take is cut."""
SHORTEST_S = 0.06
"""How long each is shown at least, in seconds."""
QUALITY = 72
"""Of the WebP, from 0 to 100."""
POINTER = """
() => {
  const pointer = document.createElement("div");
  pointer.style.cssText = "position:fixed;z-index:99999;left:-40px;top:0;width:18px;height:18px;pointer-events:none;" +
    "border-radius:50%;background:rgba(255,255,255,.55);border:2px solid rgba(20,20,30,.8);margin:-9px 0 0 -9px";
  const caption = document.createElement("div");
  caption.id = "film-caption";
  caption.style.cssText = "position:fixed;z-index:99998;left:0;right:0;top:0;padding:12px 20px;pointer-events:none;" +
    "font:600 19px/1.3 system-ui,sans-serif;color:#fff;background:#3b3f8f";
  document.body.append(pointer, caption);
  document.addEventListener("mousemove", (event) => {
    pointer.style.left = event.clientX + "px";
    pointer.style.top = event.clientY + "px";
  }, true);
}
"""
"""Draws where the mouse is, which a photograph leaves out, and a line for captions."""


@dataclass(slots=True)
class Shot:
    """One photograph: when it was taken, by a clock that counts seconds from anywhere, and how long it is held."""

    png: bytes
    taken_s: float
    held_s: float = 0.0


@dataclass(slots=True)
class Film:
    """Photographs of one page, in their order."""

    page: Page
    shots: list[Shot] = field(default_factory=list)

    async def caption(self, words: str) -> None:
        """Say above the page what follows."""
        await self.page.evaluate("words => { document.getElementById('film-caption').textContent = words }", words)

    async def hold(self, seconds: float) -> None:
        """Show what the page shows now for so long."""
        await self._take()
        self.shots[-1].held_s = seconds

    @asynccontextmanager
    async def rolling(self) -> AsyncIterator[Film]:
        """Photograph the page again and again while the body acts in it."""
        await self.page.evaluate(POINTER)

        async def roll() -> None:
            while True:
                await self._take()
                await asyncio.sleep(EVERY_S)

        task = asyncio.create_task(roll())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _take(self) -> None:
        png = await self.page.screenshot(animations="disabled", caret="initial")
        self.shots.append(Shot(png=png, taken_s=time.monotonic()))

    def save(self, path: Path) -> int:
        """Write the film as a WebP that repeats; return its size in bytes."""
        frames, durations = list[Image.Image](), list[float]()
        ends = [*(shot.taken_s for shot in self.shots[1:]), self.shots[-1].taken_s]
        for shot, end in zip(self.shots, ends, strict=True):
            frame = Image.open(io.BytesIO(shot.png)).convert("RGB")
            lasts = end - shot.taken_s
            if frames and ImageChops.difference(frames[-1], frame).getbbox() is None:
                durations[-1] = max(min(durations[-1] + lasts, LONGEST_S), durations[-1], shot.held_s)
            else:
                frames.append(frame)
                durations.append(max(min(lasts, LONGEST_S), shot.held_s, SHORTEST_S))
        frames[0].save(
            path,
            save_all=True,
            append_images=frames[1:],
            duration=[round(1000 * seconds) for seconds in durations],
            loop=0,
            quality=QUALITY,
            method=4,
            minimize_size=True,
        )
        return path.stat().st_size
