"""The jobs of the schedule: what is due, how each runs, and what came of it."""
