"""InfillJob through the real worker on a real socket, with tiny models that learnt a few invented sentences."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import BadInput
from bot.inference.client import EngineClient
from bot.inference.protocol import Piece, ScoreItem, ScoreRequest
from bot.rules.generations import Suggestion
from bot.rules.infill_style import AS_IT_BELONGS, InfillStyle
from bot.rules.text.words import split_words
from bot.writing.blanks import parse
from bot.writing.blocklist import Blocklist
from bot.writing.infill import filling
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.filling import SHORTLIST, diverse_few, lengths, pieces
from bot.writing.infill.job import InfillJob
from bot.writing.infill.ranking import Ranked
from bot.writing.infill.request import InfillRequest
from bot.writing.text_windows import frame, left_part, right_part, right_sentence
from storage.tagged_json import receipt_as_json
from tests.support.masked_models import make
from tests.support.models import tiny_gpt2
from tests.support.worker import running_worker

WORDS = Blocklist.load()


def ask(text: str, count: int = 3) -> InfillRequest:
    return InfillRequest(text=text, count=count)


async def run(
    engine: EngineClient,
    text: str,
    *,
    count: int = 3,
    seed: int = 1,
    words: Blocklist = WORDS,
    style: InfillStyle = AS_IT_BELONGS,
) -> tuple[Suggestion, ...]:
    asked = replace(ask(text, count), style=style)
    return await InfillJob(asked, words, seed).run(engine, lambda text, done, total: None)


async def test_infill_job_one_blank(engine: EngineClient) -> None:
    text = "A girl lost a silver ___ under the hill, and the rain began."
    suggestions = await run(engine, text)
    assert len(suggestions) == 3
    assert suggestions[0].fills == ("key",)
    assert suggestions[0].text == "A girl lost a silver key under the hill, and the rain began."
    assert 0.0 < (suggestions[0].confidence or 0.0) <= 1.0
    assert len({suggestion.fills for suggestion in suggestions}) == 3


async def test_story_context_is_read_before_the_text(engine: EngineClient) -> None:
    """Shares of the same fills move with what stands before, and what does not fit is on the receipt."""
    text = "The ___ opened the door."
    plain = await run(engine, text)
    pieces = (
        Piece(text="x" * 2000, label="passage 1"),
        Piece(text="The queen opened the door near the harbour. " * 5, label="passage 2"),
        Piece(text="The Lamp\n\n", label="title", priority=5),
    )
    job = InfillJob(replace(ask(text), context=pieces), WORDS, 1)
    told = await job.run(engine, lambda text, done, total: None)
    assert plain[0].receipt.dropped == ()
    assert told[0].receipt.dropped == ("passage 1",)
    assert [each.confidence for each in told] != [each.confidence for each in plain]


async def test_infill_job_context_keeps_what_matters_most() -> None:
    pieces = [
        Piece(text=letter * 4, label=letter, priority=priority) for letter, priority in (("a", 2), ("b", 0), ("c", 0))
    ]
    assert frame(pieces, 12) == ("aaaabbbbcccc", ())
    assert frame(pieces, 11) == ("aaaacccc", ("b",))
    assert frame(pieces, 7) == ("aaaa", ("b", "c"))
    assert frame(pieces, 3) == ("", ("a", "b", "c"))


async def test_infill_job_several_blanks_with_numbers_of_words(engine: EngineClient) -> None:
    text = "The ___ found a ___ in the ___2, and the rain ___."
    suggestions = await run(engine, text)
    template = parse(text)
    assert suggestions
    for suggestion in suggestions:
        assert len(suggestion.fills) == 4
        assert suggestion.text == template.fill(suggestion.fills)
        assert len(split_words(suggestion.fills[2])) == 2
    assert len({suggestion.fills for suggestion in suggestions}) == len(suggestions)
    assert suggestions[0].fills[3].split()[0] == "began"


async def test_infill_job_never_repeats_neighbours(engine: EngineClient) -> None:
    for suggestion in await run(engine, "The fox opened the ___ near the harbour.", count=5):
        words = [word.strip(".,").casefold() for word in suggestion.text.split()]
        assert all(first != second for first, second in pairwise(words))


async def test_diverse_few_shows_two_pronouns_only_where_nothing_else_fits(engine: EngineClient) -> None:
    def ranked(*fills: tuple[str, float]) -> list[Ranked]:
        return [Ranked(candidate=Candidate(text), confidence=0.1, score=score) for text, score in fills]

    near = ranked(("it", -1.0), ("that", -1.2), ("them", -1.4), ("silence", -2.0), ("bread", -2.5))
    assert [each.candidate.text for each in await diverse_few(engine, near, 3)] == ["it", "silence", "bread"]
    far = ranked(("it", -1.0), ("that", -1.2), ("silence", -9.0), ("bread", -9.5))
    assert [each.candidate.text for each in await diverse_few(engine, far, 3)][:2] == ["it", "that"]


async def test_diverse_few_shows_a_second_plain_word_only_where_nothing_else_fits(engine: EngineClient) -> None:
    def ranked(*fills: tuple[str, float]) -> list[Ranked]:
        return [Ranked(candidate=Candidate(text), confidence=0.1, score=score) for text, score in fills]

    near = ranked(("all", -1.0), ("now", -1.1), ("once", -1.2), ("dinner", -1.6), ("lunch", -2.0))
    assert [each.candidate.text for each in await diverse_few(engine, near, 3)] == ["all", "dinner", "lunch"]
    far = ranked(("in", -1.0), ("on", -1.2), ("under", -1.9), ("dinner", -9.0), ("lunch", -9.5))
    assert {each.candidate.text for each in await diverse_few(engine, far, 3)} == {"in", "on", "under"}


async def test_infill_job_repeats_with_its_seed(engine: EngineClient) -> None:
    text = "A sailor ___ near the ___."
    first, again = await run(engine, text, seed=3), await run(engine, text, seed=3)
    assert [s.fills for s in first] == [s.fills for s in again]


async def test_infill_job_never_suggests_words_of_the_blocklist(engine: EngineClient) -> None:
    text = "A girl lost a silver ___ under the hill, and the rain began."
    before = await run(engine, text, count=5)
    assert "key" in {suggestion.fills[0] for suggestion in before}
    after = await run(engine, text, count=5, words=Blocklist(["key"]))
    assert after
    assert all("key" not in suggestion.text.split() for suggestion in after)


async def test_receipts_carry_both_models_and_are_json(engine: EngineClient) -> None:
    (suggestion, *_) = await run(engine, "The queen crossed the ___ before the storm.", seed=9)
    receipt = json.loads(json.dumps(receipt_as_json(suggestion.receipt)))
    assert receipt["kind"] == "infill"
    assert receipt["seed"] == 9
    assert receipt["causal"]["model"] != receipt["masked"]["model"]
    (fill,) = receipt["fills"]
    assert fill["text"] == suggestion.fills[0]
    assert set(fill["sources"]) <= {"masked", "causal"}
    assert fill["sources"]


@pytest.mark.parametrize(
    "text",
    [
        "___ sang to the moon.",
        "The keeper lost a ___",
        "The fox opened the lan___ near the harbour.",
        "**The fox** opened the **___**, then ran home.",
        "The fox 🦊 opened the ___ @everyone <@123>.",
        "x" * 2000 + " ___ " + "y" * 1900,
        "The fox opened the door. " * 100 + "A ___ found a lantern. " + "And nobody spoke. " * 70,
    ],
)
async def test_infill_job_answers_edge_cases(engine: EngineClient, text: str) -> None:
    suggestions = await run(engine, text)
    assert suggestions
    for suggestion in suggestions:
        assert suggestion.text == parse(text).fill(suggestion.fills)
        assert all(fill.strip() == fill != "" for fill in suggestion.fills)


async def test_infill_request_tells_mistakes_before_anything_runs() -> None:
    with pytest.raises(BadInput) as caught:
        InfillJob(ask("No blank here."), WORDS, 1)
    assert caught.value.key == "blank_none"


async def test_infill_job_with_nothing_that_may_be_shown(engine: EngineClient) -> None:
    class Nothing(Blocklist):
        def allows(self, text: str) -> bool:
            return False

    with pytest.raises(BadInput) as caught:
        await run(engine, "The fox opened the ___.", words=Nothing([]))
    assert caught.value.key == "blank_no_fill"


ONE = "The fox opened the ___ near the harbour, and nobody spoke."
TWO = "The ___ found a ___ under the hill."


async def test_fills_that_were_shown_do_not_come_again(engine: EngineClient) -> None:
    for text in (ONE, TWO):
        first = await run(engine, text)
        style = InfillStyle(shown=tuple(suggestion.fills for suggestion in first))
        again = await run(engine, text, style=style)
        assert again
        assert not {suggestion.fills for suggestion in again} & {suggestion.fills for suggestion in first}


async def test_style_that_is_bolder_offers_what_is_expected_less(engine: EngineClient) -> None:
    plain, bold = await run(engine, ONE, count=6), await run(engine, ONE, count=6, style=InfillStyle(boldness=3.0))
    assert sum(math.log(s.confidence or 0) for s in bold) < sum(math.log(s.confidence or 0) for s in plain)


async def test_shorter_and_longer_keep_to_their_lengths(engine: EngineClient) -> None:
    for suggestion in await run(engine, ONE, style=AS_IT_BELONGS.longer_than(1)):
        assert len(split_words(suggestion.fills[0])) > 1
    for suggestion in await run(engine, ONE, style=AS_IT_BELONGS.shorter_than(2)):
        assert len(split_words(suggestion.fills[0])) == 1


async def test_infill_job_offers_sooner_what_is_like_the_one_pressed(engine: EngineClient) -> None:
    async def needed(style: InfillStyle) -> int:
        """The least number of suggestions of which one is the lantern. (They are shown with the surest first.)"""
        for count in range(1, 10):
            found = await run(engine, ONE.replace("___", "___1"), count=count, style=style)
            if ("lantern",) in [suggestion.fills for suggestion in found]:
                return count
        return 10

    assert await needed(AS_IT_BELONGS.like(("lantern",))) < await needed(AS_IT_BELONGS)


async def test_infill_job_reads_on_only_the_best_after_a_first_look(
    engine: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saves work, and what is best of all stays what it was."""
    asked: dict[str, list[tuple[ScoreItem, ...]]] = {"causal": [], "masked": []}
    score = engine.score

    async def noting(request: ScoreRequest) -> list[list[float]]:
        asked[request.model].append(request.items)
        return await score(request)

    monkeypatch.setattr(engine, "score", noting)
    short = await run(engine, ONE)
    (look, read), (masked,) = asked["causal"], asked["masked"]
    assert len(look) > len(read) == len(masked) == SHORTLIST
    assert {item.asked for item in read}.isdisjoint(item.asked for item in look)
    begun = tuple(item.asked for item in look)
    assert all(item.asked.startswith(begun) for item in read), "read on, from what was looked at"
    monkeypatch.setattr(filling, "SHORTLIST", len(look))
    assert (await run(engine, ONE))[0].fills == short[0].fills


async def test_infill_job_progress_only_grows(engine: EngineClient) -> None:
    seen: list[tuple[int, int]] = []
    job = InfillJob(ask("The ___ found a ___."), WORDS, 1)
    await job.run(engine, lambda text, done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    assert job.rows >= 8
    assert job.tokens >= job.rows


async def test_infill_job_joins_chinese_without_spaces(tmp_path: Path) -> None:
    masked = make("chinese-bert", tmp_path / "masked")
    causal = tiny_gpt2(tmp_path / "causal")
    async with running_worker(causal, masked) as engine:
        for suggestion in await run(engine, "她打开了那扇___2，没有人说话。"):
            assert not re.search("[\u4e00-\u9fff] | [\u4e00-\u9fff]", suggestion.text)
            assert len(split_words(suggestion.fills[0])) == 2


async def test_lengths_follow_the_hint() -> None:
    assert lengths(None, AS_IT_BELONGS) == (1, 2, 3, 4)
    assert lengths(1, AS_IT_BELONGS) == (1,)
    assert lengths(5, AS_IT_BELONGS) == (5,)
    assert pieces((1,)) == pieces((1, 2, 3, 4)) == ((1,), (2, 3))
    assert pieces((5,)) == ((), (5, 6, 7))


async def test_lengths_follow_the_style_where_the_writer_left_them_open() -> None:
    assert lengths(None, AS_IT_BELONGS.shorter_than(3)) == (1, 2)
    assert lengths(None, AS_IT_BELONGS.shorter_than(1)) == (1,)
    assert lengths(None, AS_IT_BELONGS.longer_than(2)) == (3, 4, 5, 6)
    assert lengths(None, InfillStyle(least_words=12)) == (12, 13, 14, 15)
    assert lengths(2, AS_IT_BELONGS.longer_than(4)) == (2,)


async def test_left_and_right_part_are_what_the_causal_model_reads() -> None:
    long = "A girl sang. " * 200
    assert len(left_part(long)) <= 1000
    assert left_part(long).startswith(("A ", "girl ", "sang. "))
    assert left_part("short") == "short"
    assert right_part(", and so on, and on.", 3) == ", and so"
    assert right_part(" ", 3) == "."


async def test_right_sentence_ends_with_its_sentence_unless_the_text_is_short() -> None:
    rest = " And nobody in the village ever spoke of that again, neither that year nor in any other year."
    assert right_sentence(" where the milk should be. It winked." + rest, 2, 16) == " where the milk should be."
    assert right_sentence("." + rest, 3, 16) == ". And nobody"
    assert right_sentence(" in the car park. They know us.", 2, 16) == " in the car park. They know us."
    assert right_sentence(" word" * 40, 5, 16) == " word" * 16
    assert right_sentence("", 5, 16) == "."
    assert len(right_sentence("x" * 9000, 5, 16)) <= 200
