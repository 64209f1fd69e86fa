"""Take the pictures in docs/images anew: `make picture`. The texts are what the bundled models write at that moment."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from bot.ui.locale import catalogue
from tests.sandbox import story
from tests.sandbox.open_sandbox import GO_ON, ROOT, PageDriver, open_driver, running_sandbox

FOLDER = ROOT / "docs" / "images"
TEXT = "The lighthouse keeper had not spoken for a year. On the first day of the storm"
PASSAGE = "The lighthouse keeper had not spoken for a year. On the first day of the storm he opened the door."
OWN = "Nobody stood there. But on the step, still warm, lay a lamp that was not his."
PREMISE = "A keeper, a storm, and a lamp that burns by itself."
en, zh = catalogue("en"), catalogue("zh-CN")


async def take(driver: PageDriver, name: str) -> None:
    """Save what the page shows."""
    await asyncio.sleep(1.5)  # until the page has drawn it
    path = FOLDER / f"{name}.png"
    await driver.page.screenshot(path=path)
    sys.stdout.write(f"{path}\n")


async def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"INKLING_DATA": str(ROOT / "data")}
        async with (
            running_sandbox(settings, folder=Path(folder)) as sandbox,
            open_driver(sandbox.url, width=1180, height=940) as driver,
        ):
            await driver.run("continue", TEXT)
            await driver.until_count(GO_ON, 3)
            await take(driver, "sandbox")
            await story.begin(driver, en, "The Lamp", PREMISE)
            await story.write_on(driver, en, PASSAGE)
            await story.open_round(driver, en)
            await driver.become("Tomás")
            await story.write_own(driver, en, OWN)
            await take(driver, "round")
            for person in ("Yun", "Maren"):
                await driver.become(person)
                await story.vote(driver, en("round.star"), OWN)
                await driver.reads(en("round.your_ballot"))
            await story.close_round(driver, en)
            await driver.page.set_viewport_size({"width": 1180, "height": 1300})
            await take(driver, "result")
            await driver.page.set_viewport_size({"width": 1180, "height": 940})
            await driver.back()
            await driver.use(en("command.settings.name"))
            await driver.messages.get_by_role("combobox").filter(has_text=en("language.server")).last.click()
            await driver.page.locator(".select-option").filter(has_text=en("language.zh-CN")).click()
            await driver.reads("Saved.")
            await story.begin(driver, en, "The Letter", PREMISE)
            await story.write_on(driver, zh, PASSAGE)
            await driver.use("continue")
            await driver.messages.get_by_role("combobox", name=zh("round.star")).last.wait_for()
            await take(driver, "round-zh")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
