"""Story games by their rules alone, without Discord and a database: what may never happen, looked for in many plays.

`dead_ends`: plays in which a game stood still, did not end after all had fallen silent, or did not end though all did
what they could; after random events of every sort, to so many events a kind. `hidden_tokens`: plays in which a view
held a text, or a seat, that its viewer may not see. `fold_uneven`: games of Fold without absences in which two seats
differ by more than a line or somebody continues themselves; the time of a step is the processor's. `lines`: of code of
each kind's rules and cards, without blank lines, comments and docstrings (goal: 350 for a new game).

    python -m benchmarks.games [--events 100000] [--plays 1000] [--kinds fold …] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from bot.rules.games import steps
from bot.rules.games.fold import FoldGame
from bot.rules.games.game import AnyGame
from bot.rules.games.registry import GAMES
from bot.rules.games.table import Pace
from tests.rules.games.conformance import check_course, check_hidden
from tests.rules.games.parties import Party

ROOT = Path(__file__).parents[1]
"""Where the repository is."""
PACES: tuple[Pace, ...] = ("tonight", "days")
"""Plays are of both paces in turn."""
ALSO = {"counterfeit": ("bot/rules/games/alike.py",), "gaps": ("bot/rules/gap_words.py",), "duel": ("-",)}
"""Files of a kind that do not bear its name; "-": the code is another kind's."""


def plays(seed: int, name: str) -> Iterator[tuple[Pace, str]]:
    """Give the pace and the seed of one play after another."""
    for number in itertools.count():
        yield PACES[number % 2], f"{seed}:{name}:{number}"


def dead_ends(game: AnyGame, events: int, seed: int) -> dict[str, Any]:
    """Return how many plays went wrong, of how many, with the first that did."""
    found, done = _Faults(), 0
    with tqdm(total=events, desc=f"{game.kind}, events", leave=False) as bar:
        for pace, play in plays(seed, "course"):
            before, done = done, done + (found.count(check_course, game, pace, play) or 1)
            bar.update(done - before)
            if done >= events:
                break
    return {"faults": found.faults, "plays": found.plays, "events": done, "first": found.first}


def hidden_tokens(game: AnyGame, count: int, seed: int) -> dict[str, Any]:
    """Return how many plays went wrong, of how many, in how many views, with the first that did."""
    found, views = _Faults(), 0
    for pace, play in tqdm(itertools.islice(plays(seed, "hidden"), count), f"{game.kind}, views", count, leave=False):
        views += found.count(check_hidden, game, pace, play)
    return {"faults": found.faults, "plays": found.plays, "views": views, "first": found.first}


class _Faults:
    """Plays, and those in which something did not hold. An error that no rule foresees counts, too."""

    def __init__(self) -> None:
        self.plays = self.faults = 0
        self.first = ""

    def count(self, check: Callable[[AnyGame, Pace, str], int], game: AnyGame, pace: Pace, play: str) -> int:
        self.plays += 1
        try:
            return check(game, pace, play)
        except Exception as error:
            self.faults += 1
            self.first = self.first or f"{pace} {play}: {type(error).__name__}: {error}"[:400]
            return 0


def fold_fairness(count: int, seed: int) -> dict[str, Any]:
    """Play Fold without absences, some seats always quicker than others, at all sizes; return by how much seats
    differ, how often somebody continues themselves, and how long a step takes."""
    differ: Counter[int] = Counter()
    themselves = 0
    took_ms: list[float] = []
    for number in tqdm(range(count), "fold, fairness", leave=False):
        party = _fold_of(random.Random(f"{seed}:fair:{number}"))
        _play_out(party, took_ms)
        sheets = party.table.begun.sheets
        counts = Counter(writer for sheet in sheets for writer in sheet.writers)
        lines = [counts[seat.number] for seat in party.table.active]
        differ[max(lines) - min(lines)] += 1
        themselves += sum(one == other for sheet in sheets for one, other in itertools.pairwise(sheet.writers))
    return {
        "plays": count,
        "differ": dict(sorted(differ.items())),
        "uneven": sum(plays for lines, plays in differ.items() if lines > 1),
        "continued_themselves": themselves,
        "step_ms_median": round(median(took_ms), 3),
        "step_ms_p99": round(quantiles(took_ms, n=100)[98], 3),
    }


def _fold_of(rng: random.Random) -> Party:
    players = rng.randint(3, 24)
    party = Party(FoldGame(), "tonight" if players <= 12 else "days", rng)
    for _ in range(players):
        party.join()
    party.do(steps.Agreed(settings={"lines": rng.choice([0, *range(3, 13)])}))
    party.do(steps.Started())
    return party


def _play_out(party: Party, took_ms: list[float]) -> None:
    haste = {seat.number: party.rng.random() ** 3 + 0.01 for seat in party.table.seats}
    while party.table.phase == "write":
        seats = [turn.seat for turn in party.table.turns]
        seat = party.rng.choices(seats, [haste[each] for each in seats])[0]
        turn = party.table.turn(seat)
        assert turn is not None
        event = steps.Wrote(seat=seat, move=turn.move, text="one two three")
        began = time.process_time()
        party.play(event)
        took_ms.append((time.process_time() - began) * 1000)
        party.do(event)


def lines_of(kind: str) -> dict[str, int]:
    """Return the lines of code of a kind's rules and of its cards."""
    also = ALSO.get(kind, ())
    if "-" in also:
        return {"rules": 0, "card": 0}
    rules = [*ROOT.glob(f"bot/rules/games/{kind}*.py"), *(ROOT / name for name in also)]
    return {"rules": sum(map(_code_lines, rules)), "card": sum(map(_code_lines, ROOT.glob(f"cogs/games/{kind}*.py")))}


def _code_lines(path: Path) -> int:
    """Count the lines that hold code: no blank ones, no comments, no docstrings."""
    text = path.read_text(encoding="utf-8")
    told = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(text.splitlines(), 1)
    return sum(number not in told and bool(line.strip()) and not line.strip().startswith("#") for number, line in lines)


def measure(kinds: Sequence[str], events: int, count: int, seed: int) -> dict[str, Any]:
    """Return all figures."""
    report: dict[str, Any] = {"kinds": {}}
    for kind in kinds:
        report["kinds"][kind] = {
            "dead_ends": dead_ends(GAMES[kind], events, seed),
            "hidden_tokens": hidden_tokens(GAMES[kind], count, seed),
            "lines": lines_of(kind),
        }
        print(kind, json.dumps(report["kinds"][kind]), file=sys.stderr, flush=True)
    each = report["kinds"].values()
    report["dead_ends"] = sum(kind["dead_ends"]["faults"] for kind in each)
    report["hidden_tokens"] = sum(kind["hidden_tokens"]["faults"] for kind in each)
    if "fold" in kinds:
        fair = report["fold_fairness"] = fold_fairness(count, seed)
        report["fold_uneven"] = fair["uneven"] + fair["continued_themselves"]
    return report


def show(report: dict[str, Any]) -> None:
    """Print a table."""
    print("kind          dead ends   of events   hidden tokens   of views   lines: rules   card")
    for kind, found in report["kinds"].items():
        ends, hidden, lines = found["dead_ends"], found["hidden_tokens"], found["lines"]
        print(
            f"{kind:<12} {ends['faults']:>10} {ends['events']:>11} {hidden['faults']:>15} {hidden['views']:>10}"
            f" {lines['rules']:>14} {lines['card']:>6}"
        )
        for first in filter(None, (ends["first"], hidden["first"])):
            print(f"  {first}")
    if (fair := report.get("fold_fairness")) is None:
        return
    print(
        f"Fold without absences, {fair['plays']} plays: seats differ by {fair['differ']} lines, continued themselves "
        f"{fair['continued_themselves']} times, a step takes {fair['step_ms_median']} ms (p99 {fair['step_ms_p99']} ms)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000, help="random events of each kind")
    parser.add_argument("--plays", type=int, default=1000, help="plays of each kind whose views are searched")
    parser.add_argument("--kinds", nargs="+", default=list(GAMES), choices=list(GAMES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    report = measure(options.kinds, options.events, options.plays, options.seed)
    print(json.dumps(report)) if options.json else show(report)


if __name__ == "__main__":
    main()
