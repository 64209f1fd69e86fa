"""*Add to the story* in the menu of a message: a plain message of one's own becomes the next passage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.errors import InklingError, NotAllowed, NotHere
from bot.rules.stories import Story
from bot.stories.access import Who
from bot.stories.queries import StoryQueries
from bot.ui.answers import GIVEN
from cogs.core.context import InteractionContext
from cogs.core.message_text import MessageText

Keep = Callable[[discord.Interaction[Any], Who, Story, str, int | None], Awaitable[None]]
"""Keeps a passage behind the head that its author saw, and answers."""


class AddToStory:
    """Adds what somebody wrote themselves, in the thread of a story in which they may write: a name stands under it."""

    name = "add"
    emoji = "✍️"
    first = True

    def __init__(self, context: InteractionContext, queries: StoryQueries, keep: Keep) -> None:
        self._context = context
        self._queries = queries
        self._keep = keep

    async def fits(self, interaction: discord.Interaction[Any], message: MessageText) -> bool:
        if message.story is None or message.author_id != message.person_id:
            return False
        try:
            await self._queries.check_writer(await self._context.enter(interaction), message.story)
        except InklingError:
            return False
        return True

    async def use(self, interaction: discord.Interaction[Any], message: MessageText) -> None:
        if message.story is None:
            raise NotHere("not_a_story")
        if message.author_id != interaction.user.id:
            raise NotAllowed("not_your_passage")
        interaction.extras[GIVEN] = message.text
        who, story = await self._context.clicked(interaction, (str(message.story.id),))
        await self._keep(interaction, who, story, message.text, message.story.head_id)
