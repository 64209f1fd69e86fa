"""All text of people comes in by one door: whatever they type it into, it is normalised, and what cannot be seen is
refused as empty."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import discord
import pytest
import simcord
from simcord.results import ResponseMessage

from bot.rules.characters import normalise
from tests.behaviour.forging import rows, strings
from tests.behaviour.house import House, leaves
from tests.behaviour.voting import begin_story

RAW = "Cafe\u0301 so\u00adft\r\nend\x00\x1b\ud800\u200b"
"""Twenty characters, of which none stays as it is but the letters: they fit into every box."""
STRING, INTEGER, BOOLEAN, USER = 3, 4, 5, 6
OTHERS = {STRING: "1", INTEGER: 1, BOOLEAN: True}


class Place(NamedTuple):
    """A story with a round in it, and a card outside of it."""

    thread: simcord.ChannelHandle
    card: ResponseMessage


@pytest.fixture
def seen(house: House) -> list[discord.Interaction[Any]]:
    """Every interaction that reaches the bot."""
    found: list[discord.Interaction[Any]] = []

    async def note(interaction: discord.Interaction[Any]) -> None:
        found.append(interaction)

    house.env.bot.add_listener(note, "on_interaction")  # type: ignore[attr-defined]  # a commands.Bot
    return found


def typed(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    """Each option that takes a text of one's own: command, option, what else must be given."""
    found = []
    for name, options in leaves(house):
        for option in options:
            assert option["type"] in {USER, *OTHERS}, f"{name} {option}: what comes in by it, and how?"
            if option["type"] == STRING and not option.get("choices"):
                others = [each for each in options if each.get("required") and each is not option]
                found.append((name, option["name"], {each["name"]: OTHERS[each["type"]] for each in others}))
    return found


async def furnished(house: House) -> Place:
    """A story with two passages, and a card of a /continue."""
    thread = await begin_story(house)
    card = (await house.ask(house.ada, count=1)).response
    assert card is not None
    return Place(thread, card)


def check_seen(seen: list[discord.Interaction[Any]], kept: Any) -> None:
    """What the handlers read, and what is kept, is as it comes through the door."""
    for text in [*strings([interaction.data for interaction in seen]), *strings(kept)]:
        assert text == normalise(text)


async def test_every_option_is_normalised(
    house: House, seen: list[discord.Interaction[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    place = await furnished(house)
    options = typed(house)
    assert {("story add", "text"), ("story rename", "title"), ("writer", "pen-name")} <= {each[:2] for each in options}
    for name, option, others in options:
        text = f"{RAW} ___" if name == "infill" else RAW
        await house.ada.slash(place.thread if name == "story add" else house.channel, name, **{option: text}, **others)
        assert normalise(RAW) in str(strings(seen[-1].data)).replace("\\n", "\n"), name
    check_seen(seen, await rows(house))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
