"""What games ask the models: in the background, again after a restart, never waited for longer than agreed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import WorkerUnavailable
from bot.games.passages import Given
from bot.games.requests import GameRequests
from bot.inference.fake_engine import FakeEngine
from bot.inference.jobs import Limits
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Partial
from bot.inference.queue import Inference
from bot.rules.games import steps
from bot.rules.games.table import ASK_MS
from bot.stories.server_settings import ServerSettingsService
from bot.writing.blocklist import Blocklist
from tests.games.playing import SERVER, Evening, line_of, who
from tests.support.patience import PATIENCE_S

MINUTE = 60_000
WORDS = Blocklist.load()
PASSAGE = (
    "The keeper of the lighthouse had not spoken for a year when the storm carried a small boat against the rocks, and "
    "in the boat there was a child with a lantern and a letter. He climbed down the ladder, opened the letter beside "
    "the fire, and remembered a garden behind a narrow road where his brother had once buried a broken bell under the "
    "oldest tree of the village."
)
"""A passage of 67 words."""


class HeldEngine(FakeEngine):
    """Writes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.let = asyncio.Event()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        self.asked.set()
        await self.let.wait()
        async for event in super().generate(request):
            yield event


class Runner:
    """A run of the program's requests; `answered` is set when an answer changed a game."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()

    async def changed(self) -> None:
        self.answered.set()

    async def wait(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.answered.wait()
        self.answered.clear()


@asynccontextmanager
async def models_of(evening: Evening, engine: Engine) -> AsyncIterator[Runner]:
    """Let the models be asked meanwhile."""
    inference, runner = Inference(engine, Limits()), Runner()
    requests = GameRequests(evening.games, ServerSettingsService(evening.database), inference, WORDS)
    tasks = [asyncio.create_task(inference.run()), asyncio.create_task(requests.run(runner.changed))]
    try:
        yield runner
    finally:
        for task in reversed(tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def missed(evening: Evening) -> int:
    """Play until somebody missed a turn behind a line, where a stand-in was agreed on, and return the game."""
    game_id = await evening.lobby(1, 2, 3)
    await evening.lead(1, game_id, steps.Agreed(settings={}, stand_in=True))
    await evening.lead(1, game_id, steps.Started())
    for person in (1, 2, 3):
        await evening.write(person, game_id, line_of(person, person))
    for person in (1, 2):
        await evening.write(person, game_id, line_of(person, 10 + person))
    while not await evening.games.list_open():
        next_ms = await evening.games.next_ms()
        assert next_ms is not None
        await evening.wait(next_ms - evening.clock.now_ms)
    return game_id


async def lines(evening: Evening, game_id: int) -> int:
    return int((await evening.see(1, game_id)).game.written)


async def of_models(evening: Evening, game_id: int) -> list[str]:
    async with evening.database.reading() as tx:
        return [text.text for text in await tx.games.list_texts(game_id) if text.seat is None]


async def test_stand_in_writes_what_was_missed(evening: Evening) -> None:
    async with models_of(evening, FakeEngine()) as runner:
        game_id = await missed(evening)
        await runner.wait()
    written = await of_models(evening, game_id)
    assert written
    assert all(line == line.strip() for line in written)


async def test_answer_that_comes_late_changes_nothing(evening: Evening) -> None:
    game_id = await missed(evening)
    (asked, *_) = await evening.games.list_open()
    before = await lines(evening, game_id)
    await evening.wait(ASK_MS)
    assert asked.request.key not in {each.request.key for each in await evening.games.list_open()}
    assert not await evening.games.made(game_id, asked.request.key, ("A line that nobody waits for any more.",))
    assert await lines(evening, game_id) == before


async def test_what_was_open_is_asked_again_after_a_restart(evening: Evening) -> None:
    game_id = await missed(evening)
    held = HeldEngine()
    async with models_of(evening, held):
        async with asyncio.timeout(PATIENCE_S):
            await held.asked.wait()
    assert await evening.games.list_open()
    await evening.restart()
    async with models_of(evening, FakeEngine()) as runner:
        await runner.wait()
    assert await of_models(evening, game_id)


async def test_models_that_are_down_hold_nobody_up(evening: Evening) -> None:
    game_id = await missed(evening)
    async with models_of(evening, FakeEngine(failure=WorkerUnavailable("down"))) as runner:
        await runner.wait()
    assert await of_models(evening, game_id) == []
    assert (await evening.see(1, game_id)).state == "playing"


async def test_models_that_are_switched_off_are_not_asked(evening: Evening) -> None:
    await ServerSettingsService(evening.database).change(SERVER, {}, {"continue": False})
    held = HeldEngine()
    async with models_of(evening, held) as runner:
        game_id = await missed(evening)
        await runner.wait()
    assert not held.asked.is_set()
    assert await of_models(evening, game_id) == []


async def test_words_that_a_server_does_not_want_are_left_out(evening: Evening) -> None:
    nouns = (
        "fox",
        "keeper",
        "lantern",
        "harbour",
        "letter",
        "river",
        "garden",
        "bell",
        "child",
        "storm",
        "road",
        "door",
    )
    await ServerSettingsService(evening.database).change(SERVER, {"words": nouns})
    async with models_of(evening, FakeEngine()) as runner:
        game_id = await missed(evening)
        await runner.wait()
    assert await of_models(evening, game_id) == []


async def test_games_that_go_on_by_themselves_are_asked_for_no_longer(evening: Evening) -> None:
    """A job that runs on when its game is over would take the models' time."""
    game_id = await missed(evening)
    held = HeldEngine()
    async with models_of(evening, held) as runner:
        async with asyncio.timeout(PATIENCE_S):
            await held.asked.wait()
        await evening.lead(1, game_id, steps.Ended())
        held.let.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert not runner.answered.is_set()


async def test_gaps_are_found_in_a_passage(evening: Evening) -> None:
    view = await evening.games.create(who(1), "gaps", "tonight", 2, name="P1", given=Given(text=PASSAGE))
    await evening.games.join(who(2), view.id, name="P2")
    await evening.lead(1, view.id, steps.Started())
    async with models_of(evening, FakeEngine()) as runner:
        await runner.wait()
    view = await evening.see(1, view.id)
    assert view.phase != "prepare"
