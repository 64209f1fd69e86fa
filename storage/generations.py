"""Generations and their suggestions, kept until they expire so that the buttons under a card go on working."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from bot.rules.generations import Generation, NewGeneration, Place, Suggestion
from storage.repository import Repository
from storage.tables import GENERATIONS, SUGGESTIONS


class GenerationReader(Repository):
    """Generations, as one transaction sees them."""

    async def get(self, generation_id: int) -> Generation | None:
        """Return the generation, or None where it was deleted. One that is past its time is there until `expire`."""
        return await self._one(select(GENERATIONS).where(GENERATIONS.c.id == generation_id))

    async def get_by_message(self, message_id: int) -> Generation | None:
        """Return the generation that a message shows: the newest, where a card was used again."""
        shown = select(GENERATIONS).where(GENERATIONS.c.message_id == message_id)
        return await self._one(shown.order_by(GENERATIONS.c.id.desc()).limit(1))

    async def _one(self, statement: Select[Any]) -> Generation | None:
        row = (await self._connection.execute(statement)).one_or_none()
        if row is None:
            return None
        parts = select(SUGGESTIONS).where(SUGGESTIONS.c.generation_id == row.id).order_by(SUGGESTIONS.c.position)
        suggestions = tuple(_suggestion(part) for part in await self._connection.execute(parts))
        return _generation(row, suggestions)


class Generations(GenerationReader):
    """One aggregate: a generation owns its suggestions."""

    async def add(self, new: NewGeneration, *, now_ms: int) -> Generation:
        """Store a generation and return it with its id. A parent that is gone by now leaves `parent_id` None."""
        values = {
            "kind": new.kind,
            "server_id": new.place.server_id,
            "channel_id": new.place.channel_id,
            "message_id": new.message_id,
            "person_id": new.person_id,
            "text": new.text,
            "mood": new.mood,
            "count": new.count,
            "length": new.length,
            "parent_id": select(GENERATIONS.c.id).where(GENERATIONS.c.id == new.parent_id).scalar_subquery(),
            "created_ms": now_ms,
            "expires_ms": new.expires_ms,
            "note": new.note,
        }
        returning = (GENERATIONS.c.id, GENERATIONS.c.parent_id)
        row = (await self._connection.execute(insert(GENERATIONS).values(values).returning(*returning))).one()
        if new.suggestions:
            rows = [_suggestion_row(row.id, place, each) for place, each in enumerate(new.suggestions)]
            await self._connection.execute(insert(SUGGESTIONS), rows)
        shared = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
        return Generation(**shared | {"id": row.id, "parent_id": row.parent_id, "created_ms": now_ms})

    async def mark_sent(self, generation_id: int, place: Place, message_id: int) -> bool:
        """Note which message shows the generation, and where; tell whether the generation is still there."""
        noted = await self._connection.execute(
            update(GENERATIONS)
            .where(GENERATIONS.c.id == generation_id)
            .values(message_id=message_id, server_id=place.server_id, channel_id=place.channel_id)
        )
        return noted.rowcount > 0

    async def revise(self, generation_id: int, suggestion: Suggestion) -> bool:
        """Put `suggestion` in the place of a generation's first; tell whether there was one."""
        row = _suggestion_row(generation_id, 0, suggestion)
        first = (SUGGESTIONS.c.generation_id == generation_id) & (SUGGESTIONS.c.position == 0)
        revised = await self._connection.execute(update(SUGGESTIONS).where(first).values(row))
        return revised.rowcount > 0

    async def delete(self, generation_id: int) -> bool:
        """Delete a generation with its suggestions; tell whether it was there."""
        deleted = await self._connection.execute(delete(GENERATIONS).where(GENERATIONS.c.id == generation_id))
        return deleted.rowcount > 0

    async def expire(self, now_ms: int) -> int:
        """Delete what is past its time (`expires_ms` <= `now_ms`) and return how many generations that were."""
        deleted = await self._connection.execute(delete(GENERATIONS).where(GENERATIONS.c.expires_ms <= now_ms))
        return deleted.rowcount


def _generation(row: Row[Any], suggestions: tuple[Suggestion, ...]) -> Generation:
    return Generation(
        id=row.id,
        kind=row.kind,
        place=Place(server_id=row.server_id, channel_id=row.channel_id),
        person_id=row.person_id,
        text=row.text,
        mood=row.mood,
        count=row._mapping["count"],  # Row.count is a method of tuples
        length=row.length,
        suggestions=suggestions,
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        message_id=row.message_id,
        parent_id=row.parent_id,
        note=row.note,
    )


def _suggestion_row(generation_id: int, position: int, suggestion: Suggestion) -> dict[str, Any]:
    return {
        "generation_id": generation_id,
        "position": position,
        "text": suggestion.text,
        "fills": suggestion.fills,
        "score": suggestion.score,
        "receipt": suggestion.receipt,
        "confidence": suggestion.confidence,
        "payload": suggestion.payload,
    }


def _suggestion(row: Row[Any]) -> Suggestion:
    return Suggestion(
        text=row.text,
        fills=tuple(row.fills),
        receipt=row.receipt,
        score=row.score,
        confidence=row.confidence,
        payload=row.payload,
    )
