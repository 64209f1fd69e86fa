"""/story list and /story show: reading privately. These commands join the group of `stories`."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.rules.stories import Story
from bot.stories.access import Who
from bot.ui.answers import is_private, replace, whisper
from bot.ui.cards import Card, notice
from bot.ui.custom_ids import number
from bot.ui.locale import Catalogue, named, private
from bot.ui.tree import InklingTree
from cogs.core.command_options import PassageNumber
from cogs.core.context import InteractionContext, StoryCog, unseen
from cogs.core.generation_flow import GenerationFlow
from cogs.core.services import Services
from cogs.stories import custom_ids
from cogs.stories.cards import LISTED, list_card
from cogs.stories.group import StoryGroupCog
from cogs.stories.reading import Direction, Spot, clamped, reading_card, window


class BrowsingCog(StoryGroupCog):
    """The list of stories, and the reading view of one."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow) -> None:
        super().__init__(tree, {"list": self.list_, "show": self.show})
        self._services = services
        self._context = InteractionContext(services, flow)
        tree.route(custom_ids.LIST, self.turn_list)
        tree.route(custom_ids.READ, self.read)

    async def list_(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Show the server's stories, a page at a time."""
        who = await self._context.enter(interaction)
        await whisper(interaction, await self._list_page(interaction, who, 0))

    async def turn_list(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the list's *Back* and *On*."""
        who = await self._context.enter(interaction)
        await replace(interaction, await self._list_page(interaction, who, number(ids, 0)))

    async def _list_page(self, interaction: discord.Interaction[Any], who: Who, page: int) -> Card:
        story_queries, say, outside = self._services.story_queries, private(interaction), unseen(interaction)
        listed = await story_queries.list_page(who.server_id, page, LISTED, outside)
        if not listed.total:
            return notice(say("story.list_empty"))
        return list_card(say, listed.stories, listed.page, listed.pages, listed.total)

    @app_commands.rename(at=named("command.story.number.name"), story=named("command.story.story.name"))
    @app_commands.describe(
        at=named("command.story.show.number.description"), story=named("command.story.story.description")
    )
    @app_commands.autocomplete(story=StoryCog.stories)
    async def show(
        self, interaction: discord.Interaction[commands.Bot], story: str | None = None, at: PassageNumber | None = None
    ) -> None:
        """Read a story privately, from its beginning or from a passage on."""
        _, found = await self._context.story(interaction, story)
        first = 1 if at is None else (await self._services.story_queries.find_numbered(found, at)).depth
        await whisper(interaction, await self._page(private(interaction), found, Spot(first), "f"))

    async def read(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Read* and of the buttons to turn the pages."""
        _, story = await self._context.clicked(interaction, ids)
        direction: Direction = "b" if ids[-1] == "b" else "f"
        page = await self._page(private(interaction), story, Spot(number(ids, 1), number(ids, 2)), direction)
        reading = is_private(interaction)
        if reading and not _is_list(interaction):
            await replace(interaction, page)
        else:
            await whisper(interaction, page)

    async def _page(self, say: Catalogue, story: Story, spot: Spot, direction: Direction) -> Card:
        total = await self._services.story_queries.count_passages(story)
        spot, direction = clamped(spot, direction, total)
        passages = await self._services.story_queries.list_canon_page(story, *window(spot, direction))
        return reading_card(say, story, passages, spot, direction, total)


def _is_list(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the button stands on the list of stories, which stays when a story is opened from it."""
    message = interaction.message
    if message is None:
        return False
    view = discord.ui.LayoutView.from_message(message)
    return any(isinstance(child, discord.ui.Section) for child in view.walk_children())
