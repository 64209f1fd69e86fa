"""A story in the sandbox's page, by what people do there: begin it, write, open a round, vote, close it."""

from __future__ import annotations

from bot.ui.locale import Catalogue
from tests.sandbox.open_sandbox import PageDriver


async def begin(driver: PageDriver, say: Catalogue, title: str, premise: str) -> None:
    """Begin a story and go to its thread."""
    await driver.use(f"{say('command.story.name')} {say('command.story.new.name')}")
    form = driver.page.get_by_role("dialog")
    boxes = form.get_by_role("textbox")
    await boxes.nth(0).fill(title)
    await boxes.nth(1).fill(premise)
    await driver.page.get_by_role("button", name="Submit").click()
    await driver.channel(title).wait_for()
    await driver.go(title)
    await driver.reads(title)


async def write_on(driver: PageDriver, say: Catalogue, text: str) -> None:
    """Add a passage by the story card's button."""
    await driver.press(say("button.sadd"))
    await driver.page.get_by_role("dialog").get_by_role("textbox").fill(text)
    await driver.page.get_by_role("button", name="Submit").click()
    await driver.reads(text)


async def vote(driver: PageDriver, hint: str, *options: str) -> None:
    """Choose in the menu of the newest ballot that has this hint."""
    await driver.messages.get_by_role("combobox", name=hint).last.click()
    for option in options:
        await driver.page.get_by_role("option", name=option).first.click()
    await driver.page.keyboard.press("Escape")


async def open_round(driver: PageDriver, say: Catalogue) -> None:
    """Let the models write for a round, and wait for its ballot."""
    await driver.use(say("command.continue.name"))
    await driver.messages.get_by_role("combobox", name=say("round.star")).last.wait_for()


async def write_own(driver: PageDriver, say: Catalogue, text: str) -> None:
    """Put one's own text among the candidates of the newest round."""
    await driver.press(say("button.own"), last=True)
    await driver.page.get_by_role("dialog").get_by_role("textbox").fill(text)
    await driver.page.get_by_role("button", name="Submit").click()
    await driver.reads(text)


async def close_round(driver: PageDriver, say: Catalogue) -> None:
    """Close the newest round early, as its host."""
    await driver.press(say("button.more"), last=True)
    await driver.press(say("button.close"), last=True)
    await driver.reads(say("round.told_closed"))
