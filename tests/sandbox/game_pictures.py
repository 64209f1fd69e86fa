"""Take the pictures in docs/images/games anew: an evening of Fold by three people in the sandbox, and how long it takes
to click through it. Started by `make picture`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import TimeoutError as NotThere

from bot.ui.locale import Catalogue, catalogue
from tests.sandbox.open_sandbox import ROOT, PageDriver, open_driver, running_sandbox

FOLDER = ROOT / "docs" / "images" / "games"
PEOPLE = ("Maren", "Tomás", "Yun")
LINES = {
    "en": (
        "The lighthouse had been dark for a week when the goats moved in.",
        "She sold umbrellas to people who had never seen the rain.",
        "Nobody told the mayor that his hat was still ticking.",
        "By noon the piano had eaten all of the harbour's ropes.",
        "They married at the ticket counter, between two late trains.",
        "So the postman kept the letter and learned it by heart.",
        "The moon asked politely whether this seat was taken.",
        "And the soup, as always, had the last word of the evening.",
        "That is why nobody in our village owns a second spoon.",
    ),
    "zh-CN": (
        "灯塔已经黑了一个星期，山羊却搬了进去。",
        "她把雨伞卖给从没见过雨的人。",
        "没有人告诉镇长，他的帽子还在滴答作响。",
        "到了中午，钢琴吃光了码头上所有的缆绳。",
        "他们在售票窗口前结了婚，夹在两班晚点的火车之间。",
        "于是邮差留下那封信，把它背了下来。",
        "月亮很有礼貌地问，这个座位有没有人。",
        "那碗汤照例说了今晚的最后一句话。",
        "所以我们村里没有人有第二把勺子。",
    ),
}
"""What is written, by the language of the server."""
en = catalogue("en")


class Evening:
    """Fold by three people. What one person alone sees is in English, as the sandbox's people are; `say` is the
    language of what everybody sees."""

    def __init__(self, driver: PageDriver, say: Catalogue) -> None:
        self._driver = driver
        self._page = driver.page
        self._say = say
        self._taken_s = 0.0

    async def take(self, name: str) -> None:
        """Save what the page shows, which is no part of the evening's time."""
        began_s = time.monotonic()
        await asyncio.sleep(1.5)  # until the page has drawn it
        path = FOLDER / f"{name}{'' if self._say is en else '-zh'}.png"
        await self._page.screenshot(path=path)
        sys.stdout.write(f"{path}\n")
        self._taken_s += time.monotonic() - began_s

    async def play(self) -> float:
        """Play it all, and return how many seconds it took from /game start to the names."""
        began_s, driver, say = time.monotonic(), self._driver, self._say
        await driver.pick("game start")
        await self._page.keyboard.type("fo")
        await asyncio.sleep(0.4)
        await self._page.keyboard.press("Enter")
        await self._page.keyboard.press("Enter")
        await driver.reads(say("game.fold.about"))
        for person in PEOPLE[1:]:
            await driver.become(person)
            await driver.press(say("button.gjoin"), last=True)
            await driver.reads(en("game.you_wait"))
        await driver.become(PEOPLE[0])
        await self.take("lobby")
        await driver.press(say("button.gstart"), last=True)
        await driver.reads(en("game.told_started").split(" ", 1)[1])
        await self._write()
        await driver.become(PEOPLE[0])
        for label in ("button.gnext", "button.gnext", "button.gnext_last"):
            await driver.press(say(label), last=True)
            await asyncio.sleep(1.5)
        await self.take("sheets")
        for person in PEOPLE:
            await driver.become(person)
            await self._love(person == PEOPLE[0])
        await driver.become(PEOPLE[0])
        await driver.use("game manage")
        for _ in range(2):
            await driver.press(en("game.fold.end_it"), last=True)
            await asyncio.sleep(1)
        await driver.reads(say("game.result", game=say("game.fold.name")))
        took_s = time.monotonic() - began_s - self._taken_s
        await self.take("result")
        return took_s

    async def _write(self) -> None:
        """Let each write whenever it is their move, until all lines are there."""
        lines = list(LINES["en" if self._say is en else "zh-CN"])
        while lines:
            for person in PEOPLE:
                await self._driver.become(person)
                box = self._page.get_by_role("dialog").get_by_role("textbox")
                try:
                    await self._driver.press(self._say("button.gturn"), last=True)
                    await box.wait_for(timeout=2000)
                except NotThere:
                    continue
                if len(lines) == 5:
                    await self.take("turn")
                await box.fill(lines.pop(0))
                await self._page.get_by_role("button", name="Submit").click()
                await box.wait_for(state="detached")
                if len(lines) == 4:
                    await asyncio.sleep(1)
                    await self.take("answer")
                if not lines:
                    return

    async def _love(self, first: bool) -> None:
        """Give a heart to a line of the last sheet."""
        hint = self._say("game.fold.hearts").partition(" ")[2]
        menu = self._page.locator("#channel-message-list [role=combobox]").filter(has_text=hint).last
        await menu.click()
        await self._page.get_by_role("option", name=" · ").nth(0 if first else 1).click()
        await self._page.keyboard.press("Escape")
        await asyncio.sleep(1)


async def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in ("en", "zh-CN"):
        with tempfile.TemporaryDirectory() as folder:
            settings = {"INKLING_DATA": str(ROOT / "data")}
            async with (
                running_sandbox(settings, folder=Path(folder)) as sandbox,
                open_driver(sandbox.url, width=1180, height=940) as driver,
            ):
                if language != "en":
                    await driver.use(en("command.settings.name"))
                    menus = driver.messages.get_by_role("combobox")
                    await menus.filter(has_text=en("language.server")).last.click()
                    await driver.page.locator(".select-option").filter(has_text=en(f"language.{language}")).click()
                    await driver.reads(en("settings.saved", count=1))
                took_s = await Evening(driver, catalogue(language)).play()
                sys.stdout.write(f"Fold by three people took {took_s:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
