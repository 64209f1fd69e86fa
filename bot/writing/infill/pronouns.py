"""Words that only point at something: they fit nearly everywhere, and say little."""

from __future__ import annotations

PRONOUNS = frozenset(
    "i me you he him she her it we us they them thee this that these those".split()  # noqa: SIM905  # as it is read
)


def is_pronoun(text: str) -> bool:
    """Tell whether a fill is one such word and nothing else."""
    return text.casefold() in PRONOUNS
