"""`/story memory` and `/story lore`."""
