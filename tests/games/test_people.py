"""Who sits where: limits, names, coming and going, clicks that come twice, and what a refused text becomes."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable
from functools import partial

import pytest

from bot.errors import BadInput, Gone, NotHere, PersonError
from bot.games.seats import MOST_IN_CHANNEL, MOST_IN_SERVER, MOST_SEATS
from bot.rules.games import steps
from bot.rules.profiles import WriterProfile
from bot.stories.access import Who
from bot.stories.server_settings import ServerSettingsService
from tests.games.playing import CHANNEL, SERVER, Evening, line_of, who

HOUR = 3_600_000


def wrote(text: str, move: int, seat: int) -> steps.Wrote:
    return steps.Wrote(seat=seat, move=move, text=text)


async def refused(work: Awaitable[object], key: str) -> None:
    """Require that something is refused for that reason."""
    with pytest.raises(PersonError) as caught:
        await work
    assert caught.value.key == key


async def test_games_of_a_channel_and_of_a_server_are_bounded(evening: Evening) -> None:
    for number in range(MOST_IN_SERVER):
        assert await evening.lobby(number + 1, channel=CHANNEL + number // MOST_IN_CHANNEL)
    await refused(evening.lobby(99, channel=CHANNEL + 50), "games_full_server")
    await evening.lead(1, 1, steps.Ended())
    await refused(evening.lobby(99, channel=CHANNEL + 1), "games_full_channel")
    assert await evening.lobby(99, channel=CHANNEL + 50)
    assert await evening.lobby(99, server=SERVER + 1, channel=999)


async def test_games_of_a_person_are_bounded_in_all_servers(evening: Evening) -> None:
    for server in range(1, MOST_SEATS + 1):
        await evening.lobby(7, server=server, channel=server)
    await refused(evening.lobby(7, server=50, channel=50), "games_full_person")
    other = await evening.lobby(8, server=50, channel=50)
    await refused(evening.games.join(who(7, 50), other, name="P7"), "games_full_person")
    await evening.games.leave(who(7), 1)
    await evening.games.join(who(7, 50), other, name="P7")


async def test_games_of_other_servers_and_of_channels_that_one_does_not_see_are_gone(evening: Evening) -> None:
    game_id = await evening.lobby(1)
    for somebody in (who(1, SERVER + 1), Who(server_id=SERVER, person_id=1, sees=lambda channel: channel != CHANNEL)):
        await refused(evening.games.find_view(somebody, game_id), "game_gone")
        await refused(evening.games.join(somebody, game_id, name="X"), "game_gone")
        await refused(evening.games.lead(somebody, game_id, steps.Started()), "game_gone")
        assert await evening.games.list_running(somebody) == []
    await refused(evening.games.find_view(who(1), 99), "game_gone")
    assert await evening.games.get_view(99) is None


async def test_names_are_given_or_of_the_profile_or_of_discord(evening: Evening) -> None:
    async with evening.database.transaction() as tx:
        await tx.profiles.save(WriterProfile(server_id=SERVER, person_id=2, pen_name="Quill", no_ai=True))
        await tx.profiles.save(WriterProfile(server_id=SERVER, person_id=9, pen_name="Nine"))
    game_id = await evening.lobby(1, 2)
    await evening.games.join(who(3), game_id, "  Third  one ", name="P3")
    for taken in ("quill", "P1", "Nine"):
        await refused(evening.games.join(who(4), game_id, taken, name="P4"), "pen_name_taken")
    await ServerSettingsService(evening.database).change(SERVER, {"words": ("toad",)})
    await refused(evening.games.join(who(4), game_id, "Toad", name="P4"), "word_not_here")
    await refused(evening.games.join(who(4), game_id, " ", name="P4"), "pen_name_empty")
    await evening.games.join(who(4), game_id, name="P4 " * 30)
    view = await evening.see(1, game_id)
    assert [seat.pen_name for seat in view.seats] == ["P1", "Quill", "Third one", ("P4 " * 30)[:32]]
    assert [seat.number for seat in view.seats if seat.no_ai] == [2]
    await evening.games.join(who(3), game_id, "Another", name="P3")
    assert (await evening.see(3, game_id)).seats[2].pen_name == "Another"


async def test_whoever_leaves_and_comes_back_has_their_seat_again(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3, 4)
    left = await evening.games.leave(who(2), game_id)
    assert (left.viewer, left.turn) == (None, None)
    await refused(evening.games.leave(who(2), game_id), "game_not_in")
    await refused(evening.act(2, game_id, lambda seat: steps.Back(seat)), "game_not_in")
    again = await evening.games.join(who(2), game_id, name="P2")
    assert (again.viewer, len(again.seats)) == (2, 4)
    await evening.lead(1, game_id, steps.Removed(3))
    await refused(evening.games.join(who(3), game_id, name="P3"), "game_removed")


async def test_host_leads_then_the_next_then_who_manages(evening: Evening) -> None:
    game_id = await evening.lobby(1, 2, 3)
    await refused(evening.lead(2, game_id, steps.Started()), "game_hosts_only")
    await evening.games.leave(who(1), game_id)
    view = await evening.lead(2, game_id, steps.Agreed(settings={"lines": 4}))
    assert (view.leads, view.settings["lines"]) == (True, 4)
    manager = dataclasses.replace(who(50), manages=True)
    view = await evening.games.lead(manager, game_id, steps.Ended())
    assert view.state == "cancelled"


async def test_somebody_who_left_the_server_is_waited_for_no_longer(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3, 4)
    assert await evening.games.person_left(game_id, 4)
    assert not await evening.games.person_left(game_id, 4)
    assert 4 not in (await evening.see(1, game_id)).waiting


async def test_channel_that_was_deleted_ends_its_games(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    for person in (1, 2, 3):
        await evening.write(person, game_id, line_of(person, person))
    lobby = await evening.lobby(4, channel=CHANNEL)
    assert await evening.games.forget_channel(CHANNEL) == 2
    view = await evening.see(1, game_id)
    assert view.state == "ended"
    assert view.story_id is not None
    assert (await evening.see(4, lobby)).state == "cancelled"
    async with evening.database.reading() as tx:
        assert await tx.posts.list_of_channel(CHANNEL) == []


async def test_clicks_that_come_at_once_count_once(evening: Evening) -> None:
    game_id = await evening.lobby(1, 2, 3)
    clicks = [evening.lead(1, game_id, steps.Started()) for _ in range(5)]
    clicks += [evening.games.join(who(4), game_id, name="P4") for _ in range(5)]
    await asyncio.gather(*clicks, return_exceptions=True)
    view = await evening.see(1, game_id)
    assert len(view.seats) == 4
    turn = (await evening.see(1, game_id)).turn
    assert turn is not None
    text = line_of(1, 1)
    sent = [evening.act(1, game_id, lambda seat: steps.Wrote(seat=seat, move=turn.move, text=text)) for _ in range(5)]
    answers = await asyncio.gather(*sent)
    assert all(answer.draft == "" for answer in answers), "what is there already was not refused"
    async with evening.database.reading() as tx:
        assert [each.text for each in await tx.games.list_texts(game_id)] == [text]
        pings = [post for post in await tx.posts.list_of_channel(CHANNEL) if post.kind == "ping"]
    assert len({post.ref_id for post in pings}) == len(pings)


async def test_refused_text_is_kept_for_its_writer_alone(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await ServerSettingsService(evening.database).change(SERVER, {"words": ("toad",)})
    turn = (await evening.see(1, game_id)).turn
    assert turn is not None
    refusals = (
        ("word_not_here", f"{line_of(1, 1)} toad", turn.move),
        ("game_words", "two words", turn.move),
        ("game_long", "long " * 200, turn.move),
        ("turn_over", line_of(1, 1), turn.move + 100),
    )
    for key, text, move in refusals:
        with pytest.raises((BadInput, Gone)) as caught:
            await evening.act(1, game_id, partial(wrote, text, move))
        assert caught.value.key == key
        assert (await evening.see(1, game_id)).draft == text
        assert (await evening.see(2, game_id)).draft == ""
        assert await evening.games.find_draft(who(2), game_id) == ""
    await evening.restart()
    assert await evening.games.find_draft(who(1), game_id) == line_of(1, 1)
    with pytest.raises(NotHere):
        await evening.act(9, game_id, lambda seat: steps.Wrote(seat=seat, move=turn.move, text="from outside"))
    assert await evening.games.find_draft(who(9), game_id) == "from outside"
    await evening.write(1, game_id, line_of(1, 2))
    assert await evening.games.find_draft(who(1), game_id) == ""
    await evening.wait(25 * HOUR)
    assert await evening.games.find_draft(who(9), game_id) == ""
    assert await evening.games.expire_drafts() == 1


async def test_blank_texts_are_refused_and_not_kept(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await refused(evening.write(1, game_id, " \n "), "text_empty")
    assert await evening.games.find_draft(who(1), game_id) == ""


async def test_turn_is_found_where_somebody_is_or_else_where_it_is_due_first(evening: Evening) -> None:
    await refused(evening.games.find_turn(who(1), CHANNEL), "game_no_turn")
    slow = await evening.started(1, 2, 3, pace="days")
    soon = await evening.started(1, 2, 3)
    other = await evening.lobby(1, 4, 5, channel=CHANNEL + 1)
    await evening.lead(1, other, steps.Started())
    assert (await evening.games.find_turn(who(1), CHANNEL)).id == soon
    assert (await evening.games.find_turn(who(1), CHANNEL, slow)).id == slow
    assert (await evening.games.find_turn(who(1), CHANNEL + 1)).id == other
    await refused(evening.games.find_turn(who(9), CHANNEL, slow), "game_no_turn")


async def test_ping_is_for_one_turn(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    async with evening.database.reading() as tx:
        refs = [post.ref_id for post in await tx.posts.list_of_channel(CHANNEL) if post.kind == "ping"]
    pings = [await evening.games.find_ping(ref) for ref in refs]
    told = {ping.person_id: ping for ping in pings if ping is not None}
    assert told.keys() == {1, 2, 3}
    assert {ping.way for ping in told.values()} == {"mention"}
    await evening.write(2, game_id, line_of(2, 2))
    assert await evening.games.find_ping(refs[list(told).index(2)]) is None
    assert await evening.games.find_ping(99) is None
