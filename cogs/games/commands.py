"""/game and /turn."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput
from bot.games.passages import KINDS as PASSAGE_KINDS
from bot.games.passages import Given
from bot.ui.answers import whisper
from bot.ui.escaping import escape
from bot.ui.locale import named, private
from cogs.core.command_options import TurnText
from cogs.core.context import InteractionContext
from cogs.games.context import GameContext
from cogs.games.forms import PACES
from cogs.games.kinds import GAME_CARDS, card_of
from cogs.games.lobby import LobbyCog
from cogs.games.managing import ManagingCog
from cogs.games.private_cards import list_card, rules_card, scores_card, standing_card
from cogs.games.turns import TurnsCog

KIND_CHOICES = [app_commands.Choice(name=named(f"game.{kind}.choice"), value=kind) for kind in GAME_CARDS]
"""What the option `kind` offers."""
PACE_CHOICES = [app_commands.Choice(name=named(f"game.pace.{pace}"), value=pace) for pace in PACES]
"""What the option `pace` offers."""


class GamesCog(commands.Cog):
    """The commands of games: each finds a game and does what a button on its card does."""

    game = app_commands.Group(
        name=named("command.game.name"),
        description=named("command.game.description"),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )

    def __init__(self, context: GameContext, lobby: LobbyCog, turns: TurnsCog, managing: ManagingCog) -> None:
        self._context = context
        self._games = context.games
        self._stories = InteractionContext(context.services, context.flow)
        self._lobby = lobby
        self._turns = turns
        self._managing = managing

    async def games(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Autocomplete: the server's games."""
        return await self._context.choices(interaction, current)

    async def stories(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Autocomplete: the server's stories that have ended."""
        return await self._stories.choices(interaction, current, ("ended",))

    @game.command(name=named("command.game.start.name"), description=named("command.game.start.description"))
    @app_commands.rename(
        kind=named("command.game.kind.name"),
        pace=named("command.game.pace.name"),
        story=named("command.game.story.name"),
    )
    @app_commands.describe(
        kind=named("command.game.kind.description"),
        pace=named("command.game.pace.description"),
        story=named("command.game.story.description"),
    )
    @app_commands.choices(kind=KIND_CHOICES, pace=PACE_CHOICES)
    @app_commands.autocomplete(story=stories)
    async def start(
        self,
        interaction: discord.Interaction[commands.Bot],
        kind: str,
        pace: str = PACES[0],
        story: str | None = None,
    ) -> None:
        """Open the lobby of a game in this channel; first ask for the passage of one that is about a passage."""
        chosen = next((each for each in PACES if each == pace), PACES[0])
        if story is not None:
            _, found = await self._stories.story(interaction, story, ("ended",))
            if kind not in PASSAGE_KINDS:
                raise BadInput("game_takes_no_story")
            await self._lobby.create(interaction, kind, chosen, Given(story_id=found.id))
        elif kind in PASSAGE_KINDS:
            await self._lobby.ask_passage(interaction, kind, chosen)
        else:
            await self._lobby.create(interaction, kind, chosen)

    @game.command(name=named("command.game.show.name"), description=named("command.game.show.description"))
    @app_commands.rename(game=named("command.game.game.name"))
    @app_commands.describe(game=named("command.game.game.description"))
    @app_commands.autocomplete(game=games)
    async def show(self, interaction: discord.Interaction[commands.Bot], game: str | None = None) -> None:
        """Tell how a game stands for whoever asks."""
        who = await self._context.enter(interaction)
        view = await self._context.find(interaction, who, game)
        await whisper(interaction, standing_card(private(interaction), view, titled_too=True))

    @game.command(name=named("command.game.list.name"), description=named("command.game.list.description"))
    async def list_(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """List the games of the server that are not over."""
        who = await self._context.enter(interaction)
        views = [view for view in await self._games.list_running(who) if view.kind in GAME_CARDS]
        await whisper(interaction, list_card(private(interaction), views))

    @game.command(name=named("command.game.rules.name"), description=named("command.game.rules.description"))
    @app_commands.rename(kind=named("command.game.kind.name"))
    @app_commands.describe(kind=named("command.game.kind.description"))
    @app_commands.choices(kind=KIND_CHOICES)
    async def rules(self, interaction: discord.Interaction[commands.Bot], kind: str) -> None:
        """Tell the rules of a kind."""
        card_of(kind)
        await whisper(interaction, rules_card(private(interaction), kind))

    @game.command(name=named("command.game.leave.name"), description=named("command.game.leave.description"))
    @app_commands.rename(game=named("command.game.game.name"))
    @app_commands.describe(game=named("command.game.game.description"))
    @app_commands.autocomplete(game=games)
    async def leave(self, interaction: discord.Interaction[commands.Bot], game: str | None = None) -> None:
        """Leave a game."""
        who = await self._context.enter(interaction)
        view = await self._context.find(interaction, who, game)
        await self._lobby.let_go(interaction, await self._games.leave(who, view.id))

    @game.command(name=named("command.game.scores.name"), description=named("command.game.scores.description"))
    @app_commands.rename(kind=named("command.game.kind.name"))
    @app_commands.describe(kind=named("command.game.scores.kind.description"))
    @app_commands.choices(kind=KIND_CHOICES)
    async def scores(self, interaction: discord.Interaction[commands.Bot], kind: str | None = None) -> None:
        """Show the server's board, of one kind or of all."""
        who = await self._context.enter(interaction)
        say = private(interaction)
        lines = [
            (each.place, f"<@{each.person_id}>" if each.name is None else escape(each.name), each.points)
            for each in await self._games.scores(who.server_id, kind)
        ]
        title = say("game.scores_all") if kind is None else say(f"game.{card_of(kind).kind}.name")
        await whisper(interaction, scores_card(say, lines, title))

    @game.command(name=named("command.game.manage.name"), description=named("command.game.manage.description"))
    @app_commands.rename(game=named("command.game.game.name"))
    @app_commands.describe(game=named("command.game.game.description"))
    @app_commands.autocomplete(game=games)
    async def manage(self, interaction: discord.Interaction[commands.Bot], game: str | None = None) -> None:
        """Show the panel of a game to who leads it."""
        who = await self._context.enter(interaction)
        await self._managing.show(interaction, await self._context.find(interaction, who, game))

    @app_commands.command(name=named("command.turn.name"), description=named("command.turn.description"))
    @app_commands.rename(text=named("command.turn.text.name"), game=named("command.game.game.name"))
    @app_commands.describe(text=named("command.turn.text.description"), game=named("command.game.game.description"))
    @app_commands.autocomplete(game=games)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def turn(
        self, interaction: discord.Interaction[commands.Bot], text: TurnText | None = None, game: str | None = None
    ) -> None:
        """Take a turn: with a text at once, without one in a form."""
        await self._turns.take(interaction, text, game)
