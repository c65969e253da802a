"""The database's history: each revision builds SQLite and PostgreSQL alike."""
