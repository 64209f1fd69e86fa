"""Every button, menu and form with the custom id that an earlier version gave it: none leads nowhere."""

from __future__ import annotations

import pytest

from bot.inference.jobs import Owner
from bot.rules.generations import Place, Suggestion
from bot.rules.receipts import ContinueReceipt, InfillReceipt, TwistReceipt
from bot.rules.twists import Expected, Other, Twist, suggestion_of
from bot.stories.access import Who
from bot.ui.tree import InklingTree
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.request import InfillRequest
from bot.writing.request import Request, Submission
from bot.writing.twist.request import TwistRequest
from tests.behaviour.discord_world import DiscordWorld, en, private
from tests.behaviour.forging import press
from tests.behaviour.remembering import note
from tests.behaviour.voting import begin_story, candidates_of, open_round, star
from tests.support.old_custom_ids import OLD_CUSTOM_IDS

TEXT = "The fox crossed the bridge near the harbour and the rain began."
BOXES = {"text": "A word.", "title": "Mine", "premise": "", "triggers": "fox", "left": "One.", "right": "Two."}
VALUES = {"twist": ["0"], "sfrom": ["0"], "take": ["c0"], "guide": ["rounds"], "set": ["2"]}
"""What is chosen in a menu; "1" elsewhere."""
CLOSED = frozenset({"rballots", "rcanon", "rpairs", "rwhy"})
"""What stands on the card of a round that is closed."""
OTHER_GAMES = frozenset({"gwalk"})
"""What stands on the cards of games that have ended, of other kinds than that which is kept here."""
LAST = (
    "rcancel",
    "use",
    "sagain",
    "swithdraw",
    "sdelete",
    "srestore",
    "lratify",
    "lreject",
    "lremove",
    "delete",
    "forget",
)
"""What ends something that others are about, in an order in which each still finds its own."""
GONE = {
    en(f"error.{key}")
    for key in ("game_gone", "generation_gone", "story_gone", "round_gone", "lore_gone", "passage_gone")
}
INCIDENT = en("error.incident", incident="@").split("@")[0]


async def keep_one_of_each(world: DiscordWorld) -> None:
    """A story with a passage, an open round and an entry that is proposed; the cards of a /continue (1), an infill (2)
    and a twist (3), and a game: all of Ada's, and all but the latter two with the id 1."""
    thread = await begin_story(world, passages=(TEXT,))
    await star(world.ben, await open_round(world, thread), (await candidates_of(world))[0][0])
    await note(world.ben, thread, "The harbour is old.", "fox")
    lead = Who(world.guild.id, world.ada.id)
    await world.services.game_service.create(lead, "fold", "tonight", world.channel.id, name="Ada")
    place = Place(server_id=world.guild.id, channel_id=world.channel.id)
    owner = Owner(server_id=world.guild.id, person_id=world.ada.id)
    told = Suggestion(text=" It fell.", fills=(), receipt=ContinueReceipt())
    filled = Suggestion(text=TEXT, fills=("crossed",), receipt=InfillReceipt())
    picked = Twist(TEXT, (Expected(4, 7, "fox", (Other("owl", 2.0),), 0),))
    requests: tuple[tuple[Request, Suggestion], ...] = (
        (ContinueRequest(text=TEXT, count=1, length=8), told),
        (InfillRequest(text=TEXT.replace("crossed", "___"), count=1), filled),
        (TwistRequest(text=TEXT), suggestion_of(picked, TwistReceipt())),
    )
    for request, suggestion in requests:
        await world.services.generation_service.add(
            Submission(owner=owner, place=place, request=request), (suggestion,)
        )


async def press_all(world: DiscordWorld, actions: list[str]) -> None:
    """Press every old custom id of these actions, and see that something is at the end of each."""
    for action in actions:
        card = (await world.ada.slash(world.channel, "help")).response
        assert card is not None
        for custom_id in OLD_CUSTOM_IDS[action]:
            own = custom_id.replace("600000000000000001", str(world.ada.id))
            result = await press(world.ada, card, own, VALUES.get(action, ["1"]), BOXES)
            if result.modal is None and any(
                answer.ephemeral for answer in [result.response, *result.followups] if answer
            ):
                told = private(result)
                assert told not in GONE, custom_id
                assert INCIDENT not in told, custom_id


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
async def test_every_old_custom_id_leads_somewhere(world: DiscordWorld, closed: bool) -> None:
    tree = world.env.bot.tree  # type: ignore[attr-defined]  # a commands.Bot
    assert isinstance(tree, InklingTree)
    assert tree.actions == OLD_CUSTOM_IDS.keys()
    await keep_one_of_each(world)
    if closed:
        await press_all(world, ["rclose", *sorted(CLOSED)])
    else:
        await press_all(world, [*sorted(tree.actions - CLOSED - OTHER_GAMES - {"rclose", *LAST}), *LAST])
