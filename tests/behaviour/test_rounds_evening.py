"""Evenings with rounds: five people, ties, deadlines, hosts who keep order, restarts in the middle, two languages."""

from __future__ import annotations

import re

import pytest

from bot.app import create_bot
from bot.rules.ballots import commitment
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts, zh
from tests.behaviour.storytelling import canon_of, prose_of
from tests.behaviour.voting import (
    FIRST,
    MORE,
    OWN,
    begin_story,
    candidates_of,
    card_in,
    catch_up,
    close,
    like,
    more,
    open_round,
    pass_time,
    pick,
    propose,
    round_of,
    shown,
    star,
)

DAY_S = 24 * 60 * 60


async def test_five_people_and_three_rounds(world: DiscordWorld) -> None:
    """The same story goes on round by round, and every winner is prose in the thread."""
    thread = await begin_story(world)
    dee, eve = (
        world.guild.add_member(world.env.create_user(name, global_name=name.title())) for name in ("dee", "eve")
    )
    people = [world.ada, world.ben, world.chen, dee, eve]
    said = [FIRST]
    for number in range(1, 4):
        card = await open_round(world, thread, person=people[number])
        text = f"{people[number].name} says that this was night {number}."
        await propose(world, people[number], card, text)
        candidates, none = await candidates_of(world, number)
        own = next(each for each in candidates if each.text == text)
        for person in people:
            await star(person, card, own)
        await like(people[0], card, *candidates, none)
        await catch_up(world)
        assert en("round.turnout", count=5) in shown(card)
        await close(world.ada, card)
        await catch_up(world)
        said.append(text)
        assert en("round.voters", count=5) in shown(card)
    assert [passage.text for passage in await canon_of(world, thread)] == said
    prose = prose_of(thread)
    assert [text for text in said if any(text in message for message in prose)] == said


async def test_a_tie_is_broken_by_the_draw_that_was_sealed(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    await propose(world, world.ben, card, "Ben has one idea.")
    await propose(world, world.chen, card, "Chen has another idea.")
    candidates, _ = await candidates_of(world)
    by_text = {each.text: each for each in candidates}
    sealed = commitment((await round_of(world)).salt)
    await like(world.ben, card, by_text["Ben has one idea."])
    await like(world.chen, card, by_text["Chen has another idea."])
    await close(world.ada, card)
    await catch_up(world)
    assert en("round.by_draw") in shown(card)
    closed = await round_of(world)
    assert commitment(closed.salt) == sealed
    pairs = private(await world.chen.click(card, label=en("button.pairs")))
    assert en("round.pairs_title") in pairs
    assert closed.salt in pairs
    assert private(await world.chen.click(card, label=en("button.ballots"))).count("1 × 👍") == 2
    why = await world.chen.click(card, label=en("button.why"))
    assert en("why.title") in private(why)
    assert not re.search("[0-9a-f]{12}", private(why))
    assert why.response is not None
    details = await world.chen.click(why.response, label=en("button.details"))
    assert re.search(r"\([0-9a-f]{12}\)", texts(why.response)), "in its place"
    assert details.response is None or details.response.id == why.response.id


async def test_round_closes_at_its_deadline(world: DiscordWorld) -> None:
    thread = await begin_story(world, round_minutes=5, quorum=2)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await like(world.ben, card, candidates[0])
    await pass_time(world, 4 * 60)
    assert (await round_of(world)).state == "open"
    await like(world.chen, card, candidates[0])
    await pass_time(world, 61)
    await catch_up(world)
    assert (await round_of(world)).state == "closed"
    assert en("round.voters", count=2) in shown(card)
    assert len(await canon_of(world, thread)) == 2


async def test_a_round_that_too_few_vote_in_goes_on_and_says_so(world: DiscordWorld) -> None:
    thread = await begin_story(world, round_minutes=5, quorum=2)
    card = await open_round(world, thread)
    await pass_time(world, 6 * 60)
    await catch_up(world)
    assert en("round.extended", count=1) in shown(card)
    assert (await round_of(world)).state == "open"
    await pass_time(world, 6 * 60)
    await catch_up(world)
    assert en("round.extended", count=2) in shown(card)


async def test_a_round_that_lapses_says_so_and_another_can_begin(world: DiscordWorld) -> None:
    thread = await begin_story(world, round_minutes=5, unvoted="lapse")
    card = await open_round(world, thread)
    await propose(world, world.chen, card, "Chen is alone with this.")
    await pass_time(world, 6 * 60)
    await catch_up(world)
    assert en("round.lapsed") in shown(card)
    assert "Chen is alone with this." in private(await world.ben.click(card, label=en("button.read")))
    again = await open_round(world, thread)
    assert again.id != card.id


async def test_hosts_hide_and_people_report(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    await propose(world, world.chen, card, "Something that nobody should read here.")
    bad = next(each for each in (await candidates_of(world))[0] if each.author_id == world.chen.id)
    dee = world.guild.add_member(world.env.create_user("dee", global_name="Dee"))
    for person in (world.ben, dee, world.ada):
        told = await pick(person, await more(person, card), "rreport", bad)
        assert told.acknowledged
    await catch_up(world)
    assert en("round.folded") in shown(card)
    assert en("round.reported") in shown(card)

    private_card = await more(dee, card)
    assert en("button.close") not in buttons(private_card)
    assert en("round.for_hosts") not in texts(private_card)
    for_host = await more(world.ada, card)
    number = 1 + [each.id for each in (await candidates_of(world))[0]].index(bad.id)
    assert en("round.reports", number=number, count=3) in texts(for_host)
    await pick(world.ada, for_host, "rkeep", bad)
    await catch_up(world)
    assert en("round.folded") not in shown(card)

    await pick(world.ada, await more(world.ada, card), "rhide", bad)
    await catch_up(world)
    assert bad.text not in shown(card)
    assert en("round.hidden") in shown(card)
    assert bad.text not in private(await world.ben.click(card, label=en("button.read")))


async def test_a_restart_in_the_middle_changes_nothing(world: DiscordWorld) -> None:
    thread = await begin_story(world, round_minutes=5)
    card = await open_round(world, thread)
    form = await world.chen.click(card, label=OWN)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])
    await world.restart()
    await world.chen.submit_modal(form, {"text": "Chen wrote before and after."})
    await star(world.chen, card, candidates[0])
    await pass_time(world, 6 * 60)
    await catch_up(world)
    closed = await round_of(world)
    assert (closed.state, closed.winner_id) == ("closed", candidates[0].id)
    assert en("round.voters", count=2) in shown(card)


async def test_round_closes_after_a_deadline_that_passed_while_the_bot_was_off(world: DiscordWorld) -> None:
    thread = await begin_story(world, round_minutes=5)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])
    world.now.ahead_ms += 2 * 60 * 60 * 1000
    await world.restart()
    await catch_up(world)
    assert (await round_of(world)).state == "closed"
    assert en("round.voters", count=1) in shown(card)


async def test_clicks_on_a_card_whose_round_is_over(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    form = await world.chen.click(card, label=OWN)
    ballot = (await star(world.ben, card, candidates[0])).response
    extra = await more(world.chen, card)
    assert ballot is not None
    world.env.inject_error("PATCH", f"/channels/{thread.id}/messages/{card.id}", status=503, times=1)
    await close(world.ada, card)

    late = await world.chen.submit_modal(form, {"text": "Too late, but not lost."})
    assert en("error.round_over") in private(late)
    assert "Too late, but not lost." in private(late)
    assert private(await star(world.chen, card, candidates[0])) == en("error.round_over")
    await world.ben.click(ballot, label=en("button.take_back"))
    await pick(world.chen, extra, "rreport", candidates[0])
    over = en("round.over", decided=en("round.decided_continue", number=1))
    assert [texts(ballot), texts(extra)] == [over, over]
    assert private(await world.chen.click(card, label=MORE)) == en("error.round_over")
    assert len(await canon_of(world, thread)) == 2


async def test_round_vote_twice_and_changed(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    candidates, none = await candidates_of(world)
    first = private(await like(world.ben, card, candidates[0]))
    again = private(await like(world.ben, card, candidates[0]))
    assert first == again
    changed = await like(world.ben, card, none)
    assert en("round.none") in private(changed)
    await catch_up(world)
    assert en("round.turnout", count=1) in shown(card)
    mine = await world.ben.click(await more(world.ben, card), label=en("button.my_ballot"))
    assert mine.response is not None
    await world.ben.click(mine.response, label=en("button.take_back"))
    await catch_up(world)
    assert en("round.turnout_none") in shown(card)
    refused = await world.ada.click(await more(world.ada, card), label=en("button.close"))
    assert private(refused) == en("error.round_unvoted")


async def test_round_in_chinese(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.ada.slash(world.channel, "settings", language="zh-CN")
    for person in (world.ada, world.ben, world.chen):
        world.speak(monkeypatch, person, "zh-CN")
    thread = await begin_story(world)
    result = await world.ben.slash(thread, "continue", count=1, length=6)
    card = result.response
    assert card is not None
    assert zh("round.title_continue") in shown(card)
    candidates, _ = await candidates_of(world)
    assert zh("round.your_ballot") in private(await star(world.ben, card, candidates[0]))
    host = (await world.ada.click(card, label=zh("button.more"))).response
    assert host is not None
    assert texts((await world.ada.click(host, label=zh("button.close"))).response) == zh("round.told_closed")
    await catch_up(world)
    assert zh("round.voters", count=1) in shown(card)


async def test_a_round_survives_its_thread(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])
    world.env.backend.delete_channel(thread.id)
    await world.env.settle()
    await world.ada.slash(world.other, "story reopen", story="1")
    (again,) = world.other.threads
    there = card_in(world, again)
    assert en("round.turnout", count=1) in shown(there)
    await star(world.chen, there, candidates[0])
    await close(world.ada, there)
    await catch_up(world)
    assert en("round.voters", count=2) in shown(there)
    assert len(await canon_of(world, again)) == 2


async def test_a_story_that_ends_takes_its_round_along(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])
    await world.ada.slash(thread, "story end")
    await catch_up(world)
    assert (await round_of(world)).state == "cancelled"
    assert en("round.cancelled") in shown(card)
    assert len(await canon_of(world, thread)) == 1


# ---- while it is written


@pytest.mark.patient
async def test_round_shows_nothing_of_what_is_being_written(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread, length=120)
    assert en("round.writing_continue") in shown(card)
    assert en("round.open_by_rules", time=en("story.days", count=1)) in shown(card)
    waits = await propose(world, world.chen, card, "Chen was first.")
    assert private(waits) == en("round.told_own_waits")
    refused = await world.chen.slash(thread, "continue")
    assert "already" in private(refused)
    assert str(card.id) in private(refused)
    await world.until(lambda: world.services.inference.running == 0)
    await catch_up(world)
    seen = [
        request.json
        for request in world.env.http_requests
        if request.method == "PATCH" and en("round.writing_continue") in str(request.json)
    ]
    candidates, _ = await candidates_of(world)
    assert len(candidates) >= 2
    assert all(each.text not in str(body) for body in seen for each in candidates)
    assert "Chen was first." in shown(card)


@pytest.mark.patient
async def test_round_cancelled_while_it_is_written(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread, length=120, minutes=30)
    assert en("round.open_for", time=en("time.minutes", count=30)) in shown(card)
    assert private(await world.chen.click(card, label=en("button.cancel"))) == en("error.story_hosts_only")
    await world.ben.click(card, label=en("button.cancel"))
    await world.until(lambda: world.services.inference.running == 0)
    await catch_up(world)
    assert (await round_of(world)).state == "cancelled"
    assert en("round.cancelled_empty") in shown(card)
    assert len(await canon_of(world, thread)) == 1


@pytest.mark.patient
async def test_a_restart_while_it_is_written_puts_peoples_texts_to_the_vote(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread, length=120)
    await propose(world, world.chen, card, "Chen was not interrupted.")
    await world.env.restart_bot(create_bot(world.settings, world.services))
    await catch_up(world)
    assert (await round_of(world)).state == "open"
    assert "Chen was not interrupted." in shown(card)


@pytest.mark.patient
async def test_a_restart_while_nobody_wrote_anything(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread, length=120)
    await world.restart()
    await catch_up(world)
    assert (await round_of(world)).state == "cancelled"
    assert en("round.cancelled_empty") in shown(card)
