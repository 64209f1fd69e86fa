"""The lorebook: who decides about memory and lore, in one transaction, and what is then to be shown."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.lore import MAX_ENTRIES, MAX_PROPOSED
from bot.rules.posts import Post
from bot.rules.servers import ServerSettings
from bot.rules.stories import NewStory, Story, StoryRules, StoryState
from bot.stories.access import Who
from bot.stories.context import context_of
from bot.stories.lore import LoreService
from storage.database import Database

SERVER, CHANNEL, THREAD, ELSEWHERE = 1, 20, 30, 40
HOST, WRITER, OTHER, MANAGER = 7, 8, 9, 10
host, writer, other = (Who(SERVER, person) for person in (HOST, WRITER, OTHER))
manager = Who(SERVER, MANAGER, manages=True)


@pytest.fixture
def book(database: Database) -> LoreService:
    return LoreService(database)


@pytest.fixture
async def story(database: Database) -> Story:
    return await begin(database)


async def begin(database: Database, *, rules: StoryRules | None = None, server_id: int = SERVER) -> Story:
    new = NewStory(
        server_id=server_id, channel_id=CHANNEL, host_id=HOST, title="Lamp", premise="", rules=rules or StoryRules()
    )
    async with database.transaction() as tx:
        story = await tx.stories.add(new, now_ms=1)
        story = dataclasses.replace(story, thread_id=THREAD + story.id)
        await tx.stories.save(story)
        return story


async def post_of(database: Database, lore_id: int) -> Post | None:
    async with database.reading() as tx:
        return await tx.posts.get("lore", lore_id)


async def set_state(database: Database, story: Story, state: StoryState) -> None:
    async with database.transaction() as tx:
        await tx.stories.save(dataclasses.replace(story, state=state))


async def test_lore_told_to_models_is_the_servers_then_the_storys(
    database: Database, book: LoreService, story: Story
) -> None:
    neighbour = await begin(database)
    theirs = await book.propose(host, story.id, "memory", "Of the story.", channel_id=CHANNEL)
    servers = await book.propose(manager, None, "memory", "Of the server.", channel_id=CHANNEL)
    await book.propose(host, neighbour.id, "memory", "Of another story.", channel_id=CHANNEL)
    await book.propose(writer, story.id, "memory", "Only proposed.", channel_id=CHANNEL)
    lamp = await book.propose(host, story.id, "lore", "Whale oil.", "lamp", channel_id=CHANNEL)
    sea = await book.propose(manager, None, "lore", "Salt.", "lamp, sea", channel_id=CHANNEL)

    async def near(server_id: int, text: str) -> list[str]:
        async with database.reading() as tx:
            context = await context_of(tx, dataclasses.replace(story, server_id=server_id), None, text)
        return [piece.label for piece in context.near]

    memory = [f"memory {entry.id}" for entry in (theirs, servers)]
    assert await near(SERVER, "The Lamp went out.") == [*memory, f"lore {lamp.id}", f"lore {sea.id}"]
    assert await near(SERVER, "The seaside.") == memory
    assert await near(SERVER + 1, "The Lamp went out.") == []


async def test_entry_card_is_due_where_the_entry_belongs(database: Database, book: LoreService, story: Story) -> None:
    theirs = await book.propose(writer, story.id, "memory", "One.", channel_id=ELSEWHERE)
    servers = await book.propose(writer, None, "memory", "Two.", channel_id=ELSEWHERE)
    for entry, channel_id in ((theirs, story.thread_id), (servers, ELSEWHERE)):
        post = await post_of(database, entry.id)
        assert post is not None
        assert (post.channel_id, post.wanted_version, post.shown_version) == (channel_id, 1, 0)

    await book.vote(other, theirs.id, True, channel_id=ELSEWHERE)
    post = await post_of(database, theirs.id)
    assert post is not None
    assert post.wanted_version == 2


async def test_votes_that_come_at_once_decide_once(database: Database, book: LoreService, story: Story) -> None:
    entry = await book.propose(writer, story.id, "memory", "One.", channel_id=CHANNEL)
    voters = [Who(SERVER, 100 + number) for number in range(12)]

    told = await asyncio.gather(
        *(book.vote(voter, entry.id, True, channel_id=CHANNEL) for voter in voters), return_exceptions=True
    )

    refused = [each for each in told if isinstance(each, BaseException)]
    assert len(refused) == 9
    assert all(isinstance(each, Gone) and each.key == "lore_already_ratified" for each in refused)
    shown = await book.get(entry.id)
    assert shown is not None
    assert (shown.entry.state, shown.tally.agreeing, shown.tally.disagreeing) == ("ratified", 3, 0)


async def test_lore_two_decisions_at_once(book: LoreService, story: Story) -> None:
    entry = await book.propose(writer, story.id, "memory", "One.", channel_id=CHANNEL)
    told = await asyncio.gather(
        book.decide(host, entry.id, True, channel_id=CHANNEL),
        book.decide(manager, entry.id, False, channel_id=CHANNEL),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, Gone) for each in told) == [False, True]
    shown = await book.get(entry.id)
    assert shown is not None
    assert shown.entry.state in ("ratified", "rejected")


async def test_lore_who_decides(book: LoreService, story: Story) -> None:
    entry = await book.propose(writer, story.id, "memory", "One.", channel_id=CHANNEL)
    servers = await book.propose(host, None, "memory", "Two.", channel_id=CHANNEL)
    assert (entry.state, servers.state) == ("proposed", "proposed")
    for who in (writer, other):
        with pytest.raises(NotAllowed, match="story_hosts_only"):
            await book.decide(who, entry.id, True, channel_id=CHANNEL)
    for who in (host, writer):
        with pytest.raises(NotAllowed, match="lore_managers_only"):
            await book.decide(who, servers.id, True, channel_id=CHANNEL)
    assert (await book.decide(manager, servers.id, False, channel_id=CHANNEL)).entry.state == "rejected"
    assert (await book.decide(manager, entry.id, True, channel_id=CHANNEL)).entry.state == "ratified"


async def test_lore_is_written_and_voted_on_by_those_who_may(database: Database, book: LoreService) -> None:
    closed = await begin(database, rules=StoryRules(writers="invited", voters="writers"))
    entry = await book.propose(manager, closed.id, "memory", "One.", channel_id=CHANNEL)
    assert entry.state == "ratified"
    with pytest.raises(NotAllowed, match="story_invited_only"):
        await book.propose(writer, closed.id, "memory", "Two.", channel_id=CHANNEL)
    async with database.transaction() as tx:
        await tx.stories.set_role(closed.id, WRITER, "invited", True)
    proposed = await book.propose(writer, closed.id, "memory", "Two.", channel_id=CHANNEL)
    with pytest.raises(NotAllowed, match="story_voters_only"):
        await book.vote(other, proposed.id, True, channel_id=CHANNEL)
    assert (await book.vote(writer, proposed.id, True, channel_id=CHANNEL)).tally.agreeing == 1


async def test_lore_of_another_server_is_as_good_as_none(book: LoreService, story: Story) -> None:
    entry = await book.propose(writer, story.id, "memory", "One.", channel_id=CHANNEL)
    stranger = Who(SERVER + 1, HOST, manages=True)
    for act in (
        book.vote(stranger, entry.id, True, channel_id=CHANNEL),
        book.decide(stranger, entry.id, True, channel_id=CHANNEL),
        book.remove(stranger, entry.id),
        book.find(stranger, entry.id),
    ):
        with pytest.raises(Gone, match="lore_gone"):
            await act
    with pytest.raises(Gone, match="story_gone"):
        await book.propose(stranger, story.id, "memory", "Two.", channel_id=CHANNEL)
    assert await book.list_entries(SERVER + 1, None, limit=9) == []


async def test_stories_that_rest_and_that_are_deleted(database: Database, book: LoreService, story: Story) -> None:
    entry = await book.propose(writer, story.id, "memory", "One.", channel_id=CHANNEL)
    await set_state(database, story, "paused")
    with pytest.raises(NotHere, match="story_paused"):
        await book.propose(writer, story.id, "memory", "Two.", channel_id=CHANNEL)
    with pytest.raises(NotHere, match="story_paused"):
        await book.vote(other, entry.id, True, channel_id=CHANNEL)
    assert (await book.propose(host, story.id, "memory", "Two.", channel_id=CHANNEL)).state == "ratified"
    await set_state(database, story, "deleted")
    for act in (
        book.propose(host, story.id, "memory", "Three.", channel_id=CHANNEL),
        book.decide(host, entry.id, True, channel_id=CHANNEL),
        book.remove(host, entry.id),
    ):
        with pytest.raises(NotHere, match="story_deleted"):
            await act


async def test_entry_that_is_removed_leaves_nothing_but_a_card_to_take_down(
    database: Database, book: LoreService, story: Story
) -> None:
    entry = await book.propose(writer, story.id, "memory", "One.", channel_id=CHANNEL)
    await book.vote(other, entry.id, True, channel_id=CHANNEL)
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        await book.remove(other, entry.id)
    assert await book.remove(writer, entry.id) == entry
    assert await book.get(entry.id) is None
    post = await post_of(database, entry.id)
    assert post is not None
    assert post.wanted_version > post.shown_version
    async with database.reading() as tx:
        assert await tx.lore.tally(entry.id) == (0, 0)


async def test_word_list_holds_for_entries_and_their_triggers(
    database: Database, book: LoreService, story: Story
) -> None:
    async with database.transaction() as tx:
        await tx.servers.save(ServerSettings(server_id=SERVER, words=("clown",)), now_ms=1)
    for text, triggers in (("A clown.", "circus"), ("A man.", "clown")):
        with pytest.raises(BadInput, match="word_not_here"):
            await book.propose(host, story.id, "lore", text, triggers, channel_id=CHANNEL)
    assert await book.list_entries(SERVER, story.id, limit=9) == []


async def test_lore_has_room_for_so_many_entries(database: Database, book: LoreService, story: Story) -> None:
    for number in range(MAX_PROPOSED):
        last = await book.propose(writer, story.id, "memory", f"Fact {number}.", channel_id=CHANNEL)
    with pytest.raises(BadInput, match="lore_waiting"):
        await book.propose(writer, story.id, "memory", "One more.", channel_id=CHANNEL)
    await book.propose(writer, None, "memory", "Of the server.", channel_id=CHANNEL)
    await book.decide(host, last.id, True, channel_id=CHANNEL)
    await book.propose(writer, story.id, "memory", "One more.", channel_id=CHANNEL)

    async with database.transaction() as tx:
        for _ in range(MAX_ENTRIES - MAX_PROPOSED - 1):
            await tx.lore.add(
                server_id=SERVER, story_id=story.id, kind="memory", triggers=(), text="x", state="ratified",
                proposed_by=None, now_ms=1,
            )  # fmt: skip
    with pytest.raises(BadInput, match="lore_full"):
        await book.propose(host, story.id, "lore", "Full.", "full", channel_id=CHANNEL)


async def test_lore_of_somebody_who_leaves_is_deleted(database: Database, book: LoreService, story: Story) -> None:
    taken = await book.propose(writer, story.id, "memory", "Taken.", channel_id=CHANNEL)
    await book.decide(host, taken.id, True, channel_id=CHANNEL)
    waiting = await book.propose(writer, story.id, "memory", "Waiting.", channel_id=CHANNEL)
    others = await book.propose(other, story.id, "memory", "Others.", channel_id=CHANNEL)
    await book.vote(writer, others.id, True, channel_id=CHANNEL)

    async with database.transaction() as tx:
        for post in await tx.posts.list_due(1000, 10):
            await tx.posts.mark_shown(post.id, wanted=post.wanted_version, message_id=post.id)
        assert await tx.posts.list_due(1000, 10) == []
        await tx.privacy.delete(WRITER)

    assert await book.get(waiting.id) is None
    kept = await book.get(taken.id)
    assert kept is not None
    assert (kept.entry.text, kept.entry.state, kept.entry.proposed_by) == ("Taken.", "ratified", None)
    undecided = await book.get(others.id)
    assert undecided is not None
    assert undecided.tally.agreeing == 0
    async with database.reading() as tx:
        assert {post.ref_id for post in await tx.posts.list_due(1000, 10)} == {taken.id, waiting.id, others.id}
