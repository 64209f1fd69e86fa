"""What the programs that tests start are given of the environment."""

from __future__ import annotations

import os

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "OMP_NUM_THREADS")
"""Variables that a program is handed on; all others, and with them a host's own settings, stay away from it."""


def bare_environment() -> dict[str, str]:
    """The environment of a program that is given its settings by the test: unless they name a story model, it is the
    bundled one, so that no test fetches another."""
    return {name: value for name, value in os.environ.items() if name in KEPT} | {"CAUSAL_MODEL": "bundled"}
