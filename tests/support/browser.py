"""The browser that is installed here, started once for all the tests of a process."""

from __future__ import annotations

import atexit
import re
import shutil
import subprocess
import tempfile
from functools import cache

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ARGUMENTS = (
    "--headless",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--force-color-profile=srgb",
    "--password-store=basic",
    "--use-mock-keychain",
)
"""A quiet browser without a window. Pages that are not in front run as fast as those that are."""
ADDRESS = re.compile(r"DevTools listening on (ws://\S+)")


def find_browser() -> str | None:
    """Return the Chromium (or Chrome) that is installed here."""
    return next((path for name in BROWSERS if (path := shutil.which(name)) is not None), None)


@cache
def shared_browser() -> str:
    """Start the browser, unless it runs, and return the address that controls it. It ends with this process.

    Whoever connects gets contexts of their own: no page sees what another kept.
    """
    path = find_browser()
    assert path is not None, "ask find_browser first"
    profile = tempfile.mkdtemp(prefix="inkling-browser-")
    browser = subprocess.Popen(
        [path, *ARGUMENTS, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
    )

    def end() -> None:
        browser.terminate()
        browser.communicate()
        shutil.rmtree(profile, ignore_errors=True)

    atexit.register(end)
    assert browser.stderr is not None
    said: list[str] = []
    for line in browser.stderr:
        said.append(line)
        if found := ADDRESS.search(line):
            return found.group(1)
    raise AssertionError(f"The browser ended: {''.join(said)}")
