"""Taking a turn: its form, what was sent in with it, changing it, and what else somebody can do about it."""

from __future__ import annotations

from typing import Any, get_args

import discord
from discord.ext import commands

from bot.errors import BadInput, Gone, NotHere
from bot.games.views import GameView
from bot.rules.games import steps
from bot.rules.profiles import Pings
from bot.rules.text.characters import is_blank
from bot.stories.access import Who
from bot.ui.answers import GIVEN, keep_given, open_form
from bot.ui.custom_ids import number
from bot.ui.forms import picked, submitted, written
from bot.ui.locale import private
from bot.ui.tree import InklingTree
from cogs.games import custom_ids
from cogs.games.context import MORE, GameContext
from cogs.games.custom_ids import slot_number
from cogs.games.kinds import card_of
from cogs.games.private_cards import more_card

NO_MOVE = -1
"""Stands for a turn where there is none: the text is refused, and kept for its writer."""


class TurnsCog(commands.Cog):
    """What people do in their turns. Every click is authorised again from the database."""

    def __init__(self, tree: InklingTree, context: GameContext) -> None:
        self._context = context
        self._games = context.games
        for route, handler in {
            custom_ids.TURN: self.turn,
            custom_ids.TURN_FORM: self.form_turn,
            custom_ids.MEND: self.mend,
            custom_ids.MEND_FORM: self.form_mend,
            custom_ids.MORE_TIME: self.more_time,
            custom_ids.PASS: self.pass_,
            custom_ids.NOT_FOR_ME: self.not_for_me,
            custom_ids.BACK: self.back,
            custom_ids.MORE: self.more,
            custom_ids.PINGS: self.pings,
        }.items():
            tree.route(route, handler)

    # ---- the form

    async def turn(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Your move*: opens the form at once; who is not waited for is told how the game stands. On a ping
        that is somebody else's, or an old one, it opens the turn that they have now."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        await self.open(interaction, who, view)

    async def open(self, interaction: discord.Interaction[Any], who: Who, view: GameView) -> None:
        """Open the form of somebody's turn in a game, or tell them how it stands."""
        say, turn = private(interaction), view.turn
        if turn is None or turn.acted or view.state != "playing":
            await self._context.stand(interaction, view)
            return
        move = turn.move
        view = await self._games.act(who, view.id, lambda seat: steps.Opened(seat, move))
        await open_form(interaction, card_of(view.kind).form(say, view, custom_ids.TURN_FORM.id(view.id, move)))
        await self._context.done(interaction, view)

    async def form_turn(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: the turn is taken, and the answer says what is next."""
        keep_given(interaction, *written(interaction))
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        card, move = card_of(view.kind), number(ids, 1)
        await self.wrote(interaction, who, view, lambda seat: card.written(interaction, seat, move))

    async def wrote(
        self,
        interaction: discord.Interaction[Any],
        who: Who,
        view: GameView,
        make: Any,
        told: str = "",
    ) -> None:
        """Let somebody write, and tell them what is next. A text that comes too late is kept for their next turn."""
        say = private(interaction)
        try:
            view = await self._games.act(who, view.id, make)
        except Gone as error:
            await self._context.done(interaction, view)
            raise Gone("turn_over_kept") if error.key == "turn_over" else error from None
        interaction.extras.pop(GIVEN, None)
        await self._context.stand(interaction, view, told or say("game.told_written"))
        await self._context.done(interaction, view)

    async def take(self, interaction: discord.Interaction[Any], text: str | None, game: str | None) -> None:
        """/turn: the turn of somebody in a game that they named, or else in the one that waits for them, first of this
        channel. Without a text the form is opened."""
        who = await self._context.enter(interaction)
        if text is not None and is_blank(text):
            raise BadInput("text_empty")
        assert interaction.channel_id is not None, "commands happen in a channel"
        game_id = None if game is None else (await self._context.find(interaction, who, game)).id
        try:
            view = await self._games.find_turn(who, interaction.channel_id, game_id)
        except NotHere:
            view = await self._context.find(interaction, who, game)
            if view.viewer is None:
                raise
        if text is None:
            await self.open(interaction, who, view)
            return
        move = NO_MOVE if view.turn is None else view.turn.move
        await self.wrote(interaction, who, view, lambda seat: steps.Wrote(seat=seat, move=move, text=text))

    # ---- changing it

    async def mend(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Change it*: opens a form with the text, while nobody has gone on from it."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        found = _own(view, number(ids, 1))
        if found is None:
            raise Gone("game_too_late")
        custom_id = custom_ids.MEND_FORM.id(view.id, slot_number(found[0]))
        await open_form(interaction, card_of(view.kind).mend_form(private(interaction), found[1], custom_id))

    async def form_mend(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form."""
        say = private(interaction)
        text = interaction.extras[GIVEN] = submitted(interaction)
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        found = _own(view, number(ids, 1))
        if found is None:
            raise Gone("game_too_late")
        slot = found[0]
        await self.wrote(
            interaction,
            who,
            view,
            lambda seat: steps.Mended(seat=seat, slot=slot, text=text),
            say("game.told_mended"),
        )

    # ---- what else

    async def more_time(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *More time*."""
        say = private(interaction)
        move = number(ids, 1)
        await self._did(
            interaction,
            ids,
            lambda seat: steps.MoreTime(seat, move),
            say("game.told_time"),
            standing=False,
        )

    async def pass_(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Pass*."""
        say = private(interaction)
        move = number(ids, 1)
        await self._did(interaction, ids, lambda seat: steps.Passed(seat=seat, move=move), say("game.told_passed"))

    async def not_for_me(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Not for me*: the text goes to somebody else, without a reason."""
        say = private(interaction)
        move = number(ids, 1)
        await self._did(
            interaction,
            ids,
            lambda seat: steps.Passed(seat=seat, move=move, gives_back=True),
            say("game.told_passed"),
        )

    async def back(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *I'm back*."""
        say = private(interaction)
        await self._did(interaction, ids, steps.Back, say("game.told_back"))

    async def _did(
        self,
        interaction: discord.Interaction[Any],
        ids: tuple[str, ...],
        make: Any,
        told: str,
        *,
        standing: bool = True,
    ) -> None:
        who = await self._context.enter(interaction)
        view = await self._games.act(who, number(ids, 0), make)
        say = private(interaction)
        if standing:
            await self._context.stand(interaction, view, told)
        else:
            await self._context.show(interaction, view, more_card(say, view, told=told), MORE)
        await self._context.done(interaction, view)

    async def more(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *More*."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        await self._context.show(interaction, view, more_card(private(interaction), view), MORE)

    async def pings(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of how somebody is told of their turns, in all games of the server."""
        way = next((way for way in get_args(Pings) if (way,) == picked(interaction)), None)
        if way is None:
            raise BadInput("pings_unknown", given=", ".join(picked(interaction)))
        who = await self._context.enter(interaction)
        await self._games.find_view(who, number(ids, 0))
        await self._context.services.profile_service.change(who.server_id, who.person_id, pings=way)
        view, say = await self._games.find_view(who, number(ids, 0)), private(interaction)
        await self._context.show(interaction, view, more_card(say, view, told=say("game.told_pings")), MORE)


def _own(view: GameView, slot: int) -> tuple[str, str] | None:
    """Return a text of the viewer's own that can still be changed, by the number of its slot; None where it cannot."""
    if view.state != "playing":
        return None
    return next((own for own in card_of(view.kind).own_texts(view) if slot_number(own[0]) == slot), None)
