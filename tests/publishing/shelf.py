"""Stories to publish, in both languages, with everything that can happen to a passage."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.publishing.book import Book, make_book
from bot.rules.provenance import Origin, Span, edited, of_human, of_infill, of_model
from bot.rules.servers import Language
from bot.rules.stories import Passage, Story, StoryRules
from bot.ui.locale import catalogue

ADA, BO, MEI = 11, 12, 13
NAMES = {ADA: "Ada", BO: "Bo *the* <b>Bold</b>", MEI: "梅"}


def at(year: int, month: int, day: int) -> int:
    """UTC ms of a day at noon."""
    return int(datetime(year, month, day, 12, tzinfo=UTC).timestamp() * 1000)


STORY = Story(
    id=7,
    tree_id=3,
    server_id=900,
    channel_id=901,
    thread_id=902,
    host_id=ADA,
    title="The Lamp That Would Not Go Out",
    premise="A lighthouse, a keeper who has stopped speaking,\nand a lamp with a will of its own.",
    rules=StoryRules(licence="cc-by-sa-4.0"),
    state="ended",
    head_id=6,
    created_ms=at(2026, 9, 3),
    changed_ms=at(2026, 10, 21),
)
CHINESE = dataclasses.replace(
    STORY,
    id=8,
    host_id=MEI,
    title="不肯熄灭的灯",
    premise="一座灯塔，一个不再说话的守塔人，一盏有自己主意的灯。",
    rules=StoryRules(licence="own"),
)


def passage(
    number: int,
    text: str,
    spans: tuple[Span, ...] | None = None,
    *,
    author: int | None = None,
    pen_name: str | None = None,
    origin: Origin = "human",
    withdrawn: bool = False,
) -> Passage:
    """A passage of the tree; a person's whole text unless its spans are given."""
    return Passage(
        id=number,
        tree_id=3,
        parent_id=number - 1 or None,
        depth=number,
        text=text,
        author_id=author,
        pen_name=pen_name,
        origin=origin,
        spans=of_human(text) if spans is None else spans,
        round_id=None,
        receipt=None,
        created_ms=at(2026, 9, 3) + number,
        withdrawn=withdrawn,
    )


def canon() -> list[Passage]:
    """The English story: a person, GPT, BERT, an edited one, a pen name, a withdrawn one."""
    drafted = "The lamp hummed, a low note that the gulls answered from the rocks, and the keeper put down his cup."
    changed = "The lamp hummed, a low note that nobody had taught it, and the keeper put down his cup at last."
    night = (
        "That night the lamp would not go out. He turned the key, he lifted the glass, he held his sleeve over the "
        "flame until the wool smoked; and the light went on turning over the water, patient as breath."
    )
    return [
        passage(
            1,
            "The lighthouse keeper had not spoken for a year. He wrote what he needed on slates – bread, oil, wicks – "
            "and the boy who rowed the supplies across had learned to read his hand.\n\n"
            "“One day,” the boy said to nobody, “he will have to shout.”",
            author=ADA,
        ),
        passage(
            2,
            night,
            of_model(night, "gpt"),
            origin="gpt",
        ),
        passage(
            3,
            "In the morning there were seven ships at anchor, all waiting politely to be told where to go.",
            of_infill(
                ["In the morning there were ", " at anchor, all waiting ", " to be told where to go."],
                ["seven ships", "politely"],
            ),
            origin="bert",
        ),
        passage(4, changed, edited(drafted, of_model(drafted, "gpt"), changed), author=BO, origin="edited"),
        passage(5, "", (), withdrawn=True),
        passage(
            6,
            "Then he opened his mouth.\nWhat came out was not a word.\nIt was light.",
            author=BO,
            pen_name="Wren",
        ),
    ]


def other_roads() -> list[tuple[str, Sequence[Passage]]]:
    """Two branches."""
    gulls = "The gulls came in at the window, one by one, and each of them put out a candle."
    return [
        ("The night of the gulls", [passage(2, gulls, of_model(gulls, "gpt"), origin="gpt")]),
        (
            "The boy rows back",
            [
                passage(2, "The boy had forgotten the oil. He turned the boat around.", author=ADA),
                passage(3, "Nobody saw the wave.", author=BO),
            ],
        ),
    ]


def chinese() -> list[Passage]:
    """The Chinese story."""
    drafted = "那天夜里，灯怎么也灭不了。他拧上油阀，取下玻璃罩，光仍在海面上缓缓转动，像呼吸一样耐心。"
    changed = "那天夜里，灯怎么也灭不了。他拧上油阀，捂住火苗，光仍在海面上缓缓转动，像海自己的呼吸。"
    return [
        passage(
            1,
            "守塔人已经一年没有说话了。他把要的东西写在石板上：面包、灯油、灯芯。\n\n“总有一天，”划船的男孩自言自语，“他得喊出声来。”",
            author=MEI,
        ),
        passage(2, changed, edited(drafted, of_model(drafted, "gpt"), changed), author=ADA, origin="edited"),
        passage(
            3,
            "清晨，港外停着七艘船，都在安静地等他指路。",
            of_infill(["清晨，港外停着", "，都在", "地等他指路。"], ["七艘船", "安静"]),
            origin="bert",
        ),
        passage(4, "他终于张开了嘴。", of_model("他终于张开了嘴。", "gpt"), origin="gpt"),
    ]


def english_book(language: Language = "en") -> Book:
    return make_book(
        STORY,
        canon(),
        NAMES,
        branches=other_roads(),
        language="en",
        say=catalogue(language),
        now_ms=at(2026, 11, 24),
    )


def chinese_book() -> Book:
    return make_book(CHINESE, chinese(), NAMES, language="zh-Hans", say=catalogue("zh-CN"), now_ms=at(2026, 11, 24))


def arabic_book() -> Book:
    """A book whose lines run from right to left, with a withdrawn passage and a branch, that speaks English."""
    told = "لم يتكلم حارس المنارة منذ عام، وكان يكتب ما يحتاج إليه على ألواح."
    canon = [passage(1, told, author=ADA), passage(2, "", (), withdrawn=True), passage(3, told, author=BO)]
    story = dataclasses.replace(STORY, title="المصباح الذي لا ينطفئ", premise="منارة وحارسها.")
    branches = [("ليلة النوارس", [passage(2, told, author=BO)])]
    now_ms = at(2026, 11, 24)
    return make_book(story, canon, NAMES, branches=branches, language="ar", say=catalogue("en"), now_ms=now_ms)
