"""BridgeJob through the real worker on a real socket, with tiny models that learnt a few invented sentences."""

from __future__ import annotations

import json

import pytest

from bot.errors import BadInput
from bot.inference.client import EngineClient
from bot.rules.generations import Suggestion
from bot.rules.text.sentences import sentence_ends
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.job import BridgeJob
from bot.writing.bridge.request import BridgeRequest
from bot.writing.overlap import TextSource, overlap
from storage.tagged_json import receipt_as_json

LEFT = "The fox opened the door near the harbour, and nobody spoke."
RIGHT = "A girl found a silver key under the hill, and the rain began."


def ask(left: str = LEFT, right: str = RIGHT, count: int = 3) -> BridgeRequest:
    return BridgeRequest(
        left=left,
        right=right,
        count=count,
    )


async def run(
    engine: EngineClient, asked: BridgeRequest, *, seed: int = 1, words: Blocklist | None = None
) -> tuple[Suggestion, ...]:
    job = BridgeJob(asked, words or Blocklist.load(), seed)
    return await job.run(engine, lambda text, done, total: None)


async def test_whole_sentences_between_both_passages(engine: EngineClient) -> None:
    suggestions = await run(engine, ask())
    assert 1 <= len(suggestions) <= 3
    for suggestion in suggestions:
        (bridge,) = suggestion.fills
        assert bridge == bridge.strip()
        assert len(sentence_ends(bridge)) in {1, 2}
        assert sentence_ends(bridge)[-1] == len(bridge)
        assert suggestion.text == f"{LEFT} {bridge} {RIGHT}"
        assert overlap(bridge, (TextSource(RIGHT),)).longest_run < 4
        assert 0.0 < (suggestion.confidence or 0.0) <= 1.0
    assert len({suggestion.fills for suggestion in suggestions}) == len(suggestions)


async def test_bridge_job_repeats_with_its_seed(engine: EngineClient) -> None:
    first, again = await run(engine, ask(), seed=5), await run(engine, ask(), seed=5)
    assert [suggestion.fills for suggestion in first] == [suggestion.fills for suggestion in again]


async def test_receipts_are_json_and_name_the_model(engine: EngineClient) -> None:
    (suggestion, *_) = await run(engine, ask())
    receipt = json.loads(json.dumps(receipt_as_json(suggestion.receipt)))
    assert receipt["kind"] == "bridge"
    assert receipt["causal"]["engine"] == "torch"
    assert receipt["fills"][0]["text"] == suggestion.fills[0]


async def test_right_passage_decides(engine: EngineClient) -> None:
    """With all else the same, other right passages order other bridges."""
    orders = []
    for right in (RIGHT, "The queen crossed the bridge before the storm."):
        found = await run(engine, ask(right=right, count=8))
        orders.append([suggestion.fills[0] for suggestion in found])
    assert orders[0] != orders[1]


@pytest.mark.parametrize(
    ("left", "text", "right", "expected"),
    [
        ('"I came back.', "It was late.", 'Nobody was there."', "It was late."),
        ('"I came back.', 'It was late."', 'Nobody was there."', "It was late."),
        ('"I came back.', "It was late.", "Nobody spoke.", 'It was late."'),
        ("He came back.", '"It was late.', "Nobody spoke.", '"It was late."'),
        ("“I came back.", "It was late.”", "Nobody was there.”", "It was late."),
        ('"Ah!"\nHe came back.', "It was late.", "Nobody spoke.", "It was late."),
    ],
)
async def test_bridge_job_closes_a_quotation_once(left: str, text: str, right: str, expected: str) -> None:
    assert BridgeJob(ask(left, right), Blocklist.load(), 1)._quoted(text) == expected


async def test_bridge_job_progress_only_grows(engine: EngineClient) -> None:
    seen: list[tuple[int, int]] = []
    job = BridgeJob(ask(), Blocklist.load(), 1)
    await job.run(engine, lambda text, done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize(
    ("left", "right", "key"),
    [("", RIGHT, "text_empty"), (LEFT, " … ", "text_empty"), ("___", RIGHT, "bridge_blanks"), ("", "", "blank_only")],
)
def test_bridge_request_refuses_a_side_without_words_or_with_blanks(left: str, right: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(left, right)
    assert caught.value.key == key


async def test_bridge_job_with_nothing_that_may_be_shown(engine: EngineClient) -> None:
    class Nothing(Blocklist):
        def allows(self, text: str) -> bool:
            return False

    with pytest.raises(BadInput) as caught:
        await run(engine, ask(), words=Nothing([]))
    assert caught.value.key == "nothing_usable"
