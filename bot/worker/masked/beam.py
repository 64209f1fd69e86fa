"""Beam search over the masks of one blank, best position first, with a score that is a probability ratio.

By the Hammersley–Clifford–Besag theorem log p(x) − log p([MASK] … [MASK]) is the sum, over the masks in the
order in which they are filled, of log p(x_i | the rest so far) − log p([MASK] | the rest so far): Brooks et
al. 2024, arXiv 2402.15020. So a path may fill its surest position first (Ghazvininejad et al. 2019) and stays
comparable with every other path of its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bot.inference.protocol import ProposeRequest
from bot.worker.masked.subwords import Pieces, Side

_SAMPLE_MIN_P = 0.02
"""A sample takes no piece that is less likely than this share of the likeliest one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence of a batch and the positions in it whose distributions are asked for."""

    ids: list[int]
    asked: list[int]


@dataclass(frozen=True, slots=True)
class Path:
    """A partly filled blank: -1 where a mask still stands."""

    ids: tuple[int, ...]
    score: float = 0.0
    sampled: bool = False

    @property
    def open(self) -> list[int]:
        return [place for place, index in enumerate(self.ids) if index < 0]


class Search:
    """The beam and the samples of one gap at one number of masks."""

    def __init__(
        self, pieces: Pieces, left: Side, right: Side, *, masks: int, context: int, request: ProposeRequest
    ) -> None:
        self.masks = masks
        self.left = left
        self._pieces = pieces
        self._beam = request.beam
        self._allowed = pieces.allowed(masks, left, right)
        self._generator = torch.Generator().manual_seed(request.seed * 31 + masks)
        room = context - pieces.frame_size - masks
        before = min(len(left.ids), max(room // 2, room - len(right.ids)))
        self._before = left.ids[len(left.ids) - before :]
        self._after = right.ids[: max(0, room - before)]
        blank = (-1,) * masks
        self.paths = [Path(blank)] + [Path(blank, sampled=True)] * request.samples

    def rows(self) -> list[Row]:
        """The sequences to run next, one for each path that still has a mask. Equal ones are run once."""
        return [self._row(ids) for ids in self._distinct()]

    def _distinct(self) -> list[tuple[int, ...]]:
        return list(dict.fromkeys(path.ids for path in self.paths if path.open))

    def _row(self, ids: tuple[int, ...]) -> Row:
        filled = [self._pieces.mask_id if index < 0 else index for index in ids]
        start = self._pieces.start_size + len(self._before)
        open_places = [start + place for place, index in enumerate(ids) if index < 0]
        return Row(self._pieces.frame([*self._before, *filled, *self._after]), open_places)

    def advance(self, log_probs: Sequence[Tensor]) -> None:
        """Fill one more mask of every path. `log_probs` has, for each of `rows()`, a [masks, vocabulary]."""
        known = dict(zip(self._distinct(), log_probs, strict=True))
        beams: dict[tuple[int, ...], Path] = {}
        samples: list[Path] = []
        for path in self.paths:
            table = known[path.ids]
            if path.sampled:
                samples.append(self._sample(path, table))
                continue
            for grown in self._grow(path, table):
                if grown.ids not in beams or beams[grown.ids].score < grown.score:
                    beams[grown.ids] = grown
        best = sorted(beams.values(), key=lambda path: -path.score)
        self.paths = best[: self._beam] + samples

    @staticmethod
    def _filled(path: Path, place: int, index: int, value: float, mask: float) -> Path:
        """Fill `place`. Its log-probability counts relative to the mask's: the step of the HCB telescope."""
        ids = (*path.ids[:place], index, *path.ids[place + 1 :])
        return Path(ids, path.score + value - mask, path.sampled)

    def _grow(self, path: Path, table: Tensor) -> Iterable[Path]:
        """The best fills of the position the model is surest of."""
        places = path.open
        fitting = table.masked_fill(~self._allowed[places], -torch.inf)
        surest = int(fitting.max(dim=1).values.argmax())
        top = fitting[surest].topk(min(self._beam, fitting.shape[1]))
        mask = float(table[surest, self._pieces.mask_id])
        for value, index in zip(top.values.tolist(), top.indices.tolist(), strict=True):
            if value > -torch.inf:
                yield self._filled(path, places[surest], index, value, mask)

    def _sample(self, path: Path, table: Tensor) -> Path:
        """Fill a random position with a draw from the model, its long tail cut off (min-p)."""
        places = path.open
        chosen = int(torch.randint(len(places), (), generator=self._generator))
        fitting = table[chosen].masked_fill(~self._allowed[places[chosen]], -torch.inf)
        probs = fitting.softmax(dim=0)
        probs = probs * (probs >= _SAMPLE_MIN_P * probs.max())
        index = int(torch.multinomial(probs, 1, generator=self._generator))
        value, mask = table[chosen, [index, self._pieces.mask_id]].tolist()
        return self._filled(path, places[chosen], index, value, mask)
