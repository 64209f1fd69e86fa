"""What those do who lead a game: skip, remove, pause, go on, end; and what happens to texts that were reported."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.errors import BadInput, Gone, NotAllowed
from bot.games.service import Leading
from bot.games.views import GameView
from bot.rules.games import steps
from bot.stories.access import Who
from bot.ui.cards import notice
from bot.ui.custom_ids import number
from bot.ui.forms import picked
from bot.ui.locale import private
from bot.ui.tree import InklingTree
from cogs.games import custom_ids
from cogs.games.context import MORE, GameContext
from cogs.games.private_cards import end_card, manage_card
from cogs.games.text_cards import slot_picked, texts_card


class ManagingCog(commands.Cog):
    """For hosts and those who manage the server. Every click is authorised again from the database."""

    def __init__(self, tree: InklingTree, context: GameContext) -> None:
        self._context = context
        self._games = context.games
        for route, handler in {
            custom_ids.MANAGE: self.manage,
            custom_ids.SKIP: self.skip,
            custom_ids.REMOVE: self.remove,
            custom_ids.PAUSE: self.pause,
            custom_ids.RESUME: self.resume,
            custom_ids.END: self.ask_end,
            custom_ids.END_NOW: self.end,
            custom_ids.TEXTS: self.texts,
            custom_ids.REPORT: self.report,
            custom_ids.HIDE: self.hide,
            custom_ids.SHOW_AGAIN: self.show_again,
        }.items():
            tree.route(route, handler)

    async def show(self, interaction: discord.Interaction[Any], view: GameView, told: str = "") -> None:
        """Show the panel of a game to who leads it. Raises `NotAllowed` (`game_hosts_only`), `Gone` (`game_over`)."""
        if not view.leads:
            raise NotAllowed("game_hosts_only")
        if view.is_over:
            raise Gone("game_over")
        await self._context.show(interaction, view, manage_card(private(interaction), view, told=told), MORE)

    async def manage(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *For who leads*."""
        _, view = await self._found(interaction, ids)
        await self.show(interaction, view)

    async def skip(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of players to wait for no longer."""
        say = private(interaction)
        await self._lead(interaction, ids, steps.Skipped(_seat(interaction)), say("game.told_skipped"))

    async def remove(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of players to remove."""
        say = private(interaction)
        await self._lead(interaction, ids, steps.Removed(_seat(interaction)), say("game.told_removed"))

    async def pause(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Pause*."""
        say = private(interaction)
        await self._lead(interaction, ids, steps.Paused(), say("game.told_paused"))

    async def resume(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Go on*."""
        say = private(interaction)
        await self._lead(interaction, ids, steps.Resumed(), say("game.told_resumed"))

    async def ask_end(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *End it*: asks whether that is meant."""
        _, view = await self._found(interaction, ids)
        if not view.leads:
            raise NotAllowed("game_hosts_only")
        if view.is_over or (view.phase or "lobby") != ids[1]:
            raise Gone("turn_over")
        await self._context.show(interaction, view, end_card(private(interaction), view), MORE)

    async def end(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the answer that it is."""
        say = private(interaction)
        phase = "" if ids[1] == "lobby" else ids[1]
        await self._lead(interaction, ids, steps.Ended(phase=phase), say("game.told_ended"))

    async def _lead(
        self, interaction: discord.Interaction[Any], ids: tuple[str, ...], event: Leading, told: str
    ) -> None:
        who = await self._context.enter(interaction)
        view = await self._games.lead(who, number(ids, 0), event)
        say = private(interaction)
        card = notice(told) if view.is_over else manage_card(say, view, told=told)
        await self._context.show(interaction, view, card, MORE)
        await self._context.done(interaction, view)

    # ---- texts

    async def texts(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Report a text*, and of the buttons to turn its pages."""
        _, view = await self._found(interaction, ids)
        await self._context.show(interaction, view, texts_card(private(interaction), view, number(ids, 1)), MORE)

    async def report(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to report a text: who leads sees it."""
        say = private(interaction)
        who, view = await self._found(interaction, ids)
        first = await self._games.report(who, view.id, slot_picked(view, _one(interaction)))
        await self._texts_again(interaction, who, ids, say("game.told_report" if first else "game.told_report_again"))

    async def hide(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to hide a text, for who leads."""
        say = private(interaction)
        await self._hide(interaction, ids, True, say("game.told_hidden"))

    async def show_again(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu to keep a text that was reported, or to show a hidden one again, for who leads."""
        say = private(interaction)
        await self._hide(interaction, ids, False, say("game.told_shown"))

    async def _hide(self, interaction: discord.Interaction[Any], ids: tuple[str, ...], hidden: bool, told: str) -> None:
        who, view = await self._found(interaction, ids)
        await self._games.lead(who, view.id, steps.Hid(slot_picked(view, _one(interaction)), hidden))
        await self._texts_again(interaction, who, ids, told)

    async def _texts_again(
        self, interaction: discord.Interaction[Any], who: Who, ids: tuple[str, ...], told: str
    ) -> None:
        view, say = await self._games.find_view(who, number(ids, 0)), private(interaction)
        await self._context.show(interaction, view, texts_card(say, view, number(ids, 1), told=told), MORE)
        await self._context.done(interaction, view)

    async def _found(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> tuple[Who, GameView]:
        who = await self._context.enter(interaction)
        return who, await self._games.find_view(who, number(ids, 0))


def _one(interaction: discord.Interaction[Any]) -> str:
    values = picked(interaction)
    if len(values) != 1:
        raise Gone("game_text_gone")
    return values[0]


def _seat(interaction: discord.Interaction[Any]) -> int:
    """Return the seat that was picked. Raises `BadInput` (`game_nobody_picked`) for none."""
    values = picked(interaction)
    if len(values) != 1 or not values[0].isdecimal() or len(values[0]) > 4:
        raise BadInput("game_nobody_picked")
    return int(values[0])
