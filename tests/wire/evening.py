"""Five people write one story at the same time, over the shipped program on real sockets, which may be killed at any
moment. What each of them was told is written down; afterwards the database and the thread are held against it."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.ui.locale import catalogue
from tests.support.patience import until
from tests.wire.discord_server import DiscordServer
from tests.wire.people import Person, buttons, words
from tests.wire.program import Program, running_program

MENU = 3
HOST = Person(id=600_000_000_000_000_010, name="ada")
PEOPLE = (
    HOST,
    *(Person(id=600_000_000_000_000_011 + i, name=name) for i, name in enumerate(("ben", "chen", "dee", "eli"))),
)
_en = catalogue("en")
KEPT = tuple(
    re.split(r"\{\w+\}", _en(f"story.{key}", number="{n}", title="{t}", thread="{t}"))[0]
    for key in ("added", "proposed", "proposed_first", "overtaken")
)
"""How the answers begin that say a text is kept."""
BALLOT = _en("round.your_ballot")


@dataclass(slots=True)
class Ledger:
    """What people asked for, and what they were told."""

    texts: list[str] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    stars: dict[tuple[int, int], list[tuple[int, bool]]] = field(default_factory=dict)
    """By round and voter: the candidates starred, in order, each with whether that was acknowledged."""

    @property
    def ballots(self) -> int:
        return sum(told for stars in self.stars.values() for _, told in stars)


class Killed(Exception):
    """The program died before it answered."""


class Evening:
    """The people and what they do. `seed` decides who does what when, as far as a real program lets it."""

    def __init__(self, server: DiscordServer, seed: int) -> None:
        self.ledger = Ledger()
        self.thread_id = 0
        self._server = server
        self._random = random.Random(seed)
        self._numbers = itertools.count(1)
        self._dead = asyncio.Event()

    async def begin(self) -> None:
        """The host begins the story, and its thread is there."""
        await HOST.submit(
            self._server, "ink:snew", title="The Lamp", premise="", writers=["anyone"], ai=["on"], licence=["own"]
        )
        await self._server.wait_for(lambda: self._server.threads)
        self.thread_id = next(iter(self._server.threads))

    @property
    def has_begun(self) -> bool:
        """Whether a text and a ballot were acknowledged."""
        return bool(self.ledger.kept and self.ledger.ballots)

    async def live(self, program: Program, life_s: float, *, till: Callable[[], bool] = lambda: True) -> None:
        """Let everybody write and vote for `life_s` seconds and `till` something has happened, then kill the program in
        the middle of it."""
        self._dead.clear()
        playing = [asyncio.create_task(self._play(person)) for person in PEOPLE]
        await asyncio.sleep(life_s)
        await until(till)
        program.process.kill()
        await program.process.wait()
        self._dead.set()
        await self._server.notify()
        await asyncio.gather(*playing)

    # ---- what people do

    async def _play(self, person: Person) -> None:
        while not self._dead.is_set():
            await asyncio.sleep(self._random.uniform(0.0, 0.2))
            choice = self._random.random()
            card = self._open_card()
            deed: Coroutine[Any, Any, None]
            if card is None:
                deed = self._suggest(person) if choice < 0.04 else self._write(person)
            elif person is HOST and choice < 0.4:
                deed = self._close(card)
            else:
                deed = self._write(person) if choice < 0.5 else self._vote(person, card)
            try:
                await deed
            except Killed:
                return

    async def _write(self, person: Person) -> None:
        text = f"Sentence {next(self._numbers)} of {person.name}, who held the lamp."
        self.ledger.texts.append(text)
        told = await self._told(await person.slash(self._server, "story", "add", channel_id=self.thread_id, text=text))
        if any(kept in told for kept in KEPT):
            self.ledger.kept.add(text)

    async def _suggest(self, person: Person) -> None:
        token = await person.slash(self._server, "continue", channel_id=self.thread_id, length=8, count=2)
        await self._told(token)

    async def _vote(self, person: Person, card: dict[str, Any]) -> None:
        menu = next(menu for menu in buttons(card, MENU) if ":rstar:" in menu["custom_id"])
        round_id, candidate = int(menu["custom_id"].split(":")[2]), self._random.choice(menu["options"])["value"]
        stars = self.ledger.stars.setdefault((round_id, person.id), [])
        stars.append((int(candidate), False))
        told = await self._told(await person.select(self._server, card, menu["custom_id"], candidate))
        if BALLOT in told:
            stars[-1] = (int(candidate), True)
        else:
            stars.pop()  # the round was over: nothing was cast

    async def _close(self, card: dict[str, Any]) -> None:
        menu = next(menu for menu in buttons(card, MENU) if ":rstar:" in menu["custom_id"])
        await self._told(await HOST.click(self._server, card, f"ink:rclose:{menu['custom_id'].split(':')[2]}"))

    def _open_card(self) -> dict[str, Any] | None:
        """The newest card with a ballot."""
        found = self._server.shown_in(self.thread_id)[::-1]
        return next(
            (each for each in found if any(":rstar:" in menu["custom_id"] for menu in buttons(each, MENU))), None
        )

    async def _told(self, token: str) -> str:
        """Wait for an answer's words. Raises `Killed` where the program dies first."""
        answer = await self._server.wait_for(lambda: self._dead.is_set() or self._server.answer(token))
        if answer is True:
            raise Killed
        return words(answer)


# ---- what is held against it


@dataclass(frozen=True, slots=True)
class Records:
    """What is in the database: the texts of passages (copies left out) and of candidates, the starred candidate by
    round and voter, and the texts of the story as it stands."""

    passages: Counter[str]
    candidates: Counter[str]
    stars: dict[tuple[int, int], int]
    canon: list[str]


def read_records(path: Path) -> Records:
    """Read the database of a program that has ended. Fails where SQLite finds it damaged."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        passages = connection.execute("SELECT text FROM passages WHERE original_id IS NULL")
        found = Counter(text for (text,) in passages)
        candidates = Counter(text for (text,) in connection.execute('SELECT text FROM candidates WHERE NOT "none"'))
        stars = connection.execute("SELECT round_id, voter_id, candidate_id FROM ballots WHERE level = 2").fetchall()
        canon = connection.execute(
            "WITH RECURSIVE canon(id, parent_id, text) AS ("
            "SELECT p.id, p.parent_id, p.text FROM passages p JOIN stories s ON s.head_id = p.id "
            "UNION ALL SELECT p.id, p.parent_id, p.text FROM passages p JOIN canon c ON p.id = c.parent_id) "
            "SELECT text FROM canon"
        ).fetchall()
    return Records(found, candidates, {(r, v): c for r, v, c in stars}, [text for (text,) in canon])


def check_records(ledger: Ledger, records: Records) -> None:
    """Nothing that was acknowledged is lost, nothing at all is doubled."""
    for text in ledger.texts:
        assert records.passages[text] <= 1, f"doubled: {text}"
        assert records.candidates[text] <= 1, f"doubled among the candidates: {text}"
    lost = [text for text in ledger.kept if not records.passages[text] and not records.candidates[text]]
    assert not lost, f"acknowledged and lost: {lost}"
    for key, stars in ledger.stars.items():
        told = max((place for place, (_, acknowledged) in enumerate(stars) if acknowledged), default=None)
        if told is None:
            continue
        possible = {candidate for candidate, _ in stars[told:]}
        assert records.stars.get(key) in possible, f"a ballot was lost: {key} has {records.stars.get(key)}, not {stars}"


def check_thread(server: DiscordServer, thread_id: int, records: Records) -> None:
    """The thread shows every passage of the story once, one pinned card, and no round twice."""
    assert list(server.threads) == [thread_id], "one story has one thread"
    prose = Counter(
        found[0]
        for message in server.shown_in(thread_id)
        if (found := re.findall(r"Sentence \d+ of \w+", message["content"]))
    )
    assert all(number == 1 for number in prose.values()), f"shown twice: {prose}"
    missing = [
        text for text in records.canon if (mark := re.match(r"Sentence \d+ of \w+", text)) and mark[0] not in prose
    ]
    assert not missing, f"in the story and not in the thread: {missing}"
    rounds = Counter(
        menu["custom_id"]
        for message in server.shown_in(thread_id)
        for menu in buttons(message, MENU)
        if ":rstar:" in menu["custom_id"]
    )
    assert all(number == 1 for number in rounds.values()), f"a round has two cards: {rounds}"
    assert len(server.pinned & {int(message["id"]) for message in server.shown_in(thread_id)}) == 1


async def killed_evening(
    server: DiscordServer,
    env: dict[str, str],
    folder: Path,
    *,
    kills: int,
    seed: int,
    note: Callable[[int], None] = lambda _: None,
) -> tuple[Ledger, Records]:
    """Run an evening whose program is killed `kills` times, then let it settle, and check everything."""
    evening = Evening(server, seed)
    moments = random.Random(seed)
    for number in range(kills):
        async with running_program(env, "run", folder=folder) as program:
            await _up(server, program)
            if not number:
                await evening.begin()
            last = number == kills - 1
            till = (lambda: evening.has_begun) if last else (lambda: True)
            await evening.live(program, moments.uniform(0.3, 4.0), till=till)
        note(number + 1)
    data = folder / "data" / "inkling.db"
    async with running_program(env, "run", folder=folder) as program:
        await _up(server, program)
        await _settled(server, data)
    records = read_records(data)
    check_records(evening.ledger, records)
    check_thread(server, evening.thread_id, records)
    return evening.ledger, records


async def _up(server: DiscordServer, program: Program) -> None:
    before = len(server.identifies)

    def identified() -> bool:
        assert program.process.returncode is None, program.text
        return len(server.identifies) > before

    await until(identified)


async def _settled(server: DiscordServer, data: Path) -> None:
    """Wait until nothing is left to be shown, and nothing was for a moment."""

    def due() -> int:
        with closing(sqlite3.connect(f"file:{data}?mode=ro", uri=True)) as connection:
            found: tuple[int] = connection.execute("SELECT count(*) FROM posts WHERE wanted > shown").fetchone()
        return found[0]

    await until(lambda: not due())
