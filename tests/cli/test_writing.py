"""`inkling continue` and `inkling infill` with a real worker and tiny models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.cli.writing import BadLine, Wish, read_line
from bot.ui.locale import catalogue
from tests.cli.conftest import Inkling
from tests.support.patience import PATIENCE_S
from tests.support.worker import Worker

ROOT = Path(__file__).parents[2]
TEXT = "The fox opened the door near the harbour and"
BLANK = "The fox opened the ___ near the harbour."


@pytest.fixture(autouse=True)
def _reach(tiny_worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_URL", tiny_worker.url)


def results(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_writing_commands_print_numbered_suggestions(inkling: Inkling) -> None:
    code, out, err = inkling("continue", "--text", TEXT, "--count", "2", "--length", "12")
    assert (code, err) == (0, "")
    assert [line[:3] for line in out.splitlines() if line[:1].isdigit()] == ["1. ", "2. "]


def test_writing_commands_print_json_with_receipts(inkling: Inkling) -> None:
    code, out, _ = inkling("continue", "--text", TEXT, "--json", "--count", "2", "--mood", "open", "--seed", "7")
    assert code == 0
    (result,) = results(out)
    assert result.keys() == {"id", "candidates"}
    assert 1 <= len(result["candidates"]) <= 2
    for candidate in result["candidates"]:
        assert candidate.keys() == {"text", "score", "receipt"}
        assert candidate["receipt"]["mood"] == "open"
    assert results(
        inkling("continue", "--text", TEXT, "--json", "--count", "2", "--mood", "open", "--seed", "7")[1]
    ) == [result]


def test_fill_stands_in_the_place_of_its_blank(inkling: Inkling) -> None:
    code, out, _ = inkling("infill", "--text", f"{BLANK} The ___ was red.", "--json")
    assert code == 0
    (result,) = results(out)
    assert result["candidates"]
    for candidate in result["candidates"]:
        first, second = candidate["fills"]
        assert candidate["text"] == f"The fox opened the {first} near the harbour. The {second} was red."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("continue", "--text", "   "), "text"),
        (("continue", "--text", "a" * 4001), "4,000|4000"),
        (("continue", "--text", TEXT, "--count", "99"), "99|5"),
        (("infill", "--text", TEXT), "three underscores, ___, where"),
        (("infill", "--text", "___ " * 40), "blank"),
    ],
)
def test_writing_commands_print_errors_as_one_line(inkling: Inkling, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = inkling(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("inkling: ")
    assert any(word in err for word in told.split("|")), err
    assert "Traceback" not in err


def test_lines_are_answered_in_their_order_and_a_bad_one_spoils_no_other(inkling: Inkling, tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "long", "text": TEXT, "length": 40, "count": 1}),
        "",
        json.dumps({"id": 2, "text": TEXT, "mood": "steady", "count": 1, "length": 8, "seed": 3}),
        "{not json",
        json.dumps({"id": "no text"}),
        json.dumps({"id": "typo", "text": TEXT, "moood": "open"}),
        json.dumps({"id": "mood", "text": TEXT, "mood": "grumpy"}),
        json.dumps(["a", "list"]),
        json.dumps({"id": "last", "text": TEXT, "count": 1}),
    ]
    (tmp_path / "asks.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = inkling("continue", "--jsonl", "asks.jsonl")
    assert (code, err) == (1, "")
    told = results(out)
    assert [result["id"] for result in told] == ["long", 2, None, "no text", "typo", "mood", None, "last"]
    assert ["error" in result for result in told] == [False, False, True, True, True, True, True, False]
    assert "mood, count, length, seed" in told[4]["error"]
    assert told[1]["candidates"][0]["receipt"]["mood"] == "steady"


def test_writing_commands_take_invisible_text_and_lone_surrogates(inkling: Inkling, tmp_path: Path) -> None:
    texts = ["\u200b\u3164", "\u2800", "\x00\x1b\r\n", "The cafe\u0301 was so\u00adft\r\nand ___ \ud800."]
    lines = [json.dumps({"id": f"{number} \udfff", "text": text, "count": 1}) for number, text in enumerate(texts)]
    (tmp_path / "asks.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = inkling("infill", "--jsonl", "asks.jsonl")
    assert (code, err) == (1, "")
    *unseen, last = results(out)
    assert [each.get("error") for each in unseen] == [catalogue("en")("error.text_empty")] * 3
    assert last["id"] == "3 \udfff"
    assert last["candidates"][0]["text"].startswith("The caf\xe9 was soft\nand ")
    assert last["candidates"][0]["text"].endswith(" \ufffd.")
    code, out, err = inkling("continue", "--text", "\u200b\u2800")
    assert (code, out) == (1, "")
    assert catalogue("en")("error.text_empty") in err


def test_good_lines_are_exit_code_0_and_share_the_options_of_the_command_line(inkling: Inkling, tmp_path: Path) -> None:
    asks = [{"id": number, "text": BLANK} for number in range(5)]
    (tmp_path / "asks.jsonl").write_text("\n".join(map(json.dumps, asks)), encoding="utf-8")
    code, out, err = inkling("infill", "--jsonl", "asks.jsonl", "--count", "1")
    assert (code, err) == (0, "")
    told = results(out)
    assert [result["id"] for result in told] == [0, 1, 2, 3, 4]
    assert {len(result["candidates"]) for result in told} == {1}
    assert all(len(candidate["fills"]) == 1 for result in told for candidate in result["candidates"])


@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_writing_commands_with_a_file_that_cannot_be_read(inkling: Inkling, name: str) -> None:
    code, out, err = inkling("continue", "--jsonl", name)
    assert (code, out) == (1, "")
    assert err.startswith(f"inkling: {name} cannot be read")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_lines_of_another_encoding_are_refused_by_its_name(inkling: Inkling, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "asks.jsonl").write_bytes(json.dumps({"id": 1, "text": BLANK}).encode(encoding))
    code, out, err = inkling("infill", "--jsonl", "asks.jsonl")
    name = encoding[:6].upper()
    assert (code, out) == (1, "")
    assert err == f"inkling: The lines are in {name}: save them as UTF-8 (iconv -f {name} -t UTF-8).\n"


def test_line_that_is_no_utf_8_is_refused_and_spoils_no_other(inkling: Inkling, tmp_path: Path) -> None:
    good = json.dumps({"id": 1, "text": BLANK, "count": 1}).encode()
    (tmp_path / "asks.jsonl").write_bytes(b"\xef\xbb\xbf" + good + b'\n{"id": 2, "text": "caf\xe9 ___"}\n')
    code, out, _ = inkling("infill", "--jsonl", "asks.jsonl")
    first, second = results(out)
    assert code == 1
    assert len(first["candidates"]) == 1
    assert "UTF-8" in second["error"]


def test_writing_commands_talk_line_by_line_over_pipes(inkling: Inkling) -> None:
    """Each answer comes before the next question is asked, and the end of the input ends the program."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "continue", "--jsonl", "-", "--count", "1", "--length", "8"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(json.dumps({"id": number, "text": TEXT}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 0


def test_writing_commands_end_when_their_reader_leaves(inkling: Inkling, tmp_path: Path) -> None:
    (tmp_path / "asks.jsonl").write_text("\n".join(["{bad"] * 4000), encoding="utf-8")
    command = f"{sys.executable} -m bot continue --jsonl asks.jsonl | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 141
    assert done.stderr == ""
    assert "error" in json.loads(done.stdout)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 1.5, "text": "a"}', "id must"),
        ('{"id": true, "text": "a"}', "id must"),
        ('{"text": 3}', "text is missing"),
        ('{"text": "a", "count": true}', "count must be a whole number"),
        ('{"text": "a", "seed": -1}', "seed must lie"),
        ('{"text": "a", "mood": 1}', "mood must be a text"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_line_with_a_mistake_is_refused_with_the_reason(line: str, reason: str) -> None:
    with pytest.raises(BadLine, match=reason):
        read_line(line.encode(), Wish(id=None, text=""))


def test_line_overrides_the_command_line_and_null_means_its_default() -> None:
    defaults = Wish(id=None, text="", mood="open", count=2, length=20, seed=5)
    assert read_line(b'{"text": "a", "count": 4, "mood": null}', defaults) == Wish(
        id=None, text="a", mood="open", count=4, length=20, seed=5
    )
