"""Tallies beside what is recorded: what is missing, what is too much, and what cannot be told."""

import pytest

from ledger.errors import InvalidInputError
from ledger.projection import SOURCE_DAY
from ledger.quantity import MICRO, parse_quantity
from ledger.query import read_source_days
from ledger.tally import SourceDay, compared_days, differing_days
from tests.ledger.conftest import HOUR_MS, Ledger, tally, usage

DAY_MS = 24 * HOUR_MS


def days_of(ledger: Ledger) -> list[SourceDay]:
    with ledger.read.connect() as connection:
        return list(read_source_days(connection))


def differing(ledger: Ledger) -> list[tuple[str, int, int]]:
    return [
        (one.day, one.missing_events, one.missing_quantity // MICRO)
        for one in differing_days(days_of(ledger))
    ]


def test_what_is_missing_shows_until_it_arrives(ledger: Ledger) -> None:
    ledger.append(usage("1"), tally("t", 2, "57600"))
    assert differing(ledger) == [("2022-07-01", 1, 28_800)]
    ledger.append(usage("2"))
    assert differing(ledger) == []
    ledger.append(usage("3"))
    assert differing(ledger) == [("2022-07-01", -1, -28_800)]
    assert ledger.findings() == []


def test_tallies_add_up_and_a_negative_one_mends(ledger: Ledger) -> None:
    ledger.append(usage("1"), usage("2"), tally("t1", 1, "28800"), tally("t2", 3, "86400"))
    assert differing(ledger) == [("2022-07-01", 2, 57_600)]
    ledger.append(tally("t3", -2, "-57600"))
    assert differing(ledger) == []


def test_a_slice_over_midnight_counts_where_it_starts_and_is_held_on_both_days(
    ledger: Ledger,
) -> None:
    ledger.append(
        usage("1", amount="1", span_ms=(DAY_MS - HOUR_MS, DAY_MS + 2 * HOUR_MS)),
        tally("t1", 1, "3600"),
        tally("t2", 0, "7200", day="2022-07-02"),
    )
    assert differing(ledger) == []


def test_a_day_between_tallies_that_has_none_is_not_settled(ledger: Ledger) -> None:
    sent = [usage(f"{day}", span_ms=(day * DAY_MS, day * DAY_MS + HOUR_MS)) for day in range(5)]
    ledger.append(*sent, tally("t1", 1, "28800", day="2022-07-02"))
    ledger.append(tally("t3", 1, "28800", day="2022-07-04"))
    assert differing(ledger) == [("2022-07-03", -1, -28_800)]
    assert [one.day for one in compared_days(days_of(ledger))] == [
        "2022-07-02",
        "2022-07-03",
        "2022-07-04",
    ]


def test_a_day_of_which_nothing_arrived_is_missing(ledger: Ledger) -> None:
    ledger.append(tally("t", 4, "10"))
    assert differing(ledger) == [("2022-07-01", 4, 10)]


def test_a_source_that_never_tallies_is_not_compared(ledger: Ledger) -> None:
    ledger.append(usage("1", source="urn:quiet"), usage("2"), tally("t", 1, "28800"))
    assert differing(ledger) == []


def test_a_fraction_of_a_second_is_a_difference() -> None:
    rows = SOURCE_DAY.fold([usage("1"), tally("t", 1, "28800.000001")])
    (day,) = [SourceDay(*key, *values) for key, values in rows.items()]
    assert (day.agrees, day.missing_quantity) == (False, 1)


@pytest.mark.parametrize(
    ("text", "micro"),
    [("0", 0), ("1", MICRO), ("-0.5", -500_000), ("12.000001", 12_000_001), ("-3", -3 * MICRO)],
)
def test_a_quantity_is_read_exactly(text: str, micro: int) -> None:
    assert parse_quantity(text) == micro


@pytest.mark.parametrize("text", ["", "+1", "01", "1.", ".5", "1e3", "1.0000001", "--1", "１"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="bad_quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("events", "quantity", "code"),
    [
        (10**9 + 1, "0", "absurd_tally"),
        (-(10**9) - 1, "0", "absurd_tally"),
        (0, "100000000000.000001", "absurd_tally"),
        (0, "-100000000001", "absurd_tally"),
        (0, "x", "bad_quantity"),
    ],
)
def test_an_absurd_tally_is_refused(events: int, quantity: str, code: str) -> None:
    with pytest.raises(InvalidInputError, match=code):
        tally("t", events, quantity)
