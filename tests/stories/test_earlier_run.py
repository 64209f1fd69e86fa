"""What an earlier run kept in its last minutes is known; what this one kept, or what is older, is not asked about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.rules.stories import Additions, NewStory, Story, StoryRules
from bot.stories.access import Who
from bot.stories.earlier_run import REMEMBERED_S, EarlierRun
from bot.stories.lore import LoreService
from bot.stories.passages import PassageService
from bot.stories.rounds.service import RoundService
from storage.database import Database, open_database
from tests.support.clocks import Clock
from tests.support.databases import furnish

ADA = Who(server_id=1, person_id=10)
THEN_MS = 5_000_000
AFTER_MS = THEN_MS + 1000
LATER_MS = THEN_MS + round(1000 * REMEMBERED_S) + 1


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    furnish(tmp_path)
    async with open_database(tmp_path, Clock(THEN_MS)) as opened:
        yield opened


async def begun(database: Database, additions: Additions = "at_once") -> Story:
    rules = StoryRules(additions=additions)
    new = NewStory(server_id=1, channel_id=7, host_id=10, title="The Lamp", premise="", rules=rules)
    return await PassageService(database).start(new)


@pytest.mark.parametrize("voting", [False, True])
async def test_passage_or_candidate_of_an_earlier_run_is_known(database: Database, voting: bool) -> None:
    story = await begun(database, "vote" if voting else "at_once")
    if voting:
        await RoundService(database).propose(ADA, story.id, "The lamp went out.")
    else:
        await PassageService(database).add_passage(ADA, story.id, "The lamp went out.", None)
    other = await begun(database)
    database.now = Clock(AFTER_MS)
    earlier = EarlierRun(database)
    assert await earlier.wrote(10, story.id, " The lamp went out.\n"), "it is kept trimmed"
    assert not await earlier.wrote(20, story.id, "The lamp went out.")
    assert not await earlier.wrote(10, story.id, "The lamp went out!")
    assert not await earlier.wrote(10, other.id, "The lamp went out.")


async def test_earlier_run_does_not_ask_about_what_is_older_or_of_this_run(database: Database) -> None:
    story = await begun(database)
    database.now = clock = Clock(THEN_MS - 1)
    this_run = EarlierRun(database)
    clock.now_ms = THEN_MS
    await PassageService(database).add_passage(ADA, story.id, "The lamp went out.", None)
    clock.now_ms = AFTER_MS
    assert not await this_run.wrote(10, story.id, "The lamp went out.")
    earlier = EarlierRun(database)
    clock.now_ms = LATER_MS
    assert not await earlier.wrote(10, story.id, "The lamp went out.")


async def test_lore_and_stories_of_an_earlier_run_are_known(database: Database) -> None:
    story = await begun(database)
    lore_service = LoreService(database)
    await lore_service.propose(ADA, story.id, "lore", "Ember is a dragon.", "ember", channel_id=7)
    database.now = Clock(AFTER_MS)
    earlier = EarlierRun(database)
    assert await earlier.proposed(10, 1, story.id, "lore", "Ember is a dragon.")
    assert not await earlier.proposed(10, 1, story.id, "memory", "Ember is a dragon.")
    assert not await earlier.proposed(10, 1, None, "lore", "Ember is a dragon.")
    assert not await earlier.proposed(20, 1, story.id, "lore", "Ember is a dragon.")
    assert await earlier.began(10, 1, 7, " The  Lamp ")
    assert not await earlier.began(10, 1, 8, "The Lamp")
    assert not await earlier.began(10, 2, 7, "The Lamp")
