"""*Why this text?*: receipts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discord import ui

from bot.rules.generations import Generation
from bot.ui.cards import Card, is_own, line, notice, text
from bot.ui.cutting import shown_head
from bot.ui.escaping import escape, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.infills import sureness, wishes
from bot.ui.locale import Catalogue
from bot.ui.twists import expected_facts

BEGINNING = 80
"""How much of a suggestion is shown to tell which one is meant."""
_UNSAID = frozenset({"kind", "done", "finish", "shared_percent", "word_log_prob", "token_log_prob", "text_sha256"})
"""What is on receipts for the benchmarks and says nothing to a writer."""


def receipt_card(say: Catalogue, generation: Generation) -> Card:
    """Return a card with the receipts: what they have in common once, then what is each suggestion's own."""
    if is_own(generation):
        return notice(f"### {say('why.title')}", say("why.person"))
    made = [
        (f"**{position}**\u2002{shown_head(suggestion.text, BEGINNING)}", suggestion.receipt)
        for position, suggestion in enumerate(generation.suggestions, start=1)
    ]
    return Card(*receipt_blocks(say, made, generation.note))


def receipt_blocks(say: Catalogue, made: Sequence[tuple[str, Mapping[str, Any]]], note: str = "") -> list[ui.Item[Any]]:
    """Return the blocks of such a card for texts, each with a line, escaped, that tells which is meant, and its
    receipt; there is one at least. `note` is what the models were told besides, for all of them."""
    receipts = [facts(say, receipt) for _, receipt in made]
    common = [fact for fact in receipts[0] if all(fact in each for each in receipts[1:])]
    told = [say("why.note", note=escape(note))] if note else []
    room = CARD_TEXT // (len(receipts) + 1) - 8
    blocks: list[ui.Item[Any]] = [text(_lines(f"### {say('why.title')}\n{say('why.intro')}", [*told, *common], room))]
    for (begins, _), each in zip(made, receipts, strict=True):
        blocks += [line(), text(_lines(begins, [fact for fact in each if fact not in common], room))]
    return blocks


def _lines(first: str, more: Sequence[str], room: int) -> str:
    """Join what fits in `room`; the most telling facts come first."""
    lines = [first]
    for fact in more:
        if size("\n".join([*lines, fact])) + 4 <= room:
            lines.append(f"-# {fact}")
    return "\n".join(lines)


def facts(say: Catalogue, receipt: Mapping[str, Any]) -> list[str]:
    """Return what a receipt says, a line a fact, the most telling first; what is unknown here is shown by name."""
    rest = dict(receipt)
    engine = escape(str(rest.pop("engine", "")))
    lines = []
    if (mood := rest.pop("mood", None)) is not None:
        lines.append(say("why.mood", mood=say(f"mood.{mood}")))
    if (model := rest.pop("model", None)) is not None:
        revision = escape(str(rest.pop("revision", "")))
        lines.append(say("why.model", model=escape(str(model)), revision=revision, engine=engine))
    if host := rest.pop("host", None):
        lines.append(say("why.host", host=escape(str(host))))
    if (seed := rest.pop("seed", None)) is not None:
        lines.append(say("why.seed", seed=str(seed)))
    if sampling := rest.pop("sampling", None):
        lines.append(say("why.sampling", values=_values(sampling)))
    if (tokens := rest.pop("prompt_tokens", None)) is not None:
        short_hash = str(rest.pop("prompt_sha256", ""))[:12]
        lines.append(say("why.prompt", count=tokens, hash=escape(short_hash)))
    if dropped := rest.pop("dropped", None):
        lines.append(say("why.dropped", pieces=escape(", ".join(dropped))))
    if withheld := rest.pop("withheld", None):
        lines.append(say("why.withheld", pieces=escape(", ".join(withheld))))
    for sampler, instead in rest.pop("substitutions", None) or ():
        lines.append(say("why.substituted", engine=engine, sampler=escape(sampler), instead=escape(instead)))
    if reproducible := rest.pop("reproducible", None):
        lines.append(say(f"why.reproducible_{reproducible}"))
    if (run := rest.pop("shared_run", None)) is not None:
        lines.append(say("why.shared_run", count=max(1, run)))
    for fill in rest.pop("fills", None) or ():
        lines.append(_fill(say, fill))
    lines += expected_facts(say, rest.pop("words", None) or ())
    if wished := wishes(say, rest):
        lines.append(say("why.wished", wishes=" · ".join(wished)))
    if shown := (rest.pop("style", None) or {}).get("shown"):
        lines.append(say("why.shown", count=len(shown)))
    for name, value in rest.items():
        if name not in _UNSAID:
            lines += _other(say, name, value)
    return lines


def _fill(say: Catalogue, fill: Mapping[str, Any]) -> str:
    sure = sureness(say, float(fill.get("confidence", 0.0)))
    return say("why.fill", text=escape(str(fill.get("text", ""))), sure=sure)


def _other(say: Catalogue, name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return facts(say, value)
    if value in (None, "", [], ()):
        return []
    return [say("why.other", name=escape(name), value=escape(str(value)))]


def _values(sampling: Mapping[str, Any]) -> str:
    """The sampler values that change something."""
    idle = {"temperature": 1.0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "xtc_probability": 0.0}
    shown = {name: value for name, value in sampling.items() if name in idle and value != idle[name]}
    if sampling.get("dry_multiplier"):
        shown["dry"] = "{dry_multiplier} / {dry_base} / {dry_allowed_length}".format_map(sampling)
    return escape(", ".join(f"{name} {value}" for name, value in shown.items()) or "temperature 1.0")
