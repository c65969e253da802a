"""Identity is for ever: new, duplicate or conflict, in one batch, over batches and over logs."""

from typing import Any

import pytest

from ledger.codec import Event, encode, parse
from ledger.events import FactReported, UsageRecorded
from ledger.identity import LOOKUP_KEYS_MAX
from ledger.money import FEN_MAX
from ledger.projection import PROJECTIONS
from ledger.read import read_events
from ledger.store import Outcome, Store
from tests.ledger.conftest import (
    CODE,
    NOW_MS,
    OTHER_CODE,
    SALT,
    Ledger,
    batch,
    fact,
    usage,
)

# A hundred years of milliseconds.
CENTURY_MS = 100 * 366 * 86_400_000


def counts(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.recorded, outcome.duplicate, outcome.rejected


def rejections(ledger: Ledger) -> list[tuple[object, ...]]:
    """Return stream, position, code, conflict log and conflict index of each rejection."""
    rows: list[Any] = sorted(ledger.dump()["rejection"])
    return [(row[1], row[2], row[3], row[9], row[10]) for row in rows]


def test_the_same_event_again_is_a_duplicate(ledger: Ledger) -> None:
    assert counts(ledger.append(usage("1"), usage("2"))) == (2, 0, 0)
    assert counts(ledger.append(usage("2"), usage("3"))) == (1, 1, 0)
    assert counts(ledger.append(usage("3"), stream="other")) == (0, 1, 0)


def test_a_retry_in_other_clothes_is_a_duplicate(ledger: Ledger) -> None:
    first = fact("1")
    again = parse(first.raw.replace(b'"salt":"0', b'"traceparent":"x", "salt":"1'))
    assert again.raw != first.raw
    assert counts(ledger.append(first)) == (1, 0, 0)
    assert counts(ledger.append(again)) == (0, 1, 0)


@pytest.mark.parametrize(
    "other",
    [
        usage("1", amount="9"),
        usage("1", subject=OTHER_CODE),
        usage("1", span_ms=(1, 2)),
        fact("1"),
    ],
    ids=["data", "subject", "times", "type"],
)
def test_another_meaning_under_a_taken_name_is_kept_beside_it(ledger: Ledger, other: Event) -> None:
    ledger.append(usage("0"), usage("1"))
    before = ledger.dump()["usage_day"]
    assert counts(ledger.append(other)) == (0, 0, 1)
    assert rejections(ledger) == [("file", 2, "conflict", 1, 1)]
    row: Any
    (row,) = ledger.dump()["rejection"]
    assert row[6] == other.raw
    assert "usage[1]" in row[5]
    assert ledger.dump()["usage_day"] == before
    assert ledger.findings() == []


def test_a_usage_event_conflicts_with_the_book(ledger: Ledger) -> None:
    ledger.append(fact("0"), fact("1"))
    assert counts(ledger.append(usage("1"))) == (0, 0, 1)
    assert rejections(ledger) == [("file", 2, "conflict", 2, 1)]


def test_the_same_id_of_another_source_is_another_event(ledger: Ledger) -> None:
    assert counts(ledger.append(usage("1"), usage("1", source="urn:agent:2"))) == (2, 0, 0)
    assert counts(ledger.append(usage("1", source="URN:AGENT:1"))) == (1, 0, 0)
    assert counts(ledger.append(usage("1 "), usage("１"))) == (2, 0, 0)


def test_within_one_batch_the_first_of_a_name_stands(ledger: Ledger) -> None:
    outcome = ledger.append(usage("1"), usage("2"), usage("1"), usage("2", amount="9"), usage("2"))
    assert counts(outcome) == (2, 2, 1)
    assert rejections(ledger) == [("file", 3, "conflict", 1, 1)]
    assert ledger.findings() == []


def test_within_one_batch_a_name_taken_before_decides(ledger: Ledger) -> None:
    ledger.append(usage("0"), usage("1", amount="9"))
    outcome = ledger.append(usage("new"), usage("1"), usage("1", amount="9"), usage("1"))
    assert counts(outcome) == (1, 1, 2)
    assert rejections(ledger) == [("file", 3, "conflict", 1, 1), ("file", 5, "conflict", 1, 1)]
    assert ledger.findings() == []


def test_within_one_batch_a_name_is_taken_over_both_logs(ledger: Ledger) -> None:
    assert counts(ledger.append(fact("1"), usage("1"), fact("2"))) == (2, 0, 1)
    assert rejections(ledger) == [("file", 0, "conflict", 1, 0)]
    assert ledger.findings() == []


def test_a_batch_may_be_all_duplicates_but_one(ledger: Ledger) -> None:
    count = 2 * LOOKUP_KEYS_MAX + 3
    events = [usage(f"u-{number:04}") for number in range(count)]
    more = [usage(f"u-{number:04}", source="urn:agent:2") for number in range(3)]
    ledger.append(*events[1:], *more)
    assert counts(ledger.append(*events, *more)) == (1, count + 2, 0)
    assert ledger.findings() == []


def test_identity_is_for_ever(ledger: Ledger) -> None:
    first = batch([usage("1")])
    ledger.store.append(first, NOW_MS)
    for round_number in range(3):
        ledger.append(*(usage(f"{round_number}-{number}") for number in range(300)))
    later = Store(ledger.write, PROJECTIONS)
    for stream, event, expected in (
        ("again", usage("1"), (0, 1, 0)),
        ("changed", usage("1", amount="1"), (0, 0, 1)),
    ):
        outcome = later.append(batch([event], stream=stream), NOW_MS + CENTURY_MS)
        assert counts(outcome) == expected
    assert ledger.findings() == []


def test_what_a_recorded_entry_says_is_read_back(ledger: Ledger) -> None:
    data = UsageRecorded(
        job="作业",
        resource="a100",
        amount="0.5",
        start="2022-07-01T00:00:00Z",
        end="2022-07-02T00:00:00Z",
    )
    first = encode("urn:源", "编号-1", CODE, data)
    second = encode(
        "urn:源", "编号-2", CODE, FactReported(name="x", year=2021, value=FEN_MAX), SALT
    )
    ledger.append(first, second)
    with ledger.read.connect() as connection:
        assert next(read_events(connection, "usage", 0, 1)) == (0, first)
        assert next(read_events(connection, "book", 0, 1)) == (0, second)
    assert counts(ledger.append(first, second)) == (0, 2, 0)
