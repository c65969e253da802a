"""A year of a demonstration: its directory, people and claims, and its door."""
