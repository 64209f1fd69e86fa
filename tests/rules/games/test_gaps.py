"""Gaps and the duel: words that are put in blindly, guesses, points, and what is shown to whom."""

from __future__ import annotations

import pytest

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.gaps import FILL_MS, STARS_MS, DuelGame, GapsGame
from bot.rules.games.table import ASK_MS, GRACE_MS, GameText
from bot.rules.gap_words import Gap
from tests.support.evenings import Evening

PASSAGE = "Mara climbed the narrow stairs, lit the lantern and watched the harbour until Mara slept."
"""The passage."""
GAPS = (
    Gap(places=((0, 4), (78, 82)), word="Mara", shape="name"),
    Gap(places=((17, 23),), word="narrow", shape="", hints=("steep", "broken", "marble"), guess="steep"),
    Gap(places=((24, 30),), word="stairs", shape="s", hints=("steps", "walls", "towers"), guess="steps"),
    Gap(places=((40, 47),), word="lantern", shape="", hints=("candle", "lamp", "fire"), guess="lantern"),
    Gap(places=((52, 59),), word="watched", shape="ed", hints=("crossed", "painted", "entered"), guess="crossed"),
    Gap(places=((64, 71),), word="harbour", shape="", hints=("street", "garden", "sea"), guess="street"),
)
"""Its gaps."""


class Gapped(Evening):
    """An evening of Gaps."""

    def __init__(self, players: int = 3, *, duel: bool = False) -> None:
        self.passage = GameText(slot="p", seat=None, text=PASSAGE, origin="human", created_ms=0)
        super().__init__(DuelGame() if duel else GapsGame(), players, texts=(self.passage,))

    def prepare(self, *gaps: Gap) -> None:
        """Let the models answer."""
        (request,) = self.table.requests
        assert (request.kind, request.text) == ("gaps", PASSAGE)
        self.do(steps.Made(key=request.key, gaps=gaps or GAPS))

    def fill(self, seat: int, *words: str) -> None:
        """Let a seat put its words in."""
        self.write(seat, words[0], *words[1:])


def test_words_are_put_in_blindly_and_read_out_with_their_givers() -> None:
    evening = Gapped(3)
    evening.prepare()
    given: dict[int, tuple[int, str]] = {}
    for seat in (1, 2, 3):
        asked = evening.view(seat).asked
        assert len(asked) == 2
        assert PASSAGE[:10] not in repr(evening.view(seat))
        words = [f"word{each.number}" for each in asked]
        given |= {each.number: (seat, word) for each, word in zip(asked, words, strict=True)}
        evening.fill(seat, *words)
    assert evening.table.phase_due_ms == evening.now_ms + GRACE_MS["tonight"]
    evening.leave_phase("fill")
    told = evening.view(None).told
    assert {each.number: (each.giver, each.word) for each in told} == given
    assert [each.original for each in told] == [gap.word for gap in GAPS]
    assert evening.view(None).passage == PASSAGE
    evening.wait(STARS_MS["tonight"])
    assert evening.table.state == "ended"
    assert evening.texts["whole"].text.startswith("Word1 climbed the word2 word3, lit the word4")
    assert "until Word1 slept" in evening.texts["whole"].text
    assert evening.story == ["whole"]


def test_nobody_sees_the_passage_or_another_ones_words_before_the_reveal() -> None:
    evening = Gapped(3)
    evening.prepare()
    for seat in (1, 2, 3):
        evening.fill(seat, *[f"secret{seat}x{each.number}" for each in evening.view(seat).asked])
    for viewer in (None, 1, 2, 3, 9):
        seen = repr(evening.view(viewer))
        assert "lantern" not in seen
        assert "climbed" not in seen
        for seat in (1, 2, 3):
            assert (f"secret{seat}x" in seen) == (seat == viewer)


def test_words_that_nobody_gave_are_the_models_and_marked() -> None:
    evening = Gapped(2)
    evening.prepare()
    mine = evening.view(1).asked
    evening.fill(1, "kettle", "", "")
    evening.wait(FILL_MS["tonight"])
    told = {each.number: each for each in evening.view(None).told}
    assert (told[mine[0].number].giver, told[mine[0].number].word) == (1, "kettle")
    others = [each for each in told.values() if each.number != mine[0].number]
    assert all(each.giver == 0 for each in others)
    assert all(each.word in GAPS[each.number - 1].hints or each.number == 1 for each in others)
    evening.wait(STARS_MS["tonight"])
    spans = evening.texts["whole"].spans
    assert {span.origin for span in spans} == {"human", "bert"}
    assert evening.texts["whole"].origin == "edited"


def test_points_are_for_stars_and_for_the_word_that_stood_there() -> None:
    evening = Gapped(2)
    evening.prepare()
    first = evening.view(1).asked
    evening.fill(1, *[GAPS[each.number - 1].word.upper() for each in first])
    evening.fill(2, *["kettle" for _ in evening.view(2).asked])
    evening.leave_phase("fill")
    evening.choose(2, "star", first[0].number)
    with pytest.raises(PersonError):
        evening.choose(1, "star", first[0].number)  # one's own
    evening.choose(1, "star", evening.view(2).told[0].number if first[0].number != 1 else 2)
    evening.wait(STARS_MS["tonight"])
    points = evening.view(None).points
    assert points[1] >= 3 * len(first) + 2
    scores = {effect.seat: effect.points for effect in evening.effects if isinstance(effect, steps.Score)}
    assert scores == {seat: count for seat, count in points.items() if seat and count}


def test_a_duel_shows_the_text_and_the_model_guesses_too() -> None:
    evening = Gapped(2, duel=True)
    assert evening.table.requests[0].count == 5
    evening.prepare(*GAPS[1:])
    seen = evening.view(1)
    assert "Mara climbed the ＿＿＿ ＿＿＿, lit the ＿＿＿" in seen.text
    assert "lantern" not in repr(seen)
    evening.fill(1, "narrow", "stair", "candle", "watched", "")
    evening.fill(2, "wide", "stairs", "lantern", "watching", "harbours")
    evening.leave_phase("fill")
    assert evening.table.state == "ended"
    guesses = {each.seat: each.points for each in evening.view(None).guesses}
    assert guesses[1] == (3, 2, 0, 3, 0)
    assert guesses[2] == (0, 3, 3, 2, 2)
    assert guesses[0] == (0, 0, 3, 0, 0)
    assert evening.view(None).points == {0: 3, 1: 8, 2: 10}


def test_a_passage_without_gaps_ends_the_game() -> None:
    evening = Gapped(2)
    evening.wait(ASK_MS)
    assert evening.table.state == "ended"
    assert evening.story == []


def test_without_a_passage_a_game_does_not_start() -> None:
    with pytest.raises(PersonError, match="game_no_passage"):
        Evening(GapsGame(), 2)


@pytest.mark.parametrize("words", [("two words", ""), ("x" * 31, ""), ("…", "")])
def test_words_that_are_none_change_nothing(words: tuple[str, ...]) -> None:
    evening = Gapped(3)
    evening.prepare()
    before = evening.table
    with pytest.raises(PersonError):
        evening.fill(1, *words)
    assert evening.table == before
    assert evening.view(1).asked[0].word == ""


def test_words_can_be_changed_until_the_reveal() -> None:
    evening = Gapped(3)
    evening.prepare()
    evening.fill(1, "kettle", "spoon")
    evening.fill(1, "fork", "")
    assert [each.word for each in evening.view(1).asked] == ["fork", "spoon"]
    assert evening.view(1).filled_in == 1


def test_many_players_have_gaps_as_far_as_they_go() -> None:
    evening = Gapped(10)
    evening.prepare()
    assert sorted(len(evening.view(seat).asked) for seat in range(1, 11)) == [0] * 4 + [1] * 6
    assert len(evening.table.turns) == 6
