"""Writer profiles: pen names, and whose words no model continues. It owns the transactions over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Unpack

from bot.rules.profiles import WriterProfile, WriterProfileChange, change_profile
from bot.stories.passages import check_words
from storage.database import Database


class ProfileService:
    """The profiles of all writers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, server_id: int, person_id: int) -> WriterProfile:
        """Return somebody's profile, the defaults where they have none."""
        async with self._database.reading() as tx:
            return await tx.profiles.get(server_id, person_id)

    async def list_names(self, server_id: int, person_ids: Collection[int]) -> Mapping[int, str]:
        """Return the pen names of those of the people who have one in that server."""
        async with self._database.reading() as tx:
            return await tx.profiles.list_names(server_id, person_ids)

    async def change(
        self, server_id: int, person_id: int, *, known_as: Collection[str] = (), **change: Unpack[WriterProfileChange]
    ) -> WriterProfile:
        """Change somebody's profile, and return it. `known_as` are names besides pen names that nobody may take.

        Raises `BadInput` as `change_profile`, and `word_not_here` for a pen name that is on the server's word list.
        """
        async with self._database.transaction() as tx:
            profile = await tx.profiles.get(server_id, person_id)
            taken = await tx.profiles.names_of_others(server_id, person_id)
            changed = change_profile(profile, [*taken, *known_as], **change)
            if changed.pen_name is not None and changed.pen_name != profile.pen_name:
                await check_words(tx, server_id, changed.pen_name)
            if changed != profile:
                await tx.people.mark_seen(person_id, now_ms=tx.now_ms)
                await tx.profiles.save(changed)
            return changed
