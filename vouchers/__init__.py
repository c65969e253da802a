"""What usage costs, what is refunded, and why."""
