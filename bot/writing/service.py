"""The use cases of asking the models: what the cogs and the command line call."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.errors import BadInput, Gone, InferenceError, NotAllowed
from bot.inference.protocol import Health
from bot.inference.queue import Inference, Ticket
from bot.rules.generations import Generation, GenerationKind, NewGeneration, Place, Suggestion
from bot.writing import asks
from bot.writing.asks import Ask, ContinueAsk, InfillAsk, TwistAsk
from bot.writing.blanks import parse
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.job import BridgeAsk, BridgeJob
from bot.writing.continuation.job import ContinueJob
from bot.writing.infill.job import InfillJob
from bot.writing.twist.job import TwistJob
from storage.database import Database
from storage.generations import Generations
from storage.people import People
from storage.stories import Stories
from storage.writer import Connection

AskT = TypeVar("AskT", ContinueAsk, InfillAsk, TwistAsk, BridgeAsk, Ask, Ask | BridgeAsk)
DAY_MS = 24 * 60 * 60 * 1000
HEALTH_S = 0.5
"""How long a check waits for the worker to say what its models are."""


def _random_seed() -> int:
    return secrets.randbits(32)


class GenerationService:
    """Takes asks to the models and keeps what came back. It owns the transactions over generations.

    `keep_days` is how long a generation (and so its buttons) lives; `now` gives UTC milliseconds; `sent_to` is the
    machine that texts are sent to, as far as the settings tell.
    """

    def __init__(
        self,
        *,
        inference: Inference,
        database: Database,
        keep_days: int,
        now: Callable[[], int],
        words: Blocklist | None = None,
        sent_to: str = "",
        seed: Callable[[], int] = _random_seed,
    ) -> None:
        self._inference = inference
        self._database = database
        self._keep_ms = keep_days * DAY_MS
        self._now = now
        self._words = words or Blocklist.load()
        self._sent_to = sent_to
        self._seed = seed

    async def check(self, ask: AskT) -> AskT:
        """Return `ask` as it is to be asked: in the thread of a story that keeps its text on this machine it is local.
        Raise `BadInput` where it cannot be answered, by its shape or by the languages of the models.

        Call it before deferring, while an error can still be private: it answers within half a second. While
        the models are not up yet it lets a foreign language pass; the job then finds it.
        """
        shape = as_infill(ask) if isinstance(ask, BridgeAsk) else ask
        needed = asks.BRIDGING if isinstance(ask, BridgeAsk) else asks.needed_by(shape)
        asks.check(shape)
        local = False
        if isinstance(ask, ContinueAsk | BridgeAsk):
            local = await self._stays(ask.place)
            ask = replace(ask, local=local)
        texts = (shape.text, shape.note) if isinstance(shape, ContinueAsk) else (shape.text,)
        health = await self._health() if any(map(asks.is_foreign, texts)) else None
        if health is not None:
            for text in texts:
                asks.check_language(text, needed, health.models, local=local)
        return ask

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
        async with self._database.reading() as connection:
            story = await Stories(connection).get_by_thread(place.channel_id)
        return story is not None and not story.rules.outside

    def submit(self, ask: Ask | BridgeAsk) -> Ticket[tuple[Suggestion, ...]]:
        """Check the shape of `ask` and put it in the queue. Raises `BadInput` or `Busy`."""
        seed = self._seed()
        if isinstance(ask, BridgeAsk):
            return self._inference.submit(BridgeJob(ask, self._words, seed))
        asks.check(ask)
        if isinstance(ask, ContinueAsk):
            return self._inference.submit(ContinueJob(ask, self._words, seed))
        if isinstance(ask, TwistAsk):
            return self._inference.submit(TwistJob(ask, self._words))
        return self._inference.submit(InfillJob(ask, self._words, seed))

    async def add(
        self, ask: Ask | BridgeAsk, suggestions: Sequence[Suggestion], *, message_id: int | None = None
    ) -> Generation:
        """Store what came back, and that the person was here; it is committed when this returns. `message_id` is the
        progress that the card is to take the place of: after a crash it is known that it did, or what it lacks."""
        now = self._now()
        kind: GenerationKind = "infill"
        if isinstance(ask, ContinueAsk | TwistAsk):
            kind = "continue" if isinstance(ask, ContinueAsk) else "twist"
        if isinstance(ask, BridgeAsk):
            kind, ask = "bridge", as_infill(ask)
        new = NewGeneration(
            kind=kind,
            place=ask.place,
            person_id=ask.owner.person_id,
            text=ask.text,
            mood=ask.mood if isinstance(ask, ContinueAsk) else None,
            count=ask.count,
            length=ask.length,
            suggestions=tuple(suggestions),
            expires_ms=now + self._keep_ms,
            parent_id=ask.parent_id,
            message_id=message_id,
            note=ask.note if isinstance(ask, ContinueAsk) else "",
        )
        async with self._database.transaction() as connection:
            await People(connection).mark_seen(ask.owner.person_id, now_ms=now)
            return await Generations(connection).add(new, now_ms=now)

    async def revise(self, generation_id: int, place: Place, change: Callable[[Generation], Suggestion]) -> Generation:
        """Change the one suggestion of a generation, read and written in one transaction. Raises as `find`, and what
        `change` raises, and leaves it as it was then."""
        async with self._database.transaction() as connection:
            found = await self._find(connection, generation_id, place)
            changed = change(found)
            await Generations(connection).revise(generation_id, changed)
        return replace(found, suggestions=(changed,))

    async def mark_sent(self, generation_id: int, place: Place, message_id: int) -> bool:
        """Note which message shows the generation; False where it was deleted meanwhile."""
        async with self._database.transaction() as connection:
            return await Generations(connection).mark_sent(generation_id, place, message_id)

    async def find(self, generation_id: int, place: Place) -> Generation:
        """Return the generation for somebody who acts in `place`. Raises `Gone` where it has expired or was deleted,
        and where its card stands elsewhere: what stands in another channel is as good as gone."""
        async with self._database.reading() as connection:
            return await self._find(connection, generation_id, place)

    async def _find(self, connection: Connection, generation_id: int, place: Place) -> Generation:
        found = await Generations(connection).get(generation_id)
        # The channel alone decides: Discord gives no id twice, and the bot may have come to the server meanwhile.
        if found is None or found.expires_ms <= self._now() or found.place.channel_id != place.channel_id:
            raise Gone("generation_gone")
        return found

    async def find_own(self, generation_id: int, person_id: int) -> Generation:
        """Return the generation that somebody asked for, wherever they are. Raises `Gone` as `find`, `NotAllowed`
        (`not_yours`) for somebody else's."""
        async with self._database.reading() as connection:
            found = await Generations(connection).get(generation_id)
        if found is None or found.expires_ms <= self._now():
            raise Gone("generation_gone")
        if found.person_id != person_id:
            raise NotAllowed("not_yours")
        return found

    async def get_by_message(self, message_id: int) -> Generation | None:
        """Return the generation that a message shows, or was about to show; None where it is none, or has expired."""
        async with self._database.reading() as connection:
            found = await Generations(connection).get_by_message(message_id)
        return None if found is None or found.expires_ms <= self._now() else found

    async def is_card(self, message_id: int) -> bool:
        """Tell whether a message shows a generation, be it past its time."""
        async with self._database.reading() as tx:
            return await tx.generations.get_by_message(message_id) is not None

    async def delete(self, generation_id: int) -> None:
        """Forget the generation; deleting what is gone already is no error."""
        async with self._database.transaction() as connection:
            await Generations(connection).delete(generation_id)

    async def expire(self) -> int:
        """Delete the generations that are past their time and return how many there were."""
        async with self._database.transaction() as connection:
            return await Generations(connection).expire(self._now())


def as_infill(ask: BridgeAsk) -> InfillAsk:
    """Return a bridge as the text with one blank that it is: so it is checked, kept and shown. Raises `BadInput`
    (`bridge_blanks`) where there are blanks in it already, or as `parse` where a side is missing."""
    sides = (ask.left.strip(), ask.right.strip())
    whole = f"{sides[0]} ___ {sides[1]}"
    if len(parse(whole).blanks) != 1:
        raise BadInput("bridge_blanks")
    return InfillAsk(owner=ask.owner, place=ask.place, text=whole, count=ask.count)
