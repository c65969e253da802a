"""The same payloads appended from memory, by us and by the Python package `eventsourcing`.

    python -m bench.peer ours|application|recorder URL

`application` is the package as its documentation shows it: an aggregate an enterprise, an event a
payload, the events of a batch saved together. `recorder` is its lowest layer alone: rows that
somebody else has already made of events. Both keep each aggregate's order; neither checks a
payload, knows an id twice, proves or sums anything. Its batches are of the size that suits it best.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from bench.measure import REPEATS, Measurement, of_rates
from bench.streams import Loop, Samples, rate_of
from bench.world import Databases, Usage, writer
from ledger.codec import parse_usage
from ledger.projection import PROJECTIONS
from ledger.store import Batch, Store

RECORDS: Final = 100_000
BATCH_RECORDS: Final = 20_000
PEER_BATCH_RECORDS: Final = 5_000

_RECORDED_AT_MS: Final = 1_700_000_000_000


def peer(databases: Databases) -> Iterator[Measurement]:
    """Yield our appending against both layers of the package, in SQLite."""
    for layer in ("application", "recorder"):
        pairs = []
        for _ in range(REPEATS):
            with databases.ledger("SQLite") as url, databases.empty("SQLite") as other:
                own = rate_of([Loop("ours", url, module="bench.peer").end()])
                pairs.append((own, rate_of([Loop(layer, other, module="bench.peer").end()])))
        yield of_rates("append from memory, SQLite", RECORDS, pairs, f"eventsourcing, {layer}")


def _timed(batch_records: int, append: Callable[[int, list[tuple[bytes, bytes]]], None]) -> Samples:
    """Return how appending fares, batch by batch."""
    usage = Usage()
    batches = [usage.take(batch_records) for _ in range(RECORDS // batch_records)]
    samples: Samples = []
    for number, batch in enumerate(batches):
        append(number * batch_records, batch)
        samples.append((time.monotonic(), (number + 1) * batch_records, 0))
    return samples


def ours(url: str) -> Samples:
    """Return how a ledger fares: payloads parsed, identified, hashed, summed and stored."""
    with writer(url) as engine:
        store = Store(engine, PROJECTIONS)

        def append(first: int, batch: list[tuple[bytes, bytes]]) -> None:
            """Append a batch."""
            events = parse_usage([value for _, value in batch])
            assert events is not None
            end = first + len(events)
            pairs = list(enumerate(events, first))
            store.append(Batch("bench", first, first, end, pairs), _RECORDED_AT_MS)

        return _timed(BATCH_RECORDS, append)


def application(url: str) -> Samples:
    """Return how the package fares as an application."""
    from eventsourcing.application import Application  # noqa: PLC0415 - only this needs it
    from eventsourcing.domain import Aggregate, event  # noqa: PLC0415 - as above

    class Meter(Aggregate):
        """An enterprise's usage."""

        def __init__(self, code: str) -> None:
            self.code = code
            self.count = 0

        @event("Recorded")
        def record(self, payload: str) -> None:  # noqa: ARG002 - it is in the event
            """Record a payload."""
            self.count += 1

    app = Application[Any](_environment(url))
    meters: dict[bytes, Meter] = {}

    def append(_first: int, batch: list[tuple[bytes, bytes]]) -> None:
        """Save a batch's events."""
        touched = {}
        for key, value in batch:
            meter = meters.get(key)
            if meter is None:
                meter = meters[key] = Meter(code=key.decode())
            meter.record(value.decode())
            touched[key] = meter
        app.save(*touched.values())

    return _timed(PEER_BATCH_RECORDS, append)


def recorder(url: str) -> Samples:
    """Return how the package's recorder fares on rows that are already made."""
    from eventsourcing.application import Application  # noqa: PLC0415 - only this needs it
    from eventsourcing.persistence import StoredEvent  # noqa: PLC0415 - as above

    app = Application[Any](_environment(url))
    versions: dict[bytes, int] = {}
    originators = {key: uuid5(NAMESPACE_URL, key.decode()) for key, _ in Usage().take(1_000)}

    def append(_first: int, batch: list[tuple[bytes, bytes]]) -> None:
        """Insert a batch's rows."""
        rows = []
        for key, value in batch:
            versions[key] = versions.get(key, 0) + 1
            rows.append(StoredEvent(originators[key], versions[key], "Recorded", value))
        app.recorder.insert_events(rows)

    return _timed(PEER_BATCH_RECORDS, append)


def _environment(url: str) -> dict[str, str]:
    """Return the package's settings for a SQLite file, whose defaults are WAL and full syncs."""
    name = url.removeprefix("sqlite:///")
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": name}


def main() -> None:
    """Run the loop that the command line names."""
    name, url = sys.argv[1:]
    loops = {"ours": ours, "application": application, "recorder": recorder}
    sys.stdout.write(json.dumps(loops[name](url)) + "\n")


if __name__ == "__main__":
    main()
