"""Values for the tests of the repositories: made by hand, and by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.rules.generations import NewGeneration, Place, Suggestion
from bot.rules.infill_style import InfillStyle
from bot.rules.moods import MOOD_NAMES, MOODS
from bot.rules.provenance import ORIGINS, Span
from bot.rules.receipts import (
    BridgeReceipt,
    ContinueReceipt,
    EditedReceipt,
    FillReceipt,
    InfillReceipt,
    ModelReceipt,
    OtherReceipt,
    OwnReceipt,
    Receipt,
    TwistReceipt,
)
from bot.rules.rounds import NewCandidate, NewRound, RoundKind, RoundState
from bot.rules.stories import NewPassage, NewStory
from bot.rules.twists import Expected, Other, TwistWords

SNOWFLAKES = st.integers(min_value=0, max_value=2**63 - 1)
TEXTS = st.text(max_size=80)
TIMES = st.integers(min_value=0, max_value=10_000)

PLACES = st.builds(Place, server_id=st.none() | SNOWFLAKES, channel_id=SNOWFLAKES)

_REAL = st.floats(allow_nan=False, allow_infinity=False)
SAMPLINGS = st.none() | st.sampled_from([MOODS[mood] for mood in MOOD_NAMES])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)

_LABELS = st.lists(TEXTS, max_size=2).map(tuple)
_MODELS = st.builds(
    ModelReceipt, engine=TEXTS, model=TEXTS, update=TEXTS, beam=st.none() | TIMES, dropped=_LABELS, sampling=SAMPLINGS
)
_FILLS = st.lists(st.builds(FillReceipt, text=TEXTS, confidence=_REAL, sources=_LABELS), max_size=3).map(tuple)
_STYLES = st.builds(InfillStyle, boldness=_REAL, near=_LABELS, shown=st.lists(_LABELS, max_size=2).map(tuple))
_SPANS = st.lists(st.builds(Span, TIMES, TIMES, st.sampled_from(ORIGINS)), max_size=3).map(tuple)
RECEIPTS: st.SearchStrategy[Receipt] = st.one_of(
    st.builds(
        ContinueReceipt,
        engine=TEXTS,
        model=TEXTS,
        seed=st.none() | TIMES,
        mood=st.none() | st.sampled_from(MOOD_NAMES),
        sampling=SAMPLINGS,
        substitutions=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
        dropped=_LABELS,
        withheld=_LABELS,
        token_log_prob=st.none() | _REAL,
    ),
    st.builds(InfillReceipt, fills=_FILLS, causal=_MODELS, masked=st.none() | _MODELS, style=st.none() | _STYLES),
    st.builds(BridgeReceipt, fills=_FILLS, causal=_MODELS, shared_run=st.none() | TIMES, right_sha256=TEXTS),
    st.builds(TwistReceipt, causal=_MODELS, masked=st.none() | _MODELS),
    st.builds(OwnReceipt),
    st.builds(EditedReceipt, spans=_SPANS),
    st.dictionaries(TEXTS.map("x{}".format), _JSON, min_size=1, max_size=4).map(lambda told: OtherReceipt(told=told)),
)
_EXPECTED = st.builds(
    Expected, start=TIMES, end=TIMES, word=TEXTS, others=st.lists(st.builds(Other, TEXTS, _REAL), max_size=2).map(tuple)
)

SUGGESTIONS = st.builds(
    Suggestion,
    text=TEXTS,
    fills=st.lists(TEXTS, max_size=3).map(tuple),
    score=st.floats(allow_nan=False),
    confidence=st.none() | st.floats(allow_nan=False),
    receipt=RECEIPTS,
    payload=st.none() | st.builds(TwistWords, words=st.lists(_EXPECTED, max_size=3).map(tuple), done=st.booleans()),
)


def new_generations(
    people: st.SearchStrategy[int], parents: st.SearchStrategy[int | None]
) -> st.SearchStrategy[NewGeneration]:
    return st.builds(
        NewGeneration,
        kind=st.sampled_from(["continue", "infill", "bridge", "twist"]),
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
            Suggestion(text="She opened the door.", fills=("door",), confidence=0.25, receipt=InfillReceipt(seed=1)),
            Suggestion(text="She opened the 信.", fills=("信",), confidence=0.5, receipt=InfillReceipt(seed=2)),
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
        receipt=ContinueReceipt(seed=1) if author_id is None else None,
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
        receipt=ContinueReceipt(seed=2) if ai else None,
    )
