"""Cards that an earlier version showed, on a database that it kept: each of their buttons and menus still works."""

from __future__ import annotations

from pathlib import Path

import pytest
from simcord.results import InteractionResult
from sqlalchemy import case, update

from bot.settings import Settings
from storage.tables import GENERATIONS
from tests.behaviour.discord_world import DiscordWorld, en, private, texts, walk
from tests.behaviour.forging import press
from tests.support.stored_generations import STORED, entry_of, keep

INCIDENT = en("error.incident", incident="@").split("@")[0]
PRESSED = (
    "continue",
    "own text of a continue",
    "infill",
    "infill, stranger",
    "own text of an infill",
    "bridge",
    "twist with a pick",
    "twist, used",
)
"""A card of each kind, as it was first shown and as it was changed."""
MAKES = {"go", "retry", "move", "use"}
"""What makes a card of its own: once for each is enough."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a bot whose database is of version 0006."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    keep(folder)
    return Settings(data=folder)


async def move_here(world: DiscordWorld) -> None:
    """Let what was kept stand in this server and channel, as asked for by its people."""
    people = case({STORED["ben"]: world.ben.id, STORED["chen"]: world.chen.id}, value=GENERATIONS.c.person_id)
    here = {"server_id": world.guild.id, "channel_id": world.channel.id, "person_id": people}
    async with world.services.database.transaction() as tx:
        await tx.execute(update(GENERATIONS).values(here))


def fine(result: InteractionResult) -> bool:
    """Tell whether something other than a refusal came of it."""
    told = "\n".join(texts(answer) for answer in [result.response, *result.followups] if answer is not None)
    return INCIDENT not in told and en("error.generation_gone") not in told


@pytest.mark.parametrize("name", PRESSED)
async def test_every_button_of_a_stored_card_works(world: DiscordWorld, name: str) -> None:
    await move_here(world)
    card = (await world.ben.slash(world.channel, "help")).response
    assert card is not None
    entry = entry_of(name)
    asker = world.ben if entry["generation"]["person_id"] == STORED["ben"] else world.chen
    ids = [
        part["custom_id"] for part in walk([entry["components"][0]]) if "custom_id" in part and not part.get("disabled")
    ]
    assert ids
    made: set[str] = set()
    for custom_id in sorted(ids, key=lambda each: each.startswith(("ink:delete", "ink:use"))):
        action = custom_id.split(":")[1]
        if action in made:
            continue
        made |= {action} & MAKES
        before = len(await world.kept())
        result = await press(asker, card, custom_id, ["0"])
        assert fine(result), custom_id
        if action in MAKES:
            assert len(await world.kept()) == before + 1, custom_id
        elif action == "delete":
            assert len(await world.kept()) < before, "with the pages that it turned to"
        elif action == "why":
            assert en("why.title") in private(result)
        elif action in {"own", "note", "sfrom"}:
            assert result.modal is not None, custom_id
