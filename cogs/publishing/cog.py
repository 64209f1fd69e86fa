"""/story map and /story export: a story to look at and to take along. These commands join the group of `stories`."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import BadInput
from bot.publishing.book import Book, make_book
from bot.publishing.epub import to_epub
from bot.publishing.html import to_html
from bot.publishing.language import language_of
from bot.publishing.map import Map, draw_map
from bot.publishing.markdown import to_markdown
from bot.publishing.naming import file_name
from bot.rules.languages import UNKNOWN, name_of
from bot.rules.stories import Passage, Story
from bot.rules.text.characters import normalise
from bot.ui.answers import follow_up, take_time, whisper
from bot.ui.cards import Card, text
from bot.ui.cutting import shown_head
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue, named, private
from bot.ui.tree import InklingTree
from cogs.core.context import InteractionContext, StoryCog
from cogs.core.generation_flow import GenerationFlow
from cogs.core.services import Services
from cogs.stories import custom_ids
from cogs.stories.group import StoryGroupCog

_log = logging.getLogger(__name__)

FORMATS: Mapping[str, Callable[[Book], bytes]] = {
    "epub": to_epub,
    "html": lambda book: to_html(book).encode(),
    "md": lambda book: to_markdown(book).encode(),
}
"""What makes a file of a book, by the choice of the command."""
AT_ONCE = 100
"""People that Discord tells of in one request."""
GONE_NAMED = 20
"""So many of those who have left are asked for by name; others are somebody."""
NAMES_S = 5.0
"""Seconds that names are looked up for at most."""
MAP_TEXT = 2400
"""Characters of a map's text that its card shows."""
_ALT_TEXT = 900
"""Characters of a map's text that describe its picture to those who cannot see it."""
_FORMAT_CHOICES = [app_commands.Choice(name=named(f"storychoice.format_{name}"), value=name) for name in FORMATS]
"""The formats of an export, as the command offers them."""


class PublishingCog(StoryGroupCog):
    """Stories as pictures and as books."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow) -> None:
        super().__init__(tree, {"map": self.map, "export": self.export})
        self._services = services
        self._context = InteractionContext(services, flow)
        tree.route(custom_ids.MAP, self.show_map)
        tree.route(custom_ids.EXPORT, self.export_clicked)

    # ---- the map

    @app_commands.rename(story=named("command.story.story.name"))
    @app_commands.describe(story=named("command.story.story.description"))
    @app_commands.autocomplete(story=StoryCog.stories)
    async def map(self, interaction: discord.Interaction[commands.Bot], story: str | None = None) -> None:
        """Draw a story's tree."""
        _, found = await self._context.story(interaction, story)
        await self._draw(interaction, found)

    async def show_map(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Map*."""
        _, story = await self._context.clicked(interaction, ids)
        await self._draw(interaction, story)

    async def _draw(self, interaction: discord.Interaction[Any], story: Story) -> None:
        _require_written(story)
        await take_time(interaction, private=True)
        say = private(interaction)
        tree = await self._services.publishing.tree(story)
        heads = [(each.title, each.head_id) for each in tree.stories if each.head_id is not None]
        names = await self._names(interaction, [node.author_id for node in tree.nodes if node.author_id is not None])
        drawn = await asyncio.to_thread(draw_map, tree.nodes, heads, tree.canon, say, names)
        files = [
            discord.File(io.BytesIO(drawn.png), "map.png"),
            discord.File(io.BytesIO(drawn.text.encode()), "map.txt"),
        ]
        await follow_up(interaction, view=_map_card(say, story, drawn), files=files)

    # ---- the book

    @app_commands.rename(
        format=named("command.story.export.format.name"),
        branches=named("command.story.export.branches.name"),
        story=named("command.story.story.name"),
    )
    @app_commands.describe(
        format=named("command.story.export.format.description"),
        branches=named("command.story.export.branches.description"),
        story=named("command.story.story.description"),
    )
    @app_commands.choices(format=_FORMAT_CHOICES)
    @app_commands.autocomplete(story=StoryCog.stories)
    async def export(
        self,
        interaction: discord.Interaction[commands.Bot],
        format: str = "html",  # what the option is called
        branches: bool = False,
        story: str | None = None,
    ) -> None:
        """Give a story as a file."""
        _, found = await self._context.story(interaction, story)
        await self._export(interaction, found, format, branches=branches)

    async def export_clicked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Export*: offers the formats, or gives the story in the one that was chosen."""
        _, story = await self._context.clicked(interaction, ids)
        if len(ids) > 1:
            await self._export(interaction, story, ids[1])
        else:
            _require_written(story)
            await whisper(interaction, _formats_card(private(interaction), story))

    async def _export(
        self, interaction: discord.Interaction[Any], found: Story, format: str, *, branches: bool = False
    ) -> None:
        _require_written(found)
        publish = FORMATS.get(format)
        if publish is None:
            raise BadInput("rule_unknown", given=format)
        await take_time(interaction, private=True)
        say = private(interaction)
        written = await self._services.publishing.manuscript(found, branches=branches)
        appendix = [(_branch_title(say, chain[0]), chain) for chain in written.branches]
        passages = [*written.canon, *(passage for chain in written.branches for passage in chain)]
        people = [each.author_id for each in passages if each.author_id is not None and each.pen_name is None]
        names = await self._names(interaction, [*people, *([found.host_id] if found.host_id is not None else [])])

        def published() -> tuple[bytes, str]:
            language = found.rules.language or language_of(written.canon)
            book = make_book(
                found, written.canon, names, branches=appendix, language=language, say=say, now_ms=written.now_ms
            )
            return publish(book), language

        content, language = await asyncio.to_thread(published)
        if interaction.guild is not None and len(content) > interaction.guild.filesize_limit:
            raise BadInput("export_too_large", limit=interaction.guild.filesize_limit // 1_000_000)
        file = discord.File(io.BytesIO(content), file_name(found.title, format))
        told = [say("story.exported", title=escape(found.title)), _language_told(say, language)]
        await follow_up(interaction, content="\n".join(told), file=file)

    # ---- names

    async def _names(self, interaction: discord.Interaction[Any], people: Sequence[int]) -> dict[int, str]:
        """Return how people are called in the server, as far as Discord tells in time."""
        guild = interaction.guild
        wanted = sorted(set(people))
        found: dict[int, str] = {}
        if guild is None or not wanted:
            return found
        try:
            async with asyncio.timeout(NAMES_S):
                for start in range(0, len(wanted), AT_ONCE):
                    members = await guild.query_members(user_ids=wanted[start : start + AT_ONCE], limit=AT_ONCE)
                    found |= {member.id: normalise(member.display_name) for member in members}
                for person_id in [each for each in wanted if each not in found][:GONE_NAMED]:
                    found[person_id] = normalise((await interaction.client.fetch_user(person_id)).display_name)
        except (discord.DiscordException, aiohttp.ClientError, TimeoutError) as error:
            _log.info("some names are not known: %s", error)
        return found


def _require_written(story: Story) -> None:
    """Raise `BadInput` (`story_empty`) where there is no passage yet."""
    if story.head_id is None:
        raise BadInput("story_empty")


def _language_told(say: Catalogue, language: str) -> str:
    """Say which language a file says it is in, and who can choose another."""
    if language == UNKNOWN:
        return say("story.exported_unknown")
    return say("story.exported_language", language=escape(name_of(language)))


def _formats_card(say: Catalogue, story: Story) -> Card:
    """Return the card that offers a story in each format."""
    title = text(f"### {say('story.export_title', title=escape(story.title))}\n{say('story.export_told')}")
    buttons = [
        custom_ids.EXPORT.button(say(f"storychoice.format_{name}"), story.id, name, style=discord.ButtonStyle.primary)
        for name in FORMATS
    ]
    return Card(title, ui.ActionRow(*buttons))


def _map_card(say: Catalogue, story: Story, drawn: Map) -> Card:
    """Return the card of a map: the picture, and as much of it in words as fits; all of that is in the file."""
    gallery: ui.MediaGallery[Any] = ui.MediaGallery()
    gallery.add_item(media="attachment://map.png", description=shown_head(drawn.text, _ALT_TEXT, str) or None)
    title = text(f"### {say('story.map_title', title=escape(story.title))}")
    return Card(title, gallery, text(shown_head(drawn.text, MAP_TEXT)), ui.File("attachment://map.txt"))


def _branch_title(say: Catalogue, first: Passage) -> str:
    return say("story.branch_after", number=first.depth - 1) if first.depth > 1 else say("story.branch_first")
