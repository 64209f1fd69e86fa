"""Computing while transformers makes another model, which changes torch's default dtype for the whole process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertForMaskedLM, GPT2LMHeadModel

from bot.worker.batching import Pass, Work
from bot.worker.causal.loading import load_causal
from bot.worker.masked.model import open_masked
from bot.worker.scheduler import Scheduler
from bot.worker.weights.model import ResolvedModel
from tests.support.engines import HandClock, ask, open_engine, run, texts
from tests.support.patience import PATIENCE_S

HELD_S = 0.3


@contextmanager
def being_made(kind: type[Any], load: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the block while `load` is in the middle of making a model of `kind`, which then takes a moment longer."""
    inside, seen = threading.Event(), []
    make = kind.__init__

    def slowly(self: Any, *args: Any, **options: Any) -> None:
        seen.append(torch.get_default_dtype())
        inside.set()
        threading.Event().wait(HELD_S)
        make(self, *args, **options)

    monkeypatch.setattr(kind, "__init__", slowly)
    thread = threading.Thread(target=load)
    thread.start()
    try:
        assert inside.wait(PATIENCE_S)
        assert seen == [torch.bfloat16], "transformers no longer does what this guards against"
        yield
    finally:
        thread.join()


def _resolved(folder: Path, role: Any) -> ResolvedModel:
    return ResolvedModel(role=role, name="tiny", revision="r1", folder=folder, gguf=None, languages=("en",))


def _load_masked(folder: Path) -> Callable[[], object]:
    return lambda: open_masked(_resolved(folder, "masked"), device="cpu", dtype="bfloat16")


def test_text_is_the_same_while_the_other_model_loads(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(tiny_causal, "torch", tmp_path, HandClock())
    quiet = texts(run(engine, ask("quiet")), "quiet")
    with being_made(BertForMaskedLM, _load_masked(tiny_masked), monkeypatch):
        meanwhile = texts(run(engine, ask("meanwhile")), "meanwhile")
    assert meanwhile == quiet


@pytest.mark.parametrize("kind", ["masked", "causal"])
async def test_pass_computes_in_float32_while_a_model_loads(
    kind: str, tiny_causal: Path, tiny_masked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_scorer() -> object:
        return load_causal(_resolved(tiny_causal, "causal"), "cpu", "bfloat16", tmp_path)

    def run(asks: Sequence[torch.dtype]) -> list[list[torch.dtype]]:
        return [[first, torch.rand(1).dtype] for first in asks]

    def work() -> Work[list[torch.dtype]]:
        dtypes: list[torch.dtype] = yield Pass(run, torch.tensor([0.5]).dtype, tokens=1, most=1)
        return dtypes

    loop = Scheduler()
    loop.start()
    made_class, load = (
        (BertForMaskedLM, _load_masked(tiny_masked)) if kind == "masked" else (GPT2LMHeadModel, load_scorer)
    )
    with being_made(made_class, load, monkeypatch):
        async with asyncio.timeout(PATIENCE_S):
            dtypes = await loop.run(work())
    assert dtypes == [torch.float32, torch.float32]
    await loop.close()
