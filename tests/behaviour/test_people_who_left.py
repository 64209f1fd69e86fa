"""Whoever has left the server can still be named in every command that takes a person."""

from __future__ import annotations

import logging

import pytest

from bot.rules.stories import Role
from tests.behaviour.discord_world import DiscordWorld, en, leaves, private
from tests.behaviour.storytelling import story_of
from tests.behaviour.voting import begin_story

USER = 6


async def test_people_who_left_in_every_command(world: DiscordWorld, caplog: pytest.LogCaptureFixture) -> None:
    thread = await begin_story(world)
    world.guild.remove_member(world.chen)
    named = [(name, each["name"]) for name, options in leaves(world) for each in options if each["type"] == USER]
    assert ("story people", "person") in named
    for name, option in named:
        told = private(await world.ada.slash(thread, name, **{option: world.chen.user}))
        assert f"<@{world.chen.id}>" in told, name
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("role", ["invited", "cohost"])
async def test_a_role_is_taken_back_and_given(world: DiscordWorld, role: Role) -> None:
    thread = await begin_story(world)
    story = await story_of(world, thread)
    await world.ada.slash(thread, "story people", person=world.chen, role=role)
    world.guild.remove_member(world.chen)

    async def has() -> bool:
        async with world.services.database.reading() as tx:
            return world.chen.id in (await tx.stories.people(story.id))[role]

    assert await has()
    taken = await world.ada.slash(thread, "story people", person=world.chen.user, role=role, remove=True)
    assert en("story.role_taken", name=f"<@{world.chen.id}>") in private(taken)
    assert not await has()
    await world.ada.slash(thread, "story people", person=world.chen.user, role=role)
    assert await has()


async def test_a_story_is_handed_over_to_people_who_are_here(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    world.guild.remove_member(world.chen)
    refused = await world.ada.slash(thread, "story people", person=world.chen.user, role="host")
    assert private(refused) == en("error.host_not_here")
    refused = await world.ada.slash(thread, "story people", person=world.chen.user, role="host", remove=True)
    assert private(refused) == en("error.role_host")
    assert (await story_of(world, thread)).host_id == world.ada.id
