"""Values for the tests of the repositories: made by hand, and by hypothesis."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from bot.rules.generations import GenerationKind, NewGeneration, Place, Suggestion
from bot.rules.moods import MOOD_NAMES

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
