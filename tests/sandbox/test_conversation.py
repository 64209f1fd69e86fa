"""The conversation in the page: it stays at its end, its messages have menus, and the rest is out of the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands
from playwright.async_api import Route, expect

from bot.sandbox.page import LivePage
from bot.sandbox.routes import CHANGED, PageRoutes
from tests.sandbox.open_sandbox import PageDriver, open_driver
from tests.sandbox.thread_helpers import Form, open_page
from tests.support.browser import find_browser

TIMELINE = "document.getElementById('channel-timeline')"
PLACE = f"() => {TIMELINE}.scrollTop"
AT_END = f"() => {TIMELINE}.scrollHeight - {TIMELINE}.scrollTop - {TIMELINE}.clientHeight < 2"
PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const how = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", how));
}"""
WELCOME = "Welcome to the table"
Test = Callable[[], Coroutine[Any, Any, None]]


def needs_browser(test: Test) -> Test:
    skip = pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here")
    marked: Test = pytest.mark.slow(skip(test))
    return marked


@app_commands.context_menu(name="Count the words")
async def count_words(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    await interaction.response.send_message(f"{interaction.user.display_name} counted {len(message.content.split())}")


@app_commands.context_menu(name="Write about it")
async def write_about(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    await interaction.response.send_modal(Form())


@app_commands.command(description="Answer with many lines")
async def recite(interaction: discord.Interaction[Any], lines: int) -> None:
    await interaction.response.send_message("\n".join(f"line {number}" for number in range(1, lines + 1)))


@app_commands.command(description="Say something again")
async def echoing(interaction: discord.Interaction[Any], mood: str | None = None, text: str | None = None) -> None:
    await interaction.response.send_message(f"{interaction.user.display_name} said {text} ({mood})")


@asynccontextmanager
async def conversation(height: int = 500) -> AsyncIterator[tuple[PageDriver, LivePage, discord.TextChannel]]:
    bot = commands.Bot("!", intents=discord.Intents.default())
    bot.tree.add_command(recite)
    bot.tree.add_command(echoing)
    for menu in (count_words, write_about):
        bot.tree.add_command(menu)
    async with open_page(bot) as (page, world), open_driver(page.url, height=height) as driver:
        channel = bot.get_channel(world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        await driver.reads(WELCOME)
        yield driver, page, channel


@needs_browser
async def test_it_stays_at_its_end_as_it_grows_unless_one_has_scrolled_up() -> None:
    async with conversation() as (driver, _, channel):
        await driver.run("recite", "30")
        await driver.reads("line 30")
        await driver.page.wait_for_function(AT_END)
        message = await channel.send("It grows.")
        for lines in (20, 40):
            await message.edit(content="\n".join(f"verse {number}" for number in range(1, lines + 1)))
            await driver.reads(f"verse {lines}")
            await driver.page.wait_for_function(AT_END)

        await scroll_up(driver)
        place = await driver.page.evaluate(PLACE)
        await channel.send("Somebody else's news.")
        await driver.page.locator("#new-messages").wait_for()
        assert await driver.page.evaluate(PLACE) == place
        await driver.say("My own line.")
        await driver.page.wait_for_function(AT_END)

        await scroll_up(driver)
        await driver.page.mouse.wheel(0, 6000)
        await driver.page.wait_for_function(AT_END)
        await channel.send("\n".join(f"strophe {number}" for number in range(1, 40)))
        await driver.reads("strophe 39")
        await driver.page.wait_for_function(AT_END)


@needs_browser
async def test_what_is_typed_or_pasted_behind_a_command_is_its_text() -> None:
    async with conversation() as (driver, _, _channel):
        keyboard = driver.page.keyboard
        await driver.pick("echoing")
        await keyboard.type("The lamp went out.", delay=5)
        await keyboard.press("Enter")
        await driver.reads("Maren said The lamp went out. (None)")

        await driver.pick("echoing")
        await driver.page.evaluate(PASTE, "Nobody came.")
        await keyboard.press("Enter")
        await driver.reads("Maren said Nobody came. (None)")


async def scroll_up(driver: PageDriver) -> None:
    await driver.page.locator("#channel-timeline").hover()
    await driver.page.mouse.wheel(0, -600)
    await driver.page.wait_for_function(f"() => !({AT_END})()")


@needs_browser
async def test_a_message_has_the_menu_that_discord_gives_it_by_the_mouse_and_by_keys() -> None:
    async with conversation() as (driver, _, _):
        await driver.become("Yun")
        await driver.use_menu(WELCOME, "Count the words")
        await driver.reads("Yun counted 17")
        await driver.use_menu(WELCOME, "Write about it")
        await driver.page.get_by_role("dialog").get_by_role("textbox").fill("A table.")
        await driver.page.get_by_role("button", name="Submit").click()
        await driver.reads("Yun wrote: A table.")

        await driver.become("Maren")
        keyboard, menu = driver.page.keyboard, driver.page.get_by_role("menu", name="Apps")
        button = driver.page.get_by_role("button", name="Apps").first
        await button.focus()
        await keyboard.press("Enter")
        await menu.wait_for()
        await keyboard.press("Escape")
        await expect(menu).to_be_hidden()
        await expect(button).to_be_focused()
        await keyboard.press("Enter")
        await expect(driver.page.get_by_role("menuitem", name="Count the words")).to_be_focused()
        for key in ("ArrowDown", "ArrowDown", "Enter"):  # round, to the first
            await keyboard.press(key)
        await driver.reads("Maren counted 17")
        await expect(menu).to_be_hidden()


@needs_browser
async def test_page_does_not_stand_still_when_a_request_is_never_answered() -> None:
    async with conversation() as (driver, _, channel):
        held = {"api/state": asyncio.Event(), "api/channels": asyncio.Event()}

        async def hold_the_first(route: Route) -> None:
            event = held[route.request.url.split("/", 3)[3]]
            if event.is_set():
                await route.continue_()
            event.set()

        await driver.page.clock.install()
        await driver.page.route("**/api/*", hold_the_first)
        for event in held.values():
            await event.wait()
        await channel.send("Is anybody there?")
        await channel.create_thread(name="The attic", type=discord.ChannelType.public_thread)
        await driver.page.clock.fast_forward(60_000)
        await driver.reads("Is anybody there?")
        await driver.channel("The attic").wait_for()


@pytest.mark.long
@needs_browser
async def test_an_entry_picked_at_a_bad_moment_is_made_afterwards_or_comes_to_nothing() -> None:
    async with conversation() as (driver, page, channel):
        message = await channel.send("Soon gone.")
        await driver.messages.get_by_text("Soon gone.").click(button="right")
        await driver.page.route("**/api/state", lambda route: route.abort())
        await message.delete()
        await driver.page.get_by_role("menuitem", name="Count the words").click()
        await driver.page.wait_for_function("() => window.simcordPreview.lastAction?.rejected")
        await driver.page.unroute("**/api/state")

        async with page._turn:
            await driver.page.locator("#channel-composer-input").fill("Hello.")
            await driver.page.keyboard.press("Enter")
            await driver.page.wait_for_function("() => window.simcordPreview.pendingAction?.kind === 'send_message'")
            await driver.use_menu(WELCOME, "Count the words")
        await driver.reads("Maren counted 17")


@needs_browser
async def test_the_toolbar_bears_the_name_has_one_menu_for_developers_and_tells_of_the_end() -> None:
    async with conversation() as (driver, _, _):
        toolbar = driver.page.locator("#toolbar")
        tools, menu = toolbar.get_by_role("button", name="Inspector"), toolbar.locator(".session-menu summary")
        for width in (1180, 390):
            await driver.page.set_viewport_size({"width": width, "height": 700})
            assert "SimCord" not in await driver.page.locator("body").inner_text()
            await expect(toolbar.locator(".preview-brand")).to_contain_text("Inkling")
            for hidden in (tools, driver.page.locator("#message-picker")):
                await expect(hidden).to_be_hidden()
            await menu.click()
            await tools.click()
            await expect(driver.page.locator("#inspector-panel")).to_be_visible()
            await expect(tools).to_be_hidden()
            await driver.page.get_by_role("button", name="Close inspector").click()
            box = await toolbar.bounding_box()
            assert box is not None
            assert (box["width"], box["height"]) <= (width, 60)
        await menu.click()
        await driver.page.get_by_role("button", name="End the sandbox").click()
        await expect(driver.page.get_by_role("alert").filter(has_text="The sandbox has ended")).to_be_visible()


@pytest.mark.parametrize(("path", "text"), [(path, text) for path, texts in CHANGED.items() for text in texts])
def test_what_is_changed_in_simcords_files_is_there(path: str, text: str) -> None:
    file = resources.files("simcord.preview").joinpath("static", PageRoutes._STATIC_FILES[path])
    assert file.read_text(encoding="utf-8").count(text) == 1
