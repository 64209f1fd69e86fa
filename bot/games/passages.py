"""The passage that a game is about: pasted, or of an ended story whose writers let models read it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bot.errors import BadInput, NotHere
from bot.rules.games.chance import draw
from bot.rules.games.gaps import DuelGame, GapsGame
from bot.rules.games.gaps_state import PASSAGE
from bot.rules.games.table import GameText
from bot.rules.provenance import of_human
from bot.rules.stories import Passage, Story, StoryState
from bot.rules.text.words import split_words
from bot.stories.access import Who, find_seen
from bot.stories.context import refusing_of
from bot.stories.passages import check_words
from storage.games import StoredGame
from storage.unit_of_work import Snapshot, UnitOfWork

KINDS = frozenset({GapsGame.kind, DuelGame.kind})
"""The kinds of games that are about a passage."""
WORDS = range(60, 181)
"""Words of a passage that a game is about."""
STORIES = 12
"""So many ended stories, the last changed first, are looked through where nobody names one."""
PASSAGES = 200
"""So many of a story's last passages are looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a game is to be about: a `text` that is pasted, else a passage of the story `story_id`, else of any story
    that is ended."""

    text: str = ""
    story_id: int | None = None


ANY_PASSAGE = Given()
"""Nobody says which."""


async def put_passage(tx: UnitOfWork, who: Who, stored: StoredGame, given: Given) -> None:
    """Put the passage on the table of a new game; whoever takes it back in its story takes it from there, too. Raises
    as `passage_of`."""
    text, passage_id = await passage_of(tx, who, given, stored.table.seed)
    await tx.games.put_texts(stored.table.id, [text], {})
    if passage_id is not None:
        await tx.games.set_passages(stored.table.id, {text.slot: passage_id})


async def passage_of(tx: Snapshot, who: Who, given: Given, seed: str) -> tuple[GameText, int | None]:
    """Return the text that a game is about, and the passage that it is, if any, drawn by lot.

    Raises `BadInput`: `game_words` (count, low, high) and `word_not_here` for a pasted text; `NotHere`
    (`game_no_passage`) where no passage is as long as that, or its writer lets no model read it; `Gone` (`story_gone`).
    """
    if text := given.text.strip():
        count = len(split_words(text))
        if count not in WORDS:
            raise BadInput("game_words", count=count, low=WORDS[0], high=WORDS[-1])
        await check_words(tx, who.server_id, text)
        return _game_text(text, tx.now_ms), None
    found = [passage for story in await _stories(tx, who, given) for passage in await _fitting(tx, story)]
    if not found:
        raise NotHere("game_no_passage")
    passage = found[draw(seed, 0, "passage") % len(found)]
    return _game_text(passage.text, tx.now_ms, passage), passage.id


def _game_text(text: str, now_ms: int, passage: Passage | None = None) -> GameText:
    pasted = GameText(slot=PASSAGE, seat=None, text=text, origin="human", spans=of_human(text), created_ms=now_ms)
    return pasted if passage is None else dataclasses.replace(pasted, origin=passage.origin, spans=passage.spans)


async def _stories(tx: Snapshot, who: Who, given: Given) -> list[Story]:
    if given.story_id is not None:
        story = await find_seen(tx, who, given.story_id)
        return [story] if story.state == "ended" else []
    states: tuple[StoryState, ...] = ("ended",)
    ended = await tx.stories.list_of_server(who.server_id, states=states, limit=STORIES)
    return [story for story in ended if who.sees(story.channel_id)]


async def _fitting(tx: Snapshot, story: Story) -> list[Passage]:
    """The passages of a story's canon that are long enough, and short enough, and that models may read."""
    if story.head_id is None:
        return []
    canon = await tx.passages.list_canon(story.head_id, limit=PASSAGES)
    fitting = [passage for passage in canon if not passage.withdrawn and len(split_words(passage.text)) in WORDS]
    refusing = await refusing_of(tx, story, fitting)
    return [passage for passage in fitting if passage.author_id not in refusing]
