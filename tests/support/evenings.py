"""A table of a game, and the clock on the wall: what tests of rules play with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.rules.games import steps
from bot.rules.games.agreeing import usual_settings
from bot.rules.games.game import AnyGame
from bot.rules.games.play import play
from bot.rules.games.table import GameText, Pace, Table, Terms


class Evening:
    """A game that was started by so many players, who sit at the seats from 1 on."""

    def __init__(
        self,
        game: AnyGame,
        players: int = 4,
        seed: str = "seed",
        pace: Pace = "tonight",
        *,
        stand_in: bool = False,
        settings: Mapping[str, int | str] = MappingProxyType({}),
        texts: Sequence[GameText] = (),
    ) -> None:
        self.game = game
        self.table: Table[Any] = Table(
            id=1,
            kind=game.kind,
            version=game.version,
            state="lobby",
            phase="",
            move=0,
            host=None,
            seats=(),
            terms=Terms(pace=pace, stand_in=stand_in),
            settings={**usual_settings(game, pace), **settings},
            seed=seed,
            created_ms=0,
        )
        self.texts = {text.slot: text for text in texts}
        self.now_ms = 1000
        self.effects: list[steps.Effect] = []
        for number in range(1, players + 1):
            self.do(steps.Joined(pen_name=f"Writer {number}"))
        self.do(steps.Started())

    def do(self, event: steps.Event) -> None:
        """Let something happen."""
        step = play(self.game, self.table, event, tuple(self.texts.values()), self.now_ms)
        self.table = step.table
        self.texts |= {text.slot: text for text in step.texts}
        self.effects += step.effects

    def wait(self, for_ms: int) -> None:
        """Let time pass, with a tick whenever one is due."""
        until_ms = self.now_ms + for_ms
        while self.table.due_ms is not None and self.table.due_ms <= until_ms:
            self.now_ms = max(self.now_ms, self.table.due_ms)
            self.do(steps.Tick())
        self.now_ms = until_ms

    def leave_phase(self, phase: str) -> None:
        """Let time pass until a phase is over."""
        while self.table.phase == phase and self.table.due_ms is not None:
            self.wait(self.table.due_ms - self.now_ms)

    def write(self, seat: int, text: str, *parts: str) -> None:
        """Let a seat take its turn."""
        turn = self.table.turn(seat)
        assert turn is not None, f"seat {seat} has no turn"
        self.do(steps.Wrote(seat=seat, move=turn.move, text=text, parts=parts))

    def choose(self, seat: int, what: str, *values: object) -> None:
        """Let a seat choose."""
        self.do(steps.Chose(seat=seat, what=what, values=tuple(map(str, values))))

    def answer(self, *texts: str) -> None:
        """Let the models answer what they are asked now."""
        for request in self.table.requests:
            if request.after_ms <= self.now_ms:
                self.do(steps.Made(key=request.key, texts=texts))

    def view(self, viewer: int | None) -> Any:
        """Return what a seat sees."""
        return self.game.view(self.table, tuple(self.texts.values()), viewer)

    @property
    def story(self) -> list[str]:
        """The slots that become a story."""
        return list(self.game.story(self.table, tuple(self.texts.values())))
