"""The menu *Use this text* of every message: a private card with what can be made of it here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui
from discord.ext import commands

from bot.ui.answers import whisper
from bot.ui.cards import Card, line, text
from bot.ui.custom_ids import Route, number
from bot.ui.cutting import shown_head
from bot.ui.escaping import quote
from bot.ui.locale import Catalogue, named, private
from bot.ui.tree import InklingTree
from cogs.core.generation_flow import GenerationFlow
from cogs.core.message_menu import MessageMenuCog
from cogs.core.message_text import MessageText, MessageUse
from cogs.rounds.opening import RoundOpening

USE = Route("mtext", "key", "use")
"""A use on the card of a message's text. `key` is where the text is kept."""
QUOTED = 900
"""Characters of the text on the card."""
IN_A_ROW = 5
"""Discord allows so many buttons in a row."""


class UseTextCog(MessageMenuCog):
    """Offers what the registry of uses has, and hands the click on to the one that was chosen."""

    def __init__(self, tree: InklingTree, flow: GenerationFlow, rounds: RoundOpening) -> None:
        super().__init__(tree, named("menu.use_text"), self.offer)
        self._flow = flow
        self._rounds = rounds
        self._uses = flow.message_uses
        tree.route(USE, self.use)

    async def offer(self, interaction: discord.Interaction[commands.Bot], message: discord.Message) -> None:
        """Context menu: show privately what fits the text of a message here."""
        found = MessageText(
            text=await self._flow.text_of(message),
            person_id=interaction.user.id,
            author_id=message.author.id,
            channel_id=message.channel.id,
            story=await self._rounds.story(interaction),
        )
        uses = await self._uses.fitting(interaction, found)
        await whisper(interaction, use_card(private(interaction), found, uses, self._uses.keep(found)))

    async def use(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the buttons of that card."""
        use, message = self._uses.find(number(ids, 0), ids[1] if len(ids) > 1 else "", interaction)
        async with self._flow.once(interaction, f"usetext:{ids[0]}"):
            await use.use(interaction, message)


def use_card(say: Catalogue, message: MessageText, uses: Sequence[MessageUse], key: int) -> Card:
    """Return the private card: the text, what each use does, and its buttons."""
    blocks: list[ui.Item[Any]] = [
        text(f"### {say('usetext.title')}\n{shown_head(message.text, QUOTED, quote)}"),
        line(),
    ]
    if not uses:
        return Card(*blocks, text(say("usetext.nothing")))
    told = [f"- **{say(f'usetext.{use.name}')}**: {say(f'usetext.{use.name}_told')}" for use in uses]
    if message.story is not None and message.author_id != message.person_id:
        told.append(f"-# {say('usetext.not_yours')}")
    blocks.append(text("\n".join(told)))
    buttons = [_button(say, use, key) for use in uses]
    blocks += [ui.ActionRow(*buttons[start : start + IN_A_ROW]) for start in range(0, len(buttons), IN_A_ROW)]
    return Card(*blocks)


def _button(say: Catalogue, use: MessageUse, key: int) -> ui.Button[Any]:
    style = discord.ButtonStyle.primary if use.first else discord.ButtonStyle.secondary
    return USE.button(say(f"usetext.{use.name}"), key, use.name, style=style, emoji=use.emoji)
