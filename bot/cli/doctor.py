"""`inkling doctor`: what this machine has, what Inkling makes of it, and what the host should mend."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bot.cli.models import chosen
from bot.cli.story import foresee
from bot.cli.terminal import Terminal
from bot.errors import WeightsError
from bot.inference.model_server import server_of
from bot.inference.protocol import ModelRole
from bot.settings import BUNDLED, ModelChoice, Settings
from bot.worker.served.errors import ServerTrouble
from bot.worker.served.probe import look
from bot.worker.weights.bundled import causal_file
from bot.worker.weights.downloads import told
from bot.worker.weights.large import LARGE, bytes_there
from bot.worker.weights.machine import look_at_machine
from bot.worker.weights.resolving import is_hub_id, resolve
from bot.worker.weights.snapshots import find

LITTLE_MEMORY = 2 << 30
"""Below so many free bytes of memory even the bundled models may not fit beside the bot."""
LITTLE_DISK = 1 << 30
"""Below so many free bytes of disk the database and its backups may soon find no room."""

State = Literal["well", "note", "mend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at; `mend`: the host has to do something, which `told` says."""

    subject: str
    state: State
    told: str


def examine(settings: Settings, terminal: Terminal) -> int:
    """Print what is found, a line each; 1 where something is to be mended."""
    findings = [finding for look in LOOKS for finding in look(settings)]
    for finding in findings:
        terminal.say(f"{finding.state}  {finding.subject}: {finding.told}")
    return int(any(finding.state == "mend" for finding in findings))


def _discord(settings: Settings) -> Iterator[Diagnosis]:
    if settings.discord_token is None:
        told_ = "DISCORD_TOKEN is empty: `inkling run` opens the sandbox."
        yield Diagnosis(subject="discord", state="note", told=told_)
    else:
        yield Diagnosis(subject="discord", state="well", told="DISCORD_TOKEN is set.")


def _machine(settings: Settings) -> Iterator[Diagnosis]:
    found = look_at_machine(settings.data)
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}."
    yield Diagnosis(subject="machine", state="well", told=system)
    if found.memory is None:
        yield Diagnosis(subject="memory", state="note", told="Nothing tells how much memory is free here.")
    else:
        short = found.memory < LITTLE_MEMORY
        more = f" The bundled models need {told(LITTLE_MEMORY)}: close something, or raise the limit." if short else ""
        free = f"{told(found.memory)} are free.{more}"
        yield Diagnosis(subject="memory", state="mend" if short else "well", told=free)
    short = found.disk < LITTLE_DISK
    more = " Make room, or let INKLING_DATA name a folder elsewhere." if short else ""
    free = f"{told(found.disk)} are free in {settings.data}.{more}"
    yield Diagnosis(subject="disk", state="mend" if short else "well", told=free)


def _folder(settings: Settings) -> Iterator[Diagnosis]:
    folder = settings.data
    if not folder.exists():
        yield Diagnosis(subject="data", state="note", told=f"{folder} is made at the first start.")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Diagnosis(subject="data", state="mend", told=f"{folder} cannot be written: change its owner or its mode.")
    else:
        yield Diagnosis(subject="data", state="well", told=f"{folder} can be written.")


def _engine(settings: Settings) -> Iterator[Diagnosis]:
    if settings.engine == "openvino" and importlib.util.find_spec("openvino_genai") is None:
        told_ = "ENGINE=openvino, but OpenVINO GenAI is not installed: set ENGINE=auto or torch."
        yield Diagnosis(subject="engine", state="mend", told=told_)
        return
    if settings.engine == "openai":
        told_ = "A model server writes (ENGINE=openai); blanks are filled here."
        yield Diagnosis(subject="engine", state="well", told=told_)
        return
    quick = settings.engine in ("auto", "openvino") and importlib.util.find_spec("openvino_genai") is not None
    yield Diagnosis(
        subject="engine",
        state="well",
        told="OpenVINO, where the model and DEVICE allow." if quick else f"ENGINE={settings.engine}, without OpenVINO.",
    )


def _server(settings: Settings) -> Iterator[Diagnosis]:
    """Ask a model server what it has: it is reached, with the key, for the model that is named there."""
    server = server_of(settings)
    if server is None or settings.inference_url is not None:
        return
    try:
        found = asyncio.run(look(server))
    except ServerTrouble as error:
        yield Diagnosis(subject="model server", state="mend", told=f"{str(error)[0].upper()}{str(error)[1:]}.")
        return
    yield Diagnosis(subject="model server", state="well", told=f"{server.host} has {found.model}: {found.described}.")
    if server.told_host:
        goes = "Texts are sent there to be continued, but for stories whose rules keep them here."
        yield Diagnosis(subject="model server", state="note", told=goes)


def _models(settings: Settings) -> Iterator[Diagnosis]:
    if settings.inference_url is not None:
        yield Diagnosis(subject="models", state="note", told=f"They run elsewhere, at {settings.inference_url}.")
        return
    story = foresee(settings)
    yield Diagnosis(subject="story model", state="well", told=story.reason)
    if story.later is not None and (come := min(bytes_there(settings.data), LARGE.size)):
        share = f"{told(come)} of {told(LARGE.size)} of {LARGE.name} have come."
        yield Diagnosis(subject="story model", state="note", told=share)
    for role, choice in chosen(replace(settings, causal_model=story.now)):
        if _comes_by_itself(settings, role, choice):
            yield Diagnosis(subject=f"{role} model", state="note", told=f"{choice} is fetched at the first start.")
            continue
        try:
            model = resolve(choice, role, settings.data, settings.hub)
        except WeightsError as error:
            yield Diagnosis(subject=f"{role} model", state="mend", told=str(error))
        else:
            whole = f"{model.name} ({model.revision}) is in {model.gguf or model.folder}."
            yield Diagnosis(subject=f"{role} model", state="well", told=whole)


def _comes_by_itself(settings: Settings, role: ModelRole, choice: ModelChoice) -> bool:
    """Tell whether a model is not here yet, and is fetched by whatever needs it first."""
    if role == "causal" and choice == BUNDLED:
        return not causal_file(settings.data).exists()
    return is_hub_id(choice) and find(choice, role, settings.data) is None


LOOKS: tuple[Callable[[Settings], Iterator[Diagnosis]], ...] = (_discord, _machine, _folder, _engine, _server, _models)
"""What is looked at, in this order."""
