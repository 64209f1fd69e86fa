"""How a round ends: decided, lapsed or cancelled, inside of a transaction that others own."""

from __future__ import annotations

from bot.errors import Gone
from bot.rules.ballots import Outcome, decide
from bot.rules.moods import MOOD_NAMES
from bot.rules.rounds import Candidate, Round, RoundState, on_show
from bot.rules.stories import NewPassage, Passage, Story
from bot.stories.canon import advance, enqueue_canon, move_head, requeue_newest, requeue_passages
from bot.stories.rounds.kinds import ROUND_FEATURES
from storage.unit_of_work import UnitOfWork

SHOWN_AGAIN = 20
"""So many of the last passages are looked at again when canon takes another branch."""


async def decide_round(tx: UnitOfWork, story: Story, round_: Round) -> Outcome:
    """Close an open round by its ballots, of which one at least counts: the winner goes on in canon, or stands as a
    branch where the story has moved on meanwhile; the others stand as branches. Raises `Gone` (`round_over`)."""
    candidates = on_show(await tx.rounds.list_candidates(round_.id))
    outcome = decide([each.id for each in candidates], await tx.ballots.list_of_round(round_.id), round_.salt)
    await end(tx, story, round_, "closed", winner_id=outcome.winner)
    for candidate in candidates:
        if not candidate.none:
            await _plant(tx, story, round_, candidate, wins=candidate.id == outcome.winner)
    await _note_moods(tx, story, candidates, outcome)
    return outcome


async def end(
    tx: UnitOfWork,
    story: Story,
    round_: Round,
    state: RoundState,
    *,
    winner_id: int | None = None,
) -> None:
    """Claim the end of a round as it was read, and have its card shown. Raises `Gone` (`round_over`) where somebody was
    faster."""
    if state == "closed":
        await requeue_newest(tx, story)
    claimed = await tx.rounds.close(
        round_.id, from_state=round_.state, to_state=state, winner_id=winner_id, closed_ms=tx.now_ms
    )
    if not claimed:
        raise Gone("round_over")
    await enqueue_round(tx, story, round_.id)


async def cancel_rounds(tx: UnitOfWork, story: Story) -> None:
    """Cancel what is under way in a story that ends or goes."""
    for round_ in await tx.rounds.list_open(story.id):
        await end(tx, story, round_, "cancelled")


async def enqueue_round(tx: UnitOfWork, story: Story, round_id: int) -> None:
    """Have a round's card shown as it is now; nothing while the story has no thread."""
    if story.thread_id is not None:
        await tx.posts.enqueue("round", round_id, story.thread_id)


async def make_canon(tx: UnitOfWork, story: Story, passage: Passage) -> None:
    """Move the story's head to what won while the story went on elsewhere."""
    left = [] if story.head_id is None else await tx.passages.list_canon(story.head_id, limit=SHOWN_AGAIN)
    moved = await move_head(tx, story, passage.id)
    await requeue_passages(tx, left)
    await enqueue_canon(tx, moved, passage)


async def _plant(tx: UnitOfWork, story: Story, round_: Round, candidate: Candidate, *, wins: bool) -> None:
    """Make a passage of a candidate."""
    new = NewPassage(
        tree_id=story.tree_id,
        parent_id=round_.after_id,
        text=candidate.text,
        author_id=candidate.author_id,
        pen_name=candidate.pen_name,
        origin=candidate.origin,
        spans=candidate.spans,
        round_id=round_.id,
        receipt=candidate.receipt,
    )
    fits, follow_id = await ROUND_FEATURES[round_.kind].place(tx, story, round_) if wins else (False, None)
    if fits:
        passage = await advance(tx, story, new, follow_id=follow_id)
    else:
        passage = await tx.passages.add(new, now_ms=tx.now_ms)
    await tx.rounds.set_passage(candidate.id, passage.id)


async def _note_moods(tx: UnitOfWork, story: Story, candidates: list[Candidate], outcome: Outcome) -> None:
    """Keep how each mood did, and nothing that leads back to the round."""
    for mood in MOOD_NAMES:
        of_mood = [candidate.id for candidate in candidates if candidate.mood == mood]
        if of_mood:
            await tx.mood_results.add(
                story.server_id,
                mood,
                candidates=len(of_mood),
                won=int(outcome.winner in of_mood),
                points=sum(outcome.scores[each] for each in of_mood),
                voters=outcome.voters,
                closed_ms=tx.now_ms,
            )
