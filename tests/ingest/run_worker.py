"""A worker in a process of its own, for tests that kill it or put it to sleep.

It prints `reading` once it has records in hand, and at the end its counts. With `sleep` it stops
itself (SIGSTOP) between reading its first records and writing them, with `freeze` in the middle of
their transaction, after it printed `frozen`; PostgreSQL then waits for it a second only.
"""

import os
import signal
import sys
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, event

from ingest.consumer import Source
from ingest.process import stopped_by_signals
from ingest.watchdog import Watchdog
from ingest.worker import Worker
from ledger.database import Engine, open_engine
from ledger.projection import PROJECTIONS
from ledger.store import Batch, Outcome, Store

SESSION_TIMEOUT_MS = 1_500
POLL_RECORDS = 100
IDLE_MAX_MS = 1_000


class TellingStore(Store):
    """Says when the first records are about to be written, and may fall asleep there or later."""

    told = False
    sleeps = False
    freezes = False

    def append(self, batch: Batch, recorded_at_ms: int) -> Outcome:
        """Record a batch."""
        if batch.events and not self.told:
            self.told = True
            tell("reading")
            if self.sleeps:
                os.kill(os.getpid(), signal.SIGSTOP)
        return super().append(batch, recorded_at_ms)

    def _append(self, connection: Connection, batch: Batch, recorded_at_ms: int) -> Outcome:
        """Record a batch within a transaction."""
        outcome = super()._append(connection, batch, recorded_at_ms)
        if self.freezes and batch.events:
            self.freezes = False
            tell("frozen")
            os.kill(os.getpid(), signal.SIGSTOP)
        return outcome


def tell(word: str) -> None:
    """Say a word to whoever started the process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def wait_shortly(engine: Engine) -> None:
    """Let PostgreSQL end a transaction that does not move after a second, not after a minute."""

    @event.listens_for(engine, "connect")
    def _set_limit(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.autocommit = True
        connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MAX_MS}")
        connection.autocommit = False


def main(url: str, bootstrap: str, topic: str, group: str, *flags: str) -> None:
    """Read a topic to its end, or until SIGTERM."""
    engine = open_engine(url, "write")
    store = TellingStore(engine, PROJECTIONS)
    store.sleeps = "sleep" in flags
    store.freezes = "freeze" in flags
    if store.freezes:
        wait_shortly(engine)
    source = Source(bootstrap, topic, group, SESSION_TIMEOUT_MS, POLL_RECORDS)
    with closing(source), Watchdog(30) as watchdog:
        worker = Worker(source, store, lambda: 1_669_190_400_000, watchdog)
        with stopped_by_signals(worker.stop):
            worker.run(until_end="forever" not in flags)
    status = worker.status
    tell(f"{status.seen} {status.recorded} {status.duplicate} {status.fenced}")


if __name__ == "__main__":
    main(*sys.argv[1:])
