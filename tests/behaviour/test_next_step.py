"""The buttons for the next step: they stand on the newest passage or result of a thread, and nowhere else."""

from __future__ import annotations

import simcord
from simcord.results import ResponseMessage

from bot.ui.prose import PROSE_TEXT
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, refusal, texts, walk, zh
from tests.behaviour.storytelling import begin, canon_of, write
from tests.behaviour.voting import (
    FIRST,
    SECOND,
    begin_story,
    candidates_of,
    card_in,
    catch_up,
    close,
    like,
    open_round,
    round_of,
    shown,
    star,
)

WRITE, ASK, NEXT = (en(f"button.{name}") for name in ("sadd", "sask", "snext"))
STEPS = {"ink:sadd", "ink:sask", "ink:snext"}
LONG = "The harbour was silent, and nobody spoke. " * 60


def in_thread(world: DiscordWorld, thread: simcord.ChannelHandle) -> list[ResponseMessage]:
    """What the bot shows everybody in a thread below the pinned card, in order."""
    found = world.env.backend.messages[thread.id]
    public = [found[number] for number in sorted(found) if not found[number].is_ephemeral and not found[number].pinned]
    return [ResponseMessage(world.env, message) for message in public]


def steps(message: ResponseMessage) -> list[str]:
    """The buttons for the next step beneath a message."""
    parts = [part for part in walk(message.components) if part["type"] == 2]
    return [part["label"] for part in parts if part["custom_id"].rsplit(":", 1)[0] in STEPS]


def carriers(world: DiscordWorld, thread: simcord.ChannelHandle) -> list[tuple[ResponseMessage, list[str]]]:
    """The messages that have such buttons, with these."""
    found = [(message, steps(message)) for message in in_thread(world, thread)]
    return [(message, labels) for message, labels in found if labels]


async def only_carrier(
    world: DiscordWorld, thread: simcord.ChannelHandle, text: str, labels: list[str]
) -> ResponseMessage:
    """The one message that has buttons for the next step: it says `text`, and has these."""
    await catch_up(world)
    ((message, found),) = carriers(world, thread)
    assert text in texts(message)
    assert found == labels
    return message


async def test_the_newest_passage_alone_has_buttons_through_writing_and_undoing(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    newest = await only_carrier(world, thread, FIRST, [WRITE, ASK])

    form = await world.ben.click(newest, label=WRITE)
    await world.ben.submit_modal(form, {"text": SECOND})
    await only_carrier(world, thread, SECOND, [WRITE, ASK])

    await world.ben.slash(thread, "story undo")
    await only_carrier(world, thread, FIRST, [WRITE, ASK])
    await world.ben.slash(thread, "story redo")
    await only_carrier(world, thread, SECOND, [WRITE, ASK])

    await world.ada.slash(thread, "story pause")
    await catch_up(world)
    assert not carriers(world, thread)
    await world.ada.slash(thread, "story resume")
    await only_carrier(world, thread, SECOND, [WRITE, ASK])
    await world.ada.slash(thread, "story rules", ai=False)
    await only_carrier(world, thread, SECOND, [WRITE])


async def test_a_new_passage_edits_the_one_before_it_and_no_other(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=[f"{number}. {FIRST}" for number in range(8)])
    await catch_up(world)
    before = len(world.env.http_requests)
    await write(world, world.ben, thread, SECOND)
    await catch_up(world)
    edited = [
        request.path
        for request in world.env.http_requests[before:]
        if request.method == "PATCH" and "/@" not in request.path
    ]
    pinned = next(each for each in world.env.backend.messages[thread.id].values() if each.pinned)
    last, _ = in_thread(world, thread)[-2:]
    assert sorted(edited) == sorted(f"/channels/{thread.id}/messages/{each}" for each in (pinned.id, last.id))


async def test_a_passage_of_several_messages_has_them_beneath_the_last(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=())
    await world.ada.slash(thread, "story rules", **{"max-words": 800})
    await write(world, world.ada, thread, LONG)
    await catch_up(world)
    messages = in_thread(world, thread)
    assert len(messages) > 1
    assert len(LONG) > PROSE_TEXT
    assert [bool(steps(each)) for each in messages] == [False] * (len(messages) - 1) + [True]
    await write(world, world.ben, thread, SECOND)
    await only_carrier(world, thread, SECOND, [WRITE, ASK])


async def test_a_result_leads_on_to_the_next_round_beneath_what_it_added(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    newest = await only_carrier(world, thread, FIRST, [WRITE, ASK])
    asked = await world.ben.click(newest, label=ASK)
    await world.ben.submit_modal(asked, {"minutes": ["5"], "note": ""})
    card = card_in(world, thread)
    opened = await round_of(world)
    assert opened.minutes == 5
    assert 0 < opened.deadline_ms - world.now() <= 5 * 60_000
    (text, *_), none = await candidates_of(world)

    again = await world.chen.click(await only_carrier(world, thread, FIRST, [WRITE, ASK]), label=ASK)
    assert f"{thread.id}/{card.id}" in private(again)

    await star(world.chen, card, text)
    await close(world.ada, card)
    newest = await only_carrier(world, thread, text.text.split("\n")[0], [WRITE, ASK, NEXT])
    assert newest.id > card.id

    following = await world.chen.click(newest, label=NEXT)
    assert following.response is not None
    second = await round_of(world, 2)
    assert (second.state, second.minutes, second.opened_by) == ("open", 5, world.chen.id)
    _, none = await candidates_of(world, 2)
    await star(world.chen, following.response, none)
    await close(world.ada, following.response)
    await catch_up(world)
    ((result, labels),) = carriers(world, thread)
    assert (result.id, labels) == (following.response.id, [WRITE, ASK, NEXT])
    assert en("round.none_won") in shown(result)
    await write(world, world.ben, thread, SECOND)
    await only_carrier(world, thread, SECOND, [WRITE, ASK])


async def test_where_people_write_alone_the_next_round_opens_with_a_text(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada, ai=["off"])
    await world.ada.slash(thread, "story rules", additions="vote")
    form = await world.ben.slash(thread, "story add")
    await world.ben.submit_modal(form, {"text": FIRST, "minutes": ["10"]})
    card = card_in(world, thread)
    assert (await round_of(world)).minutes == 10
    (text,), _ = await candidates_of(world)
    await like(world.chen, card, text)
    await close(world.ada, card)
    newest = await only_carrier(world, thread, FIRST, [WRITE, NEXT])
    told = await world.chen.submit_modal(await world.chen.click(newest, label=NEXT), {"text": SECOND})
    assert private(told) == en("story.proposed_first")
    assert (await round_of(world, 2)).minutes == 10


async def test_story_add_takes_the_minutes_of_the_vote_that_it_opens(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    alone = await world.ben.slash(thread, "story add", text=FIRST, minutes=45)
    assert refusal(alone) == en("error.minutes_without_vote")
    assert FIRST in private(alone)
    await world.ada.slash(thread, "story rules", additions="vote")

    form = await world.ben.slash(thread, "story add", minutes=45)
    assert form.modal is not None
    (chosen,) = [option["value"] for option in form.modal["components"][1]["component"]["options"] if option["default"]]
    assert chosen == "45"
    told = await world.ben.slash(thread, "story add", text=FIRST, minutes=45)
    assert private(told) == en("story.proposed_first")
    assert (await round_of(world)).minutes == 45
    late = await world.chen.slash(thread, "story add", text=SECOND, minutes=5)
    assert refusal(late) == en("error.minutes_without_vote")
    assert len((await candidates_of(world))[0]) == 1


async def test_a_vote_that_few_come_to_goes_on_for_as_long_as_was_chosen(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    newest = await only_carrier(world, thread, FIRST, [WRITE, ASK])
    await world.ben.submit_modal(await world.ben.click(newest, label=ASK), {"minutes": ["3"], "note": ""})
    world.now.ahead_ms += 4 * 60_000
    await world.env.advance_time(61.0)
    extended = await round_of(world)
    assert (extended.state, extended.extended) == ("open", 1)
    assert 0 < extended.deadline_ms - world.now() <= 3 * 60_000


async def test_the_first_passage_says_that_plain_messages_do_not_count(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=(FIRST, SECOND))
    first, second = (texts(message) for message in in_thread(world, thread))
    assert first.count(en("story.plain_messages")) == 1
    assert "\n" not in en("story.plain_messages") + zh("story.plain_messages")
    assert en("story.plain_messages") not in second
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, SECOND]


async def test_buttons_of_a_thread_that_was_left_open_no_round_there(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    newest = await only_carrier(world, thread, FIRST, [WRITE, ASK])
    await world.ada.slash(world.other, "story reopen", story="The Lighthouse")
    told = await world.ben.click(newest, label=ASK)
    assert private(told) == en("error.not_a_story")
    assert NEXT not in buttons(newest)
    (elsewhere,) = world.other.threads
    await only_carrier(world, elsewhere, FIRST, [WRITE, ASK])


async def test_nobody_may_ask_for_a_round_who_may_not_write(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada, writers=["invited"])
    await write(world, world.ada, thread, FIRST)
    newest = await only_carrier(world, thread, FIRST, [WRITE, ASK])
    for label in (WRITE, ASK):
        told = await world.ben.click(newest, label=label)
        assert private(told) == en("error.story_invited_only")


async def test_rounds_asked_for_by_command_leave_the_passage_its_buttons(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    await open_round(world, thread)
    newest = await only_carrier(world, thread, FIRST, [WRITE, ASK])
    form = await world.chen.click(newest, label=WRITE)
    told = await world.chen.submit_modal(form, {"text": SECOND})
    assert private(told) == en("story.proposed")
