"""A book as Markdown (CommonMark, with footnotes and tables as on GitHub, in Pandoc and Obsidian).

What people wrote is literal: whatever stands in it, a reader's program shows exactly that. Pandoc alone sets the
quotes in it as a printer would (`"so"` as “so”), and keeps `Mr. Smith` on one line: escaping that would put a backslash
into most lines of dialogue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.publishing.book import Book, Line, PrintedPassage
from bot.publishing.wording import LICENCE_PAGES, date, iso, label, share, years
from bot.rules.provenance import Origin
from bot.ui.locale import Catalogue, catalogue
from bot.ui.origins import origin_label

_SPECIAL = re.compile(
    r"""
    [\\`*_\[\]<>&#|~$^@{] | ==
    | (?<=[A-Za-z]):(?=//) | :(?=[\w+-]+:) | (?<=www)\.  # links and emoji of GitHub
    | -(?=-) | \.(?=\.\.)  # dashes and ellipses of Pandoc
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What has a meaning in Markdown wherever it stands in a line; each of its characters is escaped."""
_LINE_START = re.compile(r"[+=:-] | \(?(?:\d+|[A-Za-z]|[ivxlcdm]+|[IVXLCDM]+)(?=[.)](?:[ \t]|$))", re.VERBOSE)
"""What begins a list, a table, a definition or the line under a heading; in Pandoc letters and Roman numbers, too."""


def to_markdown(book: Book, *, words: bool = False) -> str:
    """Return the book as Markdown. `words`: list at the end which words of which passages are a model's."""
    say = catalogue(book.language)
    notes = {credit: f"[^{number}]" for number, credit in enumerate(book.credits, 1)}
    parts = [_front_matter(book, say), f"# {escape(book.title)}", *_premise(book.premise)]
    for chapter in book.chapters:
        if len(book.chapters) > 1:
            parts.append(f"## {say('publishing.part', number=chapter.number)}")
        parts += _leaves(chapter.leaves, notes, say)
    if not book.leaves:
        parts.append(f"*{say('publishing.nothing')}*")
    parts += ["---", *_branches(book, notes, say), *_contributors(book, say)]
    if words:
        parts += _word_sources(book, say)
    parts += [f"## {label(say, 'licence')}", _licence(book, say), say("publishing.made", date=date(say, book.made_ms))]
    parts += [f"{note}: {escape(credit)}" for credit, note in notes.items()]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Return one line of text with everything that has a meaning in Markdown taken literally; spaces at its beginning
    stay, those at its end mean nothing."""
    text = text.rstrip(" \t")
    body = text.lstrip(" \t")
    indent = text[: len(text) - len(body)].expandtabs(4)
    escaped = _SPECIAL.sub(lambda match: "".join("\\" + char for char in match[0]), body)
    if (start := _LINE_START.match(escaped)) is not None:
        place = 0 if start[0] in "+=:-" else start.end()
        escaped = f"{escaped[:place]}\\{escaped[place:]}"
    return "&nbsp;" * len(indent) + escaped


def _front_matter(book: Book, say: Catalogue) -> str:
    """Return YAML, of which JSON's strings are a part. Pandoc reads Markdown, and HTML, in them, too."""
    fields = {
        "title": escape(book.title),
        "author": [escape(contributor.name) for contributor in book.people],
        "lang": book.text_language,
        **({"dir": book.direction} if book.direction == "rtl" else {}),
        "date": iso(book.ended_ms or book.made_ms)[:10],
        "rights": say(f"publishing.licence.{book.licence}"),
        "identifier": f"urn:uuid:{book.identifier}",
    }
    return "\n".join(
        ["---", *(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()), "---"]
    )


def _premise(premise: str) -> Iterator[str]:
    """Quote the premise, if there is one, with its lines."""
    paragraphs = [part.split("\n") for part in re.split(r"\n\s*\n", premise) if part.strip()]
    if paragraphs:
        yield "\n>\n".join("\\\n".join(f"> {escape(line)}" for line in lines) for lines in paragraphs)


def _leaves(leaves: Iterable[PrintedPassage], notes: Mapping[str, str], say: Catalogue) -> Iterator[str]:
    for leaf in leaves:
        if leaf.withdrawn:
            yield f"*\\[{say('publishing.withdrawn')}\\]*"
            continue
        paragraphs = ["\\\n".join(escape(_text(line)) for line in paragraph) for paragraph in leaf.paragraphs]
        yield "\n\n".join(paragraphs) + ("" if leaf.origin == "human" else notes[leaf.credit])


def _text(line: Line) -> str:
    return "".join(run.text for run in line)


def _branches(book: Book, notes: Mapping[str, str], say: Catalogue) -> Iterator[str]:
    if book.branches:
        yield f"## {label(say, 'branches')}"
        yield label(say, "branches_hint")
    for branch in book.branches:
        yield f"### {escape(branch.title)}"
        yield from _leaves(branch.leaves, notes, say)


def _contributors(book: Book, say: Catalogue) -> Iterator[str]:
    yield f"## {label(say, 'contributors')}"
    rows: list[Sequence[str]] = [[label(say, name) for name in ("who", "words", "share")], ["---", "---:", "---:"]]
    for contributor in book.contributors:
        rows.append([escape(contributor.name), str(contributor.words), escape(share(contributor.words, book.words))])
    rows.append([label(say, "total"), str(book.words), share(book.words, book.words)])
    yield "\n".join(f"| {' | '.join(row)} |" for row in rows)
    facts = [f"{label(say, 'written')} {years(say, book.created_ms, book.ended_ms)}"]
    if book.host:
        facts.append(say("publishing.hosted", name=escape(book.host)))
    yield " · ".join(facts)


def _word_sources(book: Book, say: Catalogue) -> Iterator[str]:
    """List the words of models in the passages that people and models share."""
    mixed = [leaf for leaf in book.leaves if leaf.mixed]
    if not mixed:
        return
    yield f"## {label(say, 'sources')}"
    lines = []
    for leaf in mixed:
        found: dict[Origin, list[str]] = {}
        for run in leaf.runs:
            if run.origin != "human" and run.worded:
                found.setdefault(run.origin, []).append(f"“{escape(run.text.strip())}”")
        said = " · ".join(
            say("publishing.word_list", origin=origin_label(say, origin), texts=", ".join(texts))
            for origin, texts in found.items()
        )
        lines.append(f"- {label(say, 'passage')} {leaf.number} — {said}")
    yield "\n".join(lines)


def _licence(book: Book, say: Catalogue) -> str:
    name, page = say(f"publishing.licence.{book.licence}"), LICENCE_PAGES.get(book.licence)
    return f"[{name}]({page})" if page else name
