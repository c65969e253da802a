"""A backup on disk: its files and how far it reaches."""
