"""What cannot be done is said privately, clearly, in the person's language; and nothing is left behind."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import pytest

from bot.logs import without_fuss
from tests.behaviour.discord_world import STORY, DiscordWorld, en, private, refusal, zh
from tests.behaviour.storytelling import RULES, begin, card_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" ", en("error.text_empty")),
        ("\u200b\n\t ", en("error.text_empty")),
        ("\x07\x00", en("error.text_empty")),
        ("word " * 900, en("error.text_too_long", length=4500, limit=4000)),
    ],
    ids=["space", "invisible", "controls", "long"],
)
async def test_texts_that_no_model_could_continue(world: DiscordWorld, text: str, expected: str) -> None:
    refused = await world.ben.slash(world.channel, "continue", text=text)
    assert refusal(refused) == expected
    assert world.messages == 0
    assert await world.kept() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No blank at all.", en("error.blank_none")),
        ("___ ___ ___", en("error.blank_only")),
        ("Then ___ " * 40, en("error.blank_many", found=40, limit=8)),
        ("Then ___99 came.", en("error.blank_hint", given=99, low=1, high=8)),
        ("___0 came.", en("error.blank_hint", given=0, low=1, high=8)),
        (" ", en("error.text_empty")),
    ],
    ids=["none", "only", "forty", "hint", "hint-0", "empty"],
)
async def test_texts_that_cannot_be_filled(world: DiscordWorld, text: str, expected: str) -> None:
    refused = await world.ben.slash(world.channel, "infill", text=text)
    assert refusal(refused) == expected
    assert world.messages == 0


@pytest.mark.parametrize(
    ("command", "options", "given"),
    [
        ("infill", {"text": "No blank at all."}, "No blank at all."),
        ("twist", {"text": "There are ___ here."}, "There are \\_\\_\\_ here."),
        ("continue", {"text": "It rained.", "note": "funny " * 60, "mood": "wild"}, "It rained.\n\n" + "funny " * 60),
        ("story add", {"text": "It rained."}, "It rained."),
    ],
)
async def test_refused_options_are_handed_back(
    world: DiscordWorld, command: str, options: dict[str, str], given: str
) -> None:
    """All that was written is there to be copied, and nothing that was chosen."""
    refused = await world.ben.slash(world.channel, command, **options)
    assert private(refused) == f"{refusal(refused)}\n{en('card.given')}\n{given.strip()}"
    assert world.messages == 0


async def test_what_the_refusal_says_is_not_handed_back_once_more(world: DiscordWorld) -> None:
    refused = await world.ben.slash(world.channel, "writer", **{"pen-name": world.ada.name})
    assert en("card.given") not in private(refused)


async def test_people_are_told_in_their_own_language(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.speak(monkeypatch, world.chen, "zh-CN")
    assert private(await world.chen.slash(world.channel, "continue", text=" ")) == zh("error.text_empty")
    assert private(await world.ben.slash(world.channel, "continue", text=" ")) == en("error.text_empty")
    shown = await world.chen.slash(world.channel, "continue")
    assert shown.modal is not None
    assert shown.modal["title"] == zh("form.continue.title")


async def test_one_person_cannot_fill_the_queue(world: DiscordWorld) -> None:
    """Three jobs a person: the fourth is refused, privately, before anything is shown."""
    from bot.inference.jobs import Owner
    from bot.rules.generations import Place
    from bot.writing.continuation.request import ContinueRequest
    from bot.writing.request import Submission

    owner = Owner(server_id=world.guild.id, person_id=world.ben.id)
    place = Place(server_id=world.guild.id, channel_id=world.channel.id)
    submission = Submission(owner=owner, place=place, request=ContinueRequest(text=STORY, length=160))
    tickets = [await world.services.generation_service.submit(submission) for _ in range(3)]
    try:
        refused = await world.ask(world.ben)
        assert refusal(refused) == en("error.queue_full_person_untimed")
        assert world.messages == 0
    finally:
        for ticket in tickets:
            ticket.cancel()


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ("command", 10062),
        ("command", 40060),
        ("refusal", 10062),
        ("button", 10062),
        ("form", 40060),
        ("autocomplete", 10062),
    ],
)
async def test_an_interaction_that_is_over_is_a_line_in_the_log(
    world: DiscordWorld, caplog: pytest.LogCaptureFixture, act: str, code: int
) -> None:
    thread = await begin(world, world.ada)
    form = await world.ben.slash(thread, "story add")
    done: dict[str, Callable[[], Awaitable[object]]] = {
        "command": lambda: world.ben.slash(world.channel, "story list"),
        "refusal": lambda: world.ben.slash(world.channel, "continue", text=" "),
        "button": lambda: world.ben.click(card_of(thread), label=RULES),
        "form": lambda: world.ben.submit_modal(form, {"text": "The lamp went out."}),
        "autocomplete": lambda: world.ben.autocomplete(world.channel, "story show", "story", "The"),
    }
    caplog.clear()
    caplog.handler.addFilter(without_fuss)  # as `set_up_logging` gives it to the program's own
    world.env.inject_error("POST", "/interactions/*/*/callback", status=404 if code == 10062 else 400, code=code)
    await done[act]()
    assert len(world.env.errors) <= 1, "the simulation notes what came to nothing"
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert said
    assert not any(record.exc_info or "incident" in record.getMessage() for record in said)
    assert str(code) in caplog.text


async def test_an_answer_that_discord_refuses_says_whether_anything_was_done(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)

    def refuse() -> None:
        world.env.inject_error("POST", "/interactions/*/*/callback", status=400, code=50035)

    refuse()
    told = private(await world.ada.slash(world.channel, "infill", text="no blanks stand in here"))
    assert told.startswith(en("error.incident", incident="?").partition("?")[0]), "a refusal"

    refuse()
    told = private(await world.ada.slash(thread, "story add", text="The lamp went out."))
    assert told.startswith(en("error.not_shown", incident="?").partition("?")[0]), "what is kept"
