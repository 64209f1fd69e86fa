"""/settings: who may, what it shows, what it refuses, and what it changes."""

from __future__ import annotations

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.rules.games.table import Quiet
from bot.rules.servers import LENGTH_RANGE, WORDS_RANGE, ServerSettings, tokens_of, words_of
from bot.rules.zones import time_there
from tests.behaviour.discord_world import STORY, DiscordWorld, buttons, en, private, refusal, texts, walk, zh


async def stored(world: DiscordWorld) -> ServerSettings:
    async with world.services.database.reading() as tx:
        return await tx.servers.get(world.guild.id)


async def test_settings_are_for_those_who_manage_the_server(world: DiscordWorld) -> None:
    with pytest.raises(SetupError, match="default-member-permissions"):
        await world.ben.slash(world.channel, "settings")
    shown = await world.ada.slash(world.channel, "settings")
    assert en("settings.title", server="Harbour") in private(shown)


async def test_who_lost_the_permission_meanwhile_is_refused(world: DiscordWorld) -> None:
    role = world.guild.create_role("keeper", permissions=discord.Permissions(manage_guild=True))
    keeper = world.guild.add_member(world.env.create_user("dora"), roles=[role])
    shown = await keeper.slash(world.channel, "settings")
    assert shown.response is not None
    world.env.backend.remove_member_role(world.guild.id, keeper.id, role.id)

    refused = await keeper.select(shown.response, ["wild"], custom_id="ink:set:mood")

    assert private(refused) == en("error.manage_server")
    assert (await stored(world)).mood is None


async def test_options_are_stored_and_shown_and_used(world: DiscordWorld) -> None:
    shown = await world.ada.slash(world.channel, "settings", mood="wild", count=1, length=9, language="zh-CN")

    assert en("settings.saved", count=4) in private(shown)
    settings = await stored(world)
    assert (settings.mood, settings.count, settings.length, settings.language) == ("wild", 1, tokens_of(9), "zh-CN")
    await world.restart()
    result = await world.ben.slash(world.channel, "continue", text=STORY)
    kept = await world.generation(1)
    assert (kept.mood, kept.count, kept.length) == ("wild", 1, tokens_of(9))
    assert zh("card.continue.title", count=1) in texts(result.response)
    assert list(buttons(result.response)) == [
        zh(f"button.{name}") for name in ("go", "retry", "note", "own", "why", "delete")
    ]
    assert result.response is not None
    assert private(await world.ben.click(result.response, label=zh("button.why"))).startswith(f"### {en('why.title')}")

    await world.ada.slash(world.channel, "settings", mood="mixed", language="server")
    settings = await stored(world)
    assert (settings.mood, settings.language, settings.count) == (None, None, 1)


async def test_lengths_are_told_in_words(world: DiscordWorld) -> None:
    card = (await world.ada.slash(world.channel, "settings", length=20)).response
    assert card is not None
    menu = next(part for part in walk(card.components) if part.get("custom_id") == "ink:set:length")
    labels = {option["label"]: int(option["value"]) for option in menu["options"]}
    assert labels[en("settings.length_words", count=20)] == tokens_of(20) == (await stored(world)).length
    assert all(en("settings.length_words", count=words_of(length)) == label for label, length in labels.items())
    assert (words_of(LENGTH_RANGE[0]), words_of(LENGTH_RANGE[-1])) == (WORDS_RANGE[0], WORDS_RANGE[-1])


async def test_the_menus_on_the_card_after_a_restart(world: DiscordWorld) -> None:
    card = (await world.ada.slash(world.channel, "settings")).response
    assert card is not None
    await world.restart()

    for what, value in {"mood": "plain", "count": "5", "length": "24", "language": "zh-CN"}.items():
        await world.ada.select(card, [value], custom_id=f"ink:set:{what}")
        menu = next(part for part in walk(card.components) if part.get("custom_id") == f"ink:set:{what}")
        assert [option["value"] for option in menu["options"] if option.get("default")] == [value]
    settings = await stored(world)
    assert (settings.mood, settings.count, settings.length, settings.language) == ("plain", 5, 24, "zh-CN")


async def test_switching_off_and_on(world: DiscordWorld) -> None:
    card = (await world.ada.slash(world.channel, "settings", infill=False)).response
    assert card is not None
    assert en("settings.infill_off") in buttons(card)
    refused = await world.ben.slash(world.channel, "infill", text="The fox crossed the ___.")
    assert refusal(refused) == en("error.feature_off")

    await world.ada.click(card, custom_id="ink:switch:infill:on")
    await world.ada.click(card, custom_id="ink:switch:continue:off")
    assert (await stored(world)).switched_off == {"continue"}
    # Whoever did not see the answer still has the old button, and presses it again.
    shown = world.env.backend.messages[world.channel.id][card.id]
    switch = next(part for part in walk(shown.components) if part.get("custom_id") == "ink:switch:continue:on")
    switch["custom_id"] = "ink:switch:continue:off"
    await world.ada.click(card, custom_id="ink:switch:continue:off")
    assert (await stored(world)).switched_off == {"continue"}
    assert refusal(await world.ask(world.ben)) == en("error.feature_off")


async def test_a_switch_also_holds_for_buttons_and_forms(world: DiscordWorld) -> None:
    posted = (await world.ask(world.ben, count=1)).response
    assert posted is not None
    form = await world.ben.slash(world.channel, "continue")
    await world.ada.slash(world.channel, "settings", **{"continue": False})

    for label in ("go", "retry", "own"):
        assert private(await world.ben.click(posted, label=en(f"button.{label}"))) == en("error.feature_off")
    refused = await world.ben.submit_modal(form, {"text": STORY})
    assert en("error.feature_off") in private(refused)
    assert STORY in private(refused)
    assert en("why.title") in private(await world.ben.click(posted, label=en("button.why")))


async def test_only_in_the_chosen_channels(world: DiscordWorld) -> None:
    card = (await world.ada.slash(world.channel, "settings")).response
    assert card is not None
    await world.ada.select(card, [world.other], custom_id="ink:set:channels")

    assert (await stored(world)).channels == {world.other.id}
    assert en("settings.channels_some", count=1) in texts(card)
    refused = await world.ask(world.ben)
    assert refusal(refused) == en("error.channel_not_allowed", channels="#quiet")
    allowed = await world.ben.slash(world.other, "continue", text=STORY, length=6, count=1)
    assert allowed.response is not None
    assert not allowed.response.ephemeral

    await world.ada.select(card, [], custom_id="ink:set:channels")
    assert (await stored(world)).channels == frozenset()


async def test_a_channel_that_the_bot_cannot_see_is_refused_with_the_reason(world: DiscordWorld) -> None:
    hidden = world.guild.create_text_channel(
        "attic", overwrites={world.guild.default_role: discord.PermissionOverwrite(view_channel=False)}
    )
    card = (await world.ada.slash(world.channel, "settings")).response
    assert card is not None
    refused = await world.ada.select(card, [hidden], custom_id="ink:set:channels")
    assert private(refused) == en("error.channel_unseen", channel="#attic")
    assert (await stored(world)).channels == frozenset()


async def test_settings_of_one_server_leave_another_alone(world: DiscordWorld) -> None:
    await world.ada.slash(world.channel, "settings", count=5)
    async with world.services.database.reading() as tx:
        assert (await tx.servers.get(world.guild.id + 1)).count == 3


async def test_quiet_hours_and_the_time_zone_are_set_in_a_form(world: DiscordWorld) -> None:
    card = (await world.ada.slash(world.channel, "settings")).response
    assert card is not None
    hours = {"begin": "23:00", "end": "08:00", "zone": "UTC", "now": time_there("UTC", world.now())}
    assert en("settings.quiet_hours", **hours) in texts(card)
    await world.restart()
    form = await world.ada.click(card, label=en("button.quiet"))
    await world.ada.submit_modal(form, {"begin": ["22"], "end": ["9"], "zone": " berlin"})
    assert (await stored(world)).quiet == Quiet(zone="Europe/Berlin", begin=22, end=9)
    assert en("settings.saved", count=1) in texts(card)
    form = await world.ada.click(card, label=en("button.quiet"))
    await world.ada.submit_modal(form, {"begin": ["never"], "end": ["9"], "zone": "UTC+8"})
    quiet = (await stored(world)).quiet
    assert (quiet.zone, quiet.begin) == ("Etc/GMT-8", quiet.end)
    assert en("settings.quiet_none", zone="UTC+8", now=time_there(quiet.zone, world.now())) in texts(card)

    form = await world.ada.click(card, label=en("button.quiet"))
    refused = await world.ada.submit_modal(form, {"begin": ["22"], "end": ["9"], "zone": "Atlantis"})
    assert private(refused) == en("error.zone_unknown", given="Atlantis")
    assert (await stored(world)).quiet == quiet


async def test_quiet_hours_and_the_time_zone_as_options(world: DiscordWorld) -> None:
    offered = await world.ada.autocomplete(world.channel, "settings", "zone", "shang")
    assert [choice["value"] for choice in offered] == ["Asia/Shanghai"]
    assert len(await world.ada.autocomplete(world.channel, "settings", "zone", "")) > 10
    await world.ada.slash(world.channel, "settings", **{"quiet-from": 21, "zone": "Asia/Shanghai"})
    assert (await stored(world)).quiet == Quiet(zone="Asia/Shanghai", begin=21, end=8)
    refused = await world.ada.slash(world.channel, "settings", **{"quiet-until": 7, "zone": "nowhere"})
    assert refusal(refused) == en("error.zone_unknown", given="nowhere")
    await world.ada.slash(world.channel, "settings", **{"quiet-until": 21})
    assert (await stored(world)).quiet == Quiet(zone="Asia/Shanghai", begin=21, end=21)
