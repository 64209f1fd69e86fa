"""Cards of work that was under way when the program was killed."""

from __future__ import annotations

import pytest

from bot.app import create_bot
from bot.rules.posts import Post
from cogs.core.generation_flow import GenerationFlow
from cogs.generations.cog import GenerationsCog
from tests.behaviour.discord_world import DiscordWorld, en, texts


async def progress_posts(world: DiscordWorld) -> list[Post]:
    async with world.services.database.reading() as tx:
        return [post for post in await tx.posts.list_of_channel(world.channel.id) if post.kind == "progress"]


async def test_progress_post_is_forgotten_when_work_ends(world: DiscordWorld) -> None:
    await world.ask(world.ben, count=1)
    assert await progress_posts(world) == []
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=9)
    result = await world.ask(world.ben, count=1)
    assert en("card.continue.title", count=1) in texts(result.response), "what fails on the way is shown by the outbox"
    assert [post for post in await progress_posts(world) if post.wanted_version > post.shown_version] == []


@pytest.mark.patient
async def test_a_card_that_a_kill_left_behind_says_so_after_the_next_start(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = (await world.ask(world.ben, length=120)).response
    assert card is not None
    assert [post.message_id for post in await progress_posts(world)] == [card.id]
    killed = world.env.bot.get_cog("GenerationsCog")  # type: ignore[attr-defined]  # the bot under test is a commands.Bot
    assert isinstance(killed, GenerationsCog)

    async def nothing(*_: object) -> None:
        """A killed program cleans nothing up."""

    monkeypatch.setattr(GenerationFlow, "interrupt", nothing)
    monkeypatch.setattr(GenerationFlow, "_settle", nothing)
    await world.env.restart_bot(create_bot(world.settings, world.services))
    await world.env.advance_time(2.0)
    assert texts(card) == en("progress.interrupted")
    assert world.messages == 1

    requests = len(world.env.http_requests)
    await world.env.restart_bot(create_bot(world.settings, world.services))
    await world.env.advance_time(2.0)
    assert await progress_posts(world) == []
    assert not [request for request in world.env.http_requests[requests:] if request.method in ("PATCH", "DELETE")]
    assert texts(card) == en("progress.interrupted")
