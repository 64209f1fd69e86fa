"""The sandbox as a person has it: the program in a process of its own, and its page in a real browser."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright, expect

from tests.support.browser import shared_browser
from tests.support.patience import PATIENCE_S, until
from tests.support.programs import bare_environment

ROOT = Path(__file__).parents[2]
GO_ON = "Go on from here"
expect.set_options(timeout=PATIENCE_S * 1000)
SETTLED = re.compile("Viewer switched|Preview ready|Viewport updated")


@dataclass(slots=True)
class Sandbox:
    """A running sandbox: its process, what it printed, and the page's address."""

    process: Process
    output: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def text(self) -> str:
        return "".join(self.output)

    @property
    def folder(self) -> Path:
        """The folder that this start says it uses."""
        found = re.search(r"in (/\S+), and forgets", self.text)
        assert found is not None, self.text
        return Path(found.group(1))

    async def until(self, pattern: str) -> re.Match[str]:
        """Wait until it has printed something, and return the match."""

        def printed() -> re.Match[str] | None:
            found = re.search(pattern, self.text)
            assert found or self.process.returncode is None, self.text
            return found

        found = await until(printed)
        assert found is not None, "until it is there"
        return found

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code; what does not end by it is killed."""
        self.process.send_signal(number)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
        return await self.process.wait()

    async def listen(self) -> None:
        """Collect the output until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.output.append(line.decode(errors="replace"))


@asynccontextmanager
async def running_sandbox(settings: Mapping[str, str], *arguments: str, folder: Path) -> AsyncIterator[Sandbox]:
    """Run `python -m bot run` without a token in `folder`; in the end nothing of it is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        *arguments,
        cwd=folder,
        env=bare_environment() | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    sandbox = Sandbox(process)
    listening = asyncio.create_task(sandbox.listen())
    try:
        sandbox.url = (await sandbox.until(r"http://127\.0\.0\.1:\d+/#\S+")).group(0)
        await sandbox.until("quit or Ctrl-C")
        yield sandbox
    except BaseException as error:
        error.add_note(f"What the sandbox printed:\n{sandbox.text}")
        raise
    finally:
        if process.returncode is None:
            await sandbox.stop(signal.SIGTERM)
        await listening


class PageDriver:
    """The page, by what a person does in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages = page.locator("#channel-message-list")
        self.channels = page.locator("#channel-list .channel-name")

    async def run(self, command: str, text: str, **more: str) -> None:
        """Write a command, and send it."""
        await self.write(command, text, **more)
        await self.page.keyboard.press("Enter")

    async def pick(self, command: str) -> None:
        """Pick a command in the picker."""
        await self.page.locator("#channel-composer-input").click()
        await self.page.keyboard.type(f"/{command}", delay=20)
        await self.page.get_by_text(f"/{command}", exact=True).first.wait_for()
        await self.page.keyboard.press("Enter")
        await self.page.locator(".command-chip").wait_for()

    async def write(self, command: str, text: str, **more: str) -> None:
        """Pick a command in the picker, and fill in its first option and those named."""
        await self.pick(command)
        field = self.page.locator(".command-option-input")
        if not await field.count():  # nothing is required, so that the options are offered
            await self.page.locator("#command-suggestion-listbox .command-suggestion").first.wait_for()
            await self.page.keyboard.press("Enter")
        await field.first.wait_for()
        await self.page.keyboard.type(text, delay=2)
        for name, value in more.items():
            await self.page.locator(".command-ghost").click()
            await self.page.locator("#command-suggestion-listbox .command-suggestion", has_text=name).click()
            await self.page.locator(f".command-option-input[data-option={name}]").fill(value)

    async def use(self, command: str) -> None:
        """Pick a command in the picker and send it without options."""
        await self.pick(command)
        await self.page.get_by_role("button", name=re.compile("^Send")).click()

    async def say(self, text: str) -> None:
        """Write a message."""
        await self.page.locator("#channel-composer-input").fill(text)
        await self.page.keyboard.press("Enter")
        await self.reads(text)

    def channel(self, name: str) -> Locator:
        """Return the line of a channel or thread in the list."""
        return self.page.locator("#channel-list a").filter(has_text=name)

    async def go(self, name: str) -> None:
        """Go to a channel or thread of the list."""
        await self.channel(name).click()
        await self.arrived(name)

    async def back(self) -> None:
        """Go from a thread to its channel."""
        way = self.page.locator("#channel-back")
        name = await way.inner_text()
        await way.click()
        await self.arrived(name)

    async def start_thread(self, name: str) -> None:
        """Start a thread, by which one is in it."""
        await self.page.get_by_label("Name of a new thread").fill(name)
        await self.page.keyboard.press("Enter")
        await self.arrived(" ".join(name.split()))

    async def reload(self) -> None:
        """Load the page again."""
        await self.page.reload()
        await self.page.locator("#channel-composer-input").wait_for()

    async def arrived(self, name: str) -> None:
        """Wait until the page shows the channel or thread `name`, and can be used."""
        await expect(self.page.locator("#channel-name")).to_have_text(name, timeout=PATIENCE_S * 1000)
        await expect(self.page.locator("#action-status")).to_have_text(SETTLED, timeout=PATIENCE_S * 1000)

    def _buttons(self, name: str) -> Locator:
        """The buttons of that whole name, an emoji before it or not."""
        return self.messages.get_by_role("button", name=re.compile(rf"(^|\s){re.escape(name)}$"))

    async def press(self, name: str, *, last: bool = False) -> None:
        """Press a button of the conversation."""
        buttons = self._buttons(name)
        await (buttons.last if last else buttons.first).click()

    async def use_menu(self, text: str, entry: str) -> None:
        """Right-click the message that reads `text`, and pick an entry of its menu."""
        await self.messages.get_by_text(text).first.click(button="right")
        await self.page.get_by_role("menuitem", name=entry, exact=True).click()

    async def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait until the conversation reads `text` somewhere."""
        await self.messages.get_by_text(text).first.wait_for()

    async def count(self, name: str) -> int:
        """Return how many buttons of that name there are."""
        return await self._buttons(name).count()

    async def until_count(self, name: str, number: int) -> None:
        """Wait until there are `number` buttons of that name."""
        buttons = self._buttons(name)
        await expect(buttons).to_have_count(number, timeout=PATIENCE_S * 1000)

    async def become(self, person: str) -> None:
        """Act as somebody else."""
        await self.page.locator("#viewer-picker").select_option(label=person)
        status = self.page.locator("#action-status")
        await expect(status).to_have_text(SETTLED, timeout=PATIENCE_S * 1000)

    async def words(self) -> str:
        """Return all that the conversation says."""
        return await self.messages.inner_text()


@asynccontextmanager
async def open_driver(url: str, *, width: int = 1180, height: int = 860) -> AsyncIterator[PageDriver]:
    """Open the page in a headless browser, as somebody who has been nowhere yet, and wait until it can be used."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(shared_browser(), timeout=PATIENCE_S * 1000)
        try:
            page = await browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1)
            page.set_default_timeout(PATIENCE_S * 1000)
            await page.goto(url)
            await page.locator("#channel-composer-input").wait_for()
            yield PageDriver(page)
        finally:
            await browser.close()  # what this connection opened; the browser itself stays
