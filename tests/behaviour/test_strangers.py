"""Ids made up in another server, in a private message, or by who may not see the channel lead nowhere: nothing is seen,
posted or done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import discord
from simcord.actors import MemberActor
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType
from simcord.results import ResponseMessage

from bot.inference.jobs import Owner
from bot.rules.generations import Place, Suggestion
from bot.rules.receipts import InfillReceipt, OtherReceipt, TwistReceipt
from bot.rules.twists import Expected, Other, Twist, suggestion_of
from bot.ui.tree import InklingTree
from bot.writing.bridge.request import BridgeRequest
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.request import InfillRequest
from bot.writing.request import Request, Submission
from bot.writing.twist.request import TwistRequest
from tests.behaviour.discord_world import DiscordWorld, en, private
from tests.behaviour.forging import Actor, press, rows, strings
from tests.behaviour.playing import Table
from tests.behaviour.remembering import note
from tests.behaviour.voting import begin_story, open_round

SECRET = "Zanzibar"
TEXT = f"The fox saw {SECRET} near the harbour and the rain began."
BOXES = {"text": "A word.", "title": "Mine", "premise": "", "triggers": "fox", "left": "One.", "right": "Two."}
IDS = (1, 2, 3, 4)
FEW = (1, 3)
"""The card of a /continue and of a /twist; the story, its round, its passage and its lore have the first."""
INCIDENT = en("error.incident", incident="@").split("@")[0]
OWN = frozenset({
    "ask", "cancel", "gbegun", "gnew", "guide", "lai", "lname", "lnamed", "lnoname", "lworded", "lwords", "quiet",
    "quieted", "rbridge", "reopen", "set", "slist", "switch", "twistform",
})  # fmt: skip
"""What has no ids of anything kept, and what opens to the asker alone (`reopen`): these show and change one's own."""


async def keep_secrets(world: DiscordWorld, asker: MemberActor) -> None:
    """A story with a round and an entry of lore, a game, and a card of each kind, which `asker` asked for: all with ids
    of IDS, and all with SECRET in them."""
    thread = await begin_story(world, passages=(TEXT,))
    await open_round(world, thread)
    await note(world.ada, thread, f"{SECRET} is far away.", "fox")
    table = Table(world, (world.ada, world.ben, world.chen))
    await table.open()
    await table.start()
    await table.write(world.chen, TEXT)
    place = Place(server_id=world.guild.id, channel_id=world.channel.id)
    owner = Owner(server_id=world.guild.id, person_id=asker.id)
    told = Suggestion(text=f" {SECRET} fell.", fills=(), receipt=OtherReceipt(told={"prompt": TEXT}))
    filled = Suggestion(text=TEXT, fills=(SECRET,), receipt=InfillReceipt())
    words = (Expected(4, 7, "fox", (Other("owl", 2.0),)),)
    requests: tuple[tuple[Request, Suggestion], ...] = (
        (ContinueRequest(text=TEXT), told),
        (InfillRequest(text=TEXT.replace(SECRET, "___")), filled),
        (TwistRequest(text=TEXT), suggestion_of(Twist(TEXT, words), TwistReceipt())),
        (BridgeRequest(left="The fox saw.", right="The rain began."), filled),
    )
    for request, suggestion in requests:
        await world.services.generation_service.add(
            Submission(owner=owner, place=place, request=request), (suggestion,)
        )
    assert await world.kept() == list(IDS)


def made_up(world: DiscordWorld, ids: Sequence[int]) -> Iterator[str]:
    """An id for every action that there is, with every number in it."""
    tree = world.env.bot.tree  # type: ignore[attr-defined]  # a commands.Bot
    assert isinstance(tree, InklingTree)
    assert tree.actions > OWN
    for action in sorted(tree.actions - OWN):
        for number in ids:
            yield f"ink:{action}:{number}:0"
            if action == "move":
                yield f"ink:{action}:like:{number}:0"
            if action in {"ladd", "llist", "lform"}:
                yield f"ink:{action}:{number}:lore:0"
            if action in {"sagain", "swithdraw", "sadded"}:
                yield f"ink:{action}:{number}:1"


async def try_all(world: DiscordWorld, actor: Actor, card: ResponseMessage, ids: Sequence[int] = FEW) -> None:
    """Press everything, as a person of whom the house knows nothing."""
    before, sent, public = await rows(world), len(world.env.http_requests), _public(world)
    for custom_id in made_up(world, ids):
        result = await press(actor, card, custom_id, ["1"], BOXES)
        if result.modal is None:
            assert INCIDENT not in private(result), custom_id
    answers = strings([request.json for request in world.env.http_requests[sent:]])
    assert not [answer for answer in answers if SECRET in answer]
    assert _public(world) == public
    assert await rows(world) == before


def _public(world: DiscordWorld) -> dict[int, list[tuple[int, Any]]]:
    """What everybody sees, by channel."""
    return {
        channel_id: [(each.id, each.components) for each in messages.values() if not each.is_ephemeral]
        for channel_id, messages in world.env.backend.messages.items()
    }


async def test_user_install_in_another_server(world: DiscordWorld) -> None:
    owner = world.env.create_user("eve", global_name="Eve")
    guild = world.env.create_guild("Reef", owner=owner)
    eve = MemberActor(world.env, guild, owner)
    await keep_secrets(world, eve)
    card = (await eve.slash(guild.create_text_channel("reef"), "help")).response
    assert card is not None
    await try_all(world, eve, card, IDS)


async def test_user_install_in_a_private_message(world: DiscordWorld) -> None:
    await keep_secrets(world, world.ben)
    card = (await world.ben.user.slash("help")).response
    assert card is not None
    await try_all(world, world.ben.user, card)


async def test_in_another_channel_by_who_may_not_see_that_one(world: DiscordWorld) -> None:
    await keep_secrets(world, world.ben)
    card = (await world.ben.slash(world.other, "help")).response
    assert card is not None
    hidden = discord.Permissions(view_channel=True).value
    overwrite = Overwrite(target_id=world.ben.id, type=OverwriteType.MEMBER, allow=0, deny=hidden)
    world.env.backend.set_overwrite(world.channel.id, overwrite)
    await try_all(world, world.ben, card)
