"""A tokenizer as the causal engines need it, and what they must know of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from bot.errors import WeightsError
from bot.worker.plaintext import PlainText

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_WORD = "a"
"""What stands for the word that follows."""


class Tokens:
    """Text to token ids and back, exactly, over a `tokenizers.Tokenizer`.

    `ends` are ids that end a text: the model's own and every other mark, for a continuation without a chat template has
    no use for them. `start` is the id that stands before an empty context, None where there is none.
    """

    def __init__(self, tokenizer: Tokenizer, ends: Iterable[int] = ()) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        ends = frozenset(ends)
        self._plain = PlainText(tokenizer, ends)
        self.ends = self._plain.marks | ends
        self._before = _before(tokenizer)
        around = tokenizer.encode("").ids
        self.start: int | None = around[0] if around else next(iter(sorted(self.ends)), None)

    @classmethod
    def from_file(cls, path: Path, ends: Iterable[int] = ()) -> Tokens:
        """Read a tokenizer.json."""
        return cls(Tokenizer.from_file(str(path)), ends)

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, ends: Iterable[int] = ()) -> Tokens:
        """Take the fast tokenizer from within a transformers one. Raises `WeightsError` where there is none."""
        inner: Tokenizer | None = getattr(tokenizer, "backend_tokenizer", None)
        if inner is None:
            raise WeightsError(
                f"{tokenizer.name_or_path}: its tokenizer is not of the `tokenizers` kind, which is needed."
            )
        return cls(Tokenizer.from_str(inner.to_str()), ends)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self._tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Return the ids of a context, with the mark of a beginning where the model has one, never that of an end.
        The text is text, even where it spells a mark."""
        ids = [*self._before, *self._plain.encode(text).ids]
        return ids or ([] if self.start is None else [self.start])

    def encode_to_go_on(self, text: str) -> list[int]:
        """Return the ids of a context as they are where a word follows.

        Many tokenizers split white space at the end of a text in another way than before a word ("\\n\\n" is one token
        there, two here), and what a model was never shown before a word leads to no word."""
        coded = self._plain.encode(text + _WORD)
        kept = [number for number, (_, end) in zip(coded.ids, coded.offsets, strict=True) if end <= len(text)]
        if not text[-1:].isspace() or coded.offsets[len(kept)][0] < len(text):
            return self.encode(text)  # the word is not apart from what stands before it
        return [*self._before, *kept]

    def count(self, text: str) -> int:
        """Return how many ids `encode` gives."""
        return len(self.encode(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, without special tokens; bytes that are no character yet are U+FFFD."""
        return self._tokenizer.decode(ids, skip_special_tokens=True)

    def containing(self, parts: Sequence[str]) -> frozenset[int]:
        """Return the ids of tokens whose text contains one of `parts`; for a part that no token contains (its bytes
        are spread over several), the last token of its encoding."""
        texts = self._texts()
        found: set[int] = set()
        for part in parts:
            holders = {number for number, text in enumerate(texts) if part in text}
            if not holders:
                last = self._plain.encode(f"a{part}").ids[-1:]
                holders = set(last)
            found |= holders
        return frozenset(found)

    def _texts(self) -> list[str]:
        # After another token, as some decoders strip a space from the first.
        lead = self._plain.encode("a").ids[-1:]
        skip = len(self.decode(lead))
        every = self._tokenizer.decode_batch([[*lead, number] for number in range(self.size)])
        return [text[skip:] for text in every]


def _before(tokenizer: Tokenizer) -> list[int]:
    """The ids that a tokenizer puts before a text."""
    alone = tokenizer.encode("a", add_special_tokens=False).ids
    framed = tokenizer.encode("a").ids
    starts = (at for at in range(len(framed)) if framed[at : at + len(alone)] == alone)
    return framed[: next(starts, 0)]
