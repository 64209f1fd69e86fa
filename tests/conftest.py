"""What more than one part of the tests needs: fixtures, and how hypothesis looks for examples."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from bot.inference.client import EngineClient
from bot.logs import OURS, QUIETER
from storage.database import Database, open_database
from tests.support.clocks import epoch
from tests.support.databases import furnish
from tests.support.hub import LoopbackHub
from tests.support.models import tiny_bert, tiny_gpt2
from tests.support.patience import SLOW_IS_FINE
from tests.support.thread_runner import run_in_thread
from tests.support.worker import Worker, client_of, serving, until_ready

# The same examples each time, so that whoever changes something is not told of something else. To look for new ones:
# pytest --hypothesis-profile=search
# On a busy machine examples may take long to be made, which is no fault.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("search", max_examples=500, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.load_profile("repeatable")


LONGEST = (
    "sandbox/test_page.py",
    "wire/test_killed.py",
    "inference/test_supervisor.py",
    "sandbox/test_presses.py",
    "sandbox/test_threads.py",
    "worker/causal/test_engine_contract.py",
    "worker/causal/test_token_tree.py",
    "sandbox/test_infill_page.py",
    "sandbox/test_story_page.py",
    "wire/test_lost_cards.py",
    "wire/test_stopping.py",
    "wire/test_gateway.py",
    "worker/test_both_sides.py",
    "publishing/test_epub.py",
    "training/test_causal.py",
)
"""The files that take longest, which begin first: files run side by side, each as a whole, and one that began last
would be waited for alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    places = {path: place for place, path in enumerate(LONGEST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: places.get(_within(item.path, here), len(places)))


def _within(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""


def pytest_configure() -> None:
    """Let whatever a test starts keep to the bundled story model, unless it names another."""
    os.environ["CAUSAL_MODEL"] = "bundled"


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Leave logging as it was found: a command that sets it up must not keep another test from hearing a line."""
    loggers = [logging.getLogger(name) for name in ("", *OURS, *QUIETER)]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    in_threads = threading.excepthook
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
    logging.captureWarnings(False)
    threading.excepthook = in_threads


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub that nobody is known to, asked without pauses."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere")
    monkeypatch.setattr("bot.worker.weights.hub.PAUSES_S", (0.0, 0.0, 0.0, 0.0))
    with LoopbackHub() as hub:
        yield hub


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny GPT-2, made once for all processes that test."""
    with _shared(tmp_path_factory) as shared:
        return tiny_gpt2(shared / "causal")


@pytest.fixture(scope="session")
def tiny_masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny BERT, made once for all processes that test."""
    with _shared(tmp_path_factory) as shared:
        return tiny_bert(shared / "masked")


@contextmanager
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that all processes of this run see, for one of them at a time."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (folder / "models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(scope="session")
def tiny_worker(tiny_causal: Path, tiny_masked: Path) -> Iterator[Worker]:
    """A worker with the tiny models, started once. They are slower on more than one thread."""
    torch.set_num_threads(1)
    with serving(tiny_causal, tiny_masked) as worker:
        run_in_thread(until_ready(worker))
        yield worker


@pytest.fixture
async def engine(tiny_worker: Worker) -> AsyncIterator[EngineClient]:
    """The real worker with tiny models, on a real socket."""
    async with client_of(tiny_worker) as client:
        yield client


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with nothing in it."""
    async with open_database(furnish(tmp_path / "data"), epoch) as opened:
        yield opened
