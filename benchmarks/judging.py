"""How well a challenge is judged: simulated challenges, in which the true strengths are known.

Entries have log strengths from a normal distribution; readers rank what they read by the Plackett-Luce model; each
method gets the same number of readings. `stars`: mean of one to five stars, by each reader's own measure; `pairs`: two
texts, the better one; `chain`: each text against the one read before it, as Gavel does; `shelf`: what was read is put
in order, all entries read equally often; `contenders`: the same, and those that may win are read more (as Inkling
does). The careless are a share of readers of whom half rank by chance and half the wrong way round.

    python -m benchmarks.judging [--seeds 200] [--entries 24] [--readers 24] [--readings 6] [--spread 1.2] [--json]

`tau`: Kendall's, between the true order and the decision; `winner`: the best entry won; `podium`: the share of the true
first three among the decided; `calibration`: how far the mean chance that the first is better than the second is from
how often it is so. `result_s`: seconds for a decision over 200 shelves of 12 of 200 entries; `next_ms`: for the next
reading of somebody there. ± is a standard error.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.rules.voting.assigning import Reading, next_entry
from bot.rules.voting.deciding import PODIUM, standings
from bot.rules.voting.plackett_luce import Fit, fit
from bot.rules.voting.shelves import Duel, Shelf, from_duels, from_shelves
from bot.rules.voting.weighing import fit_by_agreement

REFIT_AFTER = 10
"""Placements after which the fit by which readings are assigned is made anew."""
STARS = (-1.5, -0.5, 0.5, 1.5)
"""Where a reader's measure of liking has its steps between one and five stars, before their own bias."""
BIAS = 0.7
"""The standard deviation of how generous readers are."""


@dataclass(frozen=True, slots=True)
class World:
    """One challenge: what is true, and how people read."""

    strengths: np.ndarray[Any, np.dtype[np.float64]]
    readers: int
    readings: int
    careless: frozenset[int]
    random: np.random.Generator

    def ranked(self, reader: int, entries: Sequence[int]) -> list[int]:
        """Return what a reader makes of entries, the best first."""
        liking = self.strengths[list(entries)] + self.random.gumbel(size=len(entries))
        order = [entries[place] for place in np.argsort(-liking)]
        if reader not in self.careless:
            return order
        return order[::-1] if reader % 2 else list(self.random.permutation(np.array(entries, dtype=int)).tolist())


def world(seed: int, options: argparse.Namespace, readings: int, careless: float) -> World:
    """Return a challenge drawn with that seed."""
    random = np.random.default_rng(seed)
    strengths = random.normal(0, options.spread, options.entries)
    chosen = random.permutation(options.readers)[: round(careless * options.readers)]
    return World(strengths, options.readers, readings, frozenset(map(int, chosen)), random)


def _evenly(world: World) -> list[list[int]]:
    """Which entries each reader reads where all are read equally often."""
    count = [0] * len(world.strengths)
    found = []
    for reader in range(world.readers):
        given: set[int] = set()
        for _ in range(world.readings):
            entry = next_entry(count, None, _reading(world, reader, given), int(world.random.integers(2**32)))
            if entry is not None:
                given.add(entry)
                count[entry] += 1
        found.append(sorted(given, key=lambda _: world.random.random()))
    return found


def _reading(world: World, reader: int, given: set[int]) -> Reading:
    """Every reader has an entry of their own, as far as entries go."""
    own = frozenset({reader} if reader < len(world.strengths) else ())
    return Reading(own=own, given=frozenset(given))


# ---- the methods: from a world to a fit, or to scores


def by_stars(world: World) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the mean stars of each entry."""
    totals, counts = np.zeros(len(world.strengths)), np.zeros(len(world.strengths))
    for reader, entries in enumerate(_evenly(world)):
        bias = world.random.normal(0, BIAS)
        for entry in entries:
            liking = world.strengths[entry] + world.random.gumbel() - np.euler_gamma + bias
            stars = 1 + int(np.searchsorted(STARS, liking))
            if reader in world.careless:
                stars = 6 - stars if reader % 2 else int(world.random.integers(1, 6))
            totals[entry] += stars
            counts[entry] += 1
    return np.divide(totals, counts, out=np.zeros_like(totals), where=counts > 0)


def by_pairs(world: World) -> Fit:
    """Return the fit of pairs."""
    duels = []
    for reader, entries in enumerate(_evenly(world)):
        theirs = []
        for first, second in zip(entries[::2], entries[1::2], strict=False):
            better, worse = world.ranked(reader, [first, second])
            theirs.append(Duel(better=better, worse=worse))
        duels.append(theirs)
    return fit(from_duels(len(world.strengths), duels))


def by_chain(world: World) -> Fit:
    """Return the fit of chains: each text against the one before."""
    duels = []
    for reader, entries in enumerate(_evenly(world)):
        theirs = []
        for first, second in itertools.pairwise(entries):
            better, worse = world.ranked(reader, [first, second])
            theirs.append(Duel(better=better, worse=worse))
        duels.append(theirs)
    return fit(from_duels(len(world.strengths), duels))


def by_shelf(world: World) -> Fit:
    """Return the fit of shelves, all entries read equally often, all readers alike."""
    shelves = [Shelf(tuple(world.ranked(reader, entries))) for reader, entries in enumerate(_evenly(world))]
    return fit(from_shelves(len(world.strengths), shelves))


def by_contenders(world: World) -> Fit:
    """Return Inkling's own: contenders are read more, readers count by their agreement."""
    shelves: list[Shelf] = []
    count, podium, since = [0] * len(world.strengths), None, 0
    for reader in range(world.readers):
        given: set[int] = set()
        for _ in range(world.readings):
            entry = next_entry(count, podium, _reading(world, reader, given), int(world.random.integers(2**32)))
            if entry is not None:
                given.add(entry)
                count[entry] += 1
        shelves.append(Shelf(tuple(world.ranked(reader, sorted(given)))))
        since += len(given)
        if since >= REFIT_AFTER:
            since = 0
            podium = standings(fit_by_agreement(from_shelves(len(count), shelves)), reader).podium
    return fit_by_agreement(from_shelves(len(count), shelves))


METHODS: dict[str, Callable[[World], Any]] = {
    "stars": by_stars,
    "pairs": by_pairs,
    "chain": by_chain,
    "shelf": by_shelf,
    "contenders": by_contenders,
}
"""All methods, in the order of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How a method did over all seeds, each with its standard error; `sure` and `right` only of a fit."""

    tau: tuple[float, float]
    winner: tuple[float, float]
    podium: tuple[float, float]
    sure: float = 0.0
    right: float = 0.0


def tau(true: Sequence[float], order: Sequence[int]) -> float:
    """Return Kendall's tau between the true strengths and an order, without ties."""
    ranked = np.array(true)[list(order)]
    above = np.sign(ranked[:, None] - ranked[None, :])[np.triu_indices(len(ranked), 1)]
    return float(above.mean())


def measure(options: argparse.Namespace, method: str, readings: int, careless: float = 0.0) -> Figures:
    """Return how a method does."""
    taus, winners, podiums, sure, right = [], [], [], [], []
    for seed in range(options.seeds):
        here = world(seed, options, readings, careless)
        found = METHODS[method](here)
        order = list(np.argsort(-(found.strengths if isinstance(found, Fit) else found), kind="stable"))
        best = list(np.argsort(-here.strengths))
        taus.append(tau(here.strengths.tolist(), order))
        winners.append(float(order[0] == best[0]))
        podiums.append(len(set(order[:PODIUM]) & set(best[:PODIUM])) / PODIUM)
        if isinstance(found, Fit):
            sure.append(standings(found, seed).first_over_second)
            right.append(float(here.strengths[order[0]] > here.strengths[order[1]]))
    return Figures(
        tau=_mean(taus),
        winner=_mean(winners),
        podium=_mean(podiums),
        sure=statistics.fmean(sure) if sure else 0.0,
        right=statistics.fmean(right) if right else 0.0,
    )


def _mean(values: Sequence[float]) -> tuple[float, float]:
    spread = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return statistics.fmean(values), spread


def speed() -> tuple[float, float]:
    """Return the seconds of a decision over 200 shelves of 12 of 200 entries, and the milliseconds of the next
    reading, medians of five and of a hundred."""
    random = np.random.default_rng(0)
    strengths = random.normal(0, 1.2, 200)
    shelves = []
    for _ in range(200):
        entries = random.permutation(200)[:12]
        shelves.append(Shelf(tuple(map(int, entries[np.argsort(-(strengths[entries] + random.gumbel(size=12)))]))))
    results, nexts = [], []
    for turn in range(5):
        begun = time.perf_counter()
        decided = standings(fit_by_agreement(from_shelves(200, shelves)), turn)
        results.append(time.perf_counter() - begun)
    for turn in range(100):
        begun = time.perf_counter()
        next_entry([12] * 200, decided.podium, Reading(own=frozenset({turn})), turn)
        nexts.append(1000 * (time.perf_counter() - begun))
    return statistics.median(results), statistics.median(nexts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--entries", type=int, default=24)
    parser.add_argument("--readers", type=int, default=24)
    parser.add_argument("--readings", type=int, default=6)
    parser.add_argument("--spread", type=float, default=1.2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {method: measure(options, method, options.readings) for method in METHODS}
    careless = {method: measure(options, method, 8, 0.2) for method in ("stars", "shelf", "contenders")}
    result_s, next_ms = speed()
    own = found["contenders"]
    if options.json:
        told = {
            "tau": own.tau[0],
            "winner": own.winner[0],
            "podium": own.podium[0],
            "calibration": abs(own.sure - own.right),
            "tau_careless": careless["contenders"].tau[0],
            "result_s": result_s,
            "next_ms": next_ms,
            "methods": {name: figures.tau[0] for name, figures in found.items()},
        }
        sys.stdout.write(json.dumps(told) + "\n")
        return
    sys.stdout.write(f"{options.entries} entries, {options.readers} readers × {options.readings}\n")
    for name, figures in found.items():
        sys.stdout.write(_row(name, figures))
    sys.stdout.write("20% careless, 8 readings\n")
    for name, figures in careless.items():
        sys.stdout.write(_row(name, figures))
    sys.stdout.write(f"a decision over 200 shelves of 12: {result_s:.2f} s; the next reading: {next_ms:.2f} ms\n")


def _row(name: str, figures: Figures) -> str:
    cells = "  ".join(f"{mean:.3f} ± {error:.3f}" for mean, error in (figures.tau, figures.winner, figures.podium))
    calibration = f"  sure {figures.sure:.3f}, right {figures.right:.3f}" if figures.sure else ""
    return f"  {name:<11}{cells}{calibration}\n"


if __name__ == "__main__":
    main()
