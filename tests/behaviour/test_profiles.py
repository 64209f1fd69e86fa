"""/writer: a pen name, and whose words no model goes on from."""

from __future__ import annotations

import pytest
from simcord.backend.errors import SetupError

from bot.rules.profiles import WriterProfile
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, refusal, texts
from tests.behaviour.storytelling import begin, canon_of, prose_of, write
from tests.behaviour.voting import FIRST, SECOND


async def profile_of(world: DiscordWorld, person_id: int) -> WriterProfile:
    return await world.services.profile_service.get(world.guild.id, person_id)


async def test_what_is_set_is_shown_to_the_person_alone(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "writer")
    assert en("writer.own_name") in private(shown)
    assert en("writer.ai_yes") in private(shown)
    assert en("button.own_name") not in buttons(shown.response)
    shown = await world.ben.slash(world.channel, "writer", **{"pen-name": "*Wren*", "ai": False})
    assert en("writer.saved") in private(shown)
    assert en("writer.pen_name", name=r"**\*Wren\***") in private(shown)
    assert en("writer.ai_no") in private(shown)
    assert await profile_of(world, world.ben.id) == WriterProfile(
        server_id=world.guild.id, person_id=world.ben.id, pen_name="*Wren*", no_ai=True
    )
    assert world.messages == 0


async def test_the_card_changes_everything_also_after_a_restart(world: DiscordWorld) -> None:
    card = (await world.ben.slash(world.channel, "writer")).response
    assert card is not None
    await world.restart()

    asked = await world.ben.click(card, label=en("button.pen_name"))
    await world.ben.submit_modal(asked, {"text": " Old   Wren "})
    assert en("writer.pen_name", name="**Old Wren**") in texts(card)
    await world.ben.click(card, label=en("button.ai_no"))
    assert en("writer.ai_no") in texts(card)
    await world.ben.click(card, label=en("button.ai_yes"))
    await world.ben.click(card, label=en("button.own_name"))

    assert en("writer.own_name") in texts(card)
    assert await profile_of(world, world.ben.id) == WriterProfile(server_id=world.guild.id, person_id=world.ben.id)


async def test_nobody_takes_anothers_name(world: DiscordWorld) -> None:
    await world.ben.slash(world.channel, "writer", **{"pen-name": "Wren"})
    refused = await world.chen.slash(world.channel, "writer", **{"pen-name": "wrén", "ai": False})
    assert private(refused) == en("error.pen_name_taken", name="wrén")
    assert not (await profile_of(world, world.chen.id)).no_ai
    me = world.env.bot.user
    assert me is not None
    assert private(await world.chen.slash(world.channel, "writer", **{"pen-name": me.name.upper()})) == en(
        "error.pen_name_taken", name=me.name.upper()
    )
    card = (await world.chen.slash(world.channel, "writer")).response
    assert card is not None
    asked = await world.chen.click(card, label=en("button.pen_name"))
    assert en("error.pen_name_empty") in private(await world.chen.submit_modal(asked, {"text": " ? "}))


async def test_passages_stand_under_the_name_that_was_set_when_they_were_written(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await world.ben.slash(world.channel, "writer", **{"pen-name": "@everyone Wren"})
    await write(world, world.ben, thread, FIRST)
    card = (await world.ben.slash(world.channel, "writer")).response
    assert card is not None
    await world.ben.click(card, label=en("button.own_name"))
    await write(world, world.ben, thread, SECOND)

    assert prose_of(thread) == [f"{FIRST}\n-# \\@everyone Wren", f"{SECOND}\n-# <@{world.ben.id}>"]
    assert [passage.author_id for passage in await canon_of(world, thread)] == [world.ben.id] * 2


async def test_no_model_goes_on_from_the_words_of_who_said_no(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await write(world, world.ben, thread, FIRST)
    await world.ben.slash(world.channel, "writer", ai=False)

    assert private(await world.chen.slash(thread, "continue", length=6, count=1)) == en("error.author_no_ai")
    blanked = await world.chen.slash(thread, "infill", text="The fox ___ the bridge near the harbour")
    assert refusal(blanked) == en("error.author_no_ai")
    await world.ben.slash(world.channel, "writer", ai=True)
    opened = await world.chen.slash(thread, "continue", length=6, count=1)
    assert opened.response is not None
    assert not opened.response.ephemeral


async def test_where_there_are_no_stories_there_is_nothing_to_set(world: DiscordWorld) -> None:
    with pytest.raises(SetupError):
        await world.ben.user.slash("writer")
    await world.ada.slash(world.channel, "settings", stories=False)
    assert private(await world.ben.slash(world.channel, "writer", ai=False)) == en("error.feature_off")
    assert not (await profile_of(world, world.ben.id)).no_ai
