"""Pen names: what can be one, and whose it is."""

from __future__ import annotations

import pytest

from bot.errors import BadInput
from bot.rules.profiles import WriterProfile, change_profile
from bot.rules.stories import MAX_PEN_NAME

NOBODY_YET = WriterProfile(server_id=1, person_id=7)


def test_profile_change_leaves_the_rest() -> None:
    named = change_profile(NOBODY_YET, [], pen_name="  Old \n Wren ")
    assert named == WriterProfile(server_id=1, person_id=7, pen_name="Old Wren")
    refusing = change_profile(named, [], no_ai=True)
    assert (refusing.pen_name, refusing.no_ai) == ("Old Wren", True)
    assert change_profile(refusing, [], pen_name=None) == WriterProfile(server_id=1, person_id=7, no_ai=True)


@pytest.mark.parametrize("taken", ["Wren", "WREN", "wrén", " W r e n ", "W.ren!", "Ｗren", "wr\u200ben"])
def test_pen_name_that_is_read_like_somebody_elses(taken: str) -> None:
    with pytest.raises(BadInput, match="pen_name_taken"):
        change_profile(NOBODY_YET, ["Robin", taken], pen_name="Wren")
    assert change_profile(NOBODY_YET, [taken], pen_name="Wrens").pen_name == "Wrens"


@pytest.mark.parametrize(
    ("name", "key"),
    [("  ", "pen_name_empty"), ("…!", "pen_name_empty"), ("x" * (MAX_PEN_NAME + 1), "pen_name_too_long")],
)
def test_pen_name_that_is_none_is_refused(name: str, key: str) -> None:
    with pytest.raises(BadInput, match=key):
        change_profile(NOBODY_YET, [], pen_name=name)


def test_names_in_any_writing() -> None:
    for name in ("林夕", "Ольга", "R2-D2", "🪶 Wren"):
        assert change_profile(NOBODY_YET, ["Wrens"], pen_name=name).pen_name == name


@pytest.mark.parametrize("other", ["🦊", "…", "\u2764", ""])
def test_pen_name_of_signs_is_nobody_elses(other: str) -> None:
    """One letter that Unicode takes apart into marks, and names of Discord that have no letter at all."""
    changed = change_profile(WriterProfile(server_id=1, person_id=2), [other], pen_name="\ufe70")
    assert changed.pen_name is not None
