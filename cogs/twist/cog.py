"""/twist, its context menu, the menus of words on its card, and *Use it*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput, Gone, NotAllowed
from bot.rules.generations import Generation, Suggestion
from bot.rules.servers import ServerSettings
from bot.rules.twists import suggestion_of, twist_of
from bot.ui import custom_ids
from bot.ui.answers import GIVEN, open_form, replace
from bot.ui.custom_ids import number
from bot.ui.forms import Form, submitted
from bot.ui.locale import named, private, public
from bot.ui.tree import InklingTree
from bot.writing.twist.request import TwistRequest
from cogs.core.generation_flow import GenerationFlow
from cogs.core.message_menu import MessageMenuCog
from cogs.core.message_text import ModelUse
from cogs.core.services import Services
from cogs.rounds.opening import RoundOpening
from cogs.twist.cards import TwistCard


class TwistCog(MessageMenuCog):
    """Expected words, and rarer ones to pick from. The picks are kept with the card, for the person who asked."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow, rounds: RoundOpening) -> None:
        super().__init__(tree, named("menu.twist"), self.twist_message)
        self._services = services
        self._flow = flow
        self._rounds = rounds
        tree.route(custom_ids.TWIST_FORM, self.form_asked)
        flow.message_uses.register(ModelUse("twist", "🌀", flow.permitted, self._start))
        tree.route(custom_ids.TWIST, self.pick)
        tree.route(custom_ids.USE, self.use)

    # ---- asking

    @app_commands.command(name=named("command.twist.name"), description=named("command.twist.description"))
    @app_commands.rename(text=named("command.twist.text.name"))
    @app_commands.describe(text=named("command.twist.text.description"))
    async def twist(self, interaction: discord.Interaction[commands.Bot], text: str | None = None) -> None:
        """Twist `text`; without it, ask for it in a form."""
        settings = await self._flow.permitted(interaction, "twist")
        if text is None:
            await open_form(interaction, Form(private(interaction), "twist", custom_ids.TWIST_FORM.id()))
        else:
            await self._start(interaction, settings, text)

    async def twist_message(self, interaction: discord.Interaction[commands.Bot], message: discord.Message) -> None:
        """Context menu: twist the text of a message."""
        settings = await self._flow.permitted(interaction, "twist")
        await self._start(interaction, settings, await self._flow.text_of(message))

    async def form_asked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form that /twist opens when no text is given."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        await self._start(interaction, await self._flow.permitted(interaction, "twist"), text)

    async def _start(self, interaction: discord.Interaction[Any], settings: ServerSettings, text: str) -> None:
        await self._rounds.require_models(interaction)
        await self._flow.ask(interaction, TwistRequest(text=text), settings)

    # ---- picking: every click is authorised again

    async def pick(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of a word: shows the passage with the pick in it."""
        generation = await self._own(interaction, ids)
        settings = await self._flow.permitted(interaction, "twist")
        data: Mapping[str, Any] = interaction.data or {}
        word, other = number(ids, 1), number(tuple(data.get("values", ())), 0)

        def picked(found: Generation) -> Suggestion:
            return suggestion_of(twist_of(found).pick(word, other), found.suggestions[0].receipt)

        kept = await self._services.generation_service.revise(generation.id, generation.place, picked)
        say = public(interaction, settings.language)
        await replace(interaction, TwistCard().card(say, kept, name=interaction.user.display_name))

    async def use(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Use it*: the passage as it stands now, on a card of its own to go on from."""
        generation = await self._own(interaction, ids)
        settings = await self._flow.permitted(interaction, "twist")
        twist = twist_of(generation).finished()
        if not twist.words:
            raise BadInput("twist_same")
        used = suggestion_of(twist, generation.suggestions[0].receipt)
        owner, place = self._flow.owner(interaction), self._flow.place(interaction)
        async with self._flow.once(interaction, f"use:{generation.id}"):
            kept = await self._services.generation_service.add_derived(generation, owner, place, used, position=0)
            await self._flow.present(interaction, kept, public(interaction, settings.language))

    async def _own(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> Generation:
        """Return the twist under way that was clicked. Raises `Gone`, and `NotAllowed` for anybody but its asker."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        if twist_of(generation).done:
            raise Gone("generation_gone")
        if interaction.user.id != generation.person_id:
            raise NotAllowed("not_yours_twist")
        return generation
