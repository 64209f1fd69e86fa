"""`/settings`, and commands for the host of the bot."""
