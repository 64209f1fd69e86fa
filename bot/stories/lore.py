"""Memory and lore: proposed by anyone, ratified by the host or by a vote. It owns the transactions over them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules import lore as rules
from bot.rules.lore import LoreEntry, LoreKind, LoreState, Tally
from bot.rules.stories import Story, require_open, require_voter, require_writer
from bot.stories.access import Who, find_seen, standing_of
from bot.stories.passages import check_words
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork

LISTED: tuple[LoreState, ...] = ("ratified", "proposed")
"""States of the entries that a list shows."""
WAITING: tuple[LoreState, ...] = ("proposed",)
"""States of the entries that are still to be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """What is shown of an entry: the story that it belongs to (None: the server's), the votes on it, and the pen
    name of who proposed it."""

    entry: LoreEntry
    story: Story | None
    tally: Tally
    pen_name: str | None


class LoreService:
    """The memory and lore of all stories and servers.

    A `story_id` of None means the server as a whole: what is told in all of its stories. Everybody who acts is
    authorised in the transaction; entries of other servers are treated as missing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- what people do

    async def check_writer(self, who: Who, story_id: int | None) -> None:
        """Raise where somebody cannot propose anything, before they write it. See `propose`."""
        async with self._database.reading() as tx:
            await self._leads_as_writer(tx, who, story_id)

    async def propose(
        self, who: Who, story_id: int | None, kind: LoreKind, text: str, triggers: str = "", *, channel_id: int
    ) -> LoreEntry:
        """Store an entry, ratified at once where a host proposes it, and have its card shown in the story's thread;
        for the server as a whole in the channel given.

        Raises `BadInput` as `check_text`, `listed_triggers` and `check_words`; `lore_full` (limit);
        `lore_waiting` (limit) for one person's; as `require_writer`; `Gone` (`story_gone`).
        """
        text = rules.check_text(text)
        listed = rules.listed_triggers(kind, triggers)
        async with self._database.transaction() as tx:
            story, leads = await self._leads_as_writer(tx, who, story_id)
            await check_words(tx, who.server_id, "\n".join((text, *listed)))
            await self._require_room(tx, who, story_id, leads)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            entry = await tx.lore.add(
                server_id=who.server_id,
                story_id=story_id,
                kind=kind,
                triggers=listed,
                text=text,
                state="ratified" if leads else "proposed",
                proposed_by=who.person_id,
                now_ms=tx.now_ms,
            )
            await _want_card(tx, entry, story, channel_id)
            return entry

    async def vote(self, who: Who, lore_id: int, agrees: bool, *, channel_id: int) -> EntryView:
        """Store somebody's vote on an entry, in the place of an earlier one; that may decide it.

        Raises `Gone`: `lore_gone`, `lore_already_ratified`, `lore_already_rejected`; as `require_open` and
        `require_voter`.
        """
        async with self._database.transaction() as tx:
            entry, story = await self._proposed(tx, who, lore_id)
            if story is not None:
                require_open(story)
                require_voter(story, await standing_of(tx, story, who))
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            await tx.lore.vote(entry.id, who.person_id, agrees)
            verdict = (await _tally(tx, entry)).verdict
            if verdict != "proposed":
                await tx.lore.set_state(entry.id, verdict, from_state="proposed")
            await _want_card(tx, entry, story, channel_id)
            return await _shown(tx, dataclasses.replace(entry, state=verdict), story)

    async def decide(self, who: Who, lore_id: int, ratified: bool, *, channel_id: int) -> EntryView:
        """Ratify or reject an entry: a story's hosts do, or for the server as a whole its managers.

        Raises `NotAllowed`: `story_hosts_only`, `lore_managers_only`; `Gone` as `vote`.
        """
        async with self._database.transaction() as tx:
            entry, story = await self._proposed(tx, who, lore_id)
            if not await self._leads(tx, who, story):
                raise NotAllowed("lore_managers_only" if story is None else "story_hosts_only")
            state: LoreState = "ratified" if ratified else "rejected"
            await tx.lore.set_state(entry.id, state, from_state="proposed")
            await _want_card(tx, entry, story, channel_id)
            return await _shown(tx, dataclasses.replace(entry, state=state), story)

    async def remove(self, who: Who, lore_id: int) -> LoreEntry:
        """Delete an entry, and return it as it was. Raises as `require_removable`, `Gone` (`lore_gone`)."""
        async with self._database.transaction() as tx:
            entry, story = await self._entry(tx, who, lore_id)
            rules.require_removable(entry, who.person_id, leads=await self._leads(tx, who, story))
            await tx.posts.requeue("lore", [entry.id])
            await tx.lore.delete(entry.id)
            return entry

    # ---- what people look at

    async def get(self, lore_id: int) -> EntryView | None:
        """Return what the card of an entry shows, None where it is gone."""
        async with self._database.reading() as tx:
            entry = await tx.lore.get(lore_id)
            if entry is None:
                return None
            story = None if entry.story_id is None else await tx.stories.get(entry.story_id)
            return await _shown(tx, entry, story)

    async def find(self, who: Who, lore_id: int) -> EntryView:
        """Return what the card of an entry of this server shows. Raises `Gone` (`lore_gone`)."""
        async with self._database.reading() as tx:
            return await _shown(tx, *await self._entry(tx, who, lore_id))

    async def list_entries(
        self,
        server_id: int,
        story_id: int | None,
        kinds: Collection[LoreKind] = ("memory", "lore"),
        *,
        limit: int,
        offset: int = 0,
    ) -> list[LoreEntry]:
        """Return the entries of one story, or of the server as a whole, the newest first; rejected ones are not among
        them."""
        async with self._database.reading() as tx:
            return await tx.lore.list_entries(
                server_id, story_id, kinds=kinds, states=LISTED, limit=limit, offset=offset
            )

    async def _entry(self, tx: Snapshot, who: Who, lore_id: int) -> tuple[LoreEntry, Story | None]:
        entry = await tx.lore.get(lore_id)
        if entry is None or entry.server_id != who.server_id:
            raise Gone("lore_gone")
        story = None if entry.story_id is None else await find_seen(tx, who, entry.story_id)
        if story is not None and story.state == "deleted":
            require_open(story)
        return entry, story

    async def _proposed(self, tx: Snapshot, who: Who, lore_id: int) -> tuple[LoreEntry, Story | None]:
        entry, story = await self._entry(tx, who, lore_id)
        rules.require_proposed(entry)
        return entry, story

    async def _leads(self, tx: Snapshot, who: Who, story: Story | None) -> bool:
        return who.manages if story is None else (await standing_of(tx, story, who)).leads

    async def _leads_as_writer(self, tx: Snapshot, who: Who, story_id: int | None) -> tuple[Story | None, bool]:
        """Return the story in which somebody may write, and whether they lead there. Who leads may note things in a
        story that is paused or over, too."""
        if story_id is None:
            return None, who.manages
        story = await find_seen(tx, who, story_id)
        standing = await standing_of(tx, story, who)
        if not standing.leads:
            require_writer(story, standing)
        elif story.state == "deleted":
            raise NotHere("story_deleted")
        return story, standing.leads

    async def _require_room(self, tx: Snapshot, who: Who, story_id: int | None, leads: bool) -> None:
        if await tx.lore.count(who.server_id, story_id, states=LISTED) >= rules.MAX_ENTRIES:
            raise BadInput("lore_full", limit=rules.MAX_ENTRIES)
        waiting = await tx.lore.list_entries(who.server_id, story_id, states=WAITING, limit=rules.MAX_ENTRIES)
        if not leads and sum(each.proposed_by == who.person_id for each in waiting) >= rules.MAX_PROPOSED:
            raise BadInput("lore_waiting", limit=rules.MAX_PROPOSED)


async def _tally(tx: Snapshot, entry: LoreEntry) -> Tally:
    agreeing, disagreeing = await tx.lore.tally(entry.id)
    return Tally(agreeing=agreeing, disagreeing=disagreeing)


async def _shown(tx: Snapshot, entry: LoreEntry, story: Story | None) -> EntryView:
    pen_name = None
    if entry.proposed_by is not None:
        pen_name = (await tx.profiles.get(entry.server_id, entry.proposed_by)).pen_name
    return EntryView(entry=entry, story=story, tally=await _tally(tx, entry), pen_name=pen_name)


async def _want_card(tx: UnitOfWork, entry: LoreEntry, story: Story | None, channel_id: int) -> None:
    """Have the entry's card shown: in the story's thread, or where there is none in `channel_id`."""
    thread_id = story.thread_id if story is not None else None
    await tx.posts.enqueue("lore", entry.id, thread_id or channel_id)
