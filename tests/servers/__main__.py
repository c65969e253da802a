"""Run a Kafka broker for a person: `make broker`."""

import signal
import sys
from contextlib import suppress

from tests.servers.kafka import KAFKA_VERSION, kafka


def main() -> None:
    """Run a broker until Ctrl-C."""
    with kafka() as bootstrap, suppress(KeyboardInterrupt):
        sys.stdout.write(
            f"Apache Kafka {KAFKA_VERSION} at {bootstrap}; Ctrl-C stops it and drops its topics\n"
        )
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.pause()


if __name__ == "__main__":
    main()
