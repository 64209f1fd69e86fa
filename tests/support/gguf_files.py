"""Writes tiny models as GGUF files, as llama.cpp's converter does: matrices in Q4_1, embeddings in Q8_0, the rest in
float32."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from tokenizers import Tokenizer
from transformers import PreTrainedModel

ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gemma3": gguf.MODEL_ARCH.GEMMA3,
    "gpt2": gguf.MODEL_ARCH.GPT2,
}
"""What a GGUF file calls the classes of models that can be written here."""
_SPECIAL = {"bos": "<bos>", "eos": "<eos>", "unk": "<unk>", "pad": "<pad>"}
_TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")


def write_gguf(model: PreTrainedModel, tokenizer: Tokenizer, path: Path, architecture: str = "llama") -> None:
    """Write a model and its tokenizer as one GGUF file (byte-level BPE, or pieces and bytes)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    config = model.config
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_1)
    if architecture == "gpt2":
        writer.add_feed_forward_length(4 * config.hidden_size)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
    else:
        _add_rotary(writer, config, architecture)
    _add_tokenizer(writer, tokenizer)
    names = gguf.get_tensor_name_map(ARCHITECTURES[architecture], config.num_hidden_layers)
    for name, parameter in model.named_parameters():
        values = _arranged(name, parameter.detach().float().numpy(), config, architecture)
        kind = gguf.GGMLQuantizationType.F32
        if values.ndim == 2 and "wpe" not in name:
            embedding = "embed_tokens" in name or "wte" in name
            kind = gguf.GGMLQuantizationType.Q8_0 if embedding else gguf.GGMLQuantizationType.Q4_1
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(str(target), gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_rotary(writer: gguf.GGUFWriter, config: Any, architecture: str) -> None:
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count_kv(config.num_key_value_heads or config.num_attention_heads)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head)
    if architecture in ("qwen3", "gemma3"):
        writer.add_key_length(head)
        writer.add_value_length(head)
    if architecture == "gemma3":
        writer.add_sliding_window(config.sliding_window)


def _arranged(name: str, values: np.ndarray[Any, Any], config: Any, architecture: str) -> np.ndarray[Any, Any]:
    """Return the values as they lie in a GGUF file."""
    if architecture == "llama":
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
        for part, count in heads.items():
            if part in name:  # the rotary halves of a head lie interleaved
                rows = values.reshape(count, 2, values.shape[0] // count // 2, values.shape[1])
                values = rows.swapaxes(1, 2).reshape(values.shape)
    if architecture == "gemma3" and "norm" in name:
        return np.asarray(values + 1)
    if architecture == "gpt2" and name.endswith(_TRANSPOSED):
        return np.ascontiguousarray(values.T)
    return values


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    state = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(state["vocab"], key=state["vocab"].__getitem__)
    added = tokenizer.get_added_tokens_decoder()
    fallback = bool(state["byte_fallback"])
    writer.add_tokenizer_model("llama" if fallback else "gpt2")
    writer.add_tokenizer_pre("default" if fallback else "gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([_token_type(token, number in added) for number, token in enumerate(tokens)])
    if fallback:
        writer.add_token_scores([-float(number) for number in range(len(tokens))])
    else:
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in state["merges"]]
        writer.add_token_merges(merges)
    ids = {name: tokenizer.token_to_id(token) or 0 for name, token in _SPECIAL.items()}
    writer.add_bos_token_id(ids["bos"])
    writer.add_eos_token_id(ids["eos"])
    writer.add_unk_token_id(ids["unk"])
    writer.add_pad_token_id(ids["pad"])
    writer.add_add_bos_token(fallback)
    writer.add_add_space_prefix(False)


def _token_type(token: str, special: bool) -> int:
    if special:
        return int(gguf.TokenType.CONTROL)
    return int(gguf.TokenType.BYTE if token.startswith("<0x") else gguf.TokenType.NORMAL)
