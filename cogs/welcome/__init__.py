"""The first message in a server."""
