"""Gaps: which words of a passage others guess at, and what else would fit there."""
