"""The masked model with every tokenizer family: proposals, pseudo-log-likelihoods, vectors, and broken folders."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertModel

from bot.errors import WeightsError
from bot.inference.protocol import Fill, Gap, ProposeRequest, ScoreItem
from bot.rules.text.words import has_han
from bot.worker.masked.beam import Row
from bot.worker.masked.model import MaskedModel, open_masked
from bot.worker.weights.model import ResolvedModel
from tests.support.masked_models import make
from tests.support.models import tiny_bert
from tests.support.works import finish

OTHERS = ("roberta", "modernbert", "xlm-roberta", "distilbert", "chinese-bert")
LEFT, RIGHT = "The fox opened the ", " near the harbour, and nobody spoke."


def opened(folder: Path) -> MaskedModel:
    model = ResolvedModel(role="masked", name="tiny", revision="1", folder=folder)
    return open_masked(model, device="cpu", dtype="float32")


def request(
    *gaps: Gap, lengths: tuple[int, ...] = (1, 2, 3, 4), beam: int = 6, samples: int = 3, seed: int = 1
) -> ProposeRequest:
    return ProposeRequest(gaps=gaps, lengths=lengths, beam=beam, samples=samples, seed=seed)


def propose(model: MaskedModel, gap: Gap) -> list[Fill]:
    ((fills,), _) = finish(model.propose(request(gap)))
    return fills


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def bert(bert_folder: Path) -> MaskedModel:
    return opened(bert_folder)


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MaskedModel:
    return opened(make(request.param, tmp_path_factory.mktemp(request.param)))


class TestProposals:
    def test_proposals_of_all_lengths_and_gaps_run_side_by_side(self, bert: MaskedModel) -> None:
        gaps = (Gap(left=LEFT, right=RIGHT), Gap(left="", right=" sang to the moon"))
        answers, passes = finish(bert.propose(request(*gaps)))
        assert len(answers) == 2
        assert passes <= 8
        for fills in answers:
            assert {fill.masks for fill in fills} == {1, 2, 3, 4}

    def test_fills_are_words_without_marks_or_special_tokens(self, bert: MaskedModel) -> None:
        for fill in propose(bert, Gap(left=LEFT, right=RIGHT)):
            assert re.fullmatch(r"[A-Za-z]+(?:[ ,'-]+[A-Za-z]+)*", fill.text), fill.text

    def test_proposals_begin_with_what_the_model_learnt(self, bert: MaskedModel) -> None:
        fills = propose(bert, Gap(left="A girl lost a silver ", right=" under the hill, and the rain began."))
        assert next(fill.text for fill in fills if fill.masks == 1) == "key"

    def test_beam_of_one_mask_is_the_models_order(self, bert: MaskedModel, bert_folder: Path) -> None:
        fills = [f for f in propose(bert, Gap(left=LEFT, right=RIGHT)) if f.masks == 1 and f.source == "beam"]
        tokenizer = AutoTokenizer.from_pretrained(bert_folder)
        ids = tokenizer(LEFT + "[MASK]" + RIGHT, return_tensors="pt")
        place = ids["input_ids"][0].tolist().index(tokenizer.mask_token_id)
        with torch.inference_mode():
            table = AutoModelForMaskedLM.from_pretrained(bert_folder)(**ids).logits[0, place].log_softmax(-1)
        whole = [i for t, i in tokenizer.get_vocab().items() if re.fullmatch("[a-z]+", t)]
        best = sorted(whole, key=lambda index: -float(table[index]))[:6]
        assert [fill.text for fill in fills] == tokenizer.convert_ids_to_tokens(best)
        for fill, index in zip(fills, best, strict=True):
            assert fill.score == pytest.approx(float(table[index] - table[tokenizer.mask_token_id]), abs=1e-4)

    def test_scores_of_longer_beams_are_ratios_to_the_masks(self, bert: MaskedModel, bert_folder: Path) -> None:
        """The score of a two-mask fill is the telescope over some order of filling (Hammersley–Clifford–Besag)."""
        tokenizer = AutoTokenizer.from_pretrained(bert_folder)
        model = AutoModelForMaskedLM.from_pretrained(bert_folder)
        mask = tokenizer.mask_token_id

        def gain(middle: list[int], place: int, index: int) -> float:
            ids = tokenizer(LEFT.strip(), add_special_tokens=False)["input_ids"]
            after = tokenizer(RIGHT, add_special_tokens=False)["input_ids"]
            row = [tokenizer.cls_token_id, *ids, *middle, *after, tokenizer.sep_token_id]
            with torch.inference_mode():
                table = model(torch.tensor([row])).logits[0, 1 + len(ids) + place].log_softmax(-1)
            return float(table[index] - table[mask])

        fills = [f for f in propose(bert, Gap(left=LEFT, right=RIGHT)) if f.masks == 2 and f.source == "beam"]
        assert fills == sorted(fills, key=lambda fill: -fill.score)
        for fill in fills:
            a, b = tokenizer(fill.text, add_special_tokens=False)["input_ids"]
            orders = (
                gain([mask, mask], 0, a) + gain([a, mask], 1, b),
                gain([mask, mask], 1, b) + gain([mask, b], 0, a),
            )
            assert any(fill.score == pytest.approx(order, abs=1e-3) for order in orders)

    def test_proposals_repeat_with_their_seed(self, bert: MaskedModel) -> None:
        gap = Gap(left=LEFT, right=RIGHT)
        first, _ = finish(bert.propose(request(gap, samples=8, seed=5)))
        again, _ = finish(bert.propose(request(gap, samples=8, seed=5)))
        other, _ = finish(bert.propose(request(gap, samples=8, seed=6)))
        assert first == again
        assert first != other

    def test_proposals_complete_a_word_that_begins_before_the_blank(self, bert: MaskedModel) -> None:
        singles = [f for f in propose(bert, Gap(left="The lan", right=" was gone")) if f.masks == 1]
        vocabulary = {fill.text for fill in singles}
        assert vocabulary
        assert not vocabulary & {"the", "fox", "door", "harbour"}

    def test_text_of_four_thousand_characters_is_windowed(self, bert: MaskedModel) -> None:
        gap = Gap(left="The river crossed the bridge. " * 130 + LEFT, right=RIGHT + " A girl sang." * 200)
        near = Gap(left="The river crossed the bridge. " * 40 + LEFT, right=RIGHT + " A girl sang." * 60)
        assert [f.text for f in propose(bert, gap)] == [f.text for f in propose(bert, near)]

    def test_proposals_for_four_thousand_characters_without_a_space(self, bert: MaskedModel) -> None:
        fills = propose(bert, Gap(left="x" * 2000 + " ", right=" " + "y" * 2000))
        assert {fill.masks for fill in fills} == {1, 2, 3, 4}

    def test_capitals_at_a_sentence_start_and_of_names(self, bert: MaskedModel) -> None:
        fills = propose(bert, Gap(left="The rain began. ", right=" sang to the moon."))
        assert fills
        assert all(fill.text[0].isupper() for fill in fills)
        named = propose(bert, Gap(left="The keeper saw Fox and the ", right=" Fox sang."))
        assert all("fox" not in fill.text for fill in named)

    def test_proposals_take_special_tokens_in_a_text_as_text(self, bert: MaskedModel) -> None:
        plain = propose(bert, Gap(left="The fox, sep, opened the ", right=RIGHT))
        spelt = propose(bert, Gap(left="The fox [SEP] [PAD] opened the ", right=RIGHT))
        assert spelt
        assert [fill.score for fill in plain] != [fill.score for fill in spelt]


class TestOtherTokenizers:
    def test_fills_join_their_text(self, other: MaskedModel) -> None:
        for left, right in ((LEFT, RIGHT), ("", " found a lantern"), ("“", " ran home,” said the fox.")):
            fills = propose(other, Gap(left=left, right=right))
            assert fills
            for fill in fills:
                assert fill.text == fill.text.strip()
                assert fill.text[0].isalnum()
                assert fill.text[-1].isalnum()
                assert not re.search(r"##|Ġ|▁|\ufffd|<|\[|unused", fill.text), fill.text

    def test_spaces_are_as_the_blank_has_them(self, other: MaskedModel) -> None:
        spaced = {f.text for f in propose(other, Gap(left="The fox opened the ", right=" and ran"))}
        glued = {f.text for f in propose(other, Gap(left="The fox opened the la", right=" and ran"))}
        assert spaced
        assert glued
        assert spaced != glued

    def test_pll_adds_up_over_tokens(self, other: MaskedModel) -> None:
        items = [ScoreItem(left=LEFT, asked="door and the lantern", right=RIGHT), ScoreItem(left="", asked="A")]
        scores, _ = finish(other.score(items))
        assert [len(words) for words in scores] == [4, 1]
        assert all(value < 0 for words in scores for value in words)

    def test_vectors_have_length_one(self, other: MaskedModel) -> None:
        vectors, _ = finish(other.embed(["the fox", "", "月亮", "x" * 5000]))
        for vector in vectors:
            assert sum(value * value for value in vector) == pytest.approx(1.0, abs=1e-3)


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> MaskedModel:
    return opened(make("chinese-bert", tmp_path_factory.mktemp("chinese")))


class TestChinese:
    def test_characters_join_without_spaces(self, chinese: MaskedModel) -> None:
        fills = propose(chinese, Gap(left="她打开了那扇", right="，没有人说话。"))
        assert fills
        for fill in fills:
            if all(has_han(char) for char in fill.text if char != " "):
                assert len(fill.text) == fill.masks
                assert " " not in fill.text

    def test_chinese_characters_are_words_of_their_own(self, chinese: MaskedModel) -> None:
        ((words,), _) = finish(chinese.score([ScoreItem(left="她打开了那扇", asked="旧门", right="。")]))
        assert len(words) == 2


class TestScores:
    def test_pll_word_l2r_against_its_definition(self, bert: MaskedModel, bert_folder: Path) -> None:
        """Kauf & Ivanova 2023: a token is predicted with itself and the later tokens of its word masked."""
        tokenizer = AutoTokenizer.from_pretrained(bert_folder)
        model = AutoModelForMaskedLM.from_pretrained(bert_folder)
        asked = "unheard lantern"
        coded = tokenizer(LEFT + asked + RIGHT, return_offsets_mapping=True)
        ids, words = coded["input_ids"], coded.word_ids()
        expected = [0.0, 0.0]
        for at, (start, end) in enumerate(coded["offset_mapping"]):
            if words[at] is None or not len(LEFT) <= start < len(LEFT + asked):
                continue
            row = [
                tokenizer.mask_token_id if place >= at and words[place] == words[at] else index
                for place, index in enumerate(ids)
            ]
            with torch.inference_mode():
                table = model(torch.tensor([row])).logits[0, at].log_softmax(-1)
            expected[0 if end <= len(LEFT) + len("unheard") else 1] += float(table[ids[at]])
        assert len(tokenizer.tokenize("unheard")) > 1
        ((scores,), _) = finish(bert.score([ScoreItem(left=LEFT, asked=asked, right=RIGHT)]))
        assert scores == pytest.approx(expected, abs=1e-4)

    def test_batches_do_not_change_a_score(self, bert: MaskedModel) -> None:
        items = [
            ScoreItem(left=LEFT * (1 + n % 3), asked="lantern", right=f" {'fox' * (n // 8)} {'door' * (n % 8)}{RIGHT}")
            for n in range(200)
        ]
        together, passes = finish(bert.score(items))
        alone = [finish(bert.score([item]))[0][0] for item in items[:6]]
        assert passes > 1
        for ours, theirs in zip(together, alone, strict=False):
            assert ours == pytest.approx(theirs, abs=1e-4)

    def test_row_of_which_several_things_are_asked_is_run_once(
        self, bert: MaskedModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows: list[int] = []
        run = bert._log_probs

        def counted(batch: Sequence[Row]) -> list[Tensor]:
            rows.append(len(batch))
            return run(batch)

        words = ["door", "harbour", "lantern", "the door"]
        with monkeypatch.context() as patch:
            patch.setattr(bert, "_log_probs", counted)
            together, _ = finish(bert.score([ScoreItem(left=LEFT, asked=word, right=RIGHT) for word in words]))
        pieces = [len(bert._pieces.encode(word).ids) for word in words]
        assert sum(rows) == 1 + sum(number for number in pieces if number > 1)
        alone = [finish(bert.score([ScoreItem(left=LEFT, asked=word, right=RIGHT)]))[0][0] for word in words]
        assert together == [pytest.approx(scores, abs=1e-4) for scores in alone]

    def test_score_counts_the_text_on_both_sides(self, bert: MaskedModel) -> None:
        fits = ScoreItem(left="A girl lost a silver ", asked="key", right=" under the hill, and the rain began.")
        not_so = ScoreItem(left="A girl crossed the ", asked="key", right=" under the hill, and the rain began.")
        scores, _ = finish(bert.score([fits, not_so]))
        assert scores[0][0] > scores[1][0] + 1

    def test_asked_text_that_is_long_is_scored_in_windows(self, bert: MaskedModel) -> None:
        ((scores,), _) = finish(bert.score([ScoreItem(left="", asked="The fox opened the door. " * 40)]))
        assert len(scores) == 200
        assert all(value < 0 for value in scores)


class TestOpening:
    def test_model_info(self, bert: MaskedModel) -> None:
        assert bert.info.role == "masked"
        assert bert.info.window == 126

    def test_opening_a_missing_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="tiny"):
            opened(tmp_path / "nowhere")

    def test_opening_weights_that_are_cut_short_is_refused(self, bert_folder: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(bert_folder, tmp_path / "cut"))
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:5000])
        with pytest.raises(WeightsError, match="MASKED_MODEL"):
            opened(folder)

    def test_encoder_without_a_head(self, bert_folder: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(bert_folder, tmp_path / "headless"))
        BertModel(BertConfig.from_pretrained(folder)).save_pretrained(folder)
        with pytest.raises(WeightsError, match="lacks"):
            opened(folder)
