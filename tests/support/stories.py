"""A story as a value, for the tests of what is pure; what a test is about it replaces."""

from __future__ import annotations

from bot.rules.stories import Story, StoryRules

STORY = Story(
    id=1,
    tree_id=1,
    server_id=1,
    channel_id=2,
    thread_id=3,
    host_id=4,
    title="The Lighthouse",
    premise="",
    rules=StoryRules(),
    state="open",
    head_id=1,
    created_ms=0,
    changed_ms=0,
)
"""An open story with one passage, of the person 4."""
