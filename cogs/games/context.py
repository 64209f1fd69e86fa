"""From an interaction to who acts in a game, and from what they did to the cards that change."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.errors import InklingError, NotHere
from bot.games.views import GameView
from bot.stories.access import Who
from bot.ui.cards import Card
from bot.ui.cutting import label
from bot.ui.locale import private
from bot.ui.private_cards import About, PrivateCards
from bot.ui.public_card import reachable
from cogs.core.blocked_posts import BlockedPosts
from cogs.core.context import CHOICES, sight
from cogs.core.deadline_scheduler import DeadlineScheduler
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.games.kinds import GAME_CARDS
from cogs.games.private_cards import standing_card

CHOICE = 100
"""Characters that Discord takes for the name of a choice."""
STANDING, MORE = "standing", "more"
"""The sorts of private cards: how a game stands, and the panels of what else there is to do."""
LONGEST_ID = 19
"""An id of 64 bits has so many digits at most."""


class GameContext:
    """What all cogs of games need. One for all of them."""

    def __init__(
        self,
        services: Services,
        flow: GenerationFlow,
        dispatcher: OutboxDispatcher,
        refusals: BlockedPosts,
        scheduler: DeadlineScheduler,
        cards: PrivateCards,
    ) -> None:
        self.services = services
        self.games = services.game_service
        self.flow = flow
        self.dispatcher = dispatcher
        self._refusals = refusals
        self._scheduler = scheduler
        self._cards = cards

    async def enter(self, interaction: discord.Interaction[Any]) -> Who:
        """Return who acts. Raises `NotHere` outside of servers that the bot is a member of (`server_only`), and where
        games are switched off or not wanted in this channel."""
        if interaction.guild_id is None or not reachable(interaction):
            raise NotHere("server_only")
        self.flow.permit_here(interaction, await self.flow.settings(interaction), "games")
        return Who(interaction.guild_id, interaction.user.id, interaction.permissions.manage_guild, sight(interaction))

    @staticmethod
    def name(interaction: discord.Interaction[Any]) -> str:
        """Return what whoever acts is called where they chose no name."""
        return interaction.user.display_name

    async def show(self, interaction: discord.Interaction[Any], view: GameView, card: Card, sort: str) -> None:
        """Show whoever acts a private card of a game; the earlier one of its sort goes."""
        await self._cards.show(interaction, About("game", view.id, sort), card)

    async def stand(self, interaction: discord.Interaction[Any], view: GameView, told: str = "") -> None:
        """Show whoever acts how a game stands for them; `told` is a sentence about what was just done."""
        await self.show(interaction, view, standing_card(private(interaction), view, told=told), STANDING)

    async def done(self, interaction: discord.Interaction[Any], view: GameView) -> None:
        """Show everybody what has changed, and look anew what is due next. Whoever acts is told where it cannot be
        shown."""
        await self._refusals.flush_channel(interaction, view.channel_id)
        self._scheduler.wake()

    async def find(self, interaction: discord.Interaction[Any], who: Who, given: str | None) -> GameView:
        """Return the game that somebody named, or the newest of this channel, as they see it. Raises `NotHere`
        (`game_none_here`), `Gone` (`game_gone`)."""
        if given is not None:
            known = given.isascii() and given.isdecimal() and len(given) < LONGEST_ID
            return await self.games.find_view(who, int(given) if known else 0)
        assert interaction.channel_id is not None, "commands happen in a channel"
        found = await self.games.list_here(who, interaction.channel_id)
        if not found:
            raise NotHere("game_none_here")
        theirs = [view for view in found if view.viewer is not None]
        return (theirs or found)[-1]

    async def choices(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Return the games of the server that are not over, to choose from: those of this channel first."""
        try:
            who = await self.enter(interaction)
        except InklingError:
            return []
        say = private(interaction)
        views = [view for view in await self.games.list_running(who) if view.kind in GAME_CARDS]
        views.sort(key=lambda view: view.channel_id != interaction.channel_id)
        named = [(view.id, self._choice(interaction, say(f"game.{view.kind}.name"), view)) for view in views]
        return [
            app_commands.Choice(name=label(name, CHOICE), value=str(game_id))
            for game_id, name in named
            if current.casefold() in name.casefold()
        ][:CHOICES]

    @staticmethod
    def _choice(interaction: discord.Interaction[Any], kind: str, view: GameView) -> str:
        channel = None if interaction.guild is None else interaction.guild.get_channel_or_thread(view.channel_id)
        where = f" · #{channel.name}" if channel is not None else ""
        names = ", ".join(seat.pen_name for seat in view.seats if seat.presence in ("in", "resting"))
        return f"{kind}{where} · {names}"
