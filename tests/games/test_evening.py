"""An evening of Fold over the service: from the lobby to the archive, with restarts, and each step once."""

from __future__ import annotations

from tests.games.playing import CHANNEL, Evening

MINUTE = 60_000


async def test_fold_from_the_lobby_to_the_archive(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await evening.restart()
    assert await evening.write_all(game_id, [1, 2, 3]) == 9
    await evening.restart()
    view = await evening.see(4, game_id)
    assert [len(sheet) for sheet in view.game.sheets] == [3]
    await evening.wait(30 * MINUTE)
    view = await evening.see(1, game_id)
    assert view.state == "ended"
    assert view.story_id is not None
    async with evening.database.reading() as tx:
        story = await tx.stories.get(view.story_id)
        assert story is not None
        assert story.head_id is not None
        assert story.thread_id is None
        assert (story.state, story.host_id, story.channel_id) == ("ended", 1, CHANNEL)
        canon = await tx.passages.list_canon(story.head_id)
    assert len(canon) == 9
    assert {(passage.author_id, passage.pen_name) for passage in canon} == {(1, "P1"), (2, "P2"), (3, "P3")}
    lines = [line.text for sheet in view.game.sheets for line in sheet]
    assert [passage.text for passage in canon] == lines
