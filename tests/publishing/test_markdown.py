"""Markdown: what people wrote is shown to the letter, checked with a parser of CommonMark."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.publishing.book import clean, make_book
from bot.publishing.markdown import escape, to_markdown
from bot.ui.locale import catalogue
from tests.publishing.shelf import ADA, NAMES, STORY, arabic_book, chinese_book, english_book, passage

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = st.sampled_from(
    [
        *(
            "# ",
            "- ",
            "+ ",
            "* ",
            "1. ",
            "12) ",
            "> ",
            "***",
            "__",
            "`",
            "```",
            "~~",
            "---",
            "===",
            "|",
            "\\",
            "    ",
            "\t",
        ),
        *("[x](http://y)", "![", "<b>", "&amp;", "$x$", "@everyone", "http://a.b", "www.a.b", "[^1]", ":smile:"),
        *("word", "灯", "(c) ", "a) ", "i. ", "--", "...", "{.x}", "(", ")"),
    ]
)
LINES = st.lists(MARKS | st.text(max_size=6), max_size=8).map(lambda parts: " ".join(clean("".join(parts)).split("\n")))


class Text(HTMLParser):
    """The text of a page and the tags around it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def shown(markdown: str) -> Text:
    page = Text()
    page.feed(PARSER.render(markdown))
    page.close()
    return page


@given(line=LINES)
def test_markdown_shows_a_line_as_it_is(line: str) -> None:
    page = shown(escape(line))
    assert page.text.strip() == line.strip()
    assert set(page.tags) <= {"p"}


@pytest.mark.parametrize(("line", "text"), [("    code", "\xa0" * 4 + "code"), ("\tx  ", "\xa0" * 4 + "x"), ("  ", "")])
def test_markdown_indent_is_no_code(line: str, text: str) -> None:
    page = shown(escape(line))
    assert page.text.rstrip("\n") == text
    assert "code" not in page.tags


@given(lines=st.lists(LINES.filter(lambda line: bool(line.strip())), min_size=1, max_size=4))
def test_markdown_lines_of_a_passage_stay_in_one_paragraph(lines: list[str]) -> None:
    book = make_book(STORY, [passage(1, "\n".join(lines), author=ADA)], NAMES, say=catalogue("en"), now_ms=0)
    body = to_markdown(book).split("\n---\n")[1].split("\n\n", 2)[2]
    page = shown(body.split("\n\n", 1)[-1])
    assert set(page.tags) <= {"p", "br"}
    assert page.tags.count("br") == len(lines) - 1
    assert "".join(page.text.split()) == "".join("".join(lines).split())


def test_markdown_has_everything_of_a_book() -> None:
    text = to_markdown(english_book(), words=True)
    page = shown(text.split("\n---\n", 1)[1])
    assert "Then he opened his mouth.\nWhat came out was not a word." in page.text
    assert "A passage was withdrawn here by its author." in page.text
    assert "b" not in page.tags, "names are literal too"
    assert "Bo *the* <b>Bold</b>" in page.text
    assert "The night of the gulls" in page.text
    assert re.search(r"patient as breath\.\[\^(\d)\]", text)
    for mark in re.findall(r"\[\^\d\](?!:)", text):
        assert text.count(f"\n{mark}: ") == 1
    assert "| GPT | 53 | 38% |" in text
    assert "https://creativecommons.org/licenses/by-sa/4.0/" in text
    assert "by BERT: “seven ships”, “politely”" in text


def test_markdown_lists_words_only_when_asked_for() -> None:
    assert "seven ships”" not in to_markdown(english_book())


def test_markdown_front_matter_is_quoted() -> None:
    head = to_markdown(english_book()).split("\n---\n")[0].removeprefix("---\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    assert json.loads(fields["title"]) == STORY.title
    assert "Bo \\*the\\* \\<b\\>Bold\\</b\\>" in json.loads(fields["author"])
    assert json.loads(fields["author"])[0] == "Ada"
    assert json.loads(fields["date"]) == "2026-10-21"
    assert json.loads(fields["lang"]) == "en"
    assert 'lang: "ar"\ndir: "rtl"\n' in to_markdown(arabic_book())


@pytest.mark.parametrize("title", ['"; x: y', "---", "a: b # c", "\\"])
def test_markdown_title_cannot_leave_the_front_matter(title: str) -> None:
    book = make_book(dataclasses.replace(STORY, title=title), [], NAMES, say=catalogue("en"), now_ms=0)
    line = to_markdown(book).splitlines()[1]
    assert shown(json.loads(line.removeprefix("title: "))).text.strip() == title


def test_markdown_in_chinese() -> None:
    text = to_markdown(chinese_book(), words=True)
    assert "# 不肯熄灭的灯" in text
    assert "| 梅 | 57 | 44% |" in text
    assert "BERT 所填：“七艘船”" in text
