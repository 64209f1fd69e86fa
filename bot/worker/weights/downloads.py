"""Brings one file from a hub: what had come before is kept, and what has come is checked by its digest."""

from __future__ import annotations

import errno
import hashlib
import shutil
from pathlib import Path

from bot.errors import WeightsError
from bot.settings import ModelChoice
from bot.worker.weights.files import Progress, hexdigest
from bot.worker.weights.hub import Hub, Interrupted, RemoteFile, Repository

SPARE = 256 << 20
"""Bytes of the disk that stay free."""


def bring(
    hub: Hub, choice: ModelChoice, repository: Repository, file: RemoteFile, target: Path, progress: Progress
) -> None:
    """Fetch a file to `target`, by way of a partial file beside it that a later call goes on with.

    `progress` may raise, which ends it. Only one process may do this for a `target`. Raises `WeightsError`.
    """
    partial = target.with_name(f"{target.name}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        for _ in range(2):
            resumed = _fetch(hub, choice, repository, file, partial, progress)
            if digest_of(partial, file, progress) == file.digest:
                partial.replace(target)
                return
            partial.unlink()
            if not resumed:  # what an earlier attempt left may be to blame, but there was none
                break
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WeightsError(f"The disk is full: {file.path} of {choice} needs {told(file.size)}.") from error
        raise WeightsError(f"{file.path} cannot be written to {target.parent}: {error.strerror}.") from error
    raise WeightsError(
        f"{file.path} of {choice} came with another content than {hub.endpoint} lists (its digest differs); "
        "it was not used. Try again, without a mirror or a proxy if there is one."
    )


def check_disk(folder: Path, needed: int, choice: ModelChoice) -> None:
    """Raise `WeightsError` where the disk of `folder` has no room for so many bytes more."""
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise WeightsError(
            f"{choice} needs {told(needed)} of disk in {folder} and some to spare, but {told(free)} are free: make "
            "room, or let INKLING_DATA name a folder elsewhere."
        )


def digest_of(path: Path, file: RemoteFile, progress: Progress) -> str:
    """Return the digest of a file on disk, of the kind that the hub names for it."""
    size = path.stat().st_size
    digest = hashlib.sha256() if len(file.digest) == 64 else hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return hexdigest(path, digest, f"checking {file.path}", progress)


def told(size: int) -> str:
    """Return a number of bytes as people read it."""
    if size < 950_000:
        return f"{max(1, round(size / 1e3))} kB"
    return f"{round(size / 1e6)} MB" if size < 950_000_000 else f"{size / 1e9:.1f} GB"


def _fetch(
    hub: Hub, choice: ModelChoice, repository: Repository, file: RemoteFile, partial: Path, progress: Progress
) -> bool:
    """Bring what is missing of `partial`; return whether a part of it was there before."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import HfHubHTTPError

    had = partial.stat().st_size if partial.exists() else 0

    def attempt() -> None:
        start = partial.stat().st_size if partial.exists() else 0
        if start > file.size:
            partial.unlink()
            start = 0
        if start == file.size:
            partial.touch()
            return
        begun = start
        try:
            with hub.opened(repository, file, start) as response, partial.open("ab") as out:
                if start and response.status_code != 206:  # it sends all of it again
                    out.truncate(0)
                    start = begun = 0
                for block in response.iter_bytes():  # as they come: what is held back would be lost by a cut
                    out.write(block)
                    start += len(block)
                    progress(f"fetching {file.path}", min(start, file.size), file.size)
                    if start > file.size:
                        break
        except (HTTPError, HfHubHTTPError, ConnectionError) as error:
            raise Interrupted(error, progressed=start > begun) from error
        if start < file.size:
            raise Interrupted(ConnectionError("the connection was cut"), progressed=start > begun)

    hub.patiently(attempt, choice)
    return had > 0
