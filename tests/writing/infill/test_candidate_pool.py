"""What may stand in a blank and what may not."""

from __future__ import annotations

import pytest

from bot.inference.protocol import Fill, Gap
from bot.rules.text.words import BLANK
from bot.writing.infill.candidate_pool import MASKED_FLOOR, MASKED_WEIGHT, Candidate, Pool, is_repetition
from bot.writing.infill.filling import AGAIN, worth_scoring_again
from bot.writing.infill.ranking import Ranked
from bot.writing.infill.repeats import Repeats

GAP = Gap(left="She opened the old ", right=" and looked inside.")


def fill(text: str, masks: int = 1, score: float = 0.0) -> Fill:
    return Fill(text=text, masks=masks, score=score, source="beam")


def pool(gap: Gap = GAP, words: tuple[int, ...] = (1, 2, 3, 4)) -> Pool:
    return Pool(gap, words, lambda text: "ugly" not in text)


def texts(pool: Pool) -> list[str]:
    return [candidate.text for candidate in pool.best(100)]


class TestAlphabets:
    """A byte-level model now and then writes a scrap of one alphabet into a word of another."""

    @pytest.mark.parametrize(
        ("gap", "text"),
        [
            (GAP, "доor"),
            (GAP, "dооr"),
            (GAP, "doorの"),
            (GAP, "the дoor"),
            (GAP, "дверь"),
            (GAP, "门"),
            (GAP, "δoor"),
            (GAP, "dᵒor"),
            (GAP, "ⅳoor"),
            (Gap(left="She opened the lan", right=" and looked."), "терн"),
            (Gap(left="She opened the ", right="терн and looked."), "lan"),
            (Gap(left="Она открыла ", right=" и вошла."), "dверь"),
            (Gap(left="Она открыла ", right=" и вошла."), "θύρα"),
            (Gap(left="她打开了", right="，没有人说话。"), "дверь"),
        ],
    )
    def test_pool_refuses_a_scrap_of_another_alphabet(self, gap: Gap, text: str) -> None:
        found = pool(gap)
        assert not found.admits(text)
        found.add_masked([fill(text)])
        found.add_causal([fill(text)])
        assert texts(found) == []

    @pytest.mark.parametrize(
        ("gap", "text"),
        [
            (GAP, "café"),
            (GAP, "naïve façade"),
            (GAP, "door"),
            (GAP, "room 12"),
            (Gap(left="She said дверь and opened the ", right="."), "дверь"),
            (Gap(left="Она открыла ", right=" и вошла."), "дверь"),
            (Gap(left="Она открыла ", right=" и вошла."), "DVD"),
            (Gap(left="她打开了", right="，没有人说话。"), "那扇门"),
            (Gap(left="她打开了", right="，没有人说话。"), "DVD机"),
            (Gap(left="ドアを", right="た。"), "開け"),
        ],
    )
    def test_pool_admits_words_of_the_alphabets_of_the_text(self, gap: Gap, text: str) -> None:
        assert pool(gap).admits(text)


class TestEchoes:
    @pytest.mark.parametrize("text", ["old", "Old door", "door and", "the the door", "door door"])
    def test_is_repetition_of_neighbouring_and_doubled_words(self, text: str) -> None:
        assert is_repetition(text, GAP)

    @pytest.mark.parametrize("text", ["door", "older door", "and the door", "andes"])
    def test_is_repetition_not_of_other_words(self, text: str) -> None:
        assert not is_repetition(text, GAP)

    def test_is_repetition_not_of_a_glued_neighbour(self) -> None:
        assert not is_repetition("un", Gap(left="un", right=" happy"))

    def test_is_repetition_not_of_doubled_chinese(self) -> None:
        assert not is_repetition("慢慢", Gap(left="月亮", right="升起来了。"))
        assert is_repetition("月亮", Gap(left="月亮", right="升起来了。"))


class TestPool:
    def test_doubles_join_and_the_cased_form_wins(self) -> None:
        found = pool()
        found.add_masked([fill("paris", score=2.0), fill("door", score=1.0)])
        found.add_causal([fill("Paris", 2, score=-9.0), fill("PARIS", 3, score=-12.0)])
        best = {candidate.text: candidate for candidate in found.best(10)}
        assert set(best) == {"Paris", "door"}
        assert best["Paris"].log_p_left == -9.0
        assert best["Paris"].masked_margin == 0.0
        assert best["door"].log_p_left is None
        assert best["door"].masked_margin == -1.0

    def test_pool_leaves_out_what_may_not_be_shown(self) -> None:
        found = pool()
        found.add_masked([fill(text) for text in ("ugly thing", "the — door", "old", "door (of", "...", "gate")])
        assert texts(found) == ["gate"]

    @pytest.mark.parametrize(
        ("text", "left", "right"),
        [
            ("doоr", "She opened the ", "."),  # a Cyrillic letter
            ("ключ", "She took the ", "."),
            ("key月", "She took the ", "."),
            ("m²", "She measured ", "."),
            ("ор", "She opened the do", "."),
            ("λ", "The old δράκων and the dr", "gon slept."),
        ],
    )
    def test_pool_leaves_out_a_scrap_of_another_alphabet_from_the_causal_model(
        self, text: str, left: str, right: str
    ) -> None:
        found = pool(Gap(left=left, right=right))
        found.add_causal([fill(text), fill("a")])
        assert texts(found) == ["a"]

    @pytest.mark.parametrize(
        ("text", "left", "right"),
        [
            ("café", "They met in the ", "."),
            ("дракон", "Старый ", " спал."),
            ("Tokyo", "他去了", "。"),
            ("食べた", "猫が魚を", "。"),
            ("room 7b", "She went to ", "."),
        ],
    )
    def test_alphabets_that_the_text_has_and_latin_words_may_stand(self, text: str, left: str, right: str) -> None:
        found = pool(Gap(left=left, right=right))
        found.add_causal([fill(text)])
        assert texts(found) == [text]

    def test_pool_begins_a_sentence_with_a_capital_whoever_proposes(self) -> None:
        found = pool(Gap(left="“Come here.”\n\n", right=" ran."))
        found.add_masked([fill("Anna")])
        found.add_causal([fill("he", score=-4.0)])
        assert set(texts(found)) == {"Anna", "He"}

    def test_pool_keeps_to_the_numbers_of_words(self) -> None:
        found = pool(words=(2,))
        found.add_masked([fill("door"), fill("big door", 2), fill("door of the cell", 4)])
        found.add_causal([fill("heavy wooden", 2), fill("heavy", 1)])
        assert set(texts(found)) == {"big door", "heavy wooden"}

    def test_pool_puts_the_most_promising_first_whoever_proposes_them(self) -> None:
        found = pool()
        found.add_masked([fill("lid", score=0.0), fill("gate", score=-2.0), fill("key", score=-1.0)])
        found.add_causal([fill("gate", score=-4.0), fill("lid", score=-9.0), fill("tower room", 2, score=-3.0)])
        # log p + half of how far behind the masked model's best; what one model does not know counts as its floor.
        best = {candidate.text: candidate.rough_score() for candidate in found.best(10)}
        assert best["tower room"] == -3.0 + MASKED_WEIGHT * MASKED_FLOOR
        assert best["gate"] == -4.0 + MASKED_WEIGHT * -2.0
        assert list(best.values()) == sorted(best.values(), reverse=True)
        assert texts(found)[-1] == "key"

    def test_pool_gives_no_more_than_asked_for(self) -> None:
        found = pool()
        found.add_causal([fill(f"m{chr(97 + n)}", score=-n) for n in range(24)])
        assert [candidate.text for candidate in found.best(3)] == ["ma", "mb", "mc"]

    def test_pool_leaves_out_those_without_hope_beyond_the_first(self) -> None:
        found = pool()
        found.add_causal([fill(f"m{chr(97 + n)}", score=-2.0 * n) for n in range(10)])
        assert [candidate.text for candidate in found.best(8, within=5.0)] == ["ma", "mb", "mc"]
        assert [candidate.text for candidate in found.best(8, sure=4, within=5.0)] == ["ma", "mb", "mc", "md"]
        assert len(found.best(8, sure=4, within=50.0)) == 8
        found.add_causal([fill("big red hat", score=-40.0)])
        assert found.best(8, of_each=1, within=5.0)[-1].text == "big red hat"

    def test_pool_has_the_best_of_each_number_of_words_among_the_best(self) -> None:
        found = pool()
        found.add_causal([fill(f"m{letter}", score=-1.0) for letter in "abcd"])
        found.add_causal([fill(f"red m{letter}", score=-5.0 - at) for at, letter in enumerate("abc")])
        found.add_causal([fill("big red hat", score=-9.0)])
        named = [candidate.text for candidate in found.best(3, of_each=2)]
        assert named == ["ma", "mb", "mc", "red ma", "red mb", "big red hat"]


class TestReadingAgain:
    """Which candidates of a further blank are read behind the fills of the surer ones."""

    RANKED = tuple(
        Ranked(candidate=Candidate(text), confidence=0.1, score=-float(place))
        for place, text in enumerate(
            ["sea", "sea of", "lake", "of the sea", "the sea", "seas", "my sea", "sea and", "a sea"]
        )
    )

    def test_candidates_worth_scoring_again_are_the_best_where_they_repeat_nothing(self) -> None:
        gap = Gap(left="The old ", right=" was blue.")
        found = worth_scoring_again(self.RANKED, pool(gap), Repeats(gap))
        assert [candidate.text for candidate in found] == [each.candidate.text for each in self.RANKED[:AGAIN]]

    def test_candidates_from_farther_back_come_where_all_stammer(self) -> None:
        written = Gap(left=f"{BLANK} of {BLANK} ", right=" was blue.")
        filled = Gap(left="The sea of the sea ", right=" was blue.")
        behind = pool(written)
        behind.add_masked([fill(text) for text in ("sea", "sky", "moon", "water")])
        found = [candidate.text for candidate in worth_scoring_again(self.RANKED, behind, Repeats(written, filled))]
        assert found[:4] == ["lake", "sky", "moon", "water"]
        assert len(found) == AGAIN
