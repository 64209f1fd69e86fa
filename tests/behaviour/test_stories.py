"""/story as people use it: beginning, writing on, taking back, reading."""

from __future__ import annotations

import re
from typing import Any

import pytest
import simcord
from simcord.results import InteractionResult

from bot.rules.profiles import Courtesy
from bot.rules.servers import ServerSettings
from storage.profiles import Courtesies
from storage.servers import Servers
from tests.behaviour.discord_world import House, buttons, en, private, texts, walk, zh
from tests.behaviour.storytelling import (
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
    labels = [part["label"] for part in walk(_raw(thread)) if part["type"] == 2]
    assert labels == [WRITE, READ, MAP, RULES]
    story = await story_of(house, thread)
    assert (story.host_id, story.server_id, story.channel_id) == (house.ben.id, house.guild.id, house.channel.id)
    assert (story.rules.ai, story.rules.licence) == (False, "cc-by-4.0")


async def test_what_cannot_be_a_story_is_refused_and_given_back(house: House) -> None:
    shown = await house.ben.slash(house.channel, "story new")
    fields = {"title": "  ", "premise": "A premise.", "writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
    refused = await house.ben.submit_modal(shown, fields)

    assert en("error.title_empty") in private(refused)
    assert "A premise." in private(refused)
    assert house.channel.threads == []


async def test_writing_on_by_command_and_by_card(house: House) -> None:
    thread = await begin(house, house.ben)

    told = await write(house, house.chen, thread, FIRST)
    assert private(told) == en("story.added", number=1)
    shown = await house.ada.click(card_of(thread), label=WRITE)
    await house.restart()
    await house.ada.submit_modal(shown, {"text": f"  {SECOND} @everyone *shouted*\n"})

    assert prose_of(thread) == [
        f"{FIRST}\n-# <@{house.chen.id}>",
        rf"{SECOND} \@everyone \*shouted\*" + f"\n-# <@{house.ada.id}>",
    ]
    first, second = await canon_of(house, thread)
    assert (first.text, first.author_id, first.origin, first.parent_id) == (FIRST, house.chen.id, "human", None)
    assert (second.parent_id, second.depth, second.author_id) == (first.id, 2, house.ada.id)
    await house.env.advance_time(5)
    assert SECOND in card_text(thread)
    assert en("story.passages", count=2) in card_text(thread)


async def test_a_long_passage_takes_several_messages_and_keeps_every_word(house: House) -> None:
    thread = await begin(house, house.ben)
    long = " ".join(f"The {number}th lamp was *lit*." for number in range(120))
    assert private(await house.chen.slash(thread, "story add", text=long)) == en(
        "error.passage_too_long", count=600, limit=300
    ) + "\n" + en("card.given") + "\n" + _escaped(long)
    await house.ben.slash(thread, "story rules", **{"max-words": 800})

    await house.chen.slash(thread, "story add", text=long)

    posted = prose_of(thread)
    assert len(posted) > 1
    assert all(len(content) <= 2000 for content in posted)
    whole = " ".join(posted).removesuffix(f"\n-# <@{house.chen.id}>")
    assert whole == _escaped(long)


async def test_two_write_at_once_and_both_keep_their_text(house: House) -> None:
    thread = await begin(house, house.ben)
    of_chen, of_ada = [await person.slash(thread, "story add") for person in (house.chen, house.ada)]
    await house.chen.submit_modal(of_chen, {"text": FIRST})
    told = await house.ada.submit_modal(of_ada, {"text": SECOND})

    assert private(told) == en("story.overtaken")
    assert [passage.text for passage in await canon_of(house, thread)] == [FIRST]
    assert len(prose_of(thread)) == 1
    assert told.response is not None
    again = en("button.sagain")
    stranger = await house.ada.click(told.response, label=again)
    assert [passage.text for passage in await canon_of(house, thread)] == [FIRST, SECOND]
    assert prose_of(thread)[1] == f"{SECOND}\n-# <@{house.ada.id}>"
    assert stranger.response is None or not buttons(stranger.response)


async def test_taking_back_and_taking_in_again(house: House) -> None:
    thread = await begin(house, house.ben)
    await write(house, house.chen, thread, FIRST)
    await write(house, house.ada, thread, SECOND)

    assert private(await house.chen.slash(thread, "story undo")) == en("error.undo_not_yours")
    undone = await house.ben.slash(thread, "story undo")
    assert SECOND in private(undone)
    assert [passage.text for passage in await canon_of(house, thread)] == [FIRST]
    assert prose_of(thread)[1].startswith(f"> -# {SECOND}")
    assert en("story.taken_back") in prose_of(thread)[1]

    await house.chen.slash(thread, "story undo")
    assert await canon_of(house, thread) == []
    assert private(await house.ben.slash(thread, "story undo")) == en("error.nothing_to_undo")
    await house.env.advance_time(5)
    assert en("story.empty") in card_text(thread)

    await house.ben.slash(thread, "story redo")
    await house.ben.slash(thread, "story redo")
    await house.env.advance_time(5)
    assert [passage.text for passage in await canon_of(house, thread)] == [FIRST, SECOND]
    assert prose_of(thread) == [f"{FIRST}\n-# <@{house.chen.id}>", f"{SECOND}\n-# <@{house.ada.id}>"]
    assert private(await house.ben.slash(thread, "story redo")) == en("error.nothing_to_redo")


async def test_verse_that_is_taken_back_fades_however_many_lines_it_has(house: House) -> None:
    thread = await begin(house, house.ada)
    verse = "\n".join("*o*" for _ in range(250))
    await write(house, house.ada, thread, verse)
    await house.ada.slash(thread, "story undo")
    (faded,) = prose_of(thread)
    assert faded.startswith(">")
    assert en("story.taken_back") in faded


async def test_what_was_taken_back_stays_as_a_branch_beside_the_new(house: House) -> None:
    thread = await begin(house, house.ben)
    await write(house, house.chen, thread, FIRST)
    await house.ben.slash(thread, "story undo")
    await write(house, house.ada, thread, SECOND)

    assert [passage.text for passage in await canon_of(house, thread)] == [SECOND]
    tree = await house.services.publishing.tree(await story_of(house, thread))
    assert [(node.depth, node.beginning) for node in tree.nodes] == [(1, FIRST), (1, SECOND)]


async def test_a_fork_goes_its_own_way(house: House) -> None:
    thread = await begin(house, house.ben)
    await write(house, house.chen, thread, FIRST)
    await write(house, house.ada, thread, SECOND)

    await house.chen.slash(thread, "story fork", number=1)

    fork = house.channel.threads[1]
    assert fork.name == en("story.fork_title", title="The Lighthouse")
    assert FIRST in card_text(fork)
    assert en("story.forked") in card_text(fork)
    await write(house, house.chen, fork, "It stayed dark.")
    assert [passage.text for passage in await canon_of(house, fork)] == [FIRST, "It stayed dark."]
    assert [passage.text for passage in await canon_of(house, thread)] == [FIRST, SECOND]
    assert prose_of(fork)[-1].startswith("It stayed dark.")
    assert (await story_of(house, fork)).host_id == house.chen.id


async def test_reading_privately_a_page_at_a_time(house: House) -> None:
    thread = await begin(house, house.ben)
    await house.ben.slash(thread, "story rules", **{"max-words": 800})
    for number in range(1, 9):
        await house.chen.slash(thread, "story add", text=f"Passage number {number} began. " + "It went on. " * 80)
    await house.env.advance_time(5)

    shown = await house.ada.click(card_of(thread), label=READ)
    assert shown.response is not None
    assert shown.response.ephemeral
    seen = [texts(shown.response)]
    while not _disabled(shown, en("button.on")):
        assert shown.response is not None
        shown = await house.ada.click(shown.response, label=en("button.on"))
        seen.append(texts(shown.response))
    found = re.findall(r"Passage number (\d) began", "\n".join(seen))
    assert found == [str(number) for number in range(1, 9)]
    assert len(seen) > 1

    assert shown.response is not None
    back = await house.ada.click(shown.response, label=en("button.back"))
    assert texts(back.response) == seen[-2]
    assert back.response is not None
    first = await house.ada.click(back.response, label=en("button.sfirst"))
    assert texts(first.response) == seen[0]
    assert first.response is not None
    last = await house.ada.click(first.response, label=en("button.slast"))
    assert "Passage number 8 began" in texts(last.response)
    at = await house.ada.slash(thread, "story show", number=5)
    assert texts(at.response).startswith("Passage number 5 began")
    missing = await house.ada.slash(thread, "story show", number=9)
    assert private(missing) == en("error.passage_number", given=9, limit=8)


async def test_the_list_leads_to_every_story(house: House) -> None:
    assert private(await house.ben.slash(house.channel, "story list")) == en("story.list_empty")
    for number in range(8):
        await begin(house, house.ben, title=f"Tale {number}")
    listed = await house.chen.slash(house.channel, "story list")
    assert listed.response is not None
    assert en("story.list_title", count=8) in texts(listed.response)
    assert "Tale 7" in texts(listed.response)
    assert "Tale 0" not in texts(listed.response)
    second = await house.chen.click(listed.response, label=en("button.on"))
    assert "Tale 0" in texts(second.response)
    assert second.response is not None
    oldest = await house.services.library.listed(house.guild.id, limit=1, offset=7)
    read = await house.chen.click(second.response, custom_id=f"ink:sread:{oldest[0].id}:1:0:f")
    assert en("story.no_page") in "\n".join(texts(each) for each in [read.response, *read.followups] if each)


async def test_names_are_completed_from_this_server_alone_and_ones_own_come_first(house: House) -> None:
    await begin(house, house.chen, title="The Harbour")
    await begin(house, house.ben, title="The Bridge")
    offered = await house.chen.autocomplete(house.channel, "story show", "story", "the")
    assert [choice["name"] for choice in offered] == ["The Harbour", "The Bridge"]
    elsewhere = house.env.create_guild("Elsewhere", owner=house.chen.user)
    channel = elsewhere.create_text_channel("there")
    stranger = elsewhere.add_member(house.env.create_user("dora"))
    assert await stranger.autocomplete(channel, "story show", "story", "") == []

    number = offered[0]["value"]
    assert private(await stranger.slash(channel, "story show", story=number)) == en("error.story_unknown", given=number)
    by_title = await house.ben.slash(house.channel, "story show", story="the harbour")
    assert "The Harbour" in texts(by_title.response)
    assert private(await house.ben.slash(house.channel, "story undo")) == en("error.not_a_story")


async def test_a_pen_name_hides_who_wrote(house: House) -> None:
    thread = await begin(house, house.ben)

    async with house.services.database.transaction() as connection:
        courtesy = Courtesy(server_id=house.guild.id, person_id=house.chen.id, pen_name="E. *Gull*")
        await Courtesies(connection).save(courtesy)
    await write(house, house.chen, thread, FIRST)
    assert prose_of(thread) == [f"{FIRST}\n-# E. \\*Gull\\*"]


async def test_a_withdrawn_passage_leaves_its_place(house: House) -> None:
    thread = await begin(house, house.ben)
    await write(house, house.chen, thread, FIRST)
    await write(house, house.ada, thread, SECOND)
    await house.ben.slash(thread, "story fork", title="Other")

    assert private(await house.ada.slash(thread, "story withdraw", number=1)) == en("error.not_your_passage")
    asked = await house.chen.slash(thread, "story withdraw", number=1)
    assert FIRST in private(asked)
    assert asked.response is not None
    await house.chen.click(asked.response, label=en("button.swithdraw"))
    await house.env.advance_time(5)

    first, second = await canon_of(house, thread)
    assert (first.withdrawn, first.text, first.author_id) == (True, "", None)
    assert second.text == SECOND
    assert prose_of(thread)[0] == f"-# {en('story.withdrawn')}"
    assert FIRST not in "\n".join([*prose_of(thread), card_text(thread)])
    assert private(await house.chen.slash(thread, "story withdraw", number=1)) == en("error.not_your_passage")


async def test_words_that_the_server_does_not_want(house: House) -> None:

    thread = await begin(house, house.ben)
    async with house.services.database.transaction() as connection:
        await Servers(connection).save(ServerSettings(server_id=house.guild.id, words=("kraken",)), now_ms=1)
    refused = await write(house, house.chen, thread, "The KRAKEN woke.")
    assert en("error.word_not_here", word="kraken") in private(refused)
    assert "The KRAKEN woke." in private(refused)
    assert await canon_of(house, thread) == []
    await write(house, house.chen, thread, "What an idiot he had been.")
    assert len(await canon_of(house, thread)) == 1


async def test_switched_off_or_in_another_channel(house: House) -> None:

    thread = await begin(house, house.ben)
    off = ServerSettings(server_id=house.guild.id, switched_off=frozenset({"stories"}))
    async with house.services.database.transaction() as connection:
        await Servers(connection).save(off, now_ms=1)
    assert private(await house.ben.slash(house.channel, "story new")) == en("error.feature_off")
    assert private(await house.ben.click(card_of(thread), label=WRITE)) == en("error.feature_off")
    assert await house.ben.autocomplete(house.channel, "story show", "story", "") == []


async def test_in_chinese(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.speak(monkeypatch, house.chen, "zh-CN")
    thread = await begin(house, house.chen, title="灯塔", premise="守塔人一年没有说话。")
    told = await write(house, house.chen, thread, "暴风雨的第一夜，灯灭了。")
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
