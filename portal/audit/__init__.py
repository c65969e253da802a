"""What an auditor looks at: the logs, checks and replays, who read what."""
