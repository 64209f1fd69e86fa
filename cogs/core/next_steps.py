"""The buttons that lead from the newest passage or result of a story to what comes next."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.rules.stories import Passage, Story
from bot.ui.custom_ids import ASK_MODELS, NEXT_ROUND, WRITE_ON
from bot.ui.locale import Catalogue


def next_steps(
    say: Catalogue, story: Story, passage: Passage | None, *, round_id: int | None = None
) -> tuple[ui.Button[Any], ...]:
    """Return *Write on*, *Ask the models* where models can go on, and behind a round *Next round*; nothing in a story
    in which nothing can be written now. `passage` is what the story ends with, None for the result `round_id` of a
    round that added nothing."""
    if story.state != "open":
        return ()
    steps = [WRITE_ON.button(say("button.sadd"), story.id, style=discord.ButtonStyle.primary, emoji="✍️")]
    if story.rules.ai and not (passage is not None and passage.withdrawn):
        steps.append(ASK_MODELS.button(say("button.sask"), story.id, emoji="✨"))
    decided = round_id if passage is None else passage.round_id
    if decided is not None:
        steps.append(NEXT_ROUND.button(say("button.snext"), decided, emoji="🗳️"))
    return tuple(steps)
