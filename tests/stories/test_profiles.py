"""Pen names and the wish that no model goes on from one's words, as they are kept for each server."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import BadInput
from bot.rules.profiles import WriterProfile
from bot.rules.servers import ServerSettings
from bot.stories.profiles import ProfileService
from storage.database import Database

SERVER, ANN, BO = 1, 7, 8


@pytest.fixture
def profile_service(database: Database) -> ProfileService:
    return ProfileService(database)


async def test_wishes_are_kept_for_each_server(profile_service: ProfileService) -> None:
    assert await profile_service.get(SERVER, ANN) == WriterProfile(server_id=SERVER, person_id=ANN)
    await profile_service.change(SERVER, ANN, pen_name=" Old  Wren ")
    changed = await profile_service.change(SERVER, ANN, no_ai=True)
    assert changed == WriterProfile(server_id=SERVER, person_id=ANN, pen_name="Old Wren", no_ai=True)
    assert await profile_service.get(SERVER, ANN) == changed
    assert await profile_service.get(SERVER + 1, ANN) == WriterProfile(server_id=SERVER + 1, person_id=ANN)
    assert (await profile_service.change(SERVER, ANN, pen_name=None)).pen_name is None
    assert (await profile_service.get(SERVER, ANN)).no_ai


async def test_names_are_told_of_those_who_have_one(profile_service: ProfileService) -> None:
    await profile_service.change(SERVER, ANN, pen_name="Wren")
    await profile_service.change(SERVER, BO, no_ai=True)
    assert await profile_service.list_names(SERVER, [ANN, BO, 99]) == {ANN: "Wren"}
    assert await profile_service.list_names(SERVER, []) == {}
    assert await profile_service.list_names(SERVER + 1, [ANN, BO]) == {}


async def test_pen_name_is_one_persons_in_a_server(profile_service: ProfileService) -> None:
    await profile_service.change(SERVER, ANN, pen_name="Wren")
    with pytest.raises(BadInput, match="pen_name_taken"):
        await profile_service.change(SERVER, BO, pen_name="WRÉN", no_ai=True)
    assert not (await profile_service.get(SERVER, BO)).no_ai
    assert (await profile_service.change(SERVER, ANN, pen_name="wren")).pen_name == "wren"
    assert (await profile_service.change(SERVER + 1, BO, pen_name="Wren")).pen_name == "Wren"
    await profile_service.change(SERVER, ANN, pen_name=None)
    assert (await profile_service.change(SERVER, BO, pen_name="Wren")).pen_name == "Wren"
    with pytest.raises(BadInput, match="pen_name_taken"):
        await profile_service.change(SERVER, ANN, pen_name="inkling", known_as=("Inkling",))


async def test_pen_name_that_ten_want_at_once_is_one_persons(profile_service: ProfileService) -> None:
    told = await asyncio.gather(
        *(profile_service.change(SERVER, person, pen_name="Wren") for person in range(100, 110)), return_exceptions=True
    )
    assert sum(isinstance(each, WriterProfile) for each in told) == 1
    assert sum(isinstance(each, BadInput) for each in told) == 9
    assert list((await profile_service.list_names(SERVER, range(100, 110))).values()) == ["Wren"]


async def test_pen_name_that_is_on_the_word_list(database: Database, profile_service: ProfileService) -> None:
    await profile_service.change(SERVER, ANN, pen_name="The Clown")
    async with database.transaction() as tx:
        await tx.servers.save(ServerSettings(server_id=SERVER, words=("clown",)), now_ms=1)
    with pytest.raises(BadInput, match="word_not_here"):
        await profile_service.change(SERVER, BO, pen_name="Cl0wn")
    assert (await profile_service.change(SERVER, ANN, no_ai=True)).pen_name == "The Clown"


async def test_pen_name_of_who_leaves_is_free_again(database: Database, profile_service: ProfileService) -> None:
    await profile_service.change(SERVER, ANN, pen_name="Wren", no_ai=True)
    async with database.transaction() as tx:
        await tx.privacy.delete(ANN)
    assert (await profile_service.change(SERVER, BO, pen_name="Wren")).pen_name == "Wren"
    async with database.reading() as tx:
        assert await tx.profiles.list_refusing(SERVER, [ANN, BO]) == frozenset()
