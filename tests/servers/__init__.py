"""Real servers for tests and measurements: PostgreSQL 18 and Apache Kafka 4."""


class MissingServerError(Exception):
    """The server's programs are not installed."""


class BrokenServerError(Exception):
    """The server did not start; its log says why."""
