"""What the behaviour tests of games do over and over, by what a person does."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from simcord.actors import MemberActor
from simcord.results import InteractionResult, ResponseMessage

from bot.games.views import GameView
from bot.rules.games.turn_texts import tail_of
from bot.ui.locale import Catalogue
from tests.behaviour.discord_world import DiscordWorld, en, texts, walk

PLACES = ("harbour", "orchard", "bakery", "lighthouse", "library", "market", "chapel", "garden", "quarry", "station")
"""What lines end with, each with one of `TIMES`."""
TIMES = ("dawn", "noon", "dusk", "midnight", "winter", "easter")
"""See `PLACES`."""
LINES = tuple(
    f"Number{index:03} opened slowly by the old {place} until {time} came"
    for index, (time, place) in enumerate((time, place) for time in TIMES for place in PLACES)
)
"""Lines of Fold, each with a beginning and an end of its own."""


class Table:
    """A game in the channel of the world, with the people who play. `say` is the language of what everybody sees."""

    def __init__(self, world: DiscordWorld, people: Sequence[MemberActor], say: Catalogue = en) -> None:
        self.world = world
        self.people = list(people)
        self.say = say
        self._lines = iter(LINES)
        self._secret = 0
        self.written: dict[str, MemberActor] = {}
        """Who wrote each line."""

    async def open(self, kind: str = "fold", pace: str = "tonight") -> None:
        """Let the first one start a game, and the others join it."""
        await self.people[0].slash(self.world.channel, "game start", kind=kind, pace=pace)
        for person in self.people[1:]:
            await person.click(self.card, label=self.say("button.gjoin"))
        await catch_up(self.world)

    async def start(self) -> InteractionResult:
        """Let the first one press *Start*."""
        answer = await self.people[0].click(self.card, label=self.say("button.gstart"))
        await catch_up(self.world)
        return answer

    @property
    def card(self) -> ResponseMessage:
        """The card of the game."""
        return self.newest("gmore", "gstart", "gagain")

    def newest(self, *actions: str) -> ResponseMessage:
        """The newest message of the channel that has a button or menu of one of these actions."""
        found = [message for message in self.messages if actions_of(message) & set(actions)]
        assert found, actions
        return found[-1]

    @property
    def messages(self) -> list[ResponseMessage]:
        """What everybody sees in the channel of the bot's, the newest last."""
        backend = self.world.env.backend
        found = backend.messages[self.world.channel.id].values()
        mine = [each for each in found if not each.is_ephemeral and each.author_id == backend.bot_user.id]
        return [ResponseMessage(self.world.env, each) for each in sorted(mine, key=lambda each: each.id)]

    @property
    def public(self) -> str:
        """All that everybody reads in the channel."""
        return "\n".join(texts(message) for message in self.messages).replace("\\", "")

    async def view(self, number: int = 1) -> GameView:
        """The game as everybody sees it."""
        found = await self.world.services.game_service.get_view(number)
        assert found is not None
        return found

    async def open_turn(self, person: MemberActor) -> InteractionResult:
        """Let somebody press *Your move*."""
        return await person.click(self.card, label=self.say("button.gturn"))

    async def write(self, person: MemberActor, text: str | None = None) -> InteractionResult:
        """Let somebody press *Your move*, and write a line that nobody wrote yet."""
        return await self.fill(person, await self.open_turn(person), text)

    async def fill(self, person: MemberActor, opened: InteractionResult, text: str | None = None) -> InteractionResult:
        """Write into the form that opened."""
        line = text or next(self._lines)
        self.written[line] = person
        self._secret = len(self.world.env.http_requests)
        return await person.submit_modal(opened, {"text": line})

    async def write_all(self, *, until: int | None = None) -> None:
        """Let everybody write whenever it is their move, until so many lines are there, or all is read out."""
        while (view := await self.view()).phase == "write" and view.waiting:
            for seat in view.waiting:
                if until is not None and (await self.view()).game.written >= until:
                    return
                await self.write(self.people[seat - 1])
        await catch_up(self.world)

    async def read_out(self) -> None:
        """Let the first one press *Next* until the hearts can be given."""
        while (await self.view()).phase == "reveal":
            sheet = self.newest("gnext")
            await self.people[0].click(sheet, custom_id=menu_of(sheet, "gnext"))
            await catch_up(self.world)

    def leaks(self) -> list[str]:
        """The lines of which somebody who should not has seen the beginning, or more than one person the end, in all
        that was sent while they were secret: before the last one was written."""
        found, ends = [], {line: set[int | None]() for line in self.written}
        for request in self.world.env.http_requests[: self._secret]:
            body = json.dumps(request.json, ensure_ascii=False).replace("\\", "")
            person = self._addressed(request.path)
            for line, writer in self.written.items():
                if line.split()[0] in body and person != writer.id:
                    found.append(line)
                if tail_of(line, "six") in body and person != writer.id:
                    ends[line].add(person)
        return found + [line for line, seen in ends.items() if len(seen) > 1 or None in seen]

    def _addressed(self, path: str) -> int | None:
        """Who alone sees a request's answer, None for everybody."""
        backend = self.world.env.backend
        if (token := re.search(r"simcord_interaction_\d+", path)) is None:
            return None
        return int(backend.interactions[backend.interaction_tokens[token.group()]].user_id)


async def catch_up(world: DiscordWorld) -> None:
    """Let the cards follow: none is edited more often than every 1.2 s."""
    await world.env.advance_time(2.0)


async def pass_time(world: DiscordWorld, seconds: float) -> None:
    """Let time pass, for the services and for Discord, with what comes due."""
    world.now.ahead_ms += round(seconds * 1000)
    await world.env.advance_time(max(seconds, 61.0))


def answer(result: InteractionResult) -> ResponseMessage:
    """What was answered."""
    assert result.response is not None, result
    return result.response


def actions_of(message: ResponseMessage) -> set[str]:
    """The actions of the buttons and menus of a message."""
    ids = [str(part.get("custom_id", "")) for part in walk(message.components)]
    return {each.split(":")[1] for each in ids if each.startswith("ink:")}


def menu_of(message: ResponseMessage | None, action: str) -> str:
    """The custom id of a message's menu or button with that action."""
    assert message is not None
    ids = [str(part.get("custom_id", "")) for part in walk(message.components)]
    return next(each for each in ids if each.startswith(f"ink:{action}:"))


def options_of(message: ResponseMessage, menu: str) -> list[dict[str, Any]]:
    """The options of a message's menu, by its custom id."""
    return next(part["options"] for part in walk(message.components) if part.get("custom_id") == menu)


def above(opened: InteractionResult) -> str:
    """What a form shows above its boxes."""
    modal: Any = opened.modal
    assert modal is not None, opened
    return "\n".join(part["content"] for part in modal["components"] if part["type"] == 10)
