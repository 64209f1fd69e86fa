"""/story as people use it: beginning, writing on, taking back, reading."""

from __future__ import annotations

import re
from typing import Any

import pytest
import simcord
from simcord.results import InteractionResult

from bot.rules.profiles import WriterProfile
from bot.rules.servers import ServerSettings
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts, walk, zh
from tests.behaviour.storytelling import (
    EXPORT,
    MAP,
    READ,
    RULES,
    WRITE,
    begin,
    canon_of,
    card_of,
    card_text,
    prose_of,
    story_of,
    write,
)

FIRST = "The lamp went out on the first night of the storm."
SECOND = "Somebody lit it again, and it was not the keeper."


async def test_a_story_gets_a_thread_with_a_pinned_card(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben, ai=["off"], licence=["cc-by-4.0"])

    assert thread.name == "The Lighthouse"
    shown = card_text(thread)
    assert "The Lighthouse" in shown
    assert "> Nobody has spoken for a year." in shown
    assert f"<@{world.ben.id}>" in shown
    assert en("story.ai_off") in shown
    assert en("story.licence_cc-by-4-0") in shown
    assert en("story.empty") in shown
    labels = [part["label"] for part in walk(_raw(thread)) if part["type"] == 2]
    assert labels == [WRITE, READ, MAP, RULES, EXPORT]
    story = await story_of(world, thread)
    assert (story.host_id, story.server_id, story.channel_id) == (world.ben.id, world.guild.id, world.channel.id)
    assert (story.rules.ai, story.rules.licence) == (False, "cc-by-4.0")


async def test_what_cannot_be_a_story_is_refused_and_given_back(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "story new")
    fields = {"title": "  ", "premise": "A premise.", "writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
    refused = await world.ben.submit_modal(shown, fields)

    assert en("error.title_empty") in private(refused)
    assert "A premise." in private(refused)
    assert world.channel.threads == []


async def test_writing_on_by_command_and_by_card(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)

    told = await write(world, world.chen, thread, FIRST)
    assert private(told) == en("story.added", number=1)
    shown = await world.ada.click(card_of(thread), label=WRITE)
    await world.restart()
    await world.ada.submit_modal(shown, {"text": f"  {SECOND} @everyone *shouted*\n"})

    assert prose_of(thread) == [
        f"{FIRST}\n-# <@{world.chen.id}>",
        rf"{SECOND} \@everyone \*shouted\*" + f"\n-# <@{world.ada.id}>",
    ]
    first, second = await canon_of(world, thread)
    assert (first.text, first.author_id, first.origin, first.parent_id) == (FIRST, world.chen.id, "human", None)
    assert (second.parent_id, second.depth, second.author_id) == (first.id, 2, world.ada.id)
    await world.env.advance_time(5)
    assert SECOND in card_text(thread)
    assert en("story.passages", count=2) in card_text(thread)


async def test_a_long_passage_takes_several_messages_and_keeps_every_word(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    long = " ".join(f"The {number}th lamp was *lit*." for number in range(120))
    assert private(await world.chen.slash(thread, "story add", text=long)) == en(
        "error.passage_too_long", count=600, limit=300
    ) + "\n" + en("card.given") + "\n" + _escaped(long)
    await world.ben.slash(thread, "story rules", **{"max-words": 800})

    await world.chen.slash(thread, "story add", text=long)

    posted = prose_of(thread)
    assert len(posted) > 1
    assert all(len(content) <= 2000 for content in posted)
    whole = " ".join(posted).removesuffix(f"\n-# <@{world.chen.id}>")
    assert whole == _escaped(long)


async def test_two_write_at_once_and_both_keep_their_text(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    of_chen, of_ada = [await person.slash(thread, "story add") for person in (world.chen, world.ada)]
    await world.chen.submit_modal(of_chen, {"text": FIRST})
    told = await world.ada.submit_modal(of_ada, {"text": SECOND})

    assert private(told) == en("story.overtaken")
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST]
    assert len(prose_of(thread)) == 1
    assert told.response is not None
    again = en("button.sagain")
    stranger = await world.ada.click(told.response, label=again)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, SECOND]
    assert prose_of(thread)[1] == f"{SECOND}\n-# <@{world.ada.id}>"
    assert stranger.response is None or not buttons(stranger.response)


async def test_story_undo_and_redo(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    await write(world, world.ada, thread, SECOND)

    assert private(await world.chen.slash(thread, "story undo")) == en("error.undo_not_yours")
    undone = await world.ben.slash(thread, "story undo")
    assert SECOND in private(undone)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST]
    assert prose_of(thread)[1].startswith(f"> -# {SECOND}")
    assert en("story.taken_back") in prose_of(thread)[1]

    await world.chen.slash(thread, "story undo")
    assert await canon_of(world, thread) == []
    assert private(await world.ben.slash(thread, "story undo")) == en("error.nothing_to_undo")
    await world.env.advance_time(5)
    assert en("story.empty") in card_text(thread)

    await world.ben.slash(thread, "story redo")
    await world.ben.slash(thread, "story redo")
    await world.env.advance_time(5)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, SECOND]
    assert prose_of(thread) == [f"{FIRST}\n-# <@{world.chen.id}>", f"{SECOND}\n-# <@{world.ada.id}>"]
    assert private(await world.ben.slash(thread, "story redo")) == en("error.nothing_to_redo")


async def test_verse_that_is_taken_back_fades_however_many_lines_it_has(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    verse = "\n".join("*o*" for _ in range(250))
    await write(world, world.ada, thread, verse)
    await world.ada.slash(thread, "story undo")
    (faded,) = prose_of(thread)
    assert faded.startswith(">")
    assert en("story.taken_back") in faded


async def test_story_undo_leaves_a_branch(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    await world.ben.slash(thread, "story undo")
    await write(world, world.ada, thread, SECOND)

    assert [passage.text for passage in await canon_of(world, thread)] == [SECOND]
    tree = await world.services.publishing.tree(await story_of(world, thread))
    assert [(node.depth, node.beginning) for node in tree.nodes] == [(1, FIRST), (1, SECOND)]


async def test_a_fork_goes_its_own_way(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    await write(world, world.ada, thread, SECOND)

    await world.chen.slash(thread, "story fork", number=1)

    fork = world.channel.threads[1]
    assert fork.name == en("story.fork_title", title="The Lighthouse")
    assert FIRST in card_text(fork)
    assert en("story.forked") in card_text(fork)
    await write(world, world.chen, fork, "It stayed dark.")
    assert [passage.text for passage in await canon_of(world, fork)] == [FIRST, "It stayed dark."]
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, SECOND]
    assert prose_of(fork)[-1].startswith("It stayed dark.")
    assert (await story_of(world, fork)).host_id == world.chen.id


async def test_reading_privately_a_page_at_a_time(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await world.ben.slash(thread, "story rules", **{"max-words": 800})
    for number in range(1, 9):
        await world.chen.slash(thread, "story add", text=f"Passage number {number} began. " + "It went on. " * 80)
    await world.env.advance_time(5)

    shown = await world.ada.click(card_of(thread), label=READ)
    assert shown.response is not None
    assert shown.response.ephemeral
    seen = [texts(shown.response)]
    while not _disabled(shown, en("button.on")):
        assert shown.response is not None
        shown = await world.ada.click(shown.response, label=en("button.on"))
        seen.append(texts(shown.response))
    found = re.findall(r"Passage number (\d) began", "\n".join(seen))
    assert found == [str(number) for number in range(1, 9)]
    assert len(seen) > 1

    assert shown.response is not None
    back = await world.ada.click(shown.response, label=en("button.back"))
    assert texts(back.response) == seen[-2]
    assert back.response is not None
    first = await world.ada.click(back.response, label=en("button.sfirst"))
    assert texts(first.response) == seen[0]
    assert first.response is not None
    last = await world.ada.click(first.response, label=en("button.slast"))
    assert "Passage number 8 began" in texts(last.response)
    at = await world.ada.slash(thread, "story show", number=5)
    assert texts(at.response).startswith("Passage number 5 began")
    missing = await world.ada.slash(thread, "story show", number=9)
    assert private(missing) == en("error.passage_number", given=9, limit=8)


async def test_the_list_leads_to_every_story(world: DiscordWorld) -> None:
    assert private(await world.ben.slash(world.channel, "story list")) == en("story.list_empty")
    for number in range(8):
        await begin(world, world.ben, title=f"Tale {number}")
    listed = await world.chen.slash(world.channel, "story list")
    assert listed.response is not None
    assert en("story.list_title", count=8) in texts(listed.response)
    assert "Tale 7" in texts(listed.response)
    assert "Tale 0" not in texts(listed.response)
    second = await world.chen.click(listed.response, label=en("button.on"))
    assert "Tale 0" in texts(second.response)
    assert second.response is not None
    oldest = await world.services.story_queries.list_stories(world.guild.id, limit=1, offset=7)
    read = await world.chen.click(second.response, custom_id=f"ink:sread:{oldest[0].id}:1:0:f")
    assert en("story.no_page") in "\n".join(texts(each) for each in [read.response, *read.followups] if each)


async def test_story_autocomplete_lists_this_server_and_ones_own_first(world: DiscordWorld) -> None:
    await begin(world, world.chen, title="The Harbour")
    await begin(world, world.ben, title="The Bridge")
    offered = await world.chen.autocomplete(world.channel, "story show", "story", "the")
    assert [choice["name"] for choice in offered] == ["The Harbour", "The Bridge"]
    elsewhere = world.env.create_guild("Elsewhere", owner=world.chen.user)
    channel = elsewhere.create_text_channel("there")
    stranger = elsewhere.add_member(world.env.create_user("dora"))
    assert await stranger.autocomplete(channel, "story show", "story", "") == []

    number = offered[0]["value"]
    assert private(await stranger.slash(channel, "story show", story=number)) == en("error.story_unknown", given=number)
    by_title = await world.ben.slash(world.channel, "story show", story="the harbour")
    assert "The Harbour" in texts(by_title.response)
    assert private(await world.ben.slash(world.channel, "story undo")) == en("error.not_a_story")


async def test_story_pen_name_hides_who_wrote(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)

    async with world.services.database.transaction() as tx:
        profile = WriterProfile(server_id=world.guild.id, person_id=world.chen.id, pen_name="E. *Gull*")
        await tx.profiles.save(profile)
    await write(world, world.chen, thread, FIRST)
    assert prose_of(thread) == [f"{FIRST}\n-# E. \\*Gull\\*"]


async def test_a_withdrawn_passage_leaves_its_place(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    await write(world, world.ada, thread, SECOND)
    await world.ben.slash(thread, "story fork", title="Other")

    assert private(await world.ada.slash(thread, "story withdraw", number=1)) == en("error.not_your_passage")
    asked = await world.chen.slash(thread, "story withdraw", number=1)
    assert FIRST in private(asked)
    assert asked.response is not None
    await world.chen.click(asked.response, label=en("button.swithdraw"))
    await world.env.advance_time(5)

    first, second = await canon_of(world, thread)
    assert (first.withdrawn, first.text, first.author_id) == (True, "", None)
    assert second.text == SECOND
    assert prose_of(thread)[0] == f"-# {en('story.withdrawn')}"
    assert FIRST not in "\n".join([*prose_of(thread), card_text(thread)])
    assert private(await world.chen.slash(thread, "story withdraw", number=1)) == en("error.not_your_passage")


async def test_words_that_the_server_does_not_want(world: DiscordWorld) -> None:

    thread = await begin(world, world.ben)
    async with world.services.database.transaction() as tx:
        await tx.servers.save(ServerSettings(server_id=world.guild.id, words=("kraken",)), now_ms=1)
    refused = await write(world, world.chen, thread, "The KRAKEN woke.")
    assert en("error.word_not_here", word="kraken") in private(refused)
    assert "The KRAKEN woke." in private(refused)
    assert await canon_of(world, thread) == []
    await write(world, world.chen, thread, "What an idiot he had been.")
    assert len(await canon_of(world, thread)) == 1


async def test_switched_off_or_in_another_channel(world: DiscordWorld) -> None:

    thread = await begin(world, world.ben)
    off = ServerSettings(server_id=world.guild.id, switched_off=frozenset({"stories"}))
    async with world.services.database.transaction() as tx:
        await tx.servers.save(off, now_ms=1)
    assert private(await world.ben.slash(world.channel, "story new")) == en("error.feature_off")
    assert private(await world.ben.click(card_of(thread), label=WRITE)) == en("error.feature_off")
    assert await world.ben.autocomplete(world.channel, "story show", "story", "") == []


async def test_story_in_chinese(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.speak(monkeypatch, world.chen, "zh-CN")
    thread = await begin(world, world.chen, title="灯塔", premise="守塔人一年没有说话。")
    told = await write(world, world.chen, thread, "暴风雨的第一夜，灯灭了。")
    assert private(told) == zh("story.added", number=1)
    assert en("story.passages", count=0) in card_text(thread) or en("story.passages", count=1) in card_text(thread)


def _raw(thread: simcord.ChannelHandle) -> list[dict[str, Any]]:
    components: list[Any] = list(card_of(thread).components)
    return [item.to_dict() for item in components]


def _disabled(result: InteractionResult, label: str) -> bool:
    assert result.response is not None
    found = next(part for part in walk(result.response.components) if part.get("label") == label)
    return bool(found.get("disabled", False))


def _escaped(text: str) -> str:
    return text.replace("*", r"\*")
