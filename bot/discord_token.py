"""What the token of a bot looks like, so that another value is told before Discord is asked."""

from __future__ import annotations

import re

WHERE = "https://discord.com/developers/applications, your application, Bot, Reset Token"
"""Where a host finds the token."""
_TOKEN = re.compile(r"[\w-]{18,}\.[\w-]{4,}\.[\w-]{20,}", re.ASCII)
"""A token: the bot's id, when it was made, and a signature, each in base64."""
_OTHERS = {
    "the application's id": r"\d{15,20}",
    "the application's public key": r"[0-9a-f]{64}",
    "the client secret of OAuth2": r"[\w-]{32}",
    "the token of a webhook": r"https?://.*|[\w-]{64,}",
}
"""What else Discord's developer portal shows and what is taken for the token, and the shape of each."""


def problem_with(text: str) -> str | None:
    """Return in a few words what `text` is instead of a bot's token; None where it looks like one. Nothing of it is
    repeated."""
    if _TOKEN.fullmatch(text) is not None:
        return None
    other = next((name for name, shape in _OTHERS.items() if re.fullmatch(shape, text, re.ASCII)), None)
    return f"this looks like {other}" if other else "no bot's token looks like this"
