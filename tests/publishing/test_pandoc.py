"""Markdown: what people wrote is the same prose in Pandoc, which knows more signs than CommonMark."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.publishing.book import clean, make_book
from bot.publishing.markdown import escape, to_markdown
from bot.rules.provenance import of_model
from bot.ui.locale import catalogue
from tests.publishing.shelf import ADA, BO, NAMES, STORY, passage

LISTS = [
    "(c) 2025",
    "i. went",
    "a) yes",
    "e. g. this",
    "(1) Take",
    "B.  Russell",
    "I.  Claudius",
    "iv) x",
    "(ii) b",
    "a.",
]
LISTS += [
    "MCM. x",
    "(A) (b) x",
    "#. x",
    "(@) x",
    "(@a) x",
    "1. x",
    "1234567890123. x",
    "(123) x",
    "12)",
    "a)\tb",
    "c) ( d",
]
LISTS += ["- x", "+ x", "* x", "- [ ] x", "* * *", "p. 3", "c. 1900", "3.50 pounds", "-5 degrees", "1.5"]
BLOCKS = [
    "% title",
    "---",
    "...",
    "::: div",
    "| line",
    "| a | b |",
    ": x",
    ":   x",
    "~ x",
    "+---+---+",
    "----- ----",
    "===",
]
BLOCKS += [
    "Table: x",
    "[x]: http://y",
    "*[HTML]: x",
    "[^1]: x",
    "    code",
    "```",
    "~~~",
    "> x",
    "# x {#id}",
    "<div>",
    "<!-- x",
]
SIGNS = [
    "a -- b --- c",
    "wait... so....",
    "x^2^ y~1~",
    "{.cls} x",
    "`x`{=html}",
    "\\begin{x} \\alpha",
    "[a]{.b}",
    "^[note]",
]
SIGNS += [
    "$5 and $6",
    "a@b.com @doe [@doe]",
    "==a==",
    "a_b_c __x__",
    "http://x.y www.x.y <http://z>",
    "\\(x\\)",
    "![x](y)",
]
SIGNS += [
    "&copy; &amp;",
    "--",
    "x--",
    "<--",
    "\\",
    "a\\",
    "\\ x",
    "Mr. Smith’s",
    'don\'t "go"',
    ":smile:",
    "&nbsp;x",
    "!",
]
PARTS = st.sampled_from(
    [*"()[]{}<>.,:;!-+=*_^~`'\"|\\/#%@&$aivxcBI1é灯 \t\xa0\u3000", *LISTS, *BLOCKS, *SIGNS, "...", "--"]
)
LINES = st.lists(PARTS, min_size=1, max_size=6).map(lambda parts: clean("".join(parts))).filter(str.strip)


def read(markdown: str, dialect: str = "markdown") -> list[dict[str, Any]]:
    """The blocks of a document, as Pandoc sees them."""
    found: list[dict[str, Any]] = json.loads(pypandoc.convert_text(markdown, "json", format=dialect))["blocks"]
    return found


def said(inlines: Sequence[dict[str, Any]]) -> str:
    """The text of inlines; what is more than text is named."""
    return "".join(_said(inlines))


def _said(inlines: Sequence[dict[str, Any]]) -> Iterator[str]:
    for each in inlines:
        match each["t"], each.get("c"):
            case "Str", str(text):
                yield text
            case "Quoted", (kind, inner):
                mark = "'" if kind["t"] == "SingleQuote" else '"'
                yield f"{mark}{said(inner)}{mark}"
            case (("Space" | "SoftBreak" | "LineBreak"), _):
                yield " "
            case name, _:
                yield f"<<{name}>>"


def bare(text: str) -> str:
    """`text` as it is compared: without white space, its quotes straight (Pandoc bends them)."""
    return "".join(text.split()).translate(str.maketrans("‘’“”", "''\"\""))


def paragraphs(lines: Sequence[str], dialect: str) -> list[list[dict[str, Any]]]:
    """What Pandoc makes of each line, in a document of all of them."""
    found: list[list[dict[str, Any]]] = []
    for block in read("\n\n".join(f"# HEAD\n\n{escape(line)}" for line in lines) + "\n", dialect):
        if block["t"] == "Header" and said(block["c"][2]) == "HEAD":
            found.append([])
        else:
            found[-1].append(block)
    return found


def check(lines: Sequence[str], dialect: str = "markdown") -> None:
    for line, blocks in zip(lines, paragraphs(lines, dialect), strict=True):
        assert [block["t"] for block in blocks] == ["Para"], (line, blocks)
        assert bare(said(blocks[0]["c"])) == bare(line)


def test_pandoc_signs_are_all_taken_literally() -> None:
    check([*LISTS, *BLOCKS, *SIGNS])


def test_pandoc_and_github_take_escapes_literally() -> None:
    check([*LISTS, *BLOCKS, *SIGNS, "_www.x.y", "*www.x.y", "(www.x.y", "~www.x.y", "x_http://y.z"], "gfm")


@settings(max_examples=20)
@given(st.lists(LINES, min_size=10, max_size=40))
def test_pandoc_shows_a_line_as_it_is(lines: list[str]) -> None:
    check(lines)


def test_pandoc_leaves_numbers_and_sentences() -> None:
    for line in ("3.50 pounds", "1.5", "a)b", "She said (so) it went. e.g. there", "A well-known half-hour…", "It’s."):
        assert escape(line) == line


@pytest.mark.parametrize(
    "title", ["(c) 2025 {.x}", "1. One *two*", "<script>alert(1)</script> -- `x`{=html}", "[x](y)"]
)
def test_pandoc_reads_a_whole_book_as_what_it_is(title: str) -> None:
    lines = [*LISTS, *BLOCKS, *SIGNS]
    endings = ["Wait!", "[x]", "Hm^", "Hm\\", "so:", "`"]
    canon = [passage(1, "\n".join(lines), author=ADA), passage(2, "Term\n\n: x\n\n(c) y\n---", author=BO)]
    canon += [passage(number, text, of_model(text, "gpt"), origin="gpt") for number, text in enumerate(endings, 3)]
    story = dataclasses.replace(STORY, title=title, premise="(a) one\n- two\n\n    code\n> so")
    names = {**NAMES, ADA: title}
    book = make_book(story, canon, names, branches=[(title, canon[:1])], say=catalogue("en"), now_ms=0)
    markdown = to_markdown(book, words=True)
    blocks = read(markdown)
    rule = next(number for number, block in enumerate(blocks) if block["t"] == "HorizontalRule")
    heading, premise, *story_blocks = blocks[:rule]
    assert bare(said(heading["c"][2])) == bare(title)
    assert [block["t"] for block in premise["c"]] == ["Para", "Para"]
    assert {block["t"] for block in story_blocks} == {"Para"}
    texts = [bare(said(block["c"])) for block in story_blocks]
    assert texts[0] == bare("\n".join(lines))
    assert texts[1:4] == ["Term", ":x", "(c)y---"]
    assert texts[4:] == [f"{bare(text)}<<Note>>" for text in endings]
    names_told = [block for block in blocks if block["t"] == "Table"]
    assert len(names_told) == 1
    page = pypandoc.convert_text(markdown, "html", format="markdown", extra_args=["--standalone"])
    assert "<script" not in page
    assert "<em>" not in page
