"""Who may do what in a server, by their roles: what its managers chose in /settings, looked up at every press."""

from __future__ import annotations

from typing import Any

import discord

from bot.errors import NotAllowed
from bot.rules.servers import Activity, ServerSettings

_DELETED = "@deleted-role"
"""What Discord itself shows for a role that is gone."""


def role_refusal(
    interaction: discord.Interaction[Any], settings: ServerSettings, activity: Activity
) -> NotAllowed | None:
    """Return what to tell the person who acts where an activity needs a role that they lack, None where they may: as
    everybody may who manages the server, and everybody where no role is named. `role_needed` (roles, count)."""
    needed = settings.roles.get(activity)
    if not needed or interaction.permissions.manage_guild:
        return None
    person = interaction.user
    if isinstance(person, discord.Member) and any(person.get_role(role_id) is not None for role_id in needed):
        return None
    return NotAllowed("role_needed", roles=", ".join(_names(interaction.guild, needed)), count=len(needed))


def _names(guild: discord.Guild | None, role_ids: frozenset[int]) -> list[str]:
    """What the roles are called, the highest first; those that were deleted last, once."""
    found = [role for role_id in role_ids if guild is not None and (role := guild.get_role(role_id)) is not None]
    names = [f"@{role.name.removeprefix('@')}" for role in sorted(found, reverse=True)]
    return names + [_DELETED] * (len(found) < len(role_ids))
