"""Receipts and payloads as JSON: what every earlier version stored is read, and nothing of it is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from bot.rules.receipts import (
    BridgeReceipt,
    ContinueReceipt,
    InfillReceipt,
    OtherReceipt,
    OwnReceipt,
    Receipt,
    TwistReceipt,
)
from storage.tagged_json import payload_from_json, receipt_as_json, receipt_from_json
from tests.storage.examples import RECEIPTS
from tests.support.stored_generations import NAMES, entry_of

TYPES: dict[str, type[Receipt]] = {
    "continue": ContinueReceipt,
    "infill": InfillReceipt,
    "bridge": BridgeReceipt,
    "twist": TwistReceipt,
    "own": OwnReceipt,
}


@pytest.mark.parametrize("name", NAMES)
def test_receipts_of_earlier_versions_are_read_whole(name: str) -> None:
    entry = entry_of(name)
    kind = "own" if name.startswith("own") else entry["generation"]["kind"]
    for suggestion in entry["suggestions"]:
        stored = json.loads(suggestion["receipt"])
        receipt = receipt_from_json(stored)
        assert type(receipt) is TYPES[kind]
        told = json.loads(json.dumps(receipt_as_json(receipt)))
        assert receipt_from_json(told) == receipt
        assert _missing(stored, told) <= {"source", "words", "done"}


def _missing(stored: Any, told: Any) -> set[str]:
    """The names of what is in `stored` and not in `told`, but for what says nothing."""
    found: set[str] = set()
    for name, value in stored.items():
        if isinstance(value, dict) and isinstance(told.get(name), dict):
            found |= _missing(value, told[name])
        elif value not in (told.get(name), [], "", None):
            found.add(name)
    return found


@given(RECEIPTS)
def test_receipt_survives_being_stored(receipt: Receipt) -> None:
    assert receipt_from_json(json.loads(json.dumps(receipt_as_json(receipt)))) == receipt


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "dream", "depth": 3, "dropped": ["lore"]},
        {"kind": "infill", "fills": "not a list", "seed": 7},
        {"kind": ["nonsense"]},
        {"prompt": "words", "mood": 3},
        {"mood": "a mood of another time", "seed": 3},
    ],
)
def test_tagged_json_keeps_what_it_knows_no_type_for(stored: dict[str, Any]) -> None:
    receipt = receipt_from_json(stored)
    assert isinstance(receipt, OtherReceipt)
    assert receipt_as_json(receipt) == stored
    assert "withheld" not in receipt_as_json(receipt.marked(["memory"], []))


def test_payload_of_another_time_is_none() -> None:
    assert payload_from_json({"kind": "dream", "depth": 3}) is None
    assert payload_from_json({}) is None
