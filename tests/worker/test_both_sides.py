"""The bundled causal model with its update sees both sides of a blank."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import WeightsError
from bot.inference.protocol import Gap, ProposeRequest, ScoreItem
from bot.inference.worker_config import ModelPlan
from bot.settings import ModelChoice
from bot.worker.models import Models
from bot.worker.scheduler import Scheduler
from bot.worker.weights.resolving import resolve

pytestmark = pytest.mark.long
DATA = Path(os.environ.get("INKLING_DATA", "data"))
BLANKS = (
    ("She took the ", "letter", " out of its envelope and read every word of it aloud."),
    ("He put the ", "key", " into the lock, turned it twice, and opened the door."),
    ("He sat down to mend his ", "shoe", ", for its sole had come off on the road."),
    ("In the corner stood a ", "clock", " that struck every hour, and its hands were made of brass."),
    ("From his pocket he took a ", "pipe", " and blew the smoke of its tobacco at the ceiling."),
)


async def test_bundled_causal_model_sees_both_sides_of_a_blank(tiny_causal: Path, tiny_masked: Path) -> None:
    try:
        resolve(ModelChoice(), "causal", DATA)
    except WeightsError as error:
        pytest.skip(str(error))
    loop = Scheduler()
    loop.start()
    models = Models(loop)
    try:
        story, masked = ModelChoice(name=str(tiny_causal)), ModelChoice(name=str(tiny_masked))
        await models.load(ModelPlan(data=DATA, causal=story, masked=masked, engine="torch"))
        causal = next(model for model in models.health().models if model.role == "causal")
        assert causal.update
        scorer = await models.scorer()
        items = [
            ScoreItem(left=left.rstrip(), asked=f" {word}", right=right)
            for left, word, behind in BLANKS
            for right in (behind, "")
        ]
        scores = [sum(words) for words in await loop.run(scorer.score(items))]
        for (_, word, _), seen, unseen in zip(BLANKS, scores[::2], scores[1::2], strict=True):
            assert seen > unseen + 1.0, word
        left, word, right = BLANKS[1]
        gaps = (Gap(left=left, right=right), Gap(left=left, right=" and"))
        request = ProposeRequest(model="causal", gaps=gaps, lengths=(1,), beam=12, samples=4)
        seen_fills, unseen_fills = ([fill.text for fill in fills] for fills in await loop.run(scorer.propose(request)))
        assert word in seen_fills[:2]
        assert word not in unseen_fills[:2]
    finally:
        await loop.close()
