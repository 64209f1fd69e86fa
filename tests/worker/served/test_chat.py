"""What of an answer goes on with a text: repetitions, announcements and talk about the text are none of it."""

from __future__ import annotations

import pytest

from bot.worker.served.chat import messages_of, onward

TEXT = "The keeper had not spoken for a year. On the first night of winter she opened the"
WHOLE = "The keeper had not spoken for a year."


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("door and called.", TEXT, " door and called."),
        (" door and called.", TEXT, " door and called."),
        (", slowly, and listened.", TEXT, ", slowly, and listened."),
        ("On the first night of winter she opened the door.", TEXT, " door."),
        (f"{TEXT} door.", TEXT, " door."),
        ("Sure! Here is the continuation:\n\ndoor and called.", TEXT, " door and called."),
        ("Here's how the story might continue:\n\nThat night she sang.", WHOLE, " That night she sang."),
        ("Continuation: That night she sang.", WHOLE, " That night she sang."),
        ("```text\nThat night she sang.", WHOLE, " That night she sang."),
        ("<think>The user wants more.</think>\n\nThat night she sang.", WHOLE, " That night she sang."),
        ("<think>The user wants more and more", WHOLE, ""),
        ("I'm sorry, but I can't continue this story.", WHOLE, ""),
        ("As an AI language model, I cannot write that.", WHOLE, ""),
        ("The text describes a keeper who is silent.", WHOLE, ""),
        ("Okay. She took the lantern and went.", "She came back.", None),
        ("Here is where she stood every night, and she knew it.", "She came back.", None),
        ("好的,以下是续写:\n那一夜她唱起歌来。", "守灯人一年没有说话。", "那一夜她唱起歌来。"),
        ("这段文字描述了一个守灯人。", "守灯人一年没有说话。", ""),
        ("那一夜她唱起歌来。", "守灯人一年没有说话。", "那一夜她唱起歌来。"),
    ],
)
def test_chat_keeps_only_what_goes_on_from_the_text(answer: str, text: str, expected: str | None) -> None:
    wanted = f" {answer}" if expected is None else expected
    assert onward(answer, text, finished=True) == wanted


def test_chat_keeps_a_beginning_that_is_alike_by_chance() -> None:
    text = "The sea was grey. The sea was calm"
    assert onward("and the sea was calm", text, finished=True) == " and the sea was calm"


def test_onward_shows_nothing_of_an_unfinished_answer_that_only_repeats() -> None:
    answer = f"{TEXT} door and called into the dark."
    told = [onward(answer[:end], TEXT, finished=False) for end in range(1, len(answer) + 1)]
    assert told[-1] == " door and called into the dark."
    assert all(told[-1].startswith(each) for each in told)


def test_messages_are_in_the_language_of_the_text() -> None:
    assert "续写" in messages_of("守灯人一年没有说话。")[0]["content"]
    assert messages_of(TEXT)[1]["content"].endswith(TEXT)
