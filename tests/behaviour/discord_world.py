"""The server that the behaviour tests play in, and what they look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import discord
import pytest
import simcord
from simcord import interactions
from simcord.actors import MemberActor
from simcord.interactions import command_leaves
from simcord.results import InteractionResult, ResponseMessage

from bot.app import create_bot, steady_ms, utc_now_ms
from bot.settings import Settings
from bot.ui.locale import catalogue
from cogs.core.services import Services
from tests.behaviour.held_engine import HeldEngine
from tests.support.limits import faults_of_request
from tests.support.openapi import load_openapi
from tests.support.patience import until

en = catalogue("en")
zh = catalogue("zh-CN")
STORY = "The fox crossed the bridge near the harbour and the rain began."


class Now:
    """The wall clock and the steady clock, which a test can let go on (`ahead_ms`); the wall clock it can set as well
    (`set_ms`)."""

    def __init__(self) -> None:
        self.ahead_ms = 0
        self.set_ms = 0

    def __call__(self) -> int:
        return utc_now_ms() + self.ahead_ms + self.set_ms

    def steady(self) -> int:
        return steady_ms() + self.ahead_ms


class DiscordWorld:
    """A server with a channel and three people."""

    def __init__(self, env: simcord.Env, services: Services, settings: Settings, now: Now, held: HeldEngine) -> None:
        self.env = env
        self.services = services
        self.settings = settings
        self.now = now
        self.held = held
        owner = env.create_user("ada", global_name="Ada")
        self.guild = env.create_guild("Harbour", owner=owner)
        self.channel = self.guild.create_text_channel("stories")
        self.other = self.guild.create_text_channel("quiet")
        self.ada = MemberActor(env, self.guild, owner)
        self.ben = self.guild.add_member(env.create_user("ben", global_name="Ben"))
        self.chen = self.guild.add_member(env.create_user("chen", global_name="Chen"))

    async def ask(
        self, person: MemberActor, text: str = STORY, *, length: int = 6, **options: Any
    ) -> InteractionResult:
        """/continue with short suggestions, to keep the tests quick."""
        return await person.slash(self.channel, "continue", text=text, length=length, **options)

    def speak(self, monkeypatch: pytest.MonkeyPatch, person: MemberActor, locale: str, **more: Any) -> None:
        """Let `person`'s Discord be in another language (SimCord's people all use en-US), or send what else an
        interaction carries."""
        built = interactions.base_payload

        def base_payload(backend: Any, **options: Any) -> Any:
            record, payload = built(backend, **options)
            if options["user_id"] == person.id:
                payload.update(locale=locale, **more)
            return record, payload

        monkeypatch.setattr(interactions, "base_payload", base_payload)

    async def until(self, done: Callable[[], bool]) -> None:
        """Let the models finish, and the bot go on with what it waits for outside of the simulation, until `done`."""
        self.held.let_go()
        await until(done)
        await self.env.settle()

    def last(self) -> ResponseMessage:
        """The newest message of the channel."""
        messages = self.env.backend.messages[self.channel.id]
        return ResponseMessage(self.env, messages[max(messages)])

    @property
    def messages(self) -> int:
        """How many messages of the bot everybody sees in the channel."""
        found = self.env.backend.messages[self.channel.id].values()
        return sum(not each.is_ephemeral and each.author_id == self.env.backend.bot_user.id for each in found)

    async def restart(self) -> None:
        """Stop the bot and start a new one on the same services, as after a crash of the tx."""
        await self.env.restart_bot(create_bot(self.settings, self.services))

    async def kept(self) -> list[int]:
        """The ids of all generations in the database."""
        return [number for number in range(1, 60) if await self.generation(number) is not None]

    async def generation(self, number: int) -> Any:
        """The generation, or None."""
        async with self.services.database.reading() as tx:
            return await tx.generations.get(number)


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every component of a message, nested ones too."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        if "accessory" in component:
            yield component["accessory"]


def texts(message: ResponseMessage | discord.Message | None) -> str:
    """Everything that a message shows as text."""
    assert message is not None, "there is no such message"
    raw: list[Any]
    raw = (
        message.components if isinstance(message, ResponseMessage) else [item.to_dict() for item in message.components]
    )
    parts = [part["content"] for part in walk(raw) if part["type"] == 10]
    return "\n".join(part for part in [message.content, *parts] if part)


def buttons(message: ResponseMessage | None) -> dict[str, str]:
    """The custom ids of a message's buttons by label; of several with one label the first."""
    assert message is not None, "there is no such message"
    found: dict[str, str] = {}
    for part in walk(message.components):
        if part["type"] == 2:
            found.setdefault(part["label"], part["custom_id"])
    return found


def private(result: InteractionResult) -> str:
    """What the person alone was told, whether as the response or behind it."""
    answers = [answer for answer in [result.response, *result.followups] if answer is not None and answer.ephemeral]
    assert answers, f"nothing private in {result!r}"
    return "\n".join(texts(answer) for answer in answers)


def refusal(result: InteractionResult) -> str:
    """What the person alone was told, without the text of theirs that is handed back behind it."""
    return re.split("|".join(re.escape(f"\n{say('card.given')}") for say in (en, zh)), private(result))[0]


def leaves(world: DiscordWorld, kind: int = 1) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The commands that are registered, as a person names them, with their options."""
    body = next(request.json for request in world.env.http_requests if request.path.endswith("/commands"))
    assert isinstance(body, list)
    for command in body:
        if command.get("type", 1) == kind:
            for path, leaf in command_leaves(command):
                yield " ".join(path), leaf.get("options") or []


async def check_pings(env: simcord.Env, services: Services) -> None:
    """Whom a message may ping is whose turn it leads to."""
    async with services.database.reading() as tx:
        for request in env.http_requests:
            body: Any = request.json
            if not isinstance(body, dict) or not (users := (body.get("allowed_mentions") or {}).get("users")):
                continue
            ids = [part["custom_id"].split(":") for part in walk(body["components"]) if "custom_id" in part]
            assert [each[:2] for each in ids] == [["ink", "gturn"]], ids
            game_id, move, ping_id = map(int, ids[0][2:])
            game, ping = await tx.games.get(game_id), await tx.game_records.get_ping(ping_id)
            assert game is not None
            assert ping is not None
            assert (ping.game_id, ping.move) == (game_id, move)
            assert game.people.get(ping.seat) in (None, users[0])  # None: they had everything of theirs deleted
            assert len(users) == 1


def check_requests(env: simcord.Env) -> None:
    """Every request of the bot is one that Discord describes and takes, and none of them can ping but a call (see
    `check_pings`)."""
    openapi = load_openapi()
    for request in env.http_requests:
        if openapi is not None:
            openapi.check(request.method, request.path, request.json)
        faults = faults_of_request(request.method, request.path, request.json)
        assert not faults, f"{request.method} {request.path}: {faults}"
