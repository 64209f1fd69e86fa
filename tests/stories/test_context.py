"""What the models read of a story: the pieces, their order, what goes first, and whose words stay at home."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.inference.protocol import Continuation, Piece, Receipt
from bot.rules.lore import LoreKind
from bot.rules.profiles import WriterProfile
from bot.rules.stories import Story
from bot.stories.context import MEMORY_CHARS, PASSAGES_CHARS, Context
from bot.worker.causal.context import fit
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob, pieces_of
from bot.writing.continuation.request import ContinueRequest
from tests.stories.round_fixture import BEN, CHEN, SERVER, RoundFixture, open_table, suggestion

RECEIPT = Receipt(
    engine="torch", model="tiny", revision="1", seed=1, mood=None, sampling=None, prompt_sha256="0", prompt_tokens=9
)


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[RoundFixture]:
    async with open_table(tmp_path) as opened:
        yield opened


async def context(table: RoundFixture, story: Story) -> Context:
    return (await table.round_service.plan("continue", BEN, story.id)).context


def labels(found: Context) -> list[str]:
    return [piece.label for piece in found.before]


async def remember(table: RoundFixture, story: Story | None, kind: LoreKind, text: str, *triggers: str) -> None:
    async with table.database.transaction() as tx:
        await tx.lore.add(
            server_id=SERVER,
            story_id=None if story is None else story.id,
            kind=kind,
            triggers=triggers,
            text=text,
            state="ratified",
            proposed_by=None,
            now_ms=0,
        )


async def test_context_pieces_in_their_order(table: RoundFixture) -> None:
    story = await table.story("The rain began.", "A bell rang.", "The keeper saw a lantern.")
    await remember(table, story, "memory", "The keeper is called Osk.")
    await remember(table, None, "lore", "Lanterns are forbidden.", "lantern")
    await remember(table, story, "lore", "Dragons are shy.", "dragon")
    await remember(table, story, "lore", "Bells mean danger.", "bell")

    plan = await table.round_service.plan("continue", BEN, story.id)

    assert plan.text == "The keeper saw a lantern."
    assert [piece.text for piece in plan.context.pieces] == [
        "The Lighthouse\n\n",
        "A keeper is silent.\n\n",
        "CHAPTER I\n\n",
        "The rain began.\n\n",
        "A bell rang.\n\n",
    ]
    assert [piece.text for piece in plan.context.near] == [
        "The keeper is called Osk.\n\n",
        "Lanterns are forbidden.\n\n",
        "Bells mean danger.\n\n",
    ]
    assert (plan.context.left_out, plan.context.withheld) == ((), ())


async def test_context_drops_old_passages_first_and_the_text_last(table: RoundFixture) -> None:
    story = await table.story("The rain began.", "A bell rang.", "Nobody spoke.", "The sun rose.")
    await remember(table, story, "memory", "The keeper is called Osk.")
    plan = await table.round_service.plan("continue", BEN, story.id)
    pieces = pieces_of(plan.text, plan.context.pieces, plan.context.near)
    whole = fit(pieces, 10_000, len)
    assert whole.dropped == ()
    order = []
    for budget in range(len(whole.text), 0, -1):
        for label in fit(pieces, budget, len).dropped:
            if label not in order and not label.endswith(":start"):
                order.append(label)
    assert order == ["heading", "passage 1", "passage 2", "passage 3", "memory 1", "premise", "title"]
    assert fit(pieces, 5, len).text in plan.text


async def test_context_holds_only_so_much_of_a_long_story(table: RoundFixture) -> None:
    story = await table.story(*(f"Passage {number}. " + "word " * 150 for number in range(1, 71)))
    found = await context(table, story)
    passages = [piece for piece in found.pieces if piece.label.startswith("passage")]
    assert sum(len(piece.text.strip()) for piece in passages) <= PASSAGES_CHARS
    assert passages[-1].label == "passage 69"
    first = int(passages[0].label.split()[1])
    assert [piece.label for piece in passages] == [f"passage {number}" for number in range(first, 70)]
    assert found.left_out == (f"passages 1-{first - 1}",)


async def test_context_holds_only_so_much_memory_the_newest(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    for number in range(1, 6):
        await remember(table, story, "memory", f"{number} " + "m" * (MEMORY_CHARS // 3))
    assert [label for label in labels(await context(table, story)) if label.startswith("memory")] == [
        "memory 4",
        "memory 5",
    ]


async def test_context_excludes_passages_whose_author_opted_out(table: RoundFixture) -> None:
    story = await table.story("The rain began.")
    for who, text in ((CHEN, "Chen wrote this."), (BEN, "And Ben that."), (BEN, "Ben again.")):
        story = await table.again(story)
        await table.passage_service.add_passage(who, story.id, text, story.head_id)
    async with table.database.transaction() as tx:
        await tx.profiles.save(WriterProfile(server_id=SERVER, person_id=CHEN.person_id, no_ai=True))

    plan = await table.round_service.plan("continue", BEN, story.id)

    assert "Chen" not in "".join(piece.text for piece in plan.context.before)
    assert plan.context.withheld == ("passage 2",)
    round_ = await table.round_service.open_round(BEN, plan)
    await table.round_service.fill(round_.id, plan, [suggestion("A bell rang.")])
    receipt = (await table.candidates(round_.id))[0].receipt
    assert receipt is not None
    assert (receipt.withheld, receipt.dropped) == (("passage 2",), ("lore 3",))


async def test_context_has_no_word_of_a_withdrawn_passage(table: RoundFixture) -> None:
    story = await table.story("The rain began.", "A secret.", "Nobody spoke.")
    canon = await table.canon(story)
    async with table.database.transaction() as tx:
        await tx.passages.withdraw(canon[1].id)
    assert "secret" not in "".join(piece.text for piece in (await context(table, story)).pieces)


async def test_context_what_a_model_may_not_copy(table: RoundFixture) -> None:
    """What stands in the context counts as the story's when a suggestion is held against it."""
    line = "The old keeper carried the last lantern down to the sea."
    story = await table.story(line, "Nobody spoke.")
    plan = await table.round_service.plan("continue", BEN, story.id)
    row = Continuation(row=0, text=f"So {line.lower()} They slept.", tokens=14, finish="stop", receipt=RECEIPT)

    def shown(context: tuple[Piece, ...]) -> int:
        ask = ContinueRequest(text=plan.text, context=context)
        return len(ContinueJob(ask, Blocklist(()), seed=1)._drafts((), [row]))

    assert shown(()) == 1
    assert shown(plan.context.pieces) == 0, "a suggestion that repeats what the models read is none"
