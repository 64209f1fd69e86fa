"""Tiny real models of the classes that Inkling meets, made on the spot and saved to folders.

They have the real architectures, real tokenizers and weights trained for a moment on invented sentences, so
that what they write reads like words. Nothing here needs a network.

    tiny_gpt2(tmp_path / "gpt2")      GPT2LMHeadModel, absolute positions, byte-level BPE
    tiny_llama(tmp_path / "llama")    LlamaForCausalLM, rotary positions, BPE with byte fallback
    tiny_gguf(tmp_path / "gguf")      the same architecture as one quantised GGUF file, byte-level BPE
    tiny_bert(tmp_path / "bert")      BertForMaskedLM, uncased WordPiece
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from tests.support.gguf_files import write_gguf

_WHO = ("The fox", "A girl", "The keeper", "Old Marta", "The river", "My brother", "A sailor", "The queen")
_DID = ("opened the door", "found a lantern", "crossed the bridge", "sang to the moon", "lost a silver key")
_WHERE = ("near the harbour", "in the dark wood", "under the hill", "before the storm", "behind the mill")
_THEN = ("and nobody spoke.", "and the rain began.", "then ran home.", "but the light was gone.")


_CHINESE = (
    ("狐狸", "女孩", "守灯人", "老玛莎", "水手", "女王", "我哥哥", "渔夫"),
    ("打开了门，", "找到一盏灯，", "走过了桥，", "对着月亮唱歌，", "丢了一把银钥匙，"),
    ("在港口旁边，", "在黑暗的森林里，", "在山脚下，", "在暴风雨之前，", "在磨坊后面，"),
    ("没有人说话。", "雨开始下了。", "然后跑回家去。", "可是灯光不见了。"),
)


def chinese_sentences() -> list[str]:
    """Return invented sentences in Chinese, in a fixed mixed order."""
    every = ["".join(parts) for parts in product(*_CHINESE)]
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(1)).tolist()
    return [every[i] for i in order]


def sentences() -> list[str]:
    """Return the invented sentences that the tiny models learn: every combination, in a fixed mixed order."""
    every = [f"{a} {b} {c} {d}" for a in _WHO for b in _DID for c in _WHERE for d in _THEN]
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(1)).tolist()
    return [every[i] for i in order]


def tiny_gpt2(folder: Path, *, window: int = 256, seed: int = 0, texts: Sequence[str] | None = None) -> Path:
    """Make a tiny GPT-2 in `folder` (kept as it is when it is there already) and return the folder. It learns `texts`,
    or the sentences."""
    if (folder / "config.json").exists():
        return folder
    tokenizer = byte_level_tokenizer(texts)
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=window,
        n_embd=64,
        n_layer=2,
        n_head=4,
        bos_token_id=0,
        eos_token_id=0,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )
    model = GPT2LMHeadModel(config)
    learn_to_continue(model, tokenizer, end=0, texts=texts)
    return save(model, wrap(tokenizer, window, bos_token="<|endoftext|>", eos_token="<|endoftext|>"), folder)


def tiny_llama(folder: Path, *, window: int = 512, seed: int = 0) -> Path:
    """Make a tiny Llama in `folder` (kept as it is when it is there already) and return the folder."""
    if (folder / "config.json").exists():
        return folder
    tokenizer = byte_fallback_tokenizer("<unk>", "<s>", "</s>", first="<s>")
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=window,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=None,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    learn_to_continue(model, tokenizer, end=2)
    return save(model, wrap(tokenizer, window, unk_token="<unk>", bos_token="<s>", eos_token="</s>"), folder)


def tiny_gguf(folder: Path, *, window: int = 512, seed: int = 0) -> Path:
    """Make a tiny Llama as a Q4_1 GGUF file in `folder` (kept when it is there already) and return the file."""
    path = folder / "tiny.gguf"
    if path.exists():
        return path
    tokenizer = byte_level_tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=window,
        hidden_size=128,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    learn_to_continue(model, tokenizer, end=0)
    write_gguf(model, tokenizer, path)
    return path


def tiny_bert(folder: Path, *, window: int = 128, seed: int = 2) -> Path:
    """Make a tiny uncased BERT in `folder` (kept as it is when it is there already) and return the folder. What the
    tests ask of it, it learns from the default seed."""
    if (folder / "config.json").exists():
        return folder
    tokenizer = _wordpiece_tokenizer()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=window,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=0,
    )
    model = BertForMaskedLM(config)
    _learn_to_fill(model, tokenizer)
    return save(
        model,
        wrap(
            tokenizer,
            window,
            pad_token="[PAD]",
            unk_token="[UNK]",
            cls_token="[CLS]",
            sep_token="[SEP]",
            mask_token="[MASK]",
        ),
        folder,
    )


def byte_level_tokenizer(texts: Sequence[str] | None = None) -> Tokenizer:
    """GPT-2's kind: any text becomes tokens and comes back exactly; one character may be several tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts or sentences(), trainer)
    return tokenizer


def byte_fallback_tokenizer(*special: str, first: str) -> Tokenizer:
    """The kind of Llama and Gemma: pieces that begin with "▁", a token for each byte for all else, `first` before the
    text. `special` are its special tokens, "<unk>" among them."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=450,
        special_tokens=[*special, *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences(), trainer)
    # The byte tokens must be ordinary pieces: as special tokens they would be left out of texts.
    return _without_special_bytes(tokenizer, keep=special, first=first)


def _without_special_bytes(tokenizer: Tokenizer, *, keep: tuple[str, ...], first: str) -> Tokenizer:
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in keep]
    plain = Tokenizer.from_str(json.dumps(state))
    begin = (first, _special_id(plain, first))
    plain.post_processor = processors.TemplateProcessing(single=f"{first} $A", special_tokens=[begin])
    return plain


def _wordpiece_tokenizer() -> Tokenizer:
    """BERT's kind. The pieces are counted out and not trained: the trainer breaks ties differently from run to run, and
    the weights would be others with every run."""
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    texts = (normalizer.normalize_str(sentence) for sentence in sentences())
    words = sorted({word for text in texts for word, _ in splitter.pre_tokenize_str(text)})
    letters = sorted(set("".join(words)))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *letters, *(f"##{letter}" for letter in letters), *(word for word in words if len(word) > 1)]
    tokenizer = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(special)
    ends = [("[CLS]", _special_id(tokenizer, "[CLS]")), ("[SEP]", _special_id(tokenizer, "[SEP]"))]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return tokenizer


def _special_id(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    assert number is not None, token
    return number


def learn_to_continue(
    model: PreTrainedModel, tokenizer: Tokenizer, *, end: int, steps: int = 80, texts: Sequence[str] | None = None
) -> None:
    """Train for a moment on running text, in which a text's end is rare (every twelfth sentence). Sentences that end in
    a full stop of their own script need no space between them."""
    stream: list[int] = []
    for number, sentence in enumerate(texts or sentences()):
        text = sentence if number % 12 == 0 or sentence.endswith("。") else f" {sentence}"
        stream += tokenizer.encode(text, add_special_tokens=False).ids
        if number % 12 == 11:
            stream.append(end)
    ids = torch.tensor(stream[: len(stream) // 64 * 64]).view(-1, 64)
    for batch in _steps(model, ids, steps=steps):
        model(input_ids=batch, labels=batch).loss.backward()


def _learn_to_fill(model: PreTrainedModel, tokenizer: Tokenizer) -> None:
    """Train for a moment on sentences with about a third of the words masked."""
    tokenizer.enable_padding(length=32)
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(sentences())]
    tokenizer.no_padding()
    ids = torch.tensor(encoded)
    mask = _special_id(tokenizer, "[MASK]")
    generator = torch.Generator().manual_seed(2)
    for batch in _steps(model, ids):
        hidden = (torch.rand(batch.shape, generator=generator) < 0.35) & (batch > mask)
        labels = batch.masked_fill(~hidden, -100)
        model(
            input_ids=batch.masked_fill(hidden, mask), attention_mask=(batch != 0).long(), labels=labels
        ).loss.backward()


def _steps(model: PreTrainedModel, ids: torch.Tensor, *, steps: int = 80, size: int = 16) -> Iterator[torch.Tensor]:
    """Yield random batches of rows of `ids`; step the optimizer after each (the caller runs backward)."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=max(1, steps))
    generator = torch.Generator().manual_seed(3)
    # Matrices this small are made slower by every further thread, ten times so on a busy machine.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(steps):
            yield ids[torch.randint(len(ids), (size,), generator=generator)]
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    finally:
        torch.set_num_threads(threads)
    model.train(False)


def wrap(tokenizer: Tokenizer, window: int, **special: str) -> PreTrainedTokenizerFast:
    """Make transformers' tokenizer of one, with its special tokens."""
    make: Any = PreTrainedTokenizerFast  # its constructor has no types
    wrapped: PreTrainedTokenizerFast = make(tokenizer_object=tokenizer, model_max_length=window, **special)
    return wrapped


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    """Save both as transformers does, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder
