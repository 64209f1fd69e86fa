"""Telling people that a game waits for them: once a turn and once more as a reminder, that person alone, in their own
way, without a sound in quiet hours, and never twice."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from discord.ext import commands
from simcord.actors import MemberActor
from simcord.results import ResponseMessage

from bot.games.views import GameView
from bot.rules.games import steps
from bot.rules.games.table import Pace, Quiet
from bot.rules.posts import Post
from bot.rules.profiles import Pings
from bot.stories.access import Who
from bot.stories.outbox import Outbox
from cogs.games.pings import PingsCog
from tests.behaviour.discord_world import DiscordWorld, en, walk

SILENT = 1 << 12
"""The flag of a message that makes no sound."""
HOUR_S = 3600.0
REMINDED_S = 0.75 * 24 * HOUR_S
"""When a reminder comes in a game over days."""
LINE = "the old lantern burned slowly above the harbour"


@dataclass(frozen=True)
class Sent:
    """A ping as it was sent to Discord: where, whom it mentions, and what its button leads to."""

    channel_id: int
    person_id: int | None
    silent: bool
    content: str
    button: str


class Game:
    """A game of Fold in the world's channel. Its people act without cards, and see what is posted."""

    def __init__(self, world: DiscordWorld, *people: MemberActor) -> None:
        self.world = world
        self.people = people
        self.games = world.services.game_service
        self.id = 0
        self.known: dict[int, int] = {}
        """With which move the turn of each began that they got by what they did: their answer shows it."""

    async def begin(self, pace: Pace = "days", *, quiet: int | None = None) -> None:
        """Let the first one open it, the others join, and the first one start. `quiet`: the server is quiet for so many
        hours, from this one on; None: never."""
        hour = datetime.fromtimestamp(self.world.now() / 1000, UTC).hour
        hours = Quiet(begin=hour, end=(hour + (quiet or 0)) % 24)
        await self.world.services.server_settings.change(self.world.guild.id, {"quiet": hours})
        first, *others = self.people
        self.id = (await self.games.create(self.who(first), "fold", pace, self.world.channel.id, name="Ada")).id
        for person in others:
            await self.games.join(self.who(person), self.id, name=str(person.id))
        await self.games.lead(self.who(first), self.id, steps.Started())
        await self.show()

    async def write(self, person: MemberActor) -> None:
        turn = (await self.view(person)).turn
        assert turn is not None
        move = turn.move
        view = await self.games.act(
            self.who(person), self.id, lambda seat: steps.Wrote(seat=seat, move=move, text=LINE)
        )
        self.known[person.id] = 0 if view.turn is None else view.turn.move
        await self.show()

    async def write_all(self) -> None:
        """Let each write once who is waited for."""
        for person in self.people:
            if (await self.view(person)).turn is not None:
                await self.write(person)

    async def lead(self, event: steps.Paused | steps.Resumed | steps.Ended) -> None:
        """Let the host do something."""
        await self.games.lead(self.who(self.people[0]), self.id, event)
        await self.show()

    def who(self, person: MemberActor) -> Who:
        return Who(self.world.guild.id, person.id)

    async def view(self, person: MemberActor) -> GameView:
        return await self.games.find_view(self.who(person), self.id)

    async def choose(self, person: MemberActor, pings: Pings) -> None:
        await self.world.services.profile_service.change(self.world.guild.id, person.id, pings=pings)

    async def show(self) -> None:
        """Let the bot show what changed."""
        bot = self.world.env.bot
        assert isinstance(bot, commands.Bot)
        cog = bot.get_cog("PingsCog")
        assert isinstance(cog, PingsCog)
        await cog._dispatcher.flush()
        await self.world.env.settle()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and what is due by then happen and be shown."""
        self.world.now.ahead_ms += round(seconds * 1000)
        await self.world.env.advance_time(61.0)
        await self.show()

    @property
    def sent(self) -> list[Sent]:
        """All pings so far, in order."""
        return list(_sent(self.world))

    @property
    def called(self) -> Counter[int | None]:
        """Who was mentioned how often."""
        return Counter(ping.person_id for ping in self.sent)

    @property
    def standing(self) -> list[int]:
        """Who is called by a message that still stands in the channel."""
        return sorted(person.id for told in self.contents for person in self.people if f"<@{person.id}>" in told)

    def call_of(self, person: MemberActor) -> ResponseMessage:
        """The message that calls somebody."""
        found = self.world.env.backend.messages[self.world.channel.id].values()
        return next(ResponseMessage(self.world.env, each) for each in found if f"<@{person.id}>" in str(each.content))

    @property
    def contents(self) -> list[str]:
        """What stands in the channel and is no card."""
        found = self.world.env.backend.messages[self.world.channel.id].values()
        return [each.content for each in found if each.content]

    async def waited_for(self) -> list[int]:
        """Who is waited for now, and was to be told."""
        turns = {person.id: (await self.view(person)).turn for person in self.people}
        return sorted(
            person_id
            for person_id, turn in turns.items()
            if turn is not None and turn.move != self.known.get(person_id)
        )


def _sent(world: DiscordWorld) -> Iterator[Sent]:
    for request in world.env.http_requests:
        body: Any = request.json
        if request.method == "POST" and request.path.endswith("/messages") and body.get("content"):
            users = body["allowed_mentions"].get("users", [None])
            (button,) = [part.get("custom_id") or part["url"] for part in walk(body["components"]) if part["type"] == 2]
            silent = bool(body.get("flags", 0) & SILENT)
            yield Sent(int(request.path.split("/")[2]), users[0], silent, body["content"], button)


@pytest.fixture
def game(world: DiscordWorld) -> Game:
    return Game(world, world.ada, world.ben, world.chen)


async def test_who_is_waited_for_is_called_once_a_turn_and_nobody_else_ever(game: Game) -> None:
    await game.begin("tonight")
    assert game.called == Counter(person.id for person in game.people)
    assert not any(ping.silent for ping in game.sent)
    await game.world.restart()
    await game.pass_time(10.0)
    assert len(game.sent) == 3, "once"
    opened = await game.world.ben.click(game.call_of(game.world.ben), label=en("button.gturn"))
    assert opened.modal is not None, "its button opens the form of the turn"
    for _ in range(2):
        await game.write_all()
        assert game.standing == await game.waited_for(), "the message goes with the turn, and a new one comes"
    assert set(Counter(ping.button for ping in game.sent).values()) == {1}
    await game.lead(steps.Ended())
    assert game.standing == []


async def test_a_reminder_comes_once_to_those_who_have_not_written(game: Game) -> None:
    await game.begin()
    await game.write(game.world.ben)
    before = game.sent
    waiting = Counter(await game.waited_for())
    await game.pass_time(REMINDED_S - HOUR_S)
    assert game.sent == before
    await game.pass_time(HOUR_S)
    await game.world.restart()
    await game.pass_time(HOUR_S)
    assert Counter(ping.person_id for ping in game.sent[len(before) :]) == waiting
    await game.write_all()
    assert game.standing == await game.waited_for()


async def test_in_quiet_hours_a_ping_makes_no_sound_and_a_reminder_waits(game: Game) -> None:
    await game.begin(quiet=3)
    assert [ping.silent for ping in game.sent] == [True] * 3
    turn = (await game.view(game.world.ada)).turn
    assert turn is not None
    async with game.world.services.database.transaction() as tx:  # as where a pause moved it into the night
        ping_id = await tx.game_records.add_ping(game.id, turn.seat, turn.move, reminder=True)
        assert ping_id is not None
        await tx.posts.enqueue("ping", ping_id, game.world.channel.id)
    await game.pass_time(60.0)
    assert len(game.sent) == 3
    await game.pass_time(3 * HOUR_S)
    assert [(ping.person_id, ping.silent) for ping in game.sent[3:]] == [(game.world.ada.id, False)]


@pytest.mark.parametrize("way", ["dm", "none"])
async def test_everybody_is_told_in_their_own_way(game: Game, way: Pings) -> None:
    await game.choose(game.world.chen, way)
    await game.begin()
    here, elsewhere = (
        [ping for ping in game.sent if (ping.channel_id == game.world.channel.id) is in_channel]
        for in_channel in (True, False)
    )
    assert Counter(ping.person_id for ping in here) == Counter([game.world.ada.id, game.world.ben.id])
    assert len(elsewhere) == (way == "dm")
    for ping in elsewhere:
        assert ping.person_id is None
        assert f"<#{game.world.channel.id}>" in ping.content
        assert ping.button.startswith(f"https://discord.com/channels/{game.world.guild.id}/{game.world.channel.id}")
        assert len(game.world.env.backend.messages[ping.channel_id]) == 1
    await game.write(game.world.chen)
    for ping in elsewhere:
        assert game.world.env.backend.messages[ping.channel_id] == {}, "it goes with the turn"


async def test_a_refused_direct_message_is_given_up_and_nobody_waits_for_it(
    game: Game, caplog: pytest.LogCaptureFixture
) -> None:
    for person in game.people:
        await game.choose(person, "dm")
    await game.choose(game.world.ben, "mention")
    backend = game.world.env.backend
    channel = backend.get_dm_channel(game.world.chen.id)
    game.world.env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50007, times=None)
    await game.begin()
    await game.pass_time(HOUR_S)
    tried = [ping.channel_id for ping in game.sent]
    assert Counter(tried) == Counter([game.world.channel.id, channel.id, backend.get_dm_channel(game.world.ada.id).id])
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_whoever_left_the_server_is_not_called_and_their_turn_goes_back(game: Game) -> None:
    game.world.guild.remove_member(game.world.chen)
    await game.begin()
    assert game.world.chen.id not in game.called
    seats = {seat.pen_name: seat.presence for seat in (await game.view(game.world.ada)).seats}
    assert seats[str(game.world.chen.id)] == "left"
    looked = [request.path for request in game.world.env.http_requests if "/members/" in request.path]
    assert Counter(looked)[f"/guilds/{game.world.guild.id}/members/{game.world.chen.id}"] == 1
    assert game.standing == await game.waited_for()


async def test_a_ping_that_may_have_been_sent_before_a_crash_is_not_sent_again(game: Game) -> None:
    outbox = type(game.world.services.outbox)
    mark_shown = outbox.mark_shown

    async def crash(self: Outbox, post: Post, message_id: int | None) -> bool:
        if post.kind == "ping":
            raise OSError("the machine is off")
        return await mark_shown(self, post, message_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "mark_shown", crash)
        await game.begin()
    assert len(game.sent) == 1
    await game.world.restart()
    await game.pass_time(60.0)
    assert game.standing == await game.waited_for()
    assert len(game.sent) == 3
    await game.write(game.world.ada)
    assert game.standing == await game.waited_for()


async def test_a_pause_or_more_time_neither_takes_pings_away_nor_sends_them_again(game: Game) -> None:
    await game.begin()
    await game.lead(steps.Paused())
    assert len(game.standing) == 3
    assert all(en("ping.paused") in content for content in game.contents)
    await game.lead(steps.Resumed())
    await game.pass_time(60.0)
    told = game.contents
    turn = (await game.view(game.world.ada)).turn
    assert turn is not None
    move = turn.move
    await game.games.act(game.who(game.world.ada), game.id, lambda seat: steps.MoreTime(seat, move))
    await game.show()
    assert len({*told} - {*game.contents}) == 1, "the time that it tells is the new one"
    assert len(game.standing) == len(game.sent) == 3
    assert not any(en("ping.paused") in content for content in game.contents)


async def test_the_games_of_a_channel_that_was_deleted_end(game: Game) -> None:
    await game.begin()
    game.world.env.backend.delete_channel(game.world.channel.id)
    await game.world.env.settle()
    view = await game.view(game.world.ada)
    assert view.is_over
