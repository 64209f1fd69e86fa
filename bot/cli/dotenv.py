"""Changes one setting in `.env`: everything else in the file stays as it is, byte for byte."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from bot.errors import HostError
from bot.text_files import NotUtf8, decode

_BOM = "\ufeff"
"""The byte-order mark that some editors put before UTF-8; a file that has one keeps it."""
_PLAIN = re.compile(r"[^\s'\"#$`\\]+")
"""Values that need no quotation marks."""


def set_in_dotenv(path: Path, name: str, value: str) -> None:
    """Let `path` set `name` to `value`: in the line that sets it now (the last, where several do), else in a new one.

    The file is replaced at once, keeps its mode, and is made, for its owner alone, where it is missing. What a link
    leads to is changed, not the link. Raises `HostError`.
    """
    path = path.resolve()
    try:
        content = path.read_bytes() if path.exists() else b""
        before = (_BOM if content.startswith(BOM_UTF8) else "") + decode(content)
    except (OSError, NotUtf8) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise HostError(f"{path} cannot be read ({reason}): write {name}={value} into it yourself.") from error
    after = _changed(before, name, quoted(value))
    if after != before:
        _replace(path, after.encode("utf-8"), name)


def quoted(value: str) -> str:
    """Return a value as it may stand in a `.env` file."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _changed(text: str, name: str, value: str) -> str:
    mark = _BOM if text.startswith(_BOM) else ""
    bindings = list(parse_stream(io.StringIO(text.removeprefix(_BOM), newline="")))
    ours = [number for number, binding in enumerate(bindings) if binding.key == name]
    if ours:
        pieces = [binding.original.string for binding in bindings]
        pieces[ours[-1]] = _with_value(bindings[ours[-1]], value)
        return mark + "".join(pieces)
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text.removeprefix(_BOM) or text.endswith("\n") else end
    return f"{text}{gap}{name}={value}{end}"


def _with_value(binding: Binding, value: str) -> str:
    """Return a line with another value; what stands before it, such as `export`, and the line's end stay."""
    line = binding.original.string
    body = line.rstrip("\r\n")
    head = re.match(rf"(\s*(?:export\s+)?['\"]?{re.escape(str(binding.key))}['\"]?)", body)
    start = head[1] if head else str(binding.key)
    comment = re.search(r"\s+#[^'\"]*$", body)
    return f"{start}={value}{comment[0] if comment else ''}{line[len(body) :]}"


def _replace(path: Path, content: bytes, name: str) -> None:
    scratch: str | None = None
    try:
        descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # for its owner alone
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if path.exists():
            shutil.copymode(path, scratch)
            with suppress(OSError):  # where it is another's, only root can keep that
                stat = path.stat()
                os.chown(scratch, stat.st_uid, stat.st_gid)
        Path(scratch).replace(path)
    except OSError as error:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        raise HostError(f"{path} cannot be written ({error.strerror}): set {name} in it yourself.") from error
