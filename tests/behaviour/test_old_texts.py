"""What was kept before all text came in by one door is found by the same words all the same."""

from __future__ import annotations

import dataclasses

from bot.rules.provenance import of_model
from bot.rules.stories import NewPassage
from tests.behaviour.discord_world import DiscordWorld, en, private, texts
from tests.behaviour.remembering import entries
from tests.behaviour.storytelling import begin, story_of
from tests.behaviour.voting import candidates_of

TITLE = "Cafe\u0301\u200b Noir"
TEXT = "The cafe\u0301 was so\u00adft and warm.\r\nMarta lit the lamp near the harbour."


async def test_old_stories_are_found_by_their_title(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    story = await story_of(world, thread)
    async with world.services.database.transaction() as tx:
        await tx.stories.save(dataclasses.replace(story, title=TITLE))
    for typed in ("caf\xe9 noir", "CAFE\u0301 Noir", "noir"):
        assert "Noir" in private(await world.ben.slash(world.channel, "story rules", story=typed))
        offered = await world.ben.autocomplete(world.channel, "story show", "story", typed)
        assert [choice["value"] for choice in offered] == [str(story.id)]


async def test_old_title_that_is_invisible_can_be_chosen(world: DiscordWorld) -> None:
    story = await story_of(world, await begin(world, world.ada))
    async with world.services.database.transaction() as tx:
        await tx.stories.save(dataclasses.replace(story, title="\u200b"))
    (choice,) = await world.ben.autocomplete(world.channel, "story show", "story", "")
    assert choice == {"name": "…", "value": str(story.id)}


async def test_by_the_words_of_a_passage(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    story = await story_of(world, thread)
    old = NewPassage(
        tree_id=story.tree_id,
        parent_id=None,
        text=TEXT,
        author_id=None,
        pen_name=None,
        origin="gpt",
        spans=of_model(TEXT, "gpt"),
    )
    async with world.services.database.transaction() as tx:
        passage = await tx.passages.add(old, now_ms=1)
        await tx.stories.save(dataclasses.replace(story, head_id=passage.id))
    card = (await world.ben.slash(thread, "infill", text="caf\xe9 was soft and ___.\nMarta lit", count=1)).response
    assert "caf\xe9 was soft" in texts(card)
    candidates, _ = await candidates_of(world)
    (filled,) = [each for each in candidates if not each.none]
    assert filled.text.startswith("The caf\xe9 was soft and ")
    assert filled.text.endswith(".\nMarta lit the lamp near the harbour.")
    assert {span.origin for span in filled.spans} == {"gpt", "bert"}


async def test_lore_by_how_it_begins(world: DiscordWorld) -> None:
    story = await story_of(world, await begin(world, world.ada))
    async with world.services.database.transaction() as tx:
        await tx.lore.add(
            server_id=story.server_id,
            story_id=story.id,
            kind="memory",
            triggers=(),
            text=TEXT,
            state="ratified",
            proposed_by=world.ada.id,
            now_ms=1,
        )
    told = await world.ada.slash(
        world.channel, "story memory remove", entry="the caf\xe9 was soft", story=str(story.id)
    )
    assert en("lore.removed") in private(told)
    assert await entries(world) == []
