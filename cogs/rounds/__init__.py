"""Rounds in the threads of stories."""
