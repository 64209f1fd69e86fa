"""SimCord, where it is installed. Its preview has no public seams for what is added here, so its version is pinned."""

from __future__ import annotations

import logging
from typing import Any

from bot.errors import InklingError, PlatformError
from bot.ui.tree import raised

logging.disable(logging.WARNING)  # SimCord tries out a bare client when it is imported, which has much to say
try:
    import simcord
    from simcord.backend.access import can_access_channel
    from simcord.backend.errors import BackendError
    from simcord.enums import AppCommandType
    from simcord.preview import Preview
    from simcord.preview._action_plans import _component_paths as component_paths
    from simcord.preview._pages import _Page as Page
    from simcord.preview._server import PreviewServer
except ImportError as missing:
    raise PlatformError("The sandbox needs SimCord: `make setup`, or pip install 'inkling[sandbox]'.") from missing
finally:
    logging.disable(logging.NOTSET)


class Env(simcord.Env):
    """SimCord's environment, for machines that are busy: SimCord itself gives a bot that starts five seconds, here it
    has the `settle_timeout` like whatever it does afterwards."""

    def _capture_errors(self) -> None:
        """Note what goes wrong in the bot. What Inkling raises on purpose is told to a person, and is no error."""
        tree = self.bot.tree  # type: ignore[attr-defined]  # a commands.Bot
        tell = tree.on_error
        super()._capture_errors()
        note_and_tell = tree.on_error

        async def on_error(interaction: Any, error: Exception) -> None:
            await (tell if isinstance(raised(error), InklingError) else note_and_tell)(interaction, error)

        tree.on_error = on_error

    async def _settle_internal(self, *, timeout: float | None = None, **more: Any) -> None:  # noqa: ASYNC109
        longest = None if timeout is None else max(timeout, self.settle_timeout)
        await super()._settle_internal(timeout=longest, **more)


__all__ = [
    "AppCommandType",
    "BackendError",
    "Env",
    "Page",
    "Preview",
    "PreviewServer",
    "can_access_channel",
    "component_paths",
    "simcord",
]
