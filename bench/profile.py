"""Where a worker's time goes: what its main thread is at, looked at some hundred times a second.

    python -m bench.profile BOOTSTRAP TOPIC URL

A look finds the innermost frame of the main thread that belongs to a stage below; time in C counts
for the Python that called it, and waiting for disk, server or network counts like working.
"""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Final

from bench import loop
from bench.measure import Reading
from bench.streams import DATABASES, Broker
from bench.world import Databases

RECORDS: Final = 400_000

_PERIOD_S: Final = 0.002

# Where a frame belongs: a file's end and a function's name, any function where there is no name.
STAGES: Final = (
    ("kafka/record/default_records.py", "", "kafka-python: unpacking records"),
    ("kafka/record/util.py", "", "kafka-python: unpacking records"),
    ("kafka/consumer/fetcher.py", "_unpack_records", "kafka-python: making records"),
    ("kafka/consumer/group.py", "poll", "kafka-python: the rest, and waiting for a fetch"),
    ("ingest/reading.py", "", "parsing and checking"),
    ("ledger/identity.py", "", "identities"),
    ("ledger/merkle.py", "", "hashing leaves and tree"),
    ("ledger/facts.py", "", "counting facts for projections"),
    ("ledger/projection.py", "", "merging projections"),
    ("ledger/log_writer.py", "_write_chunks", "compressing and writing chunks"),
    ("ledger/log_writer.py", "", "head, tiles, closing leaf"),
    ("sqlalchemy/engine/base.py", "_commit_impl", "commit"),
    ("ledger/store.py", "", "the rest of the transaction"),
    ("ingest/worker.py", "_look", "asking for the lag"),
    ("ingest/worker.py", "", "the rest of the worker"),
)

# The watching thread asks for the interpreter; this is how soon the main thread hands it over.
_SWITCH_S: Final = 0.0005


def profile(broker: Broker, databases: Databases) -> Iterator[Reading]:
    """Yield each stage's share of a worker's time, for each database."""
    with broker.topic() as topic:
        broker.fill(topic, RECORDS)
        for kind in DATABASES:
            with databases.ledger(kind) as url:
                counts = _watched(broker.bootstrap, topic, url)
            total = sum(counts.values())
            for stage, looks in counts.most_common():
                yield Reading(f"{kind}: {stage}", RECORDS, f"{looks / total:.1%}")


def _watched(bootstrap: str, topic: str, url: str) -> Counter[str]:
    """Return how often each stage was seen in a worker of its own process."""
    command = [sys.executable, "-m", "bench.profile", bootstrap, topic, url]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return Counter(json.loads(out))


class _Watch(threading.Thread):
    """Looks at one thread until it is told to stop."""

    def __init__(self, watched: int) -> None:
        super().__init__(daemon=True)
        self.counts: Counter[str] = Counter()
        self.done = threading.Event()
        self._watched = watched

    def run(self) -> None:
        """Look again and again."""
        while not self.done.wait(_PERIOD_S):
            self.counts[_stage_of(sys._current_frames()[self._watched])] += 1  # noqa: SLF001 - public for debuggers


def _stage_of(frame: FrameType | None) -> str:
    """Return the stage that the innermost frame with one belongs to."""
    while frame is not None:
        code = frame.f_code
        for file, name, stage in STAGES:
            if code.co_filename.endswith(file) and name in ("", code.co_name):
                return stage
        frame = frame.f_back
    return "starting and ending"


def main() -> None:
    """Watch a worker that reads a topic to its end."""
    sys.setswitchinterval(_SWITCH_S)
    watch = _Watch(threading.get_ident())
    watch.start()
    loop.worker(*sys.argv[1:])
    watch.done.set()
    watch.join()
    sys.stdout.write(json.dumps(watch.counts) + "\n")


if __name__ == "__main__":
    main()
