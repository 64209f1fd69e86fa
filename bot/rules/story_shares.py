"""Who wrote how much of a story: its words counted by origin and by author."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.rules.provenance import Origin, word_origins
from bot.rules.stories import Passage


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody as they sign: each pen name counts for itself, so that nobody learns whose it is. `id` is None where
    the person is not known (any more)."""

    id: int | None
    pen_name: str | None = None


@dataclass(frozen=True, slots=True)
class StoryShares:
    """Words by origin, and the human ones of them by author. Origins and authors without a word are left out."""

    origins: Mapping[Origin, int]
    authors: Mapping[Author, int]

    @property
    def words(self) -> int:
        """Return the number of all words."""
        return sum(self.origins.values())


def story_shares(passages: Iterable[Passage]) -> StoryShares:
    """Count the words of `passages` by origin and by author. A person's words in a passage are its author's."""
    origins: Counter[Origin] = Counter()
    authors: Counter[Author] = Counter()
    for passage in passages:
        counted = Counter(word_origins(passage.text, passage.spans))
        origins.update(counted)
        if own := counted["human"] + counted["edited"]:
            authors[Author(passage.author_id, passage.pen_name)] += own
    return StoryShares(dict(origins), dict(authors))
