"""Rounds: opening, candidates, ballots and closing. These use cases own the transactions over them."""
