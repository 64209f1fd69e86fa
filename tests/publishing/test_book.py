"""A story becomes a book: who wrote how much, chapters, credits, and nothing that no format may hold."""

from __future__ import annotations

import dataclasses
import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.publishing.book import CHAPTER_WORDS, clean, make_book
from bot.publishing.naming import MAX_NAME, file_name
from bot.publishing.wording import LICENCE_PAGES, date, iso, share, years
from bot.rules.provenance import of_human, of_model
from bot.rules.stories import Licence
from bot.ui.locale import LANGUAGES, catalogue
from tests.publishing.shelf import ADA, BO, NAMES, STORY, arabic_book, at, canon, chinese_book, english_book, passage

SAY = catalogue("en")


def test_contributors_and_their_shares() -> None:
    book = english_book()
    counted = {contributor.name: contributor.words for contributor in book.contributors}
    assert counted["Ada"] == 47
    assert counted["Wren"] == 15, "a pen name counts for itself"
    assert counted["Bo *the* <b>Bold</b>"] == 6, "only the words that Bo put in"
    assert counted["Somebody"] == 15, "of an infill's literals nobody is told"
    assert counted["BERT"] == 3
    assert list(counted.values()) == sorted(counted.values(), reverse=True)
    assert book.words == sum(len(one.text.split()) for one in canon())


def test_pen_name_is_never_joined_with_the_name_behind_it() -> None:
    text = "one two three"
    story = [passage(1, text, author=BO), passage(2, text, author=BO, pen_name="Wren")]
    book = make_book(STORY, story, NAMES, say=SAY, now_ms=0)
    assert [(one.name, one.words) for one in book.people] == [(NAMES[BO], 3), ("Wren", 3)]


def test_contributors_of_the_same_name_stay_two() -> None:
    story = [passage(1, "one two", author=1), passage(2, "three", author=2), passage(3, "four", author=3)]
    book = make_book(STORY, story, {1: "Sam", 2: "Sam"}, say=SAY, now_ms=0)
    assert [(one.name, one.words) for one in book.people] == [("Sam", 2), ("Sam", 1), ("Somebody", 1)]


def test_book_credits() -> None:
    leaves = english_book().leaves
    assert [leaf.credit for leaf in leaves] == [
        "Ada",
        "suggested by GPT",
        "words filled in by BERT",
        "Bo *the* <b>Bold</b>, with GPT",
        "",
        "Wren",
    ]
    assert [leaf.mixed for leaf in leaves] == [False, False, True, True, False, False]
    assert leaves[4].withdrawn
    assert not leaves[4].paragraphs


def test_paragraphs_keep_lines_and_every_word() -> None:
    text = "\n\n one\ntwo \n \n\nthree"
    [leaf] = make_book(STORY, [passage(1, text)], {}, say=SAY, now_ms=0).leaves
    lines = [["".join(run.text for run in line) for line in paragraph] for paragraph in leaf.paragraphs]
    assert lines == [[" one", "two "], ["three"]]


@given(st.text(max_size=80))
def test_book_drops_characters_that_no_format_may_hold(text: str) -> None:
    left = clean(text)
    assert all(char in "\n\t" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in left)
    assert not any(char in "\ufffe\uffff\u202e" or "\ud800" <= char <= "\udfff" for char in left)
    assert clean("灯 é 🌙\u200d👩\nx") == "灯 é 🌙\u200d👩\nx"


def test_chapters_of_a_long_story_have_about_the_same_length() -> None:
    text = "word " * 250
    story = [passage(number, text, author=ADA) for number in range(1, 101)]
    book = make_book(STORY, story, NAMES, say=SAY, now_ms=0)
    sizes = [250 * len(chapter.leaves) for chapter in book.chapters]
    assert len(sizes) == round(100 * 250 / CHAPTER_WORDS)
    assert all(abs(size - CHAPTER_WORDS) <= 500 for size in sizes)
    assert [leaf.number for leaf in book.leaves] == list(range(1, 101))
    assert [chapter.number for chapter in book.chapters] == list(range(1, len(sizes) + 1))


@pytest.mark.parametrize("story", [[], [passage(1, "", (), withdrawn=True)]])
def test_book_of_a_story_without_words(story: list[object]) -> None:
    book = make_book(STORY, story, NAMES, say=SAY, now_ms=0)  # type: ignore[arg-type]  # passages, or none
    assert book.words == 0
    assert book.contributors == ()
    assert len(book.leaves) == len(story)


def test_language_of_the_story_is_not_that_of_the_book() -> None:
    assert (chinese_book().language, chinese_book().text_language) == ("zh-CN", "zh-Hans")
    assert (english_book("zh-CN").language, english_book("zh-CN").text_language) == ("zh-CN", "en")
    assert make_book(STORY, canon(), NAMES, say=SAY, now_ms=0).text_language == "und"
    assert (english_book().direction, arabic_book().direction) == ("ltr", "rtl")


def test_book_has_times_and_an_identity() -> None:
    book = english_book()
    assert (book.created_ms, book.ended_ms) == (at(2026, 9, 3), at(2026, 10, 21))
    going_on = dataclasses.replace(STORY, state="open", host_id=None, title="Other")
    other = make_book(going_on, canon(), NAMES, say=SAY, now_ms=5)
    assert other.ended_ms is None
    assert other.host == ""
    assert other.identifier == book.identifier
    assert chinese_book().identifier != book.identifier


def test_book_wording_is_of_its_language() -> None:
    assert [share(*pair) for pair in ((0, 9), (1, 900), (1, 3), (9, 9), (0, 0))] == ["0%", "<1%", "33%", "100%", "0%"]
    assert iso(at(2026, 11, 24)) == "2026-11-24T12:00:00Z"
    assert years(SAY, at(2026, 1, 2), at(2026, 1, 2)) == "2 January 2026"
    assert years(SAY, at(2026, 1, 2), at(2026, 12, 3)) == "2 January 2026 – 3 December 2026"
    for language in LANGUAGES:
        say = catalogue(language)
        assert len({date(say, at(2026, month, 1)) for month in range(1, 13)}) == 12
        assert all(say(f"publishing.licence.{licence}") for licence in get_args(Licence))
    assert LICENCE_PAGES.keys() == {*get_args(Licence)} - {"own"}


NAUGHTY = [
    "CON",
    "nul.txt",
    "..",
    " ",
    "",
    "/etc/passwd",
    'a\\b:c*?"<>|',
    ".hidden",
    "灯" * 80,
    "🌙",
    "tail. ",
    "COM1",
    "\x00\n\u202e",
]


@given(title=st.sampled_from(NAUGHTY) | st.text(max_size=120))
def test_file_names_are_safe_everywhere(title: str) -> None:
    name = file_name(title, "epub")
    stem = name.removesuffix(".epub")
    assert name.endswith(".epub")
    assert stem
    assert len(stem.encode()) <= MAX_NAME + len("story ")
    assert not set(stem) & set('/\\:*?"<>|\0\n\r\t')
    assert stem == stem.strip(" .")
    assert stem.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}
    assert file_name(title, "epub") == name


def test_file_names_keep_their_script() -> None:
    assert file_name("不肯熄灭的灯", "html") == "不肯熄灭的灯.html"
    assert file_name("The Lamp: Part 1/2", "md") == "The Lamp Part 1 2.md"
    assert file_name("…", "md") == "story.md"
    for title in ("हिन्दी की कहानी", "ภาษาไทยที่นี่", "മലയാളം ന്‍", "می\u200cخواهم", "שָׁלוֹם", "ខ្មែរ"):
        assert file_name(title, "md") == f"{title}.md"
    assert file_name("👩\u200d🚀 goes 👍🏽", "md") == "goes.md"


@pytest.mark.parametrize("character", ["ที่", "न्दी", "が", "ក្រុំ"])
def test_file_names_are_cut_between_characters(character: str) -> None:
    stem = file_name(character * 60, "md").removesuffix(".md")
    assert stem == unicodedata.normalize("NFC", character) * (len(stem) // len(unicodedata.normalize("NFC", character)))
    assert len(stem.encode()) + len(character.encode()) > MAX_NAME


def test_book_spans_reach_the_page() -> None:
    text = "old new"
    [leaf] = make_book(
        STORY, [passage(1, text, (*of_model("old", "gpt"), *of_human(""))[:1], origin="edited")], {}, say=SAY, now_ms=0
    ).leaves
    assert [(run.text, run.origin) for run in leaf.runs] == [("old", "gpt"), (" new", "human")]
