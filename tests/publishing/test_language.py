"""The language of a story is told by its text."""

from __future__ import annotations

import pytest

from bot.publishing.language import direction_of, language_of
from tests.publishing.shelf import canon, chinese, passage

THAI = "คนเฝ้าประภาคารไม่ได้พูดมาหนึ่งปีแล้ว เขาเขียนสิ่งที่ต้องการลงบนกระดานชนวน"
GERMAN = "Der Leuchtturmwärter hatte seit einem Jahr nicht gesprochen. Was er brauchte, schrieb er auf Schiefertafeln."
HEBREW = "שומר המגדלור לא דיבר כבר שנה. את מה שהיה צריך כתב על לוחות."


@pytest.mark.parametrize(
    ("texts", "language", "direction"),
    [
        ([each.text for each in canon()], "en", "ltr"),
        ([each.text for each in chinese()], "zh-Hans", "ltr"),
        (["守塔人已經一年沒有說話了。他們說這樣會好。"], "zh-Hant", "ltr"),
        ([THAI], "th", "ltr"),
        ([HEBREW, "", HEBREW], "he", "rtl"),
        ([*[GERMAN] * 8, "Yes.", THAI], "de", "ltr"),
        (["asdf qwer zxcv uiop hjkl"], "und", "ltr"),
        (["🦊 …", "?!", ""], "und", "ltr"),
        ([], "und", "ltr"),
    ],
)
def test_language_and_direction(texts: list[str], language: str, direction: str) -> None:
    assert language_of(passage(number, text) for number, text in enumerate(texts, 1)) == language
    assert direction_of("\n".join(texts)) == direction


def test_language_of_a_long_story_is_found_from_all_its_parts() -> None:
    texts = [THAI] * 20 + [GERMAN] * 400
    assert language_of(passage(number, text) for number, text in enumerate(texts, 1)) == "de"
