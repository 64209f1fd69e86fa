"""The commands /story memory … and /story lore …, one group each."""

from __future__ import annotations

from typing import Any, Protocol

import discord
from discord import app_commands
from discord.ext import commands

from bot.rules.lore import LoreKind
from bot.ui.locale import named

STORY, SERVER = "story", "server"
"""What an entry is for: one story, or all stories of the server."""
SCOPES = [app_commands.Choice(name=named(f"lore.for_{scope}"), value=scope) for scope in (STORY, SERVER)]
"""The same as choices of a command."""

Choices = list[app_commands.Choice[str]]


class LoreCommands(Protocol):
    """What the commands do. `scope` is what `for` says (STORY, SERVER, None where it was left out), `given` the story
    that was named, if one was."""

    async def add(
        self, interaction: discord.Interaction[Any], kind: LoreKind, scope: str | None, given: str | None
    ) -> None: ...

    async def look(
        self, interaction: discord.Interaction[Any], kind: LoreKind, scope: str | None, given: str | None
    ) -> None: ...

    async def take_out(
        self, interaction: discord.Interaction[Any], kind: LoreKind, entry: str, scope: str | None, given: str | None
    ) -> None: ...

    async def choices(
        self, interaction: discord.Interaction[Any], kind: LoreKind, current: str, scope: str | None, given: str | None
    ) -> Choices: ...

    async def stories(self, interaction: discord.Interaction[Any], current: str) -> Choices: ...


class LoreGroup(app_commands.Group):
    """/story memory …, or /story lore …: the same commands for both kinds of entries."""

    def __init__(self, cog: LoreCommands, kind: LoreKind) -> None:
        super().__init__(
            name=named(f"command.story.{kind}.name"), description=named(f"command.story.{kind}.description")
        )
        self._cog = cog
        self._kind: LoreKind = kind
        for command in self.commands:  # each group has copies of its own
            told = named(f"command.story.{kind}.{command.name}.description")
            command.description, command._locale_description = str(told), told

    @app_commands.command(
        name=named("command.story.lore.add.name"), description=named("command.story.lore.add.description")
    )
    @app_commands.rename(for_=named("command.story.lore.for.name"), story=named("command.story.story.name"))
    @app_commands.describe(
        for_=named("command.story.lore.for.description"), story=named("command.story.story.description")
    )
    @app_commands.choices(for_=SCOPES)
    async def add(
        self, interaction: discord.Interaction[commands.Bot], for_: str | None = None, story: str | None = None
    ) -> None:
        """Ask for an entry in a form."""
        await self._cog.add(interaction, self._kind, for_, story)

    @app_commands.command(
        name=named("command.story.lore.list.name"), description=named("command.story.lore.list.description")
    )
    @app_commands.rename(for_=named("command.story.lore.for.name"), story=named("command.story.story.name"))
    @app_commands.describe(
        for_=named("command.story.lore.for.description"), story=named("command.story.story.description")
    )
    @app_commands.choices(for_=SCOPES)
    async def look(
        self, interaction: discord.Interaction[commands.Bot], for_: str | None = None, story: str | None = None
    ) -> None:
        """Show the entries privately."""
        await self._cog.look(interaction, self._kind, for_, story)

    @app_commands.command(
        name=named("command.story.lore.remove.name"), description=named("command.story.lore.remove.description")
    )
    @app_commands.rename(
        entry=named("command.story.lore.entry.name"),
        for_=named("command.story.lore.for.name"),
        story=named("command.story.story.name"),
    )
    @app_commands.describe(
        entry=named("command.story.lore.entry.description"),
        for_=named("command.story.lore.for.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.choices(for_=SCOPES)
    async def remove(
        self,
        interaction: discord.Interaction[commands.Bot],
        entry: str,
        for_: str | None = None,
        story: str | None = None,
    ) -> None:
        """Remove an entry."""
        await self._cog.take_out(interaction, self._kind, entry, for_, story)

    @remove.autocomplete("entry")
    async def entries(self, interaction: discord.Interaction[commands.Bot], current: str) -> Choices:
        """The entries of the story that is meant."""
        options = interaction.namespace
        return await self._cog.choices(interaction, self._kind, current, getattr(options, "for"), options.story)

    @add.autocomplete("story")
    @look.autocomplete("story")
    @remove.autocomplete("story")
    async def stories(self, interaction: discord.Interaction[commands.Bot], current: str) -> Choices:
        """The server's stories."""
        return await self._cog.stories(interaction, current)
