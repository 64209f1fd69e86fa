"""What is wrong with a row, how good it is, and where it is cut."""

from __future__ import annotations

import pytest

from bot.writing.continuation.faults import faults, kinds
from bot.writing.continuation.quality import different_share, is_doubtful, mean_log_prob, quality_of, shortened, traits
from bot.writing.overlap import TextSource, overlap
from bot.writing.text_form import text_form_of

TOLD = "The keeper lit the lamp and went down to the harbour, where old Marta was mending her nets in the rain."
OWN = "I lit the lamp and went down to the harbour, where old Marta was mending my nets in the rain."
PLAY = '*Marta lights the lamp.* "You are late," *she says, and turns to the window.*\n\n'
VERSE = "The sea has taken back the stair,\nthe lamp is cold, the door ajar,\nand someone left a single chair\n"
CHAT = "sam: guys the moon is doing the thing again\npip: what thing\nsam: THE thing\npip:"
PLAYED = "INT. DINER\n\nMAYA\nYou told me he was dead.\n\nFRANK\nI told you he wasn't a problem.\n\nMAYA\n"
SCRIPT = "LENA: I play in my sleep.\nROSS: Your neighbour heard it.\nLENA: He would.\nROSS:"


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        (TOLD, " She looked up. She put the needle down. “You again,” she said.", set()),
        (TOLD, " He sat down on a crate. It was wet. He sat down on a crate.", {"loop"}),
        (TOLD, " The keeper lit the lamp and went down to the harbour.", {"loop"}),
        (TOLD, " Cold rain. Cold wind. Cold hands.", set()),  # too short to be one
        (TOLD, " It was very cold. It was very dark. It was very late.", {"loop"}),
        (TOLD, " The planet was a planet. It was a planet that had gone dark.", {"loop"}),
        (TOLD, " A girl came, and one with two girls who looked like a girl.", {"loop"}),
        (TOLD, " She will do it for him, she says. She will. She will. She will not.", {"loop"}),
        (TOLD, " She said she bought bread. She said she would go home now.", {"loop"}),
        (TOLD, "\n\n“Gold?”\n\n“No gold. It was a diamond.”\n\n“A diamond?”\n\n“No diamond.”", {"loop"}),
        (TOLD, " It was a royal gift, a royal gift from the queen.", {"loop"}),
        (TOLD, " She asked what he was doing. She had no idea what he was doing.", {"loop"}),
        (TOLD, " She turned back, but it was too late. It was too late.", {"loop"}),
        (TOLD, " It is not about your job. It is about your mother.", set()),
        (TOLD, " “No,” she said. “No. Take the lamp.”", set()),
        ("A ring, a silver ring, the ring of kings!", " She took the ring, a ring of iron, no ring of kings.", set()),
        (CHAT, " blinking\npip: blinking hard\nsam: hehe\npip: so blinking", {"loop"}),
        (CHAT, " what now\npip: nothing\nsam: look at it again\npip: still nothing", set()),
        (TOLD, " Behind her stood Jonathan with a bucket.", {"name"}),
        (TOLD, ' She said, "Hold this." Nobody moved.', set()),
        (TOLD, " I told her that the boat was gone.", {"person"}),
        (TOLD, ' "I told you," she said.', set()),
        (OWN, " I told her that the boat was gone.", set()),
        (TOLD, " She laughed. This story is a great example of courage.", {"comment"}),
        (TOLD, " She laughed. It was 1987 and rain fell .", {"stray"}),
        (TOLD, " She laughed. Россия was far.", {"stray"}),
        (TOLD, " She laughed. “The prophet. ” he said.", {"stray"}),
        (TOLD, " She laughed. (laughs) then nobody answered.", {"stray"}),
        (TOLD, '\n\n"Hold this."\n\n"No, hold it yourself."', set()),
        (TOLD, ' She laughed. " " he said.', {"stray"}),
        (PLAYED, "No. Why would I?\n\nFRANK\nYou know why, and you came.\n\nMAYA", set()),
        (TOLD, " She waited from one to 100 for an answer.", set()),
        (TOLD, " She laughed. This is the beginning of a conversation between friends.", {"comment"}),
        (PLAY, "She reads a letter* by the fire.\n\n*Nobody comes.*", {"stray"}),
        (PLAY, '*She reads. *Nobody comes.* "No!"*', {"stray"}),
        (PLAY, '*She reads.* "No!" *She weeps.* "Never."', set()),
        ("Старик зажёг лампу и вышел.", " Она засмеялась.", set()),
        (TOLD, " She laughed.\nMARTA: Sit down.", {"form"}),
        (PLAY, "She comes in and sits by the fire for a long time.", {"form"}),
        (PLAY, "*She sits by the fire.*", set()),
        (VERSE, "to face the place the islands are,\nand all the doors are grey.", set()),
        (
            VERSE,
            "It told of a man who had lived in a house by the sea for many years, and would not leave it.",
            {"form"},
        ),
        (SCRIPT, " Would he?\nLENA: Yes.", set()),
        (SCRIPT, " Would he?\nMara: Yes.", {"form"}),
        (SCRIPT, " Would he?\nROSS: Yes.\nROSS: No.", {"form"}),
        (SCRIPT, " Would he?\n\nThey are two friends who talk in a room.", {"form"}),
        ("他走进了那间屋子。", "他的手里拿着一盏灯。他的脸上没有表情。他的衣服湿透了。", set()),
        ("他走进了那间屋子。", "灯灭了。他慢慢地坐了下来等着。他慢慢地坐了下来等着。", {"loop"}),
    ],
)
def test_quality_faults(before: str, text: str, expected: set[str]) -> None:
    assert kinds(faults(text, before, text_form_of(before))) == expected


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        (
            TOLD,
            " She looked up at him and said nothing. Then Jonathan came.",
            " She looked up at him and said nothing.",
        ),
        (TOLD, " Then Jonathan came up the stairs with a bucket.", " Then Jonathan came up the stairs with a bucket."),
        (
            TOLD,
            " “One day. It was 1987 already and the long rain fell,” she said.",
            " “One day. It was 1987 already and the long rain fell,” she said.",
        ),
        (
            PLAY,
            "*She sits by the fire for a long time. Then Jonathan comes.*",
            "*She sits by the fire for a long time.*",
        ),
        (SCRIPT, " Would he? I am not so sure of that.\nMARTA: Yes.", " Would he? I am not so sure of that."),
    ],
)
def test_row_is_cut_before_its_first_fault_where_enough_stands_before(before: str, text: str, expected: str) -> None:
    assert shortened(text, before, text_form_of(before), 48) == expected


def test_quality_row_is_no_longer_than_suits_what_was_asked_for() -> None:
    text = (
        " The first lamp went out and the rain came in. Somebody called from the quay for more oil and rope."
        " Behind them a dog howled at nothing. Marta only shook her head."
    )
    assert len(shortened(text, TOLD, text_form_of(TOLD), 48).split()) == 27
    assert shortened(text, TOLD, text_form_of(TOLD), 96) == text
    assert len(shortened(text, TOLD, text_form_of(TOLD), 8).split()) == 10


def _quality(text: str, log_prob: float | None = -1.3) -> float:
    return quality_of(traits(text, log_prob, TOLD, text_form_of(TOLD), overlap(text, [TextSource(TOLD)])))


def test_quality_counts_sense_repetition_and_faults() -> None:
    good = " She looked up, and the needle stopped. Nobody had come down here since the storm."
    assert _quality(good) > _quality(good, -2.4) > _quality(good, -3.5)
    assert _quality(good) > _quality(good, -0.2)
    assert _quality(good) > _quality(" She looked up, and she looked up. She looked up, and she looked up at Jonathan.")
    assert 0 < _quality(good, None) < 1


def test_row_that_makes_no_sense_is_doubtful() -> None:
    found = traits(" She looked up.", -2.6, TOLD, text_form_of(TOLD), overlap("She", [TextSource(TOLD)]))
    assert is_doubtful(found, -2.6)
    assert not is_doubtful(found, -2.0)
    assert not is_doubtful(found, None)


def test_log_probability_is_of_what_is_shown() -> None:
    assert mean_log_prob((), "One two", "One two three") is None
    assert mean_log_prob([-1.0, -1.0, -9.0, -9.0], " One two.", " One two. Xx yy z") == -1.0
    assert mean_log_prob([-1.0, -3.0], "One two", "One two") == -2.0


def test_quality_of_a_short_row_is_not_taken_for_richer() -> None:
    words = [str(number) for number in range(24)]
    assert different_share(words) == different_share(words * 3) == 1.0
    assert different_share(words[:12]) == pytest.approx(0.9, abs=0.02)  # a row of 12 words repeats fewer of its own
    assert different_share(words[:12] * 2) == 0.5
    assert different_share([]) == 1.0
