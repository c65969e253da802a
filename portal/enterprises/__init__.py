"""Enterprises and their papers: whose they are, who may see them, how they are entered."""
