"""`/story`: beginning, writing, reading and hosting stories."""
