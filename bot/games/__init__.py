"""Games: their use cases. One step of a game is one transaction."""
