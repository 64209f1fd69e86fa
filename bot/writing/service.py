"""The use cases of asking the models: what the cogs and the command line call."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import Gone, InferenceError, NotAllowed
from bot.inference.jobs import Owner
from bot.inference.protocol import Health
from bot.inference.queue import Inference, Ticket
from bot.rules.generations import Generation, NewGeneration, Place, Suggestion
from bot.writing.blocklist import Blocklist
from bot.writing.features import feature_of
from bot.writing.languages import check_language, is_foreign
from bot.writing.request import Submission
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork

DAY_MS = 24 * 60 * 60 * 1000
"""Milliseconds of a day."""
HEALTH_S = 0.5
"""How long a check waits for the worker to say what its models are."""


def _random_seed() -> int:
    return secrets.randbits(32)


class GenerationService:
    """Takes submissions to the models and keeps what came back. It owns the transactions over generations.

    `keep_days` is how long a generation (and so its buttons) lives; `sent_to` is the machine that texts are sent to, as
    far as the settings tell.
    """

    def __init__(
        self,
        *,
        inference: Inference,
        database: Database,
        keep_days: int,
        words: Blocklist | None = None,
        sent_to: str = "",
        seed: Callable[[], int] = _random_seed,
    ) -> None:
        self._inference = inference
        self._database = database
        self._keep_ms = keep_days * DAY_MS
        self._words = words or Blocklist.load()
        self._sent_to = sent_to
        self._seed = seed

    async def submit(self, submission: Submission[Any]) -> Ticket[tuple[Suggestion, ...]]:
        """Check a submission and put it in the queue. Raises `BadInput` where it cannot be answered, by what it asks
        for or by the languages of the models, and `Busy`.

        Call it before deferring, while an error can still be private: it answers within half a second. While
        the models are not up yet it lets a foreign language pass; the job then finds it.
        """
        request = submission.request
        feature = feature_of(request.kind)
        feature.check(request)
        local = "story" in feature.needs and await self._stays(submission.place)
        foreign = [text for text in feature.texts(request) if is_foreign(text)]
        health = await self._health() if foreign else None
        if health is not None:
            for text in foreign:
                check_language(text, feature.needs, health.models, local=local)
        job = feature.job(request, self._words, self._seed(), submission.owner, local=local)
        return self._inference.submit(job)

    async def sent_to(self) -> str:
        """Return the machine that texts are sent to to be continued, empty where they stay on the bot's; of a worker
        that does not answer what the settings say."""
        health = await self._health()
        if health is None or not health.models:
            return self._sent_to
        return next((model.host for model in health.models if model.host), "")

    async def _health(self) -> Health | None:
        """Return how the models are, None where they do not say so soon enough."""
        try:
            async with asyncio.timeout(HEALTH_S):
                return await self._inference.engine.health()
        except (TimeoutError, InferenceError):
            return None

    async def _stays(self, place: Place) -> bool:
        """Tell whether a place is the thread of a story whose text must stay on this machine."""
        async with self._database.reading() as tx:
            story = await tx.stories.get_by_thread(place.channel_id)
        return story is not None and not story.rules.outside

    async def add(
        self, submission: Submission[Any], suggestions: Sequence[Suggestion], *, message_id: int | None = None
    ) -> Generation:
        """Store what came back, and that the person was here; it is committed when this returns. `message_id` is the
        progress that the card is to take the place of: after a crash it is known that it did, or what it lacks. Where
        that is a card which was turned, this is its newest page."""
        expires_ms = self._database.now() + self._keep_ms
        feature = feature_of(submission.request.kind)
        new = feature.record(submission, suggestions, expires_ms=expires_ms, message_id=message_id)
        return await self._add(new, submission.position)

    async def add_derived(
        self,
        parent: Generation,
        owner: Owner,
        place: Place,
        suggestion: Suggestion,
        *,
        position: int | None = None,
    ) -> Generation:
        """Store what a person made of a generation themselves as one of its kind, which goes on from it; `position` is
        the suggestion that they made it of, None for none."""
        return await self._add(
            NewGeneration(
                kind=parent.kind,
                place=place,
                person_id=owner.person_id,
                text=parent.text,
                mood=parent.mood,
                count=parent.count,
                length=parent.length,
                suggestions=(suggestion,),
                expires_ms=self._database.now() + self._keep_ms,
                parent_id=parent.id,
            ),
            position,
        )

    async def _add(self, new: NewGeneration, position: int | None) -> Generation:
        async with self._database.transaction() as tx:
            await tx.people.mark_seen(new.person_id, now_ms=tx.now_ms)
            added = await tx.generations.add(new, now_ms=tx.now_ms)
            if new.parent_id is not None:
                await take_up(tx, new.parent_id, new.person_id, position)
            return added

    async def revise(self, generation_id: int, place: Place, change: Callable[[Generation], Suggestion]) -> Generation:
        """Change the one suggestion of a generation, read and written in one transaction. Raises as `find`, and what
        `change` raises, and leaves it as it was then."""
        async with self._database.transaction() as tx:
            found = await self._find(tx, generation_id, place)
            changed = replace(change(found), taken=found.suggestions[0].taken)
            await tx.generations.revise(generation_id, changed)
        return replace(found, suggestions=(changed,))

    async def mark_sent(self, generation_id: int, place: Place, message_id: int) -> bool:
        """Note which message shows the generation; False where it was deleted meanwhile."""
        async with self._database.transaction() as tx:
            return await tx.generations.mark_sent(generation_id, place, message_id)

    async def find(self, generation_id: int, place: Place) -> Generation:
        """Return the generation for somebody who acts in `place`. Raises `Gone` where it has expired or was deleted,
        and where its card stands elsewhere: what stands in another channel is as good as gone."""
        async with self._database.reading() as tx:
            return await self._find(tx, generation_id, place)

    async def _find(self, tx: Snapshot, generation_id: int, place: Place) -> Generation:
        found = await tx.generations.get(generation_id)
        # The channel alone decides: Discord gives no id twice, and the bot may have come to the server meanwhile.
        if found is None or found.expires_ms <= tx.now_ms or found.place.channel_id != place.channel_id:
            raise Gone("generation_gone")
        return found

    async def turn(self, generation: Generation, step: int) -> Generation:
        """Let the page after a generation (`step` above 0), or before it, be what its card shows; at either end that
        page itself. Raises `Gone` where it was deleted meanwhile."""
        async with self._database.transaction() as tx:
            beside = await self._beside(tx, generation, step)
            if beside.message_id is not None:
                await tx.generations.mark_sent(beside.id, beside.place, beside.message_id)
            return beside

    async def look(self, generation: Generation, step: int) -> Generation:
        """Return the page that `turn` turns to, and leave the card as it is."""
        async with self._database.reading() as tx:
            return await self._beside(tx, generation, step)

    async def _beside(self, tx: Snapshot, generation: Generation, step: int) -> Generation:
        beside = await tx.generations.get_beside(generation, step) if step else None
        if beside is None or beside.expires_ms <= tx.now_ms:
            return await self._find(tx, generation.id, generation.place)
        return beside

    async def find_own(self, generation_id: int, person_id: int) -> Generation:
        """Return the generation that somebody asked for, wherever they are. Raises `Gone` as `find`, `NotAllowed`
        (`not_yours`) for somebody else's."""
        async with self._database.reading() as tx:
            found = await tx.generations.get(generation_id)
        if found is None or found.expires_ms <= tx.now_ms:
            raise Gone("generation_gone")
        if found.person_id != person_id:
            raise NotAllowed("not_yours")
        return found

    async def get_by_message(self, message_id: int) -> Generation | None:
        """Return the generation that a message shows now, or was about to; None where it is none, or has expired."""
        async with self._database.reading() as tx:
            found = await tx.generations.get_by_message(message_id)
        return None if found is None or found.expires_ms <= tx.now_ms else found

    async def is_card(self, message_id: int) -> bool:
        """Tell whether a message shows a generation, be it past its time."""
        async with self._database.reading() as tx:
            return await tx.generations.get_by_message(message_id) is not None

    async def delete(self, generation_id: int) -> None:
        """Forget the generation, with all pages of its card; deleting what is gone already is no error."""
        async with self._database.transaction() as tx:
            await tx.generations.delete(generation_id)

    async def expire(self) -> int:
        """Delete the generations that are past their time and return how many there were."""
        async with self._database.transaction() as tx:
            expired = await tx.generations.expire(tx.now_ms)
            await tx.posts.forget_cards()
            return expired


async def take_up(tx: UnitOfWork, generation_id: int, person_id: int, position: int | None) -> None:
    """Note that somebody has used a generation, and which of its suggestions they took up, if any: its card tells it
    from then on. One that is gone by now is no error."""
    if not await tx.generations.take(generation_id, person_id, position):
        return
    used = await tx.generations.get(generation_id)
    if used is not None and used.message_id is not None and used.place.server_id is not None:
        message_id = used.message_id
        await tx.posts.enqueue("card", message_id, used.place.channel_id, message_id=message_id)
