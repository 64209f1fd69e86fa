"""Writer profiles: pen names, and who lets no model go on from their words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from bot.rules.profiles import WriterProfile
from storage.dialect import insert
from storage.repository import Repository
from storage.tables import WRITER_PROFILES


class WriterProfileReader(Repository):
    """Writer profiles, to be read."""

    async def get(self, server_id: int, person_id: int) -> WriterProfile:
        """Return somebody's profile, the defaults where they have none."""
        theirs = select(WRITER_PROFILES).where(
            WRITER_PROFILES.c.server_id == server_id, WRITER_PROFILES.c.person_id == person_id
        )
        row = (await self._connection.execute(theirs)).one_or_none()
        if row is None:
            return WriterProfile(server_id=server_id, person_id=person_id)
        return WriterProfile(
            server_id=server_id,
            person_id=person_id,
            pen_name=row.pen_name,
            no_ai=bool(row.no_ai),
            pings=row.pings,
        )

    async def list_refusing(self, server_id: int, person_ids: Collection[int]) -> frozenset[int]:
        """Return those of the people who let no model go on from their words."""
        refused = select(WRITER_PROFILES.c.person_id).where(
            WRITER_PROFILES.c.server_id == server_id,
            WRITER_PROFILES.c.person_id.in_(person_ids),
            WRITER_PROFILES.c.no_ai == 1,
        )
        return frozenset((await self._connection.execute(refused)).scalars())

    async def list_names(self, server_id: int, person_ids: Collection[int]) -> Mapping[int, str]:
        """Return the pen names of those of the people who have one."""
        theirs = select(WRITER_PROFILES.c.person_id, WRITER_PROFILES.c.pen_name).where(
            WRITER_PROFILES.c.server_id == server_id,
            WRITER_PROFILES.c.person_id.in_(person_ids),
            WRITER_PROFILES.c.pen_name.is_not(None),
        )
        return {row.person_id: row.pen_name for row in await self._connection.execute(theirs)}

    async def names_of_others(self, server_id: int, person_id: int) -> list[str]:
        """Return the pen names that are somebody else's in that server."""
        theirs = select(WRITER_PROFILES.c.pen_name).where(
            WRITER_PROFILES.c.server_id == server_id,
            WRITER_PROFILES.c.person_id != person_id,
            WRITER_PROFILES.c.pen_name.is_not(None),
        )
        return list((await self._connection.execute(theirs)).scalars())


class WriterProfiles(WriterProfileReader):
    """Writer profiles: one row for a person in a server."""

    async def save(self, profile: WriterProfile) -> None:
        """Store all of somebody's profile in one server."""
        values = {"pen_name": profile.pen_name, "no_ai": int(profile.no_ai), "pings": profile.pings}
        await self._connection.execute(
            insert(WRITER_PROFILES)
            .values(server_id=profile.server_id, person_id=profile.person_id, **values)
            .on_conflict_do_update(index_elements=["server_id", "person_id"], set_=values)
        )
