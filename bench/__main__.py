"""Run measurements and print them as a table: `make bench`, or `python -m bench THEME …`.

Without a theme it runs the short ones, some ten minutes. The long ones are `curve`, which stores
thirty million records and takes twenty minutes, `claims`, `memory`, `auditor`, `portal`, `simulate`
and `statements`: `make bench-long`.
"""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

from bench import (
    auditor,
    claims,
    curve,
    files,
    latency,
    parts,
    peer,
    portal,
    profile,
    rules,
    simulate,
    statements,
    streams,
)
from bench.measure import HEAD, Measurement, Reading
from bench.world import Databases, workspace
from tests.servers.kafka import kafka
from tests.servers.postgresql import postgresql_server

MEMORY_RECORDS: Final = 2_000_000

Rows = Iterator[Measurement | Reading]

SHORT: Final[dict[str, Callable[[streams.Broker, Databases], Rows]]] = {
    "worker": streams.one_worker,
    "two": streams.two_workers,
    "profile": profile.profile,
    "peer": lambda _, databases: peer.peer(databases),
    "rules": lambda _broker, _databases: rules.rules(),
    "latency": latency.latency,
    "catch-up": streams.catch_up,
    "largest": streams.largest,
    "files": lambda _, databases: files.file_ingest(databases),
    "parts": lambda _, databases: parts.parts(databases),
}

LONG: Final[dict[str, Callable[[streams.Broker, Databases], Rows]]] = {
    "auditor": auditor.auditor,
    "claims": claims.claims,
    "curve": curve.curve,
    "portal": portal.portal,
    "simulate": lambda _, databases: simulate.simulate(databases),
    "statements": lambda _, databases: statements.statements(databases),
    "memory": lambda broker, databases: streams.flat_memory(broker, databases, MEMORY_RECORDS),
}


def main() -> int:
    """Print each row as it is measured."""
    themes = sys.argv[1:] or list(SHORT)
    known = SHORT | LONG
    unknown = [name for name in themes if name not in known]
    if unknown:
        print(f"no such theme: {' '.join(unknown)}; there are {' '.join(known)}", file=sys.stderr)
        return 2
    with (
        workspace() as home,
        kafka() as bootstrap,
        # As in use: what is committed is on disk.
        postgresql_server(durable=True) as server,
    ):
        broker, databases = streams.Broker(bootstrap), Databases(home, server.url)
        print(f"{os.cpu_count()} processors, broker and database among them; both databases fsync")
        print(f"\n{HEAD}")
        for name in themes:
            for row in known[name](broker, databases):
                print(row.render(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
