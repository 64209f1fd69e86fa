"""Memory and lore as people use them: proposing, deciding, looking, removing."""

from __future__ import annotations

import pytest
from simcord.actors import MemberActor

from bot.stories.access import Who
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts, walk, zh
from tests.behaviour.remembering import (
    AGREE,
    DISAGREE,
    RATIFY,
    REJECT,
    REMOVE,
    cards,
    entries,
    note,
    told_lore,
    told_memory,
)
from tests.behaviour.storytelling import begin
from tests.behaviour.voting import pass_time

KEEPER = "The keeper is called Marta, and she *never* sleeps. @everyone"
LAMP = "The lamp burns whale oil."


async def test_the_hosts_entry_is_taken_at_once(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)

    told = await note(world.ben, thread, f"  {KEEPER}\n")

    assert private(told) == en("lore.added_ratified")
    (entry,) = await entries(world)
    assert (entry.text, entry.kind, entry.state, entry.triggers) == (KEEPER, "memory", "ratified", ())
    (card,) = cards(world, thread)
    assert en("lore.memory_ratified") in texts(card)
    assert r"\*never\* sleeps. \@everyone" in texts(card)
    assert en("lore.of_story", title="The Lighthouse") in texts(card)
    assert list(buttons(card)) == [REMOVE]
    (told_to_models,) = await told_memory(world, 1)
    assert told_to_models == entry


async def test_lore_proposal_is_decided_by_the_host(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    told = await note(world.chen, thread, LAMP, "Lamp, whale oil，lamp")
    assert private(told) == en("lore.added_proposed")
    (entry,) = await entries(world)
    assert (entry.kind, entry.state, entry.triggers) == ("lore", "proposed", ("lamp", "whale oil"))
    (card,) = cards(world, thread)
    assert en("lore.tally", agreeing=0, disagreeing=0) in texts(card)
    assert f"<@{world.chen.id}>" in texts(card)
    assert await told_lore(world, 1, "A lamp.") == []
    await world.restart()

    for label in (RATIFY, REJECT):
        assert private(await world.chen.click(card, label=label)) == en("error.story_hosts_only")
    assert private(await world.ben.click(card, label=RATIFY)) == en("lore.now_ratified")

    assert [each.id for each in await told_lore(world, 1, "A LAMP.")] == [entry.id]
    await pass_time(world, 2)
    (card,) = cards(world, thread)
    assert en("lore.lore_ratified") in texts(card)
    assert list(buttons(card)) == [REMOVE]


async def test_lore_proposal_is_rejected_by_the_host(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await note(world.chen, thread, LAMP)
    (card,) = cards(world, thread)

    assert private(await world.ben.click(card, label=REJECT)) == en("lore.now_rejected")

    await pass_time(world, 2)
    assert en("lore.memory_rejected") in texts(cards(world, thread)[0])
    assert private(await world.ada.click(card, custom_id="ink:lremove:1")).startswith(en("lore.removed"))
    assert await entries(world) == []
    await pass_time(world, 2)
    assert cards(world, thread) == []


async def test_lore_vote_ratifies(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ben, thread, LAMP)
    (card,) = cards(world, thread)
    dora, emil = (world.guild.add_member(world.env.create_user(name)) for name in ("dora", "emil"))

    assert private(await world.chen.click(card, label=DISAGREE)) == en("lore.disagreed")
    assert private(await world.chen.click(card, label=AGREE)) == en("lore.agreed")  # a changed mind counts once
    assert private(await dora.click(card, label=AGREE)) == en("lore.agreed")
    await pass_time(world, 2)
    assert en("lore.tally", agreeing=2, disagreeing=0) in texts(cards(world, thread)[0])
    assert private(await emil.click(card, label=DISAGREE)) == en("lore.disagreed")
    assert private(await world.ben.click(card, label=AGREE)) == en("lore.agreed")
    assert (await entries(world))[0].state == "proposed"
    assert private(await emil.click(card, label=AGREE)) == en("lore.now_ratified")

    assert (await entries(world))[0].state == "ratified"


async def test_lore_vote_rejects(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ben, thread, LAMP)
    (card,) = cards(world, thread)
    dora = world.guild.add_member(world.env.create_user("dora"))

    await world.ben.click(card, label=DISAGREE)
    await world.chen.click(card, label=DISAGREE)
    assert private(await dora.click(card, label=DISAGREE)) == en("lore.now_rejected")
    assert [entry.state for entry in await entries(world)] == ["rejected"]


async def test_what_is_refused_is_given_back(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)

    assert en("error.lore_empty") in private(await note(world.ben, thread, " … ", "lamp"))
    assert en("error.triggers_missing") in private(await note(world.ben, thread, LAMP, " , "))
    refused = private(await note(world.ben, thread, LAMP, "lamp, !!"))
    assert en("error.trigger_wordless", trigger="!!") in refused
    assert LAMP in refused
    many = await note(world.ben, thread, LAMP, ",".join("abcdefghijk"))
    assert en("error.triggers_too_many", given=11, limit=10) in private(many)
    assert await entries(world) == []


async def test_lore_five_proposals_of_one_person_can_wait(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    for number in range(5):
        await note(world.ben, thread, f"Fact {number}")
    assert en("error.lore_waiting", limit=5) in private(await note(world.ben, thread, "Fact 5"))
    assert private(await note(world.chen, thread, "Fact 5")) == en("lore.added_proposed")
    assert private(await world.ben.slash(thread, "story memory remove", entry="1")).startswith(en("lore.removed"))
    assert private(await note(world.ben, thread, "Fact 6")) == en("lore.added_proposed")
    assert len(cards(world, thread)) == 6


async def test_lore_of_the_whole_server(world: DiscordWorld) -> None:
    await begin(world, world.ben)
    told = await note(world.ben, world.channel, KEEPER, **{"for": "server"})
    assert private(told) == en("lore.added_proposed")
    (card,) = cards(world, world.channel)
    assert en("lore.of_server") in texts(card)
    assert en("lore.server_decides", count=3) in texts(card)
    assert private(await world.ben.click(card, label=RATIFY)) == en("error.lore_managers_only")
    assert private(await world.ada.click(card, label=RATIFY)) == en("lore.now_ratified")

    assert [entry.text for entry in await told_memory(world, 1)] == [KEEPER]
    assert await told_memory(world, 1, world.guild.id + 1) == []
    refused = await world.ben.slash(world.channel, "story memory remove", entry="1")
    assert private(refused) == en("error.lore_managers_only")


async def test_looking_through_the_list_and_deciding_there(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    for number in range(10):
        await note(world.ben, thread, f"Fact {number} is old.")
    await note(world.chen, thread, "Fact 10 is `new`.")

    listed = (await world.ben.slash(thread, "story memory list")).response
    assert listed is not None
    assert listed.ephemeral
    assert en("lore.of_story", title="The Lighthouse") in texts(listed)
    assert r"⏳ Fact 10 is \`new\`." in texts(listed)
    assert "Fact 3" in texts(listed)
    assert "Fact 2" not in texts(listed)
    await world.restart()
    await world.ben.click(listed, label=en("button.on"))
    assert "Fact 2" in texts(listed)
    assert "Fact 3" not in texts(listed)
    await world.ben.click(listed, label=en("button.back"))

    await world.ben.select(listed, ["11"], custom_id="ink:lopen:1")
    assert en("lore.memory_proposed") in texts(listed)
    await world.ben.click(listed, label=RATIFY)
    assert en("lore.memory_ratified") in texts(listed)
    await pass_time(world, 2)
    assert en("lore.memory_ratified") in texts(cards(world, thread)[-1])
    await world.ben.click(listed, label=en("button.back"))
    assert "⏳" not in texts(listed)
    await world.ben.click(listed, label=en("button.whole_server"))
    assert en("lore.memory_none") in texts(listed)


async def test_lore_lists_outside_of_stories(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ada, thread, LAMP, "lamp")
    assert private(await world.ben.slash(world.channel, "story lore add")) == en("error.not_a_story")
    assert en("lore.lore_none") in private(await world.ben.slash(world.channel, "story lore list"))
    named = private(await world.ben.slash(world.channel, "story lore list", story="lighthouse"))
    assert LAMP in named
    assert "lamp" in named


async def test_choosing_an_entry_to_remove(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ada, thread, LAMP)
    await note(world.ada, thread, "The sea is salt.")
    found = await world.ben.autocomplete(thread, "story memory remove", "entry", "whale")
    assert [(choice["name"], choice["value"]) for choice in found] == [(LAMP, "1")]

    assert private(await world.ben.slash(thread, "story memory remove", entry="1")) == en("error.story_hosts_only")
    unknown = await world.ada.slash(thread, "story memory remove", entry="the")
    assert private(unknown) == en("error.lore_unknown", given="the")
    done = private(await world.ada.slash(thread, "story memory remove", entry="the lamp"))
    assert done == f"{en('lore.removed')}\n> {LAMP}"
    assert private(await world.ada.slash(thread, "story memory remove", entry="1")) == en("error.lore_gone")
    assert [entry.id for entry in await entries(world)] == [2]
    await pass_time(world, 2)
    assert len(cards(world, thread)) == 1


async def test_a_click_on_a_card_that_is_not_up_to_date(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ben, thread, LAMP)
    for lore_id, key in (("1", "lore_already_ratified"), ("2", "lore_gone")):
        listed = (await world.ben.slash(thread, "story memory list")).response
        assert listed is not None
        if lore_id == "1":
            await world.ben.select(listed, ["1"], custom_id="ink:lopen:1")
            await world.services.lore_service.decide(
                Who(world.guild.id, world.ada.id, manages=True), 1, True, channel_id=thread.id
            )
            told = await world.ben.click(listed, label=AGREE)
        else:
            await note(world.ada, thread, KEEPER)
            listed = (await world.ben.slash(thread, "story memory list")).response
            assert listed is not None
            await world.ada.slash(thread, "story memory remove", entry="2")
            told = await world.ben.select(listed, ["2"], custom_id="ink:lopen:1")
        assert private(told) == en(f"error.{key}")


async def test_nobody_acts_in_another_server(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await note(world.chen, thread, LAMP)
    owner = world.env.create_user("eve")
    elsewhere = world.env.create_guild("Elsewhere", owner=owner)
    eve = MemberActor(world.env, elsewhere, owner)
    general = elsewhere.create_text_channel("general")
    assert private(await eve.slash(general, "story memory remove", entry="1")) == en("error.lore_gone")
    assert en("lore.memory_none") in private(await eve.slash(general, "story memory list"))
    assert await eve.autocomplete(general, "story memory remove", "entry", "", **{"for": "server"}) == []
    assert len(await entries(world)) == 1


async def test_lore_is_not_proposed_by_who_may_not_write(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada, writers=["invited"])
    assert private(await world.ben.slash(thread, "story memory add")) == en("error.story_invited_only")
    await world.ada.slash(world.channel, "settings", stories=False)
    assert private(await world.ada.slash(thread, "story memory list")) == en("error.feature_off")


async def test_lore_cards_are_in_the_servers_language(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = await begin(world, world.ada)
    await world.ada.slash(world.channel, "settings", language="zh-CN")
    world.speak(monkeypatch, world.ben, "zh-CN")

    assert private(await note(world.ben, thread, "灯塔看守人叫玛塔。", "灯塔，看守人")) == zh("lore.added_proposed")

    (card,) = cards(world, thread)
    assert zh("lore.lore_proposed") in texts(card)
    assert (await entries(world))[0].triggers == ("灯塔", "看守人")
    await world.ada.click(card, label=zh("button.ratify"))
    heard = await told_lore(world, 1, "暴风雨之夜，灯塔熄了。")
    assert [entry.id for entry in heard] == [1]


async def test_a_card_that_was_deleted_by_hand_comes_again_with_the_next_vote(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ben, thread, LAMP)
    (card,) = cards(world, thread)
    listed = (await world.chen.slash(thread, "story memory list")).response
    assert listed is not None
    await world.chen.select(listed, ["1"], custom_id="ink:lopen:1")
    await world.ada.delete(card)
    await world.chen.click(listed, label=AGREE)
    await pass_time(world, 10)
    (again,) = cards(world, thread)
    assert en("lore.tally", agreeing=1, disagreeing=0) in texts(again)
    assert next(part["custom_id"] for part in walk(again.components) if part["type"] == 2) == "ink:lyes:1"
