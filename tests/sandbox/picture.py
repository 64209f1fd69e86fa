"""Take the pictures in docs/images anew: `make picture`. The texts are what the bundled models write at that moment."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from bot.ui.locale import catalogue
from tests.sandbox import story
from tests.sandbox.open_sandbox import GO_ON, ROOT, Table, open_table, running_sandbox

FOLDER = ROOT / "docs" / "images"
TEXT = "The lighthouse keeper had not spoken for a year. On the first day of the storm"
PASSAGE = "The lighthouse keeper had not spoken for a year. On the first day of the storm he opened the door."
OWN = "Nobody stood there. But on the step, still warm, lay a lamp that was not his."
PREMISE = "A keeper, a storm, and a lamp that burns by itself."
en, zh = catalogue("en"), catalogue("zh-CN")


async def take(table: Table, name: str) -> None:
    """Save what the page shows."""
    await asyncio.sleep(1.5)  # until the page has drawn it
    path = FOLDER / f"{name}.png"
    await table.page.screenshot(path=path)
    sys.stdout.write(f"{path}\n")


async def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"INKLING_DATA": str(ROOT / "data")}
        async with (
            running_sandbox(settings, folder=Path(folder)) as sandbox,
            open_table(sandbox.url, width=1180, height=940) as table,
        ):
            await table.run("continue", TEXT)
            await table.until_count(GO_ON, 3)
            await take(table, "sandbox")
            await story.begin(table, en, "The Lamp", PREMISE)
            await story.write_on(table, en, PASSAGE)
            await story.open_round(table, en)
            await table.become("Tomás")
            await story.write_own(table, en, OWN)
            await take(table, "round")
            for person in ("Yun", "Maren"):
                await table.become(person)
                await story.vote(table, en("round.star"), OWN)
                await table.reads(en("round.your_ballot"))
            await story.close_round(table, en)
            await table.page.set_viewport_size({"width": 1180, "height": 1300})
            await take(table, "result")
            await table.page.set_viewport_size({"width": 1180, "height": 940})
            await table.back()
            await table.use(en("command.settings.name"))
            await table.messages.get_by_role("combobox").filter(has_text=en("language.server")).last.click()
            await table.page.locator(".select-option").filter(has_text=en("language.zh-CN")).click()
            await table.reads("Saved.")
            await story.begin(table, en, "The Letter", PREMISE)
            await story.write_on(table, zh, PASSAGE)
            await table.use("continue")
            await table.messages.get_by_role("combobox", name=zh("round.star")).last.wait_for()
            await take(table, "round-zh")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
