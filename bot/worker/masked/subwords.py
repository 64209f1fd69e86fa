"""What a tokenizer says about its pieces: which begin a word, which go on with one, how they join.

Four families are told apart by their own description of themselves: WordPiece (`##` goes on with a word; of
uncased ones the case is gone), byte-level BPE (`Ġ` is the space before a piece), SentencePiece (`▁` likewise)
and, inside any of them, Han characters, which stand without spaces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from bot.rules.text.words import BLANK, has_han
from bot.worker.plaintext import PlainText

Family = Literal["wordpiece", "byte", "sentencepiece"]

_UNUSED = re.compile(r"\[unused\d+\]|<unused\d+>|madeupword\d+|<extra_id_\d+>")
"""Places in a vocabulary that are reserved and stand for no text."""
_INNER = frozenset("'’-‐–,")
"""Marks that may stand inside a fill."""
_HUG_LEFT = frozenset("'’-‐–,.;:!?)]}”%")
"""Characters that have no space before them."""
_HUG_RIGHT = frozenset("'’-‐–([{“#$£")
"""Characters that have no space behind them."""
_REPLACEMENT = "\ufffd"
"""What a tokenizer decodes to where the bytes make no whole character."""
_MARKERS = {"byte": "Ġ", "sentencepiece": "▁"}
"""The character with which a family of tokenizers marks a piece that has a space before it."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids, their [start, end) offsets in the text, and the number of the word each belongs to as the
    tokenizer cuts words (a mark is a word of its own); numbers differ between words, and only that."""

    ids: list[int]
    spans: list[tuple[int, int]]
    words: list[int]


@dataclass(frozen=True, slots=True)
class Side:
    """The token ids of one side of a blank, and whether that side touches the blank with a letter or a mark
    (`glued`), so that no space stands between; `inside_word` when a word of an alphabet is cut there; `han`
    when the nearest character is Chinese."""

    ids: list[int]
    glued: bool
    inside_word: bool
    han: bool


class Pieces:
    """The vocabulary of `tokenizer` (a fast one), as masks over its ids: bool tensors [vocabulary]."""

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        backend = tokenizer.backend_tokenizer
        description = json.loads(backend.to_str())
        self.family = _family(description)
        self.uncased = _uncased(description)
        self._prefix: str = description["model"].get("continuing_subword_prefix") or "##"
        self.mask_id: int = tokenizer.mask_token_id
        self._start = _first_id(tokenizer.cls_token_id, tokenizer.bos_token_id)
        self._end = _first_id(tokenizer.sep_token_id, tokenizer.eos_token_id)
        self._vocab: dict[str, int] = tokenizer.get_vocab()
        self._plain = PlainText.of(tokenizer)
        self._settled: dict[tuple[str, int], bool] = {}
        self._read_vocabulary(vocabulary)

    def _read_vocabulary(self, vocabulary: int) -> None:
        special = self._plain.marks | set(self._tokenizer.all_special_ids)
        self.tokens: list[str] = [""] * vocabulary
        self.surfaces: list[str] = [""] * vocabulary
        self.spaced = torch.zeros(vocabulary, dtype=torch.bool)
        self.worded = torch.zeros(vocabulary, dtype=torch.bool)
        self.inner = torch.zeros(vocabulary, dtype=torch.bool)
        self.han = torch.zeros(vocabulary, dtype=torch.bool)
        for token, index in self._vocab.items():
            if index >= vocabulary or index in special or _UNUSED.fullmatch(token):
                continue
            surface, spaced = self._surface(token, index)
            if self.family == "wordpiece" and not spaced and has_han(surface):
                continue  # "##" before a Han character is never written by the tokenizer itself
            self.tokens[index], self.surfaces[index] = token, surface
            self.spaced[index] = spaced
            # A byte-level piece may be a part of a character; it is judged when the whole fill is read.
            self.worded[index] = any(c.isalnum() or c == _REPLACEMENT for c in surface)
            self.inner[index] = surface in _INNER
            self.han[index] = has_han(surface)

    def _surface(self, token: str, index: int) -> tuple[str, bool]:
        """Return the text of a piece without markers, and whether it begins a word."""
        if self.family == "wordpiece":
            goes_on = token.startswith(self._prefix) and len(token) > len(self._prefix)
            return (token[len(self._prefix) :], False) if goes_on else (token, True)
        text = self._tokenizer.backend_tokenizer.decode([index], skip_special_tokens=False)
        return text.strip(), token.startswith(_MARKERS[self.family])

    def frame(self, ids: Sequence[int]) -> list[int]:
        """Put the model's start and end tokens around `ids`."""
        return [*self._start, *ids, *self._end]

    @property
    def frame_size(self) -> int:
        """How many tokens `frame` adds."""
        return len(self._start) + len(self._end)

    @property
    def start_size(self) -> int:
        """How many tokens `frame` adds before the text."""
        return len(self._start)

    def encode(self, text: str) -> Encoded:
        """Tokenise `text`, in which a blank is `BLANK`.

        All else is text, even where it spells a special token such as "[MASK]" or "</s>".
        """
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        words: list[int] = []
        at = 0
        for number, part in enumerate(text.split(BLANK)):
            if number:
                ids.append(self.mask_id)
                spans.append((at, at + len(BLANK)))
                words.append(len(words))
                at += len(BLANK)
            # A byte-level space before a mask belongs to the mask: the model knows no piece of a lone space.
            kept = part if self.family == "wordpiece" else part.rstrip(" ")
            if kept.strip():
                coded = self._plain.encode(kept)
                ids += self._unprefixed(kept, coded.ids)
                spans += [(at + start, at + end) for start, end in coded.offsets]
                words += [len(words) + (word or 0) for word in coded.word_ids]
            at += len(part)
        return Encoded(ids, spans, words)

    def _unprefixed(self, text: str, ids: list[int]) -> list[int]:
        """Take back the space that some tokenizers put before a text that begins without one."""
        if self.family == "wordpiece" or not ids or text[0].isspace():
            return ids
        token, marker = self._tokenizer.convert_ids_to_tokens(ids[0]), _MARKERS[self.family]
        bare = self._vocab.get(token[len(marker) :]) if token.startswith(marker) else None
        return ids if bare is None else [bare, *ids[1:]]

    def left(self, text: str) -> Side:
        """The side before a blank."""
        glued = bool(text) and not text[-1].isspace()
        if self.family == "byte" and text.endswith("\n"):
            glued = True  # after a line break no piece has a space
        inside = bool(text) and text[-1].isalnum() and not has_han(text[-1])
        glued = glued and not text.endswith(BLANK)
        return Side(self.encode(text).ids, glued, inside, has_han(text.rstrip()[-1:]))

    def right(self, text: str) -> Side:
        """The side after a blank. WordPiece text that goes on with a letter is cut into continuing pieces."""
        glued = bool(text) and not text[0].isspace()
        inside = bool(text) and text[0].isalnum() and not has_han(text[0])
        han = has_han(text.lstrip()[:1])
        if not (inside and self.family == "wordpiece"):
            return Side(self.encode(text).ids, glued, inside, han)
        word = re.match(r"[^\W_]+", text)
        end = word.end() if word else 1
        return Side(self._going_on(text[:end]) + self.encode(text[end:]).ids, glued, inside, han)

    def _going_on(self, word: str) -> list[int]:
        """Cut `word` greedily into `##` pieces; where there are none, tokenise it as a word of its own."""
        rest = word.lower() if self.uncased else word
        ids: list[int] = []
        while rest:
            fits = (size for size in range(len(rest), 0, -1) if self._prefix + rest[:size] in self._vocab)
            size = next(fits, 0)
            if not size:
                return self.encode(word).ids
            ids.append(self._vocab[self._prefix + rest[:size]])
            rest = rest[size:]
        return ids

    def allowed(self, masks: int, left: Side, right: Side) -> Tensor:
        """Return which pieces may stand at each mask, bool of shape [masks, vocabulary].

        The first goes on with a word where the left text ends inside one, and never otherwise; first and last
        hold a letter or digit (no bare punctuation); between them apostrophes, hyphens and commas may stand.
        """
        table = (self.worded | self.inner).repeat(masks, 1)
        table[0] &= self._first(left, right)
        table[0] &= self.worded
        table[-1] &= self.worded
        return table

    def _first(self, left: Side, right: Side) -> Tensor:
        if self.family == "wordpiece":
            return (~self.spaced | self.han) if left.inside_word else self.spaced
        if left.glued:
            return ~self.spaced
        # Chinese has no spaces: at the very beginning any piece may stand before it.
        return self.worded if not left.ids and right.han else self.spaced

    def join(self, ids: Sequence[int]) -> str | None:
        """Write the pieces of a fill as text without surrounding spaces; None where they are no text."""
        if self.family != "wordpiece":
            text: str = self._tokenizer.backend_tokenizer.decode(list(ids), skip_special_tokens=False).strip()
            return None if _REPLACEMENT in text or not text else text
        written = ""
        for index in ids:
            surface = self.surfaces[index]
            if written and self.spaced[index] and _apart(written[-1], surface[0]):
                written += " "
            written += surface
        return written or None

    def settled(self, ids: Sequence[int], left: Side) -> bool:
        """Tell whether the tokenizer itself would cut the joined fill into these very pieces.

        Where it would not ("to" "##day" for "today"), the fill is a worse copy of a shorter one.
        """
        if self.family == "wordpiece" and left.inside_word:
            return self.join(ids) is not None
        before = "" if self.family == "wordpiece" or left.glued else " "
        if len(ids) > 1:
            return self._is_cut_so(before, ids)
        # Hundreds of single pieces are asked about for every blank, and they are always the same.
        key = (before, ids[0])
        if key not in self._settled:
            self._settled[key] = self._is_cut_so(before, ids)
        return self._settled[key]

    def _is_cut_so(self, before: str, ids: Sequence[int]) -> bool:
        text = self.join(ids)
        return text is not None and self.encode(before + text).ids == list(ids)


def _family(description: dict[str, Any]) -> Family:
    if description["model"].get("type") == "WordPiece" or "continuing_subword_prefix" in description["model"]:
        prefix = description["model"].get("continuing_subword_prefix")
        if prefix:
            return "wordpiece"
    return "byte" if "ByteLevel" in _kinds(description.get("pre_tokenizer")) else "sentencepiece"


def _kinds(part: Any) -> set[str]:
    """Collect the `type` of a tokenizer's part and of the parts within it."""
    if isinstance(part, dict):
        inner = set().union(*(_kinds(value) for value in part.values())) if part else set()
        return inner | ({part["type"]} if "type" in part else set())
    return set().union(*(_kinds(value) for value in part)) if isinstance(part, list) else set()


def _uncased(description: dict[str, Any]) -> bool:
    normalizer = description.get("normalizer") or {}
    parts = [normalizer, *normalizer.get("normalizers", [])]
    return any(part.get("type") == "Lowercase" or part.get("lowercase") is True for part in parts)


def _first_id(*ids: int | None) -> list[int]:
    return next(([index] for index in ids if index is not None), [])


def _apart(before: str, after: str) -> bool:
    """Tell whether a space stands between two pieces that both begin a word."""
    if has_han(before) or has_han(after):
        return False
    return before not in _HUG_RIGHT and after not in _HUG_LEFT
