"""Stories: a tree of passages whose canon is the path from its root to a head.

A `Story` is one head on one tree: its title, its thread, its rules. A fork is another head on the same tree. Retry
makes a sibling and never destroys text; undo and redo move the head; what is written between two passages makes a
new branch on which the later passages stand again (`Passage.original_id`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack, get_args

from bot.errors import BadInput, NotAllowed, NotHere
from bot.rules.languages import check_language
from bot.rules.provenance import Origin, Span
from bot.rules.receipts import Receipt
from bot.rules.servers import check_range
from bot.rules.text.characters import is_blank

StoryState = Literal["open", "paused", "ended", "deleted"]
Writers = Literal["anyone", "invited"]
Additions = Literal["at_once", "vote"]
Voters = Literal["anyone", "writers"]
Unvoted = Literal["stay", "lapse"]
Licence = Literal["own", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc0-1.0"]
Role = Literal["cohost", "invited"]

STATES: tuple[StoryState, ...] = get_args(StoryState)
"""All states of a story."""
LICENCES: tuple[Licence, ...] = get_args(Licence)
"""All licences."""
MAX_TITLE = 80
"""Characters of a title."""
MAX_PREMISE = 1500
"""Characters of a premise."""
MAX_PASSAGE = 4000
"""Characters of a passage."""
MAX_WORDS = 800
"""The greatest limit of a passage's words that a story may set."""
ROUND_MINUTES = range(1, 14 * 24 * 60 + 1)
"""How many minutes a round may be open."""
QUORUM = range(1, 51)
"""How many ballots a story may require."""
GRACE_MS = 7 * 24 * 60 * 60 * 1000
"""How long a deleted story can be restored."""
MAX_PEN_NAME = 32
"""Characters of a pen name."""
BEGINNING = 60
"""Characters of a passage that a map of the tree shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRules:
    """What the host chose. `writers`: who may add and propose; `ai`: whether models may suggest; `additions`: whether
    a person's own passage becomes canon at once or is put to the vote; word limits of a passage (inclusive);
    `round_minutes`: how long a round stays open; `quorum`: ballots it needs; `voters`: who may vote; `unvoted`:
    what becomes of a round without a quorum at its deadline: it stays open, or lapses; `language`: the tag of the
    language that its books say they are in, empty where the text tells it; `outside`: whether its text may be sent to a
    model server on another machine, where the bot uses one."""

    writers: Writers = "anyone"
    ai: bool = True
    additions: Additions = "at_once"
    min_words: int = 1
    max_words: int = 300
    round_minutes: int = 24 * 60
    quorum: int = 1
    voters: Voters = "anyone"
    unvoted: Unvoted = "stay"
    licence: Licence = "own"
    language: str = ""
    outside: bool = True


class RulesChange(TypedDict, total=False):
    """What of a story's rules is to change; what is left out stays."""

    writers: Writers
    ai: bool
    additions: Additions
    min_words: int
    max_words: int
    round_minutes: int
    quorum: int
    voters: Voters
    unvoted: Unvoted
    licence: Licence
    language: str
    outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    """A story that is not stored yet. `channel_id` is the channel in which its thread is to be opened."""

    server_id: int
    channel_id: int
    host_id: int
    title: str
    premise: str
    rules: StoryRules = field(default_factory=StoryRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A head on a tree. `fork_of` is the story that it was forked from, None for the first on its tree and where that
    one is gone; `head_id` is the last passage of canon, None while nothing is written; `thread_id` is None while it
    has no thread (not opened yet, or deleted by hand); `host_id` None: the host had everything of theirs deleted, and
    the server's managers lead; `redo_id` is where the head was when canon began to go back, None where it did not.
    Times are UTC ms; `purge_ms` is when a deleted story goes for good."""

    id: int
    tree_id: int
    server_id: int
    channel_id: int
    thread_id: int | None
    host_id: int | None
    title: str
    premise: str
    rules: StoryRules
    state: StoryState
    head_id: int | None
    created_ms: int
    changed_ms: int
    purge_ms: int | None = None
    fork_of: int | None = None
    redo_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassage:
    """A passage that is not stored yet. `author_id` is the person whose words they are, or who changed a model's;
    None for a model's own. `spans` say of every word where it comes from; `receipt` is a model's."""

    tree_id: int
    parent_id: int | None
    text: str
    author_id: int | None
    pen_name: str | None
    origin: Origin
    spans: tuple[Span, ...]
    round_id: int | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage of a tree. `depth` counts from 1 at the root; `original_id` is the passage that this one repeats on a
    new branch, else None. A withdrawn passage has no text, no author and no spans any more, but keeps its place."""

    id: int
    tree_id: int
    parent_id: int | None
    depth: int
    text: str
    author_id: int | None
    pen_name: str | None
    origin: Origin
    spans: tuple[Span, ...]
    round_id: int | None
    receipt: Receipt | None
    created_ms: int
    original_id: int | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A passage as it stands in a map of its tree: without its text but for the `beginning`, BEGINNING characters."""

    id: int
    parent_id: int | None
    depth: int
    origin: Origin
    author_id: int | None
    pen_name: str | None
    withdrawn: bool
    beginning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody is in a story. `manages`: may manage the Discord server."""

    person_id: int
    manages: bool = False
    host: bool = False
    cohost: bool = False
    invited: bool = False

    @property
    def leads(self) -> bool:
        """Host, co-hosts and server managers decide about a story."""
        return self.host or self.cohost or self.manages


def change_rules(rules: StoryRules, **change: Unpack[RulesChange]) -> StoryRules:
    """Return `rules` with `change` applied whole. Raises `BadInput` and applies nothing otherwise.

    Keys (and params): `words_range` (low, high) for limits that are out of range or crossed; `round_minutes_range`
    and `quorum_range` (given, low, high); `rule_unknown` (given) for a value that is none of a rule's;
    `story_language`.
    """
    changed = dataclasses.replace(rules, **change)
    changed = dataclasses.replace(changed, language=check_language(changed.language))
    if not 1 <= changed.min_words <= changed.max_words <= MAX_WORDS:
        raise BadInput("words_range", low=1, high=MAX_WORDS)
    check_range("round_minutes_range", changed.round_minutes, ROUND_MINUTES)
    check_range("quorum_range", changed.quorum, QUORUM)
    allowed = (
        (changed.writers, Writers),
        (changed.additions, Additions),
        (changed.voters, Voters),
        (changed.unvoted, Unvoted),
        (changed.licence, Licence),
    )
    for given, kind in allowed:
        if given not in get_args(kind):
            raise BadInput("rule_unknown", given=str(given))
    return changed


def check_title(title: str) -> str:
    """Return `title` on one line. Raises `BadInput`: `title_empty`; `title_too_long` (length, limit)."""
    title = " ".join(title.split())
    if is_blank(title):
        raise BadInput("title_empty")
    if len(title) > MAX_TITLE:
        raise BadInput("title_too_long", length=len(title), limit=MAX_TITLE)
    return title


def check_premise(premise: str) -> str:
    """Return `premise` trimmed; it may be empty, and is where there is nothing to see in it. Raises `BadInput`:
    `premise_too_long` (length, limit)."""
    premise = "" if is_blank(premise) else premise.strip()
    if len(premise) > MAX_PREMISE:
        raise BadInput("premise_too_long", length=len(premise), limit=MAX_PREMISE)
    return premise


def require_lead(standing: Standing) -> None:
    """Raise `NotAllowed` (`story_hosts_only`) where the person does not lead the story."""
    if not standing.leads:
        raise NotAllowed("story_hosts_only")


def require_open(story: Story) -> None:
    """Raise `NotHere` where nothing can be written: `story_paused`, `story_ended`, `story_deleted`."""
    if story.state != "open":
        raise NotHere(f"story_{story.state}")


def require_writer(story: Story, standing: Standing) -> None:
    """Raise where the person cannot write in the story now: `NotAllowed` (`story_invited_only`), or as
    `require_open`."""
    require_open(story)
    if story.rules.writers == "invited" and not (standing.invited or standing.leads):
        raise NotAllowed("story_invited_only")


def require_voter(story: Story, standing: Standing) -> None:
    """Raise `NotAllowed` (`story_voters_only`) where only writers vote and the person may not write."""
    if (
        story.rules.voters == "writers"
        and story.rules.writers == "invited"
        and not (standing.invited or standing.leads)
    ):
        raise NotAllowed("story_voters_only")


def require_ai(story: Story) -> None:
    """Raise `NotHere` (`story_human_only`) where models are not wanted."""
    if not story.rules.ai:
        raise NotHere("story_human_only")


_MOVES: Mapping[StoryState, tuple[StoryState, ...]] = {
    "open": ("paused", "ended", "deleted"),
    "paused": ("open", "ended", "deleted"),
    "ended": ("open", "deleted"),
    "deleted": ("open",),
}
"""By the state of a story, the states that it can go to from there."""


def move(story: Story, state: StoryState, now_ms: int) -> Story:
    """Return the story in another state; deleting sets when it goes for good, and restoring takes that back.

    Raises `NotHere`: `story_already_open`, `…_paused`, `…_ended`, `…_deleted` where it is in that state,
    `story_ended` or `story_deleted` where it cannot go there from where it is.
    """
    if story.state == state:
        raise NotHere(f"story_already_{state}")
    if state not in _MOVES[story.state]:
        raise NotHere(f"story_{story.state}")
    purge_ms = now_ms + GRACE_MS if state == "deleted" else None
    return dataclasses.replace(story, state=state, purge_ms=purge_ms, changed_ms=now_ms)
