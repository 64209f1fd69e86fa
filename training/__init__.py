"""The recipes of what Inkling bundles: the corpus, and a room for each model."""
