"""Receipts of what the engine made (`bot.rules.receipts`)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from bot.inference.protocol import Continuation, ModelInfo, Receipt
from bot.rules.receipts import ContinueReceipt, ModelReceipt
from bot.writing.overlap import Overlap


def of_row(receipt: Receipt) -> ModelReceipt:
    """Return an engine's receipt as it is kept within another one."""
    return ModelReceipt(**_values(receipt))


def of_model(model: ModelInfo, *, beam: int | None = None, samples: int | None = None) -> ModelReceipt:
    """Return the receipt of one of the infill pair."""
    return ModelReceipt(
        engine="torch", model=model.name, revision=model.revision, update=model.update, beam=beam, samples=samples
    )


def of_continuation(row: Continuation, shared: Overlap, log_prob: float | None) -> ContinueReceipt:
    """Return the receipt of a continuation: the engine's, what it shares with the text before it, and the mean natural
    log-probability of its tokens under the plain model, where the engine told it."""
    return ContinueReceipt(
        **_values(row.receipt),
        finish=row.finish,
        shared_run=shared.longest_run,
        shared_percent=round(100 * shared.shared),
        token_log_prob=None if log_prob is None else round(log_prob, 2),
    )


def _values(receipt: Receipt) -> dict[str, Any]:
    return {each.name: getattr(receipt, each.name) for each in fields(receipt)}
