"""`/infill`: what may stand in the blanks of a text."""
