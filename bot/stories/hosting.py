"""What hosts decide about their stories, and where these stand in Discord. It owns the transactions over both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Unpack

from bot.errors import BadInput, NotAllowed, NotHere
from bot.rules import stories as rules
from bot.rules.stories import Role, RulesChange, Standing, Story, StoryState
from bot.stories.access import Who, find_story, standing_of
from bot.stories.canon import enqueue_card, enqueue_lead_in, enqueue_thread, requeue_newest
from bot.stories.passages import check_words
from bot.stories.rounds.closing import cancel_rounds
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork


class HostingService:
    """What is decided about all stories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- what who leads a story decides

    async def rename(self, who: Who, story_id: int, title: str, premise: str | None = None) -> Story:
        """Give a story another title, and another premise where one is given. Raises `BadInput`, `NotAllowed`."""
        title = rules.check_title(title)
        async with self._database.transaction() as tx:
            story = await self._led(tx, who, story_id)
            premise = story.premise if premise is None else rules.check_premise(premise)
            await check_words(tx, who.server_id, f"{title}\n{premise}")
            return await self._change(tx, dataclasses.replace(story, title=title, premise=premise))

    async def set_rules(self, who: Who, story_id: int, **change: Unpack[RulesChange]) -> Story:
        """Change a story's rules. Raises as `change_rules`, and `NotAllowed`."""
        async with self._database.transaction() as tx:
            story = await self._led(tx, who, story_id)
            changed = rules.change_rules(story.rules, **change)
            return await self._change(tx, dataclasses.replace(story, rules=changed))

    async def move(self, who: Who, story_id: int, state: StoryState) -> Story:
        """Open, pause, end or delete a story; what ends or goes takes its rounds along. Raises as `rules.move`, and
        `NotAllowed`."""
        async with self._database.transaction() as tx:
            story = await self._led(tx, who, story_id)
            moved = rules.move(story, state, tx.now_ms)
            if state in ("ended", "deleted"):
                await cancel_rounds(tx, story)
            return await self._change(tx, moved)

    async def restore(self, who: Who, story_id: int) -> Story:
        """Bring a deleted story back. Raises `NotAllowed`, `NotHere` (`not_deleted`)."""
        async with self._database.transaction() as tx:
            story = await self._led(tx, who, story_id)
            if story.state != "deleted":
                raise NotHere("not_deleted")
            return await self._change(tx, rules.move(story, "open", tx.now_ms))

    async def people(self, story: Story) -> Mapping[Role, frozenset[int]]:
        """Return who has which role in a story."""
        async with self._database.reading() as tx:
            return await tx.stories.people(story.id)

    async def set_role(self, who: Who, story_id: int, person_id: int, role: Role, present: bool) -> Story:
        """Give somebody a role in a story, or take it away. Co-hosts are for the host and the server's managers to
        choose; anybody may lay down their own role. Raises `NotAllowed`; `BadInput` (`role_host`)."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            standing = await standing_of(tx, story, who)
            if present or person_id != who.person_id:
                rules.require_lead(standing)
                if role == "cohost" and not (standing.host or standing.manages):
                    raise NotAllowed("cohosts_by_host")
            if story.host_id == person_id:
                raise BadInput("role_host")
            await tx.stories.set_role(story.id, person_id, role, present)
            return await self._change(tx, story)

    async def hand_over(self, who: Who, story_id: int, person_id: int) -> Story:
        """Make somebody else the host; who hosted becomes a co-host. Raises `NotAllowed`."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            standing = await standing_of(tx, story, who)
            if not (standing.host or standing.manages):
                raise NotAllowed("cohosts_by_host")
            await tx.stories.set_role(story.id, person_id, "cohost", False)
            if story.host_id is not None and story.host_id != person_id:
                await tx.stories.set_role(story.id, story.host_id, "cohost", True)
            return await self._change(tx, dataclasses.replace(story, host_id=person_id))

    async def host_left(self, story: Story) -> Story:
        """Note that a story's host has left the server: a co-host becomes the host, the one that came to Discord first;
        without one the server's managers lead."""
        async with self._database.transaction() as tx:
            known = await find_story(tx, story.server_id, story.id)
            if known.host_id != story.host_id:
                return known
            cohosts = (await tx.stories.people(story.id))["cohost"]
            heir = min(cohosts, default=None)
            if heir is not None:
                await tx.stories.set_role(story.id, heir, "cohost", False)
            return await self._change(tx, dataclasses.replace(known, host_id=heir))

    async def reopen(self, who: Who, story_id: int, channel_id: int) -> Story:
        """Have another thread opened for a story, in that channel. What its old one shows is left there. Raises
        `NotAllowed`, `NotHere` (`story_deleted`)."""
        async with self._database.transaction() as tx:
            story = await self._led(tx, who, story_id)
            if story.state == "deleted":
                rules.require_open(story)
            if story.thread_id is not None:
                await tx.posts.forget_channel(story.thread_id)
            story = await self._change(tx, dataclasses.replace(story, thread_id=None, channel_id=channel_id))
            await enqueue_thread(tx, story)
            return story

    # ---- what happens in Discord

    async def set_thread(self, story_id: int, thread_id: int) -> bool:
        """Note that a thread was opened for a story, and have its card and its last passages shown there. Tell False
        where the story is gone or has a thread already: then the new thread is not needed."""
        async with self._database.transaction() as tx:
            story = await tx.stories.get(story_id)
            if story is None or story.thread_id is not None:
                return False
            story = dataclasses.replace(story, thread_id=thread_id)
            await tx.stories.save(story)
            await enqueue_lead_in(tx, story)
            return True

    async def forget_thread(self, thread_id: int) -> Story | None:
        """Note that a thread was deleted, and return the story that stood in it; it stays in the archive. Rounds lose
        their cards, too, but not their votes."""
        async with self._database.transaction() as tx:
            await tx.posts.forget_channel(thread_id)
            story = await tx.stories.get_by_thread(thread_id)
            if story is None:
                return None
            await tx.stories.save(dataclasses.replace(story, thread_id=None))
            return story

    async def is_known(self, thread_id: int) -> bool:
        """Tell whether a thread is some story's."""
        async with self._database.reading() as tx:
            return await tx.stories.get_by_thread(thread_id) is not None

    async def _led(self, tx: Snapshot, who: Who, story_id: int) -> Story:
        """Return a story that somebody leads. Raises `NotAllowed` (`story_hosts_only`), `Gone` (`story_gone`)."""
        story = await find_story(tx, who.server_id, story_id)
        standing: Standing = await standing_of(tx, story, who)
        rules.require_lead(standing)
        return story

    async def _change(self, tx: UnitOfWork, story: Story) -> Story:
        changed = dataclasses.replace(story, changed_ms=tx.now_ms)
        await tx.stories.save(changed)
        await enqueue_card(tx, changed)
        await requeue_newest(tx, changed)  # what can be done next goes by the story's state and rules
        return changed
