"""How a kind of generation is shown: what the cards of all kinds have in common, and where they may differ.

What was shortened on a card can be read whole with *Read it all*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from discord import ui

from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.receipts import EditedReceipt
from bot.ui import custom_ids
from bot.ui.cards import ASKED_TEXT, PAGE_TEXT, Card, is_own, line, note_line, text
from bot.ui.cutting import share, shown_head, shown_pages, shown_size, shown_tail
from bot.ui.escaping import escape, quote, size, tidy
from bot.ui.fitting import CARD_TEXT
from bot.ui.infills import Filled, style_phrases, sureness
from bot.ui.locale import Catalogue
from bot.ui.story_starts import story_start, take_menu
from bot.writing.features import feature_of

ROW = 5
"""Buttons in a row."""
FILLED_TEXT = 700
"""So much of a text is shown around each way to fill its blanks at most."""
Shown = tuple[list[str], bool]
"""The suggestions as they stand on a card, escaped and numbered, and whether any of them is shortened."""


class FeatureCard:
    """The cards of one kind. A kind that has none of its own is shown like this: what was asked, and the suggestions,
    with their fills in place where they have any."""

    kind: ClassVar[GenerationKind] = ""
    own_form: ClassVar[str] = "own"
    """The form of *Write my own* (`form.<kind>` in the catalogues)."""
    takes_note: ClassVar[bool] = False
    """Whether it can be asked again with a note."""
    begins_stories: ClassVar[bool] = True
    """Whether a story can begin with a suggestion."""

    # ---- where kinds differ

    def working(self, say: Catalogue) -> str:
        """Return what the progress says while models work."""
        return say("progress.working")

    def asked(self, generation: Generation) -> str:
        """Return what was asked, shortened and escaped; empty where it is seen in the suggestions."""
        literals = feature_of(generation.kind).literals(generation)
        return "" if literals else shown_tail(generation.text, ASKED_TEXT, quote)

    def prefilled(self, generation: Generation) -> str:
        """Return what stands in the form of *Write my own*: nothing where that goes on from the text."""
        return ""

    def filled(self, generation: Generation, suggestion: Suggestion) -> Filled | None:
        """Return a suggestion as fills in the text around them, None where it has none."""
        literals = feature_of(generation.kind).literals(generation)
        return Filled(literals, suggestion.fills) if literals else None

    def suggestion_row(
        self, say: Catalogue, generation: Generation, position: int, shown: str
    ) -> Sequence[ui.Item[Any]]:
        """Return the blocks of one suggestion."""
        go = custom_ids.GO.button(say("button.go"), generation.id, position)
        return [ui.Section(text(shown), accessory=go)]

    def rows(self, say: Catalogue, generation: Generation) -> Sequence[ui.ActionRow[Any]]:
        """Return the rows of buttons over those that all cards have."""
        return []

    def pages(self, generation: Generation) -> list[ui.ActionRow[Any]]:
        """Return the row that turns the pages of a card: none where there is one alone."""
        if generation.pages < 2:
            return []
        back = custom_ids.PAGE.button("◀", generation.id, -1)
        here = custom_ids.PAGE.button(f"{generation.page}/{generation.pages}", generation.id, 0)
        on = custom_ids.PAGE.button("▶", generation.id, 1)
        back.disabled, here.disabled, on.disabled = generation.page == 1, True, generation.page == generation.pages
        return [ui.ActionRow(back, here, on)]

    # ---- the card

    def card(self, say: Catalogue, generation: Generation, *, name: str) -> Card:
        """Return the card of a finished request. `name` is how the person who asked is called, unescaped."""
        own = is_own(generation)
        if own:
            title = say(f"card.{_hand(generation)}.title", name=escape(name))
        else:
            title = say(f"card.{generation.kind}.title", count=len(generation.suggestions))
        asked, foot = self.asked(generation), self._foot(say, generation, name)
        texts, shortened = self._shown(say, generation, CARD_TEXT - size(title) - size(asked) - size(foot) - 32)
        blocks: list[ui.Item[Any]] = [text(f"### {title}")]
        if asked:
            blocks.append(text(asked))
        blocks.append(line())
        for position, shown in enumerate(texts):
            blocks += self.suggestion_row(say, generation, position, shown)
        blocks += [line(), *self.pages(generation), *self.rows(say, generation)]
        blocks += self._actions(say, generation, read=shortened)
        if not own:
            blocks.append(take_menu(say, generation, begins_stories=self.begins_stories))
        elif self.begins_stories and (start := story_start(say, generation)) is not None:
            blocks.append(start)
        blocks.append(text(foot))
        return Card(*blocks)

    def _foot(self, say: Catalogue, generation: Generation, name: str) -> str:
        if is_own(generation):
            return f"-# {say(f'card.{_hand(generation)}.foot')}"
        mood = say(f"mood.{generation.mood or 'mixed'}")
        foot = say(f"card.{generation.kind}.foot", name=escape(name), mood=mood)
        wished = style_phrases(say, generation.suggestions[0].receipt)
        sure = [say("sure.explained")] if any(each.confidence is not None for each in generation.suggestions) else []
        lines = [*sure, " · ".join([foot, *wished]), *note_line(say, generation.note)]
        return "\n".join(f"-# {line}" for line in lines)

    def _shown(self, say: Catalogue, generation: Generation, room: int) -> Shown:
        numbered = not is_own(generation)
        numbers = [f"**{place}**\u2002" if numbered else "" for place in range(1, len(generation.suggestions) + 1)]
        wholes = self._filled(generation)
        notes = [_notes(say, each, filled=bool(wholes)) for each in generation.suggestions]
        room -= sum(map(size, [*numbers, *notes]))
        if wholes:
            fitted, shortened = _fit_fills(wholes, room)
        else:
            bodies = [tidy(suggestion.text).strip() for suggestion in generation.suggestions]
            sizes = [shown_size(body) for body in bodies]
            shortened = sum(sizes) > room - 8
            fitted = [shown_head(body, part) for body, part in zip(bodies, share(sizes, room - 8), strict=True)]
        return ["".join(parts) for parts in zip(numbers, fitted, notes, strict=True)], shortened

    def _filled(self, generation: Generation) -> list[Filled]:
        """All suggestions as fills in their places; none where they have none, or a person wrote them."""
        if is_own(generation):
            return []
        found = [self.filled(generation, suggestion) for suggestion in generation.suggestions]
        return [each for each in found if each is not None]

    def _actions(self, say: Catalogue, generation: Generation, *, read: bool) -> list[ui.ActionRow[Any]]:
        """The buttons beneath, in as many rows as they need."""
        own = is_own(generation)
        buttons = [] if own else [custom_ids.RETRY.button(say("button.retry"), generation.id, emoji="🔁")]
        if self.takes_note and not own:
            buttons.append(custom_ids.RETRY_WITH_NOTE.button(say("button.note"), generation.id, emoji="🎭"))
        buttons.append(custom_ids.OWN.button(say("button.own"), generation.id, emoji="✍️"))
        if read:
            buttons.append(custom_ids.READ.button(say("button.read"), generation.id, 0, emoji="📖"))
        buttons.append(custom_ids.WHY.button(say("button.why"), generation.id, emoji="🔍"))
        buttons.append(custom_ids.DELETE.button(say("button.delete"), generation.id, emoji="🗑️"))
        first = 2 if len(buttons) > ROW else 0
        return [ui.ActionRow(*row) for row in (buttons[:first], buttons[first:]) if row]

    # ---- reading it all

    def reading_card(self, say: Catalogue, generation: Generation, page: int) -> Card:
        """Return page `page` (from 0; clamped) of everything that a card shows shortened, to be read privately."""
        parts = self.reading_pages(generation)
        page = min(max(page, 0), len(parts) - 1)
        blocks: list[ui.Item[Any]] = [text(parts[page])]
        if len(parts) > 1:
            blocks.append(line())
            back = custom_ids.READ.button(say("button.back"), generation.id, page - 1, emoji="◀️")
            on = custom_ids.READ.button(say("button.on"), generation.id, page + 1, emoji="▶️")
            back.disabled, on.disabled = page == 0, page == len(parts) - 1
            blocks += [ui.ActionRow(back, on), text(f"-# {say('card.page', page=page + 1, pages=len(parts))}")]
        return Card(*blocks)

    def reading_pages(self, generation: Generation) -> list[str]:
        """Return everything that `generation` holds in escaped pieces of one card each."""
        found: list[str] = []
        wholes = self._filled(generation)
        for position, suggestion in enumerate(generation.suggestions):
            number = self.numbered(position)
            if wholes and size(whole := wholes[position].show()) <= PAGE_TEXT:
                found.append(number + whole)
            else:
                found += [number + part for part in shown_pages(suggestion.text, PAGE_TEXT)]
        return found

    def numbered(self, position: int) -> str:
        """Return the number of a suggestion where all are read."""
        return f"**{position + 1}**\u2002"


class FilledCard(FeatureCard):
    """The cards of a kind whose suggestions fill what a text leaves open, as a person does in *Write my own*."""

    own_form: ClassVar[str] = "fill"

    def working(self, say: Catalogue) -> str:
        return say("progress.filling")

    def asked(self, generation: Generation) -> str:
        return "" if is_own(generation) else super().asked(generation)

    def prefilled(self, generation: Generation) -> str:
        return generation.text


class FeatureCards:
    """The cards of all kinds, by their names."""

    def __init__(self, *cards: FeatureCard) -> None:
        self._cards = {card.kind: card for card in cards}
        self._plain = FeatureCard()

    def __getitem__(self, kind: GenerationKind) -> FeatureCard:
        """Return the cards of a kind: plain ones where it has none of its own."""
        return self._cards.get(kind, self._plain)


def _fit_fills(wholes: Sequence[Filled], room: int) -> tuple[list[str], bool]:
    """Show of each text the sentences of its fills."""
    close = [whole.close() for whole in wholes]
    sizes = [min(size(each.show()), FILLED_TEXT) for each in close]
    fitted = [each.show(part) for each, part in zip(close, share(sizes, room), strict=True)]
    return fitted, any(shown != whole.show() for shown, whole in zip(fitted, wholes, strict=True))


def _hand(generation: Generation) -> str:
    """Return whether a person wrote what a generation holds, or changed what a model suggested: a key of texts."""
    return "edited" if isinstance(generation.suggestions[0].receipt, EditedReceipt) else "own"


def _notes(say: Catalogue, suggestion: Suggestion, *, filled: bool) -> str:
    """Return the small print under a suggestion: how sure the models are of its fills, and whether it was taken up."""
    sure = sureness(say, suggestion.confidence or 0.0) if filled else ""
    taken = say("card.taken", count=suggestion.taken) if suggestion.taken else ""
    notes = " · ".join(note for note in (sure, taken) if note)
    return f"\n-# {notes}" if notes else ""
