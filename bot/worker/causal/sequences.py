"""What both causal engines keep of a request: its prompt, and how far each of its rows is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bot.errors import WorkerRefused
from bot.inference.protocol import Continuation, Finish, GenerateRequest, ModelInfo, Partial, Receipt, Row
from bot.worker.causal.context import fit
from bot.worker.causal.detokenizer import Detokenizer
from bot.worker.causal.protocol import Capabilities, Clock, RowUpdate
from bot.worker.causal.tokens import Tokens

Substitutions = Callable[[Row], tuple[tuple[str, str], ...]]

LOOP = 12
"""A row whose last so many tokens stand in it before goes round in circles."""
LOOKED_AT = 16
"""So many tokens are needed to tell that they make no sense."""
SENSELESS = -3.5
"""Mean log-probability of a token (nats) below which a row makes none: of rows that readers marked none below -3 was of
use, and half of all human prose is above."""


def is_hopeless(tokens: Sequence[int], log_probs: Sequence[float]) -> bool:
    """Tell whether a row will not get better: it repeats itself, or makes no sense. Looks once in four tokens."""
    count = len(tokens)
    if count % 4 or count < LOOKED_AT:
        return False
    if sum(log_probs) < SENSELESS * count:
        return True
    end = list(tokens[-LOOP:])
    return any(tokens[at : at + LOOP] == end for at in range(count - LOOP))


@dataclass(slots=True, eq=False)
class OpenRow:
    """A row that has not ended, or just has. `tokens` are the ids drawn so far, `log_probs` the logarithms of their
    probabilities under the plain model."""

    request: OpenRequest
    index: int
    spec: Row
    stream: Detokenizer
    receipt: Receipt
    tokens: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    finish: Finish | None = None

    def take(self, token: int, log_prob: float) -> RowUpdate | None:
        """Take the next token; return what there is to tell. Sets `finish` where the row ends by it."""
        if token in self.request.ends:
            return self.end("end")
        before = self.stream.visible
        self.tokens.append(token)
        self.log_probs.append(round(log_prob, 2))
        self.stream.push(token)
        if self.stream.stopped:
            return self.end("stop")
        if len(self.tokens) >= self.request.room:
            return self.end("length")
        if self.request.gives_up and is_hopeless(self.tokens, self.log_probs):
            return self.end("spent")
        if self.stream.visible == before:
            return None
        partial = Partial(row=self.index, text=self.stream.visible, tokens=len(self.tokens))
        return RowUpdate(request_id=self.request.id, event=partial)

    def end(self, finish: Finish) -> RowUpdate:
        """End the row with what it has."""
        self.finish = finish
        return RowUpdate(
            request_id=self.request.id,
            event=Continuation(
                row=self.index,
                text=self.stream.finish(),
                tokens=len(self.tokens),
                finish=finish,
                receipt=self.receipt,
                log_probs=tuple(self.log_probs),
            ),
        )


@dataclass(slots=True, eq=False)
class OpenRequest:
    """A request in work, the `number`th that came. `room` is how many tokens a row may have: what was asked, or what
    the window leaves."""

    id: str
    prompt: list[int]
    room: int
    due: float
    ends: frozenset[int]
    number: int = 0
    tenant: str = ""
    gives_up: bool = False
    rows: list[OpenRow] = field(default_factory=list)


class Requests:
    """Takes requests in: checks them, fits their context into the window, and prepares rows and receipts."""

    def __init__(
        self,
        *,
        info: ModelInfo,
        capabilities: Capabilities,
        tokens: Tokens,
        substitutions: Substitutions,
        clock: Clock,
    ) -> None:
        self._info = info
        self._capabilities = capabilities
        self._tokens = tokens
        self._substitutions = substitutions
        self._clock = clock
        self._open: dict[str, OpenRequest] = {}
        self._count = 0

    def take(self, request: GenerateRequest) -> OpenRequest:
        """Prepare a request. Raises `WorkerRefused`."""
        self._check(request)
        # A long wish must not push the context out: half of the window is the text's own.
        reserve = min(request.max_new_tokens, self._info.window // 2)
        fitted = fit(request.pieces, self._info.window - reserve, self._tokens.count)
        prompt = self._tokens.encode_to_go_on(fitted.text)
        if not prompt:
            raise WorkerRefused("there is no text to continue, and this model has no mark of a beginning")
        opened = OpenRequest(
            id=request.request_id,
            prompt=prompt,
            room=min(request.max_new_tokens, self._info.window - len(prompt)),
            due=math.inf if request.deadline_s is None else self._clock() + request.deadline_s,
            ends=self._tokens.ends,
            number=self._count,
            tenant=request.tenant,
            gives_up=request.gives_up,
        )
        self._count += 1
        for index, row in enumerate(request.rows):
            receipt = Receipt(
                engine=self._info.engine,
                model=self._info.name,
                revision=self._info.revision,
                seed=row.seed,
                mood=row.mood,
                sampling=row.sampling,
                prompt_sha256=fitted.sha256,
                prompt_tokens=len(prompt),
                dropped=fitted.dropped,
                substitutions=self._substitutions(row),
                reproducible=self._capabilities.reproducible,
            )
            stream = Detokenizer(self._tokens.decode, prompt, request.stop)
            opened.rows.append(OpenRow(opened, index, row, stream, receipt))
        self._open[opened.id] = opened
        return opened

    def find(self, request_id: str) -> OpenRequest | None:
        """Return a request that has rows which have not ended."""
        return self._open.get(request_id)

    def forget_ended(self) -> None:
        """Forget the requests of which every row has ended."""
        self._open = {
            id_: request for id_, request in self._open.items() if any(row.finish is None for row in request.rows)
        }

    def overdue(self) -> Iterable[OpenRequest]:
        """Return the requests whose deadline has passed."""
        now = self._clock()
        return [request for request in self._open.values() if now >= request.due]

    def in_turn(self, level: int | None) -> set[OpenRow]:
        """Return the rows that have not ended: all, or the first `level` of each tenant."""
        found: set[OpenRow] = set()
        most = self.rows_open if level is None else level
        room: dict[str, int] = {}
        for request in self._open.values():
            left = room.get(request.tenant, most)
            taken = [row for row in request.rows if row.finish is None][:left]
            found.update(taken)
            room[request.tenant] = left - len(taken)
        return found

    @property
    def rows_open(self) -> int:
        """How many rows have not ended."""
        return sum(row.finish is None for request in self._open.values() for row in request.rows)

    def _check(self, request: GenerateRequest) -> None:
        if request.request_id in self._open:
            raise WorkerRefused(f"request {request.request_id} is running already")
        if not request.rows:
            raise WorkerRefused("a request needs at least one row")
        if request.max_new_tokens < 1:
            raise WorkerRefused("max_new_tokens must be at least 1")
        for row in request.rows:
            problem = _problem(row)
            if problem:
                raise WorkerRefused(problem)


def _problem(row: Row) -> str | None:
    """Say what is wrong with the values of a row."""
    s = row.sampling
    if not 0 <= row.seed < 2**32:
        return f"seed {row.seed} is not from 0 to 2**32 - 1"
    if not (math.isfinite(s.temperature) and s.temperature >= 0.01):
        return f"temperature {s.temperature} is not a number from 0.01"
    shares = {"min_p": s.min_p, "xtc_probability": s.xtc_probability, "xtc_threshold": s.xtc_threshold}
    for name, value in (shares | {"top_p": s.top_p, "typical_p": s.typical_p}).items():
        if not 0 <= value <= 1:
            return f"{name} {value} is not from 0 to 1"
    if s.dry_multiplier < 0 or s.dry_base < 1 or s.dry_allowed_length < 1:
        return "DRY needs multiplier >= 0, base >= 1 and an allowed length >= 1"
    return None
