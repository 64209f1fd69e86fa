"""*Use this text*: one menu of messages for everything that takes a text."""
