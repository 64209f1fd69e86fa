"""/settings, and what only the host of the bot may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.games.table import Quiet
from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import ACTIVITIES, ServerSettings, SettingsChange, Switch, tokens_of, version_of
from bot.rules.zones import MAX_ZONE, find_zone, time_there, told_zone, zones_like
from bot.ui.answers import GIVEN, open_form, sentence
from bot.ui.cards import Card
from bot.ui.custom_ids import number
from bot.ui.forms import picked
from bot.ui.locale import DEFAULT, LANGUAGES, catalogue, named, private
from bot.ui.permissions import CARDS, lacking_in
from bot.ui.private_cards import About, PrivateCards
from bot.ui.public_card import reachable
from bot.ui.tree import InklingTree
from cogs.core.command_options import Count, Hour, Length, ZoneText
from cogs.core.context import CHOICES
from cogs.core.services import Services
from cogs.settings.cards import (
    MIXED,
    QUIET,
    QUIET_FORM,
    ROLES,
    SERVER,
    SET,
    SET_ROLES,
    SETTINGS,
    SWITCH,
    WORDS,
    WORDS_FORM,
    roles_card,
    settings_card,
)
from cogs.settings.forms import QuietForm, WordsForm, written_quiet, written_words

MOOD_CHOICES = [app_commands.Choice(name=named(f"mood.{mood}"), value=mood) for mood in (MIXED, *MOOD_NAMES)]
"""What the option `mood` offers."""
LANGUAGE_CHOICES = [
    app_commands.Choice(name=named(f"language.{language}"), value=language) for language in (SERVER, *LANGUAGES)
]
"""What the option `language` offers."""


class SettingsCog(commands.Cog):
    """What belongs to a server, and to the host."""

    def __init__(self, tree: InklingTree, services: Services, cards: PrivateCards) -> None:
        self._tree = tree
        self._cards = cards
        self._services = services
        tree.route(SET, self.set_by_menu)
        tree.route(SWITCH, self.set_by_switch)
        tree.route(SETTINGS, self.show)
        tree.route(ROLES, self.show_roles)
        tree.route(SET_ROLES, self.set_roles)
        tree.route(WORDS, self.ask_words)
        tree.route(WORDS_FORM, self.set_words)
        tree.route(QUIET, self.ask_quiet)
        tree.route(QUIET_FORM, self.set_quiet)

    # ---- /settings

    @app_commands.command(name=named("command.settings.name"), description=named("command.settings.description"))
    @app_commands.rename(
        mood=named("command.settings.mood.name"),
        count=named("command.settings.count.name"),
        length=named("command.settings.length.name"),
        language=named("command.settings.language.name"),
        continue_=named("command.settings.continue.name"),
        infill=named("command.settings.infill.name"),
        stories=named("command.settings.stories.name"),
        games=named("command.settings.games.name"),
        quiet_from=named("command.settings.quiet_from.name"),
        quiet_until=named("command.settings.quiet_until.name"),
        zone=named("command.settings.zone.name"),
    )
    @app_commands.describe(
        mood=named("command.settings.mood.description"),
        count=named("command.settings.count.description"),
        length=named("command.settings.length.description"),
        language=named("command.settings.language.description"),
        continue_=named("command.settings.continue.description"),
        infill=named("command.settings.infill.description"),
        stories=named("command.settings.stories.description"),
        games=named("command.settings.games.description"),
        quiet_from=named("command.settings.quiet_from.description"),
        quiet_until=named("command.settings.quiet_until.description"),
        zone=named("command.settings.zone.description"),
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
        stories: bool | None = None,
        games: bool | None = None,
        quiet_from: Hour | None = None,
        quiet_until: Hour | None = None,
        zone: ZoneText | None = None,
    ) -> None:
        """Show what is set, after changing what was given."""
        tokens = None if length is None else tokens_of(length)
        given = {"mood": mood, "count": count, "length": tokens, "language": language}
        changes: dict[str, Any] = {name: _value(name, value) for name, value in given.items() if value is not None}
        turned: dict[Switch, bool | None] = {
            "continue": continue_,
            "infill": infill,
            "stories": stories,
            "games": games,
        }
        switches = {feature: on for feature, on in turned.items() if on is not None}
        if any(value is not None for value in (quiet_from, quiet_until, zone)):
            changes["quiet"] = await self._quiet(interaction, quiet_from, quiet_until, zone)
        settings = await self._change(interaction, changes, switches)
        await self._show(interaction, self._card(interaction, settings, len(changes) + len(switches)))

    @settings.autocomplete("zone")
    async def zones(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Autocomplete: time zones, with what time it is there."""
        now_ms = self._services.now()
        return [
            app_commands.Choice(name=f"{told_zone(zone)} · {time_there(zone, now_ms)}", value=zone)
            for zone in zones_like(current[:MAX_ZONE], CHOICES)
        ]

    async def set_by_menu(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menus on the card."""
        values = picked(interaction)
        name = ids[0]
        if name == "channels":
            changes: dict[str, Any] = {"channels": self._channels(interaction, values)}
        elif name in ("mood", "count", "length", "language") and values:
            changes = {name: _value(name, values[0])}
        else:
            raise Gone("generation_gone")
        settings = await self._change(interaction, changes, {})
        await self._show(interaction, self._card(interaction, settings, 1))

    async def set_by_switch(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the switches on the card; those of old cards do not say what is wanted, and turn over."""
        feature = next((feature for feature in get_args(Switch) if feature == ids[0]), None)
        if feature is None:
            raise Gone("generation_gone")
        wanted = {"on": True, "off": False}.get(ids[1]) if len(ids) > 1 else None
        settings = await self._change(interaction, {}, {feature: wanted})
        await self._show(interaction, self._card(interaction, settings, 1))

    async def show(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Settings*, and of the way back to them."""
        settings = await self._services.server_settings.get(self._managed(interaction))
        await self._show(interaction, self._card(interaction, settings, 0))

    async def show_roles(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Roles*."""
        settings = await self._services.server_settings.get(self._managed(interaction))
        await self._show(interaction, roles_card(private(interaction), settings))

    async def set_roles(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menus of roles; the role that everybody has, or none, lets everybody."""
        if ids[0] not in ACTIVITIES:
            raise Gone("generation_gone")
        known = () if interaction.guild is None else interaction.guild.roles
        chosen = frozenset(role.id for role in known if str(role.id) in picked(interaction))
        roles = frozenset[int]() if interaction.guild_id in chosen else chosen
        settings = await self._change(interaction, {"roles": {ids[0]: roles}}, {})
        await self._show(interaction, roles_card(private(interaction), settings, saved=1))

    async def ask_words(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Words*: shows the list in a form."""
        words = (await self._services.server_settings.get(self._managed(interaction))).words
        await open_form(interaction, WordsForm(private(interaction), WORDS_FORM.id(version_of(words)), words))

    async def set_words(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form. What was written is given back where somebody else changed the list meanwhile."""
        words = written_words(interaction)
        interaction.extras[GIVEN] = "\n".join(words)
        settings = await self._change(interaction, {"words": words}, {}, words_were=number(ids, 0))
        interaction.extras.pop(GIVEN, None)
        await self._show(interaction, self._card(interaction, settings, 1))

    async def _show(self, interaction: discord.Interaction[Any], card: Card) -> None:
        """Show the settings; an earlier card of theirs, which does not say what changed, goes."""
        await self._cards.show(interaction, About("settings", self._managed(interaction)), card)

    async def ask_quiet(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Quiet hours*: shows them in a form."""
        quiet = (await self._services.server_settings.get(self._managed(interaction))).quiet
        await open_form(interaction, QuietForm(private(interaction), QUIET_FORM.id(), quiet))

    async def set_quiet(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        settings = await self._change(interaction, {"quiet": written_quiet(interaction)}, {})
        await self._show(interaction, self._card(interaction, settings, 1))

    async def _quiet(
        self, interaction: discord.Interaction[Any], begin: int | None, end: int | None, zone: str | None
    ) -> Quiet:
        """Return the quiet hours with what was given of them changed."""
        quiet = (await self._services.server_settings.get(self._managed(interaction))).quiet
        return Quiet(
            zone=quiet.zone if zone is None else find_zone(zone),
            begin=quiet.begin if begin is None else begin,
            end=quiet.end if end is None else end,
        )

    async def _change(
        self,
        interaction: discord.Interaction[Any],
        changes: Mapping[str, Any],
        switches: Mapping[Switch, bool | None],
        *,
        words_were: int | None = None,
    ) -> ServerSettings:
        """Change the settings of the server that the person manages; see `ServerSettingsService.change`."""
        return await self._services.server_settings.change(
            self._managed(interaction), cast(SettingsChange, changes), switches, words_were=words_were
        )

    @staticmethod
    def _managed(interaction: discord.Interaction[Any]) -> int:
        """Return the server that the person may manage."""
        if interaction.guild_id is None or not reachable(interaction):
            raise NotHere("server_only")
        if not interaction.permissions.manage_guild:
            raise NotAllowed("manage_server")
        return interaction.guild_id

    @staticmethod
    def _channels(interaction: discord.Interaction[Any], values: Sequence[str]) -> frozenset[int]:
        """Return the chosen channels. Raises `BadInput` for one that the bot cannot use."""
        chosen = frozenset(int(value) for value in values)
        for channel_id in sorted(chosen):
            channel = interaction.client.get_channel(channel_id)
            if not isinstance(channel, discord.abc.GuildChannel) or channel.guild.id != interaction.guild_id:
                raise BadInput("channel_unseen", channel=f"#{channel_id}")
            if lacking_in(channel, CARDS):
                raise BadInput("channel_unseen", channel=f"#{channel.name}")
        return chosen

    def _card(self, interaction: discord.Interaction[Any], settings: ServerSettings, saved: int) -> Card:
        server = interaction.guild.name if interaction.guild is not None else ""
        return settings_card(private(interaction), settings, server, now_ms=self._services.now(), saved=saved)

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
        """Say how the models and the queue are, and how much there is of everything."""
        health = await self._services.engine.health()
        counts = await self._services.story_queries.counts()
        say = catalogue(DEFAULT)
        models = say(
            "owner.status",
            stage=health.stage,
            waiting=self._services.inference.waiting,
            running=self._services.inference.running,
            speed=round(health.tokens_per_s),
            memory=round(health.rss_mb),
        )
        stories = say("owner.stories", stories=counts.stories, rounds=counts.rounds, posts=counts.posts)
        await context.send(f"{models}\n{stories}")

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
