"""The scheduler's turns, with an engine that counts: what it writes shows when each step was."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest

from bot.errors import InferenceError, WorkerRefused, WorkerUnavailable
from bot.inference.protocol import Continuation, GenerateRequest, ModelInfo, Partial, Piece, Receipt, Row
from bot.rules.moods import Sampling
from bot.worker.batching import Pass, Work
from bot.worker.causal.protocol import Capabilities, RowUpdate
from bot.worker.scheduler import MAX_FAILURES, PASS_SHARE, Scheduler
from bot.worker.streams import Rate
from tests.support.patience import PATIENCE_S, until

RECEIPT = Receipt(
    engine="count", model="count", revision="1", seed=0, mood=None, sampling=None, prompt_sha256="", prompt_tokens=0
)


class CountingEngine:
    """Each step adds the next number to every row in turn. A prompt "refuse" is refused, and one with "poison" in the
    batch makes every step fail. `batches` tells of each step how many rows of each tenant took part."""

    info = ModelInfo(role="story", name="count", revision="1", engine="count", window=99)
    capabilities = Capabilities(samplers=frozenset(), reproducible="always")

    def __init__(self) -> None:
        self.gate = threading.Event()
        """No step is made while it is clear."""
        self.gate.set()
        self._rows: dict[tuple[str, int], tuple[GenerateRequest, list[int]]] = {}
        self._ended: list[RowUpdate] = []
        self.log: list[str] = []
        self.batches: list[Counter[str]] = []

    @property
    def rows_running(self) -> int:
        return len(self._rows) + len(self._ended)

    def add(self, request: GenerateRequest) -> None:
        if request.pieces[0].text == "refuse":
            raise WorkerRefused("no")
        for row in range(len(request.rows)):
            self._rows[request.request_id, row] = (request, [])

    def cancel(self, request_id: str) -> None:
        for key in [key for key in self._rows if key[0] == request_id]:
            self._ended.append(self._end(key, "cancelled"))

    def step(self, level: int | None = None) -> list[RowUpdate]:
        assert self.gate.wait(PATIENCE_S)
        self.log.append("decode")
        rows = Counter[str]()
        updates, self._ended = self._ended, []
        if any("poison" in request.pieces[0].text for request, _ in self._rows.values()):
            raise RuntimeError("poisoned")
        for key, (request, numbers) in list(self._rows.items()):
            if level is not None and rows[request.tenant] >= level:
                continue
            rows[request.tenant] += 1
            numbers.append(len(numbers))
            if len(numbers) == request.max_new_tokens:
                updates.append(self._end(key, "length"))
            else:
                updates.append(RowUpdate(request_id=key[0], event=Partial(row=key[1], text=_text(numbers), tokens=1)))
        self.batches.append(rows)
        return updates

    def _end(self, key: tuple[str, int], finish: str) -> RowUpdate:
        _, numbers = self._rows.pop(key)
        end = Continuation(
            row=key[1],
            text=_text(numbers),
            tokens=len(numbers),
            finish="length" if finish == "length" else "cancelled",
            receipt=RECEIPT,
        )
        return RowUpdate(request_id=key[0], event=end)


def _text(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))


def request(
    text: str = "go", *, rows: int = 1, tokens: int = 5, request_id: str = "r", tenant: str = ""
) -> GenerateRequest:
    return GenerateRequest(
        request_id=request_id,
        pieces=(Piece(text=text, label="text"),),
        rows=tuple(Row(seed=seed, mood="open", sampling=Sampling()) for seed in range(rows)),
        max_new_tokens=tokens,
        tenant=tenant,
    )


def pass_work(number: int, run: Callable[[Sequence[Any]], list[Any]], ask: Any = None) -> Work[Any]:
    """Want so many passes, each too large to be joined; return what the last was answered."""
    answer = None
    for _ in range(number):
        answer = yield Pass(run, ask, tokens=1, most=1)
    return answer


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


@pytest.fixture
async def loop(engine: CountingEngine) -> AsyncIterator[Scheduler]:
    made = Scheduler()
    made.start()
    made.adopt(engine)
    yield made
    await made.close()


async def ends(loop: Scheduler, asked: GenerateRequest) -> dict[int, str]:
    async with asyncio.timeout(PATIENCE_S):
        return {one.row: one.text async for one in loop.generate(asked) if isinstance(one, Continuation)}


async def test_rows_of_several_requests_decode_together(loop: Scheduler, engine: CountingEngine) -> None:
    engine.gate.clear()
    asking = [asyncio.create_task(ends(loop, request(rows=3, request_id=str(n)))) for n in range(4)]
    await until(lambda: loop.requests == 4)
    engine.gate.set()
    answers = await asyncio.gather(*asking)
    assert answers == [dict.fromkeys(range(3), "0 1 2 3 4")] * 4
    assert len(engine.log) < 4 * 5  # one after another it would be twenty steps
    assert loop.requests == 0


async def test_masked_work_slips_in_between_steps_and_takes_turns(loop: Scheduler, engine: CountingEngine) -> None:
    def run(names: Sequence[str]) -> list[str]:
        engine.log.extend(names)
        return list(names)

    decoding = asyncio.create_task(ends(loop, request(tokens=1_000_000)))
    results = await asyncio.gather(loop.run(pass_work(10, run, "a")), loop.run(pass_work(10, run, "b")))
    assert list(results) == ["a", "b"]
    decoding.cancel()
    begun, done = engine.log.index("b"), len(engine.log) - engine.log[::-1].index("a")
    between = engine.log[begun:done]
    names = [name for name in between if name != "decode"]
    assert all(first != second for first, second in pairwise(names))
    # Never two passes in a row while rows decode.
    assert all("decode" in pair for pair in pairwise(between))


async def test_passes_take_no_more_than_their_share_while_rows_decode() -> None:
    """By a clock on which a decode step takes 1 s and a pass 2 s."""
    now = 0.0

    class Timed(CountingEngine):
        def step(self, level: int | None = None) -> list[RowUpdate]:
            nonlocal now
            now += 1.0
            return super().step(level)

    timed = Timed()

    def run(asks: Sequence[None]) -> list[None]:
        nonlocal now
        now += 2.0
        timed.log.append("pass")
        return list(asks)

    loop = Scheduler(clock=lambda: now)
    loop.start()
    loop.adopt(timed)
    decoding = asyncio.create_task(ends(loop, request(tokens=100)))
    await loop.run(pass_work(40, run))
    await decoding
    await loop.close()
    while_decoding = timed.log[: len(timed.log) - timed.log[::-1].index("decode")]
    taken = 2.0 * while_decoding.count("pass")
    assert 0.8 * PASS_SHARE < taken / (100 + taken) < 1.2 * PASS_SHARE
    assert timed.log[-10:] == ["pass"] * 10  # nobody waits for what has ended


async def test_engine_that_is_exchanged_ends_what_it_began(loop: Scheduler, engine: CountingEngine) -> None:
    other = CountingEngine()
    engine.gate.clear()
    first = asyncio.create_task(ends(loop, request(rows=3, tokens=40, request_id="first")))
    await until(lambda: engine.rows_running)
    loop.adopt(other)
    second = asyncio.create_task(ends(loop, request(rows=2, tokens=7, request_id="second")))
    gone = asyncio.create_task(ends(loop, request(tokens=1_000_000, request_id="gone")))
    engine.gate.set()
    assert await second == dict.fromkeys(range(2), _text(list(range(7))))
    assert await first == dict.fromkeys(range(3), _text(list(range(40))))
    gone.cancel()
    await until(lambda: not loop.rows_running)
    steps = len(engine.log)
    assert await ends(loop, request()) == {0: "0 1 2 3 4"}
    assert len(engine.log) == steps


async def test_step_of_one_engine_that_fails_leaves_the_other_alone(loop: Scheduler, engine: CountingEngine) -> None:
    other = CountingEngine()
    engine.gate.clear()
    poisoned = asyncio.create_task(ends(loop, request("poison", tokens=40, request_id="poisoned")))
    await until(lambda: engine.rows_running)
    loop.adopt(other)
    well = asyncio.create_task(ends(loop, request(tokens=40, request_id="well")))
    engine.gate.set()
    with pytest.raises(InferenceError):
        await poisoned
    assert await well == {0: _text(list(range(40)))}


async def test_work_runs_without_a_causal_model() -> None:
    loop = Scheduler()
    loop.start()

    assert await loop.run(pass_work(1, list, 7)) == 7
    waiting = asyncio.create_task(ends(loop, request()))
    assert await loop.run(pass_work(1, list, 8)) == 8
    assert not waiting.done()  # until its model is there
    loop.adopt(CountingEngine())
    assert await waiting == {0: "0 1 2 3 4"}
    await loop.close()


async def test_tenant_has_no_more_rows_beside_who_has_few(loop: Scheduler, engine: CountingEngine) -> None:
    """The rows of 16 requests are on their way when somebody else asks for as many as one of them."""
    many = [
        asyncio.create_task(ends(loop, request(rows=12, tokens=1_000_000, request_id=str(n), tenant="many")))
        for n in range(16)
    ]
    await until(lambda: bool(engine.batches) and engine.batches[-1] == {"many": 192})
    assert len(await ends(loop, request(rows=12, tokens=50, request_id="few", tenant="few"))) == 12
    beside = [batch for batch in engine.batches if batch["few"]]
    assert beside == [{"many": 12, "few": 12}] * 50
    for task in many:
        task.cancel()
    await asyncio.gather(*many, return_exceptions=True)


async def test_tenant_with_as_many_rows_is_not_held_because_others_end_sooner(
    loop: Scheduler, engine: CountingEngine
) -> None:
    engine.gate.clear()
    asking = [
        asyncio.create_task(ends(loop, request(rows=20, tokens=tokens, request_id=str(tokens), tenant=str(tokens))))
        for tokens in (30, 40)
    ]
    await until(lambda: loop.requests == 2)
    engine.gate.set()
    await asyncio.gather(*asking)
    assert {20} == {rows for batch in engine.batches if len(batch) == 2 for rows in batch.values()}


async def test_rows_that_were_held_go_on_to_their_end(loop: Scheduler, engine: CountingEngine) -> None:
    many = [
        asyncio.create_task(ends(loop, request(rows=12, tokens=60, request_id=str(n), tenant="many"))) for n in range(4)
    ]
    few = asyncio.create_task(ends(loop, request(rows=3, tokens=20, request_id="few", tenant="few")))
    expected = " ".join(map(str, range(60)))
    assert await asyncio.gather(*many) == [dict.fromkeys(range(12), expected)] * 4
    assert len(await few) == 3


async def test_passes_of_who_had_least_go_before_the_rows_of_others() -> None:
    """By a clock on which a decode step takes 1 s and a pass half a second."""
    now = 0.0

    class Timed(CountingEngine):
        def step(self, level: int | None = None) -> list[RowUpdate]:
            nonlocal now
            now += 1.0
            return super().step(level)

    timed = Timed()

    def run(asks: Sequence[str]) -> list[str]:
        nonlocal now
        now += 0.5
        timed.log.extend(asks)
        return list(asks)

    loop = Scheduler(clock=lambda: now)
    loop.start()
    loop.adopt(timed)
    rows = asyncio.create_task(ends(loop, request(rows=12, tokens=100_000, tenant="many")))
    works = [asyncio.create_task(loop.run(pass_work(10_000, run, "many"), "many")) for _ in range(8)]
    await until(lambda: timed.log.count("many") >= 8)
    before = len(timed.log)
    await loop.run(pass_work(20, run, "few"), "few")
    meanwhile = Counter(timed.log[before:])
    assert meanwhile["few"] == 20
    # All others together have had no more of the time than those ten seconds, but for a step or two at the edges.
    assert 1.0 * meanwhile["decode"] + 0.5 * meanwhile["many"] <= 10.0 + 3.0
    for task in (rows, *works):
        task.cancel()
    await asyncio.gather(rows, *works, return_exceptions=True)
    await loop.close()


async def test_request_that_is_refused_is_refused_alone(loop: Scheduler) -> None:
    good = asyncio.create_task(ends(loop, request(tokens=50)))
    with pytest.raises(WorkerRefused, match="no"):
        await ends(loop, request("refuse", request_id="bad"))
    assert len((await good)[0].split()) == 50


async def test_work_that_fails_fails_alone(loop: Scheduler) -> None:
    def broken() -> Work[None]:
        yield Pass(list, None, tokens=1, most=1)
        raise ZeroDivisionError("oh")

    good = asyncio.create_task(ends(loop, request(tokens=50)))
    with pytest.raises(InferenceError, match="ZeroDivisionError"):
        await loop.run(broken())
    assert len((await good)[0].split()) == 50
    assert not loop.failed.is_set()


async def test_request_that_breaks_the_step_fails_alone(loop: Scheduler, engine: CountingEngine) -> None:
    others = [asyncio.create_task(ends(loop, request(rows=2, tokens=20, request_id=str(n)))) for n in range(3)]
    await until(lambda: engine.log)
    with pytest.raises(InferenceError, match="poisoned"):
        await ends(loop, request("poison", request_id="bad"))
    expected = " ".join(map(str, range(20)))
    assert await asyncio.gather(*others) == [{0: expected, 1: expected}] * 3
    assert not loop.failed.is_set()


async def test_engine_that_is_broken_ends_the_loop(loop: Scheduler) -> None:
    for number in range(MAX_FAILURES):
        with pytest.raises(InferenceError, match="poisoned"):
            await ends(loop, request("poison", request_id=str(number)))
    with pytest.raises(WorkerUnavailable):
        await ends(loop, request("poison", request_id="last"))
    assert loop.failed.is_set()
    with pytest.raises(WorkerUnavailable):
        await ends(loop, request())


async def test_scheduler_cancels_requests_that_are_left_early(loop: Scheduler, engine: CountingEngine) -> None:
    async with aclosing(loop.generate(request(tokens=1_000_000))) as events:
        async for _ in events:
            break
    await until(lambda: engine.rows_running == 0)
    assert loop.requests == 0
    # The same id may come again at once and gets nothing of the first run.
    assert await ends(loop, request()) == {0: "0 1 2 3 4"}


async def test_reader_that_is_slow_gets_every_end_and_no_old_partials(loop: Scheduler, engine: CountingEngine) -> None:
    events = loop.generate(request(rows=4, tokens=200))
    seen = [await anext(events)]
    await until(lambda: engine.rows_running == 0)
    seen += [event async for event in events]
    assert sorted(event.row for event in seen if isinstance(event, Continuation)) == list(range(4))
    assert sum(isinstance(event, Partial) for event in seen) <= 1 + 4, "of each row the newest"


async def test_cancelled_work_is_dropped(loop: Scheduler) -> None:
    begun, closed = asyncio.Event(), asyncio.Event()
    here = asyncio.get_running_loop()

    def endless() -> Work[None]:
        try:
            while True:
                yield Pass(list, None, tokens=1, most=1)
                here.call_soon_threadsafe(begun.set)
        finally:
            here.call_soon_threadsafe(closed.set)

    task = asyncio.create_task(loop.run(endless()))
    async with asyncio.timeout(PATIENCE_S):
        await begun.wait()
        task.cancel()
        await closed.wait()
    assert loop.requests == 0


async def test_steps_tell_that_it_gets_on(loop: Scheduler) -> None:
    before = loop.steps
    await ends(loop, request(tokens=30))
    assert loop.steps >= before + 30


async def test_closing_tells_who_waits() -> None:
    loop = Scheduler()
    loop.start()
    engine = CountingEngine()
    loop.adopt(engine)
    task = asyncio.create_task(ends(loop, request(tokens=1_000_000)))
    await until(lambda: engine.log)
    await loop.close()
    with pytest.raises(WorkerUnavailable):
        await task


def test_rate_is_of_the_last_seconds_of_work() -> None:
    rate = Rate(window_s=1.0)
    assert rate.tokens_per_s == 0.0
    for _ in range(100):
        rate.add(0.1, 5)
    assert rate.tokens_per_s == pytest.approx(50.0)
    for _ in range(11):
        rate.add(0.1, 20)
    assert rate.tokens_per_s == pytest.approx(200.0)
