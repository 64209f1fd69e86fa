"""What a person asks of a server's stories: a pen name, and that no model goes on from their words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack, get_args

from bot.errors import BadInput
from bot.rules.stories import MAX_PEN_NAME
from bot.rules.text.characters import has_word
from bot.rules.text.matching import fold

Pings = Literal["mention", "dm", "none"]
"""How somebody is told that a game waits for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterProfile:
    """One person's wishes in one server. `no_ai`: no model may continue from, or fill, what they wrote."""

    server_id: int
    person_id: int
    pen_name: str | None = None
    no_ai: bool = False
    pings: Pings = "mention"


class WriterProfileChange(TypedDict, total=False):
    """What of somebody's wishes is to change; what is left out stays."""

    pen_name: str | None
    no_ai: bool
    pings: Pings


def change_profile(
    profile: WriterProfile, taken: Iterable[str], **change: Unpack[WriterProfileChange]
) -> WriterProfile:
    """Return the wishes with `change` applied whole; `taken` are the names that are somebody else's already.

    Raises `BadInput`: `pen_name_empty`; `pen_name_too_long` (length, limit); `pen_name_taken` (name) for one that is
    read like somebody else's; `pings_unknown` (given).
    """
    pen_name = change.get("pen_name")
    if pen_name is not None:
        pen_name = change["pen_name"] = " ".join(pen_name.split())
        if not has_word(pen_name):
            raise BadInput("pen_name_empty")
        if len(pen_name) > MAX_PEN_NAME:
            raise BadInput("pen_name_too_long", length=len(pen_name), limit=MAX_PEN_NAME)
        if _read_as(pen_name) in {_read_as(name) for name in taken}:
            raise BadInput("pen_name_taken", name=pen_name)
    if (pings := change.get("pings")) is not None and pings not in get_args(Pings):
        raise BadInput("pings_unknown", given=str(pings))
    return dataclasses.replace(profile, **change)


def _read_as(name: str) -> str:
    """What two names have in common that are taken for each other: no case, accents, spaces or marks. A name of nothing
    else, as Discord allows it, is read as it is written."""
    bare = fold(name).bare
    return "".join(char for char in bare if char.isalnum()) or bare or name
