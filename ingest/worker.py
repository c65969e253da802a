"""A topic → entries, exactly once: whatever is killed, moved or read again.

Poll, parse, append. What one poll brought of one partition is one transaction, and nothing is read
ahead of it, so a slow database slows the reading. The stream's position moves by compare-and-swap
in that transaction: a worker that was overtaken changes nothing, looks where the stream stands now
and goes on from there. A partition that cannot go on honestly stands still and says why.
"""

import gc
from collections.abc import Callable, Container, Mapping
from typing import Final, NamedTuple

from ingest.incident import (
    Permitted,
    beyond_end,
    lost_offsets,
    mostly_bad,
    no_broker,
    other_topic,
    say_fenced,
    say_held_back,
    unreadable,
)
from ingest.judge import Judge
from ingest.process import collector_held
from ingest.reading import NOTHING, Part, cut, read_records
from ingest.status import Status
from ingest.streams import Streams
from ingest.topic import Bounds, Run, Topic
from ingest.watchdog import Watchdog
from ledger.accepted import AcceptedCodes
from ledger.database import DatabaseError, OperationalError
from ledger.errors import LedgerError, RuleViolationError
from ledger.events import LogName
from ledger.store import Batch, Store
from ledger.text import Text

# A longer run is appended in parts, so that no transaction holds more than this.
BATCH_BYTES: Final = 1 << 25

POLL_MS: Final = 500

# While no partition is placed nothing can come but an assignment, which a poll does not return for.
PLACE_MS: Final = 100

LOOK_S: Final = 5
RETRY_S: Final = 0.5

_OVERTAKEN: Final = frozenset({"stream_moved", "head_moved"})


class _Place(NamedTuple):
    """Where a partition stands: the stream's position, and the offset where the next batch begins.

    They differ before the first batch (a new stream stands at zero) and after a confirmed loss.
    """

    expected: int
    first: int


class Worker:
    """Reads one topic into one ledger."""

    def __init__(  # noqa: PLR0913 - its two sides, its clock and watchdog; three are options
        self,
        source: Topic,
        store: Store,
        clock: Callable[[], int],
        watchdog: Watchdog,
        *,
        permitted: Permitted | None = None,
        report: Callable[[Status], None] = lambda _: None,
        say: Callable[[Text], None] = lambda _: None,
    ) -> None:
        """`clock` gives the UTC milliseconds of recording; `say` is told what a person must know.

        `report` is told how the worker stands after each turn.
        """
        self._source = source
        self._store = store
        self._clock = clock
        self._watchdog = watchdog
        self._timer = watchdog.timer
        self._permitted = permitted or Permitted()
        self._judge = Judge(self._permitted.bad_share_max)
        self._report = report
        self._say = say
        self._assigned: frozenset[int] = frozenset()
        self._unplaced: set[int] = set()
        self._places: dict[int, _Place] = {}
        self._usage_logs: list[LogName] = []
        self._incidents: dict[int, LedgerError] = {}
        self._streams = Streams(store, source.topic)
        self._bounds: Mapping[int, Bounds] | None = None
        self._look_at_s = self._timer.now_s() + LOOK_S
        self._trouble = ""
        self._stopping = False
        self.status = Status()

    def stop(self) -> None:
        """End `run` after the running transaction; a signal's handler may call it."""
        self._stopping = True

    def run(self, *, until_end: bool = False) -> None:
        """Record until stopped, or until each partition reached the end that it had at the start.

        Raises the incident of a partition (`ingest.incident`) when nothing else is left to read or
        at the end, and `LedgerError` (`stalled`) when records are there and nothing moves.
        """
        with collector_held():
            self._run(self._goals() if until_end else None)
        for _, incident in sorted(self._incidents.items()):
            raise incident

    def _run(self, goals: Mapping[int, int] | None) -> None:
        """Take turns until there is nothing left to do."""
        while not self._stopping and not self._is_done(goals):
            # What it polled goes with the turn: memory holds the records of one poll, not of two.
            self._turn()
        self._look()
        self._tell()
        if goals is not None:
            self._tell_held_back()

    def _turn(self) -> None:
        """Record what one poll brings, and see to the partitions that stand still."""
        polled = self._source.poll(POLL_MS if self._places else PLACE_MS)
        if polled.assigned is not None:
            self._take(polled.assigned)
        for partition, run in polled.runs.items():
            if not self._stopping:
                self._record(partition, run)
        # After the records: those before what cannot be read came in the same poll.
        for partition, words in polled.broken.items():
            if not self._stopping:
                self._stand_still(partition, words)
        self._pass_markers(polled.runs)
        self._place_all()
        self._watchdog.check()
        if self._timer.now_s() >= self._look_at_s:
            self._look()
        self._tell()

    def offsets(self) -> dict[str, int]:
        """Return the next offset of every partition of the topic, as the database holds it."""
        return {
            self._streams.name(partition): self._streams.position(partition)
            for partition in sorted(self._source.partitions)
        }

    # --- where partitions stand ---

    def _identify(self) -> bool:
        """Return whether the topic is known; if it is another one now, nothing is placed any more.

        Its offsets say nothing about the other one's.
        """
        identity = self._source.identify()
        if identity is not None and identity != self._streams.identity:
            for partition in list(self._places):
                self._displace(partition)
            self._streams.identity = identity
        return identity is not None

    def _goals(self) -> dict[int, int]:
        """Return the end of each partition that holds anything."""
        known = self._identify()
        # Positions first: what is read later can only be further on, whoever else is writing.
        positions = {one: self._streams.position(one) for one in self._source.partitions}
        bounds = self._source.bounds(positions)
        if bounds is None or not known:
            raise no_broker()
        for partition, held in sorted(bounds.items()):
            if positions[partition] > held.end:
                raise beyond_end(self._streams.name(partition), positions[partition], held)
        return {one: held.end for one, held in bounds.items() if held.first < held.end}

    def _is_done(self, goals: Mapping[int, int] | None) -> bool:
        """Return whether nothing is left to read."""
        if self._assigned and self._incidents.keys() >= self._assigned:
            return True
        return goals is not None and all(
            self._has_reached(partition, end) for partition, end in goals.items()
        )

    def _has_reached(self, partition: int, end: int) -> bool:
        """Return whether a partition was read up to an offset, be it by another worker."""
        place = self._places.get(partition)
        if place is not None:
            return place.first >= end
        if partition in self._assigned:
            return partition in self._incidents
        try:
            return self._streams.position(partition) >= end
        except DatabaseError as error:
            self._wait(error)
            return False

    def _take(self, assigned: frozenset[int]) -> None:
        """Note a new assignment."""
        self._assigned = assigned
        self._incidents = {one: error for one, error in self._incidents.items() if one in assigned}
        self._places.clear()
        self._unplaced = set(assigned) - self._incidents.keys()

    def _stand_still(self, partition: int, words: str) -> None:
        """Let a partition stand still that cannot be read on from where it stands, and say why."""
        place = self._places.get(partition)
        bounds = self._source.bounds([partition])
        if place is None:
            return
        if bounds and bounds[partition].first <= place.first <= bounds[partition].end:
            self._halt(partition, unreadable(self._streams.name(partition), place.first, words))
        else:
            self._displace(partition)

    def _place_all(self) -> None:
        """Start the partitions that stand still, each from where the database says."""
        if not self._unplaced or not self._identify():
            return
        try:
            positions = {one: self._streams.find_position(one) for one in self._unplaced}
            # More may have been added; each partition's usage goes to one of them.
            self._usage_logs = self._store.usage_logs()
            bounds = self._source.bounds(positions) or {}
            for one, held in bounds.items():
                # Asked again: what others recorded meanwhile, Kafka may have deleted by now.
                if self._streams.find_position(one) == positions[one]:
                    self._place(one, positions[one], held)
        except DatabaseError as error:
            self._wait(error)

    def _place(self, partition: int, position: int | None, held: Bounds) -> None:
        """Start a partition, or stop it for good when its records are not there any more."""
        name, is_confirmed = (
            self._streams.name(partition),
            self._permitted.lost.get(partition) == held.first,
        )
        incident = None
        if position is None:
            older = self._streams.find_older(partition)
            if older and not is_confirmed:
                incident = other_topic(name, held, older)
        elif position > held.end:
            incident = beyond_end(name, position, held)
        elif position < held.first and not is_confirmed:
            incident = lost_offsets(name, position, held)
        if incident is not None:
            self._halt(partition, incident)
            return
        # First seen: all that Kafka still has, by choice and not by a client's default.
        first = max(position or 0, held.first)
        self._judge.recall(partition, self._streams.find_bad(partition, position or 0))
        self._places[partition] = _Place(position or 0, first)
        self._unplaced.discard(partition)
        # Where a stream begins is recorded before anything of it, so that a loss shows from then.
        if position is None and not self._append(partition, NOTHING, first, opens=True):
            return
        self._look_at_s = self._timer.now_s()
        self._source.start(partition, first)

    def _displace(self, partition: int) -> None:
        """Let a partition stand still until the database was asked where it stands."""
        self._source.stop(partition)
        self._places.pop(partition, None)
        self._unplaced.add(partition)

    def _halt(self, partition: int, incident: LedgerError) -> None:
        """Let a partition stand still for a person to look at."""
        self._displace(partition)
        self._unplaced.discard(partition)
        self._incidents[partition] = incident
        self._look_at_s = self._timer.now_s()
        self._say(incident.message)

    # --- recording ---

    def _record(self, partition: int, run: Run) -> None:
        """Append a run of records; all of it stays unwritten when too much of it is bad."""
        codes = AcceptedCodes(self._store)
        try:
            parts = [(read_records(part, codes), end) for part, end in cut(run, BATCH_BYTES)]
        except DatabaseError as error:
            self._displace(partition)
            self._wait(error)
            return
        bad = [rejection for part, _ in parts for rejection in part.rejections]
        verdict = self._judge.find_too_much(partition, run.records, {one.position for one in bad})
        if verdict is not None:
            start = run.records[0].offset
            self._halt(partition, mostly_bad(self._streams.name(partition), start, bad, verdict))
            return
        all(self._append(partition, part, end) for part, end in parts)  # until one is not written

    def _pass_markers(self, moving: Container[int]) -> None:
        """Move streams over what holds no records: transaction markers and aborted records.

        Left behind they would look like lost records once Kafka deletes them. Partitions that are
        `moving` brought records, which end behind their markers.
        """
        for partition, place in list(self._places.items()):
            if partition in moving:
                continue
            position = self._source.position(partition)
            if position > place.first:
                self._append(partition, NOTHING, position)

    def _append(self, partition: int, part: Part, end: int, *, opens: bool = False) -> bool:
        """Append records up to an offset and return whether it was possible."""
        place = self._places.get(partition)
        if place is None:
            return False
        batch = Batch(
            stream=self._streams.stream(partition),
            expected=place.expected,
            first=place.first,
            next=end,
            events=part.events,
            rejections=part.rejections,
            usage_log=self._usage_logs[partition % len(self._usage_logs)],
            opens=opens,
        )
        recorded_at_ms = self._clock()
        try:
            outcome = self._store.append(batch, recorded_at_ms)
        except RuleViolationError as error:
            if error.code not in _OVERTAKEN:
                raise
            self.status = self.status.fence()
            self._say_fenced(error)
            self._displace(partition)
            return False
        except DatabaseError as error:
            self._displace(partition)
            self._wait(error)
            return False
        self._places[partition] = _Place(outcome.next, batch.next)
        if not opens:
            self.status = self.status.add(outcome, recorded_at_ms)
        self._trouble = ""
        self._source.publish(partition, batch.next)
        self._watchdog.pat()
        return True

    def _wait(self, error: DatabaseError) -> None:
        """Say what the database cannot do, once while it lasts; count it, and give it a moment.

        Raises what will not pass by itself.
        """
        # PostgreSQL ends a transaction that stood still with an error of another class.
        if not (isinstance(error, OperationalError) or error.connection_invalidated):
            raise error
        self.status = self.status.retry()
        if self._trouble != str(error.orig):
            self._trouble = str(error.orig)
            words = error.orig
            self._say(Text(f"数据库：{words}；持续重试", f"database: {words}; trying on"))
        # An error's traceback may hold the batch, and each try makes one.
        gc.collect()
        self._timer.wait(RETRY_S)

    def _say_fenced(self, error: LedgerError) -> None:
        """Say that another worker was faster, once while it goes on."""
        if self._trouble != error.code:
            self._trouble = error.code
            self._say(say_fenced(error))

    # --- progress ---

    def _look(self) -> None:
        """Ask how far each partition goes; nothing to read, or nobody to ask, is no stall."""
        self._identify()
        self._bounds = self._source.bounds(self._places)
        waits = self._unplaced or any(
            held.end > self._places[one].first for one, held in (self._bounds or {}).items()
        )
        if self._bounds is None or not waits:
            self._watchdog.pat()
        self._look_at_s = self._timer.now_s() + LOOK_S
        gc.collect()

    def _tell(self) -> None:
        """Report how the worker stands: the lag is up to what was last seen to be written."""
        lag: dict[int, int] | None = None
        if self._bounds is not None:
            lag = {
                one: max(0, held.end - place.first, held.written - place.first)
                for one, place in self._places.items()
                if (held := self._bounds.get(one)) is not None
            }
        stopped = {one: incident.code for one, incident in self._incidents.items()}
        self.status = self.status.look(lag, stopped)
        self._report(self.status)

    def _tell_held_back(self) -> None:
        """Say which records could not be read because a transaction before them is open."""
        for one, held in (self._bounds or {}).items():
            if held.written > held.end:
                self._say(say_held_back(self._streams.name(one), held))
