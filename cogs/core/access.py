"""Access to what the hosts of a story decide: checked when somebody decides something."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
import discord

from bot.rules.stories import Story, require_lead
from bot.stories.access import Who
from bot.ui.delivery import UNKNOWN_MEMBER, UNKNOWN_USER
from cogs.core.context import InteractionContext

_log = logging.getLogger(__name__)


class StoryAccess(InteractionContext):
    """Finds stories for those who may decide about them: hosts, co-hosts and the managers of the server."""

    async def led(self, interaction: discord.Interaction[Any], given: str | None) -> tuple[Who, Story]:
        """Return who acts, and the story, about which they may decide. Raises `NotAllowed`, and as `story`."""
        who, story = await self.story(interaction, given)
        story = await self.with_host(interaction, who, story)
        require_lead(await self._services.story_queries.get_standing(story, who.person_id, who.manages))
        return who, story

    async def with_host(self, interaction: discord.Interaction[Any], who: Who, story: Story) -> Story:
        """Return the story, with another host where its host has left the server. Discord does not tell the bot when
        people leave, so it is checked when somebody else acts."""
        if story.host_id is None or story.host_id == who.person_id or interaction.guild is None:
            return story
        try:
            await interaction.guild.fetch_member(story.host_id)
        except discord.NotFound as error:
            if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER):
                return await self._services.hosting.host_left(story)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            _log.info("it could not be seen whether a host is still here: %s", error)
        return story
