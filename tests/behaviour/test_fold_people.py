"""Fold with people as they are: late, absent, leaving, changing their minds, pressing twice; and a bot that ends."""

from __future__ import annotations

import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, refusal
from tests.behaviour.forging import press
from tests.behaviour.playing import Table, above, answer, catch_up, menu_of, options_of, pass_time

TURN_S = 181
"""Seconds of a turn, and one more."""


async def begun(world: DiscordWorld, more: int = 0) -> Table:
    """A game of three people or more that was started."""
    people = [world.ada, world.ben, world.chen]
    people += [world.guild.add_member(world.env.create_user(f"guest{number}")) for number in range(more)]
    table = Table(world, people)
    await table.open()
    await table.start()
    return table


async def more(table: Table, person: MemberActor) -> InteractionResult:
    """Open *More*."""
    return await person.click(table.card, label=en("button.more"))


@pytest.mark.long
async def test_a_line_is_changed_until_somebody_looked_at_it(world: DiscordWorld) -> None:
    table = await begun(world)
    wrote = await table.write(world.ben)
    form = await world.ben.click(answer(wrote), label=en("button.gmend"))
    other = await world.ben.click(answer(wrote), label=en("button.gmend"))
    line = next(iter(table.written))
    mended = await world.ben.submit_modal(form, {"text": f"{line} again"})
    assert en("game.told_mended") in private(mended)
    await table.write(world.ada)
    await table.write(world.chen)
    opened = [await table.open_turn(person) for person in (world.ada, world.chen)]
    assert sum("again" in above(form) for form in opened if form.modal is not None) == 1
    late = await world.ben.submit_modal(other, {"text": "Something else that comes too late."})
    assert en("error.game_too_late") in private(late)
    assert "Something else that comes too late." in private(late)


@pytest.mark.long
async def test_more_time_pass_and_not_for_me(world: DiscordWorld) -> None:
    table = await begun(world)
    panel = await more(table, world.ben)
    assert en("game.told_time") in private(await world.ben.click(answer(panel), label=en("button.gtime")))
    assert en("button.gtime") not in buttons(answer(await more(table, world.ben)))
    await pass_time(world, TURN_S)
    missed = {seat.pen_name: seat.missed for seat in (await table.view()).seats}
    assert missed == {"Ada": 1, "Ben": 0, "Chen": 1}
    panel = await more(table, world.ben)
    stale = menu_of(answer(panel), "gpass")
    assert en("game.told_passed") in private(await world.ben.click(answer(panel), label=en("button.gnotme")))
    assert refusal(await press(world.ben, answer(panel), stale)) == en("error.turn_over")


@pytest.mark.long
async def test_somebody_is_absent_and_comes_back(world: DiscordWorld) -> None:
    """One missed turn is skipped, two rest; with too few the game is paused, and goes on when somebody is back."""
    table = await begun(world)
    await table.write(world.ada)
    await table.write(world.ben)
    for _ in range(2):
        await pass_time(world, TURN_S)
        for person in (world.ada, world.ben):
            if any(table.people[seat - 1] == person for seat in (await table.view()).waiting):
                await table.write(person)
    assert en("game.resting", names="**Chen**") in table.public
    await pass_time(world, TURN_S)
    await pass_time(world, TURN_S)
    assert en("game.paused_few") in table.public
    await world.chen.click(table.card, label=en("button.gback"))
    await world.ben.click(table.card, label=en("button.gback"))
    assert (await table.view()).state == "playing"


@pytest.mark.long
async def test_silence_ends_it_with_what_there_is(world: DiscordWorld) -> None:
    table = await begun(world)
    await table.write_all(until=4)
    for _ in range(4):
        await pass_time(world, TURN_S)
    assert (await table.view()).state == "paused"
    await pass_time(world, 31 * 60)
    for _ in range(6):
        await pass_time(world, 61)
    assert (await table.view()).state == "ended"
    assert any(line in table.public for line in table.written)


@pytest.mark.long
async def test_somebody_leaves_somebody_comes_and_the_host_goes(world: DiscordWorld) -> None:
    table = await begun(world, 1)
    late = world.guild.add_member(world.env.create_user("late", global_name="Late"))
    await late.click(table.card, label=en("button.gjoin"))
    table.people.append(late)
    left = await world.ben.slash(world.channel, "game leave")
    assert private(left) == en("game.told_left")
    assert private(await world.ben.slash(world.channel, "turn")) == en("error.game_no_turn")
    await world.ada.slash(world.channel, "game leave")
    assert (await table.view()).host == 3
    await table.write_all()
    assert (await table.view()).phase == "reveal"
    assert late in table.written.values()
    sheet = table.newest("gnext")
    button = menu_of(sheet, "gnext")
    assert en("error.game_hosts_only") in private(await late.click(sheet, custom_id=button))
    await world.chen.click(sheet, custom_id=button)
    again = await press(world.chen, sheet, button)
    assert refusal(again) == en("error.turn_over")
    assert len((await table.view()).game.sheets) == 2


@pytest.mark.long
async def test_the_bot_ends_in_between(world: DiscordWorld) -> None:
    """Every button works after a restart, a form that was open, too."""
    table = await begun(world)
    opened = await table.open_turn(world.ben)
    await world.restart()
    assert en("game.told_written") in private(await table.fill(world.ben, opened))
    await table.write_all(until=6)
    await world.restart()
    await table.write_all()
    assert len(table.written) == 9
    await world.restart()
    await table.read_out()
    assert all(line in table.public for line in table.written)


async def test_refused_texts_go_back_to_their_writer_alone(world: DiscordWorld) -> None:
    card = answer(await world.ada.slash(world.channel, "settings"))
    form = await world.ada.click(card, label=en("button.words"))
    await world.ada.submit_modal(form, {"words0": "clown"})
    table = await begun(world)
    before = len(world.env.http_requests)
    for text, key in {
        "A clown came by the harbour at noon.": en("error.word_not_here", word="clown"),
        "Too short": en("error.game_words", count=2, low=3, high=60),
        "word " * 61: en("error.game_words", count=61, low=3, high=60),
    }.items():
        opened = await table.open_turn(world.ben)
        told = await world.ben.submit_modal(opened, {"text": text})
        assert refusal(told) == key
        assert text.strip() in private(told)
    again = await table.open_turn(world.ben)
    assert "word word" in str(again.modal), "the draft stands in the form"
    other = await table.open_turn(world.ben)
    await table.fill(world.ben, again)
    late = await world.ben.submit_modal(other, {"text": "Another line that comes too late."})
    assert refusal(late) == en("error.turn_over_kept")
    for request in world.env.http_requests[before:]:
        assert "clown" not in str(request.json) or "interactions" in request.path or "webhooks" in request.path


@pytest.mark.long
async def test_turn_takes_a_text_at_once(world: DiscordWorld) -> None:
    table = await begun(world)
    told = await world.ben.slash(world.channel, "turn", text="The ferryman had no boat that night.")
    assert en("game.told_written") in private(told)
    again = await world.ben.slash(world.channel, "turn", text="And nobody else came by at all.")
    assert refusal(again) == en("error.turn_over_kept")
    assert "And nobody else came by at all." in private(again)
    assert (await world.chen.slash(world.channel, "turn")).modal is not None
    listed = private(await world.chen.slash(world.channel, "game list"))
    assert en("game.fold.name") in listed
    assert en("game.your_move", time="@").split("@")[0] in private(await world.chen.slash(world.channel, "game show"))
    await table.write(world.ada)
    await table.write(world.chen)
    opened = await table.open_turn(world.ben)
    assert "And nobody else came by at all." in str(opened.modal)


@pytest.mark.long
async def test_who_leads_skips_removes_pauses_and_unfolds(world: DiscordWorld) -> None:
    table = await begun(world)
    assert refusal(await world.ben.slash(world.channel, "game manage")) == en("error.game_hosts_only")
    panel = await world.ada.slash(world.channel, "game manage")
    await world.ada.select(answer(panel), ["2"], custom_id=menu_of(answer(panel), "gskip"))
    assert (await table.view()).seats[1].missed == 1
    await world.ada.click(answer(panel), label=en("button.gpause"))
    await catch_up(world)
    assert en("game.paused_host") in table.public
    assert refusal(await press(world.chen, table.card, "ink:gturn:1")) == en("game.paused_host")
    await world.ada.click(answer(panel), label=en("button.gresume"))
    await catch_up(world)
    await table.write_all(until=5)
    await world.ada.select(answer(panel), ["3"], custom_id=menu_of(answer(panel), "gremove"))
    assert (await table.view()).seats[2].presence == "removed"
    assert refusal(await press(world.chen, table.card, "ink:gjoin:1")) == en("error.game_removed")
    await world.ada.click(answer(panel), label=en("game.fold.end_it"))
    assert (await table.view()).phase == "write"
    await world.ada.click(answer(panel), label=en("game.fold.end_it"))
    assert (await table.view()).phase == "reveal"
    await catch_up(world)
    assert en("game.fold.sheet", number=1, total=(await table.view()).game.to_come + 1) in table.public


@pytest.mark.long
async def test_a_shown_text_is_reported_and_hidden(world: DiscordWorld) -> None:
    table = await begun(world)
    await table.write_all()
    panel = await more(table, world.ben)
    listed = await world.ben.click(answer(panel), label=en("button.greport"))
    menu = menu_of(answer(listed), "greport")
    option = options_of(answer(listed), menu)[0]
    told = await world.ben.select(answer(listed), [option["value"]], custom_id=menu)
    assert en("game.told_report") in private(told)
    panel = await world.ada.slash(world.channel, "game manage")
    assert en("game.reported", count=1) in private(panel)
    listed = await world.ada.click(answer(panel), label=en("button.gtexts"))
    menu = menu_of(answer(listed), "ghide")
    await world.ada.select(answer(listed), [option["value"]], custom_id=menu)
    await catch_up(world)
    line = option["label"].partition(" · ")[2]
    assert line not in table.public
    assert en("game.held_back") in table.public
    menu = menu_of(answer(listed), "gshow")
    value = next(each["value"] for each in options_of(answer(listed), menu) if line in each["label"])
    await world.ada.select(answer(listed), [value], custom_id=menu)
    await catch_up(world)
    assert line in table.public


@pytest.mark.long
async def test_a_game_goes_on_where_nothing_can_be_posted(world: DiscordWorld) -> None:
    """What is due is shown as soon as it may be; whoever acts is told meanwhile."""
    table = await begun(world)
    await table.write_all(until=8)
    path = f"/channels/{world.channel.id}/messages"
    world.env.inject_error("POST", path, status=403, code=50013, times=None)
    told = private(await table.write(table.people[(await table.view()).waiting[0] - 1]))
    assert en("game.refused", thread=f"<#{world.channel.id}>", why="@").split("@")[0] in told
    await pass_time(world, 61)
    await pass_time(world, 61)
    assert len((await table.view()).game.sheets) > 1
    assert not [line for line in table.written if line in table.public]
    world.env.backend.faults.clear()
    world.env.bot.dispatch("guild_channel_update", None, None)
    await world.until(lambda: "**3**" in table.public)
    await pass_time(world, 61)
    await pass_time(world, 61)
    await catch_up(world)
    assert all(line in table.public for line in table.written)


@pytest.mark.long
async def test_the_channel_of_a_game_is_deleted(world: DiscordWorld) -> None:
    """The game ends, and its texts are in the archive."""
    table = await begun(world)
    await table.write_all(until=4)
    world.env.backend.delete_channel(world.channel.id)
    await world.env.settle()
    await pass_time(world, 61)
    view = await table.view()
    assert view.state == "ended"
    assert view.story_id is not None
