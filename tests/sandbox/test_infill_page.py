"""Filling blanks and twisting words in the sandbox's page, in a real browser: by what a writer does there."""

from __future__ import annotations

import re
import signal

import pytest

from bot.ui.locale import catalogue
from tests.sandbox.open_sandbox import Sandbox, open_table
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]
en = catalogue("en")
BLANKS = "The fox crossed the ___ near the harbour."
PASSAGE = "The fox crossed the bridge near the harbour and the rain began."


async def test_a_writer_moves_an_infill_and_others_go_further_after_a_restart(sandbox: Sandbox) -> None:
    like = en("button.like")
    async with open_table(sandbox.url) as table:
        await table.run("infill", BLANKS)
        await table.until_count(like, 3)
        assert "%" not in await table.words()
        await table.press(en("button.stranger"))
        await table.until_count(like, 6)
        await table.reads(re.compile(rf"· {en('wish.stranger', count=1)}$"))

        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        await table.become("Tomás")
        await table.press(en("button.stranger"), last=True)
        await table.until_count(like, 9)
        await table.reads(re.compile(rf"· {en('wish.stranger', count=2)}$"))
        await table.press(like)
        await table.until_count(like, 12)
    assert "Traceback" not in sandbox.text


async def test_a_writer_twists_a_passage(sandbox: Sandbox) -> None:
    async with open_table(sandbox.url) as table:
        await table.run("twist", PASSAGE)
        use = table.messages.get_by_role("button", name=en("button.use"))
        await use.wait_for()
        assert await use.is_disabled()
        await table.messages.get_by_role("combobox").first.click()
        option = table.page.locator("[role=option]:visible").first
        word = (await option.inner_text()).split("\n")[0].strip()
        await option.click()
        await table.messages.locator("strong", has_text=re.compile(f"^{word}$")).wait_for()

        await use.click()
        await table.reads(en("card.twisted.title", name="Maren"))
        await table.press(en("button.go"))
        await table.until_count(en("button.retry"), 1)
        assert word in await table.words()
    assert "Traceback" not in sandbox.text
