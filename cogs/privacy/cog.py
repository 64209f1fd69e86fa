"""/privacy: everything that is kept about a person, shown to them or deleted."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import NotAllowed
from bot.ui.answers import change, follow_up, take_time, whisper
from bot.ui.cards import AMBER, Card, line, notice, text
from bot.ui.custom_ids import Route, number
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services

_log = logging.getLogger(__name__)

PLAIN_FILE_BYTES = 8_000_000
"""An export larger than this is compressed: Discord takes 10 MB."""

FORGET = Route("forget", "person_id")
"""The confirmation of /privacy delete."""


class PrivacyCog(commands.Cog):
    """What Inkling keeps about a person is theirs to see and to delete, wherever they are."""

    privacy = app_commands.Group(name=named("command.privacy.name"), description=named("command.privacy.description"))

    def __init__(self, tree: InklingTree, services: Services, dispatcher: OutboxDispatcher) -> None:
        self._services = services
        self._dispatcher = dispatcher
        tree.route(FORGET, self.forget)

    @privacy.command(name=named("command.privacy.export.name"), description=named("command.privacy.export.description"))
    async def export(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Send a private file with everything that is kept about the person."""
        await take_time(interaction, private=True)
        kept = await self._services.privacy.export(interaction.user.id)
        say = private(interaction)
        if not any(kept.values()):
            await whisper(interaction, notice(say("privacy.nothing")))
            return
        content, name = await asyncio.to_thread(_packed, kept)
        file = discord.File(io.BytesIO(content), name)
        await follow_up(interaction, content=say("privacy.exported"), file=file)

    @privacy.command(name=named("command.privacy.delete.name"), description=named("command.privacy.delete.description"))
    async def delete(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Ask whether everything that is kept about the person is really to go."""
        say = private(interaction)
        forget = FORGET.button(say("button.forget"), interaction.user.id, style=discord.ButtonStyle.danger)
        told: list[discord.ui.Item[Any]] = []
        for part in ("confirm", "confirm_stories", "confirm_final"):
            told += [text(say(f"privacy.{part}")), line(visible=False)]
        await whisper(interaction, Card(*told, discord.ui.ActionRow(forget), colour=AMBER))

    async def forget(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the confirmation: deletes, says so, then takes down the cards that can be reached, and has what
        stands in stories shown as it is now."""
        person_id = number(ids, 0)
        if interaction.user.id != person_id:
            raise NotAllowed("not_yours")
        await take_time(interaction)
        deleted = await self._services.privacy.delete(person_id)
        say = private(interaction)
        done = say("privacy.deleted", count=deleted.rows) if deleted.rows else say("privacy.nothing")
        await change(interaction, notice(done))
        for row in deleted.kept.get("generations", ()):
            if row["message_id"] is not None and row["server_id"] is not None:
                await self._take_down(int(row["channel_id"]), int(row["message_id"]), interaction.client)
        await self._dispatcher.flush()

    @staticmethod
    async def _take_down(channel_id: int, message_id: int, client: discord.Client) -> None:
        try:
            await client.get_partial_messageable(channel_id).get_partial_message(message_id).delete()
        except (discord.HTTPException, aiohttp.ClientError) as error:
            _log.info("a card could not be deleted: %s", error)


def _packed(kept: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return the file and its name. For somebody who wrote much it takes a while: call it in a thread."""
    content = json.dumps(kept, ensure_ascii=False, indent=2).encode()
    if len(content) > PLAIN_FILE_BYTES:
        return gzip.compress(content), "inkling.json.gz"
    return content, "inkling.json"
