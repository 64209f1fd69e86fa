"""From a sentence encoder to a masked language model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, BertModel, PreTrainedTokenizerBase

from bot.worker.masked.loading import load_masked
from training.corpus import Windows
from training.masked.masking import MaskedBatch, SpecialIds


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`special`: the ids of [CLS], [SEP] and [MASK]; `continuation`: for each id, whether it is a word's later
    piece (`##`)."""

    special: SpecialIds
    continuation: NDArray[np.bool_]


def vocabulary_of(tokenizer: PreTrainedTokenizerBase) -> Vocabulary:
    """What masking needs to know of a WordPiece tokenizer."""
    ids = tokenizer.get_vocab()
    continuation = np.zeros(len(ids), dtype=np.bool_)
    continuation[[number for piece, number in ids.items() if piece.startswith("##")]] = True
    return Vocabulary(
        special=SpecialIds(cls=ids["[CLS]"], sep=ids["[SEP]"], mask=ids["[MASK]"]), continuation=continuation
    )


def masked_config(folder: Path) -> BertConfig:
    """The configuration of the encoder in `folder`, for a masked language model with a tied head, without dropout (see
    `set_dropout`)."""
    config = BertConfig.from_pretrained(folder)
    config.architectures = ["BertForMaskedLM"]
    config.tie_word_embeddings = True
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    return config


def from_encoder(folder: Path, windows: Windows) -> BertForMaskedLM:
    """The encoder in `folder` with a fresh MLM head, tied to its word embeddings.

    The head's transform starts as the identity (then layer norm), so that a position's logits are at first its
    likeness to each word's embedding; the bias starts at the log of the smoothed unigram frequencies.
    """
    config = masked_config(folder)
    model = BertForMaskedLM(config)
    encoder = BertModel.from_pretrained(folder, add_pooling_layer=False)
    model.bert.load_state_dict(encoder.state_dict())
    model.tie_weights()
    counts = np.bincount(np.asarray(windows).ravel(), minlength=config.vocab_size) + 0.5
    head = model.cls.predictions
    with torch.no_grad():
        torch.nn.init.eye_(head.transform.dense.weight)
        torch.nn.init.zeros_(head.transform.dense.bias)
        head.bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))
    return model


def from_masked(folder: Path) -> BertForMaskedLM:
    """The masked model of an earlier run, to go on from: without dropout, in float32."""
    model = load_masked(folder, torch.float32)
    assert isinstance(model, BertForMaskedLM), "an earlier run exported it"
    set_dropout(model, 0.0)
    return model


def set_dropout(model: BertForMaskedLM, share: float) -> None:
    """Drop `share` of what the embeddings and each sublayer give; the attention's own weights are never dropped.

    A run that sees each window about once needs none, and on a CPU drawing it took an eighth of a step.
    """
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0 if name.endswith("attention.self.dropout") else share


def masked_logits(model: BertForMaskedLM, hidden: Tensor, places: Tensor) -> Tensor:
    """Logits (places, vocabulary) at flat positions of `hidden` (rows, window, size) only: the head is a
    third of the work if it is computed everywhere."""
    chosen = hidden.reshape(-1, hidden.shape[-1])[places]
    logits: Tensor = model.cls(chosen)
    return logits.float()


def to_tensors(batch: MaskedBatch, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """`inputs`, `places`, `targets` of a batch as int64 tensors."""
    return (
        torch.from_numpy(batch.inputs).to(device),
        torch.from_numpy(batch.places).to(device),
        torch.from_numpy(batch.targets).to(device),
    )
