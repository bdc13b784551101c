"""The record: an append-only journal of facts in SQLite."""
