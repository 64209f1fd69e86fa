"""Texts that once held up the event loop for seconds: they are answered, and the watchdog of every test stays quiet."""

from __future__ import annotations

import pytest

from tests.behaviour.discord_world import DiscordWorld, private
from tests.behaviour.storytelling import begin, canon_of, write

PASSAGE = (
    "The fox crossed the bridge near the harbour and the rain began to fall on the old town while Marta lit the lamp "
    "and waited for the boat that never came. "
)


@pytest.mark.parametrize(
    "asked",
    [
        "waited for the ___ ___ ___ ___ that never went",
        "the ___ the ___ the ___ zebra",
        "and the ___ " * 7 + "zebra",
        "a b ___ " + "a" * 3000,
    ],
)
async def test_a_misquoted_passage_stands_nowhere(world: DiscordWorld, asked: str) -> None:
    thread = await begin(world, world.ada)
    await write(world, world.ada, thread, PASSAGE * 9)
    await write(world, world.ben, thread, "the " * 290)
    refused = await world.ben.slash(thread, "infill", text=asked)
    assert "nowhere" in private(refused)


@pytest.mark.parametrize("text", ["___a " * 790, "___a___ " * 490, "[MASK] " * 560, "a ___" + "_" * 3900 + "9" * 50])
@pytest.mark.parametrize("command", ["infill", "twist"])
async def test_a_text_of_blanks_is_refused(world: DiscordWorld, command: str, text: str) -> None:
    assert private(await world.ben.slash(world.channel, command, text=text))


@pytest.mark.parametrize("between", ["\n", " \n", "> ", "# a\n", "(", "<!--", "e\u0323\u0301", "\u0301\u0323"])
async def test_passage_of_any_text_is_stored_and_shown(world: DiscordWorld, between: str) -> None:
    thread = await begin(world, world.ada)
    text = "a" + (between * 4000)[:3998] + "b"
    await write(world, world.ada, thread, text)
    assert len(await canon_of(world, thread)) <= 1
    await world.ben.slash(thread, "story show")
