"""What the hub says of a repository, and how each of its refusals reads.

The requests are made with huggingface_hub's own session and headers, so that HF_ENDPOINT, HF_TOKEN, proxies and
HF_HUB_OFFLINE hold; its downloads are not used: they compare sizes only, never digests, and forget what had come when
they are broken off.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from bot.errors import WeightsError
from bot.settings import HubAccess, ModelChoice

if TYPE_CHECKING:
    from httpx2 import Response

PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""How long to wait before each further attempt, in seconds, while nothing comes."""
LONGEST_WAIT_S = 120
"""The longest wait that a hub may ask for, in seconds; a longer one ends the command with a sentence that says it."""
UNSAID_WAIT_S = 60
"""How long to wait where a hub says that it is asked too often, but not for how long, in seconds."""
LONGEST_ANSWER = 32 << 20
"""Bytes of an answer about a repository."""
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
"""The number with which the message of an OSError begins."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
"""A commit's hash (SHA-1)."""
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A file's digest: the SHA-1 of a git blob, or the SHA-256 of a file in LFS."""


class RemoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a repository: its path there, its size in bytes, and its digest in hexadecimal: the SHA-256 of what is
    kept as LFS, else the SHA-1 that git knows it by (40 digits)."""

    path: str
    size: int
    digest: str


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository at one commit. `license` and `languages` are what its card says."""

    name: str
    commit: str
    files: tuple[RemoteFile, ...]
    license: str = ""
    languages: tuple[str, ...] = ()


class _Info(msgspec.Struct):
    sha: str
    cardData: dict[str, Any] | None = None  # noqa: N815 - the hub's name
    tags: list[str] = []


class _Lfs(msgspec.Struct):
    oid: str
    size: int


class _Entry(msgspec.Struct):
    type: str
    path: str
    oid: str = ""
    size: int = 0
    lfs: _Lfs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How waits are made: `wait` takes seconds; `say` is told what is waited for, in a few words."""

    wait: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda _: None


class Hub:
    """One hub, as the settings and the environment name it."""

    def __init__(self, access: HubAccess, patience: Patience | None = None) -> None:
        from huggingface_hub import constants, get_token

        self.endpoint = access.endpoint or constants.ENDPOINT
        implicit = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
        self._token = access.token or implicit
        self._patience = patience or Patience()

    def look(self, choice: ModelChoice) -> Repository:
        """Ask for a repository and all that it holds. Raises `WeightsError`."""
        revision = f"/revision/{quote(choice.revision, safe='')}" if choice.revision else ""
        base = f"{self.endpoint}/api/models/{choice.name}"
        info = self._read(f"{base}{revision}", _Info, choice)[0]
        if _COMMIT.fullmatch(info.sha) is None:
            raise self._no_hub(choice)
        entries: list[_Entry] = []
        page: str | None = f"{base}/tree/{info.sha}?recursive=true&expand=false"
        while page is not None:
            found, page = self._read(page, list[_Entry], choice)
            entries += found
        card = info.cardData or {}
        return Repository(
            name=choice.name,
            commit=info.sha,
            files=tuple(_remote(entry) for entry in entries if entry.type == "file" and _is_safe(entry.path)),
            license=_license(card, info.tags),
            languages=_texts(card.get("language")),
        )

    @contextmanager
    def opened(self, repository: Repository, file: RemoteFile, start: int) -> Iterator[Response]:
        """Open a file of a repository from byte `start` on: the status is 206 where the hub follows that, else 200.

        Raises what httpx2 and huggingface_hub raise: see `patiently`.
        """
        path = f"{repository.name}/resolve/{repository.commit}/{quote(file.path)}"
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._stream(f"{self.endpoint}/{path}", headers) as response:
            yield response

    def patiently(self, attempt: Callable[[], None], choice: ModelChoice) -> None:
        """Call `attempt` until it ends without an error, with pauses; `Interrupted` tells whether anything had come.

        Raises `WeightsError` for what waiting does not mend.
        """
        from httpx2 import HTTPError
        from huggingface_hub.errors import HfHubHTTPError

        failures = 0
        while True:
            try:
                attempt()
                return
            except Interrupted as interruption:
                failures = 0 if interruption.progressed else failures
                error, pause = interruption.error, self._pause(interruption.error, failures)
            except (HTTPError, HfHubHTTPError, ConnectionError) as raised:
                error, pause = raised, self._pause(raised, failures)
            if pause is None:
                raise self._explained(error, choice) from error
            self._patience.wait(pause)
            failures += 1

    @contextmanager
    def _stream(self, url: str, headers: dict[str, str]) -> Iterator[Response]:
        from huggingface_hub import constants, get_session, hf_raise_for_status

        sent = {"Accept-Encoding": "identity", "User-Agent": "inkling"} | headers
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"  # the session leaves it out where it is sent elsewhere
        timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        with get_session().stream("GET", url, headers=sent, timeout=timeout) as response:
            hf_raise_for_status(response)
            yield response

    def _read(self, url: str, kind: Any, choice: ModelChoice) -> tuple[Any, str | None]:
        """Return an answer as a value of `kind`, and the address of its next page."""
        found: list[tuple[Any, str | None]] = []

        def attempt() -> None:
            body = bytearray()
            with self._stream(url, {}) as response:
                for block in response.iter_bytes():
                    body += block
                    if len(body) > LONGEST_ANSWER:
                        raise self._no_hub(choice)
                following = response.links.get("next", {}).get("url")
            try:
                found.append((msgspec.json.decode(bytes(body), type=kind), following))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise self._no_hub(choice) from error

        self.patiently(attempt, choice)
        return found[0]

    def _pause(self, error: Exception, failures: int) -> float | None:
        """Return how long to wait before the next attempt; None where that is in vain."""
        from httpx2 import TransportError
        from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

        if failures >= len(PAUSES_S) or isinstance(error, OfflineModeIsEnabled):
            return None
        if isinstance(error, HfHubHTTPError):
            status = error.response.status_code
            if status == 429:
                asked = _asked_wait(error)
                if asked > LONGEST_WAIT_S:
                    return None
                self._patience.say(f"the hub asks to wait {asked} s")
                return asked
            return PAUSES_S[failures] if status >= 500 or status == 408 else None
        return PAUSES_S[failures] if isinstance(error, (TransportError, ConnectionError)) else None

    def _no_hub(self, choice: ModelChoice) -> WeightsError:
        return WeightsError(
            f"{choice}: what answers at {self.endpoint} is no Hugging Face hub: check HF_ENDPOINT and the proxy."
        )

    def _explained(self, error: Exception, choice: ModelChoice) -> WeightsError:
        """Return the sentence for what a request ended with. No token is ever in it."""
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            OfflineModeIsEnabled,
            RemoteEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        name, host = choice.name, urlsplit(self.endpoint).netloc
        if isinstance(error, OfflineModeIsEnabled):
            said = f"{choice} is not here yet, and HF_HUB_OFFLINE forbids fetching it: unset that, or give a folder."
        elif isinstance(error, GatedRepoError):
            said = f"{name} is gated: accept its terms at {self.endpoint}/{name}, "
            said += (
                "with the account whose token is in HF_TOKEN, then try again."
                if self._token
                else f"put a token of that account ({self.endpoint}/settings/tokens) into HF_TOKEN, then try again."
            )
        elif isinstance(error, RevisionNotFoundError):
            said = f"{name} has no revision {choice.revision}: name a branch, a tag or a commit behind @, or nothing."
        elif isinstance(error, RemoteEntryNotFoundError):
            said = f"{name}: one of its files has gone from {host}: try again with another revision."
        elif isinstance(error, RepositoryNotFoundError):
            private = "or HF_TOKEN may not see it" if self._token else "a private one needs HF_TOKEN"
            said = f"{host} has no model {name}: check the spelling ({private})."
        elif isinstance(error, HfHubHTTPError):
            said = self._of_status(error, choice)
        else:
            reason = _reason(error)
            said = f"The model {choice} has to be fetched from {host}, which cannot be reached ({reason}). Check the "
            said += "network, the proxy and HF_ENDPOINT, or give a folder. What has come is kept."
        return WeightsError(said)

    def _of_status(self, error: Any, choice: ModelChoice) -> str:
        status, host = error.response.status_code, urlsplit(self.endpoint).netloc
        if status == 401:
            return f"{host} does not know the token in HF_TOKEN: make a new one at {self.endpoint}/settings/tokens."
        if status == 429:
            more = "" if self._token else " With a token in HF_TOKEN it allows more."
            return f"{host} allows no more requests for {_asked_wait(error)} s: try again then.{more}"
        if status >= 500:
            return f"{choice}: {host} has a fault of its own (status {status}): try again later. What has come is kept."
        return f"{choice}: {host} refuses it (status {status})."


class Interrupted(Exception):
    """What an attempt ended with, and whether anything had come before."""

    def __init__(self, error: Exception, *, progressed: bool) -> None:
        super().__init__()
        self.error = error
        self.progressed = progressed


def _asked_wait(error: Any) -> int:
    """Return the seconds that a 429 asks for: by Retry-After, or as the hub's RateLimit says it."""
    headers = error.response.headers
    asked = re.fullmatch(r"(\d{1,9})", headers.get("Retry-After", "")) or re.search(
        r";\s*t=(\d{1,9})", headers.get("RateLimit", "")
    )
    return int(asked[1]) if asked else UNSAID_WAIT_S


def _remote(entry: _Entry) -> RemoteFile:
    digest = entry.oid if entry.lfs is None else entry.lfs.oid
    if _DIGEST.fullmatch(digest) is None:
        raise WeightsError(f"The hub names no digest of {entry.path}, so it cannot be checked: take another model.")
    return RemoteFile(path=entry.path, size=entry.size if entry.lfs is None else entry.lfs.size, digest=digest)


def _is_safe(path: str) -> bool:
    """Tell whether a path that the hub names stays within the folder that it is put into."""
    return path.isprintable() and "\\" not in path and not {"", ".", ".."} & set(path.split("/"))


def _license(card: dict[str, Any], tags: list[str]) -> str:
    """Return the licence by the name that the card gives it ("other" has its own)."""
    named = _texts(card.get("license")) or tuple(
        tag.removeprefix("license:") for tag in tags if tag.startswith("license:")
    )
    if named == ("other",):
        named = _texts(card.get("license_name")) or named
    return ", ".join(named)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(text for text in values if isinstance(text, str) and text.isprintable() and 0 < len(text) < 80)


def _reason(error: Exception) -> str:
    lines = _ERRNO.sub("", str(error).strip()).splitlines()
    return lines[0][:200] if lines else type(error).__name__
