"""The cards that carry suggestions: pure functions from values to Components V2.

Discord allows 40 components and 4,000 characters in all on a card. Texts are shortened at sentences to fit; what
was shortened can be read whole with *Read*. Buttons carry ids only: what they mean is looked up at the click.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import discord
from discord import ui

from bot.rules.generations import Generation
from bot.ui import routes
from bot.ui.cutting import share, shown_head, shown_pages, shown_size, shown_tail
from bot.ui.escaping import escape, quote, size, tidy
from bot.ui.fitting import CARD_TEXT, fit
from bot.ui.infills import Filled, filled, style_phrases, sureness
from bot.ui.locale import Catalogue
from bot.ui.story_starts import story_start

ROW = 5
"""Buttons in a row."""
ASKED_TEXT = 320
FILLED_TEXT = 700
"""So much of a text is shown around each way to fill its blanks at most."""
PAGE_TEXT = 3600
INK = discord.Colour(0x4A5D8F)
AMBER = discord.Colour(0xB98A3D)
_MOVES = (("stranger", "🎲"), ("shorter", "➖"), ("longer", "➕"))


class Card(ui.LayoutView):
    """One container. Its buttons are routed by custom id (see `bot.ui.tree`), also after a restart, so discord.py
    need not remember the view: it counts as finished from the start."""

    def __init__(self, *blocks: ui.Item[Any], colour: discord.Colour | None = INK) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Container(*fit(blocks), accent_colour=colour))

    def is_finished(self) -> bool:
        return True


def text(content: str) -> ui.TextDisplay[Any]:
    """Return a block of text, which must be escaped already."""
    return ui.TextDisplay(content)


def line(*, visible: bool = True) -> ui.Separator[Any]:
    """Return a line between blocks, or a gap."""
    return ui.Separator(visible=visible, spacing=discord.SeparatorSpacing.small)


def notice(message: str, *more: str, colour: discord.Colour | None = None) -> Card:
    """Return a card with a sentence or a few, each escaped already where it holds people's words."""
    return Card(*(text(part) for part in (message, *more)), colour=colour)


def is_own(generation: Generation) -> bool:
    """Tell whether a person wrote what `generation` holds, not a model."""
    return generation.suggestions[0].receipt.by_person


def card(
    say: Catalogue,
    generation: Generation,
    *,
    name: str,
    literals: Sequence[str] = (),
    moves: Collection[str] = (),
) -> Card:
    """Return the card of a finished request. `name` is how the person who asked is called, unescaped; `literals`
    is, for an infill or a bridge, the text around its blanks; `moves` are the ways in which an infill can be asked
    anew (see `bot.writing.infill.restyling`)."""
    own = is_own(generation)
    if own:
        title = say("card.own.title", name=escape(name))
    else:
        title = say(f"card.{generation.kind}.title", count=len(generation.suggestions))
    # What was filled is shown with its fills; what a person wrote in the place of one, by itself.
    hidden = bool(literals) or (own and generation.kind != "continue")
    asked = "" if hidden else shown_tail(generation.text, ASKED_TEXT, quote)
    foot = _foot(say, generation, name)
    room = CARD_TEXT - size(title) - size(asked) - size(foot) - 32
    texts, shortened = _candidates(say, generation, literals, room)
    blocks: list[ui.Item[Any]] = [text(f"### {title}")]
    if asked:
        blocks.append(text(asked))
    blocks.append(line())
    for position, shown in enumerate(texts):
        go = routes.GO.button(say("button.go"), generation.id, position)
        if moves:
            like = routes.MOVE.button(say("button.like"), "like", generation.id, position)
            blocks += [text(shown), ui.ActionRow(go, like)]
        else:
            blocks.append(ui.Section(text(shown), accessory=go))
    blocks.append(line())
    if moves:
        blocks.append(_moves(say, generation, moves))
    blocks += _actions(say, generation, own=own, read=shortened)
    if (start := story_start(say, generation)) is not None:
        blocks.append(start)
    blocks.append(text(foot))
    return Card(*blocks)


def _moves(say: Catalogue, generation: Generation, possible: Collection[str]) -> ui.ActionRow[Any]:
    """The buttons that ask once more with something changed; what cannot go further is greyed out."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for move, emoji in _MOVES:
        pressed = routes.MOVE.button(say(f"button.{move}"), move, generation.id, emoji=emoji)
        pressed.disabled = move not in possible
        row.add_item(pressed)
    return row


def _foot(say: Catalogue, generation: Generation, name: str) -> str:
    if is_own(generation):
        return f"-# {say('card.own.foot')}"
    mood = say(f"mood.{generation.mood or 'mixed'}")
    foot = say(f"card.{generation.kind}.foot", name=escape(name), mood=mood)
    lines = [
        " · ".join([foot, *style_phrases(say, generation.suggestions[0].receipt)]),
        *note_line(say, generation.note),
    ]
    return "\n".join(f"-# {line}" for line in lines)


def note_line(say: Catalogue, note: str) -> list[str]:
    """Return a line that says which note the models were given, escaped; none where there was none."""
    return [say("card.note", note=escape(note))] if note else []


def _candidates(say: Catalogue, generation: Generation, literals: Sequence[str], room: int) -> tuple[list[str], bool]:
    """The candidates as they are shown, escaped and numbered, and whether any had to be shortened."""
    numbers = [
        "" if is_own(generation) else f"**{place}**\u2002" for place in range(1, len(generation.suggestions) + 1)
    ]
    if literals and not is_own(generation):
        wholes = [filled(generation, suggestion, literals) for suggestion in generation.suggestions]
        sure = [f"\n-# {sureness(say, suggestion.confidence or 0.0)}" for suggestion in generation.suggestions]
        fitted, shortened = _fit_fills(wholes, room - sum(map(size, [*numbers, *sure])))
        return ["".join(parts) for parts in zip(numbers, fitted, sure, strict=True)], shortened
    bodies = [tidy(suggestion.text).strip() for suggestion in generation.suggestions]
    sizes = [shown_size(body) for body in bodies]
    room -= sum(map(size, numbers)) + 8
    parts = share(sizes, room)
    fitted = [shown_head(body, part) for body, part in zip(bodies, parts, strict=True)]
    return [number + each for number, each in zip(numbers, fitted, strict=True)], sum(sizes) > room


def _fit_fills(wholes: Sequence[Filled], room: int) -> tuple[list[str], bool]:
    """Show of each text the sentences of its fills."""
    close = [whole.close() for whole in wholes]
    sizes = [min(size(each.show()), FILLED_TEXT) for each in close]
    fitted = [each.show(part) for each, part in zip(close, share(sizes, room), strict=True)]
    return fitted, any(shown != whole.show() for shown, whole in zip(fitted, wholes, strict=True))


def _actions(say: Catalogue, generation: Generation, *, own: bool, read: bool) -> list[ui.ActionRow[Any]]:
    """The buttons beneath, in as many rows as they need."""
    buttons = [] if own else [routes.RETRY.button(say("button.retry"), generation.id, emoji="🔁")]
    if generation.kind == "continue" and not own:
        buttons.append(routes.RETRY_WITH_NOTE.button(say("button.note"), generation.id, emoji="🎭"))
    buttons.append(routes.OWN.button(say("button.own"), generation.id, emoji="✍️"))
    if read:
        buttons.append(routes.READ.button(say("button.read"), generation.id, 0, emoji="📖"))
    buttons.append(routes.WHY.button(say("button.why"), generation.id, emoji="🔍"))
    buttons.append(routes.DELETE.button(say("button.delete"), generation.id, emoji="🗑️"))
    first = 2 if len(buttons) > ROW else 0
    return [ui.ActionRow(*row) for row in (buttons[:first], buttons[first:]) if row]


def reading_card(say: Catalogue, generation: Generation, page: int, *, literals: Sequence[str] = ()) -> Card:
    """Return page `page` (from 0; clamped) of everything that a card shows shortened, to be read privately."""
    parts = reading_pages(generation, literals)
    page = min(max(page, 0), len(parts) - 1)
    blocks: list[ui.Item[Any]] = [text(parts[page])]
    if len(parts) > 1:
        blocks.append(line())
        back = routes.READ.button(say("button.back"), generation.id, page - 1, emoji="◀️")
        on = routes.READ.button(say("button.on"), generation.id, page + 1, emoji="▶️")
        back.disabled, on.disabled = page == 0, page == len(parts) - 1
        blocks += [ui.ActionRow(back, on), text(f"-# {say('card.page', page=page + 1, pages=len(parts))}")]
    return Card(*blocks)


def reading_pages(generation: Generation, literals: Sequence[str] = ()) -> list[str]:
    """Return everything that `generation` holds in escaped pieces of one card each."""
    found: list[str] = []
    for position, suggestion in enumerate(generation.suggestions):
        number = "" if generation.kind == "twist" else f"**{position + 1}**\u2002"
        if literals and not is_own(generation):
            whole = filled(generation, suggestion, literals).show()
            if size(whole) <= PAGE_TEXT:
                found.append(number + whole)
                continue
        found += [number + part for part in shown_pages(suggestion.text, PAGE_TEXT)]
    return found


def given_cards(say: Catalogue, given: str) -> list[Card]:
    """Return what a person wrote, as private cards, so that a refusal loses nothing of it."""
    parts = shown_pages(given, PAGE_TEXT)
    return [notice(*([say("card.given")] if index == 0 else []), part) for index, part in enumerate(parts) if part]
