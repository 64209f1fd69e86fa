"""One frozen value read from the environment and `.env`; every mistake is reported together."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from bot.discord_token import WHERE, problem_with
from bot.errors import SettingsError
from bot.text_files import NotUtf8, decode

EngineChoice = Literal["auto", "openvino", "torch", "openai"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
LogFormat = Literal["text", "json"]

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""The values of LOG_LEVEL."""
DOTENV = Path(".env")
"""Where settings are read from besides the environment."""
NAMED_MODELS = ("bundled", "auto", "large")
"""Models that have a name of their own instead of a place."""
_HUB_NAME = re.compile(
    r"(?P<name>[\w.-]+(/[\w.-]+)?)(@(?P<before>[\w./+-]+))?(:(?P<file>[^@:\\\x00-\x1f]+?))?(@(?P<after>[\w./+-]+))?",
    re.ASCII,
)
"""A model of the hub: its name, a file where one is given, and a revision before or behind that."""
_MODELS_ALLOWED = (
    f"{', '.join(NAMED_MODELS)}, a folder, a GGUF file, or a model of the hub: org/name, org/name@revision or "
    "org/name:file.gguf"
)
"""What a setting that names a model may be, as a refusal says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Which model: one that Inkling knows by a name of its own (`NAMED_MODELS`), a folder, a GGUF file, or a hub id,
    the last with an optional revision, and with the name of one file (or the end of it, such as `Q4_K_M`)."""

    name: str = "bundled"
    revision: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        revision = "" if self.revision is None else f"@{self.revision}"
        return f"{self.name}{revision}" + ("" if self.file is None else f":{self.file}")


BUNDLED = ModelChoice()
"""The models that come with Inkling."""
AUTO = ModelChoice(name="auto")
"""As story model: the large one where the machine carries it, else the bundled one."""
LARGE = ModelChoice(name="large")
"""As story model: the large one in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAccess:
    """Where models are fetched from, and as whom; None: as huggingface_hub finds it."""

    endpoint: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a host can set. Secrets stay out of the repr."""

    discord_token: str | None = field(default=None, repr=False)
    discord_api_base: str | None = None
    discord_gateway_url: str | None = None
    data: Path = Path("data")
    engine: EngineChoice = "auto"
    openai_base_url: str | None = None
    openai_api_key: str | None = field(default=None, repr=False)
    inference_url: str | None = None
    inference_token: str | None = field(default=None, repr=False)
    causal_model: ModelChoice = AUTO
    infill_model: ModelChoice = ModelChoice()
    masked_model: ModelChoice = ModelChoice()
    hub_endpoint: str | None = None
    hub_token: str | None = field(default=None, repr=False)
    device: str = "auto"
    dtype: Dtype = "auto"
    queue_waiting: int = 200
    queue_per_person: int = 3
    queue_per_server: int = 60
    queue_rows: int = 192
    keep_days: int = 30
    owner_ids: frozenset[int] = frozenset()
    log_level: str = "INFO"
    log_format: LogFormat = "text"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never show in a log."""
        held = (self.discord_token, self.inference_token, self.hub_token, self.openai_api_key)
        return tuple(secret for secret in held if secret)

    @property
    def hub(self) -> HubAccess:
        """Where models are fetched from."""
        return HubAccess(endpoint=self.hub_endpoint, token=self.hub_token)


class _Refused(Exception):
    """What can be written instead of a value that is refused, as it reads behind "Write". `shown` stands in for a value
    that must not be repeated, `why` says what is wrong with it."""

    def __init__(self, allowed: str, shown: str | None = None, why: str = "") -> None:
        super().__init__(allowed)
        self.shown = shown
        self.sentences = f"{f': {why}' if why else ''}. Write {allowed}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: the field it fills, and how its text is read."""

    name: str
    field: str
    read: Callable[[str], Any]
    secret: bool = False


def _one_of(choices: tuple[str, ...], fold: Callable[[str], str] = str.lower) -> Callable[[str], str]:
    def read(text: str) -> str:
        if fold(text) not in choices:
            raise _Refused(f"one of {', '.join(choices)}")
        return fold(text)

    return read


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if re.fullmatch(r"\d{1,9}", text, re.ASCII) is None or not low <= int(text) <= high:
            raise _Refused(f"a whole number from {low} to {high}")
        return int(text)

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    examples = " or ".join(f"{scheme}://…" for scheme in schemes)

    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            parts.port  # noqa: B018 - reading it is the check of the port
        except ValueError as error:
            raise _Refused(f"an address like {examples}") from error
        if parts.username or parts.password:
            shown = f"{parts.scheme}://…@…"
            raise _Refused("the address without them", shown=shown, why="a name or password is in it")
        located = parts.path if parts.scheme == "unix" else parts.hostname
        if parts.scheme not in schemes or not located or parts.query or parts.fragment or " " in text:
            raise _Refused(f"an address like {examples}")
        return text.rstrip("/")

    return read


def _secret(text: str) -> str:
    if text.lower().startswith(("bot ", "bearer ")):
        raise _Refused("the token alone, without a word before it")
    if re.fullmatch(r"[!-~]+", text) is None:
        raise _Refused("letters, digits and signs without spaces")
    return text


def _discord_token(text: str) -> str:
    token = _secret(text)
    if (problem := problem_with(token)) is not None:
        raise _Refused(f"the bot's token, three parts with dots between them: {WHERE}", why=problem)
    return token


def _path(text: str) -> tuple[Path, bool]:
    """Return the path and whether it exists."""
    try:
        path = Path(text).expanduser()
        return path, path.exists()
    except (OSError, RuntimeError, ValueError) as error:  # too long, no such user, a NUL
        raise _Refused("a path that this machine can have") from error


def _folder(text: str) -> Path:
    path, exists = _path(text)
    if exists and not path.is_dir():
        raise _Refused("a folder, or the name of a new one", why="this is a file")
    return path


def parse_model(text: str) -> ModelChoice:
    """Read the name of a model as the settings do. Raises `SettingsError`."""
    try:
        return _model(text)
    except _Refused as refused:
        raise SettingsError([f"{text!r} names no model{refused.sentences}"]) from None


def _model(text: str) -> ModelChoice:
    if text.lower() in NAMED_MODELS:
        return ModelChoice(name=text.lower())
    path, exists = _path(text)
    if exists:
        return ModelChoice(name=str(path))
    if text.startswith((".", "/", "~")) or (text.endswith(".gguf") and ":" not in text):
        raise _Refused(_MODELS_ALLOWED, why="there is no such folder or file")
    match = _HUB_NAME.fullmatch(text)
    if match is None or (match["before"] and match["after"]):
        raise _Refused(_MODELS_ALLOWED)
    if match["file"] and {"", ".", ".."} & set(match["file"].split("/")):
        raise _Refused(_MODELS_ALLOWED, why="no . or .. stands in the path of a file of the hub")
    return ModelChoice(name=match["name"], revision=match["before"] or match["after"], file=match["file"])


def _pair_model(text: str) -> ModelChoice:
    choice = _model(text)
    if choice in (AUTO, LARGE):
        raise _Refused("bundled, a folder, or a model of the hub", why="this is a story model, for CAUSAL_MODEL")
    return choice


def _served_model(text: str) -> ModelChoice:
    """A model as its server names it: any name will do."""
    if not text.isprintable() or len(text) > 300:
        raise _Refused("the name of a model, as the server at OPENAI_BASE_URL lists it")
    return ModelChoice(name=text)


def _device(text: str) -> str:
    if re.fullmatch(r"auto|cpu|mps|(cuda|xpu)(:\d{1,3})?", text.lower(), re.ASCII) is None:
        raise _Refused("auto, cpu, mps, cuda, cuda:N, xpu or xpu:N")
    return text.lower()


def _snowflakes(text: str) -> frozenset[int]:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not all(re.fullmatch(r"\d{15,20}", part, re.ASCII) for part in parts):
        raise _Refused("Discord ids (15 to 20 digits) with commas between them")
    return frozenset(int(part) for part in parts)


VARIABLES: tuple[Variable, ...] = (
    Variable(name="DISCORD_TOKEN", field="discord_token", read=_discord_token, secret=True),
    Variable(name="DISCORD_API_BASE", field="discord_api_base", read=_url("https", "http")),
    Variable(name="DISCORD_GATEWAY_URL", field="discord_gateway_url", read=_url("wss", "ws")),
    Variable(name="INKLING_DATA", field="data", read=_folder),
    Variable(name="ENGINE", field="engine", read=_one_of(get_args(EngineChoice))),
    Variable(name="OPENAI_BASE_URL", field="openai_base_url", read=_url("http", "https")),
    Variable(name="OPENAI_API_KEY", field="openai_api_key", read=_secret, secret=True),
    Variable(name="INFERENCE_URL", field="inference_url", read=_url("http", "https", "unix")),
    Variable(name="INFERENCE_TOKEN", field="inference_token", read=_secret, secret=True),
    Variable(name="CAUSAL_MODEL", field="causal_model", read=_model),
    Variable(name="INFILL_MODEL", field="infill_model", read=_pair_model),
    Variable(name="MASKED_MODEL", field="masked_model", read=_pair_model),
    Variable(name="HF_ENDPOINT", field="hub_endpoint", read=_url("https", "http")),
    Variable(name="HF_TOKEN", field="hub_token", read=_secret, secret=True),
    Variable(name="DEVICE", field="device", read=_device),
    Variable(name="DTYPE", field="dtype", read=_one_of(get_args(Dtype))),
    Variable(name="QUEUE_WAITING", field="queue_waiting", read=_number(1, 100_000)),
    Variable(name="QUEUE_PER_PERSON", field="queue_per_person", read=_number(1, 100_000)),
    Variable(name="QUEUE_PER_SERVER", field="queue_per_server", read=_number(1, 100_000)),
    Variable(name="QUEUE_ROWS", field="queue_rows", read=_number(1, 4096)),
    Variable(name="KEEP_DAYS", field="keep_days", read=_number(1, 3650)),
    Variable(name="OWNER_IDS", field="owner_ids", read=_snowflakes),
    Variable(name="LOG_LEVEL", field="log_level", read=_one_of(LOG_LEVELS, str.upper)),
    Variable(name="LOG_FORMAT", field="log_format", read=_one_of(get_args(LogFormat))),
)
"""Every variable, in the order of `.env.example`."""


def load_settings(environ: Mapping[str, str] | None = None, dotenv_path: Path | None = DOTENV) -> Settings:
    """Read the settings from `environ` (None: of this process) and a `.env` file, which need not exist.

    The environment wins over the file, and an empty value means the default. Raises `SettingsError` with every
    mistake at once; a secret is never repeated in one.
    """
    written, mistakes = _read_dotenv(dotenv_path)
    given = written | dict(os.environ if environ is None else environ)
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = given.get(variable.name, "").strip()
        if not text:
            continue
        served = variable.name == "CAUSAL_MODEL" and values.get("engine") == "openai"
        try:
            values[variable.field] = _served_model(text) if served else variable.read(text)
        except _Refused as refused:
            shown = f"{len(text)} characters (not shown)" if variable.secret else refused.shown or repr(text)
            mistakes.append(f"{variable.name} holds {shown}{refused.sentences}")
    url = values.get("inference_url", "")
    if url.startswith("http") and not given.get("INFERENCE_TOKEN", "").strip():
        mistakes.append(f"INFERENCE_TOKEN is empty: a worker at {url} needs the token that it was started with.")
    if values.get("engine") == "openai" and not (url or given.get("OPENAI_BASE_URL", "").strip()):
        mistakes.append("OPENAI_BASE_URL is empty: ENGINE=openai needs the address of a server, like http://…:8000/v1.")
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(**values)


def names_in_environment() -> frozenset[str]:
    """Return which settings the environment of this process sets; they win over `.env`."""
    return frozenset(variable.name for variable in VARIABLES if os.environ.get(variable.name, "").strip())


def look_alikes(environ: Mapping[str, str] | None = None, dotenv_path: Path | None = DOTENV) -> tuple[str, ...]:
    """Return a warning for each name that looks like a misspelt variable: in `.env` any unknown one."""
    known = [variable.name for variable in VARIABLES]
    warnings = []
    written, _ = _read_dotenv(dotenv_path)
    for name in sorted({*written, *(os.environ if environ is None else environ)} - set(known)):
        near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.87)
        if near:
            warnings.append(f"{name} is not a setting of Inkling and is ignored: is {near[0]} meant?")
        elif name in written:
            warnings.append(f"{name} in {dotenv_path} is not a setting of Inkling and is ignored.")
    return tuple(warnings)


def _read_dotenv(path: Path | None) -> tuple[dict[str, str], list[str]]:
    """Return what the file sets, and a mistake for each line that cannot be read (its text may be a secret)."""
    if path is None or not path.exists():
        return {}, []
    try:
        bindings = list(parse_stream(StringIO(decode(path.read_bytes()), newline=None)))
    except OSError as error:
        return {}, [f"{path} cannot be read: {error.strerror}."]
    except NotUtf8 as error:
        return {}, [f"{path} cannot be read: {error}. Save it as text in UTF-8."]
    mistakes = [
        f"{path}, line {binding.original.line}, cannot be read. Write NAME=value."
        for binding in bindings
        if binding.error
    ]
    return {binding.key: binding.value or "" for binding in bindings if binding.key}, mistakes
