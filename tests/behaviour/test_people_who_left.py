"""Whoever has left the server can still be named in every command that takes a person."""

from __future__ import annotations

import logging

import pytest

from bot.rules.stories import Role
from storage.stories import Stories
from tests.behaviour.discord_world import House, en, leaves, private
from tests.behaviour.storytelling import story_of
from tests.behaviour.voting import begin_story

USER = 6


async def test_in_every_command(house: House, caplog: pytest.LogCaptureFixture) -> None:
    thread = await begin_story(house)
    house.guild.remove_member(house.chen)
    named = [(name, each["name"]) for name, options in leaves(house) for each in options if each["type"] == USER]
    assert ("story people", "person") in named
    for name, option in named:
        told = private(await house.ada.slash(thread, name, **{option: house.chen.user}))
        assert f"<@{house.chen.id}>" in told, name
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("role", ["invited", "cohost"])
async def test_a_role_is_taken_back_and_given(house: House, role: Role) -> None:
    thread = await begin_story(house)
    story = await story_of(house, thread)
    await house.ada.slash(thread, "story people", person=house.chen, role=role)
    house.guild.remove_member(house.chen)

    async def has() -> bool:
        async with house.services.database.reading() as connection:
            return house.chen.id in (await Stories(connection).people(story.id))[role]

    assert await has()
    taken = await house.ada.slash(thread, "story people", person=house.chen.user, role=role, remove=True)
    assert en("story.role_taken", name=f"<@{house.chen.id}>") in private(taken)
    assert not await has()
    await house.ada.slash(thread, "story people", person=house.chen.user, role=role)
    assert await has()


async def test_a_story_is_handed_over_to_people_who_are_here(house: House) -> None:
    thread = await begin_story(house)
    house.guild.remove_member(house.chen)
    refused = await house.ada.slash(thread, "story people", person=house.chen.user, role="host")
    assert private(refused) == en("error.host_not_here")
    refused = await house.ada.slash(thread, "story people", person=house.chen.user, role="host", remove=True)
    assert private(refused) == en("error.role_host")
    assert (await story_of(house, thread)).host_id == house.ada.id
