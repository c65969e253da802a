"""The worker on a source that lives in memory: placement, incidents, failures, bounds."""

import gc
import json
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ingest.incident import Permitted
from ingest.reading import size_of
from ingest.status import Status
from ingest.topic import Bounds, Polled, Run
from ingest.watchdog import Watchdog
from ingest.worker import BATCH_BYTES, Worker
from ledger.database import OperationalError
from ledger.errors import LedgerError, RuleViolationError
from ledger.store import Batch, Outcome, Store
from ledger.tables import LOG_NUMBERS
from ledger.text import Text

CODE = "91420100MA4K2XY18X"
NOW_MS = 1_669_190_400_000
HEADERS: list[tuple[str, bytes | None]] = [("content-type", b"application/cloudevents+json")]

Ledger = Any


@dataclass
class Given:
    """A record."""

    offset: int
    value: bytes | None
    key: bytes | None = CODE.encode()

    @property
    def headers(self) -> list[tuple[str, bytes | None]]:
        return HEADERS


def usage(event_id: int, *, padding: int = 0) -> bytes:
    event = {
        "specversion": "1.0",
        "type": "cn.suanquan.usage.recorded.v1",
        "source": "urn:a",
        "id": f"{event_id:06}",
        "subject": CODE,
        "data": {
            "job": "j",
            "resource": "r",
            "amount": "1",
            "start": "2022-07-01T00:00:00Z",
            "end": "2022-07-01T01:00:00Z",
        },
        "pad": "x" * padding,
    }
    return json.dumps(event).encode()


class FakeTopic:
    """One partition in memory; offsets that hold no record are markers."""

    topic = "t"

    def __init__(
        self, records: list[Given], end: int | None = None, first: int = 0, partition: int = 0
    ) -> None:
        self.partition = partition
        self.identity: str | None = "A"
        self.partitions = frozenset({partition})
        self.records = records
        self.first = first
        self.end = end if end is not None else len(records)
        self.at = 0
        self.running = False
        self.assigned = False
        self.published = 0
        self.poll_records = 1_000
        self.silent = False
        self.broken = ""
        self.said: list[Text] = []

    def identify(self) -> str | None:
        return self.identity

    def poll(self, _timeout_ms: int) -> Polled:
        if not self.assigned:
            self.assigned = True
            return Polled(self.partitions)
        if not self.running or self.silent:
            return Polled()
        if self.broken:
            self.running = False
            return Polled(None, {}, {self.partition: self.broken})
        found = [one for one in self.records if one.offset >= max(self.at, self.first)]
        found = found[: self.poll_records]
        self.at = found[-1].offset + 1 if found else self.end
        return Polled(None, {self.partition: Run(found, self.at)} if found else {})

    def start(self, _partition: int, offset: int) -> None:
        self.running, self.at = True, offset

    def stop(self, _partition: int) -> None:
        self.running = False

    def position(self, _partition: int) -> int:
        return self.at

    def bounds(self, partitions: Collection[int]) -> dict[int, Bounds]:
        return {one: Bounds(self.first, self.end) for one in partitions}

    def publish(self, _partition: int, offset: int) -> None:
        self.published = offset


def topic_of(count: int, *, padding: int = 0) -> FakeTopic:
    return FakeTopic([Given(i, usage(i, padding=padding)) for i in range(count)])


def run(ledger: Ledger, topic: FakeTopic, stalled_s: int = 60, **permitted: Any) -> Worker:  # noqa: ANN401 - the fields of Permitted
    worker = Worker(
        topic,
        ledger.store,
        lambda: NOW_MS,
        Watchdog(stalled_s, ends_process=False),
        permitted=Permitted(**permitted),
        say=topic.said.append,
    )
    worker.run(until_end=True)
    return worker


def incident(ledger: Ledger, topic: FakeTopic, **permitted: Any) -> LedgerError:  # noqa: ANN401 - the fields of Permitted
    with pytest.raises(RuleViolationError) as caught:
        run(ledger, topic, **permitted)
    return caught.value


def leaves(ledger: Ledger) -> list[tuple[int, int, int]]:
    """Return (first, next, seen) of each batch, those left out that say where a stream begins."""
    found = [(one.first, one.next, one.seen) for one in ledger.batches()]
    return [(first, next_, seen) for first, next_, seen in found if first < next_]


def test_batches_cover_offsets_without_gaps(ledger: Ledger) -> None:
    topic = FakeTopic([Given(i, usage(i)) for i in (3, 4, 7)], end=10, first=3)
    topic.poll_records = 2
    worker = run(ledger, topic)
    assert leaves(ledger) == [(3, 5, 2), (5, 8, 1), (8, 10, 0)]
    assert worker.offsets() == {"t/0": 10}
    assert topic.published == 10
    assert ledger.findings() == []


def test_each_partitions_usage_goes_to_its_log(ledger: Ledger) -> None:
    ledger.widen(2)
    for partition in range(3):
        records = [Given(i, usage(10 * partition + i)) for i in range(2)]
        run(ledger, FakeTopic([*records, Given(2, b"x")], 3, partition=partition))
    assert [one.id for one in ledger.events("usage")] == ["000000", "000001", "000020", "000021"]
    assert [one.id for one in ledger.events("usage-1")] == ["000010", "000011"]
    assert [(stream, log) for _, stream, *_, log, _, _ in ledger.rows("rejection")] == [
        ("kafka:t/0#A", 1),
        ("kafka:t/1#A", LOG_NUMBERS["usage-1"]),
        ("kafka:t/2#A", 1),
    ]
    assert ledger.findings() == []


def test_reading_again_changes_nothing(ledger: Ledger) -> None:
    run(ledger, topic_of(5))
    size = ledger.size()
    again = run(ledger, topic_of(5))
    assert (ledger.size(), again.status.seen) == (size, 0)


def test_a_run_of_the_largest_records_is_appended_in_parts(ledger: Ledger) -> None:
    run(ledger, topic_of(600, padding=65_000))
    seen = [count for _, _, count in leaves(ledger)]
    assert [(first, next_) for first, next_, _ in leaves(ledger)] == [(0, seen[0]), (seen[0], 600)]
    size = size_of(Given(0, usage(0, padding=65_000)))
    assert seen == [BATCH_BYTES // size + 1, 600 - seen[0]]


def test_keys_and_headers_count_for_the_size_of_a_record() -> None:
    given = Given(0, b"12345", b"678")
    assert size_of(given) == 8 + len("content-type") + len("application/cloudevents+json")
    assert size_of(Given(0, None, None)) == size_of(given) - 8


def test_a_bad_record_is_kept_with_its_place(ledger: Ledger) -> None:
    records = [Given(0, usage(0)), Given(1, None), Given(2, b"x"), Given(5, usage(1), b"k")]
    worker = run(ledger, FakeTopic(records, end=6))
    assert (worker.status.seen, worker.status.recorded, worker.status.rejected) == (4, 1, 3)
    assert [(at, code) for at, code, _, _ in ledger.rejections()] == [
        (1, "tombstone"),
        (2, "not_json"),
        (5, "key_mismatch"),
    ]


def test_an_event_in_the_ledgers_own_name_is_refused(ledger: Ledger) -> None:
    own = usage(0).replace(b"urn:a", b"urn:suanquan:ledger")
    run(ledger, FakeTopic([Given(0, own)]))
    assert [code for _, code, _, _ in ledger.rejections()] == ["reserved_source"]


@pytest.mark.parametrize(("count", "bad"), [(100, 51), (101, 51), (300, 300)])
def test_a_mostly_bad_batch_stops_the_partition(ledger: Ledger, count: int, bad: int) -> None:
    error = incident(ledger, mixed(count, bad))
    assert (error.code, error.exit_status) == ("mostly_bad", 3)
    assert f"{bad} of the newest {count} records" in error.message.en
    assert "--accept-bad" in error.next_step.en
    assert leaves(ledger) == []
    assert ledger.rejections() == []
    assert run(ledger, mixed(count, bad), bad_share_max=Fraction(1)).status.rejected == bad


@pytest.mark.parametrize(("count", "bad"), [(100, 50), (99, 99), (1, 1)])
def test_a_half_bad_or_a_small_batch_is_recorded(ledger: Ledger, count: int, bad: int) -> None:
    assert run(ledger, mixed(count, bad)).status.rejected == bad


def test_a_trickle_of_bad_records_stops_the_partition(ledger: Ledger) -> None:
    topic = FakeTopic([Given(i, usage(i) if i % 10 < 4 else b"x") for i in range(200)])
    topic.poll_records = 10
    error = incident(ledger, topic)
    assert error.code == "mostly_bad"
    assert "60 of the newest 100 records are bad, nothing from 90 on" in error.message.en
    assert leaves(ledger)[-1] == (80, 90, 10)


def test_a_trickle_is_judged_by_its_newest_records_alone(ledger: Ledger) -> None:
    topic = FakeTopic([Given(i, usage(i) if i < 500 else b"x") for i in range(700)])
    topic.poll_records = 10
    incident(ledger, topic)
    assert leaves(ledger)[-1] == (540, 550, 10)


def test_a_worker_that_starts_anew_judges_by_what_came_before(ledger: Ledger) -> None:
    for end in (60, 99):
        assert run(ledger, mixed(end, end)).status.rejected in {60, 39}
    error = incident(ledger, mixed(110, 110))
    assert "100 of the newest 100 records are bad, nothing from 99 on" in error.message.en
    assert run(ledger, FakeTopic([*mixed(99, 99).records, *good(99, 120)])).status.recorded == 21


def good(first: int, end: int) -> list[Given]:
    return [Given(i, usage(i)) for i in range(first, end)]


@pytest.mark.parametrize(("share", "bad"), [("0.1", 11), ("0", 1), ("0.505", 51)])
def test_the_share_that_stops_a_partition_is_set(ledger: Ledger, share: str, bad: int) -> None:
    set_to = Fraction(share)
    assert incident(ledger, mixed(100, bad), bad_share_max=set_to).code == "mostly_bad"
    assert run(ledger, mixed(100, bad - 1), bad_share_max=set_to).status.rejected == bad - 1


def mixed(count: int, bad: int) -> FakeTopic:
    return FakeTopic([Given(i, b"x" if i < bad else usage(i)) for i in range(count)])


def test_records_that_kafka_deleted_are_named(ledger: Ledger) -> None:
    run(ledger, topic_of(3))
    later = FakeTopic([Given(i, usage(i)) for i in range(8, 10)], first=8, end=10)
    error = incident(ledger, later)
    assert (error.code, error.exit_status) == ("lost_offsets", 3)
    assert "[3, 8)" in error.message.en
    assert "--accept-lost t/0=8" in error.next_step.en
    for wrong in ({}, {0: 7}, {0: 9}, {1: 8}):
        assert incident(ledger, FakeTopic(later.records, 10, 8), lost=wrong).code == "lost_offsets"
    assert leaves(ledger) == [(0, 3, 3)]


def test_a_confirmed_loss_leaves_a_gap_that_the_log_shows(ledger: Ledger) -> None:
    run(ledger, topic_of(3))
    later = FakeTopic([Given(i, usage(i)) for i in range(8, 10)], first=8, end=10)
    run(ledger, later, lost={0: 8})
    assert leaves(ledger) == [(0, 3, 3), (8, 10, 2)]
    assert ledger.findings() == []


def test_records_that_kafka_deleted_before_the_first_batch_are_named(ledger: Ledger) -> None:
    assert incident(ledger, mixed(150, 80)).code == "mostly_bad"
    later = FakeTopic(good(120, 150), end=150, first=120)
    error = incident(ledger, later)
    assert error.code == "lost_offsets"
    assert "[0, 120)" in error.message.en
    assert run(ledger, FakeTopic(later.records, 150, 120), lost={0: 120}).status.recorded == 30
    assert leaves(ledger) == [(120, 150, 30)]
    assert ledger.findings() == []


def test_where_a_stream_begins_is_recorded_once(ledger: Ledger) -> None:
    records = [Given(i, b"x") for i in range(7, 150)]
    for _ in range(2):
        incident(ledger, FakeTopic(records, end=150, first=7))
    assert [(one.first, one.next, one.seen) for one in ledger.batches()] == [(7, 7, 0)]
    assert ledger.findings() == []


def test_a_topic_that_was_cut_short_is_not_read(ledger: Ledger) -> None:
    run(ledger, topic_of(5))
    error = incident(ledger, topic_of(2))
    assert error.code == "beyond_end"
    assert leaves(ledger) == [(0, 5, 5)]


def remade(records: list[Given], first: int = 0) -> FakeTopic:
    """Return another topic of the same name."""
    topic = FakeTopic(records, end=records[-1].offset + 1, first=first)
    topic.identity = "B"
    return topic


@pytest.mark.parametrize("count", [2, 5, 9])
def test_another_topic_of_the_name_is_not_read_until_a_person_says_so(
    ledger: Ledger, count: int
) -> None:
    run(ledger, topic_of(5))
    error = incident(ledger, remade(good(0, count)))
    assert (error.code, error.exit_status) == ("other_topic", 3)
    assert "kafka:t/0#A 5" in error.message.en
    assert "--accept-lost t/0=0" in error.next_step.en
    assert incident(ledger, remade(good(0, count)), lost={0: 5}).code == "other_topic"
    assert leaves(ledger) == [(0, 5, 5)]


def test_another_topic_of_the_name_is_read_from_its_own_beginning(ledger: Ledger) -> None:
    run(ledger, topic_of(5))
    worker = run(ledger, remade(good(3, 9), first=3), lost={0: 3})
    assert (worker.status.recorded, worker.status.duplicate) == (4, 2)
    assert worker.offsets() == {"t/0": 9}
    assert run(ledger, remade(good(3, 10), first=3)).status.seen == 1, "known from now on"
    assert run(ledger, topic_of(6)).status.duplicate == 1, "the first one still stands at five"
    assert ledger.findings() == []


def test_a_topic_that_is_made_anew_under_a_worker_is_noticed(ledger: Ledger) -> None:
    class Swapped(FakeTopic):
        """Another topic takes the place of this one after the first records."""

        def poll(self, timeout_ms: int) -> Polled:
            polled = super().poll(timeout_ms)
            if polled.runs:
                self.identity, self.records, self.end = "B", good(0, 100), 100
                self.running = False
            return polled

    topic = Swapped(topic_of(5).records)
    topic.end = 50
    error = incident(ledger, topic)
    assert error.code == "other_topic"
    assert leaves(ledger) == [(0, 5, 5)]


def test_brokers_that_know_no_ids_are_read_by_name(ledger: Ledger) -> None:
    for end in (5, 7):
        topic = topic_of(end)
        topic.identity = ""
        run(ledger, topic)
    assert [one.stream for one in ledger.batches()] == ["kafka:t/0"] * 3


def test_nothing_is_placed_while_nobody_says_which_topic_it_is(ledger: Ledger) -> None:
    class Slow(FakeTopic):
        """Brokers that do not answer at first."""

        asked = 0

        def identify(self) -> str | None:
            self.asked += 1
            return "A" if self.asked in {1, 5} or self.asked > 8 else None

    topic = Slow(topic_of(5).records)
    assert run(ledger, topic).status.recorded == 5
    assert {one.stream for one in ledger.batches()} == {"kafka:t/0#A"}


def test_markers_are_passed_while_another_partition_is_busy(ledger: Ledger) -> None:
    class Busy(FakeTopic):
        """Partition 0 always brings records; partition 1 holds an aborted transaction alone."""

        starts = frozenset[int]()

        def poll(self, timeout_ms: int) -> Polled:
            if 1 not in self.starts or 0 not in self.starts:
                first = not self.assigned
                self.assigned = True
                return Polled(frozenset({0, 1}) if first else None)
            self.records.append(Given(self.at, usage(self.at)))
            polled = super().poll(timeout_ms)
            assert self.at < 100, "the markers were never passed"
            return polled

        def start(self, partition: int, offset: int) -> None:
            self.starts |= {partition}
            if partition == 0:
                super().start(partition, offset)

        def position(self, partition: int) -> int:
            return self.at if partition == 0 else 6

        def bounds(self, partitions: Collection[int]) -> dict[int, Bounds]:
            return {one: Bounds(0, 6) for one in partitions}

    topic = Busy([])
    topic.partitions = frozenset({0, 1})
    worker = run(ledger, topic)
    assert worker.offsets()["t/1"] == 6


def test_what_an_open_transaction_holds_back_is_lag_and_is_told(ledger: Ledger) -> None:
    class Held(FakeTopic):
        """Records lie behind a transaction that is open."""

        def bounds(self, partitions: Collection[int]) -> dict[int, Bounds]:
            return {one: Bounds(0, 5, 306) for one in partitions}

    topic = Held(topic_of(5).records)
    worker = run(ledger, topic)
    assert worker.status.lag == {0: 301}
    (said,) = topic.said
    assert said.en.startswith("t/0: 301 offsets from 5 on wait for an open transaction")


def test_a_record_that_nobody_can_take_apart_stops_the_partition(ledger: Ledger) -> None:
    topic = topic_of(5)
    topic.broken = "bad crc"
    error = incident(ledger, topic)
    assert error.code == "unreadable"
    assert "t/0 cannot be read from 0 on: bad crc" in error.message.en


def test_records_before_one_that_nobody_can_take_apart_are_recorded(ledger: Ledger) -> None:
    class Torn(FakeTopic):
        """A poll that brings records and what stopped it."""

        def poll(self, timeout_ms: int) -> Polled:
            polled = super().poll(timeout_ms)
            return Polled(polled.assigned, polled.runs, {0: "bad crc"} if polled.runs else {})

    error = incident(ledger, Torn(topic_of(5).records[:3], end=5))
    assert error.code == "unreadable"
    assert "t/0 cannot be read from 3 on: bad crc" in error.message.en
    assert leaves(ledger) == [(0, 3, 3)]


def test_a_partition_that_moved_under_the_reader_is_named_as_lost(ledger: Ledger) -> None:
    run(ledger, topic_of(3))

    class Overtaken(FakeTopic):
        """Retention overtakes the reader once it has started."""

        def poll(self, timeout_ms: int) -> Polled:
            polled = super().poll(timeout_ms)
            if polled.broken:
                self.first, self.broken = 8, ""
            return polled

    moved = Overtaken(topic_of(10).records)
    moved.broken = "out of range"
    error = incident(ledger, moved)
    assert error.code == "lost_offsets"
    assert "[3, 8)" in error.message.en


class FailingStore(Store):
    """Fails before and after its transactions, in turn, as a database does that is restarted."""

    failures: tuple[str, ...] = ("before", "after", "before", "before", "after")
    calls = 0

    def append(self, batch: Batch, recorded_at_ms: int) -> Outcome:
        failure = self.failures[self.calls] if self.calls < len(self.failures) else ""
        self.calls += 1
        if failure == "before":
            raise gone()
        outcome = super().append(batch, recorded_at_ms)
        if failure == "after":
            raise gone()
        return outcome


def gone() -> OperationalError:
    return OperationalError("COMMIT", None, Exception("connection lost"))


def test_a_failing_database_loses_and_doubles_nothing(
    make_ledger: Callable[..., Ledger], tmp_path: Path
) -> None:
    ledger = make_ledger(f"sqlite:///{tmp_path / 'suanquan.db'}", FailingStore)
    topic = topic_of(50)
    topic.poll_records = 10
    run(ledger, topic)
    assert [one.id for one in ledger.events("usage")] == [f"{i:06}" for i in range(50)]
    assert leaves(ledger) == [(i, i + 10, 10) for i in range(0, 50, 10)]
    ledger.close()


def test_an_overtaken_worker_writes_nothing_and_goes_on_behind(
    make_ledger: Callable[..., Ledger], tmp_path: Path
) -> None:
    class OvertakenStore(Store):
        """Another worker records the same batch just before this one does."""

        overtaken = False

        def append(self, batch: Batch, recorded_at_ms: int) -> Outcome:
            if batch.events and not self.overtaken:
                self.overtaken = True
                super().append(batch, recorded_at_ms)
            return super().append(batch, recorded_at_ms)

    ledger = make_ledger(f"sqlite:///{tmp_path / 'suanquan.db'}", OvertakenStore)
    topic = topic_of(20)
    topic.poll_records = 10
    worker = run(ledger, topic)
    assert (worker.status.fenced, worker.status.recorded) == (1, 10)
    assert ["fenced, nothing written" in text.en for text in topic.said] == [True]
    assert leaves(ledger) == [(0, 10, 10), (10, 20, 10)]
    ledger.close()


def test_a_database_that_is_away_is_told_once_while_it_is(
    make_ledger: Callable[..., Ledger], tmp_path: Path
) -> None:
    class AwayStore(FailingStore):
        """Away for three tries, there for one, away for two."""

        failures = ("before", "before", "before", "", "before", "before")

    ledger = make_ledger(f"sqlite:///{tmp_path / 'suanquan.db'}", AwayStore)
    topic = topic_of(20)
    topic.poll_records = 10
    worker = run(ledger, topic)
    assert ["connection lost" in text.en for text in topic.said] == [True, True]
    assert worker.status.retried == 5
    ledger.close()


def test_lag_and_what_stands_still_show_at_once(ledger: Ledger) -> None:
    told: list[Status] = []

    def look(topic: FakeTopic, **permitted: Any) -> Status:  # noqa: ANN401 - the fields of Permitted
        """Return how the worker stands when it first knows where it stands."""
        worker = Worker(
            topic,
            ledger.store,
            lambda: NOW_MS,
            Watchdog(60, ends_process=False),
            permitted=Permitted(**permitted),
            report=told.append,
        )
        with suppress(RuleViolationError):
            worker.run(until_end=True)
        return next(one for one in told if one.lag or one.stopped)

    assert look(topic_of(5)).lag == {0: 5}
    told.clear()
    assert look(mixed(105, 105)).stopped == {}
    assert told[-1].stopped == {0: "mostly_bad"}


def test_a_worker_that_gets_nothing_though_records_are_there_ends(ledger: Ledger) -> None:
    topic = topic_of(5)
    topic.silent = True
    with pytest.raises(LedgerError) as caught:
        run(ledger, topic, stalled_s=-1)
    assert caught.value.code == "stalled"


def test_cycles_are_not_looked_for_amid_a_batch(ledger: Ledger) -> None:
    while_running: list[bool] = []
    watchdog = Watchdog(60, ends_process=False)
    for topic in (topic_of(3), mixed(100, 100)):
        worker = Worker(
            topic,
            ledger.store,
            lambda: NOW_MS,
            watchdog,
            report=lambda _: while_running.append(gc.isenabled()),
        )
        with suppress(RuleViolationError):
            worker.run(until_end=True)
        assert gc.isenabled()
        assert gc.get_freeze_count() == 0
    assert set(while_running) == {False}
