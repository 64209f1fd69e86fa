"""Games: pure rules. No Discord, no SQL, no clock, and no chance but what a game's seed gives."""
