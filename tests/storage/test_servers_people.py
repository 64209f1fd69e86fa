from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import ACTIVITIES, LANGUAGES, SWITCHES, ServerSettings
from storage.database import Database
from storage.tables import PEOPLE, SERVERS
from tests.storage.examples import SNOWFLAKES
from tests.support.patience import SLOW_IS_FINE

SETTINGS = st.builds(
    ServerSettings,
    server_id=SNOWFLAKES,
    mood=st.none() | st.sampled_from(MOOD_NAMES),
    count=st.integers(1, 5),
    length=st.integers(8, 160),
    language=st.none() | st.sampled_from(LANGUAGES),
    channels=st.frozensets(SNOWFLAKES, max_size=5),
    switched_off=st.frozensets(st.sampled_from(SWITCHES)),
    words=st.lists(st.text(max_size=40), max_size=5).map(tuple),
    roles=st.dictionaries(st.sampled_from(ACTIVITIES), st.frozensets(SNOWFLAKES, min_size=1, max_size=3)),
)


async def test_server_that_set_nothing_has_the_defaults(database: Database) -> None:
    async with database.reading() as tx:
        assert await tx.servers.get(5) == ServerSettings(server_id=5)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, *SLOW_IS_FINE])
@given(first=SETTINGS, second=SETTINGS)
async def test_server_settings_read_are_those_saved_last(
    database: Database, first: ServerSettings, second: ServerSettings
) -> None:
    async with database.transaction() as tx:
        await tx.servers.save(first, now_ms=1)
        await tx.servers.save(second, now_ms=2)
    async with database.reading() as tx:
        assert await tx.servers.get(second.server_id) == second
        if first.server_id != second.server_id:
            assert await tx.servers.get(first.server_id) == first
        changed = await tx.execute(select(SERVERS.c.changed_ms).where(SERVERS.c.server_id == second.server_id))
        assert changed.scalar_one() == 2


async def test_people_are_first_and_last_seen(database: Database) -> None:
    async with database.transaction() as tx:
        for person_id, now_ms in ((7, 10), (8, 11), (7, 12), (7, 5)):
            await tx.people.mark_seen(person_id, now_ms=now_ms)
    async with database.reading() as tx:
        rows = (await tx.execute(select(PEOPLE).order_by(PEOPLE.c.person_id))).all()
    assert [tuple(row) for row in rows] == [(7, 10, 12), (8, 11, 11)]
