"""A model server through the scheduler: what comes back, and what becomes of a job when the server is in trouble."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import InferenceError
from bot.inference.model_server import ModelServer
from bot.inference.protocol import Continuation, GenerateRequest, Partial, Piece
from bot.rules.moods import MOODS
from bot.worker.scheduler import Scheduler
from bot.worker.served.engine import ServedEngine
from tests.support.engines import ask, row
from tests.support.model_server import (
    KEY,
    QUICK,
    Answer,
    Double,
    blocks,
    model_server,
    said,
    status,
)
from tests.support.patience import PATIENCE_S, until

TIDE = " and the tide went out of the harbour."


@asynccontextmanager
async def looping(server: ModelServer) -> AsyncIterator[Scheduler]:
    """Give a scheduler over a server."""

    def none() -> ServedEngine:
        raise AssertionError("nothing local is wanted")

    loop = Scheduler()
    loop.adopt(ServedEngine(server, none))
    loop.start()
    try:
        yield loop
    finally:
        await loop.close()


async def read(loop: Scheduler, request: GenerateRequest) -> tuple[list[Partial], list[Continuation]]:
    """Return what comes of a request, its rows in order."""
    partials: list[Partial] = []
    ended: list[Continuation] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(loop.generate(request)) as events:
        async for event in events:
            if isinstance(event, Partial):
                partials.append(event)
            else:
                ended.append(event)
    return partials, sorted(ended, key=lambda one: one.row)


async def continued(double: Double, request: GenerateRequest | None = None, **values: Any) -> list[Continuation]:
    """Return the rows that a server writes for a request."""
    async with model_server(double), looping(double.server(**values)) as loop:
        return (await read(loop, request or ask("a", rows=[row()])))[1]


async def trouble(double: Double, **values: Any) -> str:
    """Return the sentence that a request fails with."""
    with pytest.raises(InferenceError) as caught:
        await continued(double, **values)
    return str(caught.value)


# ---- what comes back


async def test_rows_are_asked_for_and_read_as_they_come() -> None:
    double = Double()
    async with model_server(double), looping(double.server()) as loop:
        partials, ended = await read(loop, ask("a", tokens=30))
    assert [one.text for one in ended] == [TIDE] * 4
    assert all(TIDE.startswith(partial.text) for partial in partials)
    assert {body["seed"] for body in double.asked} == {0, 1, 2, 3}
    assert all(body["prompt"] == "The fox opened the door" and body["max_tokens"] == 30 for body in double.asked)
    assert (ended[0].receipt.engine, ended[0].receipt.model) == ("openai", "tale-7b")
    assert ended[0].receipt.host == "", "on loopback the text stays on this machine"


async def test_rows_of_one_mood_are_one_request_where_the_server_can_write_several() -> None:
    double = Double(several=True, texts=[" one.", " two.", " three."])
    async with model_server(double), looping(double.server()) as loop:
        await read(loop, ask("warm", rows=[row()]))
        double.asked.clear()
        double.texts = [" one.", " two.", " three."]
        _, ended = await read(loop, ask("a", rows=[row(7), row(8), row(9)]))
    assert [body.get("n") for body in double.asked] == [3]
    assert [one.text for one in ended] == [" one.", " two.", " three."]
    assert [one.receipt.seed for one in ended] == [7, 7, 7], "the seed that was sent"
    assert ("seed of its own", "text 2 of 3 of one seed") in ended[1].receipt.substitutions


async def test_sending_joins_a_character_that_comes_in_halves() -> None:
    event = said(" 灯塔亮了。", "stop")
    cut = event.index("塔".encode()) + 1
    double = Double()
    double.next.append(blocks(double, event[:cut], event[cut:]))
    assert [one.text for one in await continued(double)] == [" 灯塔亮了。"]


async def test_sending_leaves_out_a_character_that_never_became_whole() -> None:
    double = Double()
    double.next.append(blocks(double, said(" The lamp\ufffd"), said("", "length")))
    assert [one.text for one in await continued(double)] == [" The lamp"]


async def test_stop_string_ends_a_row_though_the_server_does_not_know_it() -> None:
    double = Double(refuses=frozenset({"stop"}))
    ended = await continued(double, ask("a", rows=[row()], stop=("out of",)))
    assert [(one.text, one.finish) for one in ended] == [(" and the tide went ", "stop")]


async def test_text_that_does_not_end_is_ended() -> None:
    double = Double()
    double.next.append(blocks(double, *[said(" and on and on" * 50)] * 9, then_hang=True))
    (ended,) = await continued(double, ask("a", rows=[row()], tokens=8))
    assert (ended.finish, double.left) == ("length", 1)


async def test_sending_to_a_server_that_does_not_stream() -> None:
    double = Double()
    whole = b'{"choices": [{"index": 0, "text": " The end.", "finish_reason": "stop"}], "usage": {"prompt_tokens": 77}}'

    async def answer(request: object, body: object) -> object:
        from aiohttp import web

        return web.Response(body=whole, content_type="application/json")

    double.next.append(answer)  # type: ignore[arg-type]  # the simplest of handlers
    (ended,) = await continued(double)
    assert (ended.text, ended.receipt.prompt_tokens) == (" The end.", 77)


# ---- what a server takes


async def test_parameter_that_a_server_refuses_is_left_out_remembered_and_told() -> None:
    double = Double(refuses=frozenset({"min_p", "n", "stream_options", "presence_penalty"}))
    (ended,) = await continued(double, ask("a", rows=[row(sampling=MOODS["wild"])]))
    assert all(double.refuses.isdisjoint(body) for body in double.asked)
    told = dict(ended.receipt.substitutions)
    assert (told["min_p"], told["presence_penalty"]) == ("top_p 0.3", "nothing: the server refuses it")


async def test_sending_gives_a_known_server_the_samplers_it_has() -> None:
    double = Double(models=[{"id": "tale-7b", "owned_by": "llamacpp"}])
    (ended,) = await continued(double, ask("a", rows=[row(sampling=MOODS["wild"])]))
    (body,) = double.asked
    assert (body["dry_multiplier"], body["xtc_probability"], body["min_p"]) == (0.8, 0.5, MOODS["wild"].min_p)
    assert ended.receipt.substitutions == ()


async def test_vllm_gets_a_min_p_for_its_temperature_and_penalties_for_the_rest() -> None:
    double = Double(models=[{"id": "tale-7b", "owned_by": "vllm", "max_model_len": 2048}])
    (ended,) = await continued(double, ask("a", rows=[row(sampling=MOODS["wild"])]))
    (body,) = double.asked
    wild = MOODS["wild"]
    min_p = round(wild.min_p ** (1 / wild.temperature), 6)
    assert (body["min_p"], body["frequency_penalty"], body["top_k"]) == (min_p, 0.12, -1)
    assert dict(ended.receipt.substitutions) == {"dry": "frequency_penalty 0.12", "xtc": "presence_penalty 0.3"}


async def test_sending_learns_a_new_name_for_the_length() -> None:
    double = Double(refuses=frozenset({"max_tokens"}))
    assert [one.text for one in await continued(double, ask("a", rows=[row()], tokens=30))] == [TIDE]
    assert [body["max_completion_tokens"] for body in double.asked] == [30]


async def test_prompt_that_is_too_long_is_fitted_to_the_window_that_the_server_tells() -> None:
    double = Double()
    told = "This model's maximum context length is 300 tokens. However, you requested 900 tokens."
    double.next.append(status(400, text=told))
    long = "The keeper counted the waves again. " * 60
    pieces = [Piece(text="An old letter. " * 20, label="letter"), Piece(text=long, label="text", priority=1, cut=True)]
    (ended,) = await continued(double, ask("a", pieces, rows=[row()], tokens=24))
    assert ended.text == TIDE
    assert ended.receipt.dropped == ("letter", "text:start")
    assert len(double.asked[1]["prompt"]) < 900 < len(double.asked[0]["prompt"])


# ---- chat


async def test_chat_is_asked_to_go_on_with_the_text_where_there_is_nothing_else() -> None:
    double = Double(endpoints=("chat/completions",), texts=["The fox opened the door and stepped into the snow."])
    (ended,) = await continued(double)
    assert ended.text == " and stepped into the snow."
    (body,) = double.asked
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"].endswith("The fox opened the door")


async def test_answer_about_the_text_is_dropped() -> None:
    double = Double(endpoints=("chat/completions",), texts=["This story is about a fox that opens a door."])
    assert [one.text for one in await continued(double)] == [""]


# ---- trouble


async def test_key_goes_along_and_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    double = Double(key=KEY)
    server = double.server(key=KEY)
    assert [one.text for one in await continued(double, key=KEY)] == [TIDE]
    sentence = await trouble(Double(key=KEY), key=f"{KEY}-mistyped")
    assert "does not accept the key (401, invalid_api_key): check OPENAI_API_KEY" in sentence
    assert KEY not in sentence + repr(server) + caplog.text


async def test_sending_names_the_models_that_are_there() -> None:
    sentence = await trouble(Double(models=[{"id": "a"}, {"id": "b"}]))
    assert "has no model 'tale-7b'; it has a, b: name one of its models in CAUSAL_MODEL" in sentence


async def test_model_without_a_name_is_the_only_one() -> None:
    (ended,) = await continued(Double(), model="")
    assert ended.receipt.model == "tale-7b"
    assert "has 2 models (a, b)" in await trouble(Double(models=[{"id": "a"}, {"id": "b"}]), model="")


async def test_sending_to_an_address_without_a_model_server() -> None:
    assert "neither /completions nor /chat/completions" in await trouble(Double(endpoints=()))


@pytest.mark.parametrize(
    "passing",
    [
        status(429, headers={"Retry-After": "0"}),
        status(429, headers={"Retry-After": "Mon, 30 Nov 2026 10:00:00 GMT", "Date": "Mon, 30 Nov 2026 10:00:00 GMT"}),
        status(503),
        status(500, code="server_error"),
    ],
)
async def test_fault_that_passes_is_waited_for(passing: Answer) -> None:
    double = Double()
    double.next.extend([passing, passing])
    assert [one.text for one in await continued(double)] == [TIDE]
    assert len(double.asked) == 3


async def test_sending_tells_at_once_of_a_server_that_asks_for_a_long_pause() -> None:
    double = Double()
    double.next.append(status(429, headers={"Retry-After": "3600"}))
    assert "has had too many requests (429)" in await trouble(double)
    assert len(double.asked) == 1


async def test_text_that_breaks_off_is_begun_anew() -> None:
    double = Double()
    double.next.append(blocks(double, said(" and the"), then_cut=True))
    double.next.append(blocks(double, said(" and the tide")))
    double.next.append(blocks(double, b'data: {"error": {"message": "out of memory", "code": "oom"}}\n\n'))
    assert [one.text for one in await continued(double)] == [TIDE]


async def test_sending_tells_of_a_server_that_always_breaks_off() -> None:
    double = Double()
    double.next.extend([blocks(double, said(" and"))] * 9)
    assert "broke its answer off" in await trouble(double)


async def test_sending_tells_of_endless_silence(caplog: pytest.LogCaptureFixture) -> None:
    double = Double()
    double.next.extend([blocks(double, said(" and"), then_hang=True)] * 9)
    waits = replace(QUICK, next_s=0.05)
    assert "is silent" in await trouble(double, waits=waits)


async def test_server_that_is_not_up_yet_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = Double(base=f"http://127.0.0.1:{port}/v1").server()
    async with looping(server) as loop:
        reading = asyncio.create_task(read(loop, ask("a", rows=[row()])))
        await until(lambda: "cannot be reached" in caplog.text)
        assert not reading.done()
        async with model_server(Double(), port):
            _, (ended,) = await reading
    assert ended.text == TIDE
    assert "answers again" in caplog.text


async def test_server_that_stays_away_is_told_and_asked_again_by_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    impatient = replace(QUICK, trouble_s=0.0)
    server = Double(base=f"http://127.0.0.1:{port}/v1").server(waits=impatient)
    async with looping(server) as loop:
        with pytest.raises(InferenceError, match="cannot be reached"):
            await read(loop, ask("a", rows=[row()]))
        async with model_server(Double(), port):
            _, (ended,) = await read(loop, ask("b", rows=[row()]))
    assert ended.text == TIDE


async def test_sending_one_request_fails_and_the_others_go_on() -> None:
    double = Double()
    async with model_server(double), looping(double.server()) as loop:
        await read(loop, ask("warm", rows=[row()]))
        double.next.append(blocks(double, said(" and the tide"), then_hang=True))
        staying = asyncio.create_task(read(loop, ask("stays", rows=[row()])))
        await until(lambda: double.open == 1)
        double.next.append(status(403))
        with pytest.raises(InferenceError, match="does not accept the key"):
            await read(loop, ask("fails", rows=[row()]))
        assert not staying.done()
        assert [one.text for one in (await read(loop, ask("another", rows=[row()])))[1]] == [TIDE]
        staying.cancel()
        await until(lambda: double.left == 1)


# ---- leaving, deadlines, turns


async def test_sending_closes_the_stream_of_who_leaves() -> None:
    double = Double()
    async with model_server(double), looping(double.server()) as loop:
        double.next.extend([blocks(double, said(" and the tide"), then_hang=True)] * 2)
        async with aclosing(loop.generate(ask("a", rows=[row(1), row(2)]))) as events:
            await anext(events)
            await until(lambda: double.open == 2)
        await until(lambda: double.left == 2)
        await until(lambda: loop.rows_running == 0)


async def test_deadline_ends_rows_with_what_they_have() -> None:
    double = Double()
    double.next.append(blocks(double, said(" and the"), said(" tide"), then_hang=True))
    (ended,) = await continued(double, ask("a", rows=[row()], deadline_s=0.5))
    assert ended.finish == "deadline"
    assert TIDE.startswith(ended.text)


async def test_rows_sent_are_no_more_than_may_be() -> None:
    double = Double()
    async with model_server(double), looping(double.server(rows=2)) as loop:
        _, ended = await read(loop, ask("a", rows=[row(seed) for seed in range(6)]))
    assert [one.text for one in ended] == [TIDE] * 6
    assert double.most_open <= 2


async def test_newcomer_beside_a_crowd_is_next() -> None:
    double = Double()
    gate = asyncio.Event()

    def held() -> Answer:
        async def answer(request, body):  # type: ignore[no-untyped-def]
            async with double.streaming(request) as send:
                await gate.wait()
                await send(said(" and so on.", "stop"))
            return send.response

        return answer

    async with model_server(double), looping(double.server(rows=2)) as loop:
        await read(loop, ask("warm", rows=[row()]))
        double.asked.clear()
        double.next.extend(held() for _ in range(2))
        crowd = replace(ask("crowd", "The crowd went on", rows=[row(seed) for seed in range(6)]), tenant="crowd")
        newcomer = replace(ask("new", "A stranger came", rows=[row()]), tenant="new")
        reading = [asyncio.create_task(read(loop, crowd))]
        await until(lambda: double.open == 2)
        reading.append(asyncio.create_task(read(loop, newcomer)))
        await until(lambda: loop.rows_running == 7)
        gate.set()
        await asyncio.gather(*reading)
    assert double.asked[2]["prompt"] == "A stranger came"
