"""The cards of a round that was decided: the result for everybody, and on request how it came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from discord import ui

from bot.rules.ballots import Ballot, Outcome, commitment
from bot.rules.provenance import word_origins
from bot.rules.round_views import RoundView
from bot.rules.rounds import Candidate
from bot.ui.cards import Card, line, note_line, notice, text
from bot.ui.cutting import shown_head
from bot.ui.escaping import quote, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.locale import Catalogue
from bot.ui.prose import signature
from bot.ui.receipt_details import BEGINNING, Made, details_card
from bot.ui.receipt_summary import DETAILS, Read, summary_card
from cogs.core.next_steps import next_steps
from cogs.rounds import custom_ids
from cogs.rounds.cards import GAP

WINNER_TEXT = 1600
"""Characters of the winner that a card shows."""
OTHER_TEXT = 120
"""Characters of each other candidate."""
NONE_SIGN = "∅"
"""The sign of "none of these"."""


def closed_card(say: Catalogue, view: RoundView) -> Card:
    """Return the card of a decided round: what won and whose it is, how it was decided, and the other candidates."""
    winner = view.winner
    if winner is None or winner.none:
        blocks: list[ui.Item[Any]] = [text(f"### {say('round.none_won')}")]
    else:
        title = say(f"round.decided_{view.round.kind}", number=view.number(winner))
        whose = _source(say, view, winner)
        body = shown_head(winner.text, WINNER_TEXT, quote) if winner.text else f"-# {say('round.withdrawn')}"
        blocks = [text(f"### {title}"), text(f"{body}\n-# {whose}")]
    how = [_how(say, view), *(f"-# {line}" for line in note_line(say, view.round.note))]
    if winner is not None and not winner.none and not view.in_canon:
        how.append(say("round.elsewhere"))
    blocks.append(text("\n".join(how)))
    others = _others(say, view, CARD_TEXT - sum(size(_content(block)) for block in blocks) - 400)
    if others:
        blocks += [line(), text("\n".join(others))]
    blocks += [line(), _actions(say, view)]
    if view.is_newest and (steps := next_steps(say, view.story, None, round_id=view.round.id)):
        blocks.append(ui.ActionRow(*steps))
    return Card(*blocks)


def _content(block: ui.Item[Any]) -> str:
    return block.content if isinstance(block, ui.TextDisplay) else ""


def _others(say: Catalogue, view: RoundView, room: int) -> list[str]:
    """Everything that did not win, the best first: number, points, whose it is, and how it begins."""
    found = []
    for candidate in _ranked(view):
        if candidate.id == view.round.winner_id or candidate.none:
            continue
        points = say("round.points", count=view.outcome.scores[candidate.id]) if view.outcome is not None else ""
        facts = " · ".join(part for part in (points, _source(say, view, candidate)) if part)
        body = shown_head(candidate.text, OTHER_TEXT) or f"-# {say('round.withdrawn')}"
        entry = f"**{view.number(candidate)}**{GAP}{body}\n-# {facts}"
        if size(entry) > room:
            break
        room -= size(entry) + 1
        found.append(entry)
    return found


def _ranked(view: RoundView) -> list[Candidate]:
    shown = view.eligible
    if view.outcome is None:
        return shown
    by_id = {candidate.id: candidate for candidate in shown}
    return [by_id[each] for each in view.outcome.order if each in by_id]


def _source(say: Catalogue, view: RoundView, candidate: Candidate) -> str:
    """Whose a candidate is, in which mood it was written, and which other one it was changed from."""
    facts = [signature(say, candidate)]
    if candidate.mood is not None:
        facts.append(say(f"mood.{candidate.mood}"))
    if (original := view.find(candidate.changed_id)) is not None:
        facts.append(say("round.changed", number=view.number(original)))
    return " · ".join(facts)


def _how(say: Catalogue, view: RoundView) -> str:
    if view.outcome is None:
        return say("round.ballots_gone")
    voters = say("round.voters", count=view.outcome.voters)
    return f"{voters} {_decided(say, view.outcome)}"


def _decided(say: Catalogue, outcome: Outcome) -> str:
    if outcome.decided_by == "minimax" and not outcome.worst[outcome.winner]:
        return say("round.by_unbeaten")
    return say(f"round.by_{outcome.decided_by}")


def _actions(say: Catalogue, view: RoundView) -> ui.ActionRow[Any]:
    round_id = view.round.id
    buttons = []
    if view.outcome is not None:
        buttons.append(custom_ids.PAIRS.button(say("button.pairs"), round_id, emoji="⚖️"))
        buttons.append(custom_ids.BALLOTS.button(say("button.ballots"), round_id, emoji="🗳️"))
    buttons.append(custom_ids.WHY.button(say("button.why"), round_id, emoji="🔍"))
    buttons.append(custom_ids.READ.button(say("button.read"), round_id, 0, emoji="📖"))
    if view.winner is not None and not view.winner.none and not view.in_canon:
        buttons.append(custom_ids.CANON.button(say("button.canon"), round_id, emoji="🔀"))
    return ui.ActionRow(*buttons)


# ---- how it came about, for whoever asks


def pairs_card(say: Catalogue, view: RoundView) -> Card:
    """Return the pairwise table: how many ballots prefer the candidate of the row to that of the column."""
    outcome = view.outcome
    if outcome is None:
        return notice(say("round.ballots_gone"))
    lines = [
        say(
            "round.standing",
            number=_sign(view, each),
            defeat=say("round.defeat", count=outcome.worst[each]) if outcome.worst[each] else say("round.unbeaten"),
            points=say("round.points", count=outcome.scores[each]),
        )
        for each in outcome.order
    ]
    how = _decided(say, outcome)
    return Card(
        text(f"### {say('round.pairs_title')}\n{say('round.pairs_intro')}"),
        text(_table(view, outcome)),
        text("\n".join(lines)),
        text(f"{how}\n-# {say('round.pairs_foot', sign=NONE_SIGN)}"),
        text(f"-# {say('round.salt', salt=view.round.salt, hash=commitment(view.round.salt))}"),
    )


def _sign(view: RoundView, candidate_id: int) -> str:
    candidate = next(each for each in view.candidates if each.id == candidate_id)
    return NONE_SIGN if candidate.none else str(view.number(candidate))


def _table(view: RoundView, outcome: Outcome) -> str:
    ids = [each.id for each in view.eligible]
    width = max(3, *(len(str(number)) + 1 for number in outcome.pairwise.values())) if outcome.pairwise else 3
    rows = [" " * width + "".join(_sign(view, each).rjust(width) for each in ids)]
    for a in ids:
        cells = ["·" if a == b else str(outcome.pairwise[a, b]) for b in ids]
        rows.append(_sign(view, a).rjust(width) + "".join(cell.rjust(width) for cell in cells))
    return "```\n" + "\n".join(rows) + "\n```"


def ballots_card(say: Catalogue, view: RoundView) -> Card:
    """Return the ballots without their voters, equal ones together, the most frequent first."""
    counted = Counter(ballot_words(say, view, ballot) for ballot in view.ballots)
    title = f"### {say('round.ballots_title')}\n{say('round.ballots_intro')}"
    room = CARD_TEXT - size(title) - 100
    lines: list[str] = []
    left = counted.total()
    for words, count in counted.most_common():
        entry = f"{count} × {words}"
        if size(entry) + 1 > room:
            lines.append(f"-# {say('round.ballots_more', count=left)}")
            break
        room -= size(entry) + 1
        left -= count
        lines.append(entry)
    return Card(text(title), text("\n".join(lines) or say("round.ballots_gone")))


def ballot_words(say: Catalogue, view: RoundView, ballot: Ballot) -> str:
    """Return a ballot in words, by the candidates' numbers."""
    shown = view.eligible
    star = [_sign_of(say, view, each) for each in shown if each.id == ballot.favourite]
    liked = [_sign_of(say, view, each) for each in shown if each.id in ballot.liked and each.id != ballot.favourite]
    parts = [f"★ {star[0]}"] if star else []
    if liked:
        parts.append(f"👍 {', '.join(liked)}")
    return " · ".join(parts) or say("round.empty_ballot")


def _sign_of(say: Catalogue, view: RoundView, candidate: Candidate) -> str:
    return f"*{say('round.none')}*" if candidate.none else f"**{view.number(candidate)}**"


def why_card(say: Catalogue, view: RoundView, *, details: bool = False) -> Card:
    """Return where the candidates that a model had a hand in come from: in plain words, or with all details."""
    made: Sequence[Made] = [
        (f"**{view.number(each)}**{GAP}{shown_head(each.text, BEGINNING)}", each.receipt, None)
        for each in view.texts
        if each.receipt is not None
    ]
    if not made:
        return notice(f"### {say('why.title')}", say("round.why_people"))
    if details:
        back = custom_ids.WHY.button(say("button.back"), view.round.id, emoji="◀️")
        return details_card(say, made, view.round.note, back)
    more = custom_ids.WHY.button(say("button.details"), view.round.id, DETAILS, emoji="🔬")
    changed = [told for each in view.texts if (told := _changed(say, view, each))]
    return summary_card(say, made, Read(), view.round.note, more, changed)


def _changed(say: Catalogue, view: RoundView, candidate: Candidate) -> str:
    """Say of which text a candidate was made, and how many of its words are its author's."""
    original = view.find(candidate.changed_id)
    if original is None or original.origin == "human":
        return ""
    origins = word_origins(candidate.text, candidate.spans)
    numbers = {"number": view.number(candidate), "original": view.number(original)}
    return say("round.why_changed", count=origins.count("human"), total=len(origins), **numbers)
