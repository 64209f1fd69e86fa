"""A book as one HTML file, which needs nothing else: no script, no font, no picture from anywhere.

Its policy (Content-Security-Policy) allows its own style sheet, by its hash, and nothing more: even if a text got
past the escaping, it could neither load nor run anything.
"""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup

from bot.publishing.book import Book
from bot.publishing.templating import render, source
from bot.publishing.wording import LICENCE_PAGES, date, years
from bot.ui.locale import catalogue
from bot.ui.origins import model_names


def to_html(book: Book) -> str:
    """Return the book as a page to read. Where words come from is shown when the reader ticks a box."""
    say = catalogue(book.language)
    style = source("book.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return render(
        "book.html",
        say,
        book=book,
        style=Markup(style),  # our own file
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        models=model_names(say),
        parts=[say("publishing.part", number=chapter.number) for chapter in book.chapters],
        years=years(say, book.created_ms, book.ended_ms),
        hosted=say("publishing.hosted", name=book.host) if book.host else "",
        words=say("publishing.words", count=book.words),
        withdrawn=say("publishing.withdrawn"),
        nothing=say("publishing.nothing"),
        licence=say(f"publishing.licence.{book.licence}"),
        licence_page=LICENCE_PAGES.get(book.licence),
        made=say("publishing.made", date=date(say, book.made_ms)),
    )
