"""Loops of discord.py's that sleep for as long as is wished, from now.

A `tasks.Loop` reckons its next turn from the time for which the last one was planned. One that is woken early, or whose
interval changes, would then make up for turns that it seems to have missed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
from discord.ext import tasks


def sleep_for(loop: tasks.Loop[Any], seconds: float) -> None:
    """Let a running loop take its next turn in so many seconds from now."""
    planned = loop.next_iteration
    if planned is not None:
        last = planned - timedelta(seconds=loop.seconds or 0.0)
        loop.change_interval(seconds=max(0.0, (discord.utils.utcnow() - last).total_seconds() + seconds))


def wake_within(loop: tasks.Loop[Any], seconds: float) -> None:
    """Let a running loop take its next turn in so many seconds from now, or sooner where it would anyway."""
    planned = loop.next_iteration
    if planned is not None and planned - discord.utils.utcnow() > timedelta(seconds=seconds):
        sleep_for(loop, seconds)
