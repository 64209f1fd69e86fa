"""Rounds: candidates before the community, and what may happen to them. See `ballots` for how they are decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.errors import BadInput, Gone, NotHere
from bot.rules.ballots import Ballot
from bot.rules.moods import MoodName
from bot.rules.provenance import Origin, Span
from bot.rules.receipts import Receipt
from bot.rules.servers import check_range
from bot.rules.stories import ROUND_MINUTES, StoryRules

RoundKind = str
"""The name of a kind of round: "continue", "infill", "bridge" (see `bot.stories.rounds.kinds`)."""
RoundState = Literal["writing", "open", "closed", "lapsed", "cancelled"]
Deadline = Literal["close", "extend", "lapse"]
MAX_CANDIDATES = 8
"""Candidates with a text on a round's card; "none of these" comes besides."""
NOBODY = 0
"""In `Candidate.hidden_by`: not a person, or one who had everything of theirs deleted."""
SALT_BYTES = 16
"""Bytes of a round's salt, by which draws are decided."""
PLACE_BYTES = 6
"""Bytes of a candidate's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRound:
    """A round that is not stored yet. See `Round`."""

    story_id: int
    kind: RoundKind
    state: RoundState
    opened_by: int | None
    text: str
    salt: str
    deadline_ms: int
    after_id: int | None = None
    replaces_id: int | None = None
    before_id: int | None = None
    note: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of a story.

    What wins stands behind `after_id` (None: at the root). In an infill it replaces `replaces_id`, in a bridge it
    stands before `before_id`; what follows stands again behind it on the new branch. `writing`: the models are at work
    and nothing is shown; `salt` decides the last ties and is secret until the close, its SHA-256 is shown. `text`
    is what was asked (the end of the story, or the passage with blanks). `winner_id` is a candidate, also one without
    text; `extended` counts deadlines that passed without a quorum; `note` is what its opener asked of the models
    besides (`bot.rules.generations`). `minutes` is how long the vote stays open, None: as the story's rules say. Times
    are UTC ms.
    """

    id: int
    story_id: int
    kind: RoundKind
    state: RoundState
    opened_by: int | None
    after_id: int | None
    replaces_id: int | None
    before_id: int | None
    text: str
    salt: str
    opened_ms: int
    deadline_ms: int
    closed_ms: int | None = None
    winner_id: int | None = None
    extended: int = 0
    note: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCandidate:
    """A candidate that is not stored yet. `author_id` is None for a model's. `none` is "none of these"; `changed_id` is
    the candidate of the same round that a person changed to make this one."""

    text: str
    author_id: int | None = None
    pen_name: str | None = None
    origin: Origin = "human"
    spans: tuple[Span, ...] = ()
    mood: MoodName | None = None
    receipt: Receipt | None = None
    none: bool = False
    changed_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A candidate of a round. Candidates are shown in the order of `place`, drawn at random for each; `passage_id`
    is what it became when the round closed, `changed_id` the candidate that its author changed to make it. A hidden one
    (`hidden_by` is not None, see NOBODY) can neither be seen, voted for, nor win. One whose author had everything of
    theirs deleted, or withdrew it, is hidden and has no text."""

    id: int
    round_id: int
    place: int
    text: str
    author_id: int | None
    pen_name: str | None
    origin: Origin
    spans: tuple[Span, ...]
    mood: MoodName | None
    receipt: Receipt | None
    none: bool
    hidden_by: int | None
    passage_id: int | None
    created_ms: int
    changed_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodResult:
    """How a mood did in one round: how many candidates it had, how many of them won (0 or 1), their points together
    (★ 2, like 1), and how many people voted. `closed_ms` in UTC ms."""

    mood: MoodName
    candidates: int
    won: int
    points: int
    voters: int
    closed_ms: int


def salt_from(raw: bytes) -> str:
    """Return the salt of a round as text; `raw` is SALT_BYTES or more at random. Raises `ValueError` for fewer."""
    if len(raw) < SALT_BYTES:
        raise ValueError("a salt that could be guessed commits to nothing")
    return raw.hex()


def place_from(raw: bytes) -> int:
    """Return a candidate's place; `raw` is PLACE_BYTES at random. Raises `ValueError` for any other number of them:
    places are drawn from one range, so that none tells when its candidate came."""
    if len(raw) != PLACE_BYTES:
        raise ValueError(f"a place takes {PLACE_BYTES} bytes")
    return int.from_bytes(raw, "big")


def check_minutes(minutes: int | None) -> int | None:
    """Return how long somebody wants a vote to stay open. Raises `BadInput` (`round_minutes_range`: given, low,
    high)."""
    if minutes is not None:
        check_range("round_minutes_range", minutes, ROUND_MINUTES)
    return minutes


def deadline_from(rules: StoryRules, now_ms: int, minutes: int | None = None) -> int:
    """Return when a round that opens now, or goes on from now, is due (UTC ms): after `minutes`, or as the rules
    say."""
    return now_ms + (rules.round_minutes if minutes is None else minutes) * 60_000


def least_voters(rules: StoryRules) -> int:
    """Return how many must have voted before whoever opened a round may close it early."""
    return max(2, rules.quorum)


def on_deadline(round_: Round, rules: StoryRules, voters: int) -> Deadline:
    """Return what becomes of an open round whose deadline has come with so many ballots that count.

    With a quorum it closes; without, it goes on or lapses, as the story's rules say. Raises as `require_open_round`.
    """
    require_open_round(round_)
    if voters >= max(1, rules.quorum):
        return "close"
    return "extend" if rules.unvoted == "stay" else "lapse"


def extended(round_: Round, rules: StoryRules, now_ms: int) -> Round:
    """Return the round with another deadline; see `on_deadline`."""
    deadline_ms = deadline_from(rules, now_ms, round_.minutes)
    return dataclasses.replace(round_, deadline_ms=deadline_ms, extended=round_.extended + 1)


def is_over(round_: Round) -> bool:
    """Tell whether a round is neither written nor open any more."""
    return round_.state not in ("writing", "open")


def require_open_round(round_: Round) -> None:
    """Raise where no vote and no candidate can be taken: `NotHere` (`round_writing`), `Gone` (`round_over`)."""
    if round_.state == "writing":
        raise NotHere("round_writing")
    if round_.state != "open":
        raise Gone("round_over")


def on_show(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates that can be seen, voted for, and win."""
    return [candidate for candidate in candidates if candidate.hidden_by is None]


def require_room(candidates: Iterable[Candidate]) -> None:
    """Raise `BadInput` (`round_full`: limit) where no other candidate fits on the card; a hidden one takes no room."""
    if sum(not candidate.none for candidate in on_show(candidates)) >= MAX_CANDIDATES:
        raise BadInput("round_full", limit=MAX_CANDIDATES)


def check_ballot(candidates: Iterable[Candidate], ballot: Ballot) -> None:
    """Raise `Gone` (`candidate_gone`) where something on the ballot is no candidate of the round, or hidden."""
    if not ballot.named <= {candidate.id for candidate in on_show(candidates)}:
        raise Gone("candidate_gone")
