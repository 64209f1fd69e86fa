"""What a person writes costs time in proportion to its length, whatever it is made of.

Measured in processor time, so that it does not matter what else the machine does, and as growth between two lengths, so
that it does not matter how fast it is.
"""

from __future__ import annotations

import gc
import inspect
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import islice
from math import inf
from pkgutil import walk_packages
from types import ModuleType

import pytest

from tests.growth.functions import BOUNDED, CALLS, Call, call
from tests.growth.nasties import FULL, NASTIES, WORST, Nasty

MOST_GROWTH = 8.0
"""Four times the length may take twice four times as long: linear, with some room."""
TOO_SHORT_S = 0.002
"""What takes less for a full text is not judged: it is no burden, and too short to be measured."""
HOPELESS_S = 0.25
"""What takes so long for a full text is measured once more, not four times."""
BEYOND_DOUBT = 5.0
"""What grows less at a first look is not looked at again."""
TRIES = 5
DOUBTS = 20
"""How often what grows too fast is measured before it is believed: other processes take the caches away, which costs
the longer text more. What grows with the square grows too fast each time."""
CUT = 4 * FULL
"""A length of which a quarter is more than any part of a card holds."""
LIMITED = (
    "bot.stories.beginning.",
    "bot.writing.infill.restyling.",
    *(f"bot.ui.{name}." for name in ("cards", "fitting", "infills", "progress", "prose", "twists")),
    *(f"cogs.{name}." for name in ("core.feature_card", "lore", "profiles", "rounds", "settings", "stories")),
)
"""What has limits of its own, and more to do where a text is beyond them: it is measured with texts that are."""
READING = (
    "bot.rules.text.characters.",
    "bot.rules.lore.",
    "bot.rules.text.words.",
    "bot.stories.rounds.quoting.",
    "bot.ui.cutting.",
    "bot.ui.escaping.",
    "bot.writing.blanks.",
    "bot.writing.cleaning.",
    "bot.writing.twist.word_selection.",
    "bot.writing.blocklist.without_leet",
    "bot.publishing.markdown.escape",
)
"""What reads a text character by character, with patterns or without, meets all nasties; what is put together from such
functions meets the worst of them, and all of them among the long tests."""
COSTLY = ("bot.publishing.cover.", "bot.publishing.epub.", "bot.rules.provenance.", "bot.ui.cutting.shown_head")
"""What takes long whatever it is given, meets a third of the worst; the long tests give it all of them."""
PACKAGES = ("bot.rules", "bot.writing", "bot.stories", "bot.games", "bot.ui", "bot.publishing", "cogs")


def cost(function: Call, text: str, tries: int) -> float:
    """The least processor time in seconds of so many calls, without the collection of garbage."""
    found = []
    gc.disable()
    try:
        for _ in range(tries):
            begun = time.thread_time()
            call(function, text)
            found.append(time.thread_time() - begun)
    finally:
        gc.enable()
    return min(found)


def growth(function: Call, nasty: Nasty, length: int) -> float:
    """How many times longer a text of that length takes than one of a quarter; 0 where it takes no time worth
    measuring."""
    short, full = nasty(length // 4), nasty(length)
    at_first = cost(function, short, 2)
    if at_first > HOPELESS_S:
        return inf
    slow = cost(function, full, 1)
    if slow < TOO_SHORT_S or slow / at_first < BEYOND_DOUBT:
        return 0.0
    if slow > HOPELESS_S:
        return min(slow, cost(function, full, 1)) / cost(function, short, TRIES)
    times = inf
    for _ in range(DOUBTS):
        slow = min(slow, cost(function, full, TRIES))
        times = min(times, slow / cost(function, short, TRIES)) if slow >= TOO_SHORT_S else 0.0
        if times < MOST_GROWTH:
            break
    return times


def grown(name: str, nasties: Mapping[str, Nasty]) -> Mapping[str, float]:
    """With which of the texts a function grows too fast, and how fast."""
    length = CUT if name.startswith(LIMITED) else FULL
    found = {
        f"{nasty} ({number})": growth(function, make, length)
        for number, function in enumerate(CALLS[name])
        for nasty, make in nasties.items()
    }
    return {nasty: round(times, 1) for nasty, times in found.items() if times >= MOST_GROWTH}


@pytest.mark.parametrize("name", CALLS)
def test_functions_take_time_linear_in_the_text(name: str) -> None:
    if name.startswith((*LIMITED, *COSTLY)):
        nasties: Mapping[str, Nasty] = dict(islice(WORST.items(), 0, None, 3))
    else:
        nasties = NASTIES if name.startswith(READING) else WORST
    assert grown(name, nasties) == {}


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in CALLS if name.startswith(COSTLY) or not name.startswith(READING)])
def test_functions_take_time_linear_in_all_nasties(name: str) -> None:
    assert grown(name, NASTIES) == {}


def test_tables_have_every_function_that_takes_a_text() -> None:
    """A new function belongs into `CALLS`, or into `BOUNDED` with the reason why its texts are short."""
    missing = {name for name in taking_texts() if name not in CALLS and name not in BOUNDED}
    assert missing == set()


def test_tables_name_what_there_is() -> None:
    assert {name for name in [*CALLS, *BOUNDED] if not _is_there(name)} == set()


def _is_there(name: str) -> bool:
    """Tell whether a name leads to something in a module, or in a class of one."""
    module, _, function = name.rpartition(".")
    try:
        return hasattr(import_module(module), function)
    except ModuleNotFoundError:
        module, _, owner = module.rpartition(".")
        return hasattr(getattr(import_module(module), owner, None), function)


def taking_texts() -> Iterator[str]:
    """The public functions of the packages that have a text among their parameters."""
    for package in PACKAGES:
        for found in walk_packages(import_module(package).__path__, f"{package}."):
            module = import_module(found.name)
            yield from (f"{module.__name__}.{name}" for name in _functions(module))


def _functions(module: ModuleType) -> Iterator[str]:
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
            parameters = {key: value for key, value in function.__annotations__.items() if key != "return"}
            if any("str" in str(value) for value in parameters.values()):
                yield name
