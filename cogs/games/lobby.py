"""The lobby of a game: opening one, sitting down, leaving, what is agreed on, the start."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.errors import BadInput, NotAllowed, NotHere
from bot.games.passages import ANY_PASSAGE, Given
from bot.games.views import GameView
from bot.rules.games.steps import Agreed, Started
from bot.rules.games.table import Pace
from bot.ui.answers import GIVEN, open_form, whisper
from bot.ui.cards import notice
from bot.ui.custom_ids import number
from bot.ui.escaping import bold
from bot.ui.forms import chosen, submitted
from bot.ui.locale import private, public
from bot.ui.permissions import CARDS, CARDS_IN_THREADS, lacking, told
from bot.ui.tree import InklingTree
from cogs.games import custom_ids
from cogs.games.context import STANDING, GameContext
from cogs.games.forms import (
    KIND,
    PACE,
    PACES,
    STAND_IN,
    GameSettingsForm,
    NameForm,
    NewGameForm,
    PassageForm,
    agreed_settings,
)
from cogs.games.kinds import GAME_CARDS, card_of
from cogs.games.private_cards import rules_card


class LobbyCog(commands.Cog):
    """What people do before a game begins. Every click is authorised again from the database."""

    def __init__(self, tree: InklingTree, context: GameContext) -> None:
        self._context = context
        self._games = context.games
        for route, handler in {
            custom_ids.NEW: self.ask_new,
            custom_ids.NEW_FORM: self.form_new,
            custom_ids.AGAIN: self.again,
            custom_ids.JOIN: self.join,
            custom_ids.NAME: self.ask_name,
            custom_ids.NAME_FORM: self.form_name,
            custom_ids.PASSAGE_FORM: self.form_passage,
            custom_ids.LEAVE: self.leave,
            custom_ids.SETTINGS: self.ask_settings,
            custom_ids.SETTINGS_FORM: self.form_settings,
            custom_ids.START: self.start,
            custom_ids.RULES: self.rules,
        }.items():
            tree.route(route, handler)

    # ---- a new one

    async def create(
        self, interaction: discord.Interaction[Any], kind: str, pace: Pace, given: Given = ANY_PASSAGE
    ) -> None:
        """Open the lobby of a game in the channel where somebody is; `given` tells which passage it is about, where it
        is about one. Raises `NotHere` (`game_no_cards`: permissions),
        `NotAllowed`, and as the service."""
        who = await self._context.enter(interaction)
        settings = await self._context.flow.permitted(interaction, "games")
        card_of(kind)
        assert interaction.channel_id is not None, "commands happen in a channel"
        say = private(interaction)
        thread = isinstance(interaction.channel, discord.Thread)
        if missing := lacking(interaction, CARDS_IN_THREADS if thread else CARDS):
            raise NotHere("game_no_cards", permissions=told(say, missing))
        async with self._context.flow.once(interaction, f"game:{interaction.channel_id}"):
            language = public(interaction, settings.language).language
            view = await self._games.create(
                who,
                kind,
                pace,
                interaction.channel_id,
                name=self._context.name(interaction),
                language=language,
                given=given,
            )
        await self._context.stand(interaction, view, say("game.told_created"))
        await self._context.done(interaction, view)

    async def ask_passage(self, interaction: discord.Interaction[Any], kind: str, pace: Pace) -> None:
        """Ask for the passage that a game is about."""
        await self._context.enter(interaction)
        await self._context.flow.permitted(interaction, "games")
        await open_form(interaction, PassageForm(private(interaction), custom_ids.PASSAGE_FORM.id(kind, pace)))

    async def form_passage(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: without a text it is a passage of any story that has ended."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        pace = next((pace for pace in PACES if pace == ids[1]), PACES[0])
        await self.create(interaction, ids[0], pace, Given(text=text))

    async def ask_new(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Start a game*: asks which."""
        await self._context.enter(interaction)
        await self._context.flow.permitted(interaction, "games")
        await open_form(interaction, NewGameForm(private(interaction), custom_ids.NEW_FORM.id(), list(GAME_CARDS)))

    async def form_new(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        pace = next((pace for pace in PACES if pace == chosen(interaction, PACE)), PACES[0])
        await self.create(interaction, chosen(interaction, KIND) or "", pace)

    async def again(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Play again*."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        await self.create(interaction, view.kind, view.terms.pace)

    # ---- who plays

    async def join(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Join*: at once, under the person's pen name or else what they are called here."""
        await self._join(interaction, number(ids, 0), None)

    async def ask_name(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Another name*: asks for one."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        seat = view.seat(view.viewer)
        prefilled = seat.pen_name if seat is not None else self._context.name(interaction)
        await open_form(interaction, NameForm(private(interaction), custom_ids.NAME_FORM.id(view.id), prefilled))

    async def form_name(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        name = interaction.extras[GIVEN] = submitted(interaction)
        await self._join(interaction, number(ids, 0), name)

    async def _join(self, interaction: discord.Interaction[Any], game_id: int, pen_name: str | None) -> None:
        who = await self._context.enter(interaction)
        view = await self._games.join(who, game_id, pen_name, name=self._context.name(interaction))
        interaction.extras.pop(GIVEN, None)
        seat, say = view.seat(view.viewer), private(interaction)
        assert seat is not None, "who joins has a seat"
        told = say("game.told_joined" if pen_name is None else "game.told_named", name=bold(seat.pen_name))
        await self._context.stand(interaction, view, told)
        await self._context.done(interaction, view)

    async def leave(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Leave*."""
        who = await self._context.enter(interaction)
        await self.let_go(interaction, await self._games.leave(who, number(ids, 0)))

    async def let_go(self, interaction: discord.Interaction[Any], view: GameView) -> None:
        """Tell somebody that they left."""
        say = private(interaction)
        begun = view.state not in ("lobby", "cancelled")
        told = notice(say("game.told_left" if begun else "game.told_left_lobby"))
        await self._context.show(interaction, view, told, STANDING)
        await self._context.done(interaction, view)

    # ---- what is agreed on

    async def ask_settings(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Settings*, for who leads."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        self._require_lobby(view)
        form = GameSettingsForm(private(interaction), view, custom_ids.SETTINGS_FORM.id(view.id))
        await open_form(interaction, form)

    async def form_settings(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        stand_in = chosen(interaction, STAND_IN)
        agreed = Agreed(
            settings=dict(agreed_settings(interaction, view.kind)),
            stand_in=None if stand_in is None else stand_in == "yes",
        )
        view = await self._games.lead(who, view.id, agreed)
        say = private(interaction)
        await whisper(interaction, notice(say("game.told_agreed")))
        await self._context.done(interaction, view)

    @staticmethod
    def _require_lobby(view: GameView) -> None:
        if not view.leads:
            raise NotAllowed("game_hosts_only")
        if view.state != "lobby":
            raise NotHere("game_over" if view.is_over else "game_started")

    async def start(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Start*: whoever does gets their first move with the answer."""
        who = await self._context.enter(interaction)
        view = await self._games.lead(who, number(ids, 0), Started())
        say = private(interaction)
        await self._context.stand(interaction, view, say("game.told_started"))
        await self._context.done(interaction, view)

    async def rules(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Rules*."""
        if ids[0] not in GAME_CARDS:
            raise BadInput("game_unknown", given=ids[0])
        await whisper(interaction, rules_card(private(interaction), ids[0]))
