"""How each mood did in the rounds of each server. No row leads back to a story or a person."""

from __future__ import annotations

from sqlalchemy import insert, select

from bot.rules.moods import MOOD_NAMES, MoodName
from bot.rules.rounds import MoodResult
from storage.repository import Repository
from storage.tables import MOOD_RESULTS


class MoodResultReader(Repository):
    """The results of moods, to be read."""

    async def by_mood(self, server_id: int, *, limit: int = 1000) -> dict[MoodName, list[MoodResult]]:
        """Return the server's last `limit` results of all moods together, by mood, the most recent first."""
        theirs = select(MOOD_RESULTS).where(MOOD_RESULTS.c.server_id == server_id)
        found: dict[MoodName, list[MoodResult]] = {mood: [] for mood in MOOD_NAMES}
        for row in await self._connection.execute(theirs.order_by(MOOD_RESULTS.c.id.desc()).limit(limit)):
            found.setdefault(row.mood, []).append(
                MoodResult(
                    mood=row.mood,
                    candidates=row.candidates,
                    won=row.won,
                    points=row.points,
                    voters=row.voters,
                    closed_ms=row.closed_ms,
                )
            )
        return found


class MoodResults(MoodResultReader):
    """One row for each mood that had candidates in a round that was closed."""

    async def add(
        self, server_id: int, mood: MoodName, *, candidates: int, won: int, points: int, voters: int, closed_ms: int
    ) -> None:
        """Store how a mood did in a round; see `MoodResult`."""
        values = {"mood": mood, "candidates": candidates, "won": won, "points": points, "voters": voters}
        await self._connection.execute(insert(MOOD_RESULTS).values(server_id=server_id, closed_ms=closed_ms, **values))
