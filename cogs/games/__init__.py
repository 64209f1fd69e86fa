"""`/game` and `/turn`."""
