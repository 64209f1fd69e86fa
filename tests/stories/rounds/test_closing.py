"""How rounds end: what becomes canon, what becomes a branch, and one effect whoever clicks at the same instant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.ballots import Ballot, decide
from bot.rules.moods import MoodName
from bot.rules.receipts import ContinueReceipt
from bot.rules.stories import Story
from bot.stories.access import Who
from tests.stories.round_fixture import (
    BEN,
    CHEN,
    DEE,
    EVE,
    HOST,
    MINUTE_MS,
    SERVER,
    RoundFixture,
    open_table,
    suggestion,
)
from tests.support.patience import SLOW_IS_FINE


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[RoundFixture]:
    async with open_table(tmp_path) as opened:
        yield opened


async def texts(table: RoundFixture, story: Story) -> list[str]:
    return [passage.text for passage in await table.canon(story)]


async def test_winner_goes_on_and_the_others_stay_beside_it(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.", "Nobody spoke.")
    await table.round_service.propose(CHEN, story.id, "Chen came home.", pen_name="Wren")
    bell, _, own, none = [each.id for each in await table.candidates(round_.id)]
    await table.round_service.star(BEN, round_.id, own)
    await table.round_service.like(DEE, round_.id, [own, bell])
    closed = await table.round_service.close(HOST, round_.id)

    assert (closed.state, closed.winner_id, closed.closed_ms) == ("closed", own, table.now_ms)
    assert await texts(table, story) == ["The rain began.", "Chen came home."]
    first, won = await table.canon(story)
    assert (won.author_id, won.pen_name, won.origin, won.round_id) == (CHEN.person_id, "Wren", "human", round_.id)
    beside = {passage.text: passage for passage in await table.children(story, first.id)}
    assert set(beside) == {"A bell rang.", "Nobody spoke.", "Chen came home."}
    receipt = beside["A bell rang."].receipt
    assert isinstance(receipt, ContinueReceipt)
    assert (beside["A bell rang."].origin, receipt.seed) == ("gpt", 7)
    candidates = {each.id: each for each in await table.candidates(round_.id)}
    assert candidates[bell].passage_id == beside["A bell rang."].id
    assert candidates[none].passage_id is None
    wanted = {(post.kind, post.ref_id) for post in await table.posts(story) if post.wanted_version > post.shown_version}
    assert {("round", round_.id), ("passage", won.id), ("story", story.id)} <= wanted
    assert ("passage", beside["Nobody spoke."].id) not in wanted
    view = await table.round_service.find_view(BEN, round_.id)
    assert view.in_canon
    assert view.outcome is not None
    assert (view.outcome.winner, view.outcome.voters) == (own, 2)


async def test_closing_with_none_of_these_adds_nothing(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    _, none = await table.candidates(round_.id)
    await table.round_service.star(BEN, round_.id, none.id)
    assert (await table.round_service.close(HOST, round_.id)).winner_id == none.id
    assert await texts(table, story) == ["The rain began."]
    assert [each.text for each in await table.children(story, story.head_id)] == ["A bell rang."]


async def test_story_begins_by_a_vote(table: RoundFixture) -> None:
    story = await table.story()
    plan = await table.round_service.plan("continue", BEN, story.id)
    assert (plan.text.strip(), plan.after_id) == ("A keeper is silent.", None)
    round_ = await table.round_service.open_round(BEN, plan)
    await table.round_service.fill(round_.id, plan, [suggestion("A bell rang."), suggestion("Nobody spoke.")])
    _, silence, _ = await table.candidates(round_.id)
    await table.round_service.like(BEN, round_.id, [silence.id])
    await table.round_service.close(HOST, round_.id)
    assert await texts(table, story) == ["Nobody spoke."]
    assert len(await table.children(story, None)) == 2


async def test_closing_early_needs_who_leads_and_a_vote(table: RoundFixture) -> None:
    story = await table.story("The rain began.", quorum=5)
    round_ = await table.opened(story, "A bell rang.")
    with pytest.raises(NotAllowed, match="round_closers_only"):
        await table.round_service.close(CHEN, round_.id)
    with pytest.raises(NotHere, match="round_not_yet"):
        await table.round_service.close(BEN, round_.id)
    with pytest.raises(NotHere, match="round_unvoted"):
        await table.round_service.close(HOST, round_.id)
    bell, _ = await table.candidates(round_.id)
    await table.round_service.like(BEN, round_.id, [bell.id])
    assert (await table.round_service.close(HOST, round_.id)).state == "closed"
    for again in (
        table.round_service.close(HOST, round_.id),
        table.round_service.like(CHEN, round_.id, [bell.id]),
        table.round_service.cancel(HOST, round_.id),
    ):
        with pytest.raises(Gone, match="round_over"):
            await again


# ---- deadlines


async def test_deadline_with_a_quorum_decides(table: RoundFixture) -> None:
    story = await table.story("The rain began.", round_minutes=10, quorum=2)
    round_ = await table.opened(story, "A bell rang.")
    bell, _ = await table.candidates(round_.id)
    for who in (BEN, CHEN):
        await table.round_service.like(who, round_.id, [bell.id])
    table.now_ms += 10 * MINUTE_MS - 1
    assert await table.round_service.list_due() == []
    assert await table.round_service.close_due(round_.id) is None
    table.now_ms += 1
    assert await table.round_service.next_ms() == table.now_ms
    assert await table.round_service.list_due() == [round_.id]
    assert (await table.round_service.close_due(round_.id)).state == "closed"  # type: ignore[union-attr]  # it was due
    assert await table.round_service.close_due(round_.id) is None
    assert await texts(table, story) == ["The rain began.", "A bell rang."]
    assert (await table.round_service.list_due(), await table.round_service.next_ms()) == ([], None)


async def test_deadline_without_a_quorum_goes_on_or_lapses(table: RoundFixture) -> None:
    stays = await table.story("The rain began.", round_minutes=10, quorum=2, unvoted="stay")
    lapses = await table.story("The sun rose.", round_minutes=10, quorum=2, unvoted="lapse")
    rounds = [await table.opened(story, "A bell rang.") for story in (stays, lapses)]
    for round_ in rounds:
        await table.round_service.like(BEN, round_.id, [(await table.candidates(round_.id))[0].id])
    table.now_ms += 11 * MINUTE_MS
    went_on, lapsed = [await table.round_service.close_due(each) for each in await table.round_service.list_due()]
    assert went_on is not None
    assert lapsed is not None
    assert (went_on.state, went_on.extended, went_on.deadline_ms) == ("open", 1, table.now_ms + 10 * MINUTE_MS)
    assert (lapsed.state, lapsed.winner_id) == ("lapsed", None)
    assert await texts(table, lapses) == ["The sun rose."]
    assert await table.round_service.list_due() == []
    await table.round_service.like(CHEN, went_on.id, [(await table.candidates(went_on.id))[0].id])
    table.now_ms += 10 * MINUTE_MS
    assert (await table.round_service.close_due(went_on.id)).state == "closed"  # type: ignore[union-attr]  # it was due


@pytest.mark.parametrize(("state", "becomes"), [("paused", "open"), ("ended", "cancelled"), ("deleted", "cancelled")])
async def test_deadline_in_a_story_that_is_not_open(table: RoundFixture, state: str, becomes: str) -> None:
    story = await table.story("The rain began.", round_minutes=10)
    round_ = await table.opened(story, "A bell rang.")
    await table.round_service.like(BEN, round_.id, [(await table.candidates(round_.id))[0].id])
    async with table.database.transaction() as tx:
        await table.change(tx, story, state=state)
    table.now_ms += 10 * MINUTE_MS
    after = await table.round_service.close_due(round_.id)
    assert after is not None
    assert after.state == becomes
    assert await table.round_service.list_due() == []


# ---- where the story went on meanwhile


async def test_winner_behind_an_old_head_is_a_branch_until_it_is_made_canon(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.")
    bell, _ = await table.candidates(round_.id)
    await table.round_service.like(BEN, round_.id, [bell.id])
    await table.passage_service.add_passage(HOST, story.id, "Somebody was faster.", story.head_id)
    await table.round_service.close(HOST, round_.id)
    assert await texts(table, story) == ["The rain began.", "Somebody was faster."]
    assert not (await table.round_service.find_view(BEN, round_.id)).in_canon
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        await table.round_service.make_canon(BEN, round_.id)
    await table.round_service.make_canon(HOST, round_.id)
    await table.round_service.make_canon(HOST, round_.id)
    assert await texts(table, story) == ["The rain began.", "A bell rang."]
    assert (await table.round_service.find_view(BEN, round_.id)).in_canon


async def test_infill_stands_on_a_new_branch_with_what_follows(table: RoundFixture) -> None:
    story = await table.story(
        "The rain began.", "She opened the red door. It creaked.", "Nobody spoke.", "A bell rang."
    )
    plan = await table.round_service.plan("infill", BEN, story.id, "opened the ___ door")
    assert plan.text == "She opened the ___ door. It creaked."
    round_ = await table.round_service.open_round(BEN, plan)
    filled = [suggestion(f"She opened the {word} door. It creaked.", fills=(word,)) for word in ("blue", "heavy")]
    await table.round_service.fill(round_.id, plan, filled)
    _, heavy, _ = await table.candidates(round_.id)
    assert (heavy.author_id, heavy.origin) == (HOST.person_id, "edited")
    assert [(heavy.text[span.start : span.end], span.origin) for span in heavy.spans] == [
        ("She opened the", "human"),
        ("heavy", "bert"),
        ("door. It creaked.", "human"),
    ]
    before = await table.canon(story)
    await table.round_service.star(CHEN, round_.id, heavy.id)
    await table.round_service.close(HOST, round_.id)
    assert await texts(table, story) == [
        "The rain began.",
        "She opened the heavy door. It creaked.",
        "Nobody spoke.",
        "A bell rang.",
    ]
    after = await table.canon(story)
    assert [passage.original_id for passage in after[2:]] == [passage.id for passage in before[2:]]
    assert (after[0].id, after[1].parent_id) == (before[0].id, before[0].id)
    assert {each.text for each in await table.children(story, before[0].id)} == {
        "She opened the red door. It creaked.",
        "She opened the blue door. It creaked.",
        "She opened the heavy door. It creaked.",
    }


async def test_bridge_stands_between(table: RoundFixture) -> None:
    story = await table.story("The rain began.", "A bell rang.", "Nobody spoke.")
    plan = await table.round_service.plan("bridge", BEN, story.id, number=1)
    assert (plan.left, plan.right) == ("The rain began.", "A bell rang.")
    assert (await table.round_service.plan("bridge", BEN, story.id)).left == "A bell rang."
    round_ = await table.round_service.open_round(BEN, plan)
    await table.round_service.fill(round_.id, plan, [suggestion("… all three", fills=("It was late.",))])
    late, _ = await table.candidates(round_.id)
    assert (late.text, late.origin) == ("It was late.", "gpt")
    await table.round_service.like(CHEN, round_.id, [late.id])
    await table.round_service.close(HOST, round_.id)
    assert await texts(table, story) == ["The rain began.", "It was late.", "A bell rang.", "Nobody spoke."]


async def test_infill_at_a_place_that_is_no_longer_in_canon(table: RoundFixture) -> None:
    story = await table.story("The rain began.", "She opened the red door.")
    plan = await table.round_service.plan("infill", BEN, story.id, "the ___ door")
    round_ = await table.round_service.open_round(BEN, plan)
    await table.round_service.fill(round_.id, plan, [suggestion("She opened the blue door.", fills=("blue",))])
    blue, _ = await table.candidates(round_.id)
    await table.round_service.like(CHEN, round_.id, [blue.id])
    first = (await table.canon(story))[0]
    async with table.database.transaction() as tx:
        await table.change(tx, await table.again(story), head_id=first.id)
    await table.round_service.close(HOST, round_.id)
    assert await texts(table, story) == ["The rain began."]
    assert len(await table.children(story, first.id)) == 2


@pytest.mark.parametrize(
    ("number", "key"),
    [(0, "bridge_where"), (3, "bridge_where"), (99, "bridge_where")],
    ids=["before", "last", "beyond"],
)
async def test_bridge_needs_a_gap_where_it_is_asked_for(table: RoundFixture, number: int, key: str) -> None:
    story = await table.story("The rain began.", "A bell rang.", "Nobody spoke.")
    with pytest.raises(BadInput, match=key):
        await table.round_service.plan("bridge", BEN, story.id, number=number)


async def test_bridge_needs_two_banks(table: RoundFixture) -> None:
    for story in (await table.story(), await table.story("The rain began.")):
        with pytest.raises(BadInput, match="bridge_needs_two"):
            await table.round_service.plan("bridge", BEN, story.id)


async def test_text_that_stands_nowhere(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    with pytest.raises(BadInput, match="infill_nowhere"):
        await table.round_service.plan("infill", BEN, story.id, "The sun ___ over the hill.")
    with pytest.raises(BadInput, match="blank_none"):
        await table.round_service.plan("infill", BEN, story.id, "The rain began.")
    by_number = await table.round_service.plan("infill", BEN, story.id, "The sun ___ over the hill.", 1)
    assert (by_number.text, by_number.replaces_id) == ("The sun ___ over the hill.", story.head_id)


# ---- what is learnt


async def test_mood_results_say_how_the_moods_did(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    plan = await table.round_service.plan("continue", BEN, story.id)
    round_ = await table.round_service.open_round(BEN, plan)
    moods: dict[str, MoodName] = {"A bell rang.": "wild", "Nobody spoke.": "wild", "The sun rose.": "steady"}
    await table.round_service.fill(round_.id, plan, [suggestion(text, mood=mood) for text, mood in moods.items()])
    await table.round_service.propose(CHEN, story.id, "Chen came home.")
    bell, silence, _, own, _ = [each.id for each in await table.candidates(round_.id)]
    await table.round_service.star(BEN, round_.id, bell)
    await table.round_service.like(CHEN, round_.id, [bell, silence, own])
    await table.round_service.close(HOST, round_.id)
    async with table.database.reading() as tx:
        results = await tx.mood_results.by_mood(SERVER)
    (wild,), (steady,) = results["wild"], results["steady"]
    assert (wild.candidates, wild.won, wild.points, wild.voters) == (2, 1, 4, 2)
    assert (steady.candidates, steady.won, steady.points, steady.voters) == (1, 0, 0, 2)
    assert results["open"] == results["plain"] == []


# ---- at the same instant


async def test_votes_at_the_instant_of_the_close(table: RoundFixture) -> None:
    """Whatever comes before the close counts, whatever comes after is told so; nothing is lost or doubled."""
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.", "Nobody spoke.")
    bell, silence, _ = [each.id for each in await table.candidates(round_.id)]
    await table.round_service.like(HOST, round_.id, [silence])

    async def done(work: Awaitable[object]) -> bool:
        try:
            await work
        except Gone as error:
            return error.key != "round_over"
        return True

    votes = [table.round_service.star(Who(SERVER, 100 + n), round_.id, bell if n % 3 else silence) for n in range(120)]
    first, second = (done(table.round_service.close(HOST, round_.id)) for _ in range(2))
    early, late = (map(done, some) for some in (votes[:50], votes[50:]))
    came = await asyncio.gather(*early, first, *late, second)
    voted, closes = [*came[:50], *came[51:-1]], [came[50], came[-1]]

    assert 0 < sum(voted) < len(votes)
    assert closes == [True, False]
    async with table.database.reading() as tx:
        ballots = await tx.ballots.list_of_round(round_.id)
    assert len(ballots) == sum(voted) + 1
    closed = await table.round(round_.id)
    assert closed.winner_id == decide([bell, silence, silence + 1], ballots, closed.salt).winner
    assert len(await table.canon(story)) == 2
    assert len(await table.children(story, story.head_id)) == 2


async def test_hosts_and_the_clock_at_once(table: RoundFixture) -> None:
    story = await table.story("The rain began.", round_minutes=1)
    round_ = await table.opened(story, "A bell rang.")
    await table.round_service.like(BEN, round_.id, [(await table.candidates(round_.id))[0].id])
    table.now_ms += MINUTE_MS

    async def attempt(work: Awaitable[object]) -> bool:
        try:
            return (await work) is not None
        except Gone:
            return False

    round_service = table.round_service
    works = [
        round_service.close(HOST, round_.id),
        round_service.close_due(round_.id),
        round_service.cancel(HOST, round_.id),
        round_service.close(HOST, round_.id),
    ]
    done = await asyncio.gather(*(attempt(work) for work in works))
    assert sum(done) == 1
    assert len(await table.canon(story)) == 2
    assert len(await table.children(story, story.head_id)) == 1


VOTES = st.lists(
    st.tuples(st.sampled_from([BEN, CHEN, DEE, EVE]), st.sampled_from(["like", "star", "back"]), st.integers(0, 7)),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, *SLOW_IS_FINE])
@given(votes=VOTES)
async def test_ballots_are_what_was_last_said(table: RoundFixture, votes: list[tuple[Who, str, int]]) -> None:
    """However often people change their minds, one ballot of each is kept; the outcome is that of the rules."""
    story = await table.story("The rain began.")
    round_ = await table.opened(story, "A bell rang.", "Nobody spoke.")
    ids = [each.id for each in await table.candidates(round_.id)]
    model: dict[int, Ballot] = {}
    for who, action, bits in votes:
        ballot = model.get(who.person_id, Ballot())
        if action == "like":
            liked = frozenset(each for place, each in enumerate(ids) if bits >> place & 1)
            voted = await table.round_service.like(who, round_.id, liked)
            ballot = Ballot(liked, ballot.favourite)
        elif action == "star":
            favourite = ids[bits] if bits < len(ids) else None
            voted = await table.round_service.star(who, round_.id, favourite)
            ballot = Ballot(ballot.liked, favourite)
        else:
            voted = await table.round_service.take_back(who, round_.id)
            ballot = Ballot()
        model[who.person_id] = ballot
        assert voted.ballot == ballot
    counted = [ballot for ballot in model.values() if ballot.named]
    assert (await table.round_service.find_view(BEN, round_.id)).turnout == len(counted)
    if counted:
        closed = await table.round_service.close(HOST, round_.id)
        assert closed.winner_id == decide(ids, counted, closed.salt).winner
        assert len(await table.canon(story)) == (1 if closed.winner_id == ids[-1] else 2)
    else:
        with pytest.raises(NotHere, match="round_unvoted"):
            await table.round_service.close(HOST, round_.id)
