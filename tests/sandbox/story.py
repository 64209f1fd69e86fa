"""A story in the sandbox's page, by what people do there: begin it, write, open a round, vote, close it."""

from __future__ import annotations

from bot.ui.locale import Catalogue
from tests.sandbox.open_sandbox import Table


async def begin(table: Table, say: Catalogue, title: str, premise: str) -> None:
    """Begin a story and go to its thread."""
    await table.use(f"{say('command.story.name')} {say('command.story.new.name')}")
    form = table.page.get_by_role("dialog")
    boxes = form.get_by_role("textbox")
    await boxes.nth(0).fill(title)
    await boxes.nth(1).fill(premise)
    await table.page.get_by_role("button", name="Submit").click()
    await table.channel(title).wait_for()
    await table.go(title)
    await table.reads(title)


async def write_on(table: Table, say: Catalogue, text: str) -> None:
    """Add a passage by the story card's button."""
    await table.press(say("button.sadd"))
    await table.page.get_by_role("dialog").get_by_role("textbox").fill(text)
    await table.page.get_by_role("button", name="Submit").click()
    await table.reads(text)


async def vote(table: Table, hint: str, *options: str) -> None:
    """Choose in the menu of the newest ballot that has this hint."""
    await table.messages.get_by_role("combobox", name=hint).last.click()
    for option in options:
        await table.page.get_by_role("option", name=option).first.click()
    await table.page.keyboard.press("Escape")


async def open_round(table: Table, say: Catalogue) -> None:
    """Let the models write for a round, and wait for its ballot."""
    await table.use(say("command.continue.name"))
    await table.messages.get_by_role("combobox", name=say("round.star")).last.wait_for()


async def write_own(table: Table, say: Catalogue, text: str) -> None:
    """Put one's own text among the candidates of the newest round."""
    await table.press(say("button.own"), last=True)
    await table.page.get_by_role("dialog").get_by_role("textbox").fill(text)
    await table.page.get_by_role("button", name="Submit").click()
    await table.reads(text)


async def close_round(table: Table, say: Catalogue) -> None:
    """Close the newest round early, as its host."""
    await table.press(say("button.more"), last=True)
    await table.press(say("button.close"), last=True)
    await table.reads(say("round.told_closed"))
