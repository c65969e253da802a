"""A worker in a process of its own, for tests that kill it or put it to sleep.

It prints `reading` once it has records in hand, and at the end its counts as JSON. With `sleep` it
stops itself (SIGSTOP) between reading its first records and writing them.
"""

import os
import signal
import sys
from contextlib import closing

from ingest.consumer import Source
from ingest.watchdog import Watchdog
from ingest.worker import Worker, stopped_by_signals
from ledger.database import open_engine
from ledger.projection import PROJECTIONS
from ledger.store import Batch, Outcome, Store

SESSION_TIMEOUT_MS = 1_500
POLL_RECORDS = 100


class TellingStore(Store):
    """Says when the first records are about to be written, and may fall asleep there."""

    def append(self, batch: Batch, recorded_at_ms: int) -> Outcome:
        """Record a batch."""
        if not self.told:
            self.told = True
            sys.stdout.write("reading\n")
            sys.stdout.flush()
            if self.sleeps:
                os.kill(os.getpid(), signal.SIGSTOP)
        return super().append(batch, recorded_at_ms)

    told = False
    sleeps = False


def main(url: str, bootstrap: str, topic: str, group: str, *flags: str) -> None:
    """Read a topic to its end, or until SIGTERM."""
    store = TellingStore(open_engine(url, "write"), PROJECTIONS)
    store.sleeps = "sleep" in flags
    source = Source(bootstrap, topic, group, SESSION_TIMEOUT_MS, POLL_RECORDS)
    with closing(source), Watchdog(30) as watchdog:
        worker = Worker(source, store, lambda: 1_669_190_400_000, watchdog)
        with stopped_by_signals(worker):
            worker.run(until_end="forever" not in flags)
    status = worker.status
    sys.stdout.write(f"{status.seen} {status.recorded} {status.duplicate} {status.fenced}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
