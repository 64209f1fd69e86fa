"""Continuing, with the real worker and tiny models; and the pure parts."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from bot.errors import BadInput, WorkerUnavailable
from bot.inference.fake_engine import FakeEngine
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Health, ModelInfo, Partial, Piece, Receipt
from bot.rules.moods import MOOD_NAMES, MOODS, MoodName
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import (
    PARTS,
    SAME_MOOD,
    ContinueJob,
    Draft,
    joined,
    picked,
    prompt_of,
    row_seed,
    rows_of,
)
from bot.writing.continuation.request import ContinueRequest
from bot.writing.diversity import features
from bot.writing.overlap import Overlap
from storage.tagged_json import receipt_as_json
from tests.support.models import sentences

WORDS = Blocklist.load()
TEXT = "The keeper found a lantern near the harbour, and nobody spoke. Old Marta crossed"


def ask(text: str = TEXT, *, mood: MoodName | None = None, count: int = 3, length: int = 24) -> ContinueRequest:
    return ContinueRequest(text=text, mood=mood, count=count, length=length)


class Reports(list[tuple[str, int, int]]):
    def __call__(self, text: str, done: int, total: int) -> None:
        self.append((text, done, total))


async def test_continues_with_real_models(engine: Engine) -> None:
    reports = Reports()
    suggestions = await ContinueJob(ask(), WORDS, 7).run(engine, reports)
    assert 1 <= len(suggestions) <= 3
    assert len({suggestion.text for suggestion in suggestions}) == len(suggestions)
    for suggestion in suggestions:
        assert suggestion.text.strip()
        assert suggestion.fills == ()
        receipt = json.loads(json.dumps(receipt_as_json(suggestion.receipt)))
        assert receipt["mood"] in MOOD_NAMES
        assert receipt["seed"] in {row.seed for number in (0, 1) for row in rows_of(7, number, None)}
        assert receipt["sampling"]["temperature"] > 0
        assert len(receipt["prompt_sha256"]) == 64
        assert receipt["shared_run"] < 8
    shares = [done / total for _, done, total in reports]
    assert shares == sorted(shares)
    assert 0.0 < shares[-1] < 1.0  # choosing is still to come
    assert any(text for text, _, _ in reports)


async def test_continue_job_repeats_with_its_seed(engine: Engine) -> None:
    first = await ContinueJob(ask(), WORDS, 7).run(engine, Reports())
    again = await ContinueJob(ask(), WORDS, 7).run(engine, Reports())
    other = await ContinueJob(ask(), WORDS, 8).run(engine, Reports())
    assert [s.text for s in first] == [s.text for s in again]
    assert [s.text for s in first] != [s.text for s in other]


async def test_mood_is_kept_to(engine: Engine) -> None:
    suggestions = await ContinueJob(ask(mood="wild", count=5), WORDS, 1).run(engine, Reports())
    assert {suggestion.receipt.one_mood for suggestion in suggestions} == {"wild"}


async def test_text_that_outgrows_the_window_says_what_was_dropped(engine: Engine) -> None:
    suggestions = await ContinueJob(ask(" ".join(sentences())[:3990]), WORDS, 1).run(engine, Reports())
    assert all(suggestion.receipt.dropped for suggestion in suggestions)


async def test_words_that_are_refused_are_neither_shown_nor_suggested(engine: Engine) -> None:
    """Every tiny sentence has one of these words, so that nothing can be left."""
    refusing = Blocklist(["the", "a", "and", "but", "then", "in", "near", "under", "before", "behind"])
    reports = Reports()
    with pytest.raises(BadInput, match="nothing_usable"):
        await ContinueJob(ask(length=32), refusing, 3).run(engine, reports)
    assert all(refusing.allows(text) for text, _, _ in reports)
    assert {total for _, _, total in reports} == {PARTS}


class Unready(FakeEngine):
    """A worker whose causal engine is up while torch still loads: it generates, and refuses the rest."""

    def __init__(self, engine: Engine, languages: tuple[str, ...] = ()) -> None:
        super().__init__(languages=languages, failure=WorkerUnavailable("loading"))
        self._engine = engine
        self.generated = 0

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        self.generated += 1
        async for event in self._engine.generate(request):
            yield event

    async def health(self) -> Health:
        info = ModelInfo(role="story", name="m", revision="", engine="torch", window=9, languages=self.languages)
        return Health(ready=False, stage="loading", models=(info,))


async def test_continue_job_works_while_torch_loads(engine: Engine) -> None:
    suggestions = await ContinueJob(ask(), WORDS, 7).run(Unready(engine), Reports())
    assert suggestions
    assert all(receipt_as_json(suggestion.receipt)["token_log_prob"] < 0 for suggestion in suggestions)


async def test_continue_job_refuses_chinese_before_a_single_step(engine: Engine) -> None:
    unready = Unready(engine, ("en",))
    with pytest.raises(BadInput, match="text_chinese"):
        await ContinueJob(ask("他打开了门。"), WORDS, 7).run(unready, Reports())
    assert unready.generated == 0


# ---- pure parts


def test_moods_share_the_rows_evenly_and_no_seed_comes_twice() -> None:
    rows = [*rows_of(5, 0, None), *rows_of(5, 1, None)]
    assert [row.mood for row in rows[:4]] == list(MOOD_NAMES)
    assert all(sum(row.mood == mood for row in rows) == 6 for mood in MOOD_NAMES)
    assert len({row.seed for row in rows}) == 24
    assert rows_of(5, 0, None) == tuple(rows[:12])
    assert {row.mood for row in rows_of(5, 0, "plain")} == {"plain"}
    assert all(0 <= row_seed(seed, 0) < 2**32 for seed in (0, 1, 2**32 - 1))


def test_prompt_leaves_the_last_space_to_the_next_word() -> None:
    assert prompt_of("He stood  \t") == "He stood"
    assert prompt_of("He stood.\n\n") == "He stood.\n\n"


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("He stood", " up.", " up."),
        ("He walk", "ed home.", "ed home."),
        ("He stood ", " up.", "up."),
        ("He walk ", "ed home.", ""),
        ("He stood.\n", "She sat.", "She sat."),
        ("He stood.\n", " She sat.", "She sat."),
        ("He stood.\n", "\n\nShe sat.", "\nShe sat."),
        ("He stood.\n\n", "\nShe sat.", "She sat."),
        ("He stood.", "\n\nShe sat.", "\n\nShe sat."),
        ("He stood.", "She sat.", " She sat."),
        ("He stood.", " She sat.", " She sat."),
        ('"Go," he said. "Now', '."', '."'),
        ("他走了。", "她来了。", "她来了。"),
        ("", "He", "He"),
        ("He", "", ""),
    ],
)
def test_continue_job_joins_texts(before: str, text: str, expected: str) -> None:
    assert joined(before, text) == expected


def draft_of(text: str, mood: MoodName, *, doubtful: bool = False) -> Draft:
    sampling, sha = MOODS[mood], "0" * 64
    receipt = Receipt(
        engine="e", model="m", revision="1", seed=1, mood=mood, sampling=sampling, prompt_sha256=sha, prompt_tokens=1
    )
    row = Continuation(row=0, text=text, tokens=1, finish="end", receipt=receipt)
    shared = Overlap(longest_run=0, shared=0)
    return Draft(text=text, row=row, overlap=shared, look=features(text), log_prob=None, quality=1, doubtful=doubtful)


def test_picked_drafts_have_three_moods_where_they_can_and_doubtful_ones_last() -> None:
    ordered = [
        draft_of("a", "plain"),
        draft_of("b", "plain"),
        draft_of("c", "wild", doubtful=True),
        draft_of("d", "open"),
        draft_of("e", "open"),
        draft_of("f", "steady"),
    ]
    assert [each.text for each in picked(ordered, 3, SAME_MOOD)] == ["a", "d", "f"]
    assert [each.text for each in picked(ordered[:3], 3, SAME_MOOD)] == ["a", "b", "c"]
    assert [each.text for each in picked(ordered, 5, None)] == ["a", "b", "d", "e", "f"]


class Written(FakeEngine):
    """A worker that has written these rows already."""

    def __init__(self, rows: Sequence[str]) -> None:
        super().__init__()
        self._rows = rows

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        for number, row in enumerate(request.rows):
            told = draft_of(self._rows[number % len(self._rows)], row.mood or "plain").row
            yield replace(told, row=number)


async def test_story_about_one_dragon_gets_no_dragons_behind_an_entry_of_it() -> None:
    rows = [
        " The dragons looked at him and said nothing.",
        " Two red dragons came out of the dark.",
        " She lifted her head and looked at the fish.",
        " There were dragons in every corner of it.",
        " He held out the basket with both hands.",
        " Ember opened one eye and closed it again.",
    ]
    text = "The cave was warm. Tomas put down the basket. It was the dragon, and it had heard him."
    lore = (Piece(text="Ember is a dragon, the only one left.\n\n", label="lore 1"),)
    for entries, shown in ((lore, 0), ((), 1)):
        job = ContinueJob(replace(ask(text), near=entries), WORDS, 1)
        suggestions = await job.run(Written(rows), Reports())
        assert len(suggestions) == 3
        assert sum("dragons" in suggestion.text for suggestion in suggestions) >= shown
        assert shown or not any("dragons" in suggestion.text for suggestion in suggestions)
