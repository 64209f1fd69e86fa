"""Filling blanks and twisting words in the sandbox's page, in a real browser: by what a writer does there."""

from __future__ import annotations

import re
import signal

import pytest

from bot.ui.locale import catalogue
from tests.sandbox.open_sandbox import Sandbox, open_driver
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]
en = catalogue("en")
BLANKS = "The fox crossed the ___ near the harbour."
PASSAGE = "The fox crossed the bridge near the harbour and the rain began."


@pytest.mark.long
async def test_a_writer_moves_an_infill_and_others_go_further_after_a_restart(sandbox: Sandbox) -> None:
    like = en("button.like")
    async with open_driver(sandbox.url) as driver:
        await driver.run("infill", BLANKS)
        await driver.until_count(like, 3)
        assert "%" not in await driver.words()
        await driver.press(en("button.stranger"))
        await driver.reads(re.compile(rf"· {en('wish.stranger', count=1)}$"))
        await driver.reads("2/2")
        await driver.until_count(like, 3)
        await driver.press("◀")
        await driver.reads("1/2")
        await driver.press("▶")
        await driver.reads("2/2")

        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        await driver.become("Tomás")
        await driver.press(en("button.stranger"), last=True)
        await driver.until_count(like, 6)
        await driver.reads(re.compile(rf"· {en('wish.stranger', count=2)}$"))
        await driver.press(like)
        await driver.until_count(like, 9)
    assert "Traceback" not in sandbox.text


async def test_a_writer_twists_a_passage(sandbox: Sandbox) -> None:
    async with open_driver(sandbox.url) as driver:
        await driver.run("twist", PASSAGE)
        use = driver.messages.get_by_role("button", name=en("button.use"))
        await use.wait_for()
        assert await use.is_disabled()
        await driver.messages.get_by_role("combobox").first.click()
        option = driver.page.locator("[role=option]:visible").first
        word = (await option.inner_text()).split("\n")[0].strip()
        await option.click()
        await driver.messages.locator("strong", has_text=re.compile(f"^{word}$")).wait_for()

        await use.click()
        await driver.reads(en("card.twisted.title", name="Maren"))
        await driver.press(en("button.go"))
        await driver.until_count(en("button.retry"), 1)
        assert word in await driver.words()
    assert "Traceback" not in sandbox.text
