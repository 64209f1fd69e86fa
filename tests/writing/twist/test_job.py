"""Which words may be twisted, what is offered for them, and the job with tiny models on a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput, Gone
from bot.inference.client import EngineClient
from bot.inference.protocol import Fill, Gap
from bot.rules.generations import Generation, Suggestion
from bot.rules.receipts import OwnReceipt, TwistReceipt
from bot.rules.text.content_words import is_kin
from bot.rules.text.words import word_spans
from bot.rules.twists import KEPT, Expected, Other, Twist, TwistWords, suggestion_of, twist_of
from bot.writing.blocklist import Blocklist
from bot.writing.features import FEATURES
from bot.writing.twist.alternatives import MOST_OTHERS, ScoredWord, chosen, possible
from bot.writing.twist.job import CHUNK, AlternativeSearch, TwistJob, chunks
from bot.writing.twist.request import TwistRequest
from bot.writing.word_selection import SelectableWord, selectable_words, spread
from storage.tagged_json import payload_as_json, payload_from_json, receipt_as_json, receipt_from_json
from tests.support.generations import made
from tests.support.masked_models import make
from tests.support.worker import running_worker

WORDS = Blocklist.load()
PASSAGE = "The fox crossed the bridge near the harbour and the rain began. Old Marta sang to the moon before the storm."


def ask(text: str, count: int = 6) -> TwistRequest:
    return TwistRequest(text=text, count=count)


# ---- which words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("She opened the door and went in.", ["opened", "door"]),
        ("Marta and Tom met in Paris.", ["met"]),
        ("The fox ran. A fox barked; foxes do.", ["ran", "barked"]),
        ("“Stop!” he said quietly. The cat purred.", ["cat", "purred"]),
        ('"Stop," the old keeper whispered, and closed the gate.', ["closed", "gate"]),
        ("It's a well-known fact that 12 oxen can't fly.", ["fact", "oxen", "fly"]),
        ("**The** _rain_ fell.", ["rain", "fell"]),
        ("", []),
    ],
)
def test_words_that_carry_the_picture(text: str, words: list[str]) -> None:
    found = selectable_words(text)
    assert [spot.word for spot in found] == words
    assert all(text[spot.start : spot.end] == spot.word for spot in found)


def test_chinese_words_are_pairs_between_function_words() -> None:
    assert [spot.word for spot in selectable_words("她打开了那扇旧门，没有声音。")] == ["打开", "扇旧", "旧门", "声音"]


@pytest.mark.parametrize(
    ("word", "other"),
    [("door", "doors"), ("run", "ran"), ("sing", "sung"), ("walk", "walking"), ("city", "cities"), ("man", "men")],
)
def test_forms_of_one_word_are_kin(word: str, other: str) -> None:
    assert is_kin(word, other)
    assert is_kin(other, word)


@pytest.mark.parametrize(("word", "other"), [("door", "gate"), ("house", "horse"), ("bed", "bag"), ("road", "street")])
def test_forms_of_other_words_are_not_kin(word: str, other: str) -> None:
    assert not is_kin(word, other)


def test_spread_takes_words_from_all_over_the_text() -> None:
    text = "alpha beta gamma delta epsilon. zeta eta theta iota kappa."
    found = [(1.0 if spot.start < 30 else 0.0, spot) for spot in selectable_words(text)]
    chosen_spots = spread(text, found, 4, 4)
    assert chosen_spots == sorted(chosen_spots, key=lambda spot: spot.start)
    assert sum(spot.start < 30 for spot in chosen_spots) == 2
    assert sum(spot.start > 30 for spot in chosen_spots) == 2


@given(st.text(alphabet="ab \n.x", max_size=900))
def test_parts_to_read_cover_every_word_once(text: str) -> None:
    words = word_spans(text)
    parts = chunks(words)
    assert sum(len(word_spans(text[start:end])) for start, end in parts) == len(words)
    assert all(end - start <= CHUNK or len(word_spans(text[start:end])) == 1 for start, end in parts)


# ---- what is offered


def fills(*texts: str) -> list[Fill]:
    return [Fill(text=text, masks=1, score=10.0 - number / 10, source="beam") for number, text in enumerate(texts)]


def offered(left: str, word: str, right: str, *texts: str) -> list[str]:
    spot = SelectableWord(len(left), len(left) + len(word), word)
    return possible(spot, Gap(left=left, right=right), fills(*texts), WORDS.allows)


def test_possible_alternatives_for_a_word() -> None:
    left, right = "The girl opened the old ", " of the tower"
    proposed = ["gate", "doors", "Marta", "the", "old", "x", "tower", "hatch", "3", "trap-door", "of"]
    assert offered(left, "door", right, *proposed) == ["gate", "hatch"]


def test_possible_alternatives_leave_out_words_of_the_blocklist() -> None:
    left, right = "He met a ", " there"
    assert possible(
        SelectableWord(9, 12, "man"), Gap(left=left, right=right), fills("witch", "boy"), Blocklist(["witch"]).allows
    ) == ["boy"]


def test_possible_alternatives_suit_the_article() -> None:
    assert offered("She shouted an ", "order", " back.", "oath", "fury", "heir", "unit", "insult") == [
        "oath",
        "heir",
        "insult",
    ]
    assert offered("She wore a ", "hat", " there.", "uniform", "apron", "hood") == ["uniform", "hood"]


def test_possible_alternatives_leave_out_what_lies_far_behind() -> None:
    far = [*fills("gate"), Fill(text="hatch", masks=1, score=1.0, source="beam")]
    assert possible(SelectableWord(4, 8, "door"), Gap(left="The ", right=" shut"), far, WORDS.allows) == ["gate"]


def scored(text: str, *, left: float = -3.0, right: float = 0.0, anywhere: float = -4.0) -> ScoredWord:
    return ScoredWord(text=text, left=left, right=right, anywhere=anywhere)


def test_rarer_words_that_belong_are_chosen_from_the_nearest_on() -> None:
    found = chosen(
        [
            scored("portal", left=-6.0, anywhere=-7.0),
            scored("gate"),
            scored("thing", anywhere=2.0),
            scored("common", anywhere=0.0),
            scored("likelier", left=1.0),
            scored("stranger", left=-9.0),
            scored("ungrammatical", right=-6.0, left=0.0, anywhere=-9.0),
        ]
    )
    assert [other.text for other in found] == ["gate", "portal"]
    assert [other.distance for other in found] == [3.0, 6.0]


def test_chosen_alternatives_are_few_and_no_two_forms_of_one() -> None:
    names = ["gate", "hatch", "arch", "grille", "portcullis", "flap", "wicket"]
    found = chosen([scored(name, left=-1 - number) for number, name in enumerate(names)])
    assert len(found) <= MOST_OTHERS
    assert [other.text for other in chosen([scored("gate"), scored("gates", left=-3.1)])] == ["gate"]


# ---- the value


def twist() -> Twist:
    words = (
        Expected(4, 7, "fox", (Other("otter", 1.0), Other("heron", 3.0))),
        Expected(15, 18, "ran", (Other("swam", 2.0),)),
    )
    return Twist("The fox, then, ran home.", words)


def kept(suggestion: Suggestion) -> Generation:
    assert suggestion.payload is not None
    stored = Suggestion(
        text=suggestion.text,
        fills=suggestion.fills,
        receipt=receipt_from_json(json.loads(json.dumps(receipt_as_json(suggestion.receipt)))),
        payload=payload_from_json(json.loads(json.dumps(payload_as_json(suggestion.payload)))),
    )
    return made("twist", twist().passage, stored)


def test_picks_stand_in_the_passage() -> None:
    assert twist().text == twist().passage
    picked = twist().pick(0, 1).pick(1, 0)
    assert picked.text == "The heron, then, swam home."
    assert picked.pick(0, KEPT).text == "The fox, then, swam home."
    assert picked.pick(0, KEPT).unpicked == {0}
    done = picked.pick(0, KEPT).finished()
    assert (done.fills, done.pieces) == (("swam",), ("The fox, then, ", " home."))


def test_twist_survives_its_payload() -> None:
    for each in (twist(), twist().pick(0, 1), twist().pick(1, 0).finished()):
        assert twist_of(kept(suggestion_of(each, TwistReceipt()))) == each


@pytest.mark.parametrize(("number", "other"), [(2, 0), (-1, 0), (0, 2), (0, -2), (1, 1)])
def test_twist_job_without_an_expected_word(number: int, other: int) -> None:
    with pytest.raises(Gone):
        twist().pick(number, other)


def test_generation_that_is_no_twist_is_gone() -> None:
    with pytest.raises(Gone):
        twist_of(made("twist", "x", Suggestion(text="x", fills=(), receipt=OwnReceipt())))


# ---- the job


async def run(engine: EngineClient, text: str, count: int = 6) -> Suggestion:
    (suggestion,) = await TwistJob(ask(text, count), WORDS).run(engine, lambda text, done, total: None)
    return suggestion


def words_of(suggestion: Suggestion) -> tuple[Expected, ...]:
    """The expected words that it holds."""
    assert isinstance(suggestion.payload, TwistWords)
    return suggestion.payload.words


async def test_expected_words_and_others(engine: EngineClient) -> None:
    suggestion = await run(engine, PASSAGE)
    assert suggestion.text == PASSAGE
    receipt = json.loads(json.dumps(receipt_as_json(suggestion.receipt)))
    assert receipt["causal"]["model"] != receipt["masked"]["model"]
    words = words_of(suggestion)
    assert list(words) == sorted(words, key=lambda word: word.start)
    allowed = {spot.word for spot in selectable_words(PASSAGE)}
    for word in words:
        assert PASSAGE[word.start : word.end] == word.word
        assert word.word in allowed
        assert 1 <= len(word.others) <= MOST_OTHERS
        distances = [other.distance for other in word.others]
        assert distances == sorted(distances)
        assert all(distance > 0 for distance in distances)


async def test_twist_job_twists_no_more_words_than_asked_and_the_same_each_time(engine: EngineClient) -> None:
    one = await run(engine, PASSAGE, count=1)
    assert len(words_of(one)) == 1
    assert await run(engine, PASSAGE, count=1) == one


async def test_twist_job_progress_only_grows(engine: EngineClient) -> None:
    seen: list[tuple[int, int]] = []
    job = TwistJob(ask(PASSAGE), WORDS)
    await job.run(engine, lambda text, done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    assert job.tokens >= job.rows >= 1


@pytest.mark.parametrize(
    "text",
    ["Alice and I were there.", PASSAGE * 30, "x" * 3990, "🦊 🦊", "He said so.", "y" * 23 + " " + "z" * 23],
    ids=["plain", "again", "one-word", "signs", "speech", "nonsense"],
)
async def test_twist_job_where_nothing_can_be_twisted(engine: EngineClient, text: str) -> None:
    with pytest.raises(BadInput, match="twist_nothing"):
        await run(engine, text)


@pytest.mark.parametrize(
    "text",
    [f"**{PASSAGE}** @everyone <@123>", PASSAGE.replace(". ", ".\n\n"), "   " + PASSAGE + "\n\n"],
    ids=["marks", "lines", "space"],
)
async def test_twist_job_answers_edge_cases(engine: EngineClient, text: str) -> None:
    suggestion = await run(engine, text)
    assert suggestion.text == ask(text).text
    assert words_of(suggestion)


async def test_twist_job_with_a_long_passage(engine: EngineClient) -> None:
    pad = "Old Marta and Old Marta were there, and she was there as well. " * 59
    suggestion = await run(engine, f"{PASSAGE} {pad}")
    assert all(word.end <= len(PASSAGE) for word in words_of(suggestion))


async def test_chinese_models_are_asked_for_words_of_two_characters(tiny_causal: Path, tmp_path: Path) -> None:
    text = "她打开了那扇旧门，狐狸跑进了黑暗的树林。"
    masked = make("chinese-bert", tmp_path / "masked")
    async with running_worker(tiny_causal, masked) as engine:
        alternative_search = AlternativeSearch(engine, text, WORDS)
        places = await alternative_search.places(selectable_words(text))
        assert {place.spot.word for place in places} >= {"打开", "狐狸", "树林"}
        offered = [word for place in places for word in place.words]
        assert offered
        assert all(len(word) == 2 for word in offered)
        await alternative_search.score(places, lambda: None)


def test_twist_request_refuses_what_cannot_be_asked() -> None:
    for text, key in ((" ", "text_empty"), ("The ___ ran.", "twist_blanks"), ("x" * 4001, "text_too_long")):
        with pytest.raises(BadInput, match=key):
            ask(text)
    with pytest.raises(BadInput, match="count_range"):
        FEATURES["twist"].check(ask(PASSAGE, count=9))
