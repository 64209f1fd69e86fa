"""A hub on loopback: it speaks as much of the Hugging Face Hub's API as downloads need, and fails as it is told to.

    with LoopbackHub() as hub:
        hub.add("tiny/llama", folder, license="apache-2.0")
        hub.fail("model.safetensors", Cut(after=1000))

Repository info, the tree (a few entries a page), resolve with ETag, X-Linked-Etag and X-Repo-Commit, redirects of large
files to another origin (the "CDN", which knows no tokens), ranges, renamed and gated repositories. It answers proxy
requests as well. What it was asked stands in `asked`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

PAGE = 3
"""Entries of a tree in one answer."""
LARGE = (".safetensors", ".gguf", ".bin")
"""What a repository keeps as LFS."""
_MISSING = "Repository not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Answer with this status."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Close the connection after so many bytes of the answer's body."""

    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoil:
    """Send the right number of bytes, of which the first is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as it came."""

    method: str
    target: str
    headers: dict[str, str]
    cdn: bool

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)


@dataclass(slots=True, kw_only=True)
class Repository:
    """What the hub keeps of one repository: its files at each commit, and the commits of its branches."""

    id: str
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    gated: bool = False
    members: frozenset[str] = frozenset()

    def commit_of(self, revision: str) -> str | None:
        found = self.branches.get(revision, revision)
        return found if found in self.commits else None


class LoopbackHub:
    """Two servers, the hub and its CDN, while it is entered."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.tokens = {"hf_good", "hf_stranger"}
        """The tokens that it knows."""
        self._repositories: dict[str, Repository] = {}
        self._renamed: dict[str, str] = {}
        self._faults: list[tuple[str, Refuse | Cut | Spoil]] = []
        self._blobs: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._hub = _serve(self, cdn=False)
        self._cdn = _serve(self, cdn=True)
        self.url = f"http://127.0.0.1:{self._hub.server_port}"

    def __enter__(self) -> LoopbackHub:
        for server in (self._hub, self._cdn):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for server in (self._hub, self._cdn):
            server.shutdown()
            server.server_close()

    def add(self, id_: str, source: Path | dict[str, bytes], *, branch: str = "main", **card: Any) -> str:
        """Commit the files of a folder, a single file, or bytes to a repository; return the commit."""
        files = source if isinstance(source, dict) else _read(source)
        commit = hashlib.sha1(json.dumps({name: _git_id(data) for name, data in files.items()}).encode()).hexdigest()
        repository = self._repositories.setdefault(id_, Repository(id=id_))
        repository.commits[commit] = files
        repository.branches[branch] = commit
        repository.card |= card
        for data in files.values():
            self._blobs[hashlib.sha256(data).hexdigest()] = data
        return commit

    def gate(self, id_: str, *members: str) -> None:
        """Let only these tokens have the files."""
        self._repositories[id_].gated, self._repositories[id_].members = True, frozenset(members)

    def rename(self, old: str, new: str) -> None:
        """Redirect what asks for the old name."""
        self._renamed[old] = new

    def fail(self, part: str, *faults: Refuse | Cut | Spoil) -> None:
        """Answer the next requests (HEAD aside) whose path holds `part` with these faults, one each."""
        self._faults += [(part, fault) for fault in faults]

    def asked_for(self, part: str) -> list[Asked]:
        """Return the requests whose path holds `part`."""
        return [asked for asked in self.asked if part in asked.path]

    def take_fault(self, path: str) -> Refuse | Cut | Spoil | None:
        """Return the next fault for a path, and forget it."""
        with self._lock:
            for number, (part, fault) in enumerate(self._faults):
                if part in path:
                    del self._faults[number]
                    return fault
        return None

    def find(self, id_: str) -> Repository | None:
        return self._repositories.get(id_)

    def new_name(self, id_: str) -> str | None:
        return self._renamed.get(id_)

    def cdn_url(self, data: bytes, name: str) -> str:
        sha = hashlib.sha256(data).hexdigest()
        return f"http://localhost:{self._cdn.server_port}/blobs/{sha}/{quote(name)}?signature=abc"

    def blob(self, sha256: str) -> bytes | None:
        return self._blobs.get(sha256)


def _read(source: Path) -> dict[str, bytes]:
    if source.is_file():
        return {source.name: source.read_bytes()}
    return {
        path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(source.rglob("*")) if path.is_file()
    }


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _serve(hub: LoopbackHub, *, cdn: bool) -> ThreadingHTTPServer:
    class Handler(_Handler):
        pass

    Handler.hub, Handler.cdn = hub, cdn
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub
    cdn: bool

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(method=self.command, target=self.path, headers=headers, cdn=self.cdn)
        self.hub.asked.append(asked)
        fault = None if self.command == "HEAD" else self.hub.take_fault(asked.path)
        self._cut = fault.after if isinstance(fault, Cut) else None
        self._spoilt = isinstance(fault, Spoil)
        if isinstance(fault, Refuse):
            self._answer(fault.status, b"", fault.headers)
        elif self.cdn:
            self._send_file(self.hub.blob(asked.path.split("/")[2]) or b"", {})
        else:
            self._route()

    def do_HEAD(self) -> None:
        self.do_GET()

    def _route(self) -> None:
        routes: list[tuple[str, Callable[..., None]]] = [
            (r"/api/models/(?P<id>[^/]+/[^/]+|[^/]+)/tree/(?P<revision>[^/]+)", self._tree),
            (r"/api/models/(?P<id>[^/]+/[^/]+|[^/]+)/revision/(?P<revision>[^/]+)", self._info),
            (r"/api/models/(?P<id>[^/]+/[^/]+|[^/]+)", self._info),
            (r"/(?P<id>[^/]+/[^/]+|[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)", self._resolve),
        ]
        raw = urlsplit(self.path).path
        for pattern, answer in routes:
            match = re.fullmatch(pattern, raw)
            if match is None:
                continue
            given = {key: unquote(value) for key, value in match.groupdict().items()}
            id_ = given.pop("id")
            new = self.hub.new_name(id_)
            if new is not None:
                self._answer(307, b"", {"Location": self.path.replace(id_, new, 1)})
                return
            repository = self._allowed(id_, files="name" in given)
            if repository is None:
                return
            commit = repository.commit_of(given.pop("revision", "main"))
            if commit is None:
                self._answer(404, b"", {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"})
                return
            answer(repository, commit, **given)
            return
        self._answer(404, b"", {})

    def _allowed(self, id_: str, *, files: bool) -> Repository | None:
        """Return the repository where it may be seen; else answer as the hub does."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        repository = self.hub.find(id_)
        if token and token not in self.hub.tokens:
            self._answer(401, b"", {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif repository is None:
            status = 404 if token else 401  # whoever is not logged in is not told what there is
            self._answer(status, b"", {"X-Error-Code": "RepoNotFound", "X-Error-Message": _MISSING})
        elif files and repository.gated and token not in repository.members:
            said = f"Access to model {id_} is restricted."
            self._answer(403 if token else 401, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": said})
        else:
            return repository
        return None

    def _info(self, repository: Repository, commit: str) -> None:
        info = {
            "id": repository.id,
            "sha": commit,
            "private": False,
            "gated": "manual" if repository.gated else False,
            "disabled": False,
            "tags": ["transformers"],
            "cardData": repository.card,
            "siblings": [{"rfilename": name} for name in repository.commits[commit]],
        }
        self._answer_json(info, {})

    def _tree(self, repository: Repository, commit: str) -> None:
        query = parse_qs(urlsplit(self.path).query)
        start = int(query.get("cursor", ["0"])[0])
        entries = [_entry(name, data) for name, data in sorted(repository.commits[commit].items())]
        folders = {Path(entry["path"]).parent.as_posix() for entry in entries} - {"."}
        entries += [{"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in sorted(folders)]
        headers = {}
        if start + PAGE < len(entries):
            base = f"{self.hub.url}{urlsplit(self.path).path}"
            headers["Link"] = f'<{base}?recursive=true&cursor={start + PAGE}>; rel="next"'
        self._answer_json(entries[start : start + PAGE], headers)

    def _resolve(self, repository: Repository, commit: str, name: str) -> None:
        data = repository.commits[commit].get(name)
        headers = {"X-Repo-Commit": commit}
        if data is None:
            self._answer(404, b"", headers | {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"})
        elif name.endswith(LARGE):
            sha = hashlib.sha256(data).hexdigest()
            linked = {"X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(len(data))}
            self._answer(302, b"", headers | linked | {"Location": self.hub.cdn_url(data, name), "ETag": f'"{sha}"'})
        else:
            self._send_file(data, headers | {"ETag": f'"{_git_id(data)}"'})

    def _send_file(self, data: bytes, headers: dict[str, str]) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        if wanted and start >= len(data):
            self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        body = b"\0" + data[1:] if self._spoilt else data
        if wanted:
            headers = headers | {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        self._answer(206 if wanted else 200, body[start:], headers)

    def _answer_json(self, value: Any, headers: dict[str, str]) -> None:
        self._answer(200, json.dumps(value).encode(), headers | {"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Accept-Ranges": "bytes", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: self._cut])
        if self._cut is not None:
            self.close_connection = True


def _entry(name: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": _git_id(data), "size": len(data), "path": name}
    if name.endswith(LARGE):
        sha = hashlib.sha256(data).hexdigest()
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha}\nsize {len(data)}\n".encode()
        entry |= {"oid": _git_id(pointer), "lfs": {"oid": sha, "size": len(data), "pointerSize": len(pointer)}}
    return entry
