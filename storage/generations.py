"""Generations and their suggestions, kept until they expire so that the buttons under a card go on working."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, func, insert, or_, select, update

from bot.rules.generations import Generation, NewGeneration, Place, Suggestion
from storage.repository import Repository
from storage.tables import GENERATIONS, SUGGESTIONS


class GenerationReader(Repository):
    """Generations, as one transaction sees them."""

    async def get(self, generation_id: int) -> Generation | None:
        """Return the generation, or None where it was deleted. One that is past its time is there until `expire`."""
        return await self._one(select(GENERATIONS).where(GENERATIONS.c.id == generation_id))

    async def get_by_message(self, message_id: int) -> Generation | None:
        """Return the generation that a message shows now; the newest of its pages, where that one is gone."""
        shown = select(GENERATIONS).where(GENERATIONS.c.message_id == message_id)
        return await self._one(shown.order_by(GENERATIONS.c.on_show.desc(), GENERATIONS.c.id.desc()).limit(1))

    async def get_beside(self, generation: Generation, step: int) -> Generation | None:
        """Return the page of the same card that comes after a generation (`step` above 0) or before it, None where
        there is none."""
        if generation.message_id is None:
            return None
        other = GENERATIONS.c.id > generation.id if step > 0 else GENERATIONS.c.id < generation.id
        order = GENERATIONS.c.id if step > 0 else GENERATIONS.c.id.desc()
        pages = select(GENERATIONS).where(GENERATIONS.c.message_id == generation.message_id, other)
        return await self._one(pages.order_by(order).limit(1))

    async def _one(self, statement: Select[Any]) -> Generation | None:
        row = (await self._connection.execute(statement)).one_or_none()
        if row is None:
            return None
        parts = select(SUGGESTIONS).where(SUGGESTIONS.c.generation_id == row.id).order_by(SUGGESTIONS.c.position)
        suggestions = tuple(_suggestion(part) for part in await self._connection.execute(parts))
        before = func.count(case((GENERATIONS.c.id <= row.id, 1)))
        used = func.max(GENERATIONS.c.used)
        pages = select(before.label("page"), func.count().label("pages"), used.label("used"))
        card = (await self._connection.execute(pages.where(_same_card(row.id, row.message_id)))).one()
        return _generation(row, suggestions, page=card.page, pages=card.pages, used=bool(card.used))


class Generations(GenerationReader):
    """One aggregate: a generation owns its suggestions."""

    async def add(self, new: NewGeneration, *, now_ms: int) -> Generation:
        """Store a generation and return it with its id. A parent that is gone by now leaves `parent_id` None. What the
        same message showed before stays as an earlier page of its card."""
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
        added = insert(GENERATIONS).values(values).returning(GENERATIONS.c.id)
        number = (await self._connection.execute(added)).scalar_one()
        if new.suggestions:
            rows = [_suggestion_row(number, place, each) for place, each in enumerate(new.suggestions)]
            await self._connection.execute(insert(SUGGESTIONS), rows)
        if new.message_id is not None:
            await self._show(number, new.message_id)
        stored = await self.get(number)
        assert stored is not None, "it was stored in this transaction"
        return stored

    async def mark_sent(self, generation_id: int, place: Place, message_id: int) -> bool:
        """Note which message shows the generation, and where, with all pages of its card; tell whether the generation
        is still there."""
        before = select(GENERATIONS.c.message_id).where(GENERATIONS.c.id == generation_id)
        row = (await self._connection.execute(before)).one_or_none()
        if row is None:
            return False
        await self._connection.execute(
            update(GENERATIONS)
            .where(_same_card(generation_id, row.message_id))
            .values(message_id=message_id, server_id=place.server_id, channel_id=place.channel_id)
        )
        await self._show(generation_id, message_id)
        return True

    async def _show(self, generation_id: int, message_id: int) -> None:
        """Note that of the pages of a message this one is on show."""
        pages = update(GENERATIONS).where(GENERATIONS.c.message_id == message_id)
        await self._connection.execute(pages.values(on_show=GENERATIONS.c.id == generation_id))

    async def take(self, generation_id: int, person_id: int, position: int | None) -> bool:
        """Note that somebody has used a generation, and which of its suggestions they took up, if any; tell whether its
        card has to be shown anew."""
        theirs = update(GENERATIONS).where(GENERATIONS.c.id == generation_id, GENERATIONS.c.person_id != person_id)
        await self._connection.execute(theirs.values(used=1))
        this = (SUGGESTIONS.c.generation_id == generation_id) & (SUGGESTIONS.c.position == position)
        taken = await self._connection.execute(update(SUGGESTIONS).where(this).values(taken=SUGGESTIONS.c.taken + 1))
        return taken.rowcount > 0

    async def revise(self, generation_id: int, suggestion: Suggestion) -> bool:
        """Put `suggestion` in the place of a generation's first; tell whether there was one."""
        row = _suggestion_row(generation_id, 0, suggestion)
        first = (SUGGESTIONS.c.generation_id == generation_id) & (SUGGESTIONS.c.position == 0)
        revised = await self._connection.execute(update(SUGGESTIONS).where(first).values(row))
        return revised.rowcount > 0

    async def delete(self, generation_id: int) -> bool:
        """Delete a generation with its suggestions, and with all pages of its card; tell whether it was there."""
        message = select(GENERATIONS.c.message_id).where(GENERATIONS.c.id == generation_id).scalar_subquery()
        theirs = or_(GENERATIONS.c.id == generation_id, GENERATIONS.c.message_id == message)
        return (await self._connection.execute(delete(GENERATIONS).where(theirs))).rowcount > 0

    async def expire(self, now_ms: int) -> int:
        """Delete what is past its time (`expires_ms` <= `now_ms`) and return how many generations that were."""
        deleted = await self._connection.execute(delete(GENERATIONS).where(GENERATIONS.c.expires_ms <= now_ms))
        return deleted.rowcount


def _same_card(generation_id: int, message_id: int | None) -> ColumnElement[bool]:
    """Whether a row is a page of the card of a generation, which `message_id` shows; without one it is alone."""
    return GENERATIONS.c.id == generation_id if message_id is None else GENERATIONS.c.message_id == message_id


def _generation(row: Row[Any], suggestions: tuple[Suggestion, ...], *, page: int, pages: int, used: bool) -> Generation:
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
        page=page,
        pages=pages,
        used=used,
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
        taken=row.taken,
    )
