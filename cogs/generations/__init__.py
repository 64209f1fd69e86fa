"""The buttons under the cards of all kinds of generations."""
