"""`/bridge`: whole sentences that lead from one text to another."""
