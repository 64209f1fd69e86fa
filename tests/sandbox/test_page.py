"""The sandbox in a browser: ask, wait, click, switch people, restart, end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from bot.rules.servers import LENGTH_RANGE
from bot.worker.weights.bundled import causal_file
from tests.sandbox.open_sandbox import GO_ON, ROOT, Sandbox, open_table, running_sandbox
from tests.support.browser import find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here"),
]
TEXT = "The fox opened the door near the harbour and"
LONGEST = str(LENGTH_RANGE[-1])


async def test_people_ask_click_take_turns_and_outlive_a_restart(sandbox: Sandbox) -> None:
    async with open_table(sandbox.url) as table:
        await table.reads("Welcome to the table")
        await table.run("continue", TEXT)
        await table.until_count(GO_ON, 3)
        await table.press(GO_ON)
        await table.until_count(GO_ON, 6)

        await table.become("Tomás")
        await table.press("Retry")
        await table.reads(re.compile("Only you can see this"))
        await table.press("Why this text?")
        await table.reads(re.compile("seed", re.IGNORECASE))

        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        await table.become("Yun")
        await table.press(GO_ON, last=True)
        await table.until_count(GO_ON, 9)
        assert "(edited)" in await table.words()
    assert "Traceback" not in sandbox.text


@pytest.mark.long
async def test_a_thread_is_a_place_to_write_in_and_outlives_a_restart(sandbox: Sandbox) -> None:
    async with open_table(sandbox.url) as table:
        await table.become("Tomás")
        await table.start_thread("The fox and the harbour")
        await table.run("continue", TEXT)
        await table.until_count(GO_ON, 3)
        sandbox.process.send_signal(signal.SIGUSR1)
        await sandbox.until("has been restarted")
        await table.press(GO_ON)
        await table.until_count(GO_ON, 6)
        await table.press("Write my own")
        await table.page.get_by_role("dialog").get_by_role("textbox").fill("Nobody was there.")
        await table.page.get_by_role("button", name="Submit").click()
        await table.reads("Nobody was there.")
        await table.back()
        assert await table.count(GO_ON) == 0
    assert "Traceback" not in sandbox.text


async def test_blanks_are_filled_a_mistake_is_told_to_one_alone_and_a_taken_port_to_the_host(
    sandbox: Sandbox, models: dict[str, str], tmp_path: Path
) -> None:
    async with open_table(sandbox.url) as table:
        await table.run("infill", "There is no gap in here.")
        await table.reads("Only you can see this")
        await table.become("Yun")
        assert "Only you can see this" not in await table.words()
        await table.run("infill", "The fox opened the ___ near the harbour.")
        await table.reads(re.compile("ways? to fill", re.IGNORECASE))
    await _second_at_the_port(sandbox, models, tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_it_ends_cleanly_and_leaves_nothing(sandbox: Sandbox, number: signal.Signals, code: int) -> None:
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


@pytest.mark.skipif(not causal_file(ROOT / "data").exists(), reason="the bundled model was not fetched (`make setup`)")
async def test_the_bundled_models_write_show_it_and_can_be_stopped(tmp_path: Path) -> None:
    async with running_sandbox({"INKLING_DATA": str(ROOT / "data")}, folder=tmp_path) as sandbox:
        async with open_table(sandbox.url) as table:
            await table.run("continue", "The lighthouse keeper had not spoken for a year.")
            await table.until_count("Cancel", 1)
            await table.until_count(GO_ON, 3)
            shown = await table.words()
            assert "The lighthouse keeper had not spoken for a year." in shown

            await table.run("continue", TEXT, length=LONGEST)  # so that it is not done before it is stopped
            await table.press("Cancel")
            await table.reads("Cancelled.")
            await table.until_count("Cancel", 0)
            assert await table.count(GO_ON) == 3
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
