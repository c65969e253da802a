"""How a worker stands: the one place of its counts, for lines, tables and metrics alike.

Metrics carry the names and units of Prometheus's conventions: counters count since the worker
began and end in `_total`, everything else is a gauge in base units.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple

from ledger.batch import Outcome

_PREFIX: Final = "suanquan_ingest_"

METRICS: Final[Mapping[str, tuple[Literal["counter", "gauge"], str]]] = {
    f"{_PREFIX}records_total": ("counter", "Records read, by what became of them."),
    f"{_PREFIX}batches_total": ("counter", "Transactions written."),
    f"{_PREFIX}fenced_total": ("counter", "Transactions that another worker overtook."),
    f"{_PREFIX}database_retries_total": ("counter", "Times that the database could not be used."),
    f"{_PREFIX}lag_offsets": ("gauge", "Offsets that are in Kafka and not in the ledger."),
    f"{_PREFIX}stopped": ("gauge", "1 for each partition that waits for a person."),
    f"{_PREFIX}last_entry_index": ("gauge", "Index of the newest entry written."),
    f"{_PREFIX}last_entry_timestamp_seconds": ("gauge", "When the newest entry was recorded."),
}
"""Kind and help of each metric, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class LastEntry:
    """The newest entry that a worker wrote; `recorded_at_ms` is its batch's, UTC milliseconds."""

    log: str
    index: int
    recorded_at_ms: int


@dataclass(frozen=True, slots=True)
class Status:
    """How a worker stands: counts since it began, and the lag of each partition that it reads.

    seen = recorded + duplicate + rejected. `fenced` counts transactions that another worker
    overtook, `retried` those that the database could not take. `lag` is None while no broker
    answers. `stopped` maps each partition that stands still to its incident's code.
    """

    seen: int = 0
    recorded: int = 0
    duplicate: int = 0
    rejected: int = 0
    fenced: int = 0
    batches: int = 0
    retried: int = 0
    lag: Mapping[int, int] | None = None
    stopped: Mapping[int, str] = field(default_factory=dict)
    last: LastEntry | None = None

    def add(self, outcome: Outcome, recorded_at_ms: int) -> "Status":
        """Return the status after a batch, which ends with a leaf of its own."""
        return replace(
            self,
            seen=self.seen + outcome.recorded + outcome.duplicate + outcome.rejected,
            recorded=self.recorded + outcome.recorded,
            duplicate=self.duplicate + outcome.duplicate,
            rejected=self.rejected + outcome.rejected,
            batches=self.batches + 1,
            last=LastEntry(outcome.log, outcome.size - 1, recorded_at_ms),
        )

    def fence(self) -> "Status":
        """Return the status after a transaction that another worker overtook."""
        return replace(self, fenced=self.fenced + 1)

    def retry(self) -> "Status":
        """Return the status after a transaction that the database could not take."""
        return replace(self, retried=self.retried + 1)

    def look(self, lag: Mapping[int, int] | None, stopped: Mapping[int, str]) -> "Status":
        """Return the status with each partition's lag and each stopped one's code, as just seen."""
        return replace(self, lag=lag, stopped=dict(sorted(stopped.items())))


class Sample(NamedTuple):
    """One value of a metric, at what its labels say."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(status: Status, topic: str) -> list[Sample]:
    """Return every value of a worker's metrics, those of one metric together."""
    return [
        Sample(f"{_PREFIX}{name}", {"topic": topic, **labels}, value)
        for name, labels, value in _values(status)
    ]


def _values(status: Status) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield each value with its metric's short name and its own labels."""
    yield "records_total", {"result": "recorded"}, status.recorded
    yield "records_total", {"result": "duplicate"}, status.duplicate
    yield "records_total", {"result": "rejected"}, status.rejected
    yield "batches_total", {}, status.batches
    yield "fenced_total", {}, status.fenced
    yield "database_retries_total", {}, status.retried
    for partition, lag in sorted((status.lag or {}).items()):
        yield "lag_offsets", {"partition": str(partition)}, lag
    for partition, code in status.stopped.items():
        yield "stopped", {"partition": str(partition), "code": code}, 1
    if status.last is not None:
        yield "last_entry_index", {"log": status.last.log}, status.last.index
        recorded_at_s = status.last.recorded_at_ms / 1000
        yield "last_entry_timestamp_seconds", {"log": status.last.log}, recorded_at_s


def render_metrics(found: Sequence[Sample]) -> str:
    """Return samples in Prometheus's text exposition format, version 0.0.4."""
    lines: list[str] = []
    for name, (kind, what) in METRICS.items():
        own = [one for one in found if one.name == name]
        if own:
            lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
        for one in own:
            labels = ",".join(f'{label}="{_escape(text)}"' for label, text in one.labels.items())
            lines.append(f"{name}{{{labels}}} {one.value}")
    return "".join(f"{line}\n" for line in lines)


def _escape(text: str) -> str:
    """Return a label's value as it stands between quotation marks."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
