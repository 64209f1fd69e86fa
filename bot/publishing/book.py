"""A story as a book: what every format is made from. All texts in it are clean, no format has to look further."""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.publishing.language import direction_of
from bot.rules.languages import UNKNOWN, Direction
from bot.rules.provenance import Origin, pieces
from bot.rules.servers import Language
from bot.rules.stories import Licence, Passage, Story
from bot.rules.story_shares import Author, story_shares
from bot.rules.text.words import split_words
from bot.ui.escaping import tidy
from bot.ui.locale import Catalogue
from bot.ui.origins import credit, model_names

CHAPTER_WORDS = 3000
"""About how long a chapter is: a long story is cut between passages, so that a reader on a small device can keep up."""
_NAMESPACE = uuid.UUID("5b4c1d0e-6c3f-5f0a-9d57-1c2f0a6e7b11")
"""The namespace of the UUIDs that identify books: a story has the same one in every export."""


@dataclass(frozen=True, slots=True)
class OriginRun:
    """A piece of a text that comes from one origin."""

    text: str
    origin: Origin

    @property
    def worded(self) -> bool:
        """Tell whether there is a word in it: whose a lone comma is tells nobody anything."""
        return any(map(str.isalnum, self.text))


Line = tuple[OriginRun, ...]
Paragraph = tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class PrintedPassage:
    """A passage as it is printed. `number` counts from 1 in the story, in each branch from where it leaves it;
    `credit` says who wrote it and how; a withdrawn one has neither text nor credit."""

    number: int
    origin: Origin
    credit: str
    paragraphs: tuple[Paragraph, ...]
    withdrawn: bool = False

    @property
    def runs(self) -> Iterator[OriginRun]:
        """Give the runs of all lines."""
        return (run for paragraph in self.paragraphs for line in paragraph for run in line)

    @cached_property
    def mixed(self) -> bool:
        """Tell whether its words come from more than one origin."""
        return len({run.origin for run in self.runs if run.worded}) > 1


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some of the story's passages, in order. `number` counts from 1."""

    number: int
    leaves: tuple[PrintedPassage, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What the story might have been: passages that left canon."""

    title: str
    leaves: tuple[PrintedPassage, ...]


@dataclass(frozen=True, slots=True)
class Contributor:
    """Somebody, or a model, and how many words of the story are theirs."""

    name: str
    origin: Origin
    words: int


@dataclass(frozen=True, kw_only=True)
class Book:
    """A story to be published. `language` is the one in which the book speaks for itself, `text_language` the tag of
    the one in which the story is written ("und" where nobody knows), `direction` the way its lines run. `identifier`
    is a UUID that stays the same for a story; `host` is empty where nobody is; times are UTC ms, `ended_ms` is None
    while the story goes on."""

    identifier: str
    language: Language
    text_language: str
    direction: Direction
    title: str
    premise: str
    licence: Licence
    host: str
    created_ms: int
    ended_ms: int | None
    made_ms: int
    chapters: tuple[Chapter, ...]
    branches: tuple[Branch, ...]
    people: tuple[Contributor, ...]
    models: tuple[Contributor, ...]

    @cached_property
    def words(self) -> int:
        """Return how many words the story has, without its branches."""
        return sum(contributor.words for contributor in self.contributors)

    @cached_property
    def contributors(self) -> tuple[Contributor, ...]:
        """Return people and models, the one with most words first."""
        return tuple(sorted((*self.people, *self.models), key=lambda contributor: -contributor.words))

    @cached_property
    def leaves(self) -> tuple[PrintedPassage, ...]:
        """Return the passages of all chapters."""
        return tuple(leaf for chapter in self.chapters for leaf in chapter.leaves)

    @cached_property
    def credits(self) -> tuple[str, ...]:
        """Return the credits of the passages that models had a part in, branches too, each once, in order: what
        notes tell."""
        branches = (leaf for branch in self.branches for leaf in branch.leaves)
        leaves = itertools.chain(self.leaves, branches)
        return tuple(dict.fromkeys(leaf.credit for leaf in leaves if leaf.origin != "human" and not leaf.withdrawn))


def make_book(
    story: Story,
    canon: Sequence[Passage],
    names: Mapping[int, str],
    *,
    branches: Iterable[tuple[str, Sequence[Passage]]] = (),
    language: str = UNKNOWN,
    say: Catalogue,
    now_ms: int,
) -> Book:
    """Make a book of `story`: `canon` from the root to the head, `branches` for the appendix with their titles, each
    from where it leaves canon; `language` is the tag of what they are written in. `names` are those of people by their
    id; a pen name wins over them."""

    def name(author: Author) -> str:
        known = author.pen_name or names.get(author.id or 0, "")
        return _line(known) or say("publishing.somebody")

    counted = story_shares(canon)
    people: defaultdict[tuple[int | None, str], int] = defaultdict(int)
    for author, words in counted.authors.items():
        shown = name(author)
        people[None if author.pen_name or author.id not in names else author.id, shown] += words
    models = model_names(say)
    return Book(
        identifier=str(uuid.uuid5(_NAMESPACE, f"{story.server_id}:{story.id}")),
        language=say.language,
        text_language=language,
        direction=direction_of("\n".join(passage.text for passage in canon)),
        title=_line(story.title) or say("publishing.untitled"),
        premise=clean(story.premise).strip(),
        licence=story.rules.licence,
        host=name(Author(story.host_id)) if story.host_id is not None else "",
        created_ms=story.created_ms,
        ended_ms=story.changed_ms if story.state == "ended" else None,
        made_ms=now_ms,
        chapters=_chapters(_leaves(canon, name, say), [len(split_words(passage.text)) for passage in canon]),
        branches=tuple(
            Branch(_line(title) or say("publishing.untitled"), tuple(_leaves(passages, name, say)))
            for title, passages in branches
            if passages
        ),
        people=_ranked(Contributor(shown, "human", words) for (_, shown), words in people.items()),
        models=_ranked(
            Contributor(models[origin], origin, words)
            for origin, words in counted.origins.items()
            if origin in models and words
        ),
    )


def clean(text: str) -> str:
    """Return `text` without what no format may hold: control characters, direction overrides, non-characters."""
    if text.replace("\n", "").isprintable():
        return text  # nearly all texts, and a story may have millions of characters
    return "".join(char for char in tidy(text) if ord(char) & 0xFFFE != 0xFFFE and not "\ufdd0" <= char <= "\ufdef")


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _ranked(contributors: Iterable[Contributor]) -> tuple[Contributor, ...]:
    return tuple(sorted(contributors, key=lambda contributor: (-contributor.words, contributor.name)))


def _leaves(passages: Sequence[Passage], name: Callable[[Author], str], say: Catalogue) -> list[PrintedPassage]:
    return [
        PrintedPassage(
            number=number,
            origin=passage.origin,
            credit="" if passage.withdrawn else _credit(passage, name, say),
            paragraphs=() if passage.withdrawn else _paragraphs(passage),
            withdrawn=passage.withdrawn,
        )
        for number, passage in enumerate(passages, 1)
    ]


def _credit(passage: Passage, name: Callable[[Author], str], say: Catalogue) -> str:
    who = name(Author(passage.author_id, passage.pen_name))
    models = model_names(say)
    model = next((models[span.origin] for span in passage.spans if span.origin in models), None)
    return credit(say, passage.origin, who, model)


def _paragraphs(passage: Passage) -> tuple[Paragraph, ...]:
    """Return the text in paragraphs, which empty lines part, of lines."""
    lines: list[list[OriginRun]] = [[]]
    for text, origin in pieces(passage.text, passage.spans):
        first, *others = clean(text).split("\n")
        lines[-1].append(OriginRun(first, origin))
        lines += [[OriginRun(part, origin)] for part in others]
    kept = [tuple(run for run in line if run.text) for line in lines]
    grouped = itertools.groupby(kept, key=lambda line: any(run.text.strip() for run in line))
    return tuple(tuple(group) for filled, group in grouped if filled)


def _chapters(leaves: Sequence[PrintedPassage], words: Sequence[int]) -> tuple[Chapter, ...]:
    """Cut between passages into chapters of about the same length; one where the story is short."""
    total = sum(words)
    count = max(1, round(total / CHAPTER_WORDS))
    parts: list[list[PrintedPassage]] = [[] for _ in range(count)]
    done = 0
    for leaf, size in zip(leaves, words, strict=True):
        parts[min(count - 1, (done + size // 2) * count // max(1, total))].append(leaf)
        done += size
    filled = [part for part in parts if part]
    return tuple(Chapter(number, tuple(part)) for number, part in enumerate(filled, 1))
