"""Discord lets nothing be posted in a story's thread: nothing is lost or out of order, and people are told."""

from __future__ import annotations

import pytest

from bot.rules.posts import Post
from tests.behaviour.discord_world import DiscordWorld, en, private
from tests.behaviour.storytelling import begin, prose_of, write

FIRST, SECOND, THIRD = "The lamp went out.", "Nobody came to light it.", "The sea was loud."
LONG = " ".join(f"The {number}th lamp was incandescently lit." for number in range(100))
REFUSED = en("story.refused", thread="{thread}", why="{why}").partition("{thread}")[0]
REFUSED_HOST = en("story.refused_host", thread="{thread}", title="", why="").partition("{thread}")[0]


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (403, 50013, en("story.refused_other", code=50013)),
        (403, 50001, en("story.refused_other", code=50001)),
        (400, 200000, en("story.refused_automod")),
        (400, 50035, en("story.refused_other", code=50035)),
    ],
)
async def test_writers_and_hosts_hear_what_cannot_be_posted_and_it_follows_in_order(
    world: DiscordWorld, status: int, code: int, why: str
) -> None:
    thread = await begin(world, world.ada)
    world.env.inject_error("POST", f"/channels/{thread.id}/messages", status=status, code=code, times=None)
    for text in (FIRST, SECOND):
        told = private(await write(world, world.ben, thread, text))
        assert REFUSED in told
        assert why in told
    assert prose_of(thread) == []
    first = private(await world.ada.slash(world.channel, "story undo"))
    assert first.startswith(en("error.not_a_story")), "the next command, whether it succeeds or not"
    assert REFUSED_HOST in first
    assert why in first
    assert REFUSED_HOST not in private(await world.ada.slash(world.channel, "story list")), "once"
    assert REFUSED_HOST not in private(await world.chen.slash(world.channel, "story list")), "not to everybody"

    world.env.backend.faults.clear()
    world.env.bot.dispatch("guild_channel_update", None, None)  # permissions may have changed
    await world.until(lambda: len(prose_of(thread)) == 2)
    assert REFUSED not in private(await write(world, world.ben, thread, THIRD))
    await world.until(lambda: len(prose_of(thread)) == 3)
    assert [shown.partition("\n")[0] for shown in prose_of(thread)] == [FIRST, SECOND, THIRD]


async def test_what_was_taken_back_before_anybody_saw_it_is_not_posted(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    world.env.inject_error("POST", f"/channels/{thread.id}/messages", status=400, code=200000, times=None)
    await write(world, world.ben, thread, FIRST)
    await world.ben.slash(thread, "story undo")
    await write(world, world.ben, thread, SECOND)
    world.env.backend.faults.clear()
    world.env.bot.dispatch("guild_channel_update", None, None)
    await world.until(lambda: prose_of(thread) != [])
    assert [shown.partition("\n")[0] for shown in prose_of(thread)] == [SECOND]


@pytest.mark.parametrize("restarted", [False, True])
async def test_the_rest_of_a_long_passage_comes_before_what_was_written_behind_it(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    thread = await begin(world, world.ada)
    await world.ada.slash(thread, "story rules", **{"max-words": 800})
    outbox = world.services.outbox
    shown = outbox.mark_shown
    world.env.inject_error("POST", f"/channels/{thread.id}/messages", status=403, code=50013, times=None)
    refusal = world.env.backend.faults.pop()

    async def shown_then_refused(post: Post, message_id: int | None) -> bool:
        """Refuse every message behind the first one of a passage."""
        if post.kind == "passage":
            world.env.backend.faults.append(refusal)
        return await shown(post, message_id)

    monkeypatch.setattr(outbox, "mark_shown", shown_then_refused)
    await world.ben.slash(thread, "story add", text=LONG)
    await write(world, world.ben, thread, SECOND)
    assert len(prose_of(thread)) == 1

    monkeypatch.undo()
    world.env.backend.faults.clear()
    if restarted:
        await world.restart()
    else:
        world.env.bot.dispatch("guild_channel_update", None, None)
    await world.until(lambda: SECOND in prose_of(thread)[-1])
    *long, second = prose_of(thread)
    assert len(long) == 3
    assert " ".join(long) == f"{LONG}\n-# <@{world.ben.id}>"
    assert second.partition("\n")[0] == SECOND
