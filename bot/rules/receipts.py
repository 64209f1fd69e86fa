"""Receipts: where a suggestion came from and what was measured of it, one type a kind of work.

`kind` is the tag under which a type is stored (`storage.tagged_json`). Whatever earlier versions stored is read into
these types as well, so each field that was not always there has a default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

from bot.rules.infill_style import InfillStyle
from bot.rules.moods import MoodName, Sampling
from bot.rules.provenance import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What every receipt can say: the labels of pieces that did not fit into the model's window (`dropped`) and of
    those that were kept from it (`withheld`)."""

    kind: ClassVar[str]
    by_person: ClassVar[bool] = False
    """Whether a person wrote the text, or gave it its form, not a model."""
    always: ClassVar[frozenset[str]] = frozenset()
    """Fields that are stored also where they have their defaults."""

    dropped: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def one_mood(self) -> MoodName | None:
        """The mood in which all of the text was written, None where there is no such."""
        return None

    def marked(self, dropped: Iterable[str], withheld: Iterable[str]) -> Self:
        """Return the receipt with labels of what the models did not read, before those that it has."""
        return replace(self, dropped=(*dropped, *self.dropped), withheld=(*withheld, *self.withheld))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReceipt(Receipt):
    """A row that an engine decoded; the fields are those of `bot.inference.protocol.Receipt`."""

    kind: ClassVar[str] = "row"

    engine: str = ""
    model: str = ""
    revision: str = ""
    seed: int | None = None
    mood: MoodName | None = None
    sampling: Sampling | None = None
    prompt_sha256: str = ""
    prompt_tokens: int | None = None
    substitutions: tuple[tuple[str, str], ...] = ()
    reproducible: str = ""
    host: str = ""

    @property
    def one_mood(self) -> MoodName | None:
        return self.mood


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReceipt(RowReceipt):
    """One of the models that had a part in a text: which update its weights have, how many candidates its search kept
    (`beam`) and drew at random (`samples`). The first version noted a row of the causal model, and `text_sha256`."""

    kind: ClassVar[str] = "model"

    update: str = ""
    beam: int | None = None
    samples: int | None = None
    text_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueReceipt(RowReceipt):
    """A continuation. Besides its row: why it ended (`finish`), the longest run of words that it shares with the text
    before it (`shared_run`), the percentage of its words in such runs of five or more (`shared_percent`), and the mean
    natural log-probability of its tokens under the plain model (`token_log_prob`), where that is known. The first
    version measured it by words (`word_log_prob`)."""

    kind: ClassVar[str] = "continue"
    always: ClassVar[frozenset[str]] = frozenset({"dropped", "substitutions", "reproducible", "host"})

    finish: str = ""
    shared_run: int | None = None
    shared_percent: int | None = None
    token_log_prob: float | None = None
    word_log_prob: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillReceipt:
    """One fill: how sure the models are of it (0..1), and which of them came upon it."""

    text: str = ""
    confidence: float = 0.0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillReceipt(Receipt):
    """An infill: its fills, the pair of models, how it was wished for (`style`, None as it belongs), and the SHA-256
    of the text with blanks."""

    kind: ClassVar[str] = "infill"

    seed: int | None = None
    fills: tuple[FillReceipt, ...] = ()
    causal: ModelReceipt | None = None
    masked: ModelReceipt | None = None
    style: InfillStyle | None = None
    text_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeReceipt(Receipt):
    """A bridge: the row that it begins (`causal`), the longest run of words that it shares with the text before it, and
    the SHA-256 of the text behind it."""

    kind: ClassVar[str] = "bridge"

    seed: int | None = None
    fills: tuple[FillReceipt, ...] = ()
    causal: ModelReceipt | None = None
    shared_run: int | None = None
    right_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwistReceipt(Receipt):
    """A twist: the pair of models, and the SHA-256 of the passage. Its words are no receipt: see `bot.rules.twists`."""

    kind: ClassVar[str] = "twist"

    causal: ModelReceipt | None = None
    masked: ModelReceipt | None = None
    text_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReceipt(Receipt):
    """What a person wrote on the card of a suggestion."""

    kind: ClassVar[str] = "own"
    by_person: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedReceipt(Receipt):
    """What a person made of a suggestion; `spans` tells which words of its text they left a model's."""

    kind: ClassVar[str] = "edited"
    by_person: ClassVar[bool] = True

    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReceipt(Receipt):
    """What this version has no type for: it is kept, and shown by name. `told` is JSON-ready."""

    kind: ClassVar[str] = "other"

    told: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


TYPES: Mapping[str, type[Receipt]] = MappingProxyType(
    {
        type_.kind: type_
        for type_ in (ContinueReceipt, InfillReceipt, BridgeReceipt, TwistReceipt, OwnReceipt, EditedReceipt)
    }
)
"""The types that are stored, by their tags."""
