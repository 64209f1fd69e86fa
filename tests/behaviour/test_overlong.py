"""Texts far too long, in every option: a clear answer that Discord takes, and what was typed is given back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.behaviour.discord_world import DiscordWorld, en, leaves, private
from tests.behaviour.voting import begin_story

LONGEST = 6000
"""Discord's own limit for an option."""
STRING, OTHERS = 3, {3: "owl", 4: 1, 5: True}


def other_value(option: dict[str, Any]) -> Any:
    """What an option gets that is not looked at."""
    choices = option.get("choices")
    return choices[0]["value"] if choices else OTHERS[option["type"]]


def overlong(world: DiscordWorld) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each command with one of its texts as long as Discord lets it be."""
    text = " ".join(map(word, range(2000)))
    for name, options in leaves(world):
        for option in options:
            if option["type"] == STRING and not option.get("choices"):
                needed = [each for each in options if each.get("required") and each is not option]
                given = {each["name"]: other_value(each) for each in needed}
                yield name, given | {option["name"]: text[: option.get("max_length", LONGEST)]}


def word(number: int) -> str:
    return f"w{number}_"


async def test_every_option_takes_a_text_that_is_far_too_long(
    world: DiscordWorld, caplog: pytest.LogCaptureFixture
) -> None:
    thread = await begin_story(world)
    for name, options in overlong(world):
        where = thread if name.startswith("story") else world.channel
        told = await world.ada.slash(where, name, **options)
        assert private(told).strip(), (name, options)
    records = [record for record in caplog.records if record.name.startswith(("bot", "cogs"))]
    assert not [record for record in records if record.levelno >= logging.WARNING], caplog.text


async def test_overlong_option_is_given_back(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    text = " ".join(map(word, range(900)))[:4400]
    told = private(await world.ada.slash(thread, "story add", story=text))
    assert en("card.given") in told
    assert word(0).replace("_", "\\_") in told
    assert text[-5:-1] in told.replace("\\", "")
