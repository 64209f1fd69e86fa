"""Texts far too long, in every option: a clear answer that Discord takes, and what was typed is given back."""

from __future__ import annotations

import logging

import pytest

from tests.behaviour.house import House, en, leaves, private
from tests.behaviour.test_door import furnished, typed

LONGEST = 6000
"""Discord's own limit for an option."""


def word(number: int) -> str:
    return f"w{number}_"


async def test_every_option_takes_a_text_that_is_far_too_long(house: House, caplog: pytest.LogCaptureFixture) -> None:
    place = await furnished(house)
    text = " ".join(map(word, range(2000)))[:LONGEST]
    most = {(name, each["name"]): each.get("max_length", LONGEST) for name, given in leaves(house) for each in given}
    for name, option, others in typed(house):
        where = place.thread if name.startswith("story") else house.channel
        refused = await house.ada.slash(where, name, **{option: text[: most[name, option]]}, **others)
        assert private(refused).strip(), (name, option)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING], caplog.text


async def test_a_passage_typed_into_the_wrong_option_is_given_back(house: House) -> None:
    place = await furnished(house)
    text = " ".join(map(word, range(900)))[:4400]
    told = private(await house.ada.slash(place.thread, "story add", story=text))
    assert en("card.given") in told
    assert word(0).replace("_", "\\_") in told
    assert text[-5:-1] in told.replace("\\", "")
