"""`/writer`: a person's profile as a writer in a server."""
