"""What an auditor waits for: replay by one process and by two, and what a ledger costs as it grows.

- replay in one process against the entries read, hashed and decoded alone, which nobody can spare;
- replay by two processes against one, and the ceiling: what two processes of bare hashing gain;
- at each size: append, `log check --full` with its peak memory, replay, an inclusion proof, and the
  bytes on disk an event beside the event's own, in both databases.
"""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from bench.files import RECORDED_AT_MS
from bench.measure import Measurement, Reading, compare
from bench.world import Databases, workspace, write_lines, writer
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.file_worker import ingest_file
from ledger import merkle
from ledger.codec import parse_usage
from ledger.database import open_engine
from ledger.history import History, Place
from ledger.projection import PROJECTIONS
from ledger.read import read_entries, read_heads, read_runs, tiles_at
from ledger.rebuild import rebuild
from ledger.replay import derives_of
from ledger.spans import Job, Runner, by_processes, here
from ledger.store import Store

SIZES: Final = (100_000, 1_000_000, 5_000_000)
PROOFS: Final = 200

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)

# The command, and then the most memory that its process ever held.
_CHECK = """
import sys
from pathlib import Path
from portal.cli import run
status = run(["log", "check", "--full", "--json"])
sys.stderr.write(Path("/proc/self/status").read_text())
sys.exit(status)
"""


def auditor(_broker: object, databases: Databases) -> Iterator[Measurement | Reading]:
    """Yield each row at each size, on SQLite and then on PostgreSQL."""
    for size in SIZES:
        for kind in ("SQLite", "PostgreSQL"):
            with workspace() as home, databases.ledger(kind) as url:
                yield from _measure(kind, size, url, home)


def _measure(kind: str, size: int, url: str, home: Path) -> Iterator[Measurement | Reading]:
    """Yield the rows of one ledger."""
    path = write_lines(home / "usage.ndjson", size)
    own_bytes = path.stat().st_size - size
    start = time.perf_counter()
    with writer(url) as engine:
        ingest_file(Store(engine, PROJECTIONS), path, NdjsonAdapter(), lambda: RECORDED_AT_MS)
    rate = size / (time.perf_counter() - start)
    path.unlink()
    yield Reading(f"append, {kind}", size, f"{rate:,.0f} a second")
    yield _check(kind, size, url, home)
    job = Job(Place(url=url), derives_of(PROJECTIONS))
    with job.place.open() as history:
        yield compare(
            f"replay, one process, {kind}",
            size,
            lambda: _rebuild(history, here(history, job.derives)),
            "reading, hashing, decoding the entries",
            lambda: _bare(url),
        )
        yield compare(
            f"replay, two processes, {kind}",
            size,
            lambda: _rebuild(history, by_processes(job, 2)),
            "one process",
            lambda: _rebuild(history, by_processes(job, 1)),
        )
    yield compare(
        "ceiling of two processes", size, lambda: _hash(size, 2), "one", lambda: _hash(size, 1)
    )
    reader = open_engine(url, "audit")
    with reader.connect() as connection:
        yield Reading(f"inclusion proof, {kind}", size, _prove(connection))
        stored = _stored_bytes(connection, url)
    reader.dispose()
    said = f"{stored / size:,.0f} bytes an event on disk, the event's own {own_bytes / size:,.0f}"
    yield Reading(f"storage, {kind}", size, said)


def _hash(size: int, processes: int) -> None:
    """Hash as many entries' worth of bytes as a replay, ten times over, shared among processes."""
    code = f"import hashlib\nfor _ in range({10 * size // processes}):\n hashlib.sha256(bytes(312))"
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(processes)]
    for process in running:
        process.wait()


def _rebuild(history: History, run: Runner) -> None:
    """Replay everything."""
    sizes = {name: head.size for name, head in history.heads().items()}
    found = rebuild(history, PROJECTIONS, sizes, run)
    assert not found.findings, found.findings


def _bare(url: str) -> None:
    """Do what no replay can spare: read, hash and decode each entry."""
    engine = open_engine(url, "audit")
    with engine.connect() as connection:
        size = read_heads(connection)["usage"].size
        for _, entries in read_runs(connection, "usage", 0, size):
            merkle.leaf_hashes(entries)
            parse_usage(entries)
    engine.dispose()


def _check(kind: str, size: int, url: str, home: Path) -> Reading:
    """Return the time and the peak memory of `log check --full` as a process of its own."""
    environment = {**os.environ, "SUANQUAN_DATABASE_URL": url, "SUANQUAN_HOME": str(home)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHECK], check=True, capture_output=True, text=True, env=environment
    )
    seconds = time.perf_counter() - start
    (peak_kb,) = _PEAK.findall(done.stderr)
    said = f"{seconds:,.1f} s, peak {int(peak_kb) / 1024:,.0f} MiB"
    return Reading(f"log check --full, {kind}", size, said)


def _prove(connection: Connection) -> str:
    """Return how long an inclusion proof takes, its entry read too, at places all over the log."""
    head = read_heads(connection)["usage"]
    times = []
    for number in range(PROOFS):
        index = number * 7_919 * 104_729 % head.size
        start = time.perf_counter()
        ((_, entry),) = read_entries(connection, "usage", index, index + 1)
        read = tiles_at(connection, "usage", head.size)
        proof = merkle.prove_inclusion(index, head.size, read)
        times.append(time.perf_counter() - start)
        leaf = merkle.leaf_hash(entry)
        assert merkle.check_inclusion(leaf, index, head.size, head.root, proof)
    return f"{statistics.median(times) * 1000:.2f} ms median, {max(times) * 1000:.2f} ms worst"


def _stored_bytes(connection: Connection, url: str) -> int:
    """Return what the database occupies on disk, its write-ahead log apart."""
    if connection.dialect.name == "sqlite":
        return Path(url.removeprefix("sqlite:///")).stat().st_size
    found: int = connection.execute(
        text("SELECT pg_database_size(current_database())")
    ).scalar_one()
    return found
