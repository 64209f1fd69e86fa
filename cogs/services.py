"""What the cogs need of the rest of the program. `bot.app` puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.inference.engine import Engine
from bot.inference.queue import Inference
from bot.settings import Settings
from bot.stories.earlier import EarlierRun
from bot.stories.hosting import Hosting
from bot.stories.library import Library
from bot.stories.lorebook import Lorebook
from bot.stories.manners import Manners
from bot.stories.outbox import Outbox
from bot.stories.pen import Pen
from bot.stories.urn import Urn
from bot.ui.progress import Pulse
from bot.writing.desk import Desk
from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that lives longer than a bot's connection. `now` gives UTC milliseconds."""

    settings: Settings
    database: Database
    inference: Inference
    desk: Desk
    library: Library
    pen: Pen
    hosting: Hosting
    urn: Urn
    lorebook: Lorebook
    manners: Manners
    outbox: Outbox
    earlier: EarlierRun
    engine: Engine
    pulse: Pulse
    now: Callable[[], int]
