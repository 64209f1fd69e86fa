"""Evenings with rounds: five people, ties, deadlines, hosts who keep order, restarts in the middle, two languages."""

from __future__ import annotations

import pytest

from bot.app import create_bot
from bot.rules.ballots import commitment
from tests.behaviour.discord_world import House, buttons, en, private, texts, zh
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


async def test_five_people_and_three_rounds(house: House) -> None:
    """The same story goes on round by round, and every winner is prose in the thread."""
    thread = await begin_story(house)
    dee, eve = (
        house.guild.add_member(house.env.create_user(name, global_name=name.title())) for name in ("dee", "eve")
    )
    people = [house.ada, house.ben, house.chen, dee, eve]
    said = [FIRST]
    for number in range(1, 4):
        card = await open_round(house, thread, person=people[number])
        text = f"{people[number].name} says that this was night {number}."
        await propose(house, people[number], card, text)
        candidates, none = await candidates_of(house, number)
        own = next(each for each in candidates if each.text == text)
        for person in people:
            await star(person, card, own)
        await like(people[0], card, *candidates, none)
        await catch_up(house)
        assert en("round.turnout", count=5) in shown(card)
        await close(house.ada, card)
        await catch_up(house)
        said.append(text)
        assert en("round.voters", count=5) in shown(card)
    assert [passage.text for passage in await canon_of(house, thread)] == said
    prose = prose_of(thread)
    assert [text for text in said if any(text in message for message in prose)] == said


async def test_a_tie_is_broken_by_the_draw_that_was_sealed(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread)
    await propose(house, house.ben, card, "Ben has one idea.")
    await propose(house, house.chen, card, "Chen has another idea.")
    candidates, _ = await candidates_of(house)
    by_text = {each.text: each for each in candidates}
    sealed = commitment((await round_of(house)).salt)
    await like(house.ben, card, by_text["Ben has one idea."])
    await like(house.chen, card, by_text["Chen has another idea."])
    await close(house.ada, card)
    await catch_up(house)
    assert en("round.by_draw") in shown(card)
    closed = await round_of(house)
    assert commitment(closed.salt) == sealed
    assert closed.salt in shown(card)
    pairs = await house.chen.click(card, label=en("button.pairs"))
    assert en("round.pairs_title") in private(pairs)
    assert private(await house.chen.click(card, label=en("button.ballots"))).count("1 × 👍") == 2
    why = private(await house.chen.click(card, label=en("button.why")))
    assert en("why.title") in why


async def test_a_deadline_comes_by_itself(house: House) -> None:
    thread = await begin_story(house, round_minutes=5, quorum=2)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await like(house.ben, card, candidates[0])
    await pass_time(house, 4 * 60)
    assert (await round_of(house)).state == "open"
    await like(house.chen, card, candidates[0])
    await pass_time(house, 61)
    await catch_up(house)
    assert (await round_of(house)).state == "closed"
    assert en("round.voters", count=2) in shown(card)
    assert len(await canon_of(house, thread)) == 2


async def test_a_round_that_too_few_vote_in_goes_on_and_says_so(house: House) -> None:
    thread = await begin_story(house, round_minutes=5, quorum=2)
    card = await open_round(house, thread)
    await pass_time(house, 6 * 60)
    await catch_up(house)
    assert en("round.extended", count=1) in shown(card)
    assert (await round_of(house)).state == "open"
    await pass_time(house, 6 * 60)
    await catch_up(house)
    assert en("round.extended", count=2) in shown(card)


async def test_a_round_that_lapses_says_so_and_another_can_begin(house: House) -> None:
    thread = await begin_story(house, round_minutes=5, unvoted="lapse")
    card = await open_round(house, thread)
    await propose(house, house.chen, card, "Chen is alone with this.")
    await pass_time(house, 6 * 60)
    await catch_up(house)
    assert en("round.lapsed") in shown(card)
    assert "Chen is alone with this." in private(await house.ben.click(card, label=en("button.read")))
    again = await open_round(house, thread)
    assert again.id != card.id


async def test_hosts_hide_and_people_report(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread)
    await propose(house, house.chen, card, "Something that nobody should read here.")
    bad = next(each for each in (await candidates_of(house))[0] if each.author_id == house.chen.id)
    dee = house.guild.add_member(house.env.create_user("dee", global_name="Dee"))
    for person in (house.ben, dee, house.ada):
        told = await pick(person, await more(person, card), "rreport", bad)
        assert told.acknowledged
    await catch_up(house)
    assert en("round.folded") in shown(card)
    assert en("round.reported") in shown(card)

    private_card = await more(house.ben, card)
    assert en("button.close") not in buttons(private_card)
    assert en("round.for_hosts") not in texts(private_card)
    for_host = await more(house.ada, card)
    number = 1 + [each.id for each in (await candidates_of(house))[0]].index(bad.id)
    assert en("round.reports", number=number, count=3) in texts(for_host)
    await pick(house.ada, for_host, "rkeep", bad)
    await catch_up(house)
    assert en("round.folded") not in shown(card)

    await pick(house.ada, await more(house.ada, card), "rhide", bad)
    await catch_up(house)
    assert bad.text not in shown(card)
    assert en("round.hidden") in shown(card)
    assert bad.text not in private(await house.ben.click(card, label=en("button.read")))


async def test_a_restart_in_the_middle_changes_nothing(house: House) -> None:
    thread = await begin_story(house, round_minutes=5)
    card = await open_round(house, thread)
    form = await house.chen.click(card, label=OWN)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])
    await house.restart()
    await house.chen.submit_modal(form, {"text": "Chen wrote before and after."})
    await star(house.chen, card, candidates[0])
    await pass_time(house, 6 * 60)
    await catch_up(house)
    closed = await round_of(house)
    assert (closed.state, closed.winner_id) == ("closed", candidates[0].id)
    assert en("round.voters", count=2) in shown(card)


async def test_a_deadline_that_passed_while_the_bot_was_off(house: House) -> None:
    thread = await begin_story(house, round_minutes=5)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])
    house.now.ahead_ms += 2 * 60 * 60 * 1000
    await house.restart()
    await catch_up(house)
    assert (await round_of(house)).state == "closed"
    assert en("round.voters", count=1) in shown(card)


async def test_clicks_on_a_card_whose_round_is_over(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    form = await house.chen.click(card, label=OWN)
    ballot = (await star(house.ben, card, candidates[0])).response
    host_card = await more(house.ada, card)
    assert ballot is not None
    house.env.inject_error("PATCH", f"/channels/{thread.id}/messages/{card.id}", status=503, times=1)
    await close(house.ada, card)

    late = await house.chen.submit_modal(form, {"text": "Too late, but not lost."})
    assert en("error.round_over") in private(late)
    assert "Too late, but not lost." in private(late)
    assert private(await star(house.chen, card, candidates[0])) == en("error.round_over")
    assert private(await house.ben.click(ballot, label=en("button.take_back"))) == en("error.round_over")
    assert private(await house.ada.click(host_card, label=en("button.close"))) == en("error.round_over")
    assert private(await house.chen.click(card, label=MORE)) == en("error.round_over")
    assert len(await canon_of(house, thread)) == 2


async def test_the_same_votes_twice_and_a_second_thought(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread)
    candidates, none = await candidates_of(house)
    first = await like(house.ben, card, candidates[0])
    again = await like(house.ben, card, candidates[0])
    assert private(first) == private(again)
    changed = await like(house.ben, card, none)
    assert en("round.none") in private(changed)
    await catch_up(house)
    assert en("round.turnout", count=1) in shown(card)
    mine = await house.ben.click(await more(house.ben, card), label=en("button.my_ballot"))
    assert mine.response is not None
    await house.ben.click(mine.response, label=en("button.take_back"))
    await catch_up(house)
    assert en("round.turnout_none") in shown(card)
    refused = await house.ada.click(await more(house.ada, card), label=en("button.close"))
    assert private(refused) == en("error.round_unvoted")


async def test_in_chinese(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.ada.slash(house.channel, "settings", language="zh-CN")
    for person in (house.ada, house.ben, house.chen):
        house.speak(monkeypatch, person, "zh-CN")
    thread = await begin_story(house)
    result = await house.ben.slash(thread, "continue", count=1, length=8)
    card = result.response
    assert card is not None
    assert zh("round.title_continue") in shown(card)
    candidates, _ = await candidates_of(house)
    assert zh("round.your_ballot") in private(await star(house.ben, card, candidates[0]))
    host = (await house.ada.click(card, label=zh("button.more"))).response
    assert host is not None
    assert texts((await house.ada.click(host, label=zh("button.close"))).response) == zh("round.told_closed")
    await catch_up(house)
    assert zh("round.voters", count=1) in shown(card)


async def test_a_round_survives_its_thread(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])
    house.env.backend.delete_channel(thread.id)
    await house.env.settle()
    await house.ada.slash(house.other, "story reopen", story="1")
    (again,) = house.other.threads
    there = card_in(house, again)
    assert en("round.turnout", count=1) in shown(there)
    await star(house.chen, there, candidates[0])
    await close(house.ada, there)
    await catch_up(house)
    assert en("round.voters", count=2) in shown(there)
    assert len(await canon_of(house, again)) == 2


async def test_a_story_that_ends_takes_its_round_along(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])
    await house.ada.slash(thread, "story end")
    await catch_up(house)
    assert (await round_of(house)).state == "cancelled"
    assert en("round.cancelled") in shown(card)
    assert len(await canon_of(house, thread)) == 1


# ---- while it is written


@pytest.mark.patient
async def test_nothing_shows_of_what_is_being_written(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread, length=160)
    assert en("round.writing_continue") in shown(card)
    waits = await propose(house, house.chen, card, "Chen was first.")
    assert private(waits) == en("round.told_own_waits")
    refused = await house.chen.slash(thread, "continue")
    assert "already" in private(refused)
    assert str(card.id) in private(refused)
    await house.until(lambda: house.services.inference.running == 0)
    await catch_up(house)
    seen = [
        request.json
        for request in house.env.http_requests
        if request.method == "PATCH" and en("round.writing_continue") in str(request.json)
    ]
    candidates, _ = await candidates_of(house)
    assert len(candidates) >= 2
    assert all(each.text not in str(body) for body in seen for each in candidates)
    assert "Chen was first." in shown(card)


@pytest.mark.patient
async def test_cancelling_while_it_is_written(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread, length=160)
    assert private(await house.chen.click(card, label=en("button.cancel"))) == en("error.story_hosts_only")
    await house.ben.click(card, label=en("button.cancel"))
    await house.until(lambda: house.services.inference.running == 0)
    await catch_up(house)
    assert (await round_of(house)).state == "cancelled"
    assert en("round.cancelled_empty") in shown(card)
    assert len(await canon_of(house, thread)) == 1


@pytest.mark.patient
async def test_a_restart_while_it_is_written_puts_peoples_texts_to_the_vote(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread, length=160)
    await propose(house, house.chen, card, "Chen was not interrupted.")
    await house.env.restart_bot(create_bot(house.settings, house.services))
    await catch_up(house)
    assert (await round_of(house)).state == "open"
    assert "Chen was not interrupted." in shown(card)


@pytest.mark.patient
async def test_a_restart_while_nobody_wrote_anything(house: House) -> None:
    thread = await begin_story(house)
    card = await open_round(house, thread, length=160)
    await house.restart()
    await catch_up(house)
    assert (await round_of(house)).state == "cancelled"
    assert en("round.cancelled_empty") in shown(card)
