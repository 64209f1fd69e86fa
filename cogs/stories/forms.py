"""The forms of stories: a new one, its title and premise, the next passage. Routed by custom id like buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import discord
from discord import ui

from bot.rules.stories import LICENCES, MAX_PASSAGE, MAX_PREMISE, MAX_TITLE, Story, StoryRules, Writers
from bot.ui.forms import TEXT, RoutedForm
from bot.ui.locale import Catalogue
from cogs.core.vote_minutes import minutes_menu

TITLE, PREMISE, WRITERS, AI, LICENCE = "title", "premise", "writers", "ai", "licence"
"""The custom ids of the fields."""


class StoryForm(RoutedForm):
    """Asks for a new story: title, premise, who writes, whether models suggest, and the licence."""

    def __init__(self, say: Catalogue, custom_id: str) -> None:
        super().__init__(title=say("storyform.new"), custom_id=custom_id)
        rules = StoryRules()
        self.ask(say("storyform.title"), _title())
        self.ask(say("storyform.premise"), _premise(), say("storyform.premise_hint"))
        writers = [(each, say(f"storyform.writers_{each}")) for each in get_args(Writers)]
        self.ask(say("storyform.writers"), _menu(WRITERS, writers, rules.writers))
        models = [(each, say(f"storyform.ai_{each}")) for each in ("on", "off")]
        self.ask(say("storyform.ai"), _menu(AI, models, "on" if rules.ai else "off"))
        licences = [(each, say(f"storyform.licence_{each.replace('.', '-')}")) for each in LICENCES]
        self.ask(say("storyform.licence"), _menu(LICENCE, licences, rules.licence), say("storyform.licence_hint"))


class TitleForm(RoutedForm):
    """Asks for another title and premise."""

    def __init__(self, say: Catalogue, story: Story, custom_id: str) -> None:
        super().__init__(title=say("storyform.rename"), custom_id=custom_id)
        self.ask(say("storyform.title"), _title(story.title))
        self.ask(say("storyform.premise"), _premise(story.premise), say("storyform.premise_hint"))


class PassageForm(RoutedForm):
    """Asks for the next passage. `vote`: it will be a candidate among others; `opens`: a vote is opened for it, whose
    length is asked for, too, and was `minutes` so far."""

    def __init__(
        self,
        say: Catalogue,
        story: Story,
        custom_id: str,
        *,
        vote: bool,
        opens: bool = False,
        minutes: int | None = None,
    ) -> None:
        super().__init__(title=say("storyform.candidate" if vote else "storyform.passage"), custom_id=custom_id)
        box: ui.TextInput[Any] = ui.TextInput(custom_id=TEXT, style=discord.TextStyle.paragraph, max_length=MAX_PASSAGE)
        hint = say("storyform.passage_hint", low=story.rules.min_words, high=story.rules.max_words)
        self.ask(say("storyform.passage_label"), box, hint)
        if opens:
            self.ask(say("form.minutes"), minutes_menu(say, story.rules, minutes))


def _title(given: str = "") -> ui.TextInput[Any]:
    return ui.TextInput(custom_id=TITLE, max_length=MAX_TITLE, default=given or None)


def _premise(given: str = "") -> ui.TextInput[Any]:
    return ui.TextInput(
        custom_id=PREMISE,
        style=discord.TextStyle.paragraph,
        max_length=MAX_PREMISE,
        required=False,
        default=given or None,
    )


def _menu(name: str, options: Sequence[tuple[str, str]], current: str) -> ui.Select[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=name)
    for value, label in options:
        menu.add_option(label=label, value=value, default=value == current)
    return menu
