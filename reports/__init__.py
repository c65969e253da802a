"""What leaves the house for a person: statements and their renderings."""
