"""Splits what people write into token ids: as text, whatever it looks like.

A tokenizer looks for its marks (`<|im_end|>`, `[SEP]`, `</s>`, `<tool_call>`) before it splits a text, special or not,
and some models find them in their vocabularies besides. Here neither can happen: the splitter is a copy of the
tokenizer that does not know its marks by any name that can be written. Who means a mark inserts its id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Encoding, Tokenizer

from bot.errors import WeightsError

_SPACE = "▁"
"""How SentencePiece writes a space."""
_WRITTEN_BYTE = {
    "type": "Split",
    "pattern": {"Regex": "<(?=0x[0-9A-Fa-f]{2}>)"},
    "behavior": "Isolated",
    "invert": False,
}
"""Cuts `<0x0A>` where somebody writes it: it is the name of the piece that stands for a byte."""


class PlainText:
    """The splitter of one tokenizer.

    `marks` are the ids that no text is split into: those of the special tokens, of the ids in `also`, and of all other
    added tokens that say more than letters, digits or white space. What is one character long is never a mark. The id
    for unknown characters is among them: it comes of these alone.
    """

    def __init__(self, tokenizer: Tokenizer, also: Iterable[int] = ()) -> None:
        description: dict[str, Any] = json.loads(tokenizer.to_str())
        added, model = description["added_tokens"], description["model"]
        marks = {token["id"] for token in added if token["special"] or not _is_plain(token["content"])} | set(also)
        marks = {number for number in marks if len(tokenizer.id_to_token(number) or "") > 1}
        unknown = _unknown(model)
        description["added_tokens"] = [token for token in added if token["id"] not in marks]
        _hide(model, marks | unknown)
        if model.get("byte_fallback"):
            before = description["pre_tokenizer"]
            steps = [_WRITTEN_BYTE] if before is None else [before, _WRITTEN_BYTE]
            description["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
        description["truncation"] = description["padding"] = None
        self.marks = frozenset(marks | unknown)
        self._tokenizer = Tokenizer.from_str(json.dumps(description))
        self.encode("a")  # at first use tokenizers set themselves up, which two threads must not do at once

    @classmethod
    def of(cls, tokenizer: Any) -> PlainText:
        """The splitter of a transformers tokenizer. Raises `WeightsError` where it is not of the `tokenizers` kind."""
        inner: Tokenizer | None = getattr(tokenizer, "backend_tokenizer", None)
        if inner is None:
            raise WeightsError(
                f"{tokenizer.name_or_path}: its tokenizer is not of the `tokenizers` kind, which is needed."
            )
        return cls(inner, tokenizer.all_special_ids)

    def encode(self, text: str) -> Encoding:
        """Split a text; nothing is put around it."""
        return self._tokenizer.encode(text, add_special_tokens=False)

    def encode_all(self, texts: Sequence[str]) -> list[Encoding]:
        """Split several texts; nothing is put around them."""
        return self._tokenizer.encode_batch(list(texts), add_special_tokens=False)


def _is_plain(content: str) -> bool:
    """Tell whether an added token is letters, digits and white space."""
    return all(char.isalnum() or char.isspace() or char == _SPACE for char in content)


def _unknown(model: dict[str, Any]) -> set[int]:
    """The id of what stands for unknown characters."""
    if model["type"] == "Unigram":
        return set() if model.get("unk_id") is None else {model["unk_id"]}
    number = model["vocab"].get(model.get("unk_token"))
    return set() if number is None else {number}


def _hide(model: dict[str, Any], marks: set[int]) -> None:
    """Give the pieces with these ids names that no text has, and take out the merges that would lead to them."""
    if model["type"] == "Unigram":
        for number in marks:
            if number < len(model["vocab"]):
                model["vocab"][number][0] = _hidden(number)
        return
    names = {token: number for token, number in model["vocab"].items() if number in marks}
    model["vocab"] = {_hidden(number) if token in names else token: number for token, number in model["vocab"].items()}
    if model.get("unk_token") in names:
        model["unk_token"] = _hidden(names[model["unk_token"]])
    if "merges" in model:
        going_on = len(model.get("continuing_subword_prefix") or "")
        merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
        model["merges"] = [
            [left, right]
            for left, right in merges
            if left not in names and right not in names and left + right[going_on:] not in names
        ]


def _hidden(number: int) -> str:
    # A space and a control character are left in no piece by any splitter, and U+FDD1 is no character.
    return f" \x00\ufdd1{number}\x00 "
