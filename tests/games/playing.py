"""People who play: what they do goes through the service, as a cog calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.games.service import GameService, Leading
from bot.games.views import GameView
from bot.rules.games import steps
from bot.rules.games.table import Pace
from bot.stories.access import Who
from storage.database import Database, open_database
from tests.support.clocks import Clock

SERVER, CHANNEL = 1, 2
"""Where games are played unless a test says so."""
BEGAN_MS = 1_700_000_000_000
"""When an evening begins: a Tuesday, 22:13 in UTC."""
WORDS = "the lamp went out and somebody laughed in the dark while rain kept counting the tiles above us"


def line_of(person: int, number: int) -> str:
    """A line that nobody else writes, in 14 words."""
    return f"{WORDS.split()[number % 8]} {' '.join(WORDS.split()[:11])} p{person} n{number}"


@dataclass
class Evening:
    """The service over a database that can be closed and opened again, as when the program ends."""

    folder: Path
    clock: Clock = field(default_factory=lambda: Clock(BEGAN_MS))
    seed: str = "a seed"
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    database: Database = field(init=False)
    games: GameService = field(init=False)

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator[Evening]:
        """Give an evening, and close it."""
        evening = cls(folder)
        await evening.start()
        try:
            yield evening
        finally:
            await evening.stop()

    async def start(self) -> None:
        """Start the program."""
        self._stack = AsyncExitStack()
        self.database = await self._stack.enter_async_context(open_database(self.folder, self.clock))
        self.games = GameService(self.database, lambda: self.seed)

    async def stop(self) -> None:
        """End the program."""
        await self._stack.aclose()

    async def restart(self) -> None:
        """End the program, and start it again."""
        await self.stop()
        await self.start()

    # ---- people

    async def lobby(
        self, *people: int, kind: str = "fold", pace: Pace = "tonight", server: int = SERVER, channel: int = CHANNEL
    ) -> int:
        """Open a game whose host comes first, let the others sit down, and return its number."""
        host, *others = people
        view = await self.games.create(who(host, server), kind, pace, channel, name=f"P{host}")
        for person in others:
            await self.games.join(who(person, server), view.id, name=f"P{person}")
        return view.id

    async def started(self, *people: int, kind: str = "fold", pace: Pace = "tonight", **settings: int | str) -> int:
        """Start a game."""
        game_id = await self.lobby(*people, kind=kind, pace=pace)
        await self.lead(people[0], game_id, steps.Agreed(settings=settings))
        await self.lead(people[0], game_id, steps.Started())
        return game_id

    async def act(self, person: int, game_id: int, make: Callable[[int], steps.Event]) -> GameView:
        """Let somebody act."""
        return await self.games.act(who(person), game_id, make, name=f"P{person}")

    async def lead(self, person: int, game_id: int, event: Leading) -> GameView:
        """Let somebody lead."""
        return await self.games.lead(who(person), game_id, event)

    async def see(self, person: int, game_id: int) -> GameView:
        """Return a game as somebody sees it."""
        return await self.games.find_view(who(person), game_id)

    async def write(self, person: int, game_id: int, text: str) -> GameView:
        """Let somebody take their turn."""
        turn = (await self.see(person, game_id)).turn
        assert turn is not None, f"{person} is not waited for"
        return await self.act(person, game_id, lambda seat: steps.Wrote(seat=seat, move=turn.move, text=text))

    async def write_all(self, game_id: int, people: list[int], *, until: str = "reveal") -> int:
        """Let everybody write who is waited for until the phase is another one; return how many lines that took."""
        written = 0
        while True:
            for person in people:
                view = await self.see(person, game_id)
                if view.phase == until:
                    return written
                if view.turn is not None and not view.turn.acted:
                    await self.write(person, game_id, line_of(person, written))
                    written += 1

    async def wait(self, ms: int) -> None:
        """Let time pass, and do what is due, each at its time, as the scheduler does."""
        until_ms = self.clock.now_ms + ms
        while (next_ms := await self.games.next_ms()) is not None and next_ms <= until_ms:
            self.clock.now_ms = max(self.clock.now_ms, next_ms)
            for game_id in await self.games.list_due():
                await self.games.tick(game_id)
        self.clock.now_ms = until_ms


def who(person: int, server: int = SERVER) -> Who:
    """Somebody who may see every channel and manages nothing."""
    return Who(server_id=server, person_id=person)
