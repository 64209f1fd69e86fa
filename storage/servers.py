"""Servers and their settings."""

from __future__ import annotations

from sqlalchemy import select

from bot.rules.games.table import Quiet
from bot.rules.servers import ServerSettings
from storage.dialect import insert
from storage.repository import Repository
from storage.tables import SERVERS


class ServerReader(Repository):
    """The settings of each server, to be read."""

    async def get(self, server_id: int) -> ServerSettings:
        """Return the server's settings, the defaults where nothing was ever set."""
        found = await self._connection.execute(select(SERVERS).where(SERVERS.c.server_id == server_id))
        row = found.one_or_none()
        if row is None:
            return ServerSettings(server_id=server_id)
        return ServerSettings(
            server_id=row.server_id,
            mood=row.mood,
            count=row._mapping["count"],
            length=row.length,
            language=row.language,
            channels=frozenset(row.channels),
            switched_off=frozenset(row.switched_off),
            words=tuple(row.words),
            roles={activity: frozenset(roles) for activity, roles in row.roles.items()},
            quiet=Quiet(zone=row.zone, begin=row.quiet_begin, end=row.quiet_end),
        )


class Servers(ServerReader):
    """The settings that the managers of each server chose."""

    async def save(self, settings: ServerSettings, *, now_ms: int) -> None:
        """Store all the settings of one server."""
        values = {
            "mood": settings.mood,
            "count": settings.count,
            "length": settings.length,
            "language": settings.language,
            "channels": sorted(settings.channels),
            "switched_off": sorted(settings.switched_off),
            "words": list(settings.words),
            "roles": {activity: sorted(roles) for activity, roles in sorted(settings.roles.items())},
            "changed_ms": now_ms,
            "zone": settings.quiet.zone,
            "quiet_begin": settings.quiet.begin,
            "quiet_end": settings.quiet.end,
        }
        await self._connection.execute(
            insert(SERVERS)
            .values(server_id=settings.server_id, **values)
            .on_conflict_do_update(index_elements=["server_id"], set_=values)
        )
