"""The command tree: commands, and everything that finds its way by custom id; one error path for them all.

Buttons, selects and forms carry the custom id of a route (`bot.ui.custom_ids`) and nothing else. The tree sends them
to the route's handler, so they work the same before and after a restart; discord.py itself would only log what a
`DynamicItem` raises, and forgets forms when it ends.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from re import Match
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import Gone, InklingError
from bot.ui.answers import GIVEN, tell
from bot.ui.custom_ids import TEMPLATE, Route
from bot.ui.delivery import acknowledge
from bot.ui.incoming_text import let_in
from bot.ui.typed_text import typed_text

REMEMBERED = 4096
"""How many interactions are remembered, to notice one that is delivered twice (after a RESUME)."""

Handler = Callable[[discord.Interaction[Any], tuple[str, ...]], Awaitable[None]]


class InklingTree(app_commands.CommandTree[commands.Bot]):
    """Commands and routes. Both are let in once, and end in `on_error` when something goes wrong."""

    def __init__(self, client: commands.Bot, **options: Any) -> None:
        super().__init__(client, **options)
        self._routes: dict[str, Handler] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._acknowledging: set[asyncio.Task[None]] = set()
        self.acknowledge_s: float | None = None
        """After so many seconds what is not answered is acknowledged; None: never, where nobody is in a hurry."""

    def route(self, route: Route, handler: Handler) -> None:
        """Send everything with a custom id of `route` to `handler`, with the ids in it."""
        if route.key in self._routes:
            raise ValueError(f"{route.key} has a handler already")
        self._routes[route.key] = handler

    @property
    def actions(self) -> frozenset[str]:
        """The actions that have a handler."""
        return frozenset(key.partition(":")[0] for key in self._routes)

    async def interaction_check(self, interaction: discord.Interaction[commands.Bot], /) -> bool:
        return self._admits(interaction)

    def _admits(self, interaction: discord.Interaction[Any]) -> bool:
        """Tell whether to go on with the interaction, and let in the text that it brings; a refusal hands it back."""
        if not self.first_time(interaction):
            return False
        let_in(interaction)
        if typed := typed_text(self, interaction):
            interaction.extras[GIVEN] = typed
        self._acknowledge_later(interaction)
        return True

    def _acknowledge_later(self, interaction: discord.Interaction[Any]) -> None:
        def begin() -> None:
            task = asyncio.create_task(acknowledge(interaction))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)

        if self.acknowledge_s is not None and interaction.type is not discord.InteractionType.autocomplete:
            asyncio.get_running_loop().call_later(self.acknowledge_s, begin)

    def first_time(self, interaction: discord.Interaction[Any]) -> bool:
        """Tell whether this delivery of the interaction is the first."""
        if interaction.id in self._seen:
            return False
        self._seen[interaction.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    async def dispatch(self, interaction: discord.Interaction[Any], action: str, ids: str | None) -> None:
        """Do what the click or the form asks for; what goes wrong is told to the person."""
        if not self._admits(interaction):
            return
        try:
            handler, found = self._routed(action, tuple((ids or "").split(":")))
            await handler(interaction, found)
        except Exception as error:
            await self.on_error(interaction, error)

    def _routed(self, action: str, ids: tuple[str, ...]) -> tuple[Handler, tuple[str, ...]]:
        """Return the handler of a custom id and the ids that it takes. Raises `Gone` where there is none."""
        if (handler := self._routes.get(action)) is not None:
            return handler, ids
        if (handler := self._routes.get(f"{action}:{ids[0]}")) is not None:
            return handler, ids[1:]
        raise Gone("generation_gone")

    async def on_error(self, interaction: discord.Interaction[commands.Bot], error: Exception, /) -> None:
        """Tell the person what a command, a menu of a message, a button or a form raised. Of a command, what Inkling
        raises on purpose is an answer like any other: it counts as completed."""
        cause = raised(error)
        await tell(interaction, cause)
        if isinstance(cause, InklingError) and cause is not error:
            self.client.dispatch("app_command_completion", interaction, interaction.command)

    async def on_form(self, interaction: discord.Interaction[Any]) -> None:
        """Listener for every interaction: takes the forms (modals) that are sent in."""
        if interaction.type is discord.InteractionType.modal_submit and interaction.data is not None:
            match = Durable.pattern().fullmatch(str(interaction.data.get("custom_id", "")))
            if match is not None:
                await self.dispatch(interaction, match["action"], match["ids"])


def raised(error: BaseException) -> BaseException:
    """Return what was raised: discord.py wraps what a command raises, and not what a button or a form does."""
    return error.original if isinstance(error, app_commands.CommandInvokeError) else error


class Durable(ui.DynamicItem[ui.Item[Any]], template=TEMPLATE):
    """Any button or select of ours, found again by its custom id, also after a restart."""

    def __init__(self, item: ui.Item[Any], action: str, ids: str | None) -> None:
        super().__init__(item)
        self._action = action
        self._ids = ids

    @classmethod
    def pattern(cls) -> Any:
        """The compiled template."""
        return cls.__discord_ui_compiled_template__

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: Match[str], /
    ) -> Self:
        return cls(item, match["action"], match["ids"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        tree = interaction.client.tree
        assert isinstance(tree, InklingTree), "Durable items belong to a bot with an InklingTree"
        await tree.dispatch(interaction, self._action, self._ids)
