"""The log of facts, its proofs, and what is folded from it. Imports nothing of ours."""
