"""What a person asks of a server's stories: a pen name, and that no model goes on from their words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Courtesy:
    """One person's wishes in one server. `no_ai`: no model may continue from, or fill, what they wrote."""

    server_id: int
    person_id: int
    pen_name: str | None = None
    no_ai: bool = False
