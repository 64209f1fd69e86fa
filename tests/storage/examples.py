"""Values for the tests of the repositories: made by hand, and by hypothesis."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from bot.rules.generations import GenerationKind, NewGeneration, Place, Suggestion
from bot.rules.moods import MOOD_NAMES
from bot.rules.provenance import Span
from bot.rules.rounds import NewCandidate, NewRound, RoundKind, RoundState
from bot.rules.stories import NewPassage, NewStory

SNOWFLAKES = st.integers(min_value=0, max_value=2**63 - 1)
TEXTS = st.text(max_size=80)
TIMES = st.integers(min_value=0, max_value=10_000)

PLACES = st.builds(Place, server_id=st.none() | SNOWFLAKES, channel_id=SNOWFLAKES)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)

SUGGESTIONS = st.builds(
    Suggestion,
    text=TEXTS,
    fills=st.lists(TEXTS, max_size=3).map(tuple),
    score=st.floats(allow_nan=False),
    receipt=st.dictionaries(TEXTS, _JSON, max_size=4),
)


def new_generations(
    people: st.SearchStrategy[int], parents: st.SearchStrategy[int | None]
) -> st.SearchStrategy[NewGeneration]:
    return st.builds(
        NewGeneration,
        kind=st.sampled_from(get_args(GenerationKind)),
        place=PLACES,
        person_id=people,
        text=TEXTS,
        mood=st.none() | st.sampled_from(MOOD_NAMES),
        count=st.integers(1, 5),
        length=st.integers(0, 160),
        suggestions=st.lists(SUGGESTIONS, max_size=5).map(tuple),
        expires_ms=TIMES,
        parent_id=parents,
    )


def new_generation(*, person_id: int = 7, expires_ms: int = 1000, parent_id: int | None = None) -> NewGeneration:
    return NewGeneration(
        kind="infill",
        place=Place(server_id=1, channel_id=2),
        person_id=person_id,
        text="She opened the ___.",
        mood=None,
        count=2,
        length=0,
        suggestions=(
            Suggestion(text="She opened the door.", fills=("door",), score=-1.25, receipt={"seed": 1}),
            Suggestion(text="She opened the 信.", fills=("信",), score=-2.5, receipt={"seed": 2, "dropped": []}),
        ),
        expires_ms=expires_ms,
        parent_id=parent_id,
    )


def new_story(title: str = "The lighthouse", *, server_id: int = 1, host_id: int = 7) -> NewStory:
    return NewStory(server_id=server_id, channel_id=2, host_id=host_id, title=title, premise="A keeper is silent.")


def new_passage(
    tree_id: int, parent_id: int | None, text: str = "Nobody spoke.", *, author_id: int | None = 7
) -> NewPassage:
    return NewPassage(
        tree_id=tree_id,
        parent_id=parent_id,
        text=text,
        author_id=author_id,
        pen_name=None if author_id is None else "Wren",
        origin="gpt" if author_id is None else "human",
        spans=(Span(0, len(text), "gpt" if author_id is None else "human"),),
        receipt={"seed": 1} if author_id is None else None,
    )


def new_round(
    story_id: int,
    *,
    kind: RoundKind = "continue",
    state: RoundState = "open",
    opened_by: int = 7,
    after_id: int | None = None,
    replaces_id: int | None = None,
    deadline_ms: int = 1000,
) -> NewRound:
    return NewRound(
        story_id=story_id,
        kind=kind,
        state=state,
        opened_by=opened_by,
        text="Nobody ___.",
        salt="00" * 16,
        deadline_ms=deadline_ms,
        after_id=after_id,
        replaces_id=replaces_id,
    )


def new_candidate(text: str = "A bell rang.", *, author_id: int | None = None) -> NewCandidate:
    ai = author_id is None
    return NewCandidate(
        text=text,
        author_id=author_id,
        pen_name=None if ai else "Wren",
        origin="gpt" if ai else "human",
        spans=(Span(0, len(text), "gpt" if ai else "human"),),
        mood="wild" if ai else None,
        receipt={"seed": 2} if ai else None,
    )
