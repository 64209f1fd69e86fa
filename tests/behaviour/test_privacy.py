"""/privacy: everything about a person, shown or deleted, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

from simcord.actors import MemberActor

from tests.behaviour.discord_world import STORY, House, en, private, texts


async def exported(house: House, person: MemberActor) -> dict[str, list[dict[str, Any]]]:
    result = await person.slash(house.channel, "privacy export")
    answers = [answer for answer in [result.response, *result.followups] if answer is not None and answer.attachments]
    assert len(answers) == 1
    assert answers[0].ephemeral
    assert answers[0].attachments[0].filename == "inkling.json"
    content: dict[str, list[dict[str, Any]]] = json.loads(await answers[0].attachments[0].read())
    return content


async def test_export_has_everything_of_the_person_and_nothing_of_others(house: House) -> None:
    await house.ask(house.ben, count=1)
    await house.ask(house.chen, "My brother sang to the moon and nobody spoke.", count=1)

    kept = await exported(house, house.ben)

    assert [row["text"] for row in kept["generations"]] == [STORY]
    assert len(kept["generations"][0]["suggestions"]) == 1
    assert [row["person_id"] for row in kept["people"]] == [str(house.ben.id)]
    assert "brother sang" not in json.dumps(kept)


async def test_nothing_to_export(house: House) -> None:
    assert private(await house.ben.slash(house.channel, "privacy export")) == en("privacy.nothing")


async def test_deletion_asks_first_and_takes_the_cards_down(house: House) -> None:
    await house.ask(house.ben, count=1)
    other = (await house.ask(house.chen, count=1)).response
    assert other is not None
    asked = await house.ben.slash(house.channel, "privacy delete")
    assert private(asked).startswith(en("privacy.confirm"))
    assert await house.kept() == [1, 2]
    assert asked.response is not None
    await house.restart()

    await house.ben.click(asked.response, label=en("button.forget"))

    assert await house.kept() == [2]
    assert house.messages == 1
    assert house.last().id != other.id or "Chen" in texts(other)
    assert private(await house.ben.slash(house.channel, "privacy export")) == en("privacy.nothing")
    assert en("why.title") in private(await house.ada.click(other, label=en("button.why")))


async def test_deleting_nothing(house: House) -> None:
    asked = await house.ben.slash(house.channel, "privacy delete")
    assert asked.response is not None
    await house.ben.click(asked.response, label=en("button.forget"))
    assert texts(asked.response) == en("privacy.nothing")
