"""The ways between channel and threads: in the page, by what a person does there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from bot.sandbox.channels import LONGEST_NAME, start_thread, visible_channels
from bot.sandbox.page import LivePage
from bot.sandbox.routes import Address
from bot.sandbox.world import CHANNEL
from tests.sandbox.open_sandbox import PageDriver, open_driver
from tests.sandbox.thread_helpers import open_thread_page, thread_bot
from tests.support.browser import find_browser

in_a_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]


@asynccontextmanager
async def at_the_table() -> AsyncIterator[tuple[PageDriver, LivePage]]:
    # No fixtures: SimCord wants its clock taken back in the context in which it was given.
    async with open_thread_page() as (page, _), open_driver(page.url) as driver:
        yield driver, page


class TestInABrowser:
    pytestmark = in_a_browser

    async def test_a_thread_that_the_bot_opens_appears_by_itself_and_all_of_it_works(self) -> None:
        async with at_the_table() as (driver, _):
            await expect(driver.channels).to_have_text([CHANNEL])
            await driver.run("nook", "The attic")
            await expect(driver.channels).to_have_text([CHANNEL, "The attic"])
            await expect(driver.channel("The attic")).to_have_accessible_name("The attic, something new")

            await driver.go("The attic")
            await driver.press("Knock")
            await driver.reads("Knocked in The attic")
            await driver.press("Write")
            await driver.page.get_by_role("dialog").get_by_role("textbox").fill("It was dusty.")
            await driver.page.get_by_role("button", name="Submit").click()
            await driver.reads("Maren wrote: It was dusty.")
            await driver.page.get_by_role("combobox", name="A lamp").click()
            await driver.page.get_by_role("option", name="Gas").click()
            await driver.reads("Lit by Gas")
            await driver.run("where", "Now")
            await driver.reads("Now: The attic")
            await driver.say("Good night, attic.")
            await driver.reads("Good night, attic.")

            await driver.back()
            await expect(driver.page.locator("#channel-name")).to_have_text(CHANNEL)
            assert "Good night" not in await driver.words()
            await expect(driver.channel("The attic")).to_have_accessible_name("The attic")

    async def test_threads_page_two_people_are_in_two_places_at_once(self) -> None:
        async with at_the_table() as (driver, page):
            await driver.run("nook", "The cellar")
            async with open_driver(page.url) as other:
                await other.become("Tomás")
                await other.go("The cellar")
                await expect(other.page.locator("#viewer-picker option:checked")).to_have_text("Tomás")
                await other.say("Is anybody down here?")
                await expect(driver.channel("The cellar")).to_have_accessible_name("The cellar, something new")
                await driver.say("Nobody but you.")
                await other.back()
                await other.reads("Nobody but you.")

    @pytest.mark.long
    async def test_threads_page_links_names_in_the_conversation(self) -> None:
        async with at_the_table() as (driver, _):
            await driver.run("nook", "The well")
            await driver.messages.get_by_text("#The well").click()
            await expect(driver.page.locator("#channel-name")).to_have_text("The well")

    @pytest.mark.long
    async def test_who_has_not_seen_yet_that_the_bot_was_restarted_is_answered(self) -> None:
        async with at_the_table() as (driver, page):
            await driver.page.route("**/api/state", lambda route: route.abort())
            await page.attach(thread_bot())
            await driver.page.set_viewport_size({"width": 1100, "height": 800})
            await driver.page.wait_for_function("() => window.simcordPreview.awaitingRevision !== null")
            await driver.run("where", "Already")  # while the page waits to see what came of its new size
            await driver.page.unroute("**/api/state")
            await driver.reads(f"Already: {CHANNEL}")

    @pytest.mark.long
    async def test_threads_page_keeps_a_draft_over_a_restart(self) -> None:
        async with at_the_table() as (driver, page):
            await driver.write("where", "Half")
            seen = await driver.page.evaluate("() => window.simcordPreview.publishedRevision")
            await page.attach(thread_bot())
            await driver.page.wait_for_function("seen => window.simcordPreview.publishedRevision > seen", arg=seen)
            await driver.page.keyboard.type(" done")
            await driver.page.keyboard.press("Enter")
            await driver.reads(f"Half done: {CHANNEL}")

    async def test_a_private_thread_is_seen_by_those_in_it(self) -> None:
        async with at_the_table() as (driver, _):
            await driver.become("Tomás")
            await driver.run("hide", "The safe")
            await expect(driver.channels).to_have_text([CHANNEL, "The safe"])
            await driver.become("Yun")
            await expect(driver.channels).to_have_text([CHANNEL])

    @pytest.mark.long
    async def test_who_is_in_a_thread_that_goes_away_is_back_in_the_channel(self) -> None:
        async with at_the_table() as (driver, _):
            await driver.run("nook", "The shed")
            await driver.go("The shed")
            await driver.press("Close the nook")
            await expect(driver.page.locator("#channel-name")).to_have_text(CHANNEL)
            await expect(driver.channels).to_have_text([CHANNEL])
            await driver.run("where", "Still")
            await driver.reads(f"Still: {CHANNEL}")

    @pytest.mark.long
    async def test_a_person_starts_a_thread_and_is_in_it(self) -> None:
        async with at_the_table() as (driver, _):
            await driver.become("Yun")
            await driver.start_thread("  The   loft ")
            await expect(driver.page.locator("#channel-name")).to_have_text("The loft")
            await expect(driver.page.locator("#viewer-picker option:checked")).to_have_text("Yun")
            await driver.reload()
            await expect(driver.page.locator("#channel-name")).to_have_text("The loft")
            await driver.start_thread("Beside it")  # beside, not beneath: a thread has no threads
            await expect(driver.channels).to_have_text([CHANNEL, "The loft", "Beside it"])

    async def test_threads_list_needs_the_secret(self) -> None:
        async with at_the_table() as (driver, page):
            answer = await driver.page.request.get(
                page.url.split("#")[0] + "api/channels", headers={"X-Simcord-Capability": "guess"}
            )
            assert answer.status == 401


async def test_archived_threads_come_last() -> None:
    async with open_thread_page() as (page, world):
        maren = world.people[0]
        first = await start_thread(page.env, maren, world.channel.id, "First")
        await start_thread(page.env, maren, first, "Second")
        page.env.backend.edit_channel(first, {}, thread_metadata={"archived": True})
        entries = visible_channels(page.env, maren)
        assert [(entry.name, entry.thread, entry.archived) for entry in entries] == [
            (CHANNEL, False, False),
            ("Second", True, False),
            ("First", True, True),
        ]


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1)])
async def test_a_thread_needs_a_name(name: str) -> None:
    async with open_thread_page() as (page, world):
        with pytest.raises(ValueError, match=f"1 to {LONGEST_NAME} characters"):
            await start_thread(page.env, world.people[1], world.channel.id, name)
        assert len(visible_channels(page.env, world.people[1])) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("s3-_cret", Address("s3-_cret")),
        ("s.12", Address("s", 12)),
        ("s.12.34", Address("s", 12, 34)),
        ("s..34", Address("s", None, 34)),
        ("s.x.²", Address("s")),
        ("s.1.2.3", Address("s", 1, 2)),
        ("", Address("")),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert Address.read(text) == address
