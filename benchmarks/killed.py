"""An evening of five people over the shipped program, which is killed at random moments. What was acknowledged must be
there afterwards, and nothing twice; the first thing that is not ends the run with an AssertionError.

    python -m benchmarks.killed [--kills 50] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from tests.support.models import tiny_bert, tiny_gpt2
from tests.wire.discord_server import running_discord
from tests.wire.evening import killed_evening
from tests.wire.program import environment


def _tick(bar: tqdm) -> None:
    bar.update()


async def measure(kills: int, seed: int) -> dict[str, int | float]:
    """Return what was done, acknowledged and found."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="inkling-killed-") as name, tqdm(total=kills, unit="kill") as bar:
        folder = Path(name)
        causal, masked = tiny_gpt2(folder / "causal"), tiny_bert(folder / "masked")
        async with running_discord() as server:
            env = environment(server, folder / "data", causal, masked)
            ledger, records = await killed_evening(
                server, env, folder, kills=kills, seed=seed, note=lambda _: _tick(bar)
            )
    return {
        "kills": kills,
        "texts_sent": len(ledger.texts),
        "texts_acknowledged": len(ledger.kept),
        "ballots_acknowledged": ledger.ballots,
        "passages_kept": records.passages.total(),
        "passages_in_canon": len(records.canon),
        "lost": 0,
        "doubled": 0,
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    found = asyncio.run(measure(options.kills, options.seed))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<22} {value}")


if __name__ == "__main__":
    main()
