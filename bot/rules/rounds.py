"""Rounds: candidates before the community, and what may happen to them. See `ballots` for how they are decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.rules.moods import MoodName
from bot.rules.provenance import Origin, Span

RoundKind = Literal["continue", "infill", "bridge"]
RoundState = Literal["writing", "open", "closed", "lapsed", "cancelled"]
MAX_CANDIDATES = 8
"""Candidates with a text on a round's card; "none of these" comes besides."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of a story.

    What wins stands behind `after_id` (None: at the root). In an infill it replaces `replaces_id`, in a bridge it
    stands before `before_id`; what follows stands again behind it on the new branch. `writing`: the models are at work
    and nothing is shown; `salt` decides the last ties and is secret until the close, its SHA-256 is shown. `text`
    is what was asked (the end of the story, or the passage with blanks). `winner_id` is a candidate, also one without
    text; `extended` counts deadlines that passed without a quorum. Times are UTC ms.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCandidate:
    """A candidate that is not stored yet. `author_id` is None for a model's. `none` is "none of these"."""

    text: str
    author_id: int | None = None
    pen_name: str | None = None
    origin: Origin = "human"
    spans: tuple[Span, ...] = ()
    mood: MoodName | None = None
    receipt: Mapping[str, Any] | None = None
    none: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A candidate of a round. Candidates are shown in the order of `place`, drawn at random for each; `passage_id`
    is what it became when the round closed. A hidden one can neither be seen, voted for, nor win."""

    id: int
    round_id: int
    place: int
    text: str
    author_id: int | None
    pen_name: str | None
    origin: Origin
    spans: tuple[Span, ...]
    mood: MoodName | None
    receipt: Mapping[str, Any] | None
    none: bool
    hidden_by: int | None
    passage_id: int | None
    created_ms: int


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
