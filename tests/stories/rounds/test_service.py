"""Rounds from their opening to their last ballot, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.ballots import Ballot
from bot.rules.profiles import WriterProfile
from bot.rules.servers import ServerSettings
from bot.stories.access import Who
from tests.stories.round_fixture import (
    BEN,
    CHEN,
    DEE,
    EVE,
    HOST,
    MINUTE_MS,
    SERVER,
    STRANGER,
    RoundFixture,
    open_table,
    suggestion,
)

MANAGER = Who(SERVER, 77, manages=True)


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[RoundFixture]:
    async with open_table(tmp_path) as opened:
        yield opened


# ---- opening


async def test_round_hides_candidates_until_all_are_written(table: RoundFixture) -> None:
    story = await table.story("The rain began.", round_minutes=60)
    plan = await table.round_service.plan("continue", BEN, story.id)
    round_ = await table.round_service.open_round(BEN, plan)
    assert (round_.state, round_.after_id, round_.text) == ("writing", story.head_id, "The rain began.")
    assert await table.candidates(round_.id) == []
    with pytest.raises(NotHere, match="round_writing"):
        await table.round_service.like(BEN, round_.id, [1])
    with pytest.raises(NotHere, match="round_writing"):
        await table.round_service.close(HOST, round_.id)

    table.now_ms += 5 * MINUTE_MS
    opened = await table.round_service.fill(
        round_.id, plan, [suggestion(" A bell rang."), suggestion(" Nobody spoke.", mood="plain")]
    )

    assert (opened.state, opened.deadline_ms) == ("open", table.now_ms + 60 * MINUTE_MS)
    first, second, none = await table.candidates(round_.id)
    assert (first.text, first.mood, first.origin, first.author_id) == ("A bell rang.", "wild", "gpt", None)
    assert (second.text, second.mood) == ("Nobody spoke.", "plain")
    assert none.none
    with pytest.raises(Gone, match="round_over"):
        await table.round_service.fill(round_.id, plan, [suggestion("Too late.")])


async def test_candidates_stand_by_lot(table: RoundFixture) -> None:
    drawn = iter([b"\0" * 16, *(number.to_bytes(6, "big") for number in (9, 2, 5, 1))])
    table.round_service._random = lambda count: next(drawn)
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "First.", "Second.", "Third.")
    assert [each.text for each in await table.candidates(round_.id)] == ["Second.", "Third.", "First.", ""]


async def test_round_is_one_at_a_time(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    plan = await table.round_service.plan("continue", CHEN, story.id)
    round_ = await table.opened(story, "A bell rang.")
    with pytest.raises(NotHere, match="round_already_coming"):
        await table.round_service.open_round(CHEN, plan)
    await table.round_service.on_card(round_.id, 31, 555)
    with pytest.raises(NotHere, match="round_already") as refused:
        await table.round_service.plan("continue", CHEN, story.id)
    assert refused.value.params == {"server": SERVER, "channel": 31, "message": 555}


async def test_candidates_leave_out_what_a_server_does_not_want(table: RoundFixture) -> None:
    async with table.database.transaction() as tx:
        await tx.servers.save(ServerSettings(server_id=SERVER, words=("bell",)), now_ms=0)
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A Bell rang.", "Nobody spoke.")
    assert [each.text for each in await table.candidates(round_.id)] == ["Nobody spoke.", ""]
    with pytest.raises(BadInput, match="word_not_here"):
        await table.round_service.propose(CHEN, story.id, "The bell again.")

    await table.round_service.cancel(HOST, round_.id)
    plan = await table.round_service.plan("continue", BEN, story.id)
    again = await table.round_service.open_round(BEN, plan)
    with pytest.raises(BadInput, match="nothing_usable"):
        await table.round_service.fill(again.id, plan, [suggestion("Bells. A bell.")])
    assert (await table.round_service.give_up(again.id)).state == "cancelled"


async def test_round_lists_doubles_once(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.", " A bell RANG!")
    assert len(await table.candidates(round_.id)) == 2
    with pytest.raises(BadInput, match="own_double"):
        await table.round_service.propose(CHEN, story.id, "a bell rang")


# ---- people's own texts


async def test_proposal_that_comes_while_models_write_waits_with_their_texts(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    plan = await table.round_service.plan("continue", BEN, story.id)
    round_ = await table.round_service.open_round(BEN, plan)
    proposed = await table.round_service.propose(CHEN, story.id, "Chen came home.")
    assert (proposed.round.id, proposed.opened) == (round_.id, False)
    await table.round_service.fill(round_.id, plan, [suggestion("A bell rang.")])
    assert sorted(each.text for each in await table.candidates(round_.id)) == ["", "A bell rang.", "Chen came home."]


async def test_proposal_opens_a_round_where_there_is_none(table: RoundFixture) -> None:
    story = await table.story("The rain began.", additions="vote")
    proposed = await table.round_service.propose(CHEN, story.id, "Chen came home.", pen_name="Wren")
    assert (proposed.opened, proposed.round.state, proposed.round.after_id) == (True, "open", story.head_id)
    own, none = await table.candidates(proposed.round.id)
    assert (own.author_id, own.pen_name, own.origin, none.none) == (CHEN.person_id, "Wren", "human", True)
    assert [(post.kind, post.ref_id) for post in await table.posts(story)][-1] == ("round", proposed.round.id)


async def test_proposal_is_as_long_as_the_story_allows(table: RoundFixture) -> None:
    story = await table.story("The rain began.", min_words=3, max_words=5)
    round_ = await table.opened(story, "A bell rang.")
    for text, key in [
        ("Too short", "passage_too_short"),
        ("One two three four five six", "passage_too_long"),
        (" ", "text_empty"),
    ]:
        with pytest.raises(BadInput, match=key):
            await table.round_service.propose(CHEN, story.id, text, round_id=round_.id)


async def test_round_limits_texts_of_one_person(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    for text in ("One.", "Two."):
        await table.round_service.propose(CHEN, story.id, text)
    with pytest.raises(BadInput, match="own_enough"):
        await table.round_service.propose(CHEN, story.id, "Three.")
    for number in range(5):
        await table.round_service.propose(Who(SERVER, 40 + number), story.id, f"Text number {number}.")
    with pytest.raises(BadInput, match="round_full"):
        await table.round_service.propose(DEE, story.id, "One too many.")
    assert len(await table.candidates(round_.id)) == 9


async def test_proposal_is_taken_only_from_who_is_invited(table: RoundFixture) -> None:
    story = await table.story("The rain began.", writers="invited", voters="writers")
    async with table.database.transaction() as tx:
        await tx.stories.set_role(story.id, CHEN.person_id, "invited", True)
    with pytest.raises(NotAllowed, match="story_invited_only"):
        await table.round_service.plan("continue", BEN, story.id)
    round_ = await table.opened(story, "A bell rang.", by=CHEN)
    with pytest.raises(NotAllowed, match="story_invited_only"):
        await table.round_service.propose(BEN, story.id, "Ben came home.")
    first = (await table.candidates(round_.id))[0]
    with pytest.raises(NotAllowed, match="story_voters_only"):
        await table.round_service.like(BEN, round_.id, [first.id])
    await table.round_service.like(CHEN, round_.id, [first.id])


# ---- ballots


async def test_ballot_is_one_for_each_and_can_be_changed(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.", "Nobody spoke.")
    bell, silence, none = [each.id for each in await table.candidates(round_.id)]
    await table.round_service.like(BEN, round_.id, [bell, none])
    voted = await table.round_service.star(BEN, round_.id, silence)
    assert voted.ballot == Ballot(frozenset({bell, none}), silence)
    voted = await table.round_service.like(BEN, round_.id, [silence])
    assert (voted.ballot, voted.view.turnout) == (Ballot(frozenset({silence}), silence), 1)
    voted = await table.round_service.star(BEN, round_.id, None)
    assert voted.ballot == Ballot(frozenset({silence}))
    await table.round_service.like(CHEN, round_.id, [bell])
    assert (await table.round_service.find_view(DEE, round_.id)).turnout == 2
    taken = await table.round_service.take_back(BEN, round_.id)
    assert (taken.ballot, taken.view.turnout) == (Ballot(), 1)
    assert (await table.round_service.find_ballot(BEN, round_.id)).ballot == Ballot()


async def test_round_vote_for_what_is_not_there(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    for candidate_id in (999, -1):
        with pytest.raises(Gone, match="candidate_gone"):
            await table.round_service.like(BEN, round_.id, [candidate_id])
    with pytest.raises(Gone, match="round_gone"):
        await table.round_service.like(BEN, 999, [1])


async def test_round_is_missing_in_another_server(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    first = (await table.candidates(round_.id))[0].id
    round_service = table.round_service
    for attempt in (
        round_service.find_view(STRANGER, round_.id),
        round_service.like(STRANGER, round_.id, [first]),
        round_service.star(STRANGER, round_.id, first),
        round_service.take_back(STRANGER, round_.id),
        round_service.find_ballot(STRANGER, round_.id),
        round_service.hide(STRANGER, round_.id, first),
        round_service.keep(STRANGER, round_.id, first),
        round_service.report(STRANGER, round_.id, first),
        round_service.close(STRANGER, round_.id),
        round_service.cancel(STRANGER, round_.id),
        round_service.make_canon(STRANGER, round_.id),
    ):
        with pytest.raises(Gone, match="round_gone"):
            await attempt
    with pytest.raises(Gone, match="story_gone"):
        await round_service.plan("continue", STRANGER, story.id)
    with pytest.raises(Gone, match="story_gone"):
        await round_service.propose(STRANGER, story.id, "Hello there.")
    assert (await table.round(round_.id)) == round_


async def test_candidate_of_another_round_is_none_here(table: RoundFixture) -> None:
    one, other = await table.story("The rain began."), await table.story("The sun rose.")
    here, there = await table.opened(one, "A bell rang."), await table.opened(other, "Birds sang.")
    foreign = (await table.candidates(there.id))[0].id
    for attempt in (
        table.round_service.like(BEN, here.id, [foreign]),
        table.round_service.hide(HOST, here.id, foreign),
        table.round_service.report(BEN, here.id, foreign),
    ):
        with pytest.raises(Gone, match="candidate_gone"):
            await attempt
    with pytest.raises(Gone, match="round_gone"):
        await table.round_service.propose(BEN, one.id, "Into the other one.", round_id=there.id)


# ---- keeping order


async def test_candidate_that_is_hidden_can_neither_be_voted_for_nor_win(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.", "Nobody spoke.")
    bell, silence, _ = [each.id for each in await table.candidates(round_.id)]
    await table.round_service.star(BEN, round_.id, bell)
    await table.round_service.like(CHEN, round_.id, [bell])
    await table.round_service.like(DEE, round_.id, [silence])
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        await table.round_service.hide(BEN, round_.id, bell)
    view = await table.round_service.hide(MANAGER, round_.id, bell)
    assert ([each.id for each in view.texts], view.turnout) == ([silence], 1)
    with pytest.raises(Gone, match="candidate_gone"):
        await table.round_service.star(EVE, round_.id, bell)
    voted = await table.round_service.like(BEN, round_.id, [silence])  # the hidden favourite falls off the ballot
    assert voted.ballot == Ballot(frozenset({silence}))
    closed = await table.round_service.close(HOST, round_.id)
    assert closed.winner_id == silence
    assert [passage.text for passage in await table.children(story, story.head_id)] == ["Nobody spoke."]


async def test_reports_fold_a_text_until_a_host_has_looked(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    bell = (await table.candidates(round_.id))[0]
    assert await table.round_service.report(BEN, round_.id, bell.id)
    assert not await table.round_service.report(BEN, round_.id, bell.id)
    await table.round_service.report(CHEN, round_.id, bell.id)
    assert not (await table.round_service.find_view(DEE, round_.id)).folded(bell)
    await table.round_service.report(DEE, round_.id, bell.id)
    view = await table.round_service.find_view(DEE, round_.id)
    assert (view.folded(bell), view.reports) == (True, {bell.id: 3})
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        await table.round_service.keep(DEE, round_.id, bell.id)
    view = await table.round_service.keep(HOST, round_.id, bell.id)
    assert (view.folded(bell), view.reports) == (False, {})


# ---- courtesies, states


async def test_round_refuses_words_whose_author_opted_out(table: RoundFixture) -> None:
    story = await table.story("Chen wrote this.", author=CHEN)
    async with table.database.transaction() as tx:
        await tx.profiles.save(WriterProfile(server_id=SERVER, person_id=CHEN.person_id, no_ai=True))
    for attempt in (
        table.round_service.plan("continue", BEN, story.id),
        table.round_service.plan("infill", BEN, story.id, "Chen ___ this."),
    ):
        with pytest.raises(NotAllowed, match="author_no_ai"):
            await attempt
    proposed = await table.round_service.propose(BEN, story.id, "People may.")
    assert proposed.opened


async def test_story_of_people_alone_has_no_models(table: RoundFixture) -> None:
    story = await table.story("The rain began.", ai=False)
    for kind in ("continue", "bridge"):
        with pytest.raises(NotHere, match="story_human_only"):
            await table.round_service.plan(kind, BEN, story.id)


@pytest.mark.parametrize("state", ["paused", "ended", "deleted"])
async def test_round_refuses_everything_in_a_story_that_is_not_open(table: RoundFixture, state: str) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    first = (await table.candidates(round_.id))[0].id
    await table.round_service.like(BEN, round_.id, [first])
    async with table.database.transaction() as tx:
        await table.change(tx, story, state=state)
    for attempt in (
        table.round_service.plan("continue", BEN, story.id),
        table.round_service.propose(BEN, story.id, "Hello there."),
        table.round_service.like(CHEN, round_.id, [first]),
        table.round_service.close(HOST, round_.id),
    ):
        with pytest.raises(NotHere, match=f"story_{state}"):
            await attempt


# ---- the end of the program


async def test_round_that_was_written_when_the_program_ended(table: RoundFixture) -> None:
    one, other = await table.story("The rain began."), await table.story("The sun rose.")
    with_text, without = [
        await table.round_service.open_round(BEN, await table.round_service.plan("continue", BEN, story.id))
        for story in (one, other)
    ]
    await table.round_service.propose(CHEN, one.id, "Chen came home.")
    assert await table.round_service.interrupted() == 2
    assert (await table.round(with_text.id)).state == "open"
    assert [each.text for each in await table.candidates(with_text.id)] == ["Chen came home.", ""]
    assert (await table.round(without.id)).state == "cancelled"
    assert await table.round_service.interrupted() == 0
    for story, round_ in ((one, with_text), (other, without)):
        assert ("round", round_.id) in [(post.kind, post.ref_id) for post in await table.posts(story)]


async def test_round_that_is_being_written_is_cancelled_by_who_began_it(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    plan = await table.round_service.plan("continue", BEN, story.id)
    round_ = await table.round_service.open_round(BEN, plan)
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        await table.round_service.cancel(CHEN, round_.id)
    assert (await table.round_service.cancel(BEN, round_.id)).state == "cancelled"
    for attempt in (table.round_service.cancel(HOST, round_.id), table.round_service.give_up(round_.id)):
        with pytest.raises(Gone, match="round_over"):
            await attempt
    async with table.database.reading() as tx:
        assert await tx.rounds.list_open(story.id) == []
