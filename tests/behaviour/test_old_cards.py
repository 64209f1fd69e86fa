"""Buttons whose ids lead nowhere: cards from another time, or ids that somebody made up."""

from __future__ import annotations

import pytest

from tests.behaviour.discord_world import DiscordWorld, en, private, walk


@pytest.mark.parametrize(
    "custom_id",
    ["ink:go:1:7", "ink:go:1:-1", "ink:go:99:0", "ink:go:x:0", "ink:go", "ink:retry:", "ink:vote:1", "ink:set:nonsense",
     "ink:switch:nonsense", "ink:read:99:0", "ink:forget:x", "ink:go:9223372036854775808:0"],
)  # fmt: skip
async def test_old_card_with_ids_that_lead_nowhere(world: DiscordWorld, custom_id: str) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    stored = world.env.backend.messages[world.channel.id][card.id]
    next(part for part in walk(stored.components) if part.get("custom_id") == "ink:retry:1")["custom_id"] = custom_id
    told = private(await world.ada.click(card, custom_id=custom_id))
    assert told == en("error.generation_gone")
    assert await world.kept() == [1]


async def test_old_confirmation_of_somebody_else(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    stored = world.env.backend.messages[world.channel.id][card.id]
    forged = f"ink:forget:{world.ben.id}"
    next(part for part in walk(stored.components) if part.get("custom_id") == "ink:retry:1")["custom_id"] = forged
    assert private(await world.chen.click(card, custom_id=forged)) == en("error.not_yours")
    assert await world.kept() == [1]


async def test_settings_from_a_public_card_need_the_permission(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    stored = world.env.backend.messages[world.channel.id][card.id]
    forged = "ink:switch:continue"
    next(part for part in walk(stored.components) if part.get("custom_id") == "ink:retry:1")["custom_id"] = forged
    assert private(await world.chen.click(card, custom_id=forged)) == en("error.manage_server")
