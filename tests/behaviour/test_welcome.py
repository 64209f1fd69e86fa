"""The bot's first message in a server: where it stands, what it says of the models, and what its buttons do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import simcord
from simcord.actors import MemberActor
from simcord.results import ResponseMessage

from bot.app import utc_now_ms
from bot.inference.protocol import Coming, Health, ModelInfo
from cogs.welcome.cards import ACTIONS, models_sentence
from cogs.welcome.cog import MEASURED_S, TimeLeft
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts, zh
from tests.support.patience import until

SMALL = ModelInfo(role="story", name="SmolLM2-135M-Instruct", revision="1", engine="openvino", window=2048)
READY = Health(ready=True, stage="ready", models=(SMALL,))
COMING = Coming(name="Qwen2.5-Coder-1.5B-Instruct", stage="fetching", done=250, total=1000)


async def joined(
    world: DiscordWorld, locale: str | None = None
) -> tuple[simcord.GuildHandle, simcord.ChannelHandle, MemberActor]:
    """Let the bot join another server, which has two channels; return it with the first of them, and who owns it."""
    world.now.set_ms = round(world.env.now().timestamp() * 1000) - utc_now_ms()  # it is joined by Discord's clock
    eve = world.env.create_user("eve", global_name="Eve")
    guild = world.env.create_guild("Pond", preferred_locale=locale, owner=eve)
    first = guild.create_text_channel("general")
    guild.create_text_channel("other")
    await until(lambda: bool(shown(world, first)))
    await world.env.settle()
    return guild, first, MemberActor(world.env, guild, eve)


def shown(world: DiscordWorld, channel: simcord.ChannelHandle) -> list[ResponseMessage]:
    """What the bot said in a channel."""
    return [ResponseMessage(world.env, message) for message in world.env.backend.messages.get(channel.id, {}).values()]


async def test_it_says_hello_once_in_the_language_of_the_server(world: DiscordWorld) -> None:
    _, channel, _ = await joined(world, "zh-CN")
    [card] = shown(world, channel)
    assert zh("welcome.title") in texts(card)
    assert zh("help.privacy_here") in texts(card)
    names = [model.name for model in (await world.services.engine.health()).models if model.role == "story"]
    assert zh("welcome.model", name=names[0]) in texts(card).replace("\\", "")
    assert list(buttons(card)) == [zh(action.label) for action in ACTIONS]
    await world.restart()
    await world.env.advance_time(70)
    assert len(shown(world, channel)) == 1


async def test_its_buttons_start_a_story_and_show_the_settings_to_whom_they_are_for(world: DiscordWorld) -> None:
    guild, channel, eve = await joined(world)
    [card] = shown(world, channel)
    await world.restart()
    fay = guild.add_member(world.env.create_user("fay", global_name="Fay"))
    form = await fay.click(card, label=en("button.begin"))
    assert form.modal is not None
    assert form.modal["title"] == en("storyform.new")
    game = await fay.click(card, label=en("button.game"))
    assert game.modal is not None
    assert game.modal["title"] == en("form.game.new")
    assert private(await fay.click(card, label=en("button.settings"))) == en("error.manage_server")
    assert en("settings.title", server="Pond") in private(await eve.click(card, label=en("button.settings")))
    assert en("welcome.title") in texts(shown(world, channel)[0]), "it stays"


async def test_one_that_was_deleted_stays_deleted(world: DiscordWorld) -> None:
    guild, channel, _ = await joined(world)
    [card] = shown(world, channel)
    world.env.backend.delete_message(channel.id, card.id)
    await world.services.outbox.refresh_welcomes([guild.id])
    await world.env.advance_time(70)
    await world.restart()
    await world.env.advance_time(70)
    assert shown(world, channel) == []


def test_what_it_says_of_the_models() -> None:
    assert models_sentence(en, None) == models_sentence(en, Health(ready=False, stage="loading", models=()))
    assert models_sentence(en, READY) == en("welcome.model", name=SMALL.name)
    names = {"name": SMALL.name, "better": COMING.name}
    better = replace(READY, coming=COMING)
    assert models_sentence(en, better) == en("welcome.better_share", share=25, **names)
    assert "about 2 minutes" in models_sentence(en, better, left_s=118)
    assert models_sentence(en, replace(READY, coming=replace(COMING, total=0))) == en("welcome.better", **names)
    away = replace(READY, models=(replace(SMALL, host="models.example"),))
    assert models_sentence(en, away) == en("welcome.model_outside", name=SMALL.name, host="models.example")


@pytest.mark.parametrize("total", [1000, 250])
def test_no_time_is_told_before_it_was_measured(total: int) -> None:
    left = TimeLeft()
    assert left.seconds(COMING, 100) is None
    assert left.seconds(replace(COMING, done=300, total=total), 100 + MEASURED_S - 1) is None
    later = left.seconds(replace(COMING, done=500), 100 + 2 * MEASURED_S)
    assert later == 2 * MEASURED_S * 500 / 250
    assert left.seconds(replace(COMING, stage="loading", done=0, total=0), 200) is None
    assert left.seconds(None, 300) is None
