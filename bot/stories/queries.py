"""Finding and reading stories. Writing in them is `passages`', decisions about them are `hosting`'s."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.errors import BadInput
from bot.rules import stories as rules
from bot.rules.posts import Post
from bot.rules.stories import Passage, Standing, Story, StoryState
from bot.rules.text.characters import caseless, is_blank
from bot.stories.access import Who, find_here, find_numbered, find_passage, find_seen, find_story, standing_of
from bot.stories.canon import is_canon, is_newest
from bot.stories.rounds.kinds import ROUND_FEATURES
from storage.counts import Counts
from storage.database import Database

ALIVE: tuple[StoryState, ...] = ("open", "paused", "ended")
"""States of stories that are not deleted."""
_ID_DIGITS = 19
"""Ids are shorter than that: SQLite's whole numbers have 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """A page of a server's stories, each with the number of its passages. `page` counts from 0; `total` is the number
    of stories on all `pages`."""

    stories: Sequence[tuple[Story, int]]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedPassage:
    """A passage in the thread of a story. `is_canon`: it is part of it, else it was taken back; `is_newest`: it leads
    on to the next step; `is_first`: it is the first passage that the thread shows."""

    story: Story
    passage: Passage
    is_canon: bool
    is_newest: bool
    is_first: bool


class StoryQueries:
    """The stories of all servers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- finding and reading

    async def find_here(self, server_id: int, channel_id: int) -> Story:
        """Return the story whose thread that is. Raises `NotHere` (`not_a_story`)."""
        async with self._database.reading() as tx:
            return await find_here(tx, server_id, channel_id)

    async def find(self, server_id: int, story_id: int) -> Story:
        """Return a server's story. Raises `Gone` (`story_gone`) where it has none with that id."""
        async with self._database.reading() as tx:
            return await find_story(tx, server_id, story_id)

    async def find_seen(self, who: Who, story_id: int) -> Story:
        """Return a story of the person's server. Raises `Gone` (`story_gone`) where it has none with that id, or none
        that they may see."""
        async with self._database.reading() as tx:
            return await find_seen(tx, who, story_id)

    async def find_named(
        self,
        server_id: int,
        given: str,
        *,
        states: Sequence[StoryState] = ALIVE,
        person_id: int | None = None,
        outside: Collection[int] = (),
    ) -> Story:
        """Return the story that somebody means who typed its title, or chose its id from a list. Of several with one
        title their own is meant; those in the channels `outside` are not for them.

        Raises `BadInput`: `story_unknown` (given), `story_ambiguous` (given, found).
        """
        if given.isdecimal() and len(given) < _ID_DIGITS:
            story = await self.get(int(given))
            fits = story is not None and story.server_id == server_id and story.state in states
            if story is not None and fits and story.channel_id not in outside:
                return story
        wanted = "" if is_blank(given) else caseless(given)
        found = (
            await self.list_stories(server_id, states=states, limit=25, prefix=wanted, outside=outside)
            if wanted
            else []
        )
        exact = [story for story in found if caseless(story.title) == wanted]
        if len(exact) > 1 and person_id is not None:
            exact = [story for story in exact if story.host_id == person_id] or exact
        chosen = exact or found
        if not chosen:
            raise BadInput("story_unknown", given=given)
        if len(chosen) > 1:
            raise BadInput("story_ambiguous", given=given, found=len(chosen))
        return chosen[0]

    async def get(self, story_id: int) -> Story | None:
        """Return a story whatever its state, for what is shown of it; None where it is gone for good."""
        async with self._database.reading() as tx:
            return await tx.stories.get(story_id)

    async def list_stories(
        self,
        server_id: int,
        *,
        states: Sequence[StoryState] = ALIVE,
        limit: int,
        offset: int = 0,
        prefix: str = "",
        outside: Collection[int] = (),
    ) -> list[Story]:
        """Return a server's stories with `prefix` in their titles, the last changed first, leaving out those in the
        channels `outside`."""
        async with self._database.reading() as tx:
            return await tx.stories.list_of_server(
                server_id, states=states, limit=limit, offset=offset, prefix=prefix, outside=outside
            )

    async def list_page(self, server_id: int, page: int, size: int, outside: Collection[int] = ()) -> StoryPage:
        """Return a page (from 0) of `size` of a server's stories, the last changed first, the last page where there are
        fewer. Deleted ones, and those in the channels `outside`, are left out."""
        async with self._database.reading() as tx:
            total = await tx.stories.count(server_id, ALIVE, outside)
            pages = max(1, -(-total // size))
            page = min(max(page, 0), pages - 1)
            stories = await tx.stories.list_with_lengths(
                server_id, states=ALIVE, limit=size, offset=page * size, outside=outside
            )
        return StoryPage(stories=stories, page=page, pages=pages, total=total)

    async def counts(self) -> Counts:
        """Return how much there is of everything in all servers, for the host of the bot."""
        async with self._database.reading() as tx:
            return await tx.counts.get()

    async def get_standing(self, story: Story, person_id: int, manages: bool) -> Standing:
        """Return what somebody is in a story; `manages`: they may manage the Discord server."""
        async with self._database.reading() as tx:
            return await tx.stories.get_standing(story, person_id, manages)

    async def find_passage(self, story: Story, passage_id: int) -> Passage:
        """Return a passage of the story's tree. Raises `Gone` (`passage_gone`)."""
        async with self._database.reading() as tx:
            return await find_passage(tx, story, passage_id)

    async def find_numbered(self, story: Story, number: int) -> Passage:
        """Return the passage with that number, counted from 1 along the canon. Raises `BadInput`
        (`passage_number`: given, limit)."""
        async with self._database.reading() as tx:
            return await find_numbered(tx, story, number)

    async def get_with_last(self, story_id: int) -> tuple[Story, Passage | None] | None:
        """Return a story whatever its state with its last passage (None while nothing is written); None where it is
        gone for good."""
        async with self._database.reading() as tx:
            story = await tx.stories.get(story_id)
            if story is None:
                return None
            return story, None if story.head_id is None else await tx.passages.get(story.head_id)

    async def list_canon_page(self, story: Story, first: int, last: int) -> list[Passage]:
        """Return the passages of a story with these numbers, both ends included."""
        if story.head_id is None:
            return []
        async with self._database.reading() as tx:
            return await tx.passages.list_canon_page(story.head_id, first, last)

    async def count_passages(self, story: Story) -> int:
        """Return how many passages a story has."""
        if story.head_id is None:
            return 0
        async with self._database.reading() as tx:
            last = await tx.passages.get(story.head_id)
        return 0 if last is None else last.depth

    async def get_posted_passage(self, post: Post) -> PostedPassage | None:
        """Return what a post of a passage shows; None where the passage, or the story whose thread it is in, is
        gone."""
        async with self._database.reading() as tx:
            passage = await tx.passages.get(post.ref_id)
            story = await tx.stories.get_by_thread(post.channel_id)
            if passage is None or story is None or passage.tree_id != story.tree_id:
                return None
            return PostedPassage(
                story=story,
                passage=passage,
                is_canon=await is_canon(tx, story, passage),
                is_newest=await is_newest(tx, story, post.kind, post.ref_id),
                is_first=await tx.posts.is_first_passage(post),
            )

    async def get_passage_shown(self, message_id: int) -> Passage | None:
        """Return the passage that a message shows; None where it shows none, or one that was withdrawn."""
        async with self._database.reading() as tx:
            post = await tx.posts.get_by_message(message_id)
            passage = await tx.passages.get(post.ref_id) if post is not None and post.kind == "passage" else None
            return None if passage is None or passage.withdrawn else passage

    async def votes(self, story: Story) -> bool:
        """Tell whether a person's own next passage is a candidate: by the story's rules, or in the round under way."""
        if story.rules.additions == "vote":
            return True
        async with self._database.reading() as tx:
            return any(ROUND_FEATURES[round_.kind].takes_passages for round_ in await tx.rounds.list_open(story.id))

    async def check_writer(self, who: Who, story: Story) -> None:
        """Raise as `require_writer` where somebody cannot write in a story now: before a form is opened for them."""
        async with self._database.reading() as tx:
            rules.require_writer(story, await standing_of(tx, story, who))

    # ---- what goes by itself

    async def next_purge_ms(self) -> int | None:
        """Return when the next deleted story goes for good (UTC ms), None where there is none."""
        async with self._database.reading() as tx:
            return await tx.stories.next_purge_ms()

    async def purge_due(self) -> int:
        """Delete for good the stories whose time of grace is over, and return how many there were."""
        async with self._database.transaction() as tx:
            due = await tx.stories.list_purgeable(tx.now_ms)
            for story in due:
                await tx.stories.purge(story.id)
            return len(due)
