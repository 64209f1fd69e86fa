"""What people and hosts do with stories, on a real database: what is kept, and what has then to be shown."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.posts import Post
from bot.rules.provenance import of_human
from bot.rules.stories import GRACE_MS, NewPassage, NewStory, Passage, Story, TreeNode
from bot.stories.access import Who
from bot.stories.branches import branches_of, path_of
from bot.stories.canon import advance
from bot.stories.hosting import HostingService
from bot.stories.passages import PassageService
from bot.stories.queries import StoryQueries
from storage.database import Database, open_database
from tests.support.clocks import epoch
from tests.support.databases import furnish

SERVER, CHANNEL, THREAD = 10, 20, 30
HOST, BEN, CHEN = Who(SERVER, 1), Who(SERVER, 2), Who(SERVER, 3)
MANAGER = Who(SERVER, 9, manages=True)
STRANGER = Who(11, 2, manages=True)


@dataclass
class Shelf:
    """A database with its services, and the time."""

    database: Database
    now_ms: int = 1_000_000

    def __post_init__(self) -> None:
        self.database.now = self.now
        self.story_queries = StoryQueries(self.database)
        self.passage_service = PassageService(self.database)
        self.hosting = HostingService(self.database)

    def now(self) -> int:
        return self.now_ms

    async def begin(self, *texts: str, thread: int = THREAD, **rules: object) -> Story:
        """A story with a thread and some passages."""
        new = NewStory(server_id=SERVER, channel_id=CHANNEL, host_id=HOST.person_id, title="Tale", premise="")
        story = await self.passage_service.start(new)
        assert await self.hosting.set_thread(story.id, thread)
        if rules:
            await self.hosting.set_rules(HOST, story.id, **rules)  # type: ignore[arg-type]  # some of the rules
        for text in texts:
            await self.add(story, text)
        return await self.story_queries.find(SERVER, story.id)

    async def add(self, story: Story, text: str, who: Who = BEN) -> None:
        """Write behind the present head."""
        head = (await self.story_queries.find(SERVER, story.id)).head_id
        assert not (await self.passage_service.add_passage(who, story.id, text, head)).overtaken

    async def texts(self, story: Story) -> list[str]:
        """The canon."""
        return [passage.text for passage in await self.canon(await self.story_queries.find(SERVER, story.id))]

    async def post(self, passage_id: int) -> Post:
        """The post of a passage."""
        async with self.database.reading() as tx:
            post = await tx.posts.get("passage", passage_id)
        assert post is not None
        return post

    async def canon(self, story: Story) -> list[Passage]:
        """The canon of a story as it was read, in reading order."""
        if story.head_id is None:
            return []
        async with self.database.reading() as tx:
            return await tx.passages.list_canon(story.head_id)

    async def nodes(self, story: Story) -> list[TreeNode]:
        """The tree that a story stands on."""
        async with self.database.reading() as tx:
            return await tx.passages.list_nodes(story.tree_id)

    async def posts(self, channel: int = THREAD) -> list[Post]:
        """What is to be shown, or on show, in a channel."""
        async with self.database.reading() as tx:
            return await tx.posts.list_of_channel(channel)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    async with open_database(furnish(tmp_path / "data"), epoch) as database:
        yield Shelf(database)


async def test_story_waits_for_its_thread_and_then_shows_its_last_passages(shelf: Shelf) -> None:
    new = NewStory(server_id=SERVER, channel_id=CHANNEL, host_id=1, title="  A\n tale ", premise=" So. ")
    story = await shelf.passage_service.start(new)
    assert (story.title, story.premise, story.thread_id) == ("A tale", "So.", None)
    for number in range(5):
        await shelf.add(story, f"{number}.")
    assert [(post.kind, post.ref_id) for post in await shelf.posts(CHANNEL)] == [("story", story.id)]

    assert await shelf.hosting.set_thread(story.id, THREAD)
    assert not await shelf.hosting.set_thread(story.id, THREAD + 1)

    posts = await shelf.posts()
    assert [post.kind for post in posts] == ["story", "passage", "passage", "passage"]
    assert [post.ref_id for post in posts[1:]] == [3, 4, 5]
    assert await shelf.posts(CHANNEL) == []


async def test_passage_must_keep_to_the_lengths_of_its_story(shelf: Shelf) -> None:
    story = await shelf.begin(min_words=2, max_words=4)
    for text, key in {
        " \n": "text_empty",
        "One.": "passage_too_short",
        "One two three four five.": "passage_too_long",
        "x" * 4001: "text_too_long",
    }.items():
        with pytest.raises(BadInput, match=key):
            await shelf.passage_service.add_passage(BEN, story.id, text, None)
    await shelf.passage_service.add_passage(BEN, story.id, "灯灭了。", None)
    assert await shelf.texts(story) == ["灯灭了。"]


async def test_passage_that_was_overtaken_is_kept_as_a_branch(shelf: Shelf) -> None:
    story = await shelf.begin("First.")
    head = story.head_id
    await shelf.passage_service.add_passage(BEN, story.id, "Faster.", head)
    late = await shelf.passage_service.add_passage(CHEN, story.id, "Slower.", head)
    assert late.overtaken
    assert await shelf.texts(story) == ["First.", "Faster."]
    assert len([post for post in await shelf.posts() if post.kind == "passage"]) == 2

    with pytest.raises(NotAllowed, match="not_your_passage"):
        await shelf.passage_service.behind_newest(BEN, story.id, late.passage.id)
    copy = await shelf.passage_service.behind_newest(CHEN, story.id, late.passage.id)
    assert (copy.depth, copy.author_id, copy.original_id) == (3, CHEN.person_id, late.passage.id)
    assert await shelf.texts(story) == ["First.", "Faster.", "Slower."]
    with pytest.raises(NotHere, match="passage_stands"):
        await shelf.passage_service.behind_newest(CHEN, story.id, late.passage.id)


async def test_head_of_another_tree_is_refused(shelf: Shelf) -> None:
    story, other = await shelf.begin("First."), await shelf.begin("Other.", thread=THREAD + 1)
    with pytest.raises(Gone, match="passage_gone"):
        await shelf.passage_service.add_passage(BEN, story.id, "Lost?", other.head_id)
    with pytest.raises(Gone, match="passage_gone"):
        await shelf.passage_service.withdraw(BEN, story.id, other.head_id or 0)


async def test_queries_redo_leads_where_canon_went_last(shelf: Shelf) -> None:
    story = await shelf.begin("First.", "Second.")
    await shelf.passage_service.undo(BEN, story.id)
    await shelf.add(story, "Another second.", CHEN)
    await shelf.passage_service.undo(HOST, story.id)
    again = await shelf.passage_service.redo(HOST, story.id)
    assert again.text == "Another second."
    with pytest.raises(NotHere, match="nothing_to_redo"):
        await shelf.passage_service.redo(HOST, story.id)


async def test_fork_goes_back_and_on_by_itself(shelf: Shelf) -> None:
    story = await shelf.begin("One.", "Two.", "Three.")
    fork = await shelf.passage_service.fork(HOST, story.id, "Fork", 1, CHANNEL)
    assert await shelf.hosting.set_thread(fork.id, THREAD + 1)
    with pytest.raises(NotHere, match="nothing_to_redo"):
        await shelf.passage_service.redo(HOST, fork.id)
    await shelf.passage_service.undo(HOST, story.id)
    await shelf.passage_service.undo(HOST, story.id)
    await shelf.add(fork, "Elsewhere.")
    await shelf.passage_service.redo(HOST, story.id)
    assert await shelf.texts(story) == ["One.", "Two."]
    await shelf.passage_service.undo(HOST, fork.id)
    await shelf.passage_service.undo(HOST, fork.id)
    await shelf.passage_service.redo(HOST, story.id)
    await shelf.passage_service.redo(HOST, fork.id)
    await shelf.passage_service.redo(HOST, fork.id)
    assert await shelf.texts(story) == ["One.", "Two.", "Three."]
    assert await shelf.texts(fork) == ["One.", "Elsewhere."]


async def test_inserted_passage_is_followed_by_what_stood_there(shelf: Shelf) -> None:
    story = await shelf.begin("One.", "Two.", "Three.")
    first, second, _ = await shelf.canon(story)
    new = NewPassage(
        tree_id=story.tree_id,
        parent_id=first.id,
        text="And a half.",
        author_id=None,
        pen_name=None,
        origin="gpt",
        spans=of_human("And a half."),
    )
    async with shelf.database.transaction() as tx:
        inserted = await advance(tx, story, new, follow_id=second.id)
    assert await shelf.texts(story) == ["One.", "And a half.", "Two.", "Three."]
    found = await shelf.story_queries.get_posted_passage(await shelf.post(second.id))
    assert found is not None
    assert found.is_canon, "a passage whose copy is canon is part of the story"
    await shelf.passage_service.undo(HOST, story.id)
    await shelf.passage_service.undo(HOST, story.id)
    assert await shelf.texts(story) == ["One.", "And a half."]
    await shelf.passage_service.redo(HOST, story.id)
    await shelf.passage_service.redo(HOST, story.id)
    assert await shelf.texts(story) == ["One.", "And a half.", "Two.", "Three."]
    assert inserted.depth == 2


async def test_withdrawing_empties_every_copy(shelf: Shelf) -> None:
    story = await shelf.begin("One.", "Two.", "Three.")
    _, second, third = await shelf.canon(story)
    async with shelf.database.transaction() as tx:
        await tx.passages.copy_path(None, second.id, third.id)
    await shelf.passage_service.withdraw(BEN, story.id, second.id)
    nodes = await shelf.nodes(story)
    assert [(node.beginning, node.withdrawn) for node in nodes] == [
        ("One.", False),
        ("", True),
        ("Three.", False),
        ("", True),
        ("Three.", False),
    ]


async def test_fork_shares_the_tree_and_not_the_rest(shelf: Shelf) -> None:
    story = await shelf.begin("One.", "Two.", writers="anyone")
    fork = await shelf.passage_service.fork(CHEN, story.id, "Other", 1, 21)
    assert (fork.tree_id, fork.fork_of, fork.host_id, fork.channel_id) == (story.tree_id, story.id, 3, 21)
    await shelf.add(fork, "Elsewhere.", CHEN)
    assert await shelf.texts(fork) == ["One.", "Elsewhere."]
    assert await shelf.texts(story) == ["One.", "Two."]
    with pytest.raises(BadInput, match="passage_number"):
        await shelf.passage_service.fork(CHEN, story.id, "Other", 3, 21)
    await shelf.hosting.set_rules(HOST, story.id, writers="invited")
    with pytest.raises(NotAllowed, match="story_invited_only"):
        await shelf.passage_service.fork(CHEN, story.id, "Other", None, 21)


async def test_story_of_another_server_is_out_of_reach(shelf: Shelf) -> None:
    story = await shelf.begin("One.")
    for attempt in (
        shelf.story_queries.find(STRANGER.server_id, story.id),
        shelf.passage_service.add_passage(STRANGER, story.id, "Mine.", story.head_id),
        shelf.passage_service.undo(STRANGER, story.id),
        shelf.passage_service.withdraw(STRANGER, story.id, story.head_id or 0),
        shelf.passage_service.fork(STRANGER, story.id, "Mine", None, 5),
        shelf.hosting.move(STRANGER, story.id, "deleted"),
        shelf.hosting.set_rules(STRANGER, story.id, ai=False),
        shelf.hosting.hand_over(STRANGER, story.id, 2),
        shelf.hosting.reopen(STRANGER, story.id, 5),
    ):
        with pytest.raises(Gone, match="story_gone"):
            await attempt
    with pytest.raises(NotHere, match="not_a_story"):
        await shelf.story_queries.find_here(STRANGER.server_id, THREAD)
    assert await shelf.texts(story) == ["One."]


async def test_title_finds_the_story_that_somebody_means(shelf: Shelf) -> None:
    for number, title in enumerate(("The Harbour", "The Harbour Wall", "17", "Twin", "Twin")):
        new = NewStory(server_id=SERVER, channel_id=CHANNEL, host_id=number, title=title, premise="")
        await shelf.passage_service.start(new)
    assert (await shelf.story_queries.find_named(SERVER, "the  harbour")).title == "The Harbour"
    assert (await shelf.story_queries.find_named(SERVER, "wall")).title == "The Harbour Wall"
    assert (await shelf.story_queries.find_named(SERVER, "17")).title == "17"
    assert (await shelf.story_queries.find_named(SERVER, "2")).title == "The Harbour Wall"
    assert (await shelf.story_queries.find_named(SERVER, "twin", person_id=4)).host_id == 4
    with pytest.raises(BadInput, match="story_ambiguous"):
        await shelf.story_queries.find_named(SERVER, "twin")
    for given in ("lighthouse", "", "999", "%"):
        with pytest.raises(BadInput, match="story_unknown"):
            await shelf.story_queries.find_named(SERVER, given)


async def test_deleted_story_goes_for_good_after_its_time(shelf: Shelf) -> None:
    story = await shelf.begin("One.")
    kept = await shelf.begin("Other.", thread=THREAD + 1)
    await shelf.hosting.move(HOST, story.id, "deleted")
    with pytest.raises(NotHere, match="story_deleted"):
        await shelf.passage_service.add_passage(BEN, story.id, "More.", story.head_id)
    shelf.now_ms += GRACE_MS - 1
    assert await shelf.story_queries.purge_due() == 0
    await shelf.hosting.restore(HOST, story.id)
    with pytest.raises(NotHere, match="not_deleted"):
        await shelf.hosting.restore(HOST, story.id)
    await shelf.hosting.move(HOST, story.id, "deleted")
    assert await shelf.story_queries.next_purge_ms() == shelf.now_ms + GRACE_MS
    shelf.now_ms += GRACE_MS
    assert await shelf.story_queries.purge_due() == 1
    assert await shelf.story_queries.get(story.id) is None
    assert await shelf.posts() == []
    assert await shelf.texts(kept) == ["Other."]


async def test_lost_thread_waits_for_somebody_to_open_another(shelf: Shelf) -> None:
    story = await shelf.begin("One.")
    await shelf.hosting.forget_thread(THREAD)
    await shelf.add(story, "Two.")
    await shelf.hosting.rename(HOST, story.id, "New")
    assert await shelf.posts() == await shelf.posts(CHANNEL) == []

    await shelf.hosting.reopen(MANAGER, story.id, 77)
    assert [post.kind for post in await shelf.posts(77)] == ["story"]
    await shelf.hosting.set_thread(story.id, 78)
    assert [(post.kind, post.message_id) for post in await shelf.posts(78)] == [
        ("story", None),
        ("passage", None),
        ("passage", None),
    ]
    assert (await shelf.story_queries.find_here(SERVER, 78)).channel_id == 77


async def test_queries_roles(shelf: Shelf) -> None:
    story = await shelf.begin(writers="invited")
    with pytest.raises(NotAllowed, match="story_invited_only"):
        await shelf.passage_service.add_passage(BEN, story.id, "One.", None)
    await shelf.hosting.set_role(HOST, story.id, BEN.person_id, "invited", True)
    await shelf.add(story, "One.")
    await shelf.hosting.set_role(BEN, story.id, BEN.person_id, "invited", False)
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        await shelf.hosting.set_role(BEN, story.id, BEN.person_id, "cohost", True)
    with pytest.raises(BadInput, match="role_host"):
        await shelf.hosting.set_role(MANAGER, story.id, HOST.person_id, "cohost", True)
    await shelf.hosting.set_role(HOST, story.id, CHEN.person_id, "cohost", True)
    with pytest.raises(NotAllowed, match="cohosts_by_host"):
        await shelf.hosting.hand_over(CHEN, story.id, CHEN.person_id)
    left = await shelf.hosting.host_left(await shelf.story_queries.find(SERVER, story.id))
    assert left.host_id == CHEN.person_id
    assert (await shelf.hosting.people(left))["cohost"] == frozenset()
    assert (await shelf.hosting.host_left(left)).host_id is None


async def test_story_after_a_long_way_of_writing_taking_back_and_forking(shelf: Shelf) -> None:
    """Whatever is done, each story reads as a plain list would, and no text is ever lost."""
    chance = random.Random(11)
    stories = [await shelf.begin()]
    canon: dict[int, list[str]] = {stories[0].id: []}
    undone: dict[int, list[str]] = {stories[0].id: []}
    written = 0
    for number in range(160):
        story = chance.choice(stories)
        texts = canon[story.id]
        action = chance.choice(["add", "add", "add", "undo", "redo", "fork"])
        if action == "add":
            await shelf.add(story, f"Passage {number}.")
            texts.append(f"Passage {number}.")
            written += 1
            undone[story.id] = []
        elif action == "undo" and texts:
            undone[story.id].append(texts.pop())
            assert (await shelf.passage_service.undo(HOST, story.id)).text == undone[story.id][-1]
        elif action == "redo" and undone[story.id]:
            texts.append(undone[story.id].pop())
            assert (await shelf.passage_service.redo(HOST, story.id)).text == texts[-1]
        elif action == "fork" and texts and len(stories) < 4:
            at = chance.randint(1, len(texts))
            fork = await shelf.passage_service.fork(HOST, story.id, f"Fork {number}", at, CHANNEL)
            assert await shelf.hosting.set_thread(fork.id, 100 + number)
            stories.append(fork)
            canon[fork.id] = texts[:at]
            undone[fork.id] = []
        assert await shelf.texts(story) == texts
    assert [await shelf.texts(story) for story in stories] == [canon[story.id] for story in stories]
    nodes = await shelf.nodes(stories[0])
    assert len(nodes) == written
    told = {passage.id for passage in await shelf.canon(await shelf.story_queries.find(SERVER, stories[0].id))}
    for story in stories:
        now = await shelf.story_queries.find(SERVER, story.id)
        if now.head_id is not None:
            assert path_of(nodes, now.head_id) == [passage.id for passage in await shelf.canon(now)]
    chains = branches_of(nodes, told)
    beside = [node.id for chain in chains for node in chain]
    assert sorted([*told, *beside]) == [node.id for node in nodes]
    for chain in chains:
        assert all(one.id == two.parent_id for one, two in itertools.pairwise(chain))
