"""Which story model `CAUSAL_MODEL=auto` means: the large one where the machine carries it, else the bundled one.

The choice is made once, before anything else uses the data folder, and stored with its reason. It changes where the
large model cannot be loaded, and where the host names a model.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from bot import settings
from bot.settings import AUTO, BUNDLED, EngineChoice, ModelChoice
from bot.worker.weights.files import write_whole
from bot.worker.weights.large import LARGE, bytes_there, has_large
from bot.worker.weights.machine import Machine, look_at_machine

_log = logging.getLogger(__name__)

FILE = "story.json"
"""The stored choice, in the folder of the models: the sandbox uses that folder as well."""
MEMORY = 6 << 30
"""How many bytes of memory must be free for the large model: beside its weights they hold the texts of those who write
at the same time, and the conversion at its first start."""
DISK = 5 << 30
"""How many bytes of disk must be free for it: the file, its parts while they are put together, and the converted
weights. What of it is there already counts."""
LOCAL = ("auto", "openvino", "torch")
"""The engines whose story model lies on this machine."""
OFFER = (
    f"There is a larger story model, {LARGE.name}, which writes suggestions that more writers keep. CAUSAL_MODEL=large "
    "takes it: 1.1 GB are fetched, 5 GB of disk and 6 GB of memory are needed."
)
"""What the host of a data folder from an earlier version is told once."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The stored choice. `by` says what it came of: the machine was measured; the host had named a model, so that
    nothing has been chosen yet; the folder is from an earlier version; or the large model could not be loaded."""

    model: Literal["large", "bundled"]
    by: Literal["machine", "host", "earlier", "failure"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The story model to load now, the one to change to when it has been fetched, and why, as a sentence."""

    now: ModelChoice
    later: ModelChoice | None = None
    reason: str


def plan_story(choice: ModelChoice, data: Path) -> Story:
    """Return what a choice means now. It measures and stores nothing: where nothing is stored, `auto` is the bundled
    model."""
    if choice == AUTO:
        kept = _read(data)
        return _story(kept, data) if kept is not None else Story(now=BUNDLED, reason="Nothing has been chosen yet.")
    if choice == settings.LARGE:
        return _story(Kept(model="large", by="host", reason="CAUSAL_MODEL names the large story model."), data)
    return Story(now=choice, reason=f"CAUSAL_MODEL names {choice}.")


def settle_story(
    choice: ModelChoice,
    data: Path,
    *,
    earlier: bool,
    engine: EngineChoice = "auto",
    device: str = "auto",
    machine: Machine | None = None,
    store: bool = True,
) -> Story:
    """Choose, where nothing is stored yet, store it, and return what it means now (see `plan_story`).

    `earlier`: the folder was in use before, by a version that stored no choice. `machine` is measured where it is
    None. Where nothing can be stored, which is logged, it is the bundled model. `store` False: only tell what would be
    chosen.
    """
    if engine not in LOCAL:
        return Story(now=choice, reason=f"The story model is the one of ENGINE={engine}.")
    kept = _read(data)
    if choice != AUTO:
        if kept is None and store:
            with suppress(OSError):  # it only tells a later `auto` that nothing has been chosen
                _write(data, Kept(model="bundled", by="host", reason=f"CAUSAL_MODEL named {choice}."))
        return plan_story(choice, data)
    if kept is not None and kept.by != "host":
        return _story(kept, data)
    found = machine or look_at_machine(data / "models")
    there = bytes_there(data)
    kept = choose(found, there=there, earlier=earlier and kept is None, engine=engine, device=device)
    if store:
        if not _store(data, kept):
            return plan_story(choice, data)
        if kept.by == "earlier":
            _log.info("%s", OFFER)
    return _story(kept, data)


def choose(machine: Machine, *, there: int, earlier: bool, engine: EngineChoice, device: str) -> Kept:
    """Choose for this machine; `there` bytes of the large model are on its disk already."""
    if earlier:
        reason = "This data folder has been in use with the small story model, which stays."
        return Kept(model="bundled", by="earlier", reason=reason)
    problem = _against_large(machine, there, engine, device)
    if problem is not None:
        reason = f"The story model is the small one: {problem}. CAUSAL_MODEL=large takes the large one all the same."
        return Kept(model="bundled", by="machine", reason=reason)
    reason = (
        f"The story model is the large one, {LARGE.name}: {_gib(machine.memory)} of memory and {_gib(machine.disk)} of "
        "disk were free. CAUSAL_MODEL=bundled keeps the small one."
    )
    return Kept(model="large", by="machine", reason=reason)


def give_up_large(data: Path, reason: str) -> None:
    """Store that `auto` means the small model from now on, as the large one cannot be loaded for `reason`."""
    told = (
        f"The large story model could not be loaded ({reason}), so it is the small one. CAUSAL_MODEL=large tries again."
    )
    _store(data, Kept(model="bundled", by="failure", reason=told))


def _against_large(machine: Machine, there: int, engine: EngineChoice, device: str) -> str | None:
    """What speaks against the large model, as the end of a sentence."""
    if engine not in ("auto", "openvino") or not machine.openvino:
        return "the large one is quick enough only with OpenVINO"
    if device not in ("auto", "cpu"):
        return f"the large one was measured on the CPU alone, and DEVICE is {device}"
    if machine.memory is None:
        return "nothing tells how much memory is free here"
    if machine.memory < MEMORY:
        return f"the large one needs {_gib(MEMORY)} of free memory, and {_gib(machine.memory)} are free"
    if machine.disk + there < DISK:
        return f"the large one needs {_gib(DISK)} of free disk, and {_gib(machine.disk)} are free"
    return None


def _story(kept: Kept, data: Path) -> Story:
    if kept.model == "bundled":
        return Story(now=BUNDLED, reason=kept.reason)
    if has_large(data):
        return Story(now=settings.LARGE, reason=kept.reason)
    return Story(
        now=BUNDLED, later=settings.LARGE, reason=f"{kept.reason} Until it has been fetched, the small one writes."
    )


def _gib(size: int | None) -> str:
    return "an unknown amount" if size is None else f"{size / 2**30:.1f} GiB"


def _path(data: Path) -> Path:
    return data / "models" / FILE


def _read(data: Path) -> Kept | None:
    """The stored choice; one that cannot be read is as if the host had named a model: it is made anew."""
    try:
        return msgspec.json.decode(_path(data).read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("%s cannot be read (%s): the choice is made anew.", _path(data), type(error).__name__)
        return Kept(model="bundled", by="host", reason="The stored choice could not be read.")


def _store(data: Path, kept: Kept) -> bool:
    try:
        _write(data, kept)
        return True
    except OSError as error:
        _log.warning("%s cannot be written (%s): the story model is the small one.", _path(data), error.strerror)
        return False


def _write(data: Path, kept: Kept) -> None:
    write_whole(_path(data), msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
