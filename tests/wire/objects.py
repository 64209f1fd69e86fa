"""What the small Discord answers with: users, servers, channels, threads, as API v10 shapes them."""

from __future__ import annotations

from typing import Any

Json = Any
APPLICATION_ID = 400_000_000_000_000_001
GUILD_ID = 400_000_000_000_000_002
CHANNEL_ID = 400_000_000_000_000_003
DM_CHANNEL_ID = 400_000_000_000_000_004
OWNER_ID = 400_000_000_000_000_009
PERMISSIONS = "562949953421311"
"""What the bot and everybody else may do in the server and its channel."""

SESSION_LIMIT = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}


def bot_user() -> Json:
    """The bot."""
    return {
        "id": str(APPLICATION_ID),
        "username": "Inkling",
        "discriminator": "0000",
        "global_name": None,
        "avatar": None,
        "bot": True,
        "flags": 0,
    }


def application() -> Json:
    """Its application."""
    owner = {"id": str(OWNER_ID), "username": "host", "discriminator": "0", "avatar": None}
    return {
        "id": str(APPLICATION_ID),
        "name": "Inkling",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "owner": owner,
        "team": None,
        "rpc_origins": [],
        "summary": "",
    }


def guild(threads: list[Json]) -> Json:
    """The server with its one channel, as GUILD_CREATE has it."""
    everyone = {
        "id": str(GUILD_ID),
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": PERMISSIONS,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    channel = {
        "id": str(CHANNEL_ID),
        "type": 0,
        "name": "stories",
        "position": 0,
        "permission_overwrites": [],
    }
    bot = {
        "user": bot_user(),
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
    }
    return {
        "id": str(GUILD_ID),
        "name": "The Harbour",
        "icon": None,
        "owner_id": str(OWNER_ID),
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [everyone],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "system_channel_flags": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
        "joined_at": "2026-01-01T00:00:00+00:00",
        "large": False,
        "unavailable": False,
        "member_count": 3,
        "voice_states": [],
        "members": [bot | {"flags": 0}],
        "channels": [channel],
        "threads": threads,
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def message_object(
    number: int,
    channel_id: int,
    author: Json,
    content: str,
    *,
    embeds: Json = (),
    components: Json = (),
    flags: int = 0,
) -> Json:
    """A message that nobody has edited."""
    return {
        "id": str(number),
        "channel_id": str(channel_id),
        "author": author,
        "content": content,
        "timestamp": "2026-11-23T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": list(embeds),
        "components": list(components),
        "pinned": False,
        "type": 0,
        "flags": flags,
    }


def thread(number: int, parent_id: int, name: str) -> Json:
    """A public thread that the bot opened."""
    return {
        "id": str(number),
        "type": 11,
        "guild_id": str(GUILD_ID),
        "parent_id": str(parent_id),
        "owner_id": str(APPLICATION_ID),
        "name": name,
        "message_count": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "flags": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 10080,
            "archive_timestamp": "2026-11-23T00:00:00+00:00",
            "locked": False,
        },
    }
