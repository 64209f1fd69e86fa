"""What models write, tidied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.text.sentences import sentence_ends
from bot.writing.cleaning import (
    close_quotes,
    finished,
    plain,
    whole_sentences,
    whole_words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" He left.\n\n## Chapter 2\nThe next day", " He left."),
        (" He left.\n\n1. First\n2. Second", " He left."),
        (" He left.\n\nTHE SHIP AND THE SEA\nIt", " He left."),
        (" “STOP THE HORSES,” he cried.", " “STOP THE HORSES,” he cried."),
        (" He left.\n- one\n- two", " He left."),
        (" He left.\n\nQuestion: why?", " He left."),
        (" He left.\n* * *\nAfter that", " He left."),
        (" He left.<|im_end|>\n<|im_start|>user", " He left."),
        (" *Very* **odd** `code` <i>so</i> &amp; on.[1]", " Very odd code so & on."),
        (" He left <@123> and @everyone too.", " He left and too."),
        (" Read more at https://example.org now.", " Read more at"),
        ("Sure! Here is a continuation:\n\nHe left.", ""),
        ("\n\nHere is a possible continuation of the story:", ""),
        (" The story explores the theme of loss.", ""),
        (" The passage was dark and smelled of fish.", " The passage was dark and smelled of fish."),
        (" A part of him said: go.", " A part of him said: go."),
        ("\nPart of him said this: go.", "\nPart of him said this: go."),
        (" Here is the key,” she said.", " Here is the key,” she said."),
        ("a_name and 2 * 3 * 4", "a_name and 2 * 3 * 4"),
    ],
)
def test_cleaning_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("Mr. Smith went. He left.", ["Mr. Smith went.", " He left."]),
        ('"Stop!" he said. Then', ['"Stop!" he said.']),
        ("It cost 3.50 at 5 p.m. or so. J. R. went!", ["It cost 3.50 at 5 p.m. or so.", " J. R. went!"]),
        ("It was I. Then you.", ["It was I.", " Then you."]),
        ("他走了。“好！”她说。", ["他走了。", "“好！”", "她说。"]),
        ("Well… Perhaps… no", ["Well…"]),
        ("no end here", []),
    ],
)
def test_cleaning_sentence_ends(text: str, ends: list[str]) -> None:
    found = sentence_ends(text)
    assert [text[a:b] for a, b in zip([0, *found], found, strict=False)] == ends


@given(st.text('ab .!?"”。，\n', max_size=80))
def test_whole_sentences_are_a_beginning(text: str) -> None:
    kept = whole_sentences(text)
    assert text.startswith(kept)
    ends = sentence_ends(text)
    assert kept == text[: ends[-1]] if ends else True


def test_half_sentence_is_kept_where_there_is_no_whole_one() -> None:
    assert whole_sentences(" and the old man, who had gon") == " and the old man, who had"
    assert whole_sentences(" One. And the old") == " One."


def test_cleaning_whole_words() -> None:
    assert whole_words("the house of card") == "the house of "
    assert whole_words("it wasn't") == "it "
    assert whole_words("他打开") == "他打开"
    assert whole_words("done. ") == "done. "
    assert whole_words("यह हिन्दी की") == "यह हिन्दी "
    assert whole_words("ภาษาไทยที่") == "ภาษาไทย"
    assert whole_words("これはテスト") == "これはテスト"
    assert whole_words("half-lit’") == ""


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("She said,", ' "I know.', ' "I know."'),
        ('She said, "I', " know.", ' know."'),
        ('She said, "I', ' know." He left.', ' know." He left.'),
        ("", "“Go,” he said. “Now.", "“Go,” he said. “Now.”"),
        ("", "他说：“走。", "他说：“走。”"),
        ("", "「あ『い。", "「あ『い。』」"),
        ('"An open quote in an older paragraph.\n\n', "He left.", "He left."),
        ("", "It's John's (or so.", "It's John's (or so.)"),
        ("", "odd) end”", "odd) end”"),
        ("", 'She was gone."', "She was gone."),
    ],
)
def test_close_quotes(before: str, text: str, expected: str) -> None:
    assert close_quotes(text, before) == expected


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("He rose.", " He left. The protagonist then grows. He came.", " He left."),
        ("The protagonist rose.", " The protagonist left.", " The protagonist left."),
        ("He rose.", "\nHe said {x} = 1. He left.", ""),
        ("He rose.", " He left\nthe house.\nShe stayed.", " He left the house.\nShe stayed."),
        ("The sea\nand the sky", "\nare one\nand all.", "\nare one\nand all."),
        ("He rose.", " He left.\n\nThis story follows a classic hero. It is good.", " He left."),
    ],
)
def test_cleaning_cuts_what_strays_from_the_story(before: str, text: str, expected: str) -> None:
    assert finished(text, before=before) == expected


def test_cleaning_finished() -> None:
    assert finished(' "Go," he said. "I will not', before="He rose.") == ' "Go," he said.'
    assert finished(" …", before="He rose.") == ""
    assert finished("好。他说：“我走了。我", before="你") == "好。他说：“我走了。”"


CHAT = "sam: it was in the wardrobe\njules: sam. does it talk\nsam:"
SCRIPT = "INT. DINER - NIGHT\n\nMAYA\nYou told me.\n\nDETECTIVE FRANK ROSS\nI did.\n\n"
PLAY = '*Aria shakes the rain from her cloak.* "You are a hard man to find."\n\n'
VERSE = "The sea has taken back the stair,\nthe lamp is cold, the door ajar,\nand someone left a single chair\n"


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        (CHAT, " only when it rains\njules: oh no\nsam: it likes", " only when it rains\njules: oh no"),
        (CHAT, " it says hi", " it says"),
        (
            SCRIPT,
            "MAYA\nNo.\n\nDETECTIVE FRANK ROSS\nSit down.\n\nMAYA\nWhy",
            "MAYA\nNo.\n\nDETECTIVE FRANK ROSS\nSit down.",
        ),
        ("He ran.\n\n", "DETECTIVE FRANK ROSS\nSit down.", ""),
        (PLAY, '*He looks up* "So I am." *He smiles.* And', '*He looks up* "So I am." *He smiles.*'),
        (PLAY, "*He looks up. Then he", "*He looks up.*"),
        (PLAY, '*He looks up. "So I am," he says.* And', '*He looks up.* "So I am," *he says.*'),
        (PLAY, '*"So I am."*', '"So I am."'),
        ('*Aria nods, says "Good," and sits.*\n\n', '*He says "Good."*', '*He says "Good."*'),
        ("He looked.", " He said, 'They are gone. Both of", " He said, 'They are gone.'"),
        ("He looked.", " ‘They are gone. Both of", " ‘They are gone.’"),
        ("He looked.", " He said, 'They are gone,' and left. The boys' room", " He said, 'They are gone,' and left."),
        ("He looked.", " He said: 'tis late. Then", " He said: 'tis late."),
        ("He looked. ", "*Slowly* he smiled. Then", "Slowly he smiled."),
        (VERSE, "to face the place\nthe islands are,\nand then the", "to face the place\nthe islands are,"),
        (
            "NARRATOR: It rained.\nWIFE: Tea, Arthur?\nNARRATOR:",
            " He slept.\nWIFE: Arthur!",
            " He slept.\nWIFE: Arthur!",
        ),
    ],
)
def test_cleaning_keeps_the_form_of_the_text_before(before: str, text: str, expected: str) -> None:
    assert finished(text, before=before) == expected
