"""/writer: a pen name, and whose words no model goes on from."""

from __future__ import annotations

import pytest
from simcord.backend.errors import SetupError

from bot.rules.profiles import Courtesy
from tests.behaviour.discord_world import House, buttons, en, private, texts
from tests.behaviour.storytelling import begin, canon_of, prose_of, write
from tests.behaviour.voting import FIRST, SECOND


async def wishes(house: House, person_id: int) -> Courtesy:
    return await house.services.manners.of(house.guild.id, person_id)


async def test_what_is_set_is_shown_to_the_person_alone(house: House) -> None:
    shown = await house.ben.slash(house.channel, "writer")
    assert en("writer.own_name") in private(shown)
    assert en("writer.ai_yes") in private(shown)
    assert en("button.own_name") not in buttons(shown.response)
    shown = await house.ben.slash(house.channel, "writer", **{"pen-name": "*Wren*", "ai": False})
    assert en("writer.saved") in private(shown)
    assert en("writer.pen_name", name=r"**\*Wren\***") in private(shown)
    assert en("writer.ai_no") in private(shown)
    assert await wishes(house, house.ben.id) == Courtesy(
        server_id=house.guild.id, person_id=house.ben.id, pen_name="*Wren*", no_ai=True
    )
    assert house.messages == 0


async def test_the_card_changes_everything_also_after_a_restart(house: House) -> None:
    card = (await house.ben.slash(house.channel, "writer")).response
    assert card is not None
    await house.restart()

    asked = await house.ben.click(card, label=en("button.pen_name"))
    await house.ben.submit_modal(asked, {"text": " Old   Wren "})
    assert en("writer.pen_name", name="**Old Wren**") in texts(card)
    await house.ben.click(card, label=en("button.ai_no"))
    assert en("writer.ai_no") in texts(card)
    await house.ben.click(card, label=en("button.ai_yes"))
    await house.ben.click(card, label=en("button.own_name"))

    assert en("writer.own_name") in texts(card)
    assert await wishes(house, house.ben.id) == Courtesy(server_id=house.guild.id, person_id=house.ben.id)


async def test_nobody_takes_anothers_name(house: House) -> None:
    await house.ben.slash(house.channel, "writer", **{"pen-name": "Wren"})
    refused = await house.chen.slash(house.channel, "writer", **{"pen-name": "wrén", "ai": False})
    assert private(refused) == en("error.pen_name_taken", name="wrén")
    assert not (await wishes(house, house.chen.id)).no_ai
    me = house.env.bot.user
    assert me is not None
    assert private(await house.chen.slash(house.channel, "writer", **{"pen-name": me.name.upper()})) == en(
        "error.pen_name_taken", name=me.name.upper()
    )
    card = (await house.chen.slash(house.channel, "writer")).response
    assert card is not None
    asked = await house.chen.click(card, label=en("button.pen_name"))
    assert en("error.pen_name_empty") in private(await house.chen.submit_modal(asked, {"text": " ? "}))


async def test_passages_stand_under_the_name_that_was_set_when_they_were_written(house: House) -> None:
    thread = await begin(house, house.ada)
    await house.ben.slash(house.channel, "writer", **{"pen-name": "@everyone Wren"})
    await write(house, house.ben, thread, FIRST)
    card = (await house.ben.slash(house.channel, "writer")).response
    assert card is not None
    await house.ben.click(card, label=en("button.own_name"))
    await write(house, house.ben, thread, SECOND)

    assert prose_of(thread) == [f"{FIRST}\n-# \\@everyone Wren", f"{SECOND}\n-# <@{house.ben.id}>"]
    assert [passage.author_id for passage in await canon_of(house, thread)] == [house.ben.id] * 2


async def test_no_model_goes_on_from_the_words_of_who_said_no(house: House) -> None:
    thread = await begin(house, house.ada)
    await write(house, house.ben, thread, FIRST)
    await house.ben.slash(house.channel, "writer", ai=False)

    assert private(await house.chen.slash(thread, "continue", length=8, count=1)) == en("error.author_no_ai")
    blanked = await house.chen.slash(thread, "infill", text="The fox ___ the bridge near the harbour")
    assert private(blanked) == en("error.author_no_ai")
    await house.ben.slash(house.channel, "writer", ai=True)
    opened = await house.chen.slash(thread, "continue", length=8, count=1)
    assert opened.response is not None
    assert not opened.response.ephemeral


async def test_where_there_are_no_stories_there_is_nothing_to_set(house: House) -> None:
    with pytest.raises(SetupError):
        await house.ben.user.slash("writer")
    await house.ada.slash(house.channel, "settings", stories=False)
    assert private(await house.ben.slash(house.channel, "writer", ai=False)) == en("error.feature_off")
    assert not (await wishes(house, house.ben.id)).no_ai
