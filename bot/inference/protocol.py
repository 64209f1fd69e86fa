"""The seam to where the models are: what may be asked of them and what they answer.

The seam carries text, never token ids: the worker tokenises, fits the ordered pieces of a context into
the model's window by their priority, and reports what it dropped. Every value here is a frozen
dataclass that `msgspec` encodes to JSON and decodes, validating types, on the other side.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.rules.moods import MoodName, Sampling

ModelRole = Literal["causal", "masked"]
"""A kind of model, and which of the infill pair is asked."""
LoadedRole = Literal["story", "causal", "masked"]
"""What a loaded model is there for: `story` writes; the other two are the infill pair, which proposes and scores."""
Tier = Literal["small", "large"]
"""What a story model costs where it runs: of a large one fewer rows are asked for."""
Finish = Literal["length", "stop", "end", "spent", "cancelled", "deadline"]
Reproducible = Literal["always", "same_batch", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a context, in reading order. When the window is too small, the pieces of the lowest
    `priority` go first (of equals, the earlier one), whole, unless `cut` allows to keep their end."""

    text: str
    label: str
    priority: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One continuation to be sampled: its own seed (0 <= seed < 2**32) and sampler values."""

    seed: int
    mood: MoodName
    sampling: Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """Continue the joined `pieces` once for every row.

    `max_new_tokens` bounds each row. A row also ends before any of the `stop` strings (which are left
    out) and, where `deadline_s` (seconds from the arrival of the request) passes, with what it has.

    `gives_up`: a row that repeats itself or makes no sense ends early, as "spent".

    `local`: the text must not leave this machine. Where the story model is another machine's, a local one continues.

    `tenant`, here and below, is on whose behalf it is asked: the worker shares its time between tenants.
    """

    request_id: str
    pieces: tuple[Piece, ...]
    rows: tuple[Row, ...]
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    deadline_s: float | None = None
    gives_up: bool = False
    local: bool = False
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where a text came from, enough to make it again where the engine can.

    `prompt_sha256` is of the UTF-8 context that the model really saw; `dropped` holds the labels of pieces
    that did not fit (with ":start" behind it where only a beginning was cut); `substitutions` tells which
    sampler stood in for one that the engine lacks, as ("dry", "frequency_penalty 0.12"). `host` is the machine that the
    text was sent to, empty where it stayed on the worker's.
    """

    engine: str
    model: str
    revision: str
    seed: int
    mood: MoodName | None
    sampling: Sampling | None
    prompt_sha256: str
    prompt_tokens: int
    dropped: tuple[str, ...] = ()
    substitutions: tuple[tuple[str, str], ...] = ()
    reproducible: Reproducible = "always"
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The whole text of row `row` so far."""

    row: int
    text: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A finished row: its text, why it ended, and its receipt. `log_probs` are the natural logarithms of its tokens'
    probabilities under the plain model, whatever the samplers made of them; empty where the engine does not tell."""

    row: int
    text: str
    tokens: int
    finish: Finish
    receipt: Receipt
    log_probs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One blank, with the text on both sides of it exactly as written, spaces included. Other blanks in
    `left` or `right` are written as `bot.rules.text.words.BLANK`."""

    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRequest:
    """Fills for each gap from one of the models.

    From the masked model, for every number of masks in `lengths` (in word pieces): the `beam` best by HCB beam
    search, best position first, and `samples` sampled ones.

    From the causal model, fills of as many words as `lengths` names that the left text leads to, and that the right
    text may follow (one with an `update` sees its beginning): the `beam` best first tokens, then for each further token
    `samples` paths, drawn without replacement. `also` may have for each gap fills that are tried too, where the left
    text does not speak against them: with the score that the masked model gave them.
    """

    gaps: tuple[Gap, ...]
    model: ModelRole = "masked"
    also: tuple[tuple[Fill, ...], ...] = ()
    lengths: tuple[int, ...] = (1, 2, 3, 4)
    beam: int = 8
    samples: int = 0
    seed: int = 0
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A proposed fill: plain text without surrounding spaces, capitals restored where they are certain.
    `score` is the HCB log-score, comparable only within one number of `masks`; of the causal model's it is log p(fill
    and the first token behind it | left), comparable for all, and `masks` the number of its tokens. `source` is "given"
    where that model only tried what it was given and would not have come upon it."""

    text: str
    masks: int
    score: float
    source: Literal["beam", "sample", "given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreItem:
    """Score `asked`, which stands between `left` and `right` (a causal model sees the beginning of `right`, if it
    has an `update`).
    Spaces belong where they are written: usually `asked` begins with one."""

    left: str
    asked: str
    right: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """Log-probabilities (natural logarithm) of the words of each item's `asked`, by one of the models:
    causal left to right, masked as PLL-word-l2r (Kauf & Ivanova 2023). Items that share their `left` share
    its prefill. A word is what `bot.rules.text.words.split_words` says."""

    model: ModelRole
    items: tuple[ScoreItem, ...]
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A loaded model in a `role`: one that writes and scores is told of twice. `window` is its context in tokens;
    `languages` are BCP 47 tags it is known to write, empty where unknown. `update` is the revision of what taught a
    causal model to see both sides of a blank, empty where it sees the left one. `host` is the machine that texts are
    sent to for it, empty where they stay on the worker's; `tier` is what it costs."""

    role: LoadedRole
    name: str
    revision: str
    engine: str
    window: int
    languages: tuple[str, ...] = ()
    update: str = ""
    host: str = ""
    tier: Tier = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A story model that is to take over, and how far it is: `done` of `total`, which is 0 where it is unknown."""

    name: str
    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the worker is. `tokens_per_s` is of the last few seconds of work (0.0 before any); `rss_mb` is its memory in
    MiB now, `peak_mb` the most that it was; `coming` is the story model that will take over, if any; `loaded` is how
    much of the loading at its start is done, 0..1: 0.0 where there is no worker, 1.0 where all can be used. `jobs` is
    how many jobs wait or run in the bot, which alone knows it."""

    ready: bool
    stage: str
    models: tuple[ModelInfo, ...]
    rows_running: int = 0
    requests_waiting: int = 0
    steps: int = 0
    tokens_per_s: float = 0.0
    rss_mb: float = 0.0
    peak_mb: float = 0.0
    coming: Coming | None = None
    loaded: float = 1.0
    jobs: int = 0


class Engine(Protocol):
    """What the bot can ask of the models, wherever they run.

    All methods raise `WorkerUnavailable` when the worker cannot answer, and `WorkerRefused` when it
    says that the request is wrong. Leaving the iterator of `generate` early, or cancelling the task that
    awaits any of these, cancels the work in the worker.
    """

    def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]: ...

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]: ...

    async def score(self, request: ScoreRequest) -> list[list[float]]: ...

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]: ...

    async def health(self) -> Health: ...
