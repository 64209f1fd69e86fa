"""`/continue`."""
