"""Generations and their suggestions, kept until they expire so that the buttons under a card go on working."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from bot.rules.generations import Generation, NewGeneration, Place, Suggestion
from storage.database import Connection
from storage.tables import GENERATIONS, SUGGESTIONS


class Generations:
    """One aggregate: a generation owns its suggestions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, new: NewGeneration, *, now_ms: int) -> Generation:
        """Store a generation and return it with its id."""
        inserted = await self._connection.execute(
            insert(GENERATIONS)
            .values(
                kind=new.kind,
                server_id=new.place.server_id,
                channel_id=new.place.channel_id,
                person_id=new.person_id,
                text=new.text,
                mood=new.mood,
                count=new.count,
                length=new.length,
                parent_id=new.parent_id,
                created_ms=now_ms,
                expires_ms=new.expires_ms,
            )
            .returning(GENERATIONS.c.id)
        )
        number: int = inserted.scalar_one()
        if new.suggestions:
            rows = [_suggestion_row(number, i, suggestion) for i, suggestion in enumerate(new.suggestions)]
            await self._connection.execute(insert(SUGGESTIONS), rows)
        return Generation(
            id=number,
            kind=new.kind,
            place=new.place,
            person_id=new.person_id,
            text=new.text,
            mood=new.mood,
            count=new.count,
            length=new.length,
            suggestions=new.suggestions,
            created_ms=now_ms,
            expires_ms=new.expires_ms,
            parent_id=new.parent_id,
        )

    async def get(self, generation_id: int) -> Generation | None:
        """Return the generation, or None where it has expired or was deleted."""
        found = await self._connection.execute(select(GENERATIONS).where(GENERATIONS.c.id == generation_id))
        row = found.one_or_none()
        return await self._whole(row) if row is not None else None

    async def of_message(self, message_id: int) -> Generation | None:
        """Return the generation that a message shows."""
        found = await self._connection.execute(select(GENERATIONS).where(GENERATIONS.c.message_id == message_id))
        row = found.one_or_none()
        return await self._whole(row) if row is not None else None

    async def sent(self, generation_id: int, place: Place, message_id: int) -> None:
        """Note which message shows the generation, and where."""
        await self._connection.execute(
            update(GENERATIONS)
            .where(GENERATIONS.c.id == generation_id)
            .values(message_id=message_id, server_id=place.server_id, channel_id=place.channel_id)
        )

    async def delete(self, generation_id: int) -> bool:
        """Delete a generation with its suggestions; tell whether it was there."""
        deleted = await self._connection.execute(delete(GENERATIONS).where(GENERATIONS.c.id == generation_id))
        return deleted.rowcount > 0

    async def expire(self, now_ms: int) -> int:
        """Delete what is past its time and return how many generations that were."""
        deleted = await self._connection.execute(delete(GENERATIONS).where(GENERATIONS.c.expires_ms <= now_ms))
        return deleted.rowcount

    async def _whole(self, row: Row[Any]) -> Generation:
        found = await self._connection.execute(
            select(SUGGESTIONS).where(SUGGESTIONS.c.generation_id == row.id).order_by(SUGGESTIONS.c.position)
        )
        return Generation(
            id=row.id,
            kind=row.kind,
            place=Place(server_id=row.server_id, channel_id=row.channel_id),
            person_id=row.person_id,
            text=row.text,
            mood=row.mood,
            count=row._mapping["count"],
            length=row.length,
            suggestions=tuple(_suggestion(each) for each in found),
            created_ms=row.created_ms,
            expires_ms=row.expires_ms,
            message_id=row.message_id,
            parent_id=row.parent_id,
        )


def _suggestion_row(generation_id: int, position: int, suggestion: Suggestion) -> dict[str, Any]:
    return {
        "generation_id": generation_id,
        "position": position,
        "text": suggestion.text,
        "fills": json.dumps(suggestion.fills, ensure_ascii=False),
        "score": suggestion.score,
        "receipt": json.dumps(dict(suggestion.receipt), ensure_ascii=False),
    }


def _suggestion(row: Row[Any]) -> Suggestion:
    return Suggestion(
        text=row.text, fills=tuple(json.loads(row.fills)), score=row.score, receipt=json.loads(row.receipt)
    )
