"""What can be asked, and how it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.inference.protocol import LoadedRole, ModelInfo
from bot.rules.servers import MAX_TEXT
from bot.writing.continuation.request import ContinueRequest, onward
from bot.writing.features import FEATURES
from bot.writing.infill.request import InfillRequest
from bot.writing.languages import BRIDGING, FILLING, WRITING, check_language, is_foreign, main_script


def to_continue(text: str, **more: Any) -> ContinueRequest:
    return ContinueRequest(text=text, **more)


def to_infill(text: str, **more: Any) -> InfillRequest:
    return InfillRequest(text=text, **more)


def model(role: LoadedRole, *languages: str) -> ModelInfo:
    return ModelInfo(role=role, name="m", revision="1", engine="torch", window=512, languages=languages)


ENGLISH = (model("story", "en"), model("causal", "en"), model("masked", "en"))


@pytest.mark.parametrize("text", ["", "   ", "\n\n\t", "\x00\x07\x1b", "\u200b\u2060", "\u3164", "\u200f", "\u2800"])
def test_request_of_invisible_characters_is_empty(text: str) -> None:
    with pytest.raises(BadInput, match="text_empty"):
        to_continue(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hi",
        "🐉🐉",
        "!!!",
        "<@123> @everyone **broken *markdown",
        "שלום עולם",
        "他打开了门。",
        "x" * MAX_TEXT,
        "a\x00b",
    ],
)
def test_text_that_can_be_seen_can_be_continued(text: str) -> None:
    assert to_continue(text).text


def test_request_cleans_control_characters_first() -> None:
    assert to_continue("a\x00b\r\nc\u202e").text == "ab\nc"


def test_request_too_long_says_how_long() -> None:
    with pytest.raises(BadInput) as caught:
        to_continue("x" * (MAX_TEXT + 5))
    assert caught.value.key == "text_too_long"
    assert caught.value.params == {"length": MAX_TEXT + 5, "limit": MAX_TEXT}


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"count": 0}, "count_range"),
        ({"count": 6}, "count_range"),
        ({"length": 7}, "length_range"),
        ({"length": 161}, "length_range"),
        ({"mood": "angry"}, "mood_unknown"),
    ],
)
def test_request_out_of_range_is_refused(more: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as caught:
        FEATURES["continue"].check(to_continue("Once", **more))
    assert caught.value.key == key


def test_infill_needs_a_blank() -> None:
    assert len(to_infill("She opened the ___ and left.").template.blanks) == 1
    with pytest.raises(BadInput):
        to_infill("She opened the door and left.")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("She met 李明 in Beijing and they talked.", "LATIN"),
        ("Alice说：你好吗？我很好。", "CJK"),
        ("こんにちは、世界です。", "HIRAGANA"),
        ("今天の天气非常好我们去公园玩吧", "CJK"),
        ("Привет, мир", "CYRILLIC"),
        ("वह किताब पढ़ती थी and then nobody said a thing", "LATIN"),
        ("คนเฝ้าประภาคารไม่ได้พูดกับ Marta ที่ the lighthouse", "THAI"),
        ("🐉 123", None),
    ],
)
def test_main_script(text: str, script: str | None) -> None:
    assert main_script(text) == script
    assert is_foreign(text) == (script not in {None, "LATIN"})


def test_chinese_names_the_settings_of_the_models_that_lack_it() -> None:
    with pytest.raises(BadInput) as caught:
        check_language("他打开了门。", WRITING, ENGLISH)
    assert (caught.value.key, caught.value.params) == ("text_chinese", {"settings": "CAUSAL_MODEL"})
    with pytest.raises(BadInput) as caught:
        check_language("他打开了___。", FILLING, ENGLISH)
    assert (caught.value.key, caught.value.params) == ("text_chinese", {"settings": "INFILL_MODEL, MASKED_MODEL"})
    with pytest.raises(BadInput) as caught:
        check_language("他打开了门。", BRIDGING, ENGLISH)
    assert caught.value.params == {"settings": "CAUSAL_MODEL, INFILL_MODEL, MASKED_MODEL"}
    with pytest.raises(BadInput) as caught:
        check_language("他打开了___。", FILLING, (ENGLISH[0], model("causal", "zh"), model("masked", "en")))
    assert (caught.value.key, caught.value.params) == ("text_chinese", {"settings": "MASKED_MODEL"})


def test_story_model_that_writes_chinese_beside_a_pair_that_does_not() -> None:
    models = (model("story", "en", "zh"), *ENGLISH[1:])
    check_language("他打开了门。", WRITING, models)
    for needed in (FILLING, BRIDGING):
        with pytest.raises(BadInput) as caught:
            check_language("他打开了___。", needed, models)
        assert (caught.value.key, caught.value.params) == ("fill_chinese", {"settings": "INFILL_MODEL, MASKED_MODEL"})


def test_scripts_of_another_kind_say_what_the_models_write() -> None:
    with pytest.raises(BadInput) as caught:
        check_language("שלום עולם", WRITING, ENGLISH)
    assert caught.value.params == {"settings": "CAUSAL_MODEL", "languages": "en"}


@pytest.mark.parametrize("languages", [(), ("zh",), ("en", "zh-Hans")])
def test_models_that_know_chinese_or_tell_nothing_may_try(languages: tuple[str, ...]) -> None:
    check_language("他打开了门。", WRITING, (model("story", *languages), *ENGLISH[1:]))


def test_english_needs_no_model_to_be_asked() -> None:
    check_language("Once upon a time", BRIDGING, ENGLISH)


# ---- going on


def test_onward_joins_as_written() -> None:
    assert onward("He stood", " up.") == "He stood up."
    assert onward("He stood ", " up.") == "He stood up."
    assert onward("He stood. ", "She sat.") == "He stood. She sat."


@given(st.text(max_size=MAX_TEXT), st.text(min_size=1, max_size=800))
def test_onward_never_outgrows_the_limit_and_keeps_the_end(text: str, suggestion: str) -> None:
    result = onward(text, suggestion)
    assert len(result) <= MAX_TEXT
    assert result.endswith(suggestion.strip() and suggestion.lstrip())


def test_onward_cuts_at_a_sentence() -> None:
    result = onward("A sentence of some words. " * 153, " And the end of it." * 3)
    assert result.startswith("A sentence")
    assert result.endswith("And the end of it.")
    assert len(result) > MAX_TEXT * 3 // 4


def test_onward_keeps_a_text_without_spaces_almost_whole() -> None:
    assert len(onward("x" * MAX_TEXT, " And so.")) == MAX_TEXT


def test_text_that_stays_here_needs_a_model_here_that_writes_its_language() -> None:
    served = replace(model("story"), host="models.lan")
    text = "守灯人一年没有说话。"
    check_language(text, WRITING, (served, model("causal", "en")))
    check_language(text, WRITING, (served, model("causal", "zh")), local=True)
    check_language(text, WRITING, (model("story"), model("causal", "en")), local=True)
    with pytest.raises(BadInput) as refused:
        check_language(text, WRITING, (served, model("causal", "en")), local=True)
    assert (refused.value.key, refused.value.params) == ("local_language", {"languages": "en"})
