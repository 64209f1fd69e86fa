"""`/continue`: what may follow a text."""
