"""The sandbox in a browser: ask, wait, click, switch people, restart, end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from bot.rules.servers import WORDS_RANGE
from bot.worker.weights.bundled import causal_file
from tests.sandbox.open_sandbox import GO_ON, ROOT, Sandbox, open_driver, running_sandbox
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]
TEXT = "The fox opened the door near the harbour and"
LONGEST = str(WORDS_RANGE[-1])


async def test_page_people_ask_click_take_turns_and_outlive_a_restart(sandbox: Sandbox) -> None:
    async with open_driver(sandbox.url) as driver:
        await driver.reads("Welcome to the table")
        await driver.reads("Hello, I am Inkling")
        await driver.reads(re.compile("What writes here"))
        await driver.press("Settings")
        await driver.reads("Inkling in The Lantern Room")
        await driver.run("continue", TEXT)
        await driver.until_count(GO_ON, 3)
        await driver.press(GO_ON)
        await driver.until_count(GO_ON, 6)

        await driver.become("Tomás")
        await driver.press("Retry")
        await driver.reads(re.compile("Only the person who asked can press"))
        await driver.press("Why this text?")
        await driver.reads(re.compile("runs on this bot’s own machine"))
        await driver.press("Details")
        await driver.reads(re.compile("seed", re.IGNORECASE))

        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        await driver.become("Yun")
        await driver.press(GO_ON, last=True)
        await driver.until_count(GO_ON, 9)
        assert "(edited)" in await driver.words()
    assert "Traceback" not in sandbox.text


@pytest.mark.long
async def test_a_thread_is_a_place_to_write_in_and_outlives_a_restart(sandbox: Sandbox) -> None:
    async with open_driver(sandbox.url) as driver:
        await driver.become("Tomás")
        await driver.start_thread("The fox and the harbour")
        await driver.run("continue", TEXT)
        await driver.until_count(GO_ON, 3)
        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        await driver.press(GO_ON)
        await driver.until_count(GO_ON, 6)
        await driver.press("Write my own")
        await driver.page.get_by_role("dialog").get_by_role("textbox").fill("Nobody was there.")
        await driver.page.get_by_role("button", name="Submit").click()
        await driver.reads("Nobody was there.")
        await driver.back()
        assert await driver.count(GO_ON) == 0
    assert "Traceback" not in sandbox.text


@pytest.mark.long
async def test_blanks_are_filled_a_mistake_is_told_to_one_alone_and_a_taken_port_to_the_host(
    sandbox: Sandbox, models: dict[str, str], tmp_path: Path
) -> None:
    async with open_driver(sandbox.url) as driver:
        await driver.run("infill", "There is no gap in here.")
        await driver.reads("Only you can see this")
        await driver.become("Yun")
        assert "Only you can see this" not in await driver.words()
        await driver.say("The fox opened the ___ near the harbour.")
        await driver.use_menu("The fox opened", "Fill the blanks")
        await driver.reads(re.compile("ways? to fill", re.IGNORECASE))
    await _second_at_the_port(sandbox, models, tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_sandbox_ends_cleanly_and_leaves_nothing(sandbox: Sandbox, number: signal.Signals, code: int) -> None:
    folder = sandbox.folder
    assert (folder / "inkling.db").exists()
    children = _children(sandbox.process.pid)
    assert children, "the models live in a child"
    assert await sandbox.stop(number) == code
    assert not folder.exists()
    assert not [pid for pid in children if _alive(pid)]
    assert "Traceback" not in sandbox.text


async def _second_at_the_port(sandbox: Sandbox, models: dict[str, str], tmp_path: Path) -> None:
    """Another sandbox on the same port is refused in one readable line."""
    port = sandbox.url.split(":")[2].split("/")[0]
    with pytest.raises(AssertionError, match=f"inkling: The page cannot be served on port {port}"):
        async with running_sandbox(
            {**models, "INKLING_DATA": str(tmp_path / "data2")}, "--port", port, folder=tmp_path
        ):
            pass


@pytest.mark.long
@pytest.mark.skipif(not causal_file(ROOT / "data").exists(), reason="the bundled model was not fetched (`make setup`)")
async def test_page_shows_bundled_models_writing_and_stops_them(tmp_path: Path) -> None:
    async with running_sandbox({"INKLING_DATA": str(ROOT / "data")}, folder=tmp_path) as sandbox:
        async with open_driver(sandbox.url) as driver:
            await driver.run("continue", "The lighthouse keeper had not spoken for a year.")
            await driver.until_count("Cancel", 1)
            await driver.until_count(GO_ON, 3)
            shown = await driver.words()
            assert "The lighthouse keeper had not spoken for a year." in shown

            await driver.run("continue", TEXT, length=LONGEST)  # so that it is not done before it is stopped
            await driver.press("Cancel")
            await driver.reads("Cancelled.")
            await driver.until_count("Cancel", 0)
            assert await driver.count(GO_ON) == 3
        assert await sandbox.stop() == 130


def _children(pid: int) -> list[int]:
    """Return the processes that `pid` started (Linux and macOS)."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    return [int(child) for child in found.split()]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
