"""`/twist`."""
