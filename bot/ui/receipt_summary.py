"""*Why this text?* in plain words: who wrote it and from what, where that happened, what was not read. The numbers are
in `bot.ui.receipt_details`, behind the button *Details*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discord import ui

from bot.rules.generations import Generation
from bot.rules.provenance import word_origins
from bot.rules.receipts import (
    BridgeReceipt,
    ContinueReceipt,
    EditedReceipt,
    InfillReceipt,
    ModelReceipt,
    OtherReceipt,
    Receipt,
    RowReceipt,
    TwistReceipt,
)
from bot.rules.servers import words_of
from bot.rules.text.words import split_words
from bot.ui import custom_ids
from bot.ui.cards import Card, is_own, line, notice, text
from bot.ui.cutting import shown_head
from bot.ui.escaping import escape, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.infills import style_phrases, sureness
from bot.ui.locale import Catalogue
from bot.ui.receipt_details import BEGINNING, Made, details_card, expected_facts

DETAILS = "details"
"""The last id of *Details*."""
_CUT = ":start"
"""Behind the label of a piece of which only the beginning was left out."""
_STORY = ("passage", "passages")
"""Labels of what models read of a story's passages begin with these words."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the models went by, as far as it is known without their receipts: a text of `words` words that somebody
    gave, or the end of a story (None)."""

    words: int | None = None


def receipt_card(say: Catalogue, generation: Generation, *, details: bool = False) -> Card:
    """Return the card of *Why this text?*: in plain words with a button for the details, or the details with a way
    back."""
    suggestion = generation.suggestions[0]
    if isinstance(suggestion.receipt, EditedReceipt):
        origins = word_origins(suggestion.text, suggestion.receipt.spans)
        told = say("why.edited", count=origins.count("human"), total=len(origins))
        return notice(f"### {say('why.title')}", told)
    if is_own(generation):
        return notice(f"### {say('why.title')}", say("why.person"))
    made = [
        (f"**{position}**\u2002{shown_head(suggestion.text, BEGINNING)}", suggestion.receipt, suggestion.payload)
        for position, suggestion in enumerate(generation.suggestions, start=1)
    ]
    if details:
        back = custom_ids.WHY.button(say("button.back"), generation.id, emoji="◀️")
        return details_card(say, made, generation.note, back)
    more = custom_ids.WHY.button(say("button.details"), generation.id, DETAILS, emoji="🔬")
    return summary_card(say, made, Read(len(split_words(generation.text))), generation.note, more)


def summary_card(
    say: Catalogue,
    made: Sequence[Made],
    read: Read,
    note: str,
    details: ui.Button[Any],
    besides: Sequence[str] = (),
) -> Card:
    """Return such a card in plain words for texts; there is one at least. `besides` are sentences on others."""
    receipts = [receipt for _, receipt, _ in made]
    wishes = style_phrases(say, receipts[0])
    told = [
        f"{_wrote(say, receipts, read)} {_where(say, receipts)}",
        *([say("why.note", note=escape(note))] if note else []),
        *([say("why.wished", wishes=" · ".join(wishes))] if wishes else []),
        *_unread(say, receipts),
        *besides,
    ]
    blocks: list[ui.Item[Any]] = [text("\n".join([f"### {say('why.title')}", *told]))]
    room = (CARD_TEXT - size(blocks[0].content)) // len(made) - 8  # type: ignore[attr-defined]  # it is a text
    moods = {receipt.one_mood for receipt in receipts}
    for begins, receipt, payload in made:
        own = [*expected_facts(say, payload), *_sure(say, receipt)]
        if receipt.one_mood is not None and len(moods) > 1:
            own.insert(0, say("why.by_mood", mood=say(f"mood.{receipt.one_mood}")))
        lines = [begins]
        for each in own:
            if size("\n".join([*lines, each])) + 4 <= room:
                lines.append(f"-# {each}")
        blocks += [line(visible=False), text("\n".join(lines))]
    return Card(*blocks, line(), ui.ActionRow(details))


def _wrote(say: Catalogue, receipts: Sequence[Receipt], read: Read) -> str:
    """The first sentence: who wrote the texts, and from what."""
    first = receipts[0]
    match first:
        case InfillReceipt():
            return say("why.filled")
        case BridgeReceipt():
            return say("why.bridged", count=len(receipts))
        case TwistReceipt():
            return say("why.twisted")
        case ContinueReceipt() | RowReceipt():
            moods = {receipt.one_mood for receipt in receipts}
            words = _read(say, receipts, read)
            if len(moods) == 1 and first.one_mood is not None:
                mood = say(f"mood.{first.one_mood}")
                return say("why.continued_one", mood=mood, words=words, count=len(receipts))
            return say("why.continued", words=words, count=len(receipts))
        case _:
            return say("why.made", count=len(receipts))


def _read(say: Catalogue, receipts: Sequence[Receipt], read: Read) -> str:
    """What the models read, in words: exactly where all of a given text was read, else about."""
    cut = any(label == f"text{_CUT}" for receipt in receipts for label in receipt.dropped)
    tokens = max((receipt.prompt_tokens or 0 for receipt in receipts if isinstance(receipt, RowReceipt)), default=0)
    if read.words is not None and not cut:
        return say("why.read_all", count=read.words)
    about = _rounded(words_of(tokens))
    return say("why.read_story" if read.words is None else "why.read_end", count=about)


def _rounded(count: int) -> int:
    """Return a number as one says "about" of it: two digits and noughts."""
    digits = len(str(count)) - 2
    return round(count, -digits) if digits > 0 else count


def _models(receipts: Sequence[Receipt]) -> list[RowReceipt]:
    """What is told of each model that had a part."""
    found: list[RowReceipt] = []
    for receipt in receipts:
        match receipt:
            case RowReceipt():
                found.append(receipt)
            case InfillReceipt() | TwistReceipt():
                found += [each for each in (receipt.masked, receipt.causal) if each is not None]
            case BridgeReceipt(causal=ModelReceipt() as causal):
                found.append(causal)
    return found


def _where(say: Catalogue, receipts: Sequence[Receipt]) -> str:
    """The second sentence: on which machine that was."""
    models = _models(receipts)
    hosts = list(dict.fromkeys(each.host for each in models if each.host))
    names = list(dict.fromkeys(escape(each.model) for each in models if each.model))
    if hosts:
        return say("why.outside", models=", ".join(names), host=escape(", ".join(hosts)), count=len(names))
    if not names or isinstance(receipts[0], OtherReceipt):
        return ""
    return say("why.here", models=", ".join(names), count=len(names))


def _unread(say: Catalogue, receipts: Sequence[Receipt]) -> list[str]:
    """What was not read, a sentence each."""
    dropped = {label for receipt in receipts for label in receipt.dropped}
    withheld = {label for receipt in receipts for label in receipt.withheld}
    told = []
    if any(label.startswith(_STORY) for label in dropped):
        told.append(say("why.unread_story"))
    if any(not label.startswith((*_STORY, "text")) for label in dropped):
        told.append(say("why.unread_notes"))
    if withheld:
        told.append(say("why.kept_from", count=len(withheld)))
    return told


def _sure(say: Catalogue, receipt: Receipt) -> list[str]:
    """How sure the models are of each fill."""
    fills = receipt.fills if isinstance(receipt, InfillReceipt) else ()
    return [say("why.fill", text=escape(fill.text), sure=sureness(say, fill.confidence)) for fill in fills]
