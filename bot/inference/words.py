"""What a word is and how a blank is written, where both models and the rules about fills must agree."""

from __future__ import annotations

from bot.rules.words import has_han, split_words, word_spans

__all__ = ["BLANK", "has_han", "split_words", "word_spans"]

BLANK = "\ufdd0"
"""How a blank is written in a text for the models: a noncharacter, so that nothing that people write is one."""
