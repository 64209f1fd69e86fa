"""Judging a challenge: shelves of what people read, put in order, and what they say together. Pure; numpy counts."""
