"""Take docs/images/inkling.webp anew (`make picture`): a blank is filled, a word twisted, a round decided. The texts
are what the bundled models write at that moment."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from bot.ui.locale import catalogue
from tests.sandbox import story
from tests.sandbox.film import Film
from tests.sandbox.open_sandbox import GO_ON, ROOT, PageDriver, open_driver, running_sandbox

PICTURE = ROOT / "docs/images/inkling.webp"
LARGEST = 2_000_000
"""Bytes that the picture may have."""
WIDTH, HEIGHT = 900, 700
"""Of the page, in pixels."""
BLANKS = "The last dragon in the world lived in a ___ behind the post office."
EXPECTED = "The old man sat by the window and listened to the rain."
PREMISE = "A keeper, a storm, and a lamp that burns by itself."
PASSAGE = "The lighthouse keeper had not spoken for a year. On the first day of the storm he opened the door."
OWN = "Nobody stood there. But on the step, still warm, lay a lamp that was not his."
TOLD_S = 1.2
"""How long the first look at a caption lasts, in seconds."""
READ_S = 2.4
"""How long a result is shown, in seconds."""
en = catalogue("en")


def _shown(key: str) -> re.Pattern[str]:
    """Return the pattern of a text of the catalogue, whatever stands in its places, in any of its forms."""
    forms = (re.split(r"\{\w+\}", form) for form in en.forms(key).values())
    return re.compile("|".join(".+".join(map(re.escape, parts)) for parts in forms))


async def look_at(driver: PageDriver, key: str) -> None:
    """Wait for the newest text of this key, and scroll until it is the first that one sees."""
    found = driver.messages.get_by_text(_shown(key)).last
    await found.wait_for()
    await found.evaluate("element => element.scrollIntoView({block: 'start'})")


async def fill(driver: PageDriver, film: Film) -> None:
    """A blank in a sentence."""
    await film.caption("/infill fills the blanks of a text, and reads both sides of them")
    await film.hold(TOLD_S)
    await driver.run("infill", BLANKS)
    await driver.until_count(GO_ON, 3)
    await look_at(driver, "card.infill.title")
    await film.hold(READ_S)


async def twist(driver: PageDriver, film: Film) -> None:
    """A word that everybody expects."""
    await film.caption("/twist finds the words that a reader sees coming, and offers rarer ones")
    await driver.run("twist", EXPECTED)
    menu = driver.messages.get_by_role("combobox", name=_shown("card.twist.word")).first
    await menu.wait_for()
    await look_at(driver, "card.twist.title")
    await film.hold(TOLD_S)
    await menu.click()
    options = driver.page.locator(".select-option:visible")
    await options.first.wait_for()
    await film.hold(TOLD_S)
    await options.nth(1).click()
    use = driver.messages.get_by_role("button", name=re.compile(en("button.use")))
    await use.last.click()
    await look_at(driver, "card.twisted.title")
    await film.hold(READ_S)


async def decide(driver: PageDriver, film: Film) -> None:
    """A round in a story: suggestions and a person's text, votes, and who wrote what."""
    await film.caption("A round: suggestions and people's own texts, sources hidden")
    await story.open_round(driver, en)
    await film.hold(TOLD_S)
    await driver.become("Tomás")
    await story.write_own(driver, en, OWN)
    await film.hold(READ_S)
    await film.caption("The community votes")
    for person in ("Yun", "Maren"):
        await driver.become(person)
        await story.vote(driver, en("round.star"), OWN)
        await driver.reads(en("round.your_ballot"))
    await story.close_round(driver, en)
    await film.caption("Then everyone sees who wrote what")
    await look_at(driver, "round.decided_continue")
    await film.hold(READ_S + TOLD_S)


def _told(what: str) -> None:
    """Say on the terminal how far it is."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"INKLING_DATA": str(ROOT / "data")}
        async with (
            running_sandbox(settings, folder=Path(folder)) as sandbox,
            open_driver(sandbox.url, width=WIDTH, height=HEIGHT) as driver,
        ):
            film = Film(driver.page)
            async with film.rolling():
                await fill(driver, film)
                _told("a blank is filled")
                await twist(driver, film)
                _told("a word is twisted")
            await story.begin(driver, en, "The Lamp", PREMISE)
            await story.write_on(driver, en, PASSAGE)
            async with film.rolling():
                await decide(driver, film)
                _told("a round is decided")
    size = film.save(PICTURE)
    _told(f"{PICTURE}: {size / 1e6:.2f} MB")
    return int(size > LARGEST)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
