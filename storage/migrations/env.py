"""Alembic asks for this file; migrations are run by `storage.schema`, on the writer's own connection."""
