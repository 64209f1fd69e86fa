"""The settings that the managers of a server choose. It owns the transactions over them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from bot.errors import Gone
from bot.rules.servers import ServerSettings, SettingsChange, Switch, change_settings, version_of
from storage.database import Database


class ServerSettingsService:
    """The settings of all servers. Whether somebody may change them is for the caller to check: Discord tells who
    manages a server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, server_id: int) -> ServerSettings:
        """Return a server's settings, the defaults where nothing was ever set."""
        async with self._database.reading() as tx:
            return await tx.servers.get(server_id)

    async def change(
        self,
        server_id: int,
        change: SettingsChange,
        switches: Mapping[Switch, bool | None] | None = None,
        *,
        words_were: int | None = None,
    ) -> ServerSettings:
        """Change a server's settings in one transaction, and return them. A switch that is None is turned over.
        `words_were` is the version (`version_of`) of the word list that the person saw.

        Raises as `change_settings`; `Gone` (`words_changed`) where the word list is another one by now.
        """
        async with self._database.transaction() as tx:
            settings = await tx.servers.get(server_id)
            if words_were is not None and words_were != version_of(settings.words):
                raise Gone("words_changed")
            off = set(settings.switched_off)
            for feature, on in (switches or {}).items():
                wanted = feature in off if on is None else on
                (off.discard if wanted else off.add)(feature)
            changed = dataclasses.replace(change_settings(settings, **change), switched_off=frozenset(off))
            if changed != settings:
                await tx.servers.save(changed, now_ms=tx.now_ms)
        return changed
