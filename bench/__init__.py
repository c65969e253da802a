"""Measurements: each figure stands beside a ceiling or a peer that was timed in the same run."""
