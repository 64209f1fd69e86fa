"""The services that cogs use. `bot.app` makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.games.changes import GameChanges
from bot.games.service import GameService
from bot.inference.protocol import Engine
from bot.inference.queue import Inference
from bot.settings import Settings
from bot.stories.earlier_run import EarlierRun
from bot.stories.hosting import HostingService
from bot.stories.lore import LoreService
from bot.stories.outbox import Outbox
from bot.stories.passages import PassageService
from bot.stories.privacy import PrivacyService
from bot.stories.profiles import ProfileService
from bot.stories.publishing import PublishingService
from bot.stories.queries import StoryQueries
from bot.stories.rounds.service import RoundService
from bot.stories.server_settings import ServerSettingsService
from bot.ui.progress import Pulse
from bot.writing.service import GenerationService

if TYPE_CHECKING:
    from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that lives longer than a bot's connection. `now` gives UTC milliseconds."""

    settings: Settings
    database: Database
    inference: Inference
    generation_service: GenerationService
    story_queries: StoryQueries
    passage_service: PassageService
    hosting: HostingService
    round_service: RoundService
    lore_service: LoreService
    profile_service: ProfileService
    outbox: Outbox
    earlier: EarlierRun
    server_settings: ServerSettingsService
    game_service: GameService
    game_changes: GameChanges
    privacy: PrivacyService
    publishing: PublishingService
    engine: Engine
    pulse: Pulse
    now: Callable[[], int]
