"""Stories through what happens to them: hosts' decisions, threads that go, crashes, hosts that leave."""

from __future__ import annotations

from typing import Any

import discord
import pytest
import simcord
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.rules.stories import GRACE_MS
from bot.rules.text.words import split_words
from tests.behaviour.discord_world import DiscordWorld, en, private, texts, walk
from tests.behaviour.storytelling import (
    FORM,
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


async def test_story_pause_end_and_reopen(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    assert private(await world.chen.slash(thread, "story pause")) == en("error.story_hosts_only")

    await world.ben.slash(thread, "story pause")
    await world.env.advance_time(5)
    assert en("story.paused") in card_text(thread)
    assert private(await world.chen.slash(thread, "story add")) == en("error.story_paused")
    assert private(await world.ben.slash(thread, "story pause")) == en("error.story_already_paused")
    await world.ada.slash(thread, "story resume")
    await write(world, world.chen, thread, FIRST)
    await world.ben.slash(thread, "story end")
    await world.env.advance_time(5)
    assert en("story.ended") in card_text(thread)
    assert private(await world.chen.slash(thread, "story add", text="More.")).startswith(en("error.story_ended"))
    assert private(await world.ben.slash(thread, "story undo")) == en("error.story_ended")


async def test_a_form_that_was_open_when_the_story_was_paused(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    shown = await world.chen.slash(thread, "story add")
    await world.ben.slash(thread, "story pause")
    refused = await world.chen.submit_modal(shown, {"text": FIRST})
    assert en("error.story_paused") in private(refused)
    assert FIRST in private(refused)


async def test_another_title_for_story_and_thread(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await world.ben.slash(thread, "story rename", title="The  Harbour *Light*")
    assert thread.name == "The Harbour *Light*"
    await world.env.advance_time(5)
    assert r"The Harbour \*Light\*" in card_text(thread)
    shown = await world.ben.slash(thread, "story rename")
    await world.ben.submit_modal(shown, {"title": "Third", "premise": "Other."})
    story = await story_of(world, thread)
    assert (story.title, story.premise) == ("Third", "Other.")


async def test_rules_are_read_by_all_and_changed_by_hosts(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    changed = await world.ben.slash(
        thread,
        "story rules",
        **{"min-words": 3, "max-words": 5, "quorum": 4, "round-minutes": 90, "writers": "invited"},
    )
    assert en("story.rules_changed") in private(changed)
    read = await world.chen.click(card_of(thread), label=RULES)
    assert en("story.rule_words", low=3, high=5) in private(read)
    assert en("story.quorum", count=4) in private(read)
    assert private(await world.chen.slash(thread, "story rules", ai=False)) == en("error.story_hosts_only")
    assert private(await world.ben.slash(thread, "story rules", **{"min-words": 9})) == en(
        "error.words_range", low=1, high=800
    )
    assert private(await world.chen.click(card_of(thread), label=WRITE)) == en("error.story_invited_only")
    await world.ben.slash(thread, "story people", person=world.chen)
    assert private(await world.chen.slash(thread, "story add", text="Too short.")).startswith(
        en("error.passage_too_short", count=2, limit=3)
    )
    await world.chen.slash(thread, "story add", text="Just long enough.")
    assert len(await canon_of(world, thread)) == 1


async def test_words_are_counted_in_scripts_without_spaces(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await world.ben.slash(thread, "story rules", **{"min-words": 10, "max-words": 12})
    short = private(await world.ben.slash(thread, "story add", text="ภาษา"))
    assert short.startswith("That is one word; a passage of this story has at least 10.")
    for text, words in (
        ("ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรคระหว่างคำ", 11),
        ("ພາສາລາວບໍ່ມີຊ່ອງຫວ່າງລະຫວ່າງຄຳພາສາລາວບໍ່ມີຊ່ອງຫວ່າງ", 10),
        ("灯塔的灯一直亮到天明。", 11),
    ):
        assert len(split_words(text)) == words
        await world.ben.slash(thread, "story add", text=text)
    assert len(await canon_of(world, thread)) == 3


async def test_cohosts_lead_and_only_the_host_chooses_them(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await world.ben.slash(thread, "story people", person=world.chen, role="cohost")
    dora = world.guild.add_member(world.env.create_user("dora"))
    refused = await world.chen.slash(thread, "story people", person=dora, role="cohost")
    assert private(refused) == en("error.cohosts_by_host")
    await world.chen.slash(thread, "story people", person=dora)
    await world.chen.slash(thread, "story pause")
    assert (await story_of(world, thread)).state == "paused"
    await world.ben.slash(thread, "story people", person=world.chen, role="host")
    assert (await story_of(world, thread)).host_id == world.chen.id
    listed = await world.ada.slash(thread, "story people")
    assert en("story.cohosts", names=f"<@{world.ben.id}>") in private(listed)


async def test_a_host_who_left_is_noticed_and_a_cohost_follows(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await world.ben.slash(thread, "story people", person=world.chen, role="cohost")
    world.guild.remove_member(world.ben)

    await world.chen.slash(thread, "story pause")

    assert (await story_of(world, thread)).host_id == world.chen.id
    world.guild.remove_member(world.chen)
    await world.ada.slash(thread, "story resume")
    assert (await story_of(world, thread)).host_id is None
    await world.env.advance_time(5)
    assert en("story.no_host") in card_text(thread)


async def test_deleting_asks_first_and_can_be_taken_back_for_a_week(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    asked = await world.ben.slash(thread, "story delete")
    assert (await story_of(world, thread)).state == "open"
    assert asked.response is not None
    await world.ben.click(asked.response, label=en("button.sdelete"))
    await world.env.advance_time(5)
    assert _labels(thread) == [en("button.srestore")]
    assert private(await world.chen.slash(world.channel, "story list")) == en("story.list_empty")
    assert private(await world.chen.click(card_of(thread), label=en("button.srestore"))) == en("error.story_hosts_only")
    assert [choice["name"] for choice in await world.ben.autocomplete(world.channel, "story restore", "story", "")] == [
        "The Lighthouse"
    ]

    await world.ben.click(card_of(thread), label=en("button.srestore"))
    await world.env.advance_time(5)
    assert (await story_of(world, thread)).state == "open"
    assert WRITE in _labels(thread)

    again = await world.ben.slash(thread, "story delete")
    assert again.response is not None
    await world.ben.click(again.response, label=en("button.sdelete"))
    story = await story_of(world, thread)
    world.now.ahead_ms = GRACE_MS + 1000
    assert await world.services.story_queries.purge_due() in (0, 1)
    assert await world.services.story_queries.get(story.id) is None
    assert private(await world.ben.click(card_of(thread), label=en("button.srestore"))) == en("error.story_gone")


async def test_a_thread_deleted_by_hand_leaves_the_story_in_the_archive(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    story = await story_of(world, thread)
    world.env.backend.delete_channel(thread.id)
    await world.env.settle()

    kept = await world.services.story_queries.get(story.id)
    assert kept is not None
    assert kept.thread_id is None
    number = str(story.id)
    told = await world.chen.slash(world.channel, "story add", text="It stayed dark.", story=number)
    assert private(told) == en("story.added_no_thread", number=2, title="The Lighthouse")
    assert world.channel.threads == []
    assert FIRST in private(await world.chen.slash(world.channel, "story show", story=number))

    assert private(await world.chen.slash(world.other, "story reopen", story=number)) == en("error.story_hosts_only")
    await world.ben.slash(world.other, "story reopen", story=number)
    (again,) = world.other.threads
    assert "It stayed dark." in card_text(again)
    assert [content.split("\n")[0] for content in prose_of(again)] == [FIRST, "It stayed dark."]
    await write(world, world.chen, again, "Then it was morning.")
    assert prose_of(again)[-1].startswith("Then it was morning.")


async def test_a_thread_deleted_while_the_bot_was_away_is_noticed_at_the_next_post(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    story = await story_of(world, thread)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.env.backend, "emit", lambda *_: None)
        world.env.backend.delete_channel(thread.id)

    await world.chen.slash(world.channel, "story add", text=FIRST, story=str(story.id))

    kept = await world.services.story_queries.get(story.id)
    assert kept is not None
    assert kept.thread_id is None
    assert kept.head_id is not None


async def test_an_archived_thread_is_opened_before_it_is_edited(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await world.env.advance_time(5)
    world.env.backend.edit_channel(thread.id, {}, thread_metadata={"archived": True})
    await world.env.settle()
    refusal = "Thread is archived"  # SimCord lets archived threads be edited, Discord does not
    edits = f"/channels/{thread.id}/messages/{card_of(thread).id}"
    world.env.inject_error("PATCH", edits, status=400, code=50083, message=refusal)
    story = await story_of(world, thread)

    await world.ben.slash(world.channel, "story pause", story=str(story.id))

    metadata = world.env.backend.channels[thread.id].thread_metadata
    assert metadata is not None
    assert not metadata.archived
    assert en("story.paused") in card_text(thread)


async def test_permissions_that_the_bot_lacks_are_named(world: DiscordWorld) -> None:
    deny = discord.Permissions(create_public_threads=True, send_messages_in_threads=True).value
    bot = world.env.backend.bot_user.id
    world.env.backend.set_overwrite(
        world.channel.id, Overwrite(target_id=bot, type=OverwriteType.MEMBER, allow=0, deny=deny)
    )
    refused = await world.ben.slash(world.channel, "story new")
    named = ", ".join(en(f"permission.{name}") for name in ("create_public_threads", "send_messages_in_threads"))
    assert private(refused) == en("error.bot_lacks", permissions=named)


async def test_a_crash_between_the_commit_and_the_thread_heals(world: DiscordWorld) -> None:
    world.env.inject_error("POST", f"/channels/{world.channel.id}/threads", status=500)
    shown = await world.ben.slash(world.channel, "story new")
    told = await world.ben.submit_modal(shown, {**FORM, "licence": ["own"]})
    assert world.channel.threads == []
    assert en("story.opens_later", title="The Lighthouse") in private(told)

    await world.restart()
    world.now.ahead_ms += 60_000
    await world.env.advance_time(120)

    (thread,) = world.channel.threads
    assert en("story.empty") in card_text(thread)


async def test_a_thread_that_was_opened_just_before_a_crash_is_found_again(world: DiscordWorld) -> None:
    keep_discords_time(world)

    async def crash(*_: object) -> bool:
        raise OSError("the machine is off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.services.hosting), "set_thread", crash)
        shown = await world.ben.slash(world.channel, "story new")
        await world.ben.submit_modal(shown, {**FORM, "licence": ["own"]})
    assert len(world.channel.threads) == 1

    await world.restart()
    world.now.ahead_ms += 60_000
    await world.env.advance_time(120)

    (thread,) = world.channel.threads
    assert (await story_of(world, thread)).title == "The Lighthouse"
    assert len(thread.pinned_messages()) == 1


async def test_prose_that_was_sent_just_before_a_crash_is_not_sent_twice(world: DiscordWorld) -> None:
    keep_discords_time(world)
    thread = await begin(world, world.ben)
    outbox = type(world.services.outbox)

    async def crash(*_: object) -> bool:
        raise OSError("the machine is off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "mark_shown", crash)
        await write(world, world.chen, thread, FIRST)
        assert len(prose_of(thread)) == 1
    await world.restart()
    world.now.ahead_ms += 60_000
    await world.env.advance_time(120)

    assert len(prose_of(thread)) == 1
    async with world.services.database.reading() as tx:
        assert await tx.posts.next_ms() is None
    assert len(thread.pinned_messages()) == 1


async def test_prose_that_cannot_be_sent_keeps_its_place(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    world.env.inject_error("POST", f"/channels/{thread.id}/messages", status=403, code=50013)
    for text in (FIRST, "Then it was dark.", "Nobody spoke."):
        await write(world, world.chen, thread, text)
    assert prose_of(thread) == []
    assert len(await canon_of(world, thread)) == 3

    world.now.ahead_ms += 11 * 60_000
    await world.env.advance_time(120)
    assert [content.split("\n")[0] for content in prose_of(thread)] == [FIRST, "Then it was dark.", "Nobody spoke."]


async def test_a_story_is_not_for_those_who_cannot_see_its_channel(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.ben, thread, FIRST)
    story = await story_of(world, thread)
    shown = await world.ben.slash(world.other, "story list")
    assert shown.response is not None
    hidden = discord.Permissions(view_channel=True).value
    overwrite = Overwrite(target_id=world.chen.id, type=OverwriteType.MEMBER, deny=hidden)
    world.env.backend.set_overwrite(world.channel.id, overwrite)
    await world.env.settle()

    number = str(story.id)
    for name in ("show", "export", "map", "add", "fork", "rules"):
        refused = await world.chen.slash(world.other, f"story {name}", story=number)
        assert private(refused) == en("error.story_unknown", given=number), name
    assert await world.chen.autocomplete(world.other, "story show", "story", "") == []
    assert private(await world.chen.slash(world.other, "story list")) == en("story.list_empty")
    assert FIRST in private(await world.ben.slash(world.other, "story show", story=number))


async def test_a_card_deleted_by_hand_comes_again_and_prose_does_not(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, FIRST)
    await world.env.advance_time(5)
    card = card_of(thread)
    prose = next(message for message in thread.history() if message.content.startswith(FIRST))
    world.env.backend.delete_message(thread.id, card.id)
    world.env.backend.delete_message(thread.id, prose.id)
    await world.env.settle()

    await world.ben.slash(thread, "story undo")
    await world.env.advance_time(5)
    assert card_of(thread).id != card.id
    assert prose_of(thread) == []
    await world.ben.slash(thread, "story redo")
    await world.env.advance_time(5)
    assert FIRST in card_text(thread)


async def test_many_changes_edit_the_card_at_most_every_1_2_seconds(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    before = _edits(world, card_of(thread).id)
    for number in range(6):
        await write(world, world.chen, thread, f"Passage {number} came.")
    assert _edits(world, card_of(thread).id) - before == 1
    await world.env.advance_time(5)
    assert _edits(world, card_of(thread).id) - before == 2
    assert "Passage 5 came." in card_text(thread)


async def test_nobody_acts_in_a_story_of_another_server(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    story = await story_of(world, thread)
    elsewhere = world.env.create_guild("Elsewhere", owner=world.chen.user)
    channel = elsewhere.create_text_channel("there")
    stranger = elsewhere.add_member(world.env.create_user("dora"))
    own = await stranger.slash(channel, "story new")
    await stranger.submit_modal(own, {**FORM, "licence": ["own"]})
    (theirs,) = channel.threads
    for name in ("pause", "undo", "delete", "show", "export", "map", "rename", "rules"):
        refused = await stranger.slash(theirs, f"story {name}", story=str(story.id))
        assert private(refused) == en("error.story_unknown", given=str(story.id)), name


async def test_story_map_and_export(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    assert private(await world.chen.slash(thread, "story map")) == en("error.story_empty")
    await write(world, world.chen, thread, FIRST)
    await write(world, world.ada, thread, "It stayed dark.")
    await world.ben.slash(thread, "story undo")
    await write(world, world.ada, thread, "Somebody lit it again.")

    drawn = await world.chen.slash(thread, "story map")
    (card,) = [each for each in [drawn.response, *drawn.followups] if each is not None and each.components]
    assert en("story.map_title", title="The Lighthouse") in texts(card)
    assert {each.filename for each in card.attachments} == {"map.png", "map.txt"}
    for kind in ("md", "html", "epub"):
        result = await world.chen.slash(thread, "story export", format=kind, branches=True)
        (file,) = [each for answer in [result.response, *result.followups] if answer for each in answer.attachments]
        assert file.filename.endswith(kind)

    offered = (await world.chen.click(card_of(thread), label=en("button.sexport"))).response
    assert offered is not None
    assert offered.ephemeral
    result = await world.chen.click(offered, label=en("storychoice.format_epub"))
    (file,) = [each for answer in [result.response, *result.followups] if answer for each in answer.attachments]
    assert file.filename.endswith("epub")


def keep_discords_time(world: DiscordWorld) -> None:
    """Let the services' clock show what SimCord's does, which begins anew in each test."""
    world.now.set_ms += int(world.env.now().timestamp() * 1000) - world.now()


def _labels(thread: simcord.ChannelHandle) -> list[str]:
    raw: list[Any] = [item.to_dict() for item in card_of(thread).components]
    return [part["label"] for part in walk(raw) if part["type"] == 2]


def _edits(world: DiscordWorld, message_id: int) -> int:
    return sum(
        request.method == "PATCH" and request.path.endswith(f"/messages/{message_id}")
        for request in world.env.http_requests
    )
