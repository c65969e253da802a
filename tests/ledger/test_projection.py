"""Projections: any cut of the events gives the same rows, in Python and in SQL."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from ledger import tables
from ledger.codec import Event, encode
from ledger.events import RejectionSettled
from ledger.facts import BLOCK_ENTRIES, gather
from ledger.projection import (
    PROJECTIONS,
    SEQUENCE_BLOCK,
    SOURCE_DAY,
    SOURCE_SPAN,
    USAGE_BLOCK,
    USAGE_DAY,
    Projection,
)
from ledger.quantity import MICRO
from ledger.usage import by_day, quantity_of
from tests.ledger import books
from tests.ledger.conftest import CODE, HOUR_MS, JULY_MS, OTHER_CODE, Ledger, fact, tally, usage


def settled(position: int) -> Event:
    data = RejectionSettled(
        batch_log="usage", batch_index=1, stream="f", position=position, outcome="duplicate"
    )
    return encode("urn:suanquan:retry", f"usage/1/{position}", "", data)


EVENTS = [
    usage(
        f"{at}",
        source=("urn:a", "urn:b")[at % 2],
        subject=(CODE, OTHER_CODE)[at % 3 % 2],
        amount=("1", "0.5", "64")[at % 3],
        span_ms=(at * HOUR_MS, at * HOUR_MS + (at * 7 % 5 + 1) * 11 * HOUR_MS),
        sequence=("", str(at * 9))[at % 3 > 0],
    )
    for at in range(12)
]
MIXED = [
    *EVENTS[:3],
    tally("t-1", 2, "3600.5", source="urn:a"),
    settled(4),
    *EVENTS[3:6],
    tally("t-2", -1, "-0.5", source="urn:a"),
    settled(9),
    *EVENTS[6:],
    *books.year(CODE),
]


PLACED = {"trail", "claim_state"}
"""Projections whose rows say where in its log an event stands."""


def fold_in_parts(projection: Projection, parts: list[list[Event]]) -> dict[Any, Any]:
    """Return what parts of a log give, the last one folded first."""
    rows: dict[Any, Any] = {}
    firsts = itertools.accumulate(map(len, parts), initial=0)
    for first, part in reversed(list(zip(firsts, parts, strict=False))):
        for key, values in projection.fold(part, first).items():
            rows[key] = projection.merge(rows[key], values) if key in rows else values
    return rows


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_every_cut_of_a_few_events_folds_to_the_same_rows(projection: Projection) -> None:
    events = [*MIXED[:5], *books.year(CODE)[2:6]]
    whole = projection.fold(events)
    for cuts in itertools.product([True, False], repeat=len(events) - 1):
        parts = [[events[0]]]
        for event, cut in zip(events[1:], cuts, strict=True):
            if cut:
                parts.append([])
            parts[-1].append(event)
        assert fold_in_parts(projection, parts) == whole


@given(st.permutations(MIXED), st.integers(0, len(MIXED)))
def test_the_order_of_arrival_changes_no_row(events: list[Event], cut: int) -> None:
    for projection in PROJECTIONS:
        parts = [events[:cut], events[cut:]]
        sent = events if projection.name in PLACED else MIXED
        assert fold_in_parts(projection, parts) == projection.fold(sent)


def test_usage_by_day_adds_up_to_the_quantities() -> None:
    rows = USAGE_DAY.fold(EVENTS)
    total = sum(quantity for (quantity,) in rows.values())
    slices = [(event.subject, event.usage) for event in EVENTS if event.usage is not None]
    assert len(slices) == len(EVENTS)
    assert total == sum(quantity_of(held) for _, held in slices)
    for subject, held in slices:
        assert {key for key, _ in by_day(subject, held)} <= rows.keys()


def test_a_source_spans_from_its_first_start_to_its_last_end() -> None:
    events = [usage("1", span_ms=(5, 6)), usage("2", span_ms=(1, 3)), usage("3", span_ms=(4, 9))]
    assert SOURCE_SPAN.fold(events) == {("urn:agent:1",): (JULY_MS + 1, JULY_MS + 9)}


def test_what_a_source_sent_stands_beside_what_it_says() -> None:
    events = [
        usage("1", amount="2", span_ms=(20 * HOUR_MS, 25 * HOUR_MS)),
        usage("2", span_ms=(0, HOUR_MS)),
        tally("t", 3, "57600.25"),
        tally("u", -1, "-0.25"),
    ]
    sent = 2 * 4 * 3600 + 8 * 3600
    assert SOURCE_DAY.fold(events) == {
        ("urn:agent:1", "a100", "2022-07-01"): (2, sent * MICRO, 2, 2, 57_600 * MICRO),
        ("urn:agent:1", "a100", "2022-07-02"): (0, 2 * 3600 * MICRO, 0, 0, 0),
    }


def test_a_block_has_its_own_part_of_each_day() -> None:
    late = usage("2", amount="2", span_ms=(20 * HOUR_MS, 25 * HOUR_MS), subject=OTHER_CODE)
    events = [usage("1", span_ms=(0, HOUR_MS)), fact("f"), late, usage("3", span_ms=(0, HOUR_MS))]
    hour = 3600 * MICRO
    assert USAGE_BLOCK.fold(events, BLOCK_ENTRIES - 3) == {
        (CODE, "", "a100", "2022-07-01", 1, 0): (1, 0, 8 * hour),
        (CODE, "", "a100", "2022-07-01", 1, 1): (1, 0, 8 * hour),
        (OTHER_CODE, "", "a100", "2022-07-01", 1, 0): (1, 0, 8 * hour),
        (OTHER_CODE, "", "a100", "2022-07-02", 1, 0): (0, 1, 2 * hour),
    }


def test_numbers_are_a_bit_each() -> None:
    events = [usage(f"{at}", sequence=at) for at in ("0", "007", "59", "60", "x1", "9" * 19)]
    block = 1 | 1 << 7 | 1 << 59
    assert SEQUENCE_BLOCK.fold(events) == {("urn:agent:1", 0): (block,), ("urn:agent:1", 1): (1,)}


def test_the_book_leaves_usage_alone() -> None:
    rows = {projection.name: projection.fold([fact("1")]) for projection in PROJECTIONS}
    assert [name for name, found in rows.items() if found] == ["trail"]


def test_the_database_merges_as_python_does(ledger: Ledger) -> None:
    for cut in (1, 4, 5, 9, 22, len(MIXED) - 2):
        with ledger.write.connect() as connection:
            for projection in PROJECTIONS:
                projection.apply(connection, gather(MIXED[:cut]))
                projection.apply(connection, gather([]))
                projection.apply(connection, gather(MIXED[cut:], first=cut))
                rows = connection.execute(select(projection.table)).all()
                expected = {(*k, *v) for k, v in projection.fold(MIXED).items()}
                assert {tuple(row) for row in rows} == expected != set()
            connection.rollback()


def test_a_projection_is_named_by_its_table_and_lists_its_columns() -> None:
    assert [projection.name for projection in PROJECTIONS] == list(tables.PROJECTIONS)
    assert USAGE_DAY.columns == ["enterprise", "contract", "resource", "day", "quantity"]
    for projection in PROJECTIONS:
        keys = [column.name for column in projection.table.primary_key]
        assert keys == projection.keys == projection.columns[: len(keys)]
        assert len(keys) + len(projection.merges) == len(projection.columns)
