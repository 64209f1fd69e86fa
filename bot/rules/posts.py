"""Posts: messages that the bot keeps up to date in Discord. A post is enqueued in a transaction and sent afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PostKind = Literal["story", "round", "passage", "lore", "progress", "card", "welcome", "game", "reveal", "ping"]
"""`progress` is a card of work under way, whose `ref_id` is its message: what is left of one after a crash says so.
`card` is the card of a generation, whose `ref_id` is its message, too: it tells what was taken up. `welcome` is the
bot's first message in a server, whose `ref_id` is the server. `game` is the card of a game, and `reveal` what it made,
whose `part` counts from 1, both by the game's id; `ping` tells somebody of their turn, by the row of `game_pings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message that has to show something: what `ref_id` of its kind is now. It is due while `wanted_version` is
    greater than `shown_version`. `message_id` None: not sent yet, as far as is known. `part` numbers the messages of a
    long passage. `nonce` keeps Discord from taking a message twice; `tried_ms` (UTC) is when it was first tried to be
    sent. It waits until `next_ms`, by a clock that starts anew with the machine and is never set (0: at once)."""

    id: int
    kind: PostKind
    ref_id: int
    part: int
    channel_id: int
    message_id: int | None
    nonce: str
    wanted_version: int
    shown_version: int
    attempts: int
    next_ms: int
    tried_ms: int | None
