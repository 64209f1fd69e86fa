"""What was kept before all text came in by one door is found by the same words all the same."""

from __future__ import annotations

import dataclasses

from bot.rules.provenance import of_model
from bot.rules.stories import NewPassage
from storage.lore import Lore
from storage.passages import Passages
from storage.stories import Stories
from tests.behaviour.discord_world import House, en, private, texts
from tests.behaviour.remembering import entries
from tests.behaviour.storytelling import begin, story_of
from tests.behaviour.voting import candidates_of

TITLE = "Cafe\u0301\u200b Noir"
TEXT = "The cafe\u0301 was so\u00adft and warm.\r\nMarta lit the lamp near the harbour."


async def test_by_their_title(house: House) -> None:
    thread = await begin(house, house.ada)
    story = await story_of(house, thread)
    async with house.services.database.transaction() as connection:
        await Stories(connection).save(dataclasses.replace(story, title=TITLE))
    for typed in ("caf\xe9 noir", "CAFE\u0301 Noir", "noir"):
        assert "Noir" in private(await house.ben.slash(house.channel, "story rules", story=typed))
        offered = await house.ben.autocomplete(house.channel, "story show", "story", typed)
        assert [choice["value"] for choice in offered] == [str(story.id)]


async def test_a_title_that_cannot_be_seen_can_be_chosen(house: House) -> None:
    story = await story_of(house, await begin(house, house.ada))
    async with house.services.database.transaction() as connection:
        await Stories(connection).save(dataclasses.replace(story, title="\u200b"))
    (choice,) = await house.ben.autocomplete(house.channel, "story show", "story", "")
    assert choice == {"name": "…", "value": str(story.id)}


async def test_by_the_words_of_a_passage(house: House) -> None:
    thread = await begin(house, house.ada)
    story = await story_of(house, thread)
    old = NewPassage(
        tree_id=story.tree_id,
        parent_id=None,
        text=TEXT,
        author_id=None,
        pen_name=None,
        origin="gpt",
        spans=of_model(TEXT, "gpt"),
    )
    async with house.services.database.transaction() as connection:
        passage = await Passages(connection).add(old, now_ms=1)
        await Stories(connection).save(dataclasses.replace(story, head_id=passage.id))
    card = (await house.ben.slash(thread, "infill", text="caf\xe9 was soft and ___.\nMarta lit", count=1)).response
    assert "caf\xe9 was soft" in texts(card)
    candidates, _ = await candidates_of(house)
    (filled,) = [each for each in candidates if not each.none]
    assert filled.text.startswith("The caf\xe9 was soft and ")
    assert filled.text.endswith(".\nMarta lit the lamp near the harbour.")
    assert {span.origin for span in filled.spans} == {"gpt", "bert"}


async def test_lore_by_how_it_begins(house: House) -> None:
    story = await story_of(house, await begin(house, house.ada))
    async with house.services.database.transaction() as connection:
        await Lore(connection).add(
            server_id=story.server_id,
            story_id=story.id,
            kind="memory",
            triggers=(),
            text=TEXT,
            state="ratified",
            proposed_by=house.ada.id,
            now_ms=1,
        )
    told = await house.ada.slash(
        house.channel, "story memory remove", entry="the caf\xe9 was soft", story=str(story.id)
    )
    assert en("lore.removed") in private(told)
    assert await entries(house) == []
