"""Presses of the page's buttons, and of Enter, at bad moments: each counts, once, as the person's who pressed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from discord import ui
from discord.ext import commands
from playwright.async_api import Locator, expect

from bot.sandbox.page import LivePage
from tests.sandbox.open_sandbox import SETTLED, PageDriver, open_driver
from tests.sandbox.thread_helpers import open_page
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]

QUIET_S = 0.5
"""Longer than the page needs to make a press that it kept."""
UNDER_WAY = "page => page.pendingAction?.kind === 'click'"
BEHIND = "page => !page.pendingAction && page.awaitingRevision > page.publishedRevision"
IDLE = "page => !page.pendingAction && !(page.awaitingRevision > page.publishedRevision)"


class Bell(ui.Button["Bells"]):
    """A button whose press is answered by its name."""

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"{self.label} by {interaction.user.display_name}.")


class Bells(ui.LayoutView):
    """Lines of text, and a row of bells beneath."""

    def __init__(self, *lines: str, bells: tuple[str, ...], mute: tuple[str, ...] = ()) -> None:
        super().__init__(timeout=None)
        for line in lines:
            self.add_item(ui.TextDisplay(line))
        row: ui.ActionRow[Bells] = ui.ActionRow()
        for name in bells:
            row.add_item(Bell(label=name, custom_id=f"bell:{name}", disabled=name in mute))
        self.add_item(row)


@dataclass(frozen=True, slots=True)
class Ringing:
    """The page, with a message of bells in it."""

    driver: PageDriver
    page: LivePage
    message: discord.Message

    def bell(self, name: str) -> Locator:
        return self.driver.messages.get_by_role("button", name=name, exact=True)

    async def click(self, name: str) -> None:
        """Press a button by the mouse, whether or not the page admits it."""
        box = await self.bell(name).bounding_box()
        assert box is not None
        await self.driver.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    async def until(self, condition: str) -> None:
        await self.driver.page.wait_for_function(f"() => ({condition})(window.simcordPreview)")

    @asynccontextmanager
    async def unseen(self) -> AsyncIterator[None]:
        """Let the page not see meanwhile what changes."""
        await self.driver.page.route("**/api/state", lambda route: route.abort())
        await self.until("page => page.transport.state === 'error'")
        yield
        await self.driver.page.unroute("**/api/state")

    async def answers(self) -> list[str]:
        """Return what was answered, when nothing more comes."""
        await self.until(IDLE)
        await asyncio.sleep(QUIET_S)
        await self.until(IDLE)
        return re.findall(r"\w+ by \w+", await self.driver.words())


@asynccontextmanager
async def ringing() -> AsyncIterator[Ringing]:
    # No fixture: SimCord wants its clock taken back in the context in which it was given.
    bot = commands.Bot("!", intents=discord.Intents.default())
    async with open_page(bot) as (page, world), open_driver(page.url) as driver:
        channel = bot.get_channel(world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        await driver.page.evaluate("() => { performance.now = () => 0; }")  # no press is kept for too long by itself
        message = await channel.send(view=Bells("Two bells.", bells=("Ring", "Knock")))
        await driver.reads("Two bells.")
        await expect(driver.page.locator("#action-status")).to_have_text("Viewport updated")
        yield Ringing(driver, page, message)


async def test_presses_while_another_is_under_way_are_made_afterwards_and_once() -> None:
    async with ringing() as it:
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            for name in ("Knock", "Knock", "Ring"):
                await it.click(name)
        await it.driver.reads("Knock by Maren.")
        assert await it.answers() == ["Ring by Maren", "Knock by Maren"]


@pytest.mark.long
async def test_a_key_pressed_while_another_press_is_under_way_counts() -> None:
    async with ringing() as it:
        await it.bell("Ring").press("Enter")
        assert await it.answers() == ["Ring by Maren"]
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            await it.bell("Knock").press("Enter")
        await it.driver.reads("Knock by Maren.")


@pytest.mark.long
async def test_press_before_the_page_is_up_to_date_is_made_then() -> None:
    async with ringing() as it:
        async with it.unseen():
            await it.click("Ring")
            await it.until(BEHIND)
            await it.click("Knock")
        await it.driver.reads("Knock by Maren.")
        assert await it.answers() == ["Ring by Maren", "Knock by Maren"]


@pytest.mark.parametrize("by", ["mouse", "space bar"])
async def test_a_button_drawn_anew_while_it_is_held_down_is_pressed_once(by: str) -> None:
    async with ringing() as it:
        keyboard, mouse = it.driver.page.keyboard, it.driver.page.mouse
        drawn = await it.bell("Ring").element_handle()
        await it.bell("Ring").focus()
        await it.bell("Ring").hover()
        await (mouse.down() if by == "mouse" else keyboard.down(" "))
        await it.message.edit(view=Bells("2 bells.", bells=("Ring", "Knock")))
        await it.driver.page.wait_for_function("button => !button.isConnected", arg=drawn)
        await it.until("() => document.activeElement.innerText === 'Ring'")
        await (mouse.up() if by == "mouse" else keyboard.up(" "))
        await it.driver.reads("Ring by Maren.")
        await it.bell("Knock").click()
        await it.driver.reads("Knock by Maren.")
        assert await it.answers() == ["Ring by Maren", "Knock by Maren"]


@pytest.mark.long
async def test_press_is_of_the_button_seen_wherever_that_is_by_then() -> None:
    async with ringing() as it:
        async with it.unseen():
            await it.message.edit(view=Bells("Two bells,", "both new.", bells=("Knock", "Call", "Ring")))
            await it.click("Ring")
            await it.until(BEHIND)
        await it.driver.reads("both new.")
        assert await it.answers() == ["Ring by Maren"]


@pytest.mark.long
async def test_press_of_a_button_that_is_gone_does_nothing() -> None:
    async with ringing() as it:
        async with it.unseen():
            await it.message.edit(view=Bells("One bell.", bells=("Knock",)))
            await it.click("Ring")
            await it.until("page => page.lastAction?.rejected")
        await it.driver.reads("One bell.")
        await it.bell("Knock").click()
        await it.driver.reads("Knock by Maren.")
        assert await it.answers() == ["Knock by Maren"]


@pytest.mark.long
@pytest.mark.parametrize(("bells", "mute"), [(("Ring",), ()), (("Ring", "Knock"), ("Knock",))])
async def test_press_that_waits_is_forgotten_when_its_button_goes(
    bells: tuple[str, ...], mute: tuple[str, ...]
) -> None:
    async with ringing() as it:
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            await it.click("Knock")
            await it.message.edit(view=Bells("One bell.", bells=bells, mute=mute))
            await it.driver.reads("One bell.")
        assert await it.answers() == ["Ring by Maren"]


@pytest.mark.long
async def test_press_that_waits_for_too_long_is_forgotten() -> None:
    async with ringing() as it:
        await it.driver.page.clock.install()
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            await it.click("Knock")
            await it.driver.page.clock.fast_forward(60_000)
        assert await it.answers() == ["Ring by Maren"]


@pytest.mark.long
async def test_a_kept_press_is_forgotten_when_somebody_else_is_at_the_page() -> None:
    async with ringing() as it:
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            await it.driver.page.locator("#viewer-picker").select_option(label="Tomás")
            await it.click("Knock")
        await expect(it.driver.page.locator("#action-status")).to_have_text(SETTLED)
        assert await it.answers() == ["Ring by Maren"]
        await it.bell("Knock").click()
        await it.driver.reads("Knock by Tomás.")


async def test_enter_pressed_while_a_press_is_under_way_sends_afterwards_and_once() -> None:
    async with ringing() as it:
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            await it.driver.page.locator("#channel-composer-input").fill("Who is there?")
            for _ in range(2):
                await it.driver.page.keyboard.press("Enter")
        await it.driver.reads("Who is there?")
        assert await it.answers() == ["Ring by Maren"]
        assert (await it.driver.words()).count("Who is there?") == 1


@pytest.mark.long
@pytest.mark.parametrize("change", ["the words", "the person"])
async def test_press_of_enter_is_forgotten_when_something_else_would_be_sent(change: str) -> None:
    async with ringing() as it:
        composer = it.driver.page.locator("#channel-composer-input")
        async with it.page._turn:
            await it.click("Ring")
            await it.until(UNDER_WAY)
            await composer.fill("Who is there?")
            await composer.press("Enter")
            if change == "the words":
                await composer.fill("Who is there? Never mind")
            else:
                await it.driver.page.locator("#viewer-picker").select_option(label="Tomás")
        assert await it.answers() == ["Ring by Maren"]
        assert "Who is there?" not in await it.driver.words()


async def test_press_that_the_bot_is_too_slow_for_does_not_spoil_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    morning = asyncio.Event()

    class Sleeper(ui.Button[ui.View]):
        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer()
            await morning.wait()

    async with ringing() as it:
        await it.message.channel.send(view=ui.View(timeout=None).add_item(Sleeper(label="Sleep")))
        with monkeypatch.context() as impatient:
            impatient.setattr(it.page.env, "settle_timeout", 0.2)
            await it.bell("Sleep").click()
            await it.until("page => page.lastAction?.settlement === 'timeout'")
        morning.set()
        await it.bell("Knock").click()
        await it.driver.reads("Knock by Maren.")


async def test_press_changes_what_everybody_sees() -> None:
    async with ringing() as it, open_driver(it.page.url) as other:
        await other.reads("Two bells.")
        await it.bell("Ring").click()
        await other.reads("Ring by Maren.")
