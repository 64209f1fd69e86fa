"""What becomes of texts: held back, taken back, archived, exported, and deleted with all that somebody wrote."""

from __future__ import annotations

import dataclasses

import pytest

from bot.errors import PersonError
from bot.games.passages import Given
from bot.publishing.book import make_book
from bot.publishing.markdown import to_markdown
from bot.rules.games import steps
from bot.rules.games.fold_views import FoldView
from bot.rules.stories import NewStory
from bot.stories.hosting import HostingService
from bot.stories.passages import PassageService
from bot.stories.privacy import PrivacyService
from bot.stories.profiles import ProfileService
from bot.stories.publishing import PublishingService
from bot.stories.queries import StoryQueries
from bot.ui.locale import catalogue
from tests.games.playing import CHANNEL, SERVER, Evening, line_of, who

MINUTE = 60_000


async def read_out(evening: Evening, game_id: int) -> FoldView:
    """Play to the end of the first sheet's reading, and return what everybody sees."""
    await evening.write_all(game_id, [1, 2, 3])
    view = await evening.games.get_view(game_id)
    assert view is not None
    assert isinstance(view.game, FoldView)
    return view.game


async def shown(evening: Evening, game_id: int) -> dict[str, str]:
    """The lines that everybody sees, by slot."""
    view = await evening.games.get_view(game_id)
    assert view is not None
    return {line.slot: line.text for sheet in view.game.sheets for line in sheet}


async def writer_of(evening: Evening, game_id: int, slot: str) -> int:
    async with evening.database.reading() as tx:
        text = next(each for each in await tx.games.list_texts(game_id) if each.slot == slot)
    assert text.seat is not None
    return text.seat


async def test_text_that_three_report_is_held_back_until_the_host_decides(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    slot = (await read_out(evening, game_id)).sheets[0][0].slot
    words = (await shown(evening, game_id))[slot]
    assert await evening.games.report(who(11), game_id, slot)
    assert not await evening.games.report(who(11), game_id, slot)
    assert await evening.games.report(who(12), game_id, slot)
    assert (await shown(evening, game_id))[slot] == words
    assert await evening.games.report(who(13), game_id, slot)
    assert (await shown(evening, game_id))[slot] == ""
    assert (await evening.see(2, game_id)).reported == ()
    (reported,) = (await evening.see(1, game_id)).reported
    assert (reported.slot, reported.text, reported.reports, reported.hidden) == (slot, words, 3, True)
    await evening.lead(1, game_id, steps.Hid(slot, False))
    assert (await shown(evening, game_id))[slot] == words
    assert (await evening.see(1, game_id)).reported == ()


async def test_text_that_nobody_sees_yet_cannot_be_reported(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await evening.write(1, game_id, line_of(1, 1))
    for slot in ("0.0", "1.0", "2.0", "9.9"):
        with pytest.raises(PersonError) as caught:
            await evening.games.report(who(11), game_id, slot)
        assert caught.value.key == "game_text_gone"


async def test_host_hides_a_text_also_when_the_game_is_over(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await read_out(evening, game_id)
    await evening.wait(60 * MINUTE)
    slot = next(iter(await shown(evening, game_id)))
    with pytest.raises(PersonError):
        await evening.lead(2, game_id, steps.Hid(slot, True))
    await evening.lead(1, game_id, steps.Hid(slot, True))
    assert (await shown(evening, game_id))[slot] == ""


async def test_text_that_is_taken_back_is_gone_in_the_game_and_in_the_archive(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await read_out(evening, game_id)
    await evening.wait(60 * MINUTE)
    first, second, *_ = await shown(evening, game_id)
    writer = await writer_of(evening, game_id, first)
    with pytest.raises(PersonError) as caught:
        await evening.games.withdraw(who(writer % 3 + 1), game_id, first)
    assert caught.value.key == "not_your_text"
    await evening.games.withdraw(who(writer), game_id, first)
    assert (await shown(evening, game_id))[first] == ""
    story_id = (await evening.see(1, game_id)).story_id
    assert story_id is not None
    story = await StoryQueries(evening.database).find(SERVER, story_id)
    passages = await StoryQueries(evening.database).list_canon_page(story, 1, 2)
    assert [passage.withdrawn for passage in passages] == [True, False]
    other = await writer_of(evening, game_id, second)
    await PassageService(evening.database).withdraw(who(other), story_id, passages[1].id)
    assert (await shown(evening, game_id))[second] == ""
    with pytest.raises(PersonError):
        await evening.lead(1, game_id, steps.Hid(first, False))


async def test_what_is_held_back_is_left_out_of_the_archive(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    slot = (await read_out(evening, game_id)).sheets[0][0].slot
    await evening.lead(1, game_id, steps.Hid(slot, True))
    await evening.wait(60 * MINUTE)
    story_id = (await evening.see(1, game_id)).story_id
    assert story_id is not None
    queries = StoryQueries(evening.database)
    story = await queries.find(SERVER, story_id)
    assert await queries.count_passages(story) == 8
    assert [found.id for found in await queries.list_stories(SERVER, limit=5)] == [story_id]
    assert (await queries.find_named(SERVER, story.title)).id == story_id


async def test_deleting_everything_leaves_the_games_to_the_others(evening: Evening) -> None:
    running = await evening.started(1, 2, 3, 4)
    over = await evening.started(1, 2, 3)
    await evening.write_all(over, [1, 2, 3])
    await evening.wait(90 * MINUTE)
    running = await evening.started(1, 2, 3, 4)
    lobby = await evening.lobby(2, channel=CHANNEL + 1)
    await evening.write(2, running, line_of(2, 77))
    with pytest.raises(PersonError):
        await evening.write(3, running, "too short")
    with pytest.raises(PersonError):
        await evening.act(2, running, lambda seat: steps.Mended(seat=seat, slot="9.9", text="a draft of somebody"))
    privacy = PrivacyService(evening.database, evening.games.forget_person)
    kept = await privacy.export(2)
    assert {seat["game_id"] for seat in kept["game_seats"]} >= {running, over, lobby}
    assert [draft["text"] for draft in kept["game_drafts"]] == ["a draft of somebody"]
    assert len(kept["game_texts"]) == 4
    deleted = await privacy.delete(2)
    assert deleted.rows > 0
    assert not any(rows for name, rows in (await privacy.export(2)).items() if name.startswith("game"))
    view = await evening.see(1, running)
    seat = view.seat(2)
    assert seat is not None
    assert (seat.pen_name, seat.presence) == ("", "left")
    assert 2 not in view.waiting
    assert (await evening.see(1, lobby)).state == "cancelled"
    everything = await shown(evening, over)
    assert sum(not text for text in everything.values()) == 3
    assert (await evening.games.find_view(dataclasses.replace(who(2)), running)).viewer is None
    assert not any("p2" in text for text in everything.values())
    async with evening.database.reading() as tx:
        assert (await tx.game_records.get_draft(running, 3, evening.clock.now_ms)) == "too short"


async def test_what_was_put_together_loses_the_words_of_whoever_goes(evening: Evening) -> None:
    game_id = await evening.started(1, 2, kind="one_word")
    for number, word in enumerate(("once", "there", "stood", "alone")):
        await word_of(evening, game_id, number % 3 + 1, word)
    await evening.lead(1, game_id, steps.Ended())
    story_id = (await evening.see(1, game_id)).story_id
    assert story_id is not None
    queries = StoryQueries(evening.database)
    story = await queries.find(SERVER, story_id)
    (passage,) = await queries.list_canon_page(story, 1, 1)
    assert {"once", "there", "stood", "alone"} <= set(passage.text.casefold().strip(".").split())
    await PrivacyService(evening.database, evening.games.forget_person).delete(2)
    (passage,) = await queries.list_canon_page(story, 1, 1)
    assert "there" not in passage.text.casefold()
    assert "stood" in passage.text.casefold()
    async with evening.database.reading() as tx:
        assert not any("there" in text.text for text in await tx.games.list_texts(game_id))


async def word_of(evening: Evening, game_id: int, person: int, word: str) -> None:
    """Let somebody write a word, whether they sit there or not."""
    move = (await evening.see(person, game_id)).move
    await evening.act(person, game_id, lambda seat: steps.Wrote(seat=seat, move=move, text=word))


async def test_archived_game_is_exported_like_any_story(evening: Evening) -> None:
    game_id = await evening.started(1, 2, 3)
    await evening.write_all(game_id, [1, 2, 3])
    await evening.wait(60 * MINUTE)
    story_id = (await evening.see(1, game_id)).story_id
    assert story_id is not None
    story = await StoryQueries(evening.database).find(SERVER, story_id)
    publishing = PublishingService(evening.database)
    manuscript = await publishing.manuscript(story, branches=True)
    assert len((await publishing.tree(story)).canon) == 9
    book = make_book(story, manuscript.canon, {}, say=catalogue("en"), now_ms=0)
    printed = to_markdown(book, words=True)
    assert [line in printed for line in (await shown(evening, game_id)).values()] == [True] * 9
    assert all(name in printed for name in ("P1", "P2", "P3"))


async def test_passage_of_a_game_is_of_an_ended_story_whose_writers_let_models_read_it(evening: Evening) -> None:
    long = " ".join(f"word{number}" for number in range(80))
    stories = PassageService(evening.database)
    for author in (21, 22):
        story = await stories.start(
            NewStory(server_id=SERVER, channel_id=CHANNEL, host_id=author, title=f"Story {author}", premise="")
        )
        for text in ("a short one", f"{author} {long}"):
            head = (await StoryQueries(evening.database).find(SERVER, story.id)).head_id
            await stories.add_passage(who(author), story.id, text, head)
        await HostingService(evening.database).move(who(author), story.id, "ended")
    await ProfileService(evening.database).change(SERVER, 22, no_ai=True)
    view = await evening.games.create(who(1), "gaps", "tonight", CHANNEL, name="P1")
    async with evening.database.reading() as tx:
        (kept,) = await tx.games.list_texts(view.id)
    assert kept.text == f"21 {long}"
    for given, key in (
        (Given(story_id=2), "game_no_passage"),
        (Given(story_id=99), "story_gone"),
        (Given(text="too short"), "game_words"),
    ):
        with pytest.raises(PersonError) as caught:
            await evening.games.create(who(1), "gaps", "tonight", CHANNEL, name="P1", given=given)
        assert caught.value.key == key
    async with evening.database.reading() as tx:
        passages = await tx.passages.list_canon(2)
    await stories.withdraw(who(21), 1, passages[-1].id)
    async with evening.database.reading() as tx:
        (kept,) = await tx.games.list_texts(view.id)
    assert (kept.text, kept.hidden) == ("", True)
