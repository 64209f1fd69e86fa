"""Cards of work that was under way when the program was killed."""

from __future__ import annotations

import pytest

from bot.app import create_bot
from bot.rules.posts import Post
from cogs.continuation.cog import Writing
from cogs.core.generation_flow import Asking
from storage.posts import Posts
from tests.behaviour.discord_world import House, en, texts


async def progress_posts(house: House) -> list[Post]:
    async with house.services.database.reading() as connection:
        return [post for post in await Posts(connection).of_channel(house.channel.id) if post.kind == "progress"]


async def test_nothing_is_left_of_work_that_ended(house: House) -> None:
    await house.ask(house.ben, count=1)
    assert await progress_posts(house) == []
    house.env.inject_error("PATCH", "/webhooks/*", status=500, times=9)
    result = await house.ask(house.ben, count=1)
    assert en("card.continue.title", count=1) in texts(result.response), "what fails on the way is shown by the outbox"
    assert [post for post in await progress_posts(house) if post.wanted > post.shown] == []


@pytest.mark.patient
async def test_a_card_that_a_kill_left_behind_says_so_after_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = (await house.ask(house.ben, length=160)).response
    assert card is not None
    assert [post.message_id for post in await progress_posts(house)] == [card.id]
    killed = house.env.bot.get_cog("Writing")  # type: ignore[attr-defined]  # the bot under test is a commands.Bot
    assert isinstance(killed, Writing)

    async def nothing(*_: object) -> None:
        """A killed program cleans nothing up."""

    monkeypatch.setattr(Asking, "interrupt", nothing)
    monkeypatch.setattr(Asking, "_settle", nothing)
    await house.env.restart_bot(create_bot(house.settings, house.services))
    await house.env.advance_time(2.0)
    assert texts(card) == en("progress.interrupted")
    assert house.messages == 1

    requests = len(house.env.http_requests)
    await house.env.restart_bot(create_bot(house.settings, house.services))
    await house.env.advance_time(2.0)
    assert await progress_posts(house) == []
    assert not [request for request in house.env.http_requests[requests:] if request.method in ("PATCH", "DELETE")]
    assert texts(card) == en("progress.interrupted")
