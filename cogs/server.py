"""/settings, /privacy, /help, and what only the host may do."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import Mapping
from typing import Any, get_args

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import Feature, ServerSettings, change_settings
from bot.ui.answers import guard, reachable, sentence, whisper
from bot.ui.cards import AMBER, Card, button, notice, text
from bot.ui.locale import DEFAULT, LANGUAGES, catalogue, named, private
from bot.ui.settings_card import MIXED, SERVER, settings_card
from bot.ui.tree import InklingTree, number
from cogs.asking import Asking
from cogs.services import Services
from cogs.writing import Count, Length
from storage.privacy import Privacy
from storage.servers import Servers

_log = logging.getLogger(__name__)

PLAIN_FILE_BYTES = 8_000_000
"""An export larger than this is compressed: Discord takes 10 MB."""
MOOD_CHOICES = [app_commands.Choice(name=named(f"mood.{mood}"), value=mood) for mood in (MIXED, *MOOD_NAMES)]
LANGUAGE_CHOICES = [
    app_commands.Choice(name=named(f"language.{language}"), value=language) for language in (SERVER, *LANGUAGES)
]


class Server(commands.Cog):
    """What belongs to a server, to a person, and to the host."""

    privacy = app_commands.Group(name=named("command.privacy.name"), description=named("command.privacy.description"))

    def __init__(self, tree: InklingTree, services: Services, asking: Asking) -> None:
        self._tree = tree
        self._services = services
        self._asking = asking
        tree.route("set", self.set_by_menu)
        tree.route("switch", self.set_by_switch)
        tree.route("forget", self.forget)

    # ---- /settings

    @app_commands.command(name=named("command.settings.name"), description=named("command.settings.description"))
    @app_commands.rename(
        mood=named("command.settings.mood.name"),
        count=named("command.settings.count.name"),
        length=named("command.settings.length.name"),
        language=named("command.settings.language.name"),
        continue_=named("command.settings.continue.name"),
        infill=named("command.settings.infill.name"),
    )
    @app_commands.describe(
        mood=named("command.settings.mood.description"),
        count=named("command.settings.count.description"),
        length=named("command.settings.length.description"),
        language=named("command.settings.language.description"),
        continue_=named("command.settings.continue.description"),
        infill=named("command.settings.infill.description"),
    )
    @app_commands.choices(mood=MOOD_CHOICES, language=LANGUAGE_CHOICES)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    async def settings(
        self,
        interaction: discord.Interaction[commands.Bot],
        mood: str | None = None,
        count: Count | None = None,
        length: Length | None = None,
        language: str | None = None,
        continue_: bool | None = None,
        infill: bool | None = None,
    ) -> None:
        """Show what is set, after changing what was given."""
        given = {"mood": mood, "count": count, "length": length, "language": language}
        changes = {name: _value(name, value) for name, value in given.items() if value is not None}
        switches: dict[Feature, bool | None] = {}
        if continue_ is not None:
            switches["continue"] = continue_
        if infill is not None:
            switches["infill"] = infill
        await guard(interaction, self._set(interaction, changes, switches))

    async def _set(
        self, interaction: discord.Interaction[Any], changes: Mapping[str, Any], switches: Mapping[Feature, bool | None]
    ) -> None:
        settings = await self._change(interaction, changes, switches)
        await whisper(interaction, self._card(interaction, settings, len(changes) + len(switches)))

    async def set_by_menu(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menus on the card."""
        data: Mapping[str, Any] = interaction.data or {}
        values: list[str] = data.get("values", [])
        name = ids[0]
        if name == "channels":
            changes: dict[str, Any] = {"channels": self._channels(interaction, values)}
        elif name in ("mood", "count", "length", "language") and values:
            changes = {name: _value(name, values[0])}
        else:
            raise Gone("generation_gone")
        settings = await self._change(interaction, changes, {})
        await interaction.response.edit_message(view=self._card(interaction, settings, 1))

    async def set_by_switch(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the switches on the card: turns one over."""
        feature = next((feature for feature in get_args(Feature) if feature == ids[0]), None)
        if feature is None:
            raise Gone("generation_gone")
        settings = await self._change(interaction, {}, {feature: None})
        await interaction.response.edit_message(view=self._card(interaction, settings, 1))

    async def _change(
        self,
        interaction: discord.Interaction[Any],
        changes: Mapping[str, Any],
        switches: Mapping[Feature, bool | None],
    ) -> ServerSettings:
        """Change and store in one transaction. A switch that is None is turned over."""
        server_id = self._managed(interaction)
        async with self._services.database.transaction() as connection:
            servers = Servers(connection)
            settings = await servers.get(server_id)
            off = set(settings.switched_off)
            for feature, on in switches.items():
                wanted = feature in off if on is None else on
                (off.discard if wanted else off.add)(feature)
            changed = change_settings(settings, **changes, switched_off=frozenset(off))
            if changed != settings:
                await servers.save(changed, now_ms=self._services.now())
        return changed

    @staticmethod
    def _managed(interaction: discord.Interaction[Any]) -> int:
        """Return the server that the person may manage."""
        if interaction.guild_id is None or not reachable(interaction):
            raise NotHere("server_only")
        if not interaction.permissions.manage_guild:
            raise NotAllowed("manage_server")
        return interaction.guild_id

    @staticmethod
    def _channels(interaction: discord.Interaction[Any], values: list[str]) -> frozenset[int]:
        """Return the chosen channels. Raises `BadInput` for one that the bot cannot use."""
        chosen = frozenset(int(value) for value in values)
        for channel_id in sorted(chosen):
            channel = interaction.client.get_channel(channel_id)
            if not isinstance(channel, discord.abc.GuildChannel) or channel.guild.id != interaction.guild_id:
                raise BadInput("channel_unseen", channel=f"#{channel_id}")
            may = channel.permissions_for(channel.guild.me)
            if not (may.view_channel and may.send_messages):
                raise BadInput("channel_unseen", channel=f"#{channel.name}")
        return chosen

    @staticmethod
    def _card(interaction: discord.Interaction[Any], settings: ServerSettings, saved: int) -> Card:
        server = interaction.guild.name if interaction.guild is not None else ""
        return settings_card(private(interaction), settings, server, saved=saved)

    # ---- /privacy

    @privacy.command(name=named("command.privacy.export.name"), description=named("command.privacy.export.description"))
    async def export(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Send a private file with everything that is kept about the person."""
        await guard(interaction, self._export(interaction))

    async def _export(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(ephemeral=True)
        async with self._services.database.reading() as connection:
            kept = await Privacy(connection).export(interaction.user.id)
        say = private(interaction)
        if not any(kept.values()):
            await whisper(interaction, notice(say("privacy.nothing")))
            return
        content, name = json.dumps(kept, ensure_ascii=False, indent=2).encode(), "inkling.json"
        if len(content) > PLAIN_FILE_BYTES:
            content, name = gzip.compress(content), "inkling.json.gz"
        file = discord.File(io.BytesIO(content), name)
        await interaction.followup.send(say("privacy.exported"), file=file, ephemeral=True)

    @privacy.command(name=named("command.privacy.delete.name"), description=named("command.privacy.delete.description"))
    async def delete(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Ask whether everything that is kept about the person is really to go."""
        say = private(interaction)
        forget = button(f"ink:forget:{interaction.user.id}", say("button.forget"), style=discord.ButtonStyle.danger)
        await whisper(interaction, Card(text(say("privacy.confirm")), discord.ui.ActionRow(forget), colour=AMBER))

    async def forget(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the confirmation: deletes, says so, then takes down the cards that can be reached."""
        person_id = number(ids, 0)
        if interaction.user.id != person_id:
            raise NotAllowed("not_yours")
        await interaction.response.defer()
        async with self._services.database.transaction() as connection:
            kept = await Privacy(connection).export(person_id)
            deleted = await Privacy(connection).delete(person_id)
        say = private(interaction)
        total = sum(deleted.values())
        done = say("privacy.deleted", count=total) if total else say("privacy.nothing")
        await interaction.edit_original_response(view=notice(done))
        for row in kept.get("generations", ()):
            if row["message_id"] is not None and row["server_id"] is not None:
                await self._take_down(int(row["channel_id"]), int(row["message_id"]), interaction.client)

    @staticmethod
    async def _take_down(channel_id: int, message_id: int, client: discord.Client) -> None:
        try:
            await client.get_partial_messageable(channel_id).get_partial_message(message_id).delete()
        except (discord.HTTPException, aiohttp.ClientError) as error:
            _log.info("a card could not be deleted: %s", error)

    # ---- /help

    @app_commands.command(name=named("command.help.name"), description=named("command.help.description"))
    async def help(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Say what there is, to the person who asks."""
        say = private(interaction)
        parts = [say(f"help.{part}") for part in ("intro", "continue", "infill", "moods", "why")]
        parts.append(say("help.privacy", count=self._services.settings.keep_days))
        if interaction.permissions.manage_guild:
            parts.append(say("help.settings"))
        await whisper(interaction, Card(text(f"### {say('help.title')}"), *(text(part) for part in parts)))

    # ---- for the host, in a private message to the bot: "@Inkling sync", "@Inkling status"

    @commands.command()
    @commands.is_owner()
    async def sync(self, context: commands.Context[commands.Bot], guild_id: int | None = None) -> None:
        """Register the commands with Discord, everywhere or in one server."""
        guild = discord.Object(guild_id) if guild_id is not None else None
        if guild is not None:
            self._tree.copy_global_to(guild=guild)
        synced = await self._tree.sync(guild=guild)
        await context.send(catalogue(DEFAULT)("owner.synced", count=len(synced)))

    @commands.command()
    @commands.is_owner()
    async def status(self, context: commands.Context[commands.Bot]) -> None:
        """Say how the models and the queue are."""
        health = await self._services.engine.health()
        status = catalogue(DEFAULT)(
            "owner.status",
            stage=health.stage,
            waiting=self._services.inference.waiting,
            running=self._services.inference.running,
            speed=round(health.tokens_per_s),
            memory=round(health.rss_mb),
        )
        await context.send(status)

    async def cog_command_error(self, context: commands.Context[Any], error: Exception) -> None:
        """Tell the host what went wrong, and everybody else that these commands are the host's."""
        say = catalogue(DEFAULT)
        if isinstance(error, commands.CheckFailure):
            await context.send(say("error.owner_only"))
        else:
            await context.send(sentence(say, getattr(error, "original", error)))


def _value(name: str, given: str | int) -> str | int | None:
    """Return a menu's or an option's value as the rules want it; numbers that are none are left to them to refuse."""
    if given in (MIXED, SERVER):
        return None
    return int(given) if name in ("count", "length") else given
