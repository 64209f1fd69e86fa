"""HTML: one file that loads nothing, runs nothing, and says everything without colour."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, sync_playwright

from bot.publishing.book import Book, clean, make_book
from bot.publishing.html import to_html
from bot.ui.locale import catalogue
from tests.publishing.shelf import ADA, STORY, arabic_book, chinese_book, english_book, passage
from tests.support.browser import find_browser
from tests.support.patience import PATIENCE_S

VOID = {"meta", "input", "br", "link", "img", "hr"}
NASTY = [
    "</style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    "<!-- -->",
    "&lt;b&gt; &#0;",
    "javascript:alert(1)",
    "\u202egnp.exe",
]


class Reader(HTMLParser):
    """A page as a strict reader takes it: tags must nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
        else:
            self.text += data

    def values(self, attribute: str) -> list[str]:
        """What an attribute says wherever it stands."""
        return [str(attrs[attribute]) for _, attrs in self.tags if attribute in attrs]


BOOKS = [english_book(), chinese_book(), english_book("zh-CN"), make_book(STORY, [], {}, say=catalogue("en"), now_ms=0)]
BOOKS.append(arabic_book())


@pytest.mark.parametrize("book", BOOKS, ids=["english", "chinese", "mixed", "empty", "arabic"])
def test_html_page_is_whole_and_alone(book: Book) -> None:
    page = Reader(to_html(book))
    assert page.tags[0] == ("html", {"lang": book.text_language, "dir": book.direction})
    for name in ("footer", "nav"):
        assert all(attrs["lang"] == book.language for tag, attrs in page.tags if tag == name)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not any(name.startswith("on") or name in ("style", "src") for _, attrs in page.tags for name in attrs)
    assert "url(" not in page.style
    assert "@import" not in page.style
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for target in page.values("href"):
        assert target.removeprefix("#") in ids or target.startswith("https://creativecommons.org/")
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    policy = page.values("content")[0]
    assert f"'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_html_tells_everything_without_colour() -> None:
    page = Reader(to_html(english_book()))
    for told in ("suggested by GPT", "words filled in by BERT", "Bo *the* <b>Bold</b>, with GPT", "38%", "Wren"):
        assert told in page.text
    assert "seven shipsBERT" in page.text
    assert "The night of the gulls" in page.text
    assert page.values("aria-label").count("suggested by GPT") == 2


@settings(max_examples=40)
@given(text=st.sampled_from(NASTY) | st.text(max_size=40), title=st.sampled_from(NASTY))
def test_html_of_what_people_write_is_never_more_than_text(text: str, title: str) -> None:
    story = dataclasses.replace(STORY, title=title, premise=text)
    plain = make_book(STORY, [passage(1, "x", author=ADA)], {ADA: "x"}, say=catalogue("en"), now_ms=0)
    book = make_book(story, [passage(1, f"x{text}", author=ADA)], {ADA: title}, say=catalogue("en"), now_ms=0)
    page = Reader(to_html(book))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in Reader(to_html(plain)).tags} | {"br"}
    assert "".join(clean(title).split()) in "".join(page.text.split())
    assert "".join(clean(text).split()) in "".join(page.text.split())


def test_html_of_a_long_story_has_contents() -> None:
    story = [passage(number, "word " * 250, author=ADA) for number in range(1, 51)]
    page = Reader(to_html(make_book(STORY, story, {}, say=catalogue("en"), now_ms=0)))
    assert [target for target in page.values("href") if target.startswith("#part")] == [
        f"#part-{number}" for number in range(1, 5)
    ]


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE_S * 1000
        )
        page = browser.new_page(viewport={"width": 320, "height": 640})
        page.set_default_timeout(PATIENCE_S * 1000)
        yield page
        browser.close()


@pytest.mark.slow
@pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome is installed here")
def test_html_fits_a_phone(browser_page: Page, tmp_path: Path) -> None:
    """Nothing to scroll sideways; the switch shows the sources; light and dark; the policy lets the style through."""
    said: list[str] = []
    asked: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    browser_page.on("request", lambda request: asked.append(request.url))
    file = tmp_path / "book.html"
    file.write_text(to_html(english_book()), encoding="utf-8")
    browser_page.goto(file.as_uri())
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 320
    credit = browser_page.get_by_text("suggested by GPT", exact=True).first
    assert not credit.is_visible()
    browser_page.get_by_text("Show where the words come from").click()
    assert credit.is_visible()
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 320
    colours = []
    for scheme in ("light", "dark"):
        browser_page.emulate_media(color_scheme=scheme)
        colours.append(browser_page.evaluate("getComputedStyle(document.body).backgroundColor"))
    brightness = [sum(map(int, re.findall(r"\d+", colour))) for colour in colours]
    assert brightness[0] > 700 > 100 > brightness[1]
    assert said == []
    assert asked == [file.as_uri()]
