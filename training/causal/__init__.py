"""The recipe of what teaches the bundled causal model to see both sides of a blank."""
