"""What the cogs need of the rest of the program. `bot.app` puts it together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.inference.protocol import Engine
from bot.inference.queue import Inference
from bot.settings import Settings
from bot.stories.earlier import EarlierRun
from bot.stories.hosting import Hosting
from bot.stories.lore import Lorebook
from bot.stories.outbox import Outbox
from bot.stories.passages import Pen
from bot.stories.privacy import PrivacyService
from bot.stories.profiles import Manners
from bot.stories.publishing import PublishingService
from bot.stories.queries import Library
from bot.stories.rounds.service import Urn
from bot.stories.server_settings import ServerSettingsService
from bot.ui.progress import Pulse
from bot.writing.service import Desk

if TYPE_CHECKING:
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
    server_settings: ServerSettingsService
    privacy: PrivacyService
    publishing: PublishingService
    engine: Engine
    pulse: Pulse
    now: Callable[[], int]
