"""A story in the sandbox's page, in a real browser: three people write, vote and see who wrote what."""

from __future__ import annotations

import signal

import pytest
from playwright.async_api import expect

from bot.ui.locale import catalogue
from tests.sandbox import story
from tests.sandbox.open_sandbox import Sandbox, open_driver
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]
en = catalogue("en")
OWN = "A girl found a lantern under the hill."


async def test_people_write_a_story_vote_and_outlive_a_restart(sandbox: Sandbox) -> None:
    async with open_driver(sandbox.url) as driver:
        await story.begin(driver, en, "The Lamp", "A keeper who keeps silent.")
        await story.write_on(driver, en, "The keeper opened the door before the storm.")
        await story.open_round(driver, en)
        assert await driver.count(en("button.go")) == 0, "a round is no card of suggestions"

        await driver.become("Tomás")
        await story.write_own(driver, en, OWN)
        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        for person in ("Yun", "Maren"):
            await driver.become(person)
            await story.vote(driver, en("round.star"), OWN)
            await driver.reads(en("round.your_ballot"))
        await story.close_round(driver, en)
        await driver.reads(OWN)
        await expect(driver.messages).to_contain_text("Tomás")  # the result says who wrote what, a little later
    assert "Traceback" not in sandbox.text
