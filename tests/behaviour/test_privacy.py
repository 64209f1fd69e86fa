"""/privacy: everything about a person, shown or deleted, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

from simcord.actors import MemberActor

from tests.behaviour.discord_world import STORY, DiscordWorld, en, private, texts


async def exported(world: DiscordWorld, person: MemberActor) -> dict[str, list[dict[str, Any]]]:
    result = await person.slash(world.channel, "privacy export")
    answers = [answer for answer in [result.response, *result.followups] if answer is not None and answer.attachments]
    assert len(answers) == 1
    assert answers[0].ephemeral
    assert answers[0].attachments[0].filename == "inkling.json"
    content: dict[str, list[dict[str, Any]]] = json.loads(await answers[0].attachments[0].read())
    return content


async def test_export_has_everything_of_the_person_and_nothing_of_others(world: DiscordWorld) -> None:
    await world.ask(world.ben, count=1)
    await world.ask(world.chen, "My brother sang to the moon and nobody spoke.", count=1)

    kept = await exported(world, world.ben)

    assert [row["text"] for row in kept["generations"]] == [STORY]
    assert len(kept["generations"][0]["suggestions"]) == 1
    assert [row["person_id"] for row in kept["people"]] == [str(world.ben.id)]
    assert "brother sang" not in json.dumps(kept)


async def test_privacy_export_of_nothing(world: DiscordWorld) -> None:
    assert private(await world.ben.slash(world.channel, "privacy export")) == en("privacy.nothing")


async def test_deletion_asks_first_and_takes_the_cards_down(world: DiscordWorld) -> None:
    await world.ask(world.ben, count=1)
    other = (await world.ask(world.chen, count=1)).response
    assert other is not None
    asked = await world.ben.slash(world.channel, "privacy delete")
    assert private(asked).startswith(en("privacy.confirm"))
    assert await world.kept() == [1, 2]
    assert asked.response is not None
    await world.restart()

    await world.ben.click(asked.response, label=en("button.forget"))

    assert await world.kept() == [2]
    assert world.messages == 1
    assert world.last().id != other.id or "Chen" in texts(other)
    assert private(await world.ben.slash(world.channel, "privacy export")) == en("privacy.nothing")
    assert en("why.title") in private(await world.ada.click(other, label=en("button.why")))


async def test_privacy_delete_of_nothing(world: DiscordWorld) -> None:
    asked = await world.ben.slash(world.channel, "privacy delete")
    assert asked.response is not None
    await world.ben.click(asked.response, label=en("button.forget"))
    assert texts(asked.response) == en("privacy.nothing")
