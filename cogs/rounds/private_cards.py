"""What a round shows to one person alone: their ballot, the texts to read, and what else there is to do."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.rules.ballots import Ballot, commitment
from bot.rules.round_views import RoundView
from bot.rules.rounds import is_over, least_voters
from bot.rules.stories import Standing
from bot.ui.cards import PAGE_TEXT, Card, line, notice, text
from bot.ui.cutting import shown_pages
from bot.ui.escaping import size
from bot.ui.locale import Catalogue
from cogs.rounds import custom_ids
from cogs.rounds.cards import GAP, ballot_menus, candidate_menu
from cogs.rounds.result_cards import ballot_words


def ballot_card(say: Catalogue, view: RoundView, ballot: Ballot) -> Card:
    """Return somebody's ballot in words, with the menus to change it and a button to take it back; of a round that is
    over, with what came of it."""
    words = ballot_words(say, view, ballot)
    if is_over(view.round):
        return Card(
            text(f"### {say('round.your_ballot')}\n{words}"), text(f"-# {outcome_line(say, view)}"), colour=None
        )
    closes = f"<t:{view.round.deadline_ms // 1000}:R>"
    blocks: list[ui.Item[Any]] = [
        text(f"### {say('round.your_ballot')}\n{words}"),
        text(f"-# {say('round.changeable', time=closes)}"),
        *ballot_menus(say, view, sorted(ballot.liked), ballot.favourite),
    ]
    if ballot.named:
        blocks.append(ui.ActionRow(custom_ids.TAKE_BACK.button(say("button.take_back"), view.round.id)))
    return Card(*blocks)


def outcome_line(say: Catalogue, view: RoundView) -> str:
    """Return in a sentence or two what came of a round that is over."""
    if view.round.state != "closed":
        return say(f"round.{view.round.state}_empty")
    winner = view.winner
    if winner is None or winner.none:
        return say("round.over_none")
    return say("round.over", decided=say(f"round.decided_{view.round.kind}", number=view.number(winner)))


def more_card(say: Catalogue, view: RoundView, standing: Standing, *, told: str = "") -> Card:
    """Return what else there is to do: for everybody their ballot and reports; for who opened the round when it can be
    closed; for who leads the story what was reported, hiding, and the end. `told` is a sentence about what was just
    done."""
    round_id = view.round.id
    if is_over(view.round):
        return notice(outcome_line(say, view))
    blocks: list[ui.Item[Any]] = [text(f"### {say('round.more_title')}")]
    if told:
        blocks.append(text(told))
    is_open = view.round.state == "open"
    blocks += _change(say, view)
    if view.texts:
        blocks.append(ui.ActionRow(candidate_menu(view, custom_ids.REPORT.id(round_id), say("round.report"))))
    if standing.leads:
        blocks += [line(), *_leading(say, view)]
    buttons = [custom_ids.BALLOT.button(say("button.my_ballot"), round_id, emoji="🗳️")] if is_open else []
    opened = view.round.opened_by == standing.person_id
    if is_open and (standing.leads or opened):
        close = custom_ids.CLOSE.button(say("button.close"), round_id, style=discord.ButtonStyle.primary, emoji="⏱️")
        close.disabled = not (standing.leads or view.is_closable)
        buttons.append(close)
        if not standing.leads:
            key = "round.close_now" if view.is_closable else "round.close_rule"
            blocks.append(text(say(key, count=least_voters(view.story.rules))))
    if standing.leads:
        style = discord.ButtonStyle.danger
        buttons.append(custom_ids.CANCEL.button(say("button.cancel_round"), round_id, style=style))
    if buttons:
        blocks.append(ui.ActionRow(*buttons))
    blocks += [line(), text(f"-# {say('round.commitment', hash=commitment(view.round.salt))}")]
    return Card(*blocks)


def _leading(say: Catalogue, view: RoundView) -> list[ui.Item[Any]]:
    """What is for who leads the story: how often each text was reported, and the menus to hide or to keep."""
    reported = [candidate for candidate in view.texts if view.reports.get(candidate.id)]
    lines = [
        say("round.reports", number=view.number(candidate), count=view.reports[candidate.id]) for candidate in reported
    ]
    blocks: list[ui.Item[Any]] = [text("\n".join([say("round.for_hosts"), *lines]))]
    if view.texts:
        hide = candidate_menu(view, custom_ids.HIDE.id(view.round.id), say("round.hide"))
        blocks.append(ui.ActionRow(hide))
    if reported:
        keep = candidate_menu(view, custom_ids.KEEP.id(view.round.id), say("round.keep"), reported)
        blocks.append(ui.ActionRow(keep))
    return blocks


def round_reading_card(say: Catalogue, view: RoundView, page: int) -> Card:
    """Return page `page` (from 0; clamped) of all texts of a round, whole; while it is open, with a menu to change
    one."""
    parts = [
        f"**{view.number(candidate)}**{GAP}{part}"
        for candidate in view.texts
        for part in shown_pages(candidate.text, PAGE_TEXT)
    ]
    grouped = _grouped(parts) or [say("round.no_texts")]
    page = min(max(page, 0), len(grouped) - 1)
    blocks: list[ui.Item[Any]] = [text(grouped[page])]
    if len(grouped) > 1:
        back = custom_ids.READ.button(say("button.back"), view.round.id, page - 1, emoji="◀️")
        on = custom_ids.READ.button(say("button.on"), view.round.id, page + 1, emoji="▶️")
        back.disabled, on.disabled = page == 0, page == len(grouped) - 1
        blocks += [line(), ui.ActionRow(back, on), text(f"-# {say('card.page', page=page + 1, pages=len(grouped))}")]
    if change := _change(say, view):
        blocks += [line(), *change, text(f"-# {say('round.change_told')}")]
    return Card(*blocks)


def _change(say: Catalogue, view: RoundView) -> list[ui.Item[Any]]:
    """Return the menu of the text that one changes, while there is one and the round is open."""
    if view.round.state != "open" or not view.texts:
        return []
    return [ui.ActionRow(candidate_menu(view, custom_ids.CHANGE.id(view.round.id), say("round.change")))]


def _grouped(parts: list[str]) -> list[str]:
    """Put short texts together on one page."""
    grouped: list[str] = []
    for part in parts:
        if grouped and size(grouped[-1]) + size(part) + 2 <= PAGE_TEXT:
            grouped[-1] += f"\n\n{part}"
        else:
            grouped.append(part)
    return grouped
