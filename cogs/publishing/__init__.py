"""`/story map` and `/story export`."""
