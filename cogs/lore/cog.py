"""/story memory and /story lore: what models are told, proposed by anyone and ratified by the host or a vote."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import discord
from discord import app_commands

from bot.errors import BadInput, Gone, NotHere
from bot.rules.lore import MAX_ENTRIES, LoreEntry, LoreKind
from bot.rules.posts import Post
from bot.rules.stories import Story
from bot.rules.text.characters import caseless, is_blank
from bot.stories.access import Who
from bot.stories.lore import EntryView
from bot.ui import permissions
from bot.ui.answers import GIVEN, is_private, keep_given, open_form, replace, whisper
from bot.ui.cards import Card, notice
from bot.ui.custom_ids import number
from bot.ui.cutting import shown_head
from bot.ui.escaping import quote
from bot.ui.forms import picked, submitted
from bot.ui.locale import Catalogue, private
from bot.ui.permissions import CARDS, CARDS_IN_THREADS, lacking
from bot.ui.tree import InklingTree
from cogs.core.context import CHOICES, InteractionContext, StoryCog
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.repeats import Act
from cogs.core.services import Services
from cogs.lore import custom_ids
from cogs.lore.cards import PAGE, TRIGGERS, LoreForm, beginning, list_card, lore_card, place_of, story_of
from cogs.lore.group import SERVER, STORY, Choices, LoreGroup

KINDS: tuple[LoreKind, ...] = get_args(LoreKind)
"""All kinds of entries."""
_REMOVED_TEXT = 2400
"""Characters of an entry that are shown when it has been removed."""


class LoreCog(StoryCog):
    """Memory and lore. Its commands stand in the group `/story`, which the cog `StoriesCog` owns."""

    def __init__(
        self, tree: InklingTree, services: Services, flow: GenerationFlow, dispatcher: OutboxDispatcher
    ) -> None:
        self._tree = tree
        self._services = services
        self._lore_service = services.lore_service
        self._dispatcher = dispatcher
        self._context = InteractionContext(services, flow)
        self._repeats = flow.repeats
        self._repeats.register("lore", self._keep_again, self._kept_before)
        self._groups = tuple(LoreGroup(self, kind) for kind in KINDS)
        for route, handler in {
            custom_ids.ADD: self.ask,
            custom_ids.FORM: self.form_sent,
            custom_ids.LIST: self.turn,
            custom_ids.OPEN: self.open,
            custom_ids.AGREE: self.agree,
            custom_ids.DISAGREE: self.disagree,
            custom_ids.RATIFY: self.ratify,
            custom_ids.REJECT: self.reject,
            custom_ids.REMOVE: self.remove,
        }.items():
            tree.route(route, handler)
        dispatcher.register("lore", self.card)

    async def cog_load(self) -> None:
        for group in self._groups:
            self._stories.add_command(group)

    async def cog_unload(self) -> None:
        if self._tree.get_command(STORY) is None:
            return  # the cog Stories was unloaded first, with everything under its group
        for group in self._groups:
            self._stories.remove_command(group.name)

    @property
    def _stories(self) -> app_commands.Group:
        story = self._tree.get_command(STORY)
        assert isinstance(story, app_commands.Group), "the cog Stories is loaded first, and adds its group"
        return story

    # ---- what is on show

    async def card(self, post: Post) -> Card | None:
        """Render the public card of an entry."""
        shown = await self._lore_service.get(post.ref_id)
        return None if shown is None else _card(await self._dispatcher.say(shown.entry.server_id), shown)

    # ---- the commands

    async def find(
        self, interaction: discord.Interaction[Any], scope: str | None, given: str | None
    ) -> tuple[Who, Story | None]:
        """Return who acts, and the story that they mean, None for the server as a whole."""
        if scope == SERVER:
            return await self._context.enter(interaction), None
        return await self._context.story(interaction, given)

    async def add(
        self, interaction: discord.Interaction[Any], kind: LoreKind, scope: str | None, given: str | None
    ) -> None:
        """Ask for an entry."""
        who, story = await self.find(interaction, scope, given)
        await self._ask(interaction, who, None if story is None else story.id, kind)

    async def look(
        self, interaction: discord.Interaction[Any], kind: LoreKind, scope: str | None, given: str | None
    ) -> None:
        """Show the entries of a story; where no story is meant, those of the server."""
        try:
            who, story = await self.find(interaction, scope, given)
        except NotHere as error:
            if error.key != "not_a_story" or scope is not None:
                raise
            who, story = await self.find(interaction, SERVER, None)
        await whisper(interaction, await self._list(interaction, who, story, kind, 0))

    async def take_out(
        self,
        interaction: discord.Interaction[Any],
        kind: LoreKind,
        entry: str,
        scope: str | None,
        given: str | None,
    ) -> None:
        """Remove the entry whose id was chosen, or whose beginning was typed."""
        if entry.isdecimal() and len(entry) < 19:
            who = await self._context.enter(interaction)
            await self._remove(interaction, who, int(entry))
            return
        who, story = await self.find(interaction, scope, given)
        wanted = "" if is_blank(entry) else caseless(entry)
        entries = await self._entries(who, story, kind)
        found = await asyncio.to_thread(_holding, entries, wanted, beginning)
        if len(found) != 1 or not wanted:
            raise BadInput("lore_unknown", given=entry)
        await self._remove(interaction, who, found[0].id)

    async def choices(
        self, interaction: discord.Interaction[Any], kind: LoreKind, current: str, scope: str | None, given: str | None
    ) -> Choices:
        """Autocomplete: the entries with `current` in them; none where no story is meant."""
        try:
            who, story = await self.find(interaction, scope, given)
        except (BadInput, Gone, NotHere):
            return []
        wanted = caseless(current)
        entries = await self._entries(who, story, kind)
        found = await asyncio.to_thread(_holding, entries, wanted, lambda entry: entry.text)
        return [app_commands.Choice(name=beginning(entry), value=str(entry.id)) for entry in found[:CHOICES]]

    # ---- the buttons and forms

    async def ask(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Add*: asks for an entry."""
        who = await self._context.enter(interaction)
        await self._ask(interaction, who, story_of(number(ids, 0)), _kind(ids))

    async def form_sent(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form: keeps the entry, says so, and shows its card."""
        text, triggers = submitted(interaction), submitted(interaction, TRIGGERS)
        keep_given(interaction, text, triggers)
        await self._keep(interaction, number(ids, 0), _kind(ids), text, triggers)

    async def _keep(
        self, interaction: discord.Interaction[Any], place: int, kind: LoreKind, text: str, triggers: str
    ) -> None:
        who = await self._context.enter(interaction)
        act = Act.of(who, "lore", place, kind, text, triggers)
        await self._repeats.check(interaction, act)
        entry = await self._lore_service.propose(
            who, story_of(place), kind, text, triggers, channel_id=_channel(interaction)
        )
        interaction.extras.pop(GIVEN, None)
        self._repeats.kept(act)
        if await whisper(interaction, notice(private(interaction)(f"lore.added_{entry.state}"))):
            self._repeats.answered(act)
        await self._dispatcher.flush()

    async def _keep_again(self, interaction: discord.Interaction[Any], act: Act) -> None:
        """Keep an entry a second time."""
        kind, text, triggers = act.given
        keep_given(interaction, text, triggers)
        await self._keep(interaction, act.place, _kind(("", kind)), text, triggers)

    async def _kept_before(self, act: Act) -> bool:
        kind, text, _ = act.given
        earlier = self._services.earlier
        return await earlier.proposed(act.person_id, act.server_id, story_of(act.place), kind, text)

    async def turn(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of what leads to a page of a list."""
        who = await self._context.enter(interaction)
        story_id = story_of(number(ids, 0))
        story = None if story_id is None else await self._services.story_queries.find_seen(who, story_id)
        page = max(0, min(number(ids, 2), MAX_ENTRIES // PAGE))
        card = await self._list(interaction, who, story, _kind(ids), page)
        await replace(interaction, card)

    async def open(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu of a list: shows the entry that was chosen in its place."""
        who = await self._context.enter(interaction)
        shown = await self._lore_service.find(who, number(picked(interaction), 0))
        await replace(interaction, _card(private(interaction), shown, back=True))

    async def agree(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Agree*."""
        await self._decide(interaction, ids, self._lore_service.vote, True)

    async def disagree(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Disagree*."""
        await self._decide(interaction, ids, self._lore_service.vote, False)

    async def ratify(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Ratify*."""
        await self._decide(interaction, ids, self._lore_service.decide, True)

    async def reject(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Reject*."""
        await self._decide(interaction, ids, self._lore_service.decide, False)

    async def remove(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Remove*."""
        await self._remove(interaction, await self._context.enter(interaction), number(ids, 0))

    # ---- how it is done

    async def _ask(self, interaction: discord.Interaction[Any], who: Who, story_id: int | None, kind: LoreKind) -> None:
        say = private(interaction)
        if story_id is None:
            _require_room_for_cards(interaction, say)
        await self._lore_service.check_writer(who, story_id)
        await open_form(interaction, LoreForm(say, kind, custom_ids.FORM.id(place_of(story_id), kind)))

    async def _decide(
        self,
        interaction: discord.Interaction[Any],
        ids: tuple[str, ...],
        decide: Callable[..., Awaitable[EntryView]],
        for_it: bool,
    ) -> None:
        """Note an opinion or a decision, say so, and have the card shown as it is now."""
        who = await self._context.enter(interaction)
        shown = await decide(who, number(ids, 0), for_it, channel_id=_channel(interaction))
        say = private(interaction)
        if is_private(interaction):
            await replace(interaction, _card(say, shown, back=True))
        elif shown.entry.state == "proposed":
            await whisper(interaction, notice(say("lore.agreed" if for_it else "lore.disagreed")))
        else:
            await whisper(interaction, notice(say(f"lore.now_{shown.entry.state}")))
        await self._dispatcher.flush()

    async def _remove(self, interaction: discord.Interaction[Any], who: Who, lore_id: int) -> None:
        entry = await self._lore_service.remove(who, lore_id)
        say = private(interaction)
        done = notice(say("lore.removed"), shown_head(entry.text, _REMOVED_TEXT, quote))
        if is_private(interaction):
            await replace(interaction, done)
        else:
            await whisper(interaction, done)
        await self._dispatcher.flush()

    async def _list(
        self, interaction: discord.Interaction[Any], who: Who, story: Story | None, kind: LoreKind, page: int
    ) -> Card:
        story_id, title = (None, None) if story is None else (story.id, story.title)
        entries = await self._lore_service.list_entries(
            who.server_id, story_id, (kind,), limit=PAGE + 1, offset=page * PAGE
        )
        return list_card(private(interaction), kind, entries, story_id=story_id, story=title, page=page)

    async def _entries(self, who: Who, story: Story | None, kind: LoreKind) -> list[LoreEntry]:
        story_id = None if story is None else story.id
        return await self._lore_service.list_entries(who.server_id, story_id, (kind,), limit=MAX_ENTRIES)


def _card(say: Catalogue, shown: EntryView, *, back: bool = False) -> Card:
    title = None if shown.story is None else shown.story.title
    return lore_card(say, shown.entry, shown.tally, story=title, pen_name=shown.pen_name, back=back)


def _holding(entries: list[LoreEntry], wanted: str, read: Callable[[LoreEntry], str]) -> list[LoreEntry]:
    """Return the entries with `wanted`, which is caseless, in what is read of them; call it in a thread."""
    return [entry for entry in entries if wanted in caseless(read(entry))]


def _kind(ids: tuple[str, ...]) -> LoreKind:
    """Return the kind that stands second on a button or form."""
    for kind in KINDS:
        if ids[1:2] == (kind,):
            return kind
    raise Gone("lore_gone")


def _channel(interaction: discord.Interaction[Any]) -> int:
    assert interaction.channel_id is not None, "clicks and forms happen in a channel"
    return interaction.channel_id


def _require_room_for_cards(interaction: discord.Interaction[Any], say: Catalogue) -> None:
    """Raise `NotHere` (`lore_no_card`: permissions) where the bot cannot post the card of an entry for all to see."""
    needed = CARDS_IN_THREADS if isinstance(interaction.channel, discord.Thread) else CARDS
    if missing := lacking(interaction, needed):
        raise NotHere("lore_no_card", permissions=permissions.told(say, missing))
