"""Issued statements: their files, what they sum, what an enterprise answers to them."""
