"""/story undo, redo and withdraw: taking passages back. These commands join the group of `stories`."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.rules.stories import Story
from bot.stories.passages import check_own
from bot.ui.answers import replace, whisper
from bot.ui.cards import notice
from bot.ui.custom_ids import number
from bot.ui.cutting import shown_head
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from cogs.core.blocked_posts import BlockedPosts
from cogs.core.command_options import PassageNumber
from cogs.core.context import InteractionContext, StoryCog
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.stories import custom_ids
from cogs.stories.cards import withdraw_card
from cogs.stories.group import StoryGroupCog

_BEGINNING = 80
"""Characters of a passage that tell which one was taken back."""


class UndoingCog(StoryGroupCog):
    """Taking back passages: the last one with undo and redo, one's own words with withdraw."""

    def __init__(
        self,
        tree: InklingTree,
        services: Services,
        flow: GenerationFlow,
        dispatcher: OutboxDispatcher,
        refusals: BlockedPosts,
    ) -> None:
        super().__init__(tree, {"undo": self.undo, "redo": self.redo, "withdraw": self.withdraw})
        self._services = services
        self._dispatcher = dispatcher
        self._refusals = refusals
        self._context = InteractionContext(services, flow)
        tree.route(custom_ids.WITHDRAW, self.withdrawn)

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def undo(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Take the last passage back."""
        who, found = await self._context.story(interaction, story)
        passage = await self._services.passage_service.undo(who, found.id)
        told = private(interaction)("story.undone", number=passage.depth, beginning=_beginning_of(passage.text))
        await self._tell(interaction, told, found)

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def redo(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Take back what was undone last."""
        who, found = await self._context.story(interaction, story)
        passage = await self._services.passage_service.redo(who, found.id)
        told = private(interaction)("story.redone", number=passage.depth, beginning=_beginning_of(passage.text))
        await self._tell(interaction, told, found)

    @app_commands.rename(number=named("command.story.number.name"), story=named("command.story.story.name"))
    @app_commands.describe(
        number=named("command.story.withdraw.number.description"), story=named("command.story.story.description")
    )
    @app_commands.autocomplete(story=StoryCog.stories)
    async def withdraw(
        self, interaction: discord.Interaction[commands.Bot], number: PassageNumber, story: str | None = None
    ) -> None:
        """Ask whether a passage of one's own is really to be emptied."""
        who, found = await self._context.story(interaction, story)
        passage = await self._services.story_queries.find_numbered(found, number)
        check_own(who, passage)
        await whisper(interaction, withdraw_card(private(interaction), found, passage))

    async def withdrawn(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the confirmation."""
        who, story = await self._context.clicked(interaction, ids)
        await self._services.passage_service.withdraw(who, story.id, number(ids, 1))
        await replace(interaction, notice(private(interaction)("story.withdrawn_done")))
        await self._dispatcher.flush()

    async def _tell(self, interaction: discord.Interaction[Any], told: str, story: Story) -> None:
        """Tell the person what is committed, then show it to everybody."""
        await whisper(interaction, notice(told))
        await self._refusals.flush(interaction, story)


def _beginning_of(passage: str) -> str:
    return shown_head(passage, _BEGINNING)
