"""The worker's models while they load, one after another, and when they are there: what writes, and the infill pair."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.errors import WeightsError, WorkerRefused, WorkerUnavailable
from bot.inference.protocol import Health, ModelInfo, ModelRole
from bot.inference.worker_config import ModelPlan
from bot.settings import BUNDLED, LARGE, ModelChoice
from bot.worker.attempts import attempt
from bot.worker.causal.converting import Told
from bot.worker.causal.engine_choice import is_at_hand, is_ir, make_ready, open_causal
from bot.worker.causal.protocol import CausalEngine
from bot.worker.default_dtype import DEFAULT_DTYPE
from bot.worker.model_change import Change, Successor, give_up, large_successor
from bot.worker.scheduler import Scheduler
from bot.worker.served.engine import ServedEngine
from bot.worker.weights.files import Progress
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.resolving import resolve
from bot.worker.weights.story_choice import plan_story

if TYPE_CHECKING:  # torch takes seconds to import, and generating must not wait for it
    from bot.worker.causal.scoring import CausalScorer
    from bot.worker.masked.model import MaskedModel

_log = logging.getLogger(__name__)

ModelT = TypeVar("ModelT")

STARTED, STORY_LOADED, MASKED_LOADED = 0.1, 0.4, 0.7
"""How much of the loading is done when the worker can be asked, when the story model is there, and when the masked
model is: between the first start on a machine, when the causal models are prepared, and later ones, which torch's
import rules."""


class Models:
    """The models and the loop they work in. Made in the event loop that serves them."""

    def __init__(self, loop: Scheduler) -> None:
        self.loop = loop
        self.stage = "starting"
        self._loaded = STARTED
        self.successor: Successor | None = None
        """What is to write instead of the story model, once all is loaded: see `change`."""
        self._change: Change | None = None
        self._story: CausalEngine | None = None
        self._infos: list[ModelInfo] = []
        self._masked: asyncio.Future[MaskedModel] = asyncio.get_running_loop().create_future()
        self._scorer: asyncio.Future[CausalScorer] = asyncio.get_running_loop().create_future()

    async def load(self, plan: ModelPlan) -> None:
        """Load everything, what writes first. Requests wait for what they need. Raises `WeightsError`."""
        self.stage = "loading the story model"
        story, engine = await asyncio.to_thread(self._load_story, plan)
        self._take_up(engine)
        self._loaded = STORY_LOADED
        self.stage = "loading the masked model"
        masked = await asyncio.to_thread(_open_masked, plan)
        self.loop.widen(masked.compute_threads)
        self._infos.append(masked.info)
        self._masked.set_result(masked)
        self._loaded = MASKED_LOADED
        self.stage = "loading the infill model"
        infill = await asyncio.to_thread(_resolve, plan, plan.infill, "causal")
        if is_ir(infill):
            self._scorer.set_exception(WorkerRefused(f"{infill.name} is in OpenVINO's own format and cannot score"))
        else:
            scorer = await asyncio.to_thread(_open_scorer, infill, engine if infill == story else None, plan)
            self._infos.append(_info_of(scorer, infill))
            self._scorer.set_result(scorer)
        self.stage, self._loaded = "ready", 1.0

    def _prepared(self, done: int, total: int) -> None:
        """Hear from a thread how far the making of what a story model is loaded from is."""
        self._loaded = STARTED + (STORY_LOADED - STARTED) * done / max(1, total)

    def _load_story(self, plan: ModelPlan) -> tuple[ResolvedModel, CausalEngine]:
        """Load what writes first: the large model only where it is ready: nobody should wait a minute."""
        planned = plan_story(plan.causal, plan.data)
        now, later = planned.now, planned.later
        if now == LARGE and not _is_at_hand(_resolve(plan, LARGE, "causal"), plan):
            now, later = BUNDLED, LARGE
        self.successor = None if later is None else large_successor(plan.data, plan.hub)
        if now == LARGE:
            try:
                with attempt(plan.data):
                    story = _resolve(plan, LARGE, "causal")
                    return story, _open_story(story, plan, strict=True, told=self._prepared)
            except WeightsError as error:
                give_up(large_successor(plan.data, plan.hub), error)
                now = BUNDLED
        story = _resolve(plan, now, "causal")
        return story, _open_story(story, plan, told=self._prepared)

    async def change(self, plan: ModelPlan) -> None:
        """Let the successor take over, where there is one; what fails is logged. Cancel it when the worker ends."""
        if self.successor is None:
            return

        def open_(model: ResolvedModel, progress: Progress) -> CausalEngine:
            def told(done: int, total: int) -> None:
                progress("preparing for OpenVINO" if done < total else "loading", done, total)

            told(0, 0)
            make_ready(model, engine=plan.engine, device=plan.device, cache=plan.data / "cache", told=told)
            with attempt(plan.data):
                return _open_story(model, plan, strict=True)

        self._change = Change(self.successor, open_)
        await self._change.run(self._take_up)

    def _take_up(self, engine: CausalEngine) -> None:
        self._story = engine
        self.loop.adopt(engine)

    async def masked(self) -> MaskedModel:
        """Return the masked model, when it is there."""
        return await self._wait(self._masked)

    async def scorer(self) -> CausalScorer:
        """Return the infill pair's causal model, when it is there."""
        return await self._wait(self._scorer)

    async def _wait(self, model: asyncio.Future[ModelT]) -> ModelT:
        if self.loop.failed.is_set():
            raise WorkerUnavailable("the models' thread has ended")
        return await asyncio.shield(model)

    def health(self) -> Health:
        """Tell how things are."""
        return Health(
            ready=self.stage == "ready" and not self.loop.failed.is_set(),
            stage=self.stage,
            models=(*(() if self._story is None else (self._story.info,)), *self._infos),
            rows_running=self.loop.rows_running,
            requests_waiting=self.loop.requests + self.loop.untold,
            steps=self.loop.steps,
            tokens_per_s=round(self.loop.tokens_per_s, 1),
            rss_mb=round(_rss_bytes() / 2**20, 1),
            peak_mb=round(_peak_bytes() / 2**20, 1),
            loaded=round(self._loaded, 3),
            coming=None if self._change is None else self._change.coming,
        )


def _resolve(plan: ModelPlan, choice: ModelChoice, role: ModelRole) -> ResolvedModel:
    told: set[str] = set()

    def note(label: str, done: int, total: int) -> None:
        if label not in told:  # the log has a line for each file
            told.add(label)
            _log.info("%s", label)

    return resolve(choice, role, plan.data, plan.hub, note)


def _open_story(
    model: ResolvedModel, plan: ModelPlan, *, strict: bool = False, told: Told | None = None
) -> CausalEngine:
    """Open what writes: the model, or a server's, beside which the model is opened when a text must stay here.
    `told(done, total)` hears how far the making of what it is loaded from is, where that is not there yet."""

    def here() -> CausalEngine:
        return open_causal(
            model,
            engine=plan.engine,
            device=plan.device,
            dtype=plan.dtype,
            cache=plan.data / "cache",
            strict=strict,
            told=told,
        )

    return here() if plan.server is None else ServedEngine(plan.server, here)


def _is_at_hand(model: ResolvedModel, plan: ModelPlan) -> bool:
    return is_at_hand(model, engine=plan.engine, device=plan.device, cache=plan.data / "cache")


def _open_masked(plan: ModelPlan) -> MaskedModel:
    from bot.worker.masked.model import open_masked

    return open_masked(_resolve(plan, plan.masked, "masked"), device=plan.device, dtype=plan.dtype)


def _open_scorer(model: ResolvedModel, engine: CausalEngine | None, plan: ModelPlan) -> CausalScorer:
    """Share the model of a torch `engine` that writes with the same; else, or where it has an update that only scores
    and infills are made with, load it for these alone."""
    from bot.worker.causal.fill_in_the_middle import MiddleIds
    from bot.worker.causal.loading import load_causal
    from bot.worker.causal.lora import add_lora
    from bot.worker.causal.scoring import CausalScorer
    from bot.worker.causal.torch_engine import TorchEngine
    from bot.worker.prepacked import prepack

    middle_ids = None
    if isinstance(engine, TorchEngine) and model.update is None:
        loaded, tokenizer = engine.model, engine.tokenizer
    else:
        loaded, tokenizer = load_causal(model, plan.device, plan.dtype, plan.data / "cache")
        if model.update is not None:
            add_lora(loaded, model.update.file)
            middle_ids = MiddleIds.of(tokenizer)
        prepack(loaded)
    with DEFAULT_DTYPE:  # it may try the model, which may be decoding
        return CausalScorer(loaded, tokenizer, str(loaded.device), middle_ids)


def _info_of(scorer: CausalScorer, model: ResolvedModel) -> ModelInfo:
    return ModelInfo(
        role="causal",
        name=model.name,
        revision=model.revision,
        engine="torch",
        window=scorer.window,
        languages=model.languages,
        update=model.update.revision if model.update else "",
    )


def _rss_bytes() -> int:
    """Memory in use now; where /proc is missing (macOS), its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return _peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    """The most memory that was in use. What getrusage says holds the peak of the process that began this one as well,
    so on Linux it is asked of /proc."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        status = ""
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    if found is not None:
        return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
