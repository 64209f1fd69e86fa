"""What may stand in a blank and what may not."""

from __future__ import annotations

import pytest

from bot.inference.engine import Continuation, Fill, Gap, Receipt
from bot.inference.words import split_words
from bot.writing.pool import Pool, beginnings, is_echo

GAP = Gap(left="She opened the old ", right=" and looked inside.")
RECEIPT = Receipt(
    engine="torch", model="m", revision="r", seed=1, mood="open", sampling=None, prompt_sha256="", prompt_tokens=1
)


def row(text: str, number: int = 0, finish: str = "length") -> Continuation:
    assert finish in {"length", "end"}
    return Continuation(row=number, text=text, tokens=6, finish="end" if finish == "end" else "length", receipt=RECEIPT)


def fill(text: str, masks: int = 1, score: float = 0.0) -> Fill:
    return Fill(text=text, masks=masks, score=score, source="beam")


def pool(gap: Gap = GAP, words: int | None = None) -> Pool:
    return Pool(gap, words, lambda text: "ugly" not in text)


def texts(pool: Pool) -> list[str]:
    return [candidate.text for candidate in pool.best(100)]


class TestBeginnings:
    def test_one_to_four_words_and_no_unfinished_last_one(self) -> None:
        assert beginnings(" wooden door to the cell", GAP, None, whole=False) == [
            "wooden",
            "wooden door",
            "wooden door to",
            "wooden door to the",
        ]
        assert beginnings(" wooden do", GAP, None, whole=False) == ["wooden"]

    def test_a_hint_gives_so_many_words(self) -> None:
        assert beginnings(" wooden door to the cell", GAP, 3, whole=False) == ["wooden door to"]
        assert beginnings(" wooden door", GAP, 3, whole=True) == []

    def test_marks_at_the_end_fall_off(self) -> None:
        assert beginnings(" door, and then he", GAP, 1, whole=False) == ["door"]
        assert beginnings(" door. The fox", GAP, None, whole=False)[0] == "door"

    @pytest.mark.parametrize("text", ["ory of it all", ", which was", ' "Who are you', "\n\nThe fox", "", "   "])
    def test_what_cannot_begin_there(self, text: str) -> None:
        assert beginnings(text, GAP, None, whole=False) == []

    def test_a_glued_blank_wants_no_space(self) -> None:
        glued = Gap(left="She was un", right=" of it.")
        assert beginnings("aware of it", glued, 1, whole=False) == ["aware"]
        assert beginnings(" aware of it", glued, 1, whole=False) == []

    def test_a_long_fill_that_meets_the_right_text(self) -> None:
        gap = Gap(left="She opened the ", right=", which was locked.")
        found = beginnings(" heavy wooden door of the cell, which", gap, None, whole=False)
        assert "heavy wooden door of the cell" in found

    def test_chinese_has_no_spaces(self) -> None:
        gap = Gap(left="她打开了那扇", right="，走了进去。")
        assert beginnings("旧门，然后", gap, 2, whole=False) == ["旧门"]


class TestEchoes:
    @pytest.mark.parametrize("text", ["old", "Old door", "door and", "the the door", "door door"])
    def test_neighbouring_and_doubled_words(self, text: str) -> None:
        assert is_echo(text, GAP)

    @pytest.mark.parametrize("text", ["door", "older door", "and the door", "andes"])
    def test_other_words(self, text: str) -> None:
        assert not is_echo(text, GAP)

    def test_a_glued_neighbour_is_no_word(self) -> None:
        assert not is_echo("un", Gap(left="un", right=" happy"))

    def test_chinese_may_double(self) -> None:
        assert not is_echo("慢慢", Gap(left="月亮", right="升起来了。"))
        assert is_echo("月亮", Gap(left="月亮", right="升起来了。"))


class TestPool:
    def test_doubles_join_and_the_cased_form_wins(self) -> None:
        found = pool()
        found.add_fills([fill("paris", score=2.0), fill("door", score=1.0)])
        found.add_continuations([row(" Paris gate"), row(" Paris gate", 1)])
        best = {candidate.text: candidate for candidate in found.best(10)}
        assert "paris" not in best
        assert best["Paris"].drawn == 2
        assert best["Paris"].masked == 0
        assert best["door"].drawn == 0

    def test_what_may_not_be_shown_is_left_out(self) -> None:
        found = pool()
        found.add_fills([fill(text) for text in ("ugly thing", "the — door", "old", "door (of", "...", "gate")])
        assert texts(found) == ["gate"]

    def test_a_sentence_begins_with_a_capital_whoever_proposes(self) -> None:
        found = pool(Gap(left="“Come here.”\n\n", right=" ran."))
        found.add_fills([fill("Anna")])
        found.add_continuations([row("he went home")])
        assert {"Anna", "He"} <= set(texts(found))

    def test_a_hint_is_kept(self) -> None:
        found = pool(words=2)
        found.add_fills([fill("door"), fill("big door", 2), fill("door of the cell", 4)])
        found.add_continuations([row(" heavy wooden door of")])
        assert all(len(split_words(text)) == 2 for text in texts(found))
        assert set(texts(found)) == {"big door", "heavy wooden"}

    def test_the_shortlist_takes_from_both_models(self) -> None:
        found = pool()
        found.add_fills([fill(f"m{chr(97 + n)}", score=-n) for n in range(24)])
        found.add_fills([fill(f"the m{chr(97 + n)}", 2, score=-n) for n in range(8)])
        found.add_continuations([row(f" c{chr(97 + n)} x", n) for n in range(20)])
        found.add_continuations([row(" often x", n) for n in range(5)])
        best = [candidate.text for candidate in found.best(16)]
        assert {"ma", "mb", "often"} <= set(best)
        more = [candidate.text for candidate in found.best(60)]
        assert sum(text.startswith("m") for text in more) == 24
        assert sum(text.startswith("c") for text in more) == 20
        assert "the ma" in more
