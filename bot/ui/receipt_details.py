"""The details of *Why this text?*: everything that receipts hold, a line a fact. What is told first is in
`bot.ui.receipt_summary`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from discord import ui

from bot.rules.generations import Payload
from bot.rules.moods import Sampling
from bot.rules.receipts import (
    BridgeReceipt,
    ContinueReceipt,
    FillReceipt,
    InfillReceipt,
    ModelReceipt,
    OtherReceipt,
    Receipt,
    RowReceipt,
    TwistReceipt,
)
from bot.rules.twists import TwistWords
from bot.ui.cards import Card, line, text
from bot.ui.escaping import escape, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.infills import style_phrases, sureness
from bot.ui.locale import Catalogue

BEGINNING = 80
"""How much of a suggestion is shown to tell which one is meant."""
Made = tuple[str, Receipt, Payload | None]
"""A line, escaped, that tells which text is meant, with its receipt and payload."""


def details_card(say: Catalogue, made: Sequence[Made], note: str, back: ui.Button[Any]) -> Card:
    """Return a card with the receipts of texts, of which there is one at least: what they have in common once, then
    what is each text's own, and a button `back`. `note` is what the models were told besides, for all of them."""
    receipts = [facts(say, receipt, payload) for _, receipt, payload in made]
    common = [fact for fact in receipts[0] if all(fact in each for each in receipts[1:])]
    told = [say("why.note", note=escape(note))] if note else []
    room = CARD_TEXT // (len(receipts) + 1) - 8
    blocks: list[ui.Item[Any]] = [text(_lines(f"### {say('why.title')}\n{say('why.intro')}", [*told, *common], room))]
    for (begins, _, _), each in zip(made, receipts, strict=True):
        blocks += [line(), text(_lines(begins, [fact for fact in each if fact not in common], room))]
    return Card(*blocks, line(), ui.ActionRow(back))


def _lines(first: str, more: Sequence[str], room: int) -> str:
    """Join what fits in `room`; the most telling facts come first."""
    lines = [first]
    for fact in more:
        if size("\n".join([*lines, fact])) + 4 <= room:
            lines.append(f"-# {fact}")
    return "\n".join(lines)


# ---- what a receipt says, a line a fact, the most telling first


def facts(say: Catalogue, receipt: Receipt, payload: Payload | None = None) -> list[str]:
    """Return what a receipt, and the payload beside it, says; what is unknown here is shown by name."""
    return [*expected_facts(say, payload), *_FACTS[receipt.kind](say, receipt)]


def _continued(say: Catalogue, receipt: ContinueReceipt) -> list[str]:
    return [*_row(say, receipt), *_shared(say, receipt.shared_run)]


def _infilled(say: Catalogue, receipt: InfillReceipt) -> list[str]:
    lines = [*_seed(say, receipt.seed), *_unread(say, receipt), *_fills(say, receipt.fills)]
    if wished := style_phrases(say, receipt):
        lines.append(say("why.wished", wishes=" · ".join(wished)))
    if receipt.style is not None and receipt.style.shown:
        lines.append(say("why.shown", count=len(receipt.style.shown)))
    return [*lines, *_models(say, receipt.masked, receipt.causal)]


def _bridged(say: Catalogue, receipt: BridgeReceipt) -> list[str]:
    return [
        *_seed(say, receipt.seed),
        *_unread(say, receipt),
        *_shared(say, receipt.shared_run),
        *_fills(say, receipt.fills),
        *_models(say, receipt.causal),
        *_named(say, right_sha256=receipt.right_sha256),
    ]


def _twisted(say: Catalogue, receipt: TwistReceipt) -> list[str]:
    return [*_unread(say, receipt), *_models(say, receipt.masked, receipt.causal)]


def _other(say: Catalogue, receipt: OtherReceipt) -> list[str]:
    return [*_unread(say, receipt), *_named(say, **receipt.told)]


_FACTS: Mapping[str, Callable[[Catalogue, Any], list[str]]] = MappingProxyType(
    {
        ContinueReceipt.kind: _continued,
        InfillReceipt.kind: _infilled,
        BridgeReceipt.kind: _bridged,
        TwistReceipt.kind: _twisted,
        OtherReceipt.kind: _other,
    }
)
"""By the kind of a receipt, the function that returns what it says."""


def expected_facts(say: Catalogue, payload: Payload | None) -> list[str]:
    """Return what a twist says of its words, a line a word, escaped; nothing of any other payload."""
    words = payload.words if isinstance(payload, TwistWords) else ()
    return [
        say("why.twist", word=escape(word.word), others=escape(", ".join(other.text for other in word.others)))
        for word in words
    ]


def _models(say: Catalogue, *models: ModelReceipt | None) -> list[str]:
    return [
        line
        for each in models
        if each is not None
        for line in (*_row(say, each), *_named(say, update=each.update, beam=each.beam, samples=each.samples))
    ]


def _row(say: Catalogue, row: RowReceipt) -> list[str]:
    """What an engine tells of a row, or of a model."""
    engine = escape(row.engine)
    lines = []
    if row.mood is not None:
        lines.append(say("why.mood", mood=say(f"mood.{row.mood}")))
    if row.model:
        lines.append(say("why.model", model=escape(row.model), revision=escape(row.revision), engine=engine))
    if row.host:
        lines.append(say("why.host", host=escape(row.host)))
    lines += _seed(say, row.seed)
    if row.sampling is not None:
        lines.append(say("why.sampling", values=_values(row.sampling)))
    if row.prompt_tokens is not None:
        lines.append(say("why.prompt", count=row.prompt_tokens, hash=escape(row.prompt_sha256[:12])))
    lines += _unread(say, row)
    for sampler, instead in row.substitutions:
        lines.append(say("why.substituted", engine=engine, sampler=escape(sampler), instead=escape(instead)))
    if row.reproducible:
        lines.append(say(f"why.reproducible_{row.reproducible}"))
    return lines


def _seed(say: Catalogue, seed: int | None) -> list[str]:
    return [] if seed is None else [say("why.seed", seed=str(seed))]


def _unread(say: Catalogue, receipt: Receipt) -> list[str]:
    """What the models did not read."""
    lines = []
    if receipt.dropped:
        lines.append(say("why.dropped", pieces=escape(", ".join(receipt.dropped))))
    if receipt.withheld:
        lines.append(say("why.withheld", pieces=escape(", ".join(receipt.withheld))))
    return lines


def _shared(say: Catalogue, run: int | None) -> list[str]:
    return [] if run is None else [say("why.shared_run", count=max(1, run))]


def _fills(say: Catalogue, fills: Sequence[FillReceipt]) -> list[str]:
    return [say("why.fill", text=escape(fill.text), sure=sureness(say, fill.confidence)) for fill in fills]


def _named(say: Catalogue, **values: Any) -> list[str]:
    """What has no words of its own, by its name."""
    return [
        say("why.other", name=escape(name), value=escape(str(value)))
        for name, value in values.items()
        if value not in (None, "", [], ())
    ]


def _values(sampling: Sampling) -> str:
    """The sampler values that change something."""
    idle = {"temperature": 1.0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "xtc_probability": 0.0}
    shown: dict[str, object] = {
        name: getattr(sampling, name) for name, value in idle.items() if getattr(sampling, name) != value
    }
    if sampling.dry_multiplier:
        shown["dry"] = f"{sampling.dry_multiplier} / {sampling.dry_base} / {sampling.dry_allowed_length}"
    return escape(", ".join(f"{name} {value}" for name, value in shown.items()) or "temperature 1.0")
