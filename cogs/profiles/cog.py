"""/writer: a pen name, and whether models may go on from one's words."""

from __future__ import annotations

from typing import Any, Unpack

import discord
from discord import app_commands
from discord.ext import commands

from bot.rules.profiles import WriterProfile, WriterProfileChange
from bot.stories.access import Who
from bot.ui.answers import GIVEN, open_form
from bot.ui.cards import Card
from bot.ui.forms import submitted
from bot.ui.locale import named, private
from bot.ui.private_cards import About, PrivateCards
from bot.ui.tree import InklingTree
from cogs.core.command_options import PenName
from cogs.core.context import InteractionContext
from cogs.core.generation_flow import GenerationFlow
from cogs.core.services import Services
from cogs.profiles.cards import ASK_NAME, NAME_FORM, OWN_NAME, TURN_AI, NameForm, writer_card


class ProfilesCog(commands.Cog):
    """What a writer asks of a server's stories."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow, cards: PrivateCards) -> None:
        self._profile_service = services.profile_service
        self._cards = cards
        self._context = InteractionContext(services, flow)
        for route, handler in {
            ASK_NAME: self.ask_name,
            NAME_FORM: self.name_sent,
            OWN_NAME: self.own_name,
            TURN_AI: self.turn_ai,
        }.items():
            tree.route(route, handler)

    @app_commands.command(name=named("command.writer.name"), description=named("command.writer.description"))
    @app_commands.rename(pen_name=named("command.writer.pen_name.name"), ai=named("command.writer.ai.name"))
    @app_commands.describe(
        pen_name=named("command.writer.pen_name.description"), ai=named("command.writer.ai.description")
    )
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def writer(
        self,
        interaction: discord.Interaction[commands.Bot],
        pen_name: PenName | None = None,
        ai: bool | None = None,
    ) -> None:
        """Show what is set, after changing what was given."""
        change: WriterProfileChange = {}
        if pen_name is not None:
            change["pen_name"] = pen_name
        if ai is not None:
            change["no_ai"] = not ai
        who = await self._context.enter(interaction)
        if change:
            profile = await self._change(interaction, who, **change)
        else:
            profile = await self._profile_service.get(who.server_id, who.person_id)
        await self._show(interaction, who, writer_card(private(interaction), profile, saved=bool(change)))

    async def ask_name(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Pen name*: asks for one."""
        who = await self._context.enter(interaction)
        profile = await self._profile_service.get(who.server_id, who.person_id)
        await open_form(interaction, NameForm(private(interaction), NAME_FORM.id(), profile.pen_name))

    async def name_sent(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        name = interaction.extras[GIVEN] = submitted(interaction)
        await self._edit(interaction, pen_name=name)

    async def own_name(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Write under my own name*."""
        await self._edit(interaction, pen_name=None)

    async def turn_ai(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the switch for models; that of an old card does not say what is wanted, and turns over."""
        wanted = {"on": True, "off": False}.get(ids[0]) if ids else None
        if wanted is None:
            who = await self._context.enter(interaction)
            wanted = (await self._profile_service.get(who.server_id, who.person_id)).no_ai
        await self._edit(interaction, no_ai=not wanted)

    async def _edit(self, interaction: discord.Interaction[Any], **change: Unpack[WriterProfileChange]) -> None:
        """Change what was asked on the card, and show the card as it is now."""
        who = await self._context.enter(interaction)
        profile = await self._change(interaction, who, **change)
        interaction.extras.pop(GIVEN, None)
        await self._show(interaction, who, writer_card(private(interaction), profile, saved=True))

    async def _show(self, interaction: discord.Interaction[Any], who: Who, card: Card) -> None:
        """Show the person's wishes; an earlier card of theirs, which does not say what changed, goes."""
        await self._cards.show(interaction, About("writer", who.server_id), card)

    async def _change(
        self, interaction: discord.Interaction[Any], who: Who, **change: Unpack[WriterProfileChange]
    ) -> WriterProfile:
        """Change somebody's wishes; the bot's own names are nobody's to take."""
        assert interaction.guild is not None, "who enters is in a server that the bot is a member of"
        me = interaction.guild.me
        return await self._profile_service.change(
            who.server_id, who.person_id, known_as=(me.name, me.display_name), **change
        )
