"""What every causal engine promises, asked of each: torch with two architectures, OpenVINO with a quantised GGUF."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.errors import WeightsError, WorkerRefused
from bot.inference.protocol import GenerateRequest, Piece, Row
from bot.rules.moods import MOODS, Sampling
from bot.settings import ModelChoice
from bot.worker.causal.engine_choice import open_causal
from bot.worker.causal.protocol import CausalEngine
from bot.worker.causal.sequences import LOOKED_AT, is_hopeless
from bot.worker.weights.resolving import resolve
from tests.support.engines import HandClock, Record, ask, drain, note, open_engine, row, run, texts
from tests.support.models import tiny_gguf, tiny_gpt2, tiny_llama

CLOCK = HandClock()
STEADY_HAND = Sampling(top_p=1e-6)

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino_genai") is None, reason="openvino-genai has no wheel for this platform"
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices this small are made slower by every further thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _torch_gpt2(folder: Path) -> CausalEngine:
    return open_engine(tiny_gpt2(folder / "gpt2"), "torch", folder / "cache", CLOCK)


def _torch_llama(folder: Path) -> CausalEngine:
    return open_engine(tiny_llama(folder / "llama"), "torch", folder / "cache", CLOCK)


def _torch_gguf(folder: Path) -> CausalEngine:
    return open_engine(tiny_gguf(folder / "gguf"), "torch", folder / "cache", CLOCK)


def _openvino_gguf(folder: Path) -> CausalEngine:
    return open_engine(tiny_gguf(folder / "gguf"), "openvino", folder / "cache", CLOCK)


def _openvino_bundled(folder: Path) -> CausalEngine:
    data = Path(os.environ.get("INKLING_DATA", "data"))
    try:
        model = resolve(ModelChoice(), "causal", data)
    except WeightsError as error:
        pytest.skip(str(error))
    return open_causal(model, engine="openvino", device="cpu", dtype="auto", cache=data / "cache", clock=CLOCK)


ENGINES = [
    pytest.param(_torch_gpt2, id="torch-gpt2"),
    pytest.param(_torch_llama, id="torch-llama"),
    pytest.param(_torch_gguf, id="torch-gguf"),
    pytest.param(_openvino_gguf, id="openvino-gguf", marks=needs_openvino),
    pytest.param(_openvino_bundled, id="openvino-bundled", marks=[needs_openvino, pytest.mark.long]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=ENGINES)
def opened(request: pytest.FixtureRequest, folder: Path) -> CausalEngine:
    make: Callable[[Path], CausalEngine] = request.param
    return make(folder)


@pytest.fixture
def engine(opened: CausalEngine) -> Iterator[CausalEngine]:
    """An engine with nothing to do, which must have nothing to do again afterwards."""
    CLOCK.now = 0.0
    assert opened.rows_running == 0
    yield opened
    drain(opened, {})
    assert opened.rows_running == 0


def test_row_ends_once_with_text_of_at_most_the_asked_length(engine: CausalEngine) -> None:
    record = run(engine, ask("a", tokens=24))
    assert sorted(record) == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]
    for told in record.values():
        assert 0 <= told.final.tokens <= 24
        assert told.final.finish in {"length", "end"}
        assert (told.final.finish == "length") == (told.final.tokens == 24)
    assert sum(bool(told.final.text.strip()) for told in record.values()) >= 3


def test_engine_resumes_held_rows_where_they_were(engine: CausalEngine) -> None:
    """A tenant of few rows comes while another has many: no more than the level are stepped beside it, then all."""
    asked = [replace(ask(f"m{i}", tokens=24), tenant="many") for i in range(3)]
    alone = run(engine, *asked)
    few = replace(ask("few", "A girl found", tokens=8), tenant="few")
    record: Record = {}
    for one in asked:
        engine.add(one)
    for _ in range(12):
        note(record, engine)
    engine.add(few)
    while sum(key[0] == "few" and told.end is not None for key, told in record.items()) < 4:
        before = {key: (len(told.partials), told.end) for key, told in record.items()}
        note(record, engine, level=4)
        moved = [key for key, told in record.items() if (len(told.partials), told.end) != before.get(key)]
        assert sum(key[0] != "few" for key in moved) <= 4
    drain(engine, record)
    assert sorted(record) == sorted([*alone, *(("few", index) for index in range(4))])
    for told in record.values():
        assert all(told.final.text.startswith(partial.text) for partial in told.partials)
        assert told.final.finish in {"length", "end"}
    if engine.capabilities.reproducible == "always":
        assert {key: told.final.text for key, told in record.items() if key[0] != "few"} == {
            key: told.final.text for key, told in alone.items()
        }


def test_partials_grow_into_the_final_text(engine: CausalEngine) -> None:
    record = run(engine, *(ask(f"r{i}", tokens=30) for i in range(3)))
    for told in record.values():
        shown = [partial.text for partial in told.partials] + [told.final.text]
        assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
        counts = [partial.tokens for partial in told.partials] + [told.final.tokens]
        assert counts == sorted(counts)
        assert not any(text.endswith("\ufffd") for text in shown)
    assert max(len(told.partials) for told in record.values()) > 10


def test_seed_repeats_its_text_and_another_seed_does_not(engine: CausalEngine) -> None:
    rows = [row(7), row(8), row(7)]
    once = texts(run(engine, ask("a", rows=rows)), "a")
    again = texts(run(engine, ask("b", rows=rows)), "b")
    assert once == again
    assert once[0] != once[1]


def test_seed_repeats_alone_and_in_company_where_the_receipt_says_so(engine: CausalEngine) -> None:
    mine = ask("mine", rows=[row(5), row(6, "wild"), row(7, "steady"), row(8, "plain")], tokens=40)
    alone = run(engine, mine)
    if alone["mine", 0].final.receipt.reproducible != "always":
        pytest.skip("this engine promises it for the same batch only")
    record: Record = {}
    others = [ask(f"o{i}", "A girl found " * (i + 1), tokens=5 + 9 * i) for i in range(4)]
    engine.add(others[0])
    engine.add(others[1])
    note(record, engine)
    note(record, engine)
    engine.add(replace(mine, request_id="again"))
    note(record, engine)
    engine.add(others[2])
    engine.add(others[3])
    drain(engine, record)
    assert texts(record, "again") == texts(alone, "mine")


def test_engine_rows_join_and_leave_while_others_go_on(engine: CausalEngine) -> None:
    record: Record = {}
    engine.add(ask("long", tokens=40))
    for number in range(6):
        note(record, engine)
        engine.add(ask(f"short{number}", "The river " * (1 + 3 * number), tokens=3))
        note(record, engine)
    assert any(told.end is not None for (id_, _), told in record.items() if id_.startswith("short"))
    drain(engine, record)
    assert len(record) == 4 * 7
    assert all(told.final.finish in {"length", "end"} for told in record.values())


def test_requests_of_sixteen_people_at_once(engine: CausalEngine) -> None:
    people = [
        ask(f"p{i}", f"{i} sailors crossed", tokens=12, rows=[row(4 * i + k, "plain") for k in range(4)])
        for i in range(16)
    ]
    record = run(engine, *people)
    assert len(record) == 64
    assert all(told.end is not None for told in record.values())
    assert len({told.final.text for told in record.values()}) > 16


def test_stop_string_ends_a_row_and_is_left_out(engine: CausalEngine) -> None:
    rows = [row(11)]
    whole = texts(run(engine, ask("a", rows=rows, tokens=40)), "a")[0]
    stop = whole[len(whole) // 2 : len(whole) // 2 + 4]
    assert len(stop) == 4
    told = run(engine, ask("b", rows=rows, tokens=40, stop=("never in there", stop)))["b", 0]
    assert told.final.finish == "stop"
    assert told.final.text == whole[: whole.index(stop)]
    assert not any(stop in partial.text for partial in told.partials)


def test_cancelled_rows_end_with_what_they_have_and_others_go_on(engine: CausalEngine) -> None:
    record: Record = {}
    engine.add(ask("a", tokens=200, rows=[row(1), row(2)]))
    engine.add(ask("b", tokens=12))
    for _ in range(6):
        note(record, engine)
    running = [key for key in (("a", 0), ("a", 1)) if key not in record or record[key].end is None]
    before = {key: record[key].partials[-1].text for key in running if key in record and record[key].partials}
    assert running
    engine.cancel("a")
    assert engine.rows_running
    note(record, engine)
    for key in running:
        assert record[key].final.finish == "cancelled"
        assert record[key].final.text.startswith(before.get(key, ""))
    drain(engine, record)
    assert all(told.final.finish in {"length", "end"} for (id_, _), told in record.items() if id_ == "b")
    assert len(texts(record, "b")) == 4


def test_engine_cancel_before_the_first_step_or_without_a_reason(engine: CausalEngine) -> None:
    engine.add(ask("a"))
    engine.cancel("a")
    engine.cancel("a")
    engine.cancel("unknown")
    record = run(engine)
    assert [told.final.finish for told in record.values()] == ["cancelled"] * 4
    assert texts(record, "a") == [""] * 4
    assert texts(run(engine, ask("a", tokens=3)), "a")


def test_deadline_ends_the_rows_of_its_request(engine: CausalEngine) -> None:
    record: Record = {}
    engine.add(ask("late", tokens=200, deadline_s=10.0, rows=[row(seed) for seed in range(4)]))
    engine.add(ask("free", tokens=12))
    for _ in range(5):
        note(record, engine)
    running = [i for i in range(4) if ("late", i) not in record or record["late", i].end is None]
    assert running
    CLOCK.now = 10.0
    note(record, engine)
    assert [record["late", i].final.finish for i in running] == ["deadline"] * len(running)
    assert any(record["late", i].final.text for i in running)
    drain(engine, record)
    assert all(told.final.finish in {"length", "end"} for (id_, _), told in record.items() if id_ == "free")


def test_engine_deadline_that_has_passed_already(engine: CausalEngine) -> None:
    record = run(engine, ask("a", deadline_s=0.0))
    assert [told.final.finish for told in record.values()] == ["deadline"] * 4


def test_context_too_long_loses_its_least_important_pieces(engine: CausalEngine) -> None:
    if engine.info.window > 1000:
        pytest.skip("would read a whole long window, for a minute")
    filler = "The keeper lost a silver key under the hill but the light was gone. "
    pieces = [
        Piece(text=filler, label="premise", priority=9),
        Piece(text=filler * (engine.info.window // 8), label="old", priority=1),
        Piece(text=filler * (engine.info.window // 8), label="middle", priority=2, cut=True),
        Piece(text="A girl crossed the bridge", label="last", priority=8),
    ]
    for told in run(engine, ask("a", pieces, tokens=4)).values():
        receipt = told.final.receipt
        assert receipt.dropped == ("old", "middle:start")
        assert engine.info.window // 2 < receipt.prompt_tokens <= engine.info.window - 4


def test_window_end_ends_a_row(engine: CausalEngine) -> None:
    if engine.info.window > 1000:
        pytest.skip("would write a whole long window")
    told = run(engine, ask("a", rows=[row(seed) for seed in range(6)], tokens=100_000)).values()
    for one in told:
        assert one.final.finish in {"length", "end"}
        assert one.final.tokens + one.final.receipt.prompt_tokens <= engine.info.window
        if one.final.finish == "length":
            assert one.final.tokens + one.final.receipt.prompt_tokens == engine.info.window


@pytest.mark.parametrize(
    "text",
    [
        "狐狸打开了门，",
        "👩‍👩‍👧 und Straße ",
        "שלום עולם ",
        "line\n\n\nline\t\u200b",
        "<|endoftext|> </s>",
        "a" * 700,
        "",
        " ",
    ],
)
def test_text_of_any_kind_can_be_continued(engine: CausalEngine, text: str) -> None:
    for told in run(engine, ask("a", text, tokens=6)).values():
        assert told.final.tokens <= 6
        assert "\ufffd" not in told.final.text[-1:]
        assert told.final.text.encode()  # no half of a surrogate pair


def test_receipt_says_where_a_text_came_from(engine: CausalEngine) -> None:
    record = run(engine, ask("a", "The fox", tokens=3))
    for index, name in enumerate(("steady", "open", "wild", "plain")):
        receipt = record["a", index].final.receipt
        assert (receipt.engine, receipt.model, receipt.revision) == (
            engine.info.engine,
            engine.info.name,
            engine.info.revision,
        )
        assert (receipt.seed, receipt.mood) == (index, name)
        assert receipt.sampling == MOODS[receipt.mood or "open"]
        assert receipt.prompt_sha256 == hashlib.sha256(b"The fox").hexdigest()
        assert receipt.prompt_tokens >= 2
        assert receipt.reproducible == engine.capabilities.reproducible


def test_receipt_names_a_substitute_for_each_sampler_that_is_missing(engine: CausalEngine) -> None:
    record = run(engine, ask("a", tokens=2))
    wanted = {"steady": {"dry"}, "open": {"dry"}, "wild": {"xtc", "dry"}, "plain": {"dry"}}
    for told in record.values():
        replaced = {name for name, _ in told.final.receipt.substitutions} - {"temperature last"}
        assert replaced == wanted[told.final.receipt.mood or ""] - engine.capabilities.samplers


def test_log_probabilities_are_those_of_the_plain_model(engine: CausalEngine) -> None:
    """Neither a temperature nor what is cut off changes them."""
    rows = [row(1, sampling=replace(STEADY_HAND, temperature=heat)) for heat in (1.0, 4.0)]
    told = [run(engine, ask(f"a{number}", rows=[each], tokens=12)) for number, each in enumerate(rows)]
    cool, hot = (told[number][f"a{number}", 0].final for number in range(2))
    assert len(cool.log_probs) == cool.tokens
    assert all(-30 < value <= 0.01 for value in cool.log_probs)
    if hot.text == cool.text:  # a near-tie may fall otherwise
        assert hot.log_probs == pytest.approx(cool.log_probs, abs=0.05)


def test_row_that_makes_no_sense_is_given_up_where_that_is_wished(engine: CausalEngine) -> None:
    rows = [row(seed, sampling=Sampling(temperature=50.0)) for seed in range(2)]
    patient = run(engine, ask("a", rows=rows, tokens=40))
    hasty = run(engine, replace(ask("b", rows=rows, tokens=40), gives_up=True))
    for number in range(2):
        assert patient["a", number].final.finish in {"length", "end"}
        assert hasty["b", number].final.finish in {"spent", "end"}
        assert hasty["b", number].final.tokens <= LOOKED_AT


def test_engine_ends_rows_that_are_hopeless() -> None:
    fresh = list(range(40))
    assert not is_hopeless(fresh, [-2.0] * 40)
    assert is_hopeless(fresh, [-3.6] * 40)
    assert not is_hopeless(fresh[:12], [-9.0] * 12)
    assert is_hopeless([*fresh[:12], *fresh[:12]], [-1.0] * 24)
    assert not is_hopeless([*fresh[:12], *fresh[:11], 99], [-1.0] * 24)


def test_steady_hand_writes_the_same_with_every_seed(engine: CausalEngine) -> None:
    written = texts(run(engine, ask("a", rows=[row(seed, sampling=STEADY_HAND) for seed in range(3)], tokens=10)), "a")
    if engine.capabilities.reproducible == "always":
        assert len(set(written)) == 1
    else:  # the first row computes the prompt and the others read it from the cache: a near-tie may fall otherwise
        assert written[1] == written[2]


def _bad(**change: Any) -> list[Row]:
    return [row(sampling=replace(MOODS["open"], **change))]


@pytest.mark.parametrize(
    "request_",
    [
        ask("x", rows=[]),
        ask("x", tokens=0),
        ask("x", rows=[row(-1)]),
        ask("x", rows=[row(2**32)]),
        ask("x", rows=_bad(temperature=0.0)),
        ask("x", rows=_bad(temperature=float("nan"))),
        ask("x", rows=_bad(top_p=1.5)),
        ask("x", rows=_bad(min_p=-0.1)),
        ask("x", rows=_bad(dry_base=0.5)),
    ],
    ids=["no rows", "no tokens", "seed < 0", "seed too large", "T=0", "T=nan", "top_p", "min_p", "dry"],
)
def test_request_that_is_wrong_is_refused_and_nothing_else_suffers(
    engine: CausalEngine, request_: GenerateRequest
) -> None:
    engine.add(ask("good", tokens=3))
    with pytest.raises(WorkerRefused):
        engine.add(request_)
    record: Record = {}
    drain(engine, record)
    assert len(texts(record, "good")) == 4


def test_request_id_in_use_is_refused_and_free_again_afterwards(engine: CausalEngine) -> None:
    engine.add(ask("a", tokens=3))
    with pytest.raises(WorkerRefused):
        engine.add(ask("a"))
    drain(engine, {})
    assert len(run(engine, ask("a", tokens=2))) == 4


def test_engine_long_prompt_does_not_hold_up_other_rows(engine: CausalEngine) -> None:
    """While a long prompt is read, a row that decodes gets a token at every step."""
    record: Record = {}
    engine.add(ask("first", rows=[row(3, sampling=replace(MOODS["open"], temperature=1.5))], tokens=60))
    while ("first", 0) not in record:
        note(record, engine)
    engine.add(ask("long", "The river crossed the bridge. " * 40, rows=[row(4)], tokens=3))
    steps = 0
    before = record["first", 0].partials[-1].tokens
    while ("long", 0) not in record and record["first", 0].end is None:
        note(record, engine)
        steps += 1
    told = record["first", 0]
    after = told.final.tokens if told.end else told.partials[-1].tokens
    assert after - before >= steps - 2
