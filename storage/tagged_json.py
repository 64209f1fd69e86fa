"""Values that are stored as JSON with the tag of their type: receipts, and what a kind of generation keeps besides.

What earlier versions stored is read as well: a receipt without a tag is a continuation's, or a person's; what no type
is known for, and what has another shape than its type, is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import msgspec

from bot.rules.generations import Payload
from bot.rules.receipts import TYPES, ContinueReceipt, OtherReceipt, OwnReceipt, Receipt
from bot.rules.twists import TwistWords

TAG = "kind"
"""The key of the tag."""
PAYLOADS: Mapping[str, type[Payload]] = MappingProxyType({TwistWords.kind: TwistWords})
"""The types of payloads, by their tags."""
_UNTAGGED = frozenset(each.name for each in fields(ContinueReceipt))
"""What a receipt of a continuation could have before receipts had tags."""


def receipt_from_json(value: Mapping[str, Any]) -> Receipt:
    """Return a receipt from its JSON, of any version."""
    type_ = _type_of(value)
    if type_ is not None:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError:
            pass  # a shape that no version of this type had
    told = dict(value)
    dropped, withheld = (_labels(told.pop(name, None)) for name in ("dropped", "withheld"))
    return OtherReceipt(told=told, dropped=dropped, withheld=withheld)


def _labels(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _type_of(value: Mapping[str, Any]) -> type[Receipt] | None:
    """Return the type of a stored receipt, None where none is known."""
    if TAG in value:
        return TYPES.get(str(value[TAG]))
    if "source" in value:
        return OwnReceipt
    return ContinueReceipt if _UNTAGGED.issuperset(value) else None


def receipt_as_json(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as JSON has it, with its tag."""
    if isinstance(receipt, OtherReceipt):
        marks = {"dropped": list(receipt.dropped), "withheld": list(receipt.withheld)}
        return {**receipt.told, **{name: labels for name, labels in marks.items() if labels}}
    return {TAG: receipt.kind, **_told(receipt)}


def _told(receipt: Receipt) -> dict[str, Any]:
    """The fields that are not as usual, and those that are always told."""
    told: dict[str, Any] = {}
    for each in fields(receipt):
        value = getattr(receipt, each.name)
        if value != each.default or each.name in receipt.always:
            told[each.name] = _told(value) if isinstance(value, Receipt) else msgspec.to_builtins(value)
    return told


def payload_from_json(value: Mapping[str, Any]) -> Payload | None:
    """Return a payload from its JSON, None where its type is unknown."""
    type_ = PAYLOADS.get(str(value.get(TAG)))
    return None if type_ is None else msgspec.convert(value, type_)


def payload_as_json(payload: Payload) -> dict[str, Any]:
    """Return a payload as JSON has it, with its tag."""
    told: dict[str, Any] = msgspec.to_builtins(payload)
    return {TAG: payload.kind, **told}
