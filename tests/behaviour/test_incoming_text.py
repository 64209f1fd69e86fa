"""All text of people comes in by one door: whatever they type it into, it is normalised, and what cannot be seen is
refused as empty. Every option, list, menu and form that the bot has is tried, so that a new one is, too."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import discord
import pytest
import simcord
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.text.characters import is_blank, normalise
from bot.ui.forms import RoutedForm
from tests.behaviour.discord_world import DiscordWorld, en, leaves, private
from tests.behaviour.forging import press, rows, strings
from tests.behaviour.remembering import note
from tests.behaviour.storytelling import begin, card_of, story_of
from tests.behaviour.voting import begin_story, catch_up, open_round

RAW = "Cafe\u0301 so\u00adft\r\nend\x00\x1b\ud800\u200b"
"""It fits into every box, and is kept as NORMAL."""
NORMAL = "Caf\xe9 soft\nend\ufffd"
UNSEEN = ["\u200b\u3164", "\u2800", "\u2060\u200d", "\u115f\u1160", "\ue000", " \n\x00\x1b\u00ad"]
STRING, INTEGER, BOOLEAN, USER = 3, 4, 5, 6
OTHERS = {STRING: "owl", INTEGER: 1, BOOLEAN: True}
BOX = 4

Seen = list[discord.Interaction[Any]]
Form = tuple[str, Callable[[], Awaitable[InteractionResult]]]


@pytest.fixture
def seen(world: DiscordWorld) -> Seen:
    """Every interaction that reaches the bot."""
    found: Seen = []

    async def note_down(interaction: discord.Interaction[Any]) -> None:
        found.append(interaction)

    world.env.bot.add_listener(note_down, "on_interaction")  # type: ignore[attr-defined]  # a commands.Bot
    return found


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that people type is an incident, or worth a warning."""
    yield
    records = [record for record in caplog.get_records("call") if record.name.startswith(("bot", "cogs", "discord"))]
    assert not [record.getMessage() for record in records if record.levelno >= logging.WARNING]


async def check_normal(world: DiscordWorld, seen: Seen) -> None:
    """What the handlers read, and what is kept, is as it comes through the door; nothing that is kept is only not
    seen."""
    kept = strings(await rows(world))
    for text in [*strings([interaction.data for interaction in seen]), *kept]:
        assert text == normalise(text)
    assert not [text for text in kept if text.strip() and is_blank(text)]


KEYS = (
    "text_empty",
    "title_empty",
    "pen_name_empty",
    "lore_empty",
    "triggers_missing",
    "story_language",
    "game_gone",
)
EMPTY = (
    *(en(f"error.{key}") for key in KEYS),
    en("error.game_no_passage"),
    *(en(f"error.{key}", given="@").partition("@")[0] for key in ("story_unknown", "lore_unknown", "zone_unknown")),
)
"""How what somebody is told begins who typed nothing that can be seen."""


# ---- options, and lists to choose from


def typed(world: DiscordWorld) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each option that takes a text of one's own: command, option, what else must be given."""
    for name, options in leaves(world):
        for option in options:
            assert option["type"] in {USER, *OTHERS}, f"{name} {option}: what comes in by it, and by which door?"
            if option["type"] == STRING and not option.get("choices"):
                others = [each for each in options if each.get("required") and each is not option]
                yield name, option["name"], {each["name"]: other_value(each) for each in others}


def other_value(option: dict[str, Any]) -> Any:
    """What an option gets that is not looked at."""
    choices = option.get("choices")
    return choices[0]["value"] if choices else OTHERS[option["type"]]


def places(world: DiscordWorld, thread: simcord.ChannelHandle, command: str) -> list[simcord.ChannelHandle]:
    """Where a command is tried: what asks the models is told another thing in the thread of a story."""
    if command.startswith("story"):
        return [thread]
    return [world.channel, thread] if command in ("continue", "infill") else [world.channel]


async def test_every_option_is_normalised(world: DiscordWorld, seen: Seen) -> None:
    thread = await begin_story(world)
    options = list(typed(world))
    assert {("story add", "text"), ("story rename", "title"), ("writer", "pen-name")} <= {each[:2] for each in options}
    for name, option, others in options:
        await world.ada.slash(places(world, thread, name)[0], name, **{option: RAW}, **others)
        assert NORMAL in strings(seen[-1].data), name
    await check_normal(world, seen)


@pytest.mark.parametrize("unseen", [*UNSEEN[:2], *(pytest.param(text, marks=pytest.mark.long) for text in UNSEEN[2:])])
async def test_no_option_takes_what_cannot_be_seen(world: DiscordWorld, unseen: str) -> None:
    thread = await begin_story(world)
    before = await rows(world)
    for name, option, others in typed(world):
        if option == "note":
            continue  # one that says nothing is none, and the rest is done
        for place in places(world, thread, name):
            told = await world.ada.slash(place, name, **{option: unseen}, **others)
            assert private(told).startswith(EMPTY), (name, option)
    assert await rows(world) == before


async def test_what_is_typed_into_a_list_to_choose_from_is_normalised(world: DiscordWorld, seen: Seen) -> None:
    thread = await begin(world, world.ada, title="Caf\xe9 Noir")
    await note(world.ada, thread, "The caf\xe9 is closed.")
    found: dict[str, set[str]] = {}
    for name, options in leaves(world):
        for option in options:
            if option.get("autocomplete"):
                offered = await world.ada.autocomplete(thread, name, option["name"], "CAFE\u0301\u200b")
                found.setdefault(option["name"], set()).update(choice["name"] for choice in offered)
    assert (found["story"], found["entry"]) == ({"Caf\xe9 Noir"}, {"The caf\xe9 is closed."})
    await check_normal(world, seen)


# ---- menus of messages


async def test_what_a_message_says_is_normalised(world: DiscordWorld, seen: Seen) -> None:
    menus = [name for kind in (2, 3) for name, _ in leaves(world, kind)]
    assert len(menus) == 4, "Discord takes five; the fifth stays free"
    shown = await world.ben.send(world.channel, f"{RAW} The fox ___ home.")
    hidden = await world.ben.send(world.channel, "\u2800")
    for name in menus:
        await world.ben.context_menu(world.channel, name, shown)
        assert private(await world.ben.context_menu(world.channel, name, hidden)) == en("error.message_empty"), name
    await check_normal(world, seen)


# ---- forms


async def forms(world: DiscordWorld, thread: simcord.ChannelHandle) -> list[Form]:
    """Return how each form is opened. Those come last that change what the others do."""
    card = (await world.ask(world.ada, count=1)).response
    assert card is not None

    def command(channel: simcord.ChannelHandle, name: str, **options: Any) -> Form:
        return name, lambda: world.ada.slash(channel, name, **options)

    def button(name: str) -> Form:
        return name, lambda: press(world.ada, card, f"ink:{name}")

    async def own() -> InteractionResult:
        async with world.services.database.reading() as tx:
            under_way = await tx.rounds.list_open((await story_of(world, thread)).id)
        if not under_way:
            await open_round(world, thread)
        return await press(world.ada, card, "ink:rown:1")

    async def asked() -> InteractionResult:
        async with world.services.database.reading() as tx:
            for round_ in await tx.rounds.list_open((await story_of(world, thread)).id):
                await press(world.ada, card, f"ink:rcancel:{round_.id}")
        await catch_up(world)
        pinned = world.env.backend.messages[thread.id][card_of(thread).id]
        return await press(world.ada, ResponseMessage(world.env, pinned), "ink:sask:1")

    alone = [command(world.channel, name) for name in ("continue", "infill", "twist", "bridge", "story new")]
    inside = [command(thread, f"story {name}") for name in ("add", "rename", "memory add", "lore add")]
    buttons = [button(name) for name in ("own:1", "note:1", "lname", "lwords", "gnew", "gname:1", "gset:1", "gturn:2")]
    buttons += [button("quiet"), command(world.channel, "game start", kind="gaps")]
    for game in (1, 2):  # the first stays a lobby
        await world.ada.slash(world.channel, "game start", kind="fold")
        for person in (world.ben, world.chen):
            await press(person, card, f"ink:gjoin:{game}")
    await press(world.ada, card, "ink:gstart:2")
    return [*alone, *inside, command(thread, "infill", passage=1), *buttons, ("rown", own), ("sask", asked)]


def boxes_of(shown: InteractionResult) -> dict[str, bool]:
    """The boxes of a form for text, and whether each must be filled in."""
    assert shown.modal is not None
    fields = [label["component"] for label in shown.modal["components"] if "component" in label]
    return {field["custom_id"]: field.get("required", True) for field in fields if field["type"] == BOX}


async def fill_in(world: DiscordWorld, form: Form, box: str, text: str) -> InteractionResult:
    """Send a form in with `text` in one box and an ordinary one in the others."""
    shown = await form[1]()
    fields = dict.fromkeys(boxes_of(shown), "An owl") | {box: text}
    assert shown.modal is not None
    parts = [label["component"] for label in shown.modal["components"] if "component" in label]
    menus = [part for part in parts if part["type"] != BOX]
    chosen = {menu["custom_id"]: [menu["options"][0]["value"]] for menu in menus}
    return await world.ada.submit_modal(shown, {**fields, **chosen})


def leaf_forms(kind: type[discord.ui.Modal] = discord.ui.Modal) -> set[type[discord.ui.Modal]]:
    """Every form of the bot's."""
    below = [form for each in kind.__subclasses__() for form in leaf_forms(each)]
    ours = kind.__module__.startswith(("bot.", "cogs.")) and kind is not RoutedForm
    own = {kind} if ours and not kind.__name__.startswith("_") else set()
    return own.union(below)


async def test_every_box_is_normalised(world: DiscordWorld, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: set[type[discord.ui.Modal]] = set()
    to_dict = discord.ui.Modal.to_dict

    def noted(form: discord.ui.Modal) -> dict[str, Any]:
        sent.add(type(form))
        return to_dict(form)

    monkeypatch.setattr(discord.ui.Modal, "to_dict", noted)
    thread = await begin_story(world)
    for form in await forms(world, thread):
        for box in boxes_of(await form[1]()):
            await fill_in(world, form, box, RAW)
            assert NORMAL in strings(seen[-1].data), (form[0], box)
    assert sent == leaf_forms()
    await check_normal(world, seen)


@pytest.mark.parametrize("unseen", UNSEEN[:2])
async def test_no_box_takes_what_cannot_be_seen(world: DiscordWorld, seen: Seen, unseen: str) -> None:
    thread = await begin_story(world)
    for form in await forms(world, thread):
        for box, required in boxes_of(await form[1]()).items():
            before = await rows(world)
            told = await fill_in(world, form, box, unseen)
            if required:
                assert private(told).startswith(EMPTY), (form[0], box)
                assert await rows(world) == before, (form[0], box)
    await check_normal(world, seen)
