"""Tiny masked models of the other tokenizer families, made on the spot.

Their tokenizers are real, trained on the invented sentences; their weights are random.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DistilBertConfig,
    DistilBertForMaskedLM,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from tests.support.models import sentences

_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"]
CHINESE = ("月亮慢慢升起来了", "她打开了那扇旧门", "我喜欢在河边看书", "狐狸跑进了黑暗的树林", "没有人说话", "天天下雨")


def make(kind: str, folder: Path) -> Path:
    """Make the tiny masked model `kind` in `folder`: `roberta`, `modernbert` (both byte-level), `xlm-roberta`
    (SentencePiece), `distilbert` (cased WordPiece) or `chinese-bert` (characters)."""
    torch.manual_seed(0)
    tokenizer = {
        "roberta": _byte_level,
        "modernbert": _byte_level,
        "xlm-roberta": _sentencepiece,
        "distilbert": _cased_wordpiece,
        "chinese-bert": _characters,
    }[kind]()
    size = tokenizer.get_vocab_size()
    model = _model(kind, size)
    bert = "[MASK]" in tokenizer.get_vocab()
    names = _BERT_SPECIAL if bert else _SPECIAL
    special = (
        {"pad_token": names[0], "unk_token": names[1], "cls_token": names[2], "sep_token": names[3]}
        if bert
        else {"bos_token": names[0], "pad_token": names[1], "eos_token": names[2], "unk_token": names[3]}
    )
    wrap: Any = PreTrainedTokenizerFast  # its constructor has no types
    wrapped = wrap(tokenizer_object=tokenizer, model_max_length=128, mask_token=names[4], **special)
    folder.mkdir(parents=True, exist_ok=True)
    wrapped.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def _model(kind: str, size: int) -> PreTrainedModel:
    shape: dict[str, Any] = {"vocab_size": size, "num_hidden_layers": 2, "num_attention_heads": 2}
    wide: dict[str, Any] = shape | {"hidden_size": 32, "intermediate_size": 64, "max_position_embeddings": 130}
    if kind == "roberta":
        return RobertaForMaskedLM(RobertaConfig(**wide, pad_token_id=1, bos_token_id=0, eos_token_id=2))
    if kind == "xlm-roberta":
        return XLMRobertaForMaskedLM(XLMRobertaConfig(**wide, pad_token_id=1, bos_token_id=0, eos_token_id=2))
    if kind == "modernbert":
        ends: dict[str, Any] = {
            "pad_token_id": 1,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "cls_token_id": 0,
            "sep_token_id": 2,
        }
        return ModernBertForMaskedLM(ModernBertConfig(**wide, **ends))
    if kind == "distilbert":
        narrow: dict[str, Any] = {"vocab_size": size, "n_layers": 2, "n_heads": 2, "dim": 32, "hidden_dim": 64}
        return DistilBertForMaskedLM(DistilBertConfig(**narrow, max_position_embeddings=130))
    return BertForMaskedLM(BertConfig(**wide))


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(sentences(), trainer)
    return tokenizer


def _sentencepiece() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=_SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator([*sentences(), *CHINESE * 9], trainer)
    return tokenizer


def _cased_wordpiece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=_BERT_SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(sentences(), trainer)
    return tokenizer


def _characters() -> Tokenizer:
    """Chinese BERT's kind: each Han character a piece, and `##` pieces for other scripts and, unused, for Han."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    han = dict.fromkeys("".join(CHINESE))
    pieces = [*_BERT_SPECIAL, *letters, *(f"##{c}" for c in letters), *han, *(f"##{c}" for c in han), "，", "。"]
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer
