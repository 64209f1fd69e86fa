"""An answer that does not arrive although what it answers is kept: nobody is told to try again, a repeat is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.ui.locale import catalogue
from tests.wire.discord_server import DiscordServer
from tests.wire.faults import Fault, refusal
from tests.wire.people import Person, buttons, words
from tests.wire.program import Program

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADA = Person(id=600_000_000_000_000_001, name="ada")
CALLBACK = "/interactions/*/callback"
en = catalogue("en")


async def test_kept_but_not_answered(discord: DiscordServer, program: Program) -> None:
    rules: Any = {"writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
    begun = await ADA.submit(discord, "ink:snew", title="The Lamp", premise="", **rules)
    await discord.wait_for(lambda: (told := discord.original(begun)) and "<#" in words(told))
    (thread_id,) = discord.threads

    async def add(text: str) -> str:
        token = await ADA.slash(discord, "story", "add", channel_id=thread_id, text=text)
        return words(await discord.wait_for(lambda: discord.answer(token)))

    for number, moment in enumerate(("before", "during", "after"), 1):
        reset: Any = moment
        discord.trouble.add(Fault("POST", CALLBACK, reset=reset))
        assert await add(f"The lamp went out {number} times.") == en("story.added", number=number)
    assert await add("The lamp went out 1 times.") == en("story.added", number=4), "a refrain is kept"

    lost = discord.trouble.add(Fault("POST", CALLBACK, refusal(404, 10062)))
    await ADA.slash(discord, "story", "add", channel_id=thread_id, text="She lit it again.")
    await discord.wait_for(lambda: "She lit it again." in str(discord.shown_in(thread_id)))
    assert discord.trouble.strikes(lost) == 1

    token = await ADA.slash(discord, "story", "add", channel_id=thread_id, text="She lit it again.")
    told = await discord.wait_for(lambda: discord.answer(token))
    assert words(told) == en("error.already_kept")
    (again,) = buttons(told)
    token = await ADA.click(discord, told, again["custom_id"])
    answer = await discord.wait_for(lambda: discord.answer(token))
    assert words(answer) == en("story.added", number=6)
    await discord.wait_for(lambda: str(discord.shown_in(thread_id)).count("She lit it again.") >= 2)
    assert "incident" not in program.text


RULES: Any = {"writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "story": ("ink:snew", {"title": "The Well", "premise": "", **RULES}),
    "lore": ("ink:lform:0:lore", {"text": "Ember is a dragon.", "triggers": "ember"}),
}


@pytest.mark.parametrize("what", FORMS)
async def test_a_form_whose_answer_was_lost_is_there_already(
    discord: DiscordServer, program: Program, what: str
) -> None:
    custom_id, values = FORMS[what]
    lost = discord.trouble.add(Fault("POST", CALLBACK, refusal(404, 10062)))
    await ADA.submit(discord, custom_id, **values)
    await discord.wait_for(lambda: discord.trouble.strikes(lost))
    token = await ADA.submit(discord, custom_id, **values)
    told = await discord.wait_for(lambda: discord.answer(token))
    assert words(told) == en("error.already_kept")
    (again,) = buttons(told)
    token = await ADA.click(discord, told, again["custom_id"])
    answer = await discord.wait_for(lambda: (found := discord.answer(token)) is not told and found)
    assert "error" not in words(answer)
    assert words(answer) != en("error.already_kept")
