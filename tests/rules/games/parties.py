"""A game as storage would keep it, for tests: every event goes through `play`, the table is read back from JSON each
time, texts are kept by their slots, and what must hold after every step of every kind is checked (`Broken`)."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter
from typing import Any

import msgspec

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.agreeing import usual_settings
from bot.rules.games.game import AnyGame
from bot.rules.games.play import play
from bot.rules.games.steps import Event, Step
from bot.rules.games.table import ASK_MS, GameText, Pace, Quiet, Seat, Table, Terms

BEGIN_MS = 1_796_040_000_000
"""When parties begin: an evening in November 2026 (UTC ms)."""
GHOST = 7000
"""The seat of a reader who left before the party began. All others have higher numbers, so that in a view they are not
taken for something else."""
TOKEN = re.compile(r"zq\d+z", re.IGNORECASE)
"""A word of a party's texts."""
LONGEST_MS = 16 * 86_400_000
"""Nothing is due later than this."""


PASSAGE = GameText(
    slot="p",
    seat=None,
    text=" ".join(f"zq{900_000 + number}z" for number in range(70)) + ".",
    origin="human",
    created_ms=0,
)
"""What Gaps are taken out of."""


class Broken(AssertionError):
    """A rule broke what must hold for every kind of game."""


class Party:
    """A game, with everything that came of it so far."""

    def __init__(self, game: AnyGame, pace: Pace, rng: random.Random, **terms: Any) -> None:
        self.game, self.rng = game, rng
        self.now_ms = BEGIN_MS
        self.texts = {PASSAGE.slot: PASSAGE} if game.kind in ("gaps", "duel") else {}
        self.everything: list[str] = []
        self.done: list[Event] = []
        self.effects: list[steps.Effect] = []
        self._keys: set[str] = set()
        self._tokens = 0
        self._guests = 0
        self._type: Any = Table[game.state_type]  # type: ignore[name-defined]
        ghost = Seat(number=GHOST, pen_name="Ghost", role="reader", presence="left")
        self.table: Table[Any] = Table(
            id=1,
            kind=game.kind,
            version=game.version,
            state="lobby",
            phase="",
            move=0,
            host=None,
            seats=(ghost,),
            terms=Terms(pace=pace, **terms),
            settings=usual_settings(game, pace),
            seed=str(rng.random()),
            created_ms=BEGIN_MS,
        )

    # ---- what happens

    def play(self, event: Event) -> Step[Any]:
        """Return what an event would lead to."""
        return play(self.game, self.table, event, tuple(self.texts.values()), self.now_ms)

    def do(self, event: Event) -> Step[Any]:
        """Play an event, check what came of it, and keep it."""
        before, step = self.table, self.play(event)
        if step.table == before:
            _require(not step.texts and not step.effects, "an event that changes nothing leaves nothing", event)
            return step
        _require(step.table.move == before.move + 1, "every step raises the move by one", event)
        self._keep(before, event, step)
        return step

    def tries(self, event: Event) -> bool:
        """Play an event that may be refused; tell whether it was played."""
        try:
            self.do(event)
        except PersonError:
            return False
        return True

    def tick(self) -> None:
        """Go on to what is due next."""
        due_ms = self.table.due_ms
        _require(due_ms is not None, "a game that is not over is due some time", self.table)
        assert due_ms is not None
        self.now_ms = max(self.now_ms, due_ms)
        self.do(steps.Tick())

    def join(self, *, role: Any = "player", no_ai: bool = False) -> int:
        """Sit somebody down; return the seat."""
        self._guests += 1
        self.do(steps.Joined(pen_name=f"Pen{self._guests}", role=role))
        seat = self.table.seats[-1]
        self.table = self.table.with_seat(dataclasses.replace(seat, no_ai=no_ai))
        return seat.number

    def unchanged_by(self, event: Event) -> None:
        """Require that an event that came again, or too late, is refused or changes nothing."""
        try:
            step = self.play(event)
        except PersonError:
            return
        same = step.table == self.table and not step.texts and not step.effects
        _require(same, "what comes again or too late changes nothing", event)

    def copy(self) -> Party:
        """Return a party that goes its own way from here."""
        other = Party.__new__(Party)
        other.__dict__.update(self.__dict__)
        other.texts, other.done, other.everything = dict(self.texts), list(self.done), list(self.everything)
        other.effects, other._keys = list(self.effects), set(self._keys)
        other.rng = random.Random(self.rng.random())
        return other

    def tokens(self, count: int) -> str:
        """Return a text of so many words, none of which stands anywhere else."""
        first, self._tokens = self._tokens, self._tokens + count
        return " ".join(f"zq{number}z" for number in range(first, first + count))

    # ---- what must hold

    def _keep(self, before: Table[Any], event: Event, step: Step[Any]) -> None:
        stored = msgspec.json.encode(step.table)
        self.table = msgspec.json.decode(stored, type=self._type)
        _require(self.table == step.table, "a table that is stored and read back is the same", event)
        self._check_texts(step)
        self._check_effects(before, event, step)
        self._check_table(before, event)
        self._check_requests(before)
        self.done.append(event)

    def _check_texts(self, step: Step[Any]) -> None:
        _require(len({text.slot for text in step.texts}) == len(step.texts), "a step writes a slot once", step)
        for text in step.texts:
            known = self.texts.get(text.slot)
            _require(known is None or not known.text or known.seat == text.seat, "slots keep their writers", text)
            _require(text.seat is None or self.table.seat(text.seat) is not None, "who writes has a seat", text)
            self.texts[text.slot] = text
            self.everything.append(text.text)

    def _check_effects(self, before: Table[Any], event: Event, step: Step[Any]) -> None:
        self.effects += step.effects
        counts = Counter(step.effects)
        for effect in counts:
            if isinstance(effect, steps.Ping):
                turn = self.table.turn(effect.seat)
                _require(turn is not None and turn.move == effect.move, "a ping is for a turn", effect)
            if isinstance(effect, (steps.Ping, steps.Score, steps.Archive)):
                told = [each for each in self.effects if _same(each, effect)]
                _require(len(told) == 1, "pings, points and the archive come once", effect)
        ended = self.table.state == "ended" and before.state != "ended"
        _require((steps.Archive() in counts) == ended, "a game is archived when it ends", event)

    def _check_table(self, before: Table[Any], event: Event) -> None:
        table = self.table
        active = {seat.number for seat in table.active}
        seats = [turn.seat for turn in table.turns]
        _require(len(set(seats)) == len(seats), "a seat has one turn", event)
        _require(active.issuperset(seats), "who is waited for is an active player", event)
        if table.is_over:
            left = table.turns or table.requests or table.phase_due_ms is not None or table.due_ms is not None
            _require(not left and table.ended_ms is not None, "nothing is left when a game is over", event)
            return
        due_ms = table.due_ms
        _require(due_ms is not None, "a game that is not over is due some time", event)
        assert due_ms is not None
        _require(due_ms <= self.now_ms + LONGEST_MS, "nothing is due in a far future", event)
        if isinstance(event, steps.Tick):
            _require(due_ms > self.now_ms, "a tick does all that is due", event)
        host = table.seat(table.host) if table.host is not None else None
        _require(table.state == "lobby" or host is not None, "somebody leads a game that is not over", event)
        _require(host is None or host.presence in ("in", "resting"), "who leads is there", event)
        if table.state == "paused" and before.state == "paused":
            _require({*seats} <= {turn.seat for turn in before.turns}, "a paused table opens no turn", event)

    def _check_requests(self, before: Table[Any]) -> None:
        known = {request.key for request in before.requests}
        for request in self.table.requests:
            if request.key in known:
                continue
            _require(
                before.state != "paused" or self.table.state == "playing", "a paused table asks for nothing", request
            )
            _require(request.key not in self._keys, "the key of a request is never used again", request)
            from_ms = max(self.now_ms, request.after_ms)
            _require(from_ms < request.due_ms <= from_ms + ASK_MS, "the models have 20 s", request)
            self._keys.add(request.key)
            for text in self.texts.values():
                if text.text and (text.hidden or self._minds(text)):
                    shared = set(TOKEN.findall(text.text)) & set(TOKEN.findall(request.text))
                    _require(not shared, "no model reads what is hidden or may not be read", request)

    def _minds(self, text: GameText) -> bool:
        seat = self.table.seat(text.seat) if text.seat is not None else None
        return seat is not None and seat.no_ai


def party_of(game: AnyGame, pace: Pace, seed: str, players: int | None = None) -> Party:
    """Return a party that has begun, with settings, agreements and guests drawn by lot."""
    rng = random.Random(seed)
    quiet = Quiet(zone=rng.choice(["UTC", "Europe/Berlin", "Asia/Shanghai"]))
    party = Party(game, pace, rng, stand_in=rng.random() < 0.5, quiet=quiet)
    most = min(game.players[pace][-1], 12)
    for _ in range(players or rng.randint(game.players[pace][0], most)):
        party.join(no_ai=rng.random() < 0.2)
    chosen = {setting.name: rng.choice(setting.values) for setting in game.settings if rng.random() < 0.5}
    party.do(steps.Agreed(settings=chosen))
    party.do(steps.Started())
    return party


def _same(one: steps.Effect, other: steps.Effect) -> bool:
    """Tell whether two effects would reach somebody twice: points count by their reason, whatever they are."""
    if isinstance(one, steps.Score) and isinstance(other, steps.Score):
        return (one.seat, one.reason) == (other.seat, other.reason)
    return one == other


def _require(holds: bool, rule: str, about: object) -> None:
    if not holds:
        raise Broken(f"{rule}: {about}")
