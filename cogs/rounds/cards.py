"""The card of a round while it is written and voted on: pure functions from values to Components V2.

Neither who wrote what nor how it stands shows before the close. Candidates keep their numbers, also when one of them
is hidden; they change only when another text comes in, at its place by lot.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import discord
from discord import ui

from bot.inference.jobs import Progress, Waking
from bot.rules.round_views import RoundView
from bot.rules.rounds import NOBODY, Candidate, Round
from bot.ui.cards import AMBER, Card, line, note_line, text
from bot.ui.cutting import WHOLE, label, share, shown_head
from bot.ui.escaping import escape, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.infills import Filled
from bot.ui.locale import Catalogue
from bot.ui.progress import heading, progress_line
from cogs.core.vote_minutes import lasting
from cogs.rounds import custom_ids
from cogs.rounds.kind_cards import ROUND_CARDS

LABEL = 90
"""Characters of a text in a menu; Discord takes 100 for a label."""
MOST_BLOCKS = 12
"""Texts that have blocks of their own on a card at most; more stand together in one."""
FOLDED_TEXT = 100
"""How much of a folded text is on the card, covered; all of it can be read privately."""
GAP = "\u2002"
"""What separates a candidate's number from what follows: an en space."""


def round_card(say: Catalogue, view: RoundView) -> Card:
    """Return the card of a round that is not decided: being written, open, lapsed or cancelled."""
    if view.round.state == "writing":
        return writing_card(say, view.round, None)
    if view.round.state == "open":
        return open_card(say, view)
    return over_card(say, view)


def writing_card(say: Catalogue, round_: Round, progress: Progress | None) -> Card:
    """Return the card of a round that models write for: how far they are, and nothing of what they write."""
    title = say(f"round.writing_{round_.kind}")
    if isinstance(progress, Waking):
        title = heading(say, title, progress)
    at = progress_line(say, progress)
    own = custom_ids.OWN.button(say("button.own"), round_.id, emoji="✍️")
    cancel = custom_ids.CANCEL.button(say("button.cancel"), round_.id)
    smaller = (at, *note_line(say, round_.note), _open_for(say, round_))
    lines = "\n".join([f"### {title}", *(f"-# {each}" for each in smaller)])
    return Card(text(lines), text(say("round.sealed")), ui.ActionRow(own, cancel), colour=AMBER)


def _open_for(say: Catalogue, round_: Round) -> str:
    """How long the vote will be open; where nobody chose that, how to choose it."""
    time = lasting(say, round((round_.deadline_ms - round_.opened_ms) / 60_000))
    return say("round.open_by_rules" if round_.minutes is None else "round.open_for", time=time)


def open_card(say: Catalogue, view: RoundView) -> Card:
    """Return the card of an open round: what it is about, the candidates, the ballot, and how it will be decided."""
    title = f"### {say(f'round.title_{view.round.kind}')}"
    about = "\n".join(
        [ROUND_CARDS[view.round.kind].about(view.round), *(f"-# {each}" for each in note_line(say, view.round.note))]
    ).strip()
    foot = _foot(say, view)
    room = CARD_TEXT - size(title) - size(about) - size(foot) - 64
    blocks: list[ui.Item[Any]] = [text(title), *([text(about)] if about else []), line()]
    blocks += _apart(candidate_texts(say, view, room) or [say("round.no_texts")])
    blocks += [line(), *ballot_menus(say, view), _actions(say, view), text(foot)]
    return Card(*blocks)


def _apart(texts: Sequence[str]) -> list[ui.Item[Any]]:
    """Return texts with gaps between them; so many that a card has no place for blocks of their own stand in one."""
    if len(texts) > MOST_BLOCKS:
        return [text("\n\n".join(texts))]
    blocks: list[ui.Item[Any]] = []
    for each in texts:
        blocks += [line(visible=False), text(each)]
    return blocks[1:]


def over_card(say: Catalogue, view: RoundView) -> Card:
    """Return the card of a round that ended without a result; what was written for it can still be read."""
    message = say(f"round.{view.round.state}" if view.texts else f"round.{view.round.state}_empty")
    blocks: list[ui.Item[Any]] = [text(f"### {say(f'round.title_{view.round.kind}')}"), text(message)]
    if view.texts:
        blocks.append(ui.ActionRow(custom_ids.READ.button(say("button.read"), view.round.id, 0, emoji="📖")))
    return Card(*blocks, colour=None)


def _foot(say: Catalogue, view: RoundView) -> str:
    quorum = view.story.rules.quorum
    lines = [
        say("round.turnout", count=view.turnout) if view.turnout else say("round.turnout_none"),
        say("round.closes", time=f"<t:{view.round.deadline_ms // 1000}:R>"),
    ]
    if view.turnout < quorum and quorum > 1:
        lines.append(say("round.quorum", count=quorum))
    found = [f"-# {' · '.join(lines)}"]
    if view.round.extended:
        found.append(f"-# {say('round.extended', count=view.round.extended)}")
    if view.is_closable:
        found.append(f"-# {say('round.closable')}")
    if view.reports:
        found.append(f"-# {say('round.reported')}")
    found.append(f"-# {say('round.hidden_sources')}")
    return "\n".join(found)


# ---- candidates


def candidate_texts(say: Catalogue, view: RoundView, room: int) -> list[str]:
    """Return what stands of the candidates on a card, rendered, within `room` in all: a number and the text, which is
    shortened where it is long; those that nobody sees take one line where they follow each other."""
    rows: list[str | Candidate] = []
    for hidden, run in groupby(view.written, lambda candidate: candidate.hidden_by is not None):
        candidates = list(run)
        rows += [_gone(say, view, candidates)] if hidden else candidates

    def shown(row: str | Candidate, part: int) -> str:
        return row if isinstance(row, str) else _entry(say, view, row, part)

    parts = share([size(shown(row, WHOLE)) for row in rows], room)
    return [shown(row, part) for row, part in zip(rows, parts, strict=True)]


def _gone(say: Catalogue, view: RoundView, hidden: Sequence[Candidate]) -> str:
    """The line of candidates whose texts nobody sees."""
    first, last = view.number(hidden[0]), view.number(hidden[-1])
    numbers = f"{first}" if first == last else f"{first}–{last}"
    why = dict.fromkeys("round.withdrawn" if each.hidden_by == NOBODY else "round.hidden" for each in hidden)
    return f"-# **{numbers}**{GAP}{' · '.join(say(key) for key in why)}"


def _entry(say: Catalogue, view: RoundView, candidate: Candidate, room: int) -> str:
    """A candidate's number and text; one that was reported too often is covered."""
    before, behind = f"**{view.number(candidate)}**{GAP}", ""
    if view.folded(candidate):
        before, behind = f"{before}||", f"||\n-# {say('round.folded')}"
        room = min(room, FOLDED_TEXT + size(before) + size(behind))
    fills = fills_of(view.literals, candidate.text) if view.literals else None
    if fills is not None:
        return before + Filled(view.literals, fills).show(room - size(before) - size(behind)) + behind
    return shown_head(candidate.text, room, lambda text: before + escape(text) + behind)


def fills_of(literals: Sequence[str], whole: str) -> tuple[str, ...] | None:
    """Return what stands in `whole` between the `literals`, the first of several ways; None where it is another
    text."""
    if len(literals) < 2 or not whole.startswith(literals[0]):
        return None
    fills, at = [], len(literals[0])
    for literal in literals[1:-1]:
        place = whole.find(literal, at + 1)
        if place < 0:
            return None
        fills.append(whole[at:place])
        at = place + len(literal)
    end = len(whole) - len(literals[-1])
    return (*fills, whole[at:end]) if at < end and whole.endswith(literals[-1]) else None


# ---- ballots


def ballot_menus(say: Catalogue, view: RoundView, liked: Sequence[int] = (), favourite: int | None = None) -> list[Any]:
    """Return the two menus of the ballot, with what is on it already."""
    options = [(candidate.id, _label(view, candidate)) for candidate in view.texts]
    options += [(candidate.id, say("round.none")) for candidate in view.candidates if candidate.none]
    like = _menu(custom_ids.LIKE.id(view.round.id), say("round.like"), options, set(liked), len(options))
    star = _menu(custom_ids.STAR.id(view.round.id), say("round.star"), options, {favourite}, 1)
    return [ui.ActionRow(like), ui.ActionRow(star)]


def candidate_menu(
    view: RoundView, custom_id: str, hint: str, candidates: Sequence[Candidate] | None = None
) -> discord.ui.Select[Any]:
    """Return a menu to choose one text from: all that are on show, or those given."""
    among = view.texts if candidates is None else candidates
    return _menu(custom_id, hint, [(each.id, _label(view, each)) for each in among], set(), 1)


def _label(view: RoundView, candidate: Candidate) -> str:
    return label(f"{view.number(candidate)} · {candidate.text}", LABEL)


def _menu(
    custom_id: str, hint: str, options: Sequence[tuple[int, str]], chosen: set[Any], most: int
) -> discord.ui.Select[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=custom_id, placeholder=hint, min_values=0, max_values=most)
    for value, name in options:
        menu.add_option(label=name, value=str(value), default=value in chosen)
    return menu


def _actions(say: Catalogue, view: RoundView) -> ui.ActionRow[Any]:
    buttons = [
        custom_ids.OWN.button(say("button.own"), view.round.id, emoji="✍️"),
        custom_ids.READ.button(say("button.read"), view.round.id, 0, emoji="📖"),
        custom_ids.MORE.button(say("button.more"), view.round.id, emoji="⚙️"),
    ]
    if view.is_closable:
        buttons.append(custom_ids.CLOSE.button(say("button.close"), view.round.id, emoji="⏱️"))
    return ui.ActionRow(*buttons)
