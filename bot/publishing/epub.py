"""A book as EPUB 3.3: a few XHTML pages from templates, zipped as the standard wants it.

The same book gives the same bytes: its identifier belongs to the story, its times are the book's, none the clock's.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from bot.publishing.book import Book
from bot.publishing.cover import cover
from bot.publishing.templating import render, source
from bot.publishing.wording import LICENCE_PAGES, date, iso, label, years
from bot.ui.locale import Catalogue, catalogue
from bot.ui.origins import model_names

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say: when a page was packed matters to nobody."""


@dataclass(frozen=True, slots=True)
class _Page:
    id: str
    heading: str
    text: str

    @property
    def file(self) -> str:
        return f"{self.id}.xhtml"


def to_epub(book: Book) -> bytes:
    """Return the book as an EPUB file."""
    say = catalogue(book.language)
    pages = list(_pages(book, say))
    files: dict[str, str | bytes] = {
        "META-INF/container.xml": source("container.xml"),
        "EPUB/package.opf": _package(book, pages, say),
        "EPUB/nav.xhtml": render("nav.xhtml", say, book=book, pages=pages, heading=label(say, "contents")),
        "EPUB/style.css": source("style.css"),
        **{f"EPUB/{page.file}": page.text for page in pages},
        "EPUB/cover.png": cover(book, say),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(_entry("mimetype", zipfile.ZIP_STORED), "application/epub+zip")
        for name, content in files.items():
            packing = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(_entry(name, packing), content)
    return packed.getvalue()


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type = compression
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _pages(book: Book, say: Catalogue) -> Iterator[_Page]:
    """Give the pages in reading order, without the table of contents."""
    shared = {
        "book": book,
        "models": model_names(say),
        "notes": {credit: number for number, credit in enumerate(book.credits, 1)},
        "withdrawn": say("publishing.withdrawn"),
        "nothing": say("publishing.nothing"),
        "licence": say(f"publishing.licence.{book.licence}"),
        "licence_page": LICENCE_PAGES.get(book.licence),
        "years": years(say, book.created_ms, book.ended_ms),
        "hosted": say("publishing.hosted", name=book.host) if book.host else "",
        "words": say("publishing.words", count=book.words),
        "made": say("publishing.made", date=date(say, book.made_ms)),
    }

    def page(name: str, template: str, heading: str, **values: object) -> _Page:
        return _Page(name, heading, render(template, say, **shared, **values, heading=heading))

    yield page("title", "title.xhtml", book.title)
    for chapter in book.chapters:
        one = len(book.chapters) == 1
        heading = label(say, "story") if one else say("publishing.part", number=chapter.number)
        yield page(f"part-{chapter.number}", "part.xhtml", heading, leaves=chapter.leaves)
    if not book.chapters:
        yield page("part-1", "part.xhtml", label(say, "story"), leaves=())
    if book.branches:
        yield page("branches", "branches.xhtml", label(say, "branches"))
    yield page("contributors", "contributors.xhtml", label(say, "contributors"))
    if book.credits:
        yield page("sources", "sources.xhtml", label(say, "sources"))


def _package(book: Book, pages: list[_Page], say: Catalogue) -> str:
    return render(
        "package.opf",
        say,
        book=book,
        pages=pages,
        date=iso(book.ended_ms or book.made_ms)[:10],
        modified=iso(book.made_ms),
        licence=say(f"publishing.licence.{book.licence}"),
        accessibility=say("publishing.accessibility"),
    )
