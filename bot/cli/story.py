"""Which story model a command uses. It is chosen before the database is opened: a folder that has one was in use."""

from __future__ import annotations

from dataclasses import replace

from bot.settings import AUTO, BUNDLED, LARGE, Settings
from bot.worker.weights.story_choice import LOCAL, Story, plan_story, settle_story
from storage.database import FILE, make_folder


def settle(settings: Settings) -> Story:
    """Choose where nothing is stored yet, and store it. Raises `StorageError` where the data folder cannot be made."""
    if settings.inference_url is None:
        make_folder(settings.data)
    return _chosen(settings, store=True)


def foresee(settings: Settings) -> Story:
    """Return what is chosen, or would be at the next start; nothing is stored."""
    return _chosen(settings, store=False)


def _chosen(settings: Settings, *, store: bool) -> Story:
    if settings.inference_url is not None:
        return Story(now=settings.causal_model, reason=f"The story model is the one at {settings.inference_url}.")
    return settle_story(
        settings.causal_model,
        settings.data,
        earlier=(settings.data / FILE).exists(),
        engine=settings.engine,
        device=settings.device,
        store=store,
    )


def at_once(settings: Settings) -> tuple[Settings, Story]:
    """Return the settings with the story model that is there now, for a command that does not wait for another, and
    what was planned."""
    if settings.engine not in LOCAL:
        return settings, Story(
            now=settings.causal_model, reason=f"The story model is the one of ENGINE={settings.engine}."
        )
    story = plan_story(settings.causal_model, settings.data)
    return replace(settings, causal_model=story.now), story


def kept_small(settings: Settings) -> Settings:
    """Return the settings with the bundled story model in place of the large one."""
    return replace(settings, causal_model=BUNDLED) if settings.causal_model in (AUTO, LARGE) else settings
