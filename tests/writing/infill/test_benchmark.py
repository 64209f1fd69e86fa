"""The parts of the infill benchmark that judge: tallies, the rules of grammar, the fit of the weights."""

from __future__ import annotations

import pytest

from benchmarks.infill.alone import Compared
from benchmarks.infill.blanks import Missing, cut_out, cut_sentences
from benchmarks.infill.contenders import Contenders
from benchmarks.infill.fit import Case, fit, objective, report
from benchmarks.infill.grammar import faults, vocabulary
from benchmarks.infill.tally import Tally
from bot.inference.client import EngineClient
from bot.rules.text.sentences import sentence_ends
from bot.worker.weights.bundled import BUNDLED_MASKED
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.ranking import Evidence, Weights

STORY = " ".join(f"The fox number {n} opened an old door. It saw a lantern there, and nobody spoke." for n in range(60))
KNOWN = vocabulary(["The fox opened the old door and found a lantern; nobody's lamp was lit. He had had enough of it."])


@pytest.mark.parametrize(
    ("left", "fill", "right", "expected"),
    [
        ("The fox opened the ", "door", " and found it.", set()),
        ("The fox opened the ", "dorr", " and found it.", {"broken word"}),
        ("The fox opened the lan", "tern", " and found it.", set()),
        ("The fox opened the ", "the door", " and found it.", {"doubled word"}),
        ("The fox opened the ", "door and", " and found it.", {"doubled word"}),
        ("He had ", "had", " enough of it.", set()),
        ("The fox opened the ", "door,", ", and found it.", {"doubled mark"}),
        ("The fox opened the ", "door ", ", and found it.", {"spacing"}),
        ("The the fox opened the old ", "door", " and found it.", set()),
        ("He ", "opened", "... and found it.", set()),
    ],
)
def test_faults_at_the_seams(left: str, fill: str, right: str, expected: set[str]) -> None:
    assert faults(left, fill, right, KNOWN) == expected


def test_tally_counts_what_its_columns_say() -> None:
    tally = Tally("x")
    tally.add("door", ["Door", "gate"], 1.0)
    tally.add("old door", ["gate", "lamp", "old door"], 3.0)
    tally.add("lamp", ["a", "b", "c", "d", "e", "lamp"], 2.0)
    result = tally.result()
    assert result["exact_1"] == pytest.approx(1 / 3)
    assert result["exact_5"] == pytest.approx(2 / 3)
    assert result["mrr"] == pytest.approx((1 + 1 / 3) / 3)
    assert result["length_found"] == pytest.approx(2 / 3)
    assert result["rouge1"] == pytest.approx(1 / 3)
    assert result["seconds"] == 2.0


def test_blanks_are_cut_out_whole_and_the_same_each_time() -> None:
    for missing in cut_out([STORY], 3, 5, 1):
        assert missing.left + missing.fill + missing.right in STORY
        assert len(missing.fill.split()) == 3
    assert cut_out([STORY], 3, 5, 1) == cut_out([STORY], 3, 5, 1) != cut_out([STORY], 3, 5, 2)
    for missing in cut_sentences([STORY], 5, 1):
        assert missing.left + missing.fill + missing.right in STORY
        assert sentence_ends(missing.fill) == [len(missing.fill)]


def case(missing: str, *candidates: tuple[str, float, float]) -> Case:
    evidence = tuple(
        Evidence(candidate=Candidate(text), log_p_with_right=log_p, log_p_masked=masked)
        for text, log_p, masked in candidates
    )
    true = next(each for each in evidence if each.candidate.text == missing)
    others = tuple(each for each in evidence if each is not true)
    compared = Compared(true=true, others=others)
    return Case(missing=Missing(left="", fill=missing, right=""), evidence=evidence, compared=compared)


def test_fit_finds_that_the_masked_model_is_right() -> None:
    cases = [
        case("door", ("door", -9.0, -1.0), ("gate", -8.0, -4.0)),
        case("key", ("lamp", -7.0, -3.0), ("key", -7.5, -0.5)),
    ]
    start = Weights(left=0.0, masked=0.0, floor=-6.0, phrase=0.0, word=0.0, temperature=1.0)
    fitted = fit(cases, start)
    assert fitted.masked > 0.3
    assert objective(cases, fitted) > objective(cases, start)


def test_report_counts_places_and_ranks() -> None:
    cases = [
        case("door", ("door", -9.0, -1.0), ("gate", -8.0, -4.0), ("lid", -12.0, -2.0)),
        case("key", ("lamp", -7.0, -3.0), ("key", -6.5, -3.5)),
        case("old key", ("lamp", -7.0, -3.0), ("old key", -6.5, -3.5)),
    ]
    found = report(cases, Weights(left=0.0, rare=1.0, masked=0.0, phrase=0.0, word=0.0))
    assert (found["1"]["blanks"], found["1"]["exact_1"], found["1"]["exact_5"]) == (2, 0.5, 1.0)
    assert (found["1"]["mean_rank"], found["1"]["rank_masked"]) == (1.5, 1.5)
    assert (found["2"]["exact_1"], found["2"]["rouge1"], found["2"]["rank_masked"]) == (1.0, 1.0, 1)
    assert found["1"]["finalists"] == 1.0
    assert found["1"]["pool"] == 0.0


async def test_ten_lines_read_the_bundled_model(engine: EngineClient) -> None:
    """Its matrices are stored in 8 bits, which `pipeline` cannot read by itself."""
    answer = await Contenders(engine, BUNDLED_MASKED).ten_lines(
        Missing(left="The cat sat on the ", fill="", right="."), 0
    )
    assert len({fill for fill in answer.fills if fill.isalpha()}) == len(answer.fills) > 0
    assert {"floor", "bed", "table", "ground", "chair", "couch", "sofa", "wall", "rug"} & set(answer.fills)
