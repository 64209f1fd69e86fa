"""/story as people use it: beginning, writing on, taking back, reading."""

from __future__ import annotations

from tests.behaviour.house import House, en
from tests.behaviour.storytelling import (
    begin,
    card_text,
    story_of,
)


async def test_a_story_gets_a_thread_with_a_pinned_card(house: House) -> None:
    thread = await begin(house, house.ben, ai=["off"], licence=["cc-by-4.0"])

    assert thread.name == "The Lighthouse"
    shown = card_text(thread)
    assert "The Lighthouse" in shown
    assert "> Nobody has spoken for a year." in shown
    assert f"<@{house.ben.id}>" in shown
    assert en("story.ai_off") in shown
    assert en("story.licence_cc-by-4-0") in shown
    assert en("story.empty") in shown
    story = await story_of(house, thread)
    assert (story.host_id, story.server_id, story.channel_id) == (house.ben.id, house.guild.id, house.channel.id)
    assert (story.rules.ai, story.rules.licence) == (False, "cc-by-4.0")
