"""Memory and lore: what makes an entry, and when one is told or decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput, Gone, NotAllowed
from bot.rules.lore import (
    MAX_LORE,
    MAX_TRIGGER,
    MAX_TRIGGERS,
    RATIFIES,
    LoreEntry,
    LoreKind,
    LoreState,
    Tally,
    check_text,
    listed_triggers,
    require_proposed,
    require_removable,
    triggered,
)


def entry(
    *triggers: str, id_: int = 1, kind: LoreKind = "lore", state: LoreState = "ratified", story_id: int | None = 3
) -> LoreEntry:
    return LoreEntry(
        id=id_, server_id=1, story_id=story_id, kind=kind, triggers=triggers, text="It is.", state=state,
        proposed_by=7, created_ms=5,
    )  # fmt: skip


def test_triggers_are_folded_and_each_kept_once() -> None:
    assert listed_triggers("lore", " Lamp, whale  OIL，lamp\n灯塔、Straße;") == ("lamp", "whale oil", "灯塔", "strasse")
    assert listed_triggers("memory", "whatever") == ()


@pytest.mark.parametrize(
    ("given_", "key"),
    [
        ("", "triggers_missing"),
        (" , ;\n", "triggers_missing"),
        (",".join(f"word{number}" for number in range(MAX_TRIGGERS + 1)), "triggers_too_many"),
        ("x" * (MAX_TRIGGER + 1), "trigger_too_long"),
        ("lamp, *", "trigger_wordless"),
    ],
)
def test_triggers_that_will_not_do(given_: str, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        listed_triggers("lore", given_)
    assert refused.value.key == key


def test_entry_text() -> None:
    assert check_text("  The lamp burns.\n") == "The lamp burns."
    assert check_text("灯") == "灯"
    assert len(check_text("x" * MAX_LORE)) == MAX_LORE
    for text, key in ((" … ", "lore_empty"), ("x" * (MAX_LORE + 1), "lore_too_long")):
        with pytest.raises(BadInput) as refused:
            check_text(text)
        assert refused.value.key == key


def test_lore_is_told_where_a_trigger_stands_and_memory_never_by_a_trigger() -> None:
    lamp, sea, memory = entry("oil", "lamp"), entry("sea", id_=2), entry("lamp", id_=3, kind="memory")
    assert triggered([lamp, sea, memory], "The LAMP burns over the seaside.") == [lamp]
    assert triggered([sea, lamp], "A lamp at sea.") == [sea, lamp]
    assert triggered([lamp], "") == []


@given(agreeing=st.integers(0, 20), disagreeing=st.integers(0, 20))
def test_lore_vote_is_decided_by_a_large_enough_lead(agreeing: int, disagreeing: int) -> None:
    verdict = Tally(agreeing=agreeing, disagreeing=disagreeing).verdict
    mirrored = Tally(agreeing=disagreeing, disagreeing=agreeing).verdict
    assert (verdict == "ratified") == (agreeing >= disagreeing + RATIFIES) == (mirrored == "rejected")
    assert (verdict == "proposed") == (abs(agreeing - disagreeing) < RATIFIES)


def test_lore_vote_that_is_decided_stays_so() -> None:
    require_proposed(entry(state="proposed"))
    for state in ("ratified", "rejected"):
        with pytest.raises(Gone, match=f"lore_already_{state}"):
            require_proposed(entry(state=state))


def test_lore_who_may_remove_an_entry() -> None:
    require_removable(entry(), 99, leads=True)
    for state in ("proposed", "rejected"):
        require_removable(entry(state=state), 7, leads=False)
        with pytest.raises(NotAllowed, match="story_hosts_only"):
            require_removable(entry(state=state), 8, leads=False)
    with pytest.raises(NotAllowed, match="story_hosts_only"):
        require_removable(entry(), 7, leads=False)
    with pytest.raises(NotAllowed, match="lore_managers_only"):
        require_removable(entry(story_id=None), 7, leads=False)
