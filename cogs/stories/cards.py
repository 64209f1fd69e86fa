"""The cards of stories: pure functions from values to Components V2. Their buttons carry ids only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.rules.languages import name_of
from bot.rules.stories import Passage, Role, Story, StoryRules
from bot.ui.cards import AMBER, INK, Card, line, text
from bot.ui.custom_ids import WRITE_ON
from bot.ui.cutting import shown_head, shown_tail
from bot.ui.escaping import escape, quote
from bot.ui.locale import Catalogue
from bot.ui.prose import signature
from cogs.core.vote_minutes import lasting
from cogs.stories import custom_ids

PREMISE_TEXT = 900
"""Characters of a premise that a card shows."""
LAST_TEXT = 500
"""Characters of the last passage that a card shows."""
LISTED = 6
"""Stories on a page of the list."""
NAMED = 40
"""People named on a card; more are counted."""
_MARKS = {"open": "📖", "paused": "⏸️", "ended": "🏁", "deleted": "🗑️"}
"""The sign before a story's title, by its state."""


def story_card(say: Catalogue, story: Story, last: Passage | None) -> Card:
    """Return the pinned card of a story. `last` is its last passage, None while nothing is written."""
    blocks: list[ui.Item[Any]] = [text(f"### {_MARKS[story.state]} {escape(story.title)}")]
    if story.premise:
        blocks.append(text(shown_head(story.premise, PREMISE_TEXT, quote)))
    if story.state != "open":
        blocks.append(text(_state(say, story)))
    blocks.append(line())
    if last is None:
        blocks.append(text(say("story.empty")))
    elif last.withdrawn:
        blocks.append(text(f"-# {say('story.withdrawn')}"))
    else:
        blocks.append(text(f"-# {say('story.last')}\n{shown_tail(last.text, LAST_TEXT)}"))
    facts = [_host(say, story), say("story.passages", count=0 if last is None else last.depth)]
    if story.fork_of is not None:
        facts.append(say("story.forked"))
    blocks.append(text(f"-# {' · '.join(facts)}\n-# {' · '.join(rules_in_short(say, story.rules))}"))
    blocks.append(_actions(say, story, written=last is not None))
    return Card(*blocks, colour=INK if story.state == "open" else AMBER)


def _actions(say: Catalogue, story: Story, *, written: bool) -> ui.ActionRow[Any]:
    if story.state == "deleted":
        restore = custom_ids.RESTORE.button(say("button.srestore"), story.id, emoji="↩️")
        return ui.ActionRow(restore)
    write = WRITE_ON.button(say("button.sadd"), story.id, style=discord.ButtonStyle.primary, emoji="✍️")
    write.disabled = story.state != "open"
    read = custom_ids.READ.button(say("button.sread"), story.id, 1, 0, "f", emoji="📖")
    read.disabled = not written
    tree = custom_ids.MAP.button(say("button.smap"), story.id, emoji="🌳")
    tree.disabled = not written
    rules = custom_ids.RULES.button(say("button.srules"), story.id, emoji="📜")
    export = custom_ids.EXPORT.button(say("button.sexport"), story.id, emoji="📥")
    export.disabled = not written
    return ui.ActionRow(write, read, tree, rules, export)


def _state(say: Catalogue, story: Story) -> str:
    if story.state == "deleted" and story.purge_ms is not None:
        return say("story.deleted_until", when=f"<t:{story.purge_ms // 1000}:R>")
    return say(f"story.{story.state}")


def _host(say: Catalogue, story: Story) -> str:
    return say("story.host", name=f"<@{story.host_id}>") if story.host_id is not None else say("story.no_host")


# ---- rules in words


def rules_in_short(say: Catalogue, rules: StoryRules) -> list[str]:
    """Return what of the rules a writer must know, a few words each."""
    return [
        say(f"story.writers_{rules.writers}"),
        say("story.ai_on" if rules.ai else "story.ai_off"),
        say(f"story.licence_{_key(rules.licence)}"),
    ]


def rules_in_words(say: Catalogue, rules: StoryRules) -> list[str]:
    """Return all of the rules, a sentence each."""
    votes = say("story.round", time=lasting(say, rules.round_minutes))
    quorum = say("story.quorum", count=rules.quorum)
    voters, unvoted = say(f"story.voters_{rules.voters}"), say(f"story.unvoted_{rules.unvoted}")
    return [
        say(f"story.rule_writers_{rules.writers}"),
        say("story.rule_ai_on" if rules.ai else "story.rule_ai_off"),
        say(f"story.rule_additions_{rules.additions}"),
        say("story.rule_words", low=rules.min_words, high=rules.max_words),
        say("story.rule_votes", votes=votes, quorum=quorum, voters=voters, unvoted=unvoted),
        say(f"story.rule_licence_{_key(rules.licence)}"),
        say("story.rule_language", language=escape(name_of(rules.language)))
        if rules.language
        else say("story.rule_language_found"),
        say("story.rule_outside_on" if rules.outside else "story.rule_outside_off"),
    ]


def rules_card(say: Catalogue, story: Story, *, changed: bool = False) -> Card:
    """Return the rules of a story in words, to be read privately."""
    blocks: list[ui.Item[Any]] = [text(f"### {say('story.rules_title', title=escape(story.title))}")]
    if changed:
        blocks.append(text(f"✅ {say('story.rules_changed')}"))
    blocks.append(text("\n".join(f"- {sentence}" for sentence in rules_in_words(say, story.rules))))
    return Card(*blocks, text(f"-# {say('story.rules_foot')}"))


def _key(licence: str) -> str:
    """A licence as a key of the catalogues can have it."""
    return licence.replace(".", "-")


# ---- lists


def list_card(say: Catalogue, listed: Sequence[tuple[Story, int]], page: int, pages: int, total: int) -> Card:
    """Return a page (from 0) of a server's stories, each with its number of passages."""
    blocks: list[ui.Item[Any]] = [text(f"### {say('story.list_title', count=total)}"), line()]
    for story, passages in listed:
        where = f"<#{story.thread_id}>" if story.thread_id is not None else say("story.no_thread")
        facts = " · ".join([say(f"story.is_{story.state}"), say("story.passages", count=passages), where])
        shown = f"{_MARKS[story.state]} **{escape(story.title)}**\n-# {facts}"
        blocks.append(
            ui.Section(text(shown), accessory=custom_ids.READ.button(say("button.sread"), story.id, 1, 0, "f"))
        )
    if pages > 1:
        back = custom_ids.LIST.button(say("button.back"), page - 1, emoji="◀️")
        on = custom_ids.LIST.button(say("button.on"), page + 1, emoji="▶️")
        back.disabled, on.disabled = page == 0, page == pages - 1
        blocks += [line(), ui.ActionRow(back, on), text(f"-# {say('card.page', page=page + 1, pages=pages)}")]
    return Card(*blocks)


def people_card(
    say: Catalogue, story: Story, people: Mapping[Role, Collection[int]], *, note: str | None = None
) -> Card:
    """Return who has which role in a story, to be read privately. `note` says what was just done."""
    blocks: list[ui.Item[Any]] = [text(f"### {say('story.people_title', title=escape(story.title))}")]
    if note is not None:
        blocks.append(text(f"✅ {note}"))
    lines = [_host(say, story), say("story.cohosts", names=_names(say, people["cohost"]))]
    if story.rules.writers == "invited":
        lines.append(say("story.invited", names=_names(say, people["invited"])))
    else:
        lines.append(say("story.rule_writers_anyone"))
    return Card(*blocks, text("\n".join(f"- {each}" for each in lines)), text(f"-# {say('story.people_foot')}"))


def _names(say: Catalogue, people: Collection[int]) -> str:
    if not people:
        return say("story.nobody")
    names = [f"<@{person_id}>" for person_id in sorted(people)[:NAMED]]
    if len(people) > NAMED:
        names.append(say("story.more_people", count=len(people) - NAMED))
    return ", ".join(names)


# ---- questions before what cannot be undone


def delete_card(say: Catalogue, story: Story, days: int) -> Card:
    """Ask whether a story is really to go."""
    sure = custom_ids.DELETE.button(say("button.sdelete"), story.id, style=discord.ButtonStyle.danger)
    question = say("story.delete_confirm", title=escape(story.title), count=days)
    return Card(text(question), ui.ActionRow(sure), colour=AMBER)


def withdraw_card(say: Catalogue, story: Story, passage: Passage) -> Card:
    """Ask whether a passage is really to be withdrawn, showing which."""
    sure = custom_ids.WITHDRAW.button(say("button.swithdraw"), story.id, passage.id, style=discord.ButtonStyle.danger)
    question = say("story.withdraw_confirm", number=passage.depth)
    shown = f"{shown_head(passage.text, LAST_TEXT, quote)}\n-# {signature(say, passage)}"
    return Card(text(question), text(shown), ui.ActionRow(sure), colour=AMBER)


def overtaken_card(say: Catalogue, story: Story, passage: Passage) -> Card:
    """Tell somebody that another was faster, and offer to add their passage behind the newest."""
    again = custom_ids.ADD_AGAIN.button(say("button.sagain"), story.id, passage.id, style=discord.ButtonStyle.primary)
    return Card(text(say("story.overtaken")), ui.ActionRow(again), colour=AMBER)
