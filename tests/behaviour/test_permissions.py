"""What the invitation asks for is enough for everything that the bot does in a channel."""

from __future__ import annotations

import logging

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.ui.permissions import INVITATION
from tests.behaviour.discord_world import DiscordWorld, en, private
from tests.behaviour.remembering import cards, note
from tests.behaviour.storytelling import card_of, prose_of
from tests.behaviour.voting import FIRST, begin_story, candidates_of, catch_up, close, like, open_round, propose


async def test_a_story_from_its_beginning_to_a_book(world: DiscordWorld, caplog: pytest.LogCaptureFixture) -> None:
    backend = world.env.backend
    # In the simulation pinning is a part of managing messages, as it was in Discord.
    allow = (INVITATION | discord.Permissions(manage_messages=True)).value
    deny = discord.Permissions.all().value & ~allow
    only = Overwrite(target_id=backend.bot_user.id, type=OverwriteType.MEMBER, allow=allow, deny=deny)
    backend.set_overwrite(world.channel.id, only)
    thread = await begin_story(world)
    assert card_of(thread).pinned
    card = await open_round(world, thread)
    await propose(world, world.chen, card, "Old Marta found a lantern under the hill.")
    await like(world.chen, card, (await candidates_of(world))[0][0])
    await close(world.ada, card)
    await catch_up(world)
    assert len(prose_of(thread)) == 2
    await note(world.ben, thread, "Marta is old.")
    await note(world.ben, world.channel, "The fox is red.", **{"for": "server"})
    assert len(cards(world, thread)) == len(cards(world, world.channel)) == 1
    assert prose_of(thread)[0].startswith(FIRST)
    assert en("story.exported", title="The Lighthouse") in private(await world.ada.slash(thread, "story export"))
    await world.ask(world.ben)
    assert not [record for record in caplog.records if record.levelno >= logging.INFO and "could not" in record.message]
