"""Words that only point at something, or only hold a sentence together: they fit nearly everywhere, and say little."""

from __future__ import annotations

from bot.rules.text.content_words import is_function_word
from bot.rules.text.words import split_words

PRONOUNS = frozenset(
    """
    i me you he him she her it we us they them thee this that these those mine yours hers ours theirs myself yourself
    himself herself itself ourselves yourselves themselves
    """.split()  # noqa: SIM905  # as it is read
)
"""Personal, possessive, reflexive and demonstrative pronouns, in lower case."""


def is_pronoun(text: str) -> bool:
    """Tell whether a fill is one such word and nothing else."""
    return text.casefold() in PRONOUNS


def is_plain(text: str) -> bool:
    """Tell whether a fill has no word that carries meaning: each is a function word (articles, prepositions,
    auxiliaries, pronouns)."""
    return all(is_function_word(word) for word in split_words(text))
