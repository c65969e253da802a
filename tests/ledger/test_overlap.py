"""Overlapping slices of one job: every small world against the plainest way to say it."""

from collections.abc import Iterator
from contextlib import closing
from itertools import combinations, product

import pytest

from ledger.codec import Event, encode
from ledger.database import open_engine
from ledger.events import UsageRecorded
from ledger.overlap import Overlap, Span, find_overlaps, read_overlaps
from ledger.projection import PROJECTIONS
from ledger.schema import upgrade
from ledger.store import Batch, Store
from tests.small_ledger import CODE, PROVIDER, RECORDED_AT_MS, SmallLedger

KEY = ("91420100MA4K2XY18X", "j", "a100")
PERIODS = [(start, end) for start in range(4) for end in range(start + 1, 5)]


def span(number: int, start: int, end: int, amount: int = 1000) -> Span:
    return start, end, amount, ("usage", number)


def shared(one: Span, other: Span) -> set[int]:
    """The milliseconds that two slices share, counted one by one."""
    return set(range(one[0], one[1])) & set(range(other[0], other[1]))


def test_every_pair_that_shares_a_millisecond_is_found_and_no_other() -> None:
    for periods in product(PERIODS, repeat=3):
        spans = [span(number, *period) for number, period in enumerate(periods)]
        found = {
            frozenset((one.first, one.second)): (one.start_ms, one.end_ms)
            for one in find_overlaps(KEY, sorted(spans))
        }
        expected = {
            frozenset((one[3], other[3])): (min(both), max(both) + 1)
            for one, other in combinations(spans, 2)
            if (both := shared(one, other))
        }
        assert found == expected


def test_each_pair_is_told_once_with_what_the_smaller_amount_holds() -> None:
    spans = [span(0, 0, 10, 8000), span(1, 4, 6, 125), span(2, 9, 12, 9000)]
    assert list(find_overlaps(KEY, spans)) == [
        Overlap(KEY, ("usage", 0), ("usage", 1), 4, 6, 250),
        Overlap(KEY, ("usage", 0), ("usage", 2), 9, 10, 8000),
    ]


def test_slices_that_touch_share_nothing() -> None:
    assert list(find_overlaps(KEY, [span(0, 0, 5), span(1, 5, 9)])) == []


# --- read from the logs ---

HOUR = 3_600_000 * 1000


def slice_of(job: str, start: str, end: str, resource: str = "a100", subject: str = CODE) -> Event:
    data = UsageRecorded(
        job=job, resource=resource, amount="1", start=f"{start}:00+08:00", end=f"{end}:00+08:00"
    )
    return encode("urn:test", f"{subject}-{job}-{resource}-{start}-{end}", subject, data)


@pytest.fixture
def small(database_url: str) -> Iterator[SmallLedger]:
    with closing(SmallLedger(database_url)) as made:
        own = open_engine(database_url, "own")
        upgrade(own, "centre.example", usage_logs=2)
        own.dispose()
        yield made


def found(small: SmallLedger, month: str = "", enterprise: str | None = None) -> list[Overlap]:
    with small.reading() as connection:
        return list(read_overlaps(connection, month, enterprise))


def test_slices_overlap_across_logs_and_only_within_a_job_and_resource(small: SmallLedger) -> None:
    small.append(
        slice_of("j-1", "2022-07-01T08:00", "2022-07-01T12:00"),
        slice_of("j-1", "2022-07-01T09:00", "2022-07-01T10:00", resource="storage"),
        slice_of("j-2", "2022-07-01T09:00", "2022-07-01T10:00"),
        slice_of("j-1", "2022-07-01T09:00", "2022-07-01T10:00", subject=PROVIDER),
        slice_of("j-1", "2022-07-01T12:00", "2022-07-01T13:00"),
    )
    assert found(small) == []
    elsewhere = [(0, slice_of("j-1", "2022-07-01T11:00", "2022-07-01T12:30"))]
    Store(small.write, PROJECTIONS).append(
        Batch("f", 0, 0, 1, elsewhere, usage_log="usage-1"), RECORDED_AT_MS
    )
    first, second = found(small)
    assert (first.first, first.second, first.micro) == (("usage", 0), ("usage-1", 0), HOUR)
    assert (second.first, second.second) == (("usage-1", 0), ("usage", 4))
    assert second.micro == HOUR // 2


def test_a_month_has_the_overlaps_whose_shared_time_touches_it(small: SmallLedger) -> None:
    small.append(
        slice_of("j", "2022-06-30T08:00", "2022-07-01T08:00"),
        slice_of("j", "2022-06-30T23:00", "2022-07-01T00:00"),
        slice_of("j", "2022-07-01T07:00", "2022-07-01T09:00"),
        slice_of("j", "2022-07-01T08:30", "2022-07-02T09:00", subject=PROVIDER),
        slice_of("j", "2022-07-01T08:45", "2022-07-01T09:00", subject=PROVIDER),
    )
    assert [one.second[1] for one in found(small, "2022-06")] == [1]
    assert [one.second[1] for one in found(small, "2022-07")] == [4, 2]
    assert [one.second[1] for one in found(small, "2022-07", CODE)] == [2]
    assert [one.second[1] for one in found(small, enterprise=PROVIDER)] == [4]
    assert found(small, "2022-08") == []
