"""Take docs/images/sandbox.png: `make picture`. The text is what the bundled models write at that moment."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.sandbox.table import GO_ON, ROOT, open_table, running_sandbox

TARGET = ROOT / "docs" / "images" / "sandbox.png"
TEXT = "The lighthouse keeper had not spoken for a year. On the first day of the storm"


async def main() -> int:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"INKLING_DATA": str(ROOT / "data")}
        async with (
            running_sandbox(settings, folder=Path(folder)) as sandbox,
            open_table(sandbox.url, width=1180, height=900) as table,
        ):
            await table.run("continue", TEXT)
            await table.until_count(GO_ON, 3)
            await asyncio.sleep(1.0)  # until the page has drawn it
            await table.page.screenshot(path=TARGET)
    sys.stdout.write(f"{TARGET}\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
