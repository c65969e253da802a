"""Run every measurement at three sizes and print it: `make bench`."""

import sys
from collections.abc import Iterator

from bench import cases
from bench.measure import Measurement
from tests.servers.postgresql import postgresql

RECORDS = (10_000, 40_000, 160_000)
DECISIONS = (300, 1_000, 3_000)
STATEMENTS = (5, 20, 60)

HEAD = f"{'measured':<26}{'size':>9}{'per second':>13}{'ceiling':>13}{'ratio':>8}  against"


def measure() -> Iterator[Measurement]:
    """Yield every measurement, each at its three sizes."""
    for size in RECORDS:
        yield cases.ingest_sqlite(size)
    with postgresql() as url:
        for size in RECORDS:
            yield cases.ingest_postgresql(size, url)
    for size in RECORDS:
        yield cases.merkle_append(size)
    for size in RECORDS:
        yield cases.replays(size)
    for size in DECISIONS:
        yield cases.decisions(size)
    for size in STATEMENTS:
        yield cases.statements(size)


def main() -> int:
    """Print each measurement as it is made."""
    print(HEAD)
    for one in measure():
        print(
            f"{one.name:<26}{one.size:>9,}{one.rate:>13,.0f}{one.ceiling_rate:>13,.0f}"
            f"{one.ratio:>8.2f}  {one.ceiling}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
