"""`/bridge`."""
