"""`/infill`."""
