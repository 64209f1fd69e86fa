"""How a round comes to be: models write for it, people propose their own texts, and it opens."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import BadInput, Gone, NotAllowed
from bot.rules.generations import Suggestion
from bot.rules.rounds import (
    PLACE_BYTES,
    SALT_BYTES,
    Candidate,
    NewCandidate,
    NewRound,
    Round,
    RoundKind,
    check_minutes,
    deadline_from,
    on_show,
    place_from,
    require_room,
    salt_from,
)
from bot.rules.stories import Passage, Story, require_writer
from bot.stories.access import Who, find_story, standing_of
from bot.stories.passages import check_words
from bot.stories.rounds.access import find_candidate, find_writing, reload, require_under_way, story_of
from bot.stories.rounds.candidates import NONE_OF_THESE, allowed, not_said_yet, of_person
from bot.stories.rounds.closing import end, enqueue_round
from bot.stories.rounds.kinds import ROUND_FEATURES, ContinueRound, of_models, template_of
from bot.stories.rounds.planning import Plan, require_no_round
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork

OWN_TEXTS = 2
"""So many texts of one person stand in a round at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A person's own text on its way: the round that it stands in, and whether the round was opened for it."""

    round: Round
    candidate: Candidate
    opened: bool


class Opening:
    """The part of `RoundService` that opens rounds and gathers their candidates."""

    def __init__(self, database: Database, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._database = database
        self._random = random

    async def plan(self, kind: RoundKind, who: Who, story_id: int, asked: str = "", number: int | None = None) -> Plan:
        """Return what models are to write in a round of a kind; `asked` is the text with blanks of an infill, `number`
        the passage that an infill or a bridge is about. Raises as the functions of `planning`."""
        async with self._database.reading() as tx:
            return await ROUND_FEATURES[kind].plan(tx, who, story_id, asked, number)

    async def open_round(self, who: Who, plan: Plan) -> Round:
        """Begin a round that models write for: it is `writing` until `fill` or `give_up`. Raises as the plan did,
        as `check_words` for a note, and as `check_minutes`."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, plan.story.id)
            require_writer(story, await standing_of(tx, story, who))
            await require_no_round(tx, story)
            await check_words(tx, story.server_id, plan.note)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            return await tx.rounds.add(
                NewRound(
                    story_id=story.id,
                    kind=plan.kind,
                    state="writing",
                    opened_by=who.person_id,
                    text=plan.text.strip(),
                    salt=salt_from(self._random(SALT_BYTES)),
                    deadline_ms=deadline_from(story.rules, tx.now_ms, check_minutes(plan.minutes)),
                    after_id=plan.after_id,
                    replaces_id=plan.replaces_id,
                    before_id=plan.before_id,
                    note=plan.note,
                    minutes=plan.minutes,
                ),
                now_ms=tx.now_ms,
            )

    async def on_card(self, round_id: int, channel_id: int, message_id: int) -> None:
        """Note which message shows the progress, and then the card, of a round."""
        async with self._database.transaction() as tx:
            post = await tx.posts.enqueue("round", round_id, channel_id, message_id=message_id)
            await tx.posts.mark_shown(post.id, wanted=post.wanted_version, message_id=message_id)

    async def fill(self, round_id: int, plan: Plan, suggestions: Sequence[Suggestion]) -> Round:
        """Open a round that was being written, with the models' suggestions beside the texts that people wrote.

        What the server's word list forbids is left out. Raises `BadInput` (`nothing_usable`) and leaves the round as it
        is where nothing is left, `Gone` (`round_over`) where it was cancelled meanwhile.
        """
        async with self._database.transaction() as tx:
            story, round_ = await find_writing(tx, round_id)
            candidates = await tx.rounds.list_candidates(round_id)
            there = on_show(candidates)
            base = await tx.passages.get(plan.replaces_id) if plan.replaces_id is not None else None
            listed = (await tx.servers.get(story.server_id)).words

            def new() -> list[NewCandidate]:
                made = of_models(
                    plan.kind,
                    suggestions,
                    template=template_of(round_),
                    base=base,
                    dropped=plan.context.left_out,
                    withheld=plan.context.withheld,
                )
                return not_said_yet(
                    (each for each in made if allowed(each.text, listed)), [each.text for each in there]
                )

            kept = await asyncio.to_thread(new)
            if not kept and not there:
                raise BadInput("nothing_usable")
            for candidate in kept:
                require_room(candidates)
                candidates.append(await self._add(tx, round_id, candidate))
            return await self._open(tx, story, round_)

    async def give_up(self, round_id: int) -> Round:
        """End the writing without suggestions: with people's texts the round opens, without any it is cancelled."""
        async with self._database.transaction() as tx:
            return await self._without_models(tx, *await find_writing(tx, round_id))

    async def interrupted(self) -> int:
        """Give up all that models were writing for when the program ended, and return how many rounds that were."""
        async with self._database.transaction() as tx:
            writing = await tx.rounds.list_writing()
            for round_ in writing:
                await self._without_models(tx, await story_of(tx, round_), round_)
            return len(writing)

    async def propose(
        self,
        who: Who,
        story_id: int,
        text: str,
        *,
        pen_name: str | None = None,
        round_id: int | None = None,
        changed_id: int | None = None,
        minutes: int | None = None,
        unless: NotAllowed | None = None,
    ) -> Proposed:
        """Put a person's own text among the candidates of the story's round; opens one, for so many `minutes`, where
        none is under way.

        With a `round_id` only into that one; while models are at work on it, the text waits with theirs. `changed_id`
        is the candidate of that round that the person changed. Raises `BadInput` as `candidates.of_person` and
        `round_full` (limit), `own_enough` (limit), `own_double`; `Gone` (`candidate_gone`); `NotAllowed` and `NotHere`
        where the person cannot write there; `NotHere` as `require_no_round` where the round that is under way is about
        something else; as `check_minutes`; and `unless`, if given, where one would be opened.
        """
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            require_writer(story, await standing_of(tx, story, who))
            round_ = await self._round_for(tx, story, round_id)
            base: Passage | Candidate | None = None
            if round_ is not None and changed_id is not None:
                base = await find_candidate(tx, round_, changed_id)
            elif round_ is not None and round_.replaces_id is not None:
                base = await tx.passages.get(round_.replaces_id)
            new = await self._own(tx, story, who, text, pen_name, base)
            opened = round_ is None
            if round_ is None:
                if unless is not None:
                    raise unless
                round_ = await self._begin(tx, story, who, check_minutes(minutes))
            await _require_welcome(tx, round_, new, who)
            candidate = await self._add(tx, round_.id, new)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            if round_.state == "open":
                await enqueue_round(tx, story, round_.id)
            return Proposed(round=round_, candidate=candidate, opened=opened)

    # ---- inside of transactions

    async def _round_for(self, tx: Snapshot, story: Story, round_id: int | None) -> Round | None:
        """Return the round that a person's text goes into; None where one is to be opened."""
        if round_id is not None:
            round_ = await tx.rounds.get(round_id)
            if round_ is None or round_.story_id != story.id:
                raise Gone("round_gone")
            require_under_way(round_)
            return round_
        for round_ in await tx.rounds.list_open(story.id):
            if ROUND_FEATURES[round_.kind].takes_passages:
                return round_
        await require_no_round(tx, story)
        return None

    async def _begin(self, tx: UnitOfWork, story: Story, who: Who, minutes: int | None) -> Round:
        """Open a round with nothing but "none of these" in it, for a person's text."""
        head = await tx.passages.get(story.head_id) if story.head_id is not None else None
        round_ = await tx.rounds.add(
            NewRound(
                story_id=story.id,
                kind=ContinueRound.kind,
                state="open",
                opened_by=who.person_id,
                text=(head.text if head is not None else story.premise or story.title).strip(),
                salt=salt_from(self._random(SALT_BYTES)),
                deadline_ms=deadline_from(story.rules, tx.now_ms, minutes),
                after_id=story.head_id,
                minutes=minutes,
            ),
            now_ms=tx.now_ms,
        )
        await self._add(tx, round_.id, NONE_OF_THESE)
        await enqueue_round(tx, story, round_.id)
        return round_

    async def _own(
        self,
        tx: Snapshot,
        story: Story,
        who: Who,
        text: str,
        pen_name: str | None,
        base: Passage | Candidate | None,
    ) -> NewCandidate:
        await check_words(tx, story.server_id, text)
        if pen_name is None:
            pen_name = (await tx.profiles.get(story.server_id, who.person_id)).pen_name
        return await asyncio.to_thread(of_person, text, story, author_id=who.person_id, pen_name=pen_name, base=base)

    async def _without_models(self, tx: UnitOfWork, story: Story, round_: Round) -> Round:
        if on_show(await tx.rounds.list_candidates(round_.id)):
            return await self._open(tx, story, round_)
        await end(tx, story, round_, "cancelled")
        return await reload(tx, round_)

    async def _open(self, tx: UnitOfWork, story: Story, round_: Round) -> Round:
        """Put a round that was being written before the community; its time begins now."""
        await self._add(tx, round_.id, NONE_OF_THESE)
        if not await tx.rounds.close(round_.id, from_state="writing", to_state="open", winner_id=None, closed_ms=None):
            raise Gone("round_over")
        deadline_ms = deadline_from(story.rules, tx.now_ms, round_.minutes)
        await tx.rounds.save(dataclasses.replace(round_, state="open", deadline_ms=deadline_ms))
        await enqueue_round(tx, story, round_.id)
        return await reload(tx, round_)

    async def _add(self, tx: UnitOfWork, round_id: int, new: NewCandidate) -> Candidate:
        place = place_from(self._random(PLACE_BYTES))
        return await tx.rounds.add_candidate(round_id, new, place, tx.now_ms)


async def _require_welcome(tx: Snapshot, round_: Round, new: NewCandidate, who: Who) -> None:
    """Raise `BadInput` where the round takes no further text, or not this one of this person."""
    candidates = await tx.rounds.list_candidates(round_.id)
    require_room(candidates)
    theirs = [each for each in candidates if each.author_id == who.person_id and each.receipt is None]
    if len(theirs) >= OWN_TEXTS:
        raise BadInput("own_enough", limit=OWN_TEXTS)
    if not await asyncio.to_thread(not_said_yet, [new], [each.text for each in on_show(candidates)]):
        raise BadInput("own_double")
