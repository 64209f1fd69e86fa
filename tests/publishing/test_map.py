"""The map: every tree is laid out without a crossing and within bounds, and picture and text say the same."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.publishing.canvas import MISSING, PAPER, Canvas
from bot.publishing.map import MAX_TEXT, Map, draw_map
from bot.publishing.map_drawing import HEADER, LOOKS, ROW
from bot.publishing.tree_layout import MAX_LANES, MAX_ROWS, MIN_CHAIN, Layout, lay_out
from bot.rules.provenance import ORIGINS, Origin
from bot.rules.servers import Language
from bot.rules.stories import BEGINNING, TreeNode
from bot.ui.cutting import shown_size
from bot.ui.locale import LANGUAGES, catalogue

SAY = catalogue("en")
PARENTS = st.lists(st.integers(0, 10**6), max_size=80)


def node(number: int, parent: int | None, depth: int, **values: object) -> TreeNode:
    given_: dict[str, object] = {
        "origin": "human",
        "author_id": 1,
        "pen_name": None,
        "withdrawn": False,
        "beginning": f"Passage {number}",
    }
    return TreeNode(id=number, parent_id=parent, depth=depth, **{**given_, **values})  # type: ignore[arg-type]  # as named


def grown(choices: Sequence[int]) -> list[TreeNode]:
    """A tree of which each passage stands behind one of those before it, or is a root."""
    nodes: list[TreeNode] = []
    for number, choice in enumerate(choices, 1):
        place = choice % (len(nodes) + 1) if number > 1 else 0
        parent = nodes[place - 1] if place else None
        origin: Origin = ORIGINS[choice % 4]
        nodes.append(
            node(
                number,
                parent.id if parent else None,
                parent.depth + 1 if parent else 1,
                origin=origin,
                withdrawn=choice % 7 == 0,
            )
        )
    return nodes


def way(nodes: Sequence[TreeNode], head: int | None) -> list[int]:
    """The ids from the root to a head."""
    parents = {one.id: one.parent_id for one in nodes}
    found: list[int] = []
    while head is not None:
        found.append(head)
        head = parents[head]
    return found[::-1]


def chain(length: int) -> list[TreeNode]:
    return [node(number, number - 1 or None, number) for number in range(1, length + 1)]


def check(layout: Layout, nodes: Sequence[TreeNode], canon: Sequence[int]) -> None:
    """Rows are numbered, within bounds, behind their parents; lanes never cross; canon has the first lane."""
    rows = layout.rows
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) <= MAX_ROWS
    assert layout.lane_count <= MAX_LANES
    assert len({row.node.id for row in rows}) == len(rows)
    assert sum(row.count for row in rows) + layout.left_out == layout.passages == len(nodes)
    assert all(row.count == 1 or row.count >= MIN_CHAIN for row in rows)
    by_id = {one.id: one for one in nodes}
    for row in rows:
        if row.parent is None:
            assert row.lane == 0
            continue
        parent = rows[row.parent - 1]
        assert row.parent < row.number
        assert row.lane in (parent.lane, parent.lane + 1)
        between = rows[row.parent : row.number - 1]
        assert all(other.lane > parent.lane for other in between), "nothing stands on a line's way"
        at = row.node
        for _ in range(row.count):
            assert at.parent_id is not None
            at = by_id[at.parent_id]
        assert at.id == parent.node.id, "a row stands behind the passage that its own first one stands behind"
    assert all(row.lane == 0 for row in rows if row.canon)
    if canon:
        assert any(row.node.id == canon[-1] for row in rows), "the head of canon is always shown"


@settings(max_examples=150)
@given(choices=PARENTS, picks=st.lists(st.integers(0, 10**6), max_size=5))
def test_layout_holds_every_tree(choices: list[int], picks: list[int]) -> None:
    nodes = grown(choices)
    heads = [(f"Story {place}", pick % len(nodes) + 1) for place, pick in enumerate(picks)] if nodes else []
    canon = way(nodes, heads[0][1]) if heads else []
    layout = lay_out(nodes, heads, canon)
    check(layout, nodes, canon)
    titles = sorted(title for row in layout.rows for title in row.titles)
    assert titles == sorted(title for title, _ in heads), "so few heads are all shown"
    ends = {one.id for one in nodes} - {one.parent_id for one in nodes}
    shown = {row.node.id for row in layout.rows}
    hidden = sum(row.left_out for row in layout.rows)
    if layout.left_out == 0:
        assert hidden == 0
        assert ends <= shown
    else:
        assert hidden >= len(ends - shown - {head for _, head in heads}) > 0


def test_map_shows_a_small_tree_whole() -> None:
    layout = lay_out(chain(20), [("A", 20)], range(1, 21))
    assert [row.count for row in layout.rows] == [1] * 20


def test_map_shows_a_long_chain_as_one_row_before_the_head() -> None:
    layout = lay_out(chain(10_000), [("A", 10_000)], range(1, 10_001))
    assert [row.count for row in layout.rows] == [1, 9995, 1, 1, 1, 1]
    assert layout.left_out == 0


def test_map_counts_branches_that_do_not_fit() -> None:
    nodes = [node(1, None, 1), *(node(number, 1, 2) for number in range(2, 502))]
    layout = lay_out(nodes, [("A", 2)], [1, 2])
    check(layout, nodes, [1, 2])
    assert len(layout.rows) == MAX_ROWS
    assert layout.rows[0].left_out == layout.left_out == 501 - MAX_ROWS
    assert {row.node.id for row in layout.rows} == {1, 2, *range(502 - MAX_ROWS + 2, 502)}, "the newest are shown"


def test_map_many_stories_on_one_tree() -> None:
    nodes = chain(400)
    heads = [(f"Story {number}", number) for number in range(4, 401, 4)]
    layout = lay_out(nodes, heads, range(1, 401))
    check(layout, nodes, range(1, 401))
    assert sum(len(row.titles) for row in layout.rows) == 100


def test_map_ignores_what_is_no_part_of_the_tree() -> None:
    layout = lay_out([node(5, 4, 3)], [("A", 99), ("B", 5)], [1, 5])
    assert [row.titles for row in layout.rows] == [("B",)]
    assert lay_out([], [("A", 1)], []).rows == ()


def drawn(
    nodes: Sequence[TreeNode], heads: Sequence[tuple[str, int]], head: int | None, language: Language = "en"
) -> Map:
    return draw_map(nodes, heads, way(nodes, head), catalogue(language), {1: "Ada"})


@settings(max_examples=12, deadline=None)
@given(choices=PARENTS.filter(bool), language=st.sampled_from(LANGUAGES))
def test_pictures_and_texts_stay_within_bounds(choices: list[int], language: Language) -> None:
    nodes = grown(choices)
    map_ = drawn(nodes, [("*Title* `" * 9, len(nodes)), ("题" * 80, 1)], len(nodes), language)
    with Image.open(io.BytesIO(map_.png)) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert max(picture.size) <= 4000
    assert len(map_.png) < 8_000_000
    assert shown_size(map_.text) <= MAX_TEXT


def test_map_of_the_largest_size_stays_within_bounds() -> None:
    """Many branches with the longest beginnings and titles, and texts that escaping doubles."""
    nodes = [node(1, None, 1)]
    nodes += [
        node(number, 1 + number // 3, 2, beginning="*" * BEGINNING, pen_name="_" * 32) for number in range(2, 400)
    ]
    map_ = drawn(nodes, [("`" * 80, number) for number in range(300, 360)], 399)
    with Image.open(io.BytesIO(map_.png)) as picture:
        assert max(picture.size) <= 4000
    assert len(map_.png) < 8_000_000
    assert shown_size(map_.text) <= MAX_TEXT


def test_map_text_says_what_the_picture_shows() -> None:
    nodes = [
        node(1, None, 1, beginning="It began at sea."),
        node(2, 1, 2, origin="gpt", author_id=None, beginning="A wave rose."),
        node(3, 1, 2, origin="edited", beginning="A gull cried."),
        node(4, 3, 3, withdrawn=True, author_id=None, beginning=""),
        node(5, 4, 4, pen_name="Wren", beginning="Then " + "nothing " * 6 + "happene"),
    ]
    text = drawn(nodes, [("The Sea", 5), ("The Wave", 2)], 5).text
    facts, _, *lines = text.split("\n")
    assert facts == "5 passages in all · one branch"
    assert lines == [
        "1. ● Ada · It began at sea.",
        "\u20032. ○ GPT · A wave rose. ★ The Wave",
        "3. ● Ada, with a model · A gull cried.",
        "4. ● withdrawn",
        "5. ● Wren · Then nothing nothing nothing nothing nothing nothing… ★ The Sea",
    ]


def test_map_of_a_story_without_passages() -> None:
    map_ = drawn([], [("The Sea", 1)], None)
    assert map_.text.startswith("0 passages")
    with Image.open(io.BytesIO(map_.png)) as picture:
        assert picture.size[0] > 1000


def test_map_has_chinese_glyphs_and_a_box_for_what_has_none() -> None:
    canvas = Canvas(10, 10, (255, 255, 255))
    for language in LANGUAGES:
        say = catalogue(language)
        for key in say.keys:
            if key.startswith("publishing."):
                for form in say.forms(key).values():
                    assert MISSING not in canvas.readable(form), key
    assert canvas.readable("龘 é ж 灯塔守护者") == "龘 é ж 灯塔守护者"
    assert canvas.readable("a 🌙\u200d🌙 b") == f"a {MISSING} b"
    assert canvas.readable("“so…”") == '"so..."'
    assert canvas.readable("“灯”") == "“灯”"


@pytest.mark.parametrize("text", ["The lighthouse keeper had not spoken", "守塔人已经一年没有说话了"])
def test_texts_are_cut_to_fit(text: str) -> None:
    canvas = Canvas(10, 10, (255, 255, 255))
    whole = canvas.width(text, 27)
    assert canvas.fitted(text, 27, whole) == text
    for room in (0, 40, 100, whole - 1):
        assert canvas.width(canvas.fitted(text, 27, room), 27) <= room


def test_map_row_is_drawn_where_its_number_says() -> None:
    """Each origin's colour is in the picture at its row, and a withdrawn passage is hollow."""
    nodes = [
        node(place, place - 1 or None, place, origin=origin, withdrawn=place == 5)
        for place, origin in enumerate((*ORIGINS, "human"), 1)
    ]
    with Image.open(io.BytesIO(drawn(nodes, [("A", 5)], 5).png)) as picture:
        rgb = picture.convert("RGB")
        columns = [
            [rgb.getpixel((x, HEADER + ROW * place + ROW // 2)) for x in range(30, 100)] for place in range(len(nodes))
        ]
    for origin, column in zip(ORIGINS, columns, strict=False):
        assert column.count(LOOKS[origin][1]) > 10
    assert columns[4].count(PAPER) > columns[0].count(PAPER) + 15
    assert not any(colour in columns[4] for _, colour in LOOKS.values())


def test_rows_of_the_text_are_numbered_without_a_gap() -> None:
    nodes = grown([number * 7919 for number in range(300)])
    numbers = [int(number) for number in re.findall(r"(?m)^\u2003*(\d+)\. ", drawn(nodes, [("A", 300)], 300).text)]
    assert all(later - earlier == 1 for earlier, later in itertools.pairwise(numbers))
    assert numbers[0] == 1
