"""What everybody sees of a game: its card and what it made, part by part; and what people choose of that."""

from __future__ import annotations

import dataclasses
from typing import Any

import discord
from discord.ext import commands

from bot.games.stepping import RESULT
from bot.rules.games.steps import Chose
from bot.rules.posts import Post
from bot.ui.answers import replace, take_time
from bot.ui.cards import Card
from bot.ui.custom_ids import number
from bot.ui.forms import picked
from bot.ui.locale import private
from bot.ui.tree import InklingTree
from cogs.games import custom_ids
from cogs.games.cards import game_card, result_card
from cogs.games.context import GameContext
from cogs.games.kinds import GAME_CARDS, card_of


class RevealsCog(commands.Cog):
    """Shows games, and takes what people choose. Every click is authorised again from the database."""

    def __init__(self, tree: InklingTree, context: GameContext) -> None:
        self._context = context
        self._games = context.games
        context.dispatcher.register("game", self.render_game)
        context.dispatcher.register("reveal", self.render_reveal, settled=self.settled)
        tree.route(custom_ids.NEXT, self.next)
        tree.route(custom_ids.CHOOSE, self.choose)

    async def render_game(self, post: Post) -> Card | None:
        """Return the card of a game as it is now."""
        view = await self._games.get_view(post.ref_id)
        if view is None or view.kind not in GAME_CARDS:
            return None
        return game_card(await self._context.dispatcher.say(view.server_id), view)

    async def render_reveal(self, post: Post) -> Card | None:
        """Return a part of what a game made, or its result, as it is now."""
        view = await self._games.get_view(post.ref_id)
        if view is None or view.kind not in GAME_CARDS:
            return None
        say = await self._context.dispatcher.say(view.server_id)
        if post.part == RESULT:
            return result_card(say, view)
        return GAME_CARDS[view.kind].reveal(say, view, post.part)

    async def settled(self, post: Post, message: discord.PartialMessage) -> None:
        """Draw the part before a new one once more: *Next* stands on the newest alone."""
        if post.message_id is None and post.part > 1:
            await self._context.services.outbox.requeue(dataclasses.replace(post, part=post.part - 1))

    async def next(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Next*, for who leads: the part behind the one on which it stands."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        host, part = view.host or 0, number(ids, 1)
        await self._games.lead(who, view.id, Chose(seat=host, what="next", values=(str(part),)))
        seen = await self._games.get_view(view.id)
        say = await self._context.dispatcher.say(view.server_id)
        shown = None if seen is None else card_of(view.kind).reveal(say, seen, part)
        if shown is None:
            await take_time(interaction)
        else:
            await replace(interaction, shown)  # without *Next*, which stands on the newest part alone
        await self._context.done(interaction, view)

    async def choose(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of menus and buttons by which somebody chooses something, whether they play or only read."""
        who = await self._context.enter(interaction)
        view = await self._games.find_view(who, number(ids, 0))
        card, what, part = card_of(view.kind), ids[1], number(ids, 2)
        values = card.choosing(view, what, part, picked(interaction))
        view = await self._games.act(
            who,
            view.id,
            lambda seat: Chose(seat=seat, what=what, values=values),
            name=self._context.name(interaction),
        )
        await self._context.show(interaction, view, card.chosen(private(interaction), view, what, part), what)
        await self._context.done(interaction, view)
