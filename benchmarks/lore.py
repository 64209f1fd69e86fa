"""Where memory and lore act: how far an entry raises its own words in what really follows, and whether names are kept.

The first part reads the dev stories (STORY_CORPUS). A window is a text and what really follows; its entry is an earlier
sentence of the same story with a name that what follows has, and that the text before it has not. The entry is put at
several depths; the table has the mean log-probability (nats a token) of the entry's own words in what follows, and of
all other words, above those without the entry. The causal model of the infill pair's size measures it, in torch.

The second part lets the story model write on behind ten short stories with an entry each. A row names the entry rightly
where it has its name as it is written, wrongly where it has it in the plural, in small letters or misspelled.

    python -m benchmarks.lore [--windows 40] [--names 8] [--causal M] [--seed 1] [--half a] [--show] [--json]

A depth is how many sentences of the text stand behind the entry; 99: before the whole text.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.infill.blanks import Half, read_stories
from benchmarks.notes import open_engine, write
from bot.rules.text.sentences import sentence_ends
from bot.settings import ModelChoice
from bot.worker.causal.loading import load_causal
from bot.worker.causal.protocol import CausalEngine
from bot.worker.weights.resolving import resolve
from bot.writing.continuation.notes import parted

TEXT, FOLLOWING = 1200, 220
"""Characters of a window's text, and of what follows it."""
DEPTHS = (99, 8, 4, 3, 2, 1)
"""The depths that are tried, in sentences behind the entry."""
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{3,}")
"""A capital within a sentence."""
LONGEST_STORY = 40_000
"""So much of a story is used."""
LONGEST = 300
"""Characters of an entry."""
WORD = re.compile(r"[A-Za-z]{4,}")
"""A word that is compared with those of an entry: four letters at least."""


@dataclass(frozen=True, slots=True)
class Window:
    """A text of a story, what follows it, and a sentence from before it that shares a name with what follows."""

    text: str
    following: str
    entry: str


def windows(stories: Sequence[str], count: int, seed: int) -> Iterator[Window]:
    """Give windows of one story after another, at places drawn from `seed`."""
    draw = random.Random(seed)
    parts = [(story, sentence_ends(story)) for story in (story[:LONGEST_STORY] for story in stories[:count])]
    found = tries = 0
    while found < count and tries < 200 * count:
        story, ends = parts[tries % len(parts)]
        tries += 1
        within = [end for end in ends if 3 * TEXT < end < len(story) - FOLLOWING]
        if not within:
            continue
        end = draw.choice(within)
        begin = next(each for each in ends if each >= end - TEXT)
        text, following = story[begin:end].strip(), story[end : end + FOLLOWING].rpartition(" ")[0]
        for name in dict.fromkeys(NAME.findall(following)):
            if name not in text and (entry := sentence_with(story[:begin], ends, name)) is not None:
                found += 1
                yield Window(text, following, entry)
                break


def sentence_with(before: str, ends: Sequence[int], name: str) -> str | None:
    """Return the first sentence that has a name; None where there is none of a fitting length."""
    at = before.find(name)
    if at < 0:
        return None
    place = bisect(ends, at)
    begin, end = ends[place - 1] if place else 0, ends[place]
    entry = " ".join(before[begin:end].split())
    return entry if 20 <= len(entry) <= LONGEST else None


def told(text: str, entry: str, depth: int, *, bracketed: bool = False) -> str:
    """Return a text with an entry in it."""
    line = f"[{entry}]" if bracketed else entry
    before, after = parted(text, depth)
    return f"{before.rstrip()}\n\n{line}\n\n{after}" if before.strip() else f"{line}\n\n{after}"


def gains(model: Any, tokenizer: Any, cases: Sequence[Window]) -> list[dict[str, Any]]:
    """One row of the table for each depth."""
    ways = [(depth, bracketed) for bracketed in (False, True) for depth in DEPTHS]
    sums = {way: [0.0, 0, 0.0, 0] for way in ways}
    for number, case in enumerate(cases):
        own = {word.lower() for word in WORD.findall(case.entry)}
        base = scores(model, tokenizer, case.text, case.following)
        mine = [any(word.lower() in own for word in WORD.findall(around)) for around, _ in base]
        for way in ways:
            found = scores(model, tokenizer, told(case.text, case.entry, way[0], bracketed=way[1]), case.following)
            for (_, with_entry), (_, without), is_own in zip(found, base, mine, strict=True):
                at = 0 if is_own else 2
                sums[way][at] += with_entry - without
                sums[way][at + 1] += 1
        if number % 5 == 4:
            print(f"{number + 1} windows", file=sys.stderr, flush=True)
    return [
        {
            "depth": depth,
            "bracketed": bracketed,
            "own": round(own / max(1, n), 3),
            "other": round(other / max(1, m), 3),
            "own_tokens": n,
        }
        for (depth, bracketed), (own, n, other, m) in sums.items()
    ]


def scores(model: Any, tokenizer: Any, before: str, following: str) -> list[tuple[str, float]]:
    """Return each token of `following` as the word it stands in, with its log-probability behind `before`."""
    coded = tokenizer(following, return_offsets_mapping=True, add_special_tokens=False)
    left = tokenizer(before, add_special_tokens=False)["input_ids"]
    ids = torch.tensor([[*left, *coded["input_ids"]]])
    with torch.inference_mode():
        logits = model(ids, logits_to_keep=len(coded["input_ids"]) + 1).logits[0, :-1].float().log_softmax(-1)
    values = logits.gather(1, ids[0, len(left) :, None])[:, 0].tolist()
    words = [(match.start(), match.end(), match[0]) for match in re.finditer(r"\w+", following)]
    around = [
        next((word for begin, end, word in words if start < end and stop > begin), "")
        for start, stop in coded["offset_mapping"]
    ]
    return list(zip(around, values, strict=True))


@dataclass(frozen=True, slots=True)
class Named:
    """An entry about `name`, a text that triggers it, and how the name may go wrong."""

    name: str
    entry: str
    text: str
    wrong: str


NAMED = (
    Named("Ember", "Ember is a dragon, small and red, the only one left in the world.",
          "The cave was warm. Tomas put down the basket of fish and waited. Something moved in the dark behind the "
          "stones. It was the dragon, and it had heard him.", r"\bembers?\b|\bEmbers\b|\bdragons\b"),
    Named("Wren", "Wren is the ship's cook, an old woman with one arm.",
          "The storm had passed by noon. The crew sat on the wet deck and nobody spoke. From below came the smell of "
          "soup. Then the cook came up the ladder.", r"\bwrens?\b|\bWrens\b|\bcooks\b"),
    Named("Thistle", "Thistle is a grey donkey who understands every word.",
          "The road went up between the walls. Anna carried the sack herself, for the donkey had stopped again. She "
          "turned round and put her hands on her hips.", r"\bthistles?\b|\bThistles\b|\bdonkeys\b"),
    Named("Halvard", "Halvard is the blacksmith, a giant of a man who never raises his voice.",
          "They heard the hammer before they saw the house. Sparks flew from the open door. The blacksmith did not "
          "look up when they came in.", r"\bhalvard\b|\bHal(?:vord|vart|ward|vid|ver)\w*|\bblacksmiths\b"),
    Named("Marigold", "Marigold is a robot who tends the garden and is afraid of rain.",
          "Clouds came over the greenhouse. The robot put down its watering can and looked at the sky. The first drop "
          "fell on the path.", r"\bmarigolds?\b|\bMarigolds\b|\brobots\b"),
    Named("Pike", "Captain Pike commands the Lantern and trusts nobody.",
          "The sails were patched and the water was low. Two men whispered by the mast. They fell silent when the "
          "captain came out of the cabin.", r"\bpikes?\b|\bPikes\b|\bcaptains\b"),
    Named("Oriel", "Oriel is a ghost who lives in the library and hates noise.",
          "It was past midnight in the library. Ben dropped the heavy book and it fell with a crash. The air grew "
          "cold, and between the shelves stood the ghost.", r"\boriels?\b|\bOriels\b|\bghosts\b"),
    Named("Sable", "Sable is a black wolf who follows the girl everywhere.",
          "The girl had walked since morning. Snow lay on the pines, and her boots were wet through. Behind her the "
          "wolf stopped and raised its head.", r"\bsables?\b|\bSables\b|\bwolves\b"),
    Named("Quill", "Quill is the innkeeper's son, who writes down every lie he hears.",
          "The inn was full that night. A merchant was telling of gold in the mountains. In the corner sat the "
          "innkeeper's son with his book.", r"\bquills?\b|\bQuills\b|\bsons\b"),
    Named("Iskra", "Iskra is a witch who pays for everything with buttons.",
          "It was market day in the village. The baker had put out his best bread. At ten o'clock the witch stood "
          "before his table with her purse.", r"\biskra\b|\bIskr(?!a\b)\w*|\bIsk(?!ra\b)\w+|\bwitches\b"),
)  # fmt: skip
"""The entries of the second part."""


def names(engine: CausalEngine, rows: int, length: int, depths: Sequence[int], *, show: bool) -> list[dict[str, Any]]:
    """One row of the table for each depth, and for no entry at all (depth None)."""
    table = []
    for depth in (None, *depths):
        prompts = [
            "CHAPTER I\n\n" + case.text if depth is None
            else f"{case.entry}\n\nCHAPTER I\n\n{case.text}" if depth == 99
            else "CHAPTER I\n\n" + told(case.text, case.entry, depth)
            for case in NAMED
        ]  # fmt: skip
        right = wrong = total = 0
        for case, texts in zip(NAMED, write(engine, prompts, rows, length), strict=True):
            for text in texts:
                total += 1
                right += re.search(rf"\b{case.name}\b(?!s\b)", text) is not None
                wrong += re.search(case.wrong, text) is not None
                if show:
                    print(f"{depth} {case.name}: {text!r}", file=sys.stderr)
        table.append({"depth": depth, "rows": total, "right": right, "wrong": wrong})
        print(table[-1], file=sys.stderr, flush=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=40)
    parser.add_argument("--names", type=int, default=8, help="rows behind each of the ten stories; 0 for none")
    parser.add_argument("--length", type=int, default=40, help="tokens of such a row")
    parser.add_argument("--depths", type=int, nargs="+", default=[99, 4, 3, 2, 1], help="of the second part")
    parser.add_argument("--causal", help="CAUSAL_MODEL of the second part, if another than the settings name")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("all", "a", "b"), default="a")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--show", action="store_true", help="print the rows to standard error")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    half: Half = arguments.half
    report: dict[str, Any] = {}
    if arguments.names:
        engine = open_engine(arguments.causal)
        table = names(engine, arguments.names, arguments.length, arguments.depths, show=arguments.show)
        report["names"] = {"model": engine.info.name, "depths": table}
    if arguments.windows:
        model, tokenizer = load_causal(
            resolve(ModelChoice(), "causal", arguments.data), "cpu", "float32", arguments.data / "cache"
        )
        cases = list(windows(read_stories(half), arguments.windows, arguments.seed))
        report["gains"] = {"windows": len(cases), "depths": gains(model, tokenizer, cases)}
    if arguments.json:
        print(json.dumps(report))
        return
    for row in report.get("gains", {}).get("depths", ()):
        print(
            "  depth {depth:3} bracketed {bracketed!s:5}: own words {own:+.3f} nats, others {other:+.3f}".format_map(
                row
            )
        )
    for row in report.get("names", {}).get("depths", ()):
        print("  depth {depth!s:4}: {right} right, {wrong} wrong of {rows}".format_map(row))


if __name__ == "__main__":
    main()
