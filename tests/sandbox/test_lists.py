"""Lists of choices in the page, as in Discord: of a command's options, and the menus of messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from discord import app_commands, ui
from discord.ext import commands
from playwright.async_api import expect

from tests.sandbox.open_sandbox import PageDriver, open_driver
from tests.sandbox.thread_helpers import open_page
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]
STORIES = {"The Lamp": "1", "The Letter": "2"}
THINGS = ("fox", "lamp", "sea")
MOODS = ("mixed", "steady", "wild")
IN_VIEW = """message => {
    const [view, box] = [document.getElementById("channel-timeline"), message].map((it) => it.getBoundingClientRect());
    return box.top >= view.top && box.bottom <= view.bottom;
}"""


@app_commands.command(description="Begin something")
@app_commands.choices(mood=[app_commands.Choice(name=mood.title(), value=mood) for mood in MOODS])
async def begin(
    interaction: discord.Interaction[Any], text: str, mood: str | None = None, story: str | None = None
) -> None:
    await interaction.response.send_message(f"{text} ({mood}, {story})")


@begin.autocomplete("story")
async def stories(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=name, value=number) for name, number in STORIES.items() if current in name]


class Menu(ui.Select[Any]):
    """A menu of several things, whose choice is told to the person alone."""

    def __init__(self, name: str, chosen: Sequence[str]) -> None:
        options = [
            discord.SelectOption(label=each, value=each, default=each in chosen) for each in ("fox", "lamp", "sea")
        ]
        super().__init__(custom_id=name, placeholder=name, min_values=0, max_values=3, options=options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"{self.custom_id}: {', '.join(sorted(self.values))}.", ephemeral=True)


class Menus(ui.LayoutView):
    """Menus by their names, each with what is chosen in it."""

    def __init__(self, **chosen: Sequence[str]) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.TextDisplay(" and ".join(chosen)))
        for name, values in chosen.items():
            self.add_item(ui.ActionRow(Menu(name, values)))


@asynccontextmanager
async def lists() -> AsyncIterator[tuple[PageDriver, discord.TextChannel]]:
    bot = commands.Bot("!", intents=discord.Intents.default())
    bot.tree.add_command(begin)
    async with open_page(bot) as (page, world), open_driver(page.url, height=640) as driver:
        channel = bot.get_channel(world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        yield driver, channel


@pytest.mark.long
async def test_lists_of_a_command_take_the_enter_while_they_are_open() -> None:
    async with lists() as (driver, _):
        keyboard = driver.page.keyboard
        story, mood = (driver.page.locator(f".command-option-input[data-option={name}]") for name in ("story", "mood"))
        offered = driver.page.locator("#command-suggestion-listbox .command-suggestion")

        async def add(option: str) -> None:
            await driver.page.locator(".command-ghost").click()
            await offered.filter(has_text=option).click()

        await driver.write("begin", "One")
        await add("story")
        await expect(offered).to_have_text(list(STORIES))  # before anything is typed
        await keyboard.type("Let", delay=2)
        await keyboard.press("Enter")  # before it is looked up
        await expect(story).to_have_value("The Letter")
        await expect(offered).to_have_count(0)
        await add("mood")
        await keyboard.press("ArrowDown")
        await keyboard.press("Enter")
        await expect(mood).to_have_value("Steady")
        await expect(offered).to_have_count(0)
        await keyboard.press("Enter")
        await driver.reads("One (steady, 2)")

        await driver.write("begin", "Two")
        await add("mood")
        await offered.filter(has_text="Wild").click()
        await keyboard.press("Enter")
        await driver.reads("Two (wild, None)")

        await driver.write("begin", "Three")
        await driver.page.get_by_role("button", name="Exit command mode").click()
        await expect(driver.page.locator("#channel-composer-input")).to_have_value("")
        await expect(driver.page.locator("#channel-composer-input")).to_be_focused()


@pytest.mark.long
async def test_lists_of_several_choices_count_when_they_are_closed_wherever_they_stand_by_then() -> None:
    async with lists() as (driver, channel):
        keyboard, option = driver.page.keyboard, driver.page.locator(".is-open [role=option]")
        message = await channel.send(view=Menus(first=(), second=("fox",)))
        for number in range(30):
            await channel.send(f"line {number}")
        await driver.reads("line 29")
        first, second = (driver.messages.get_by_role("combobox", name=name) for name in ("first", "second"))

        await driver.page.locator("#channel-timeline").hover()
        await driver.page.mouse.wheel(0, -600)
        await first.click()
        await keyboard.press("Enter")
        await keyboard.press("ArrowDown")
        await keyboard.press("ArrowDown")
        await keyboard.press("Enter")
        await keyboard.press("Escape")
        await driver.reads("first: fox, sea.")
        answer = driver.messages.locator("[data-message-id]").last
        await expect(answer).to_contain_text("first: fox, sea.")
        shown = await answer.element_handle()
        await driver.page.wait_for_function(IN_VIEW, arg=shown)  # though it is far below
        await second.click()
        await option.filter(has_text="lamp").click()
        await driver.page.locator(".channel-header").click()
        await driver.reads("second: fox, lamp.")
        await first.click()
        await option.filter(has_text="sea").click()
        await keyboard.press("Tab")
        await driver.reads("first: fox.")

        await message.edit(view=Menus(third=("lamp",), first=(), second=("sea",)))
        chips = driver.messages.locator(".select-value")
        await expect(chips).to_have_text(["lamp", "fox", "sea"])  # the second keeps what was chosen in it
        await expect(driver.messages.locator(".message-edited")).to_be_visible()
        await channel.send("Last.")
        last = await channel.send("Not quite.")
        await last.edit(content="Quite the last.")
        edited = await driver.messages.locator(".message-edited-compact").bounding_box()
        words = await driver.messages.get_by_text("Quite the last.").bounding_box()
        assert edited is not None
        assert words is not None
        assert edited["y"] >= words["y"] + words["height"]
        assert edited["x"] >= words["x"]
