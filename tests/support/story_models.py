"""Tiny story models of the classes that hosts name, as folders, as GGUF files, and as OpenVINO folders.

They know any text (byte-level BPE; Gemma's has pieces and bytes) and have learnt the invented sentences for a moment.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from bot.worker.causal.openvino_model import prepare
from bot.worker.weights.model import ResolvedModel
from tests.support.gguf_files import ARCHITECTURES, write_gguf
from tests.support.models import byte_fallback_tokenizer, byte_level_tokenizer, learn_to_continue, save, wrap

KINDS = ("llama", "qwen2", "qwen3", "gemma", "gemma3", "gpt2")
"""The classes that can be made."""
AS_GGUF = tuple(kind for kind in KINDS if kind in ARCHITECTURES)
"""Those that transformers or OpenVINO GenAI can read as GGUF (Gemma 1 is read by neither)."""
AS_OPENVINO = ("llama", "qwen2", "qwen3")
"""Those that OpenVINO GenAI makes a graph of by itself; of the others an exporter would have to make one."""
_END = "<|endoftext|>"
_GEMMA = ("<pad>", "<eos>", "<bos>", "<unk>")


def make_folder(kind: str, folder: Path) -> Path:
    """Make a model as transformers saves it, and return its folder."""
    model, tokenizer = _trained(kind)
    return save(model, _wrapped(kind, tokenizer), folder)


def make_gguf(kind: str, folder: Path, name: str = "tiny-q4_1.gguf", *, steps: int = 80) -> Path:
    """Make a model as a GGUF file in `folder`, and return the file. With 0 `steps` it has learnt nothing."""
    model, tokenizer = _trained(kind, steps)
    write_gguf(model, tokenizer, folder / name, kind)
    return folder / name


def make_openvino(kind: str, folder: Path) -> Path:
    """Make a model as an OpenVINO folder (8-bit weights), and return the folder. What OpenVINO needs lies in `scratch`
    beside it for a moment."""
    model, tokenizer = _trained(kind)
    scratch = folder.with_name(f"{folder.name}-scratch")
    file = make_gguf(kind, scratch)
    resolved = ResolvedModel(role="causal", name="tiny", revision="made", folder=scratch, gguf=file)
    prepared = prepare(resolved, scratch / "cache")
    folder.mkdir(parents=True)
    for part in ("openvino_model.xml", "openvino_model.bin"):
        shutil.copy(prepared.folder / part, folder)
    _wrapped(kind, tokenizer).save_pretrained(folder)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    shutil.rmtree(scratch)
    return folder


@cache
def _trained(kind: str, steps: int = 80) -> tuple[PreTrainedModel, Tokenizer]:
    gemma = kind.startswith("gemma")
    tokenizer = byte_fallback_tokenizer(*_GEMMA, first="<bos>") if gemma else byte_level_tokenizer()
    torch.manual_seed(0)
    model = _model(kind, tokenizer.get_vocab_size())
    learn_to_continue(model, tokenizer, end=1 if gemma else 0, steps=steps)
    return model, tokenizer


def _wrapped(kind: str, tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    if kind.startswith("gemma"):
        pad, end, begin, unknown = _GEMMA
        return wrap(tokenizer, 256, pad_token=pad, eos_token=end, bos_token=begin, unk_token=unknown)
    return wrap(tokenizer, 256, bos_token=_END, eos_token=_END)


def _model(kind: str, size: int) -> PreTrainedModel:
    begin, end, pad = (2, 1, 0) if kind.startswith("gemma") else (0, 0, None)
    ends: dict[str, Any] = {"bos_token_id": begin, "eos_token_id": end, "pad_token_id": pad}
    if kind == "gpt2":
        still: dict[str, Any] = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        return GPT2LMHeadModel(
            GPT2Config(vocab_size=size, n_positions=1024, n_embd=64, n_layer=2, n_head=4, **still, **ends)
        )
    shape: dict[str, Any] = {
        "vocab_size": size,
        "max_position_embeddings": 256,
        "hidden_size": 128,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        **ends,
    }
    if kind == "llama":
        return LlamaForCausalLM(LlamaConfig(**shape))
    if kind == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**shape))
    if kind == "qwen3":
        return Qwen3ForCausalLM(Qwen3Config(**shape, head_dim=32))
    if kind == "gemma":
        return GemmaForCausalLM(GemmaConfig(**shape, head_dim=32))
    return Gemma3ForCausalLM(Gemma3TextConfig(**shape, head_dim=32, sliding_window=64))
