"""A card whose way to Discord is broken: the first answer is lost, or the last edit refused. The suggestions are kept
by then, and whoever asked sees them or is told where they are."""

from __future__ import annotations

from typing import Any

import pytest

from bot.ui.locale import catalogue
from tests.wire.discord_server import DiscordServer
from tests.wire.faults import Fault, cloudflare_ban, html, refusal
from tests.wire.objects import CHANNEL_ID, DM_CHANNEL_ID
from tests.wire.people import Person, buttons, words
from tests.wire.program import Program

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADA = Person(id=600_000_000_000_000_001, name="ada")
BEN = Person(id=600_000_000_000_000_002, name="ben")
PROMPT = "The fox opened the door near the harbour and"
CALLBACK = "/interactions/*/callback"
OWN = f"/channels/{CHANNEL_ID}/messages"
en = catalogue("en")


@pytest.fixture(autouse=True)
def whole(discord: DiscordServer, program: Program) -> None:
    """Let each test begin with a network that is whole, and with no messages."""
    discord.messages.clear()
    discord.trouble.clear()


def goes_on(body: Any) -> bool:
    """Whether a request shows the finished card."""
    return ":go:" in str(body)


def cards(discord: DiscordServer) -> list[Any]:
    """The finished cards that stand in Discord."""
    return [message for _, message in sorted(discord.messages.items()) if goes_on(message)]


async def ask(discord: DiscordServer) -> str:
    return await ADA.slash(discord, "continue", text=PROMPT, length=8, count=2)


@pytest.mark.parametrize("moment", ["before", "during", "after"])
async def test_a_first_answer_that_is_lost_is_looked_for(discord: DiscordServer, moment: Any) -> None:
    fault = discord.trouble.add(Fault("POST", CALLBACK, reset=moment))
    await ask(discord)
    (card,) = await discord.wait_for(lambda: cards(discord))
    assert discord.trouble.strikes(fault) == 1
    assert list(discord.messages) == [int(card["id"])], "the progress became the card"


async def test_a_first_answer_that_discord_carried_out_with_an_error(discord: DiscordServer) -> None:
    discord.trouble.add(Fault("POST", CALLBACK, html(502), carried_out=True))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord))
    assert len(discord.messages) == 1


async def test_a_page_of_html_instead_of_an_answer(discord: DiscordServer) -> None:
    discord.trouble.add(Fault("POST", CALLBACK, html(200)))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord))
    assert len(discord.messages) == 1


async def test_card_of_a_first_answer_that_the_network_lost(discord: DiscordServer) -> None:
    discord.trouble.add(Fault("POST", CALLBACK, reset="after"))
    discord.trouble.add(Fault("POST", CALLBACK, reset="before", times=2))
    discord.trouble.add(Fault("GET", "*/@original", reset="before", times=6))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord))
    assert len(discord.messages) == 1


async def test_an_interaction_that_expired_is_answered_by_a_message_of_the_bots_own(discord: DiscordServer) -> None:
    discord.trouble.add(Fault("POST", CALLBACK, refusal(404, 10062)))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord))
    assert len(discord.messages) == 1
    assert ("POST", OWN) in [(request.method, request.path) for request in discord.requests]


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
async def test_card_whose_token_is_refused_at_the_end(discord: DiscordServer, status: int, code: int) -> None:
    discord.trouble.add(Fault("PATCH", "*/@original", refusal(status, code), where=goes_on, times=None))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord))
    assert len(discord.messages) == 1


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (400, 50083), (400, 50035)])
async def test_a_refused_last_edit_becomes_a_new_message(discord: DiscordServer, status: int, code: int) -> None:
    discord.trouble.add(Fault("PATCH", "*/@original", refusal(status, code), where=goes_on, times=None))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord) and len(discord.messages) == 1)
    assert ("POST", OWN) in [(request.method, request.path) for request in discord.requests[-3:]]


@pytest.mark.parametrize("how", [{"reply": cloudflare_ban(1)}, {"reset": "before"}], ids=["banned", "cut"])
async def test_a_last_edit_that_fails_on_the_way_is_made_later(discord: DiscordServer, how: dict[str, Any]) -> None:
    discord.trouble.add(Fault("PATCH", "*/@original", where=goes_on, times=None, **how))
    later = discord.trouble.add(Fault("PATCH", f"{OWN}/*", where=goes_on, **how))
    await ask(discord)
    await discord.wait_for(lambda: cards(discord) and len(discord.messages) == 1)
    assert discord.trouble.strikes(later) == 1


@pytest.mark.parametrize("how", [{"reset": "after"}, {"reset": "before"}, {"reply": refusal(404, 10062)}])
async def test_a_round_whose_first_answer_is_lost(discord: DiscordServer, how: dict[str, Any]) -> None:
    """Neither the writing nor the ballot of a round needs the answer to the command that began it."""
    thread_id = await _begin_a_story(discord)
    discord.trouble.add(Fault("POST", CALLBACK, **how))
    await ADA.slash(discord, "continue", channel_id=thread_id, length=8, count=2)
    await discord.wait_for(lambda: ":rstar:" in str(discord.shown_in(thread_id)))
    assert sum(":rown:" in str(message) for message in discord.shown_in(thread_id)) == 1, "the round has one card"


async def test_a_card_that_can_stand_nowhere_is_offered_in_private(discord: DiscordServer) -> None:
    discord.trouble.add(Fault("PATCH", "*/@original", refusal(403, 50013), where=goes_on, times=None))
    own = discord.trouble.add(Fault("POST", OWN, refusal(403, 50013), times=None))
    token = await ask(discord)
    word = await discord.wait_for(lambda: _offered(discord, token))
    assert discord.trouble.strikes(own) == 1
    assert word["flags"] & 64
    assert words(word) == en("card.not_shown", channel=f"<#{CHANNEL_ID}>")

    refused = await BEN.click(discord, word, _offers(word))
    told = await discord.wait_for(lambda: discord.answer(refused))
    assert words(told) == en("error.not_yours"), "the id of the button is no key"
    await ADA.click(discord, word, _offers(word))
    await discord.wait_for(lambda: cards(discord))


async def test_a_card_that_was_deleted_is_offered_in_private(discord: DiscordServer) -> None:
    discord.trouble.add(Fault("PATCH", "*/@original", refusal(404, 10008), where=goes_on, times=None))
    token = await ask(discord)
    word = await discord.wait_for(lambda: _offered(discord, token))
    assert word["flags"] & 64
    assert not cards(discord)


async def test_where_the_token_is_dead_and_the_channel_closed_a_message_comes_in_private(
    discord: DiscordServer, program: Program
) -> None:
    discord.trouble.add(Fault("*", "/webhooks/*", refusal(401, 50027), times=None))
    discord.trouble.add(Fault("*", f"{OWN}*", refusal(403, 50001), times=None))
    await ask(discord)
    (word,) = await discord.wait_for(lambda: discord.shown_in(DM_CHANNEL_ID))
    assert words(word) == en("card.not_shown", channel=f"<#{CHANNEL_ID}>")

    discord.trouble.clear()
    at_home = Person(id=ADA.id, name=ADA.name, in_server=False, with_bot=True)
    await at_home.click(discord, word, _offers(word))
    (card,) = await discord.wait_for(lambda: cards(discord))
    assert card["channel_id"] == str(DM_CHANNEL_ID)
    assert PROMPT not in program.text


def _offered(discord: DiscordServer, token: str) -> Any:
    """The private word that offers the card, None while there is none."""
    found = discord.answer(token)
    return found if found is not None and _offers(found) else None


def _offers(message: Any) -> str:
    """The id of the button that opens a card that could not be shown, empty where there is none."""
    found = [button["custom_id"] for button in buttons(message) if ":reopen:" in button["custom_id"]]
    return found[0] if found else ""


async def _begin_a_story(discord: DiscordServer) -> int:
    """Begin a story with a passage, and return its thread."""
    rules: Any = {"writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
    begun = await ADA.submit(discord, "ink:snew", title="The Lamp", premise="", **rules)
    await discord.wait_for(lambda: (told := discord.original(begun)) and "<#" in words(told))
    thread_id = max(discord.threads)
    added = await ADA.slash(discord, "story", "add", channel_id=thread_id, text=PROMPT)
    await discord.wait_for(lambda: discord.answer(added))
    return thread_id
