"""Fold as people play it: from the lobby to the names."""

from __future__ import annotations

import re

import pytest

from tests.behaviour.discord_world import DiscordWorld, en, private, zh
from tests.behaviour.playing import Table, above, answer, catch_up, menu_of, options_of, pass_time

HEARTS_S = 61
"""Seconds in which hearts can be given, and one more."""


async def test_three_people_play_an_evening(world: DiscordWorld) -> None:
    """Lobby, lines, reveal, hearts, names; nothing is seen by anybody who should not."""
    table = Table(world, (world.ada, world.ben, world.chen))
    await table.open()
    assert "**Ada** 👑, **Ben**, **Chen**" in table.public
    assert en("game.your_move", time="@").split("@")[0] in private(await table.start())
    while (view := await table.view()).phase == "write":
        person = table.people[view.waiting[0] - 1]
        opened = await table.open_turn(person)
        assert (above(opened) == en("game.fold.no_tail")) or view.game.written
        assert (en("game.fold.last_line") in above(opened)) <= (view.game.written >= 2)
        told = private(await table.fill(person, opened))
        assert told.startswith(en("game.told_written"))
    assert not table.leaks()
    await catch_up(world)
    for part in (1, 2, 3):
        assert table.public.count("**3**") == part
        await table.people[0].click(table.newest("gnext"), custom_id=menu_of(table.newest("gnext"), "gnext"))
        await catch_up(world)
    assert all(line in table.public for line in table.written)
    assert not re.search("^-# (Ada|Ben|Chen)", table.public, re.MULTILINE), "names are told in the end"

    line = next(line for line, writer in table.written.items() if writer == world.ben)
    sheet = next(message for message in table.messages if line in str(message.components))
    menu = menu_of(sheet, "gchoose")
    number = next(option["value"] for option in options_of(sheet, menu) if line in option["label"])
    given = await world.ada.select(sheet, [number], custom_id=menu)
    assert en("game.fold.hearts_left", count=2) in private(given)
    assert en("error.game_own_line") in private(await world.ben.select(sheet, [number], custom_id=menu))
    reader = world.guild.add_member(world.env.create_user("dora", global_name="Dora"))
    await reader.select(sheet, [number], custom_id=menu)

    await pass_time(world, HEARTS_S)
    assert (await table.view()).state == "ended"
    assert en("game.fold.best", count=1) in table.public
    assert f"> {line}\n-# Ben · ♥ 2" in table.public
    assert en("game.points", name="**Ben**", count=2) in table.public
    read = await world.chen.click(table.newest("sread"), label=en("button.sread"))
    assert line in private(read)
    assert f"<@{world.ben.id}>" in private(await world.chen.slash(world.channel, "game scores"))


@pytest.mark.long
async def test_five_people_play_in_chinese(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [world.ada, world.ben, world.chen]
    people += [world.guild.add_member(world.env.create_user(name, global_name=name.title())) for name in ("dee", "eve")]
    for person in people:
        world.speak(monkeypatch, person, "zh-CN")
    await world.ada.slash(world.channel, "settings", language="zh-CN")
    table = Table(world, people, zh)
    await table.open()
    assert zh("game.fold.about") in table.public
    await table.start()
    await table.write_all(until=5)
    opened = await table.open_turn(table.people[(await table.view()).waiting[0] - 1])
    assert zh("game.fold.tail_told", tail="@").split("@")[0] in above(opened)
    line = "我们在旧码头边上等着最后一班船慢慢靠岸"
    await table.fill(table.people[(await table.view()).waiting[0] - 1], opened, line)
    await table.write_all()
    assert len(table.written) == 25
    assert not table.leaks()
    await table.read_out()
    assert line in table.public
    assert zh("game.fold.sheet", number=5, total=5) in table.public
    await pass_time(world, HEARTS_S)
    assert zh("game.result", game=zh("game.fold.name")) in table.public
    counts = [list(table.written.values()).count(person) for person in people]
    assert counts == [5] * 5


@pytest.mark.long
async def test_rules_and_settings_and_names_of_a_lobby(world: DiscordWorld) -> None:
    table = Table(world, (world.ada, world.ben, world.chen))
    await world.ada.slash(world.channel, "game start", kind="fold")
    rules = private(await world.ben.click(table.card, label=en("button.grules")))
    assert en("game.fold.rules_1") in rules
    assert rules == private(await world.ben.slash(world.channel, "game rules", kind="fold"))
    assert en("error.game_few", count=1, least=3) in private(
        await world.ada.click(table.card, label=en("button.gstart"))
    )
    joined = await world.ben.click(table.card, label=en("button.gjoin"))
    assert en("game.told_joined", name="**Ben**") in private(joined)
    form = await world.ben.click(answer(joined), label=en("button.gname"))
    assert en("game.told_named", name="**Quill**") in private(await world.ben.submit_modal(form, {"text": "Quill"}))
    await world.chen.click(table.card, label=en("button.gjoin"))
    form = await world.chen.click(table.card, label=en("button.gjoin"))
    assert "**Quill**" not in private(form)
    refused = await world.ben.click(table.card, label=en("button.settings"))
    assert en("error.game_hosts_only") in private(refused)
    form = await world.ada.click(table.card, label=en("button.settings"))
    await world.ada.submit_modal(form, {"lines": ["4"], "tail": ["word"], "stand_in": ["no"]})
    await catch_up(world)
    assert en("game.agreed", name=en("game.fold.tail"), value=en("game.fold.tail_word")) in table.public
    assert "**Ada** 👑, **Quill**, **Chen**" in table.public
    await world.chen.click(table.card, label=en("button.gleave"))
    await catch_up(world)
    assert "**Chen**" not in table.public
    await world.chen.click(table.card, label=en("button.gjoin"))
    await table.start()
    await table.write_all()
    assert len(table.written) == 12
    ended = [line for line in table.written if line.endswith("came")]
    assert ended
