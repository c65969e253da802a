"""Instants, days and months: strict reading, and periods cut at Shanghai's midnights."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.period import (
    DAY,
    cut_by_day,
    day_of,
    days_of_month,
    midnight_ms,
    parse_date,
    parse_instant,
    parse_month,
    render_instant,
    to_datetime,
    to_ms,
)

DAY_MS = 86_400_000
BEIJING = timezone(timedelta(hours=8))

# 2000 to 2100, the years that a slice may lie in.
INSTANTS_MS = st.integers(946_684_800_000, 4_102_444_800_000)

# --- instants ---


@pytest.mark.parametrize(
    ("text", "instant_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2022-07-01T00:00:00+08:00", 1_656_604_800_000),
        ("2022-07-01T00:00:00.5Z", 1_656_633_600_500),
        ("2022-07-01T00:00:00.05Z", 1_656_633_600_050),
        ("2022-07-01T00:00:00.005Z", 1_656_633_600_005),
        ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_an_instant_is_read_to_the_millisecond(text: str, instant_ms: int) -> None:
    assert parse_instant(text) == instant_ms


@pytest.mark.parametrize(
    "text",
    [
        "2022-07-01T00:00:00",
        "2022-07-01 00:00:00Z",
        "2022-07-01T00:00:00+0800",
        "2022-07-01T00:00:00+08",
        "2022-07-01T00:00:00 +08:00",
        "2022-07-01T00:00:00+08:60",
        "2022-07-01T00:00:00+24:00",
        "2022-07-01T00:00:00.0000Z",
        "2022-07-01T00:00:00.123456Z",
        "2022-07-01T00:00:00.Z",
        "2022-07-01T00:00:00,5Z",
        "2016-12-31T23:59:60Z",
        "2022-07-01T24:00:00Z",
        "2022-07-01T00:60:00Z",
        "2022-07-01t00:00:00z",
        "2022-07-01T00:00:00z",
        "2022-07-01T00:00Z",
        "2022-07-01",
        "20220701T000000Z",
        "2022-W26-5T00:00:00Z",
        "2022-02-29T00:00:00Z",
        "2022-13-01T00:00:00Z",
        "2022-00-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "22022-07-01T00:00:00Z",
        "-2022-07-01T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-01:00",
        "２０２２-07-01T00:00:00Z",
        "2022-07-01T00:00:00Z\n",
        " 2022-07-01T00:00:00Z",
        "1656604800000",
        "",
    ],
)
def test_what_is_no_strict_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_instant(text)
    assert caught.value.code == "bad_instant"
    assert repr(text) in caught.value.message.en


def test_a_long_text_is_quoted_in_part() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_instant("2" * 100_000)
    assert len(caught.value.message.zh) < 200


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_a_rendered_instant_is_read_back(naive: datetime) -> None:
    instant_ms = to_ms(naive.replace(tzinfo=UTC))
    text = render_instant(instant_ms)
    assert text.endswith("Z")
    assert ("." in text) == (instant_ms % 1000 != 0)
    assert parse_instant(text) == instant_ms
    assert to_ms(to_datetime(instant_ms)) == instant_ms
    assert (
        parse_instant(to_datetime(instant_ms).astimezone(BEIJING).isoformat("T", "milliseconds"))
        == instant_ms
    )


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_refused(text: str) -> None:
    try:
        instant_ms = parse_instant(text)
    except InvalidInputError:
        return
    assert parse_instant(render_instant(instant_ms)) == instant_ms


# --- dates and months ---


@pytest.mark.parametrize("text", ["2022-07-01", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_date_is_read(text: str) -> None:
    assert parse_date(text).isoformat() == text


@pytest.mark.parametrize(
    "text",
    [
        "2022-02-29",
        "2022-7-1",
        "20220701",
        "2022-W26-5",
        "2022-07-01T00:00",
        "0000-01-01",
        " 2022-07-01",
        "2022-07-01 ",
        "２022-07-01",
        "2022/07/01",
        "2022-04-31",
        "",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_date(text)
    assert caught.value.code == "bad_date"


def test_a_month_is_read() -> None:
    assert [parse_month(text) for text in ("2022-07", "0001-01", "9999-12")] == [
        "2022-07",
        "0001-01",
        "9999-12",
    ]


@pytest.mark.parametrize(
    "text", ["2022-00", "2022-13", "2022-7", "202207", "0000-01", "2022-07-01", "2022-07\n", ""]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_month(text)
    assert caught.value.code == "bad_month"


def test_the_days_of_every_month_are_all_its_days() -> None:
    for year in (1, 1900, 2000, 2022, 2023, 2024, 9999):
        for month in range(1, 13):
            days = list(days_of_month(f"{year:04}-{month:02}"))
            assert days[0] == date(year, month, 1)
            assert len(days) == monthrange(year, month)[1]
            assert all(later - earlier == DAY for earlier, later in pairwise(days))


# --- policy days ---


def test_a_policy_day_begins_at_midnight_in_shanghai() -> None:
    assert midnight_ms(date(2022, 7, 1)) == parse_instant("2022-06-30T16:00:00Z")
    assert day_of(parse_instant("2022-06-30T15:59:59.999Z")) == "2022-06-30"
    assert day_of(parse_instant("2022-06-30T16:00:00Z")) == "2022-07-01"


def test_every_policy_day_of_the_century_has_24_hours() -> None:
    day = date(2000, 1, 1)
    while day < date(2100, 1, 1):
        assert midnight_ms(day + DAY) - midnight_ms(day) == DAY_MS
        day += DAY


def cut_slowly(start_ms: int, end_ms: int) -> Iterator[tuple[str, int]]:
    """Yield the same pieces by asking the zone of UTC+8 for the day of each piece."""
    while start_ms < end_ms:
        local = to_datetime(start_ms).astimezone(BEIJING)
        midnight = datetime(local.year, local.month, local.day, tzinfo=BEIJING) + DAY
        edge_ms = min(to_ms(midnight), end_ms)
        yield local.date().isoformat(), edge_ms - start_ms
        start_ms = edge_ms


@given(INSTANTS_MS, st.integers(0, 40 * DAY_MS))
def test_a_period_is_cut_at_midnights_exactly(start_ms: int, duration_ms: int) -> None:
    pieces = list(cut_by_day(start_ms, start_ms + duration_ms))
    assert sum(length for _, length in pieces) == duration_ms
    assert all(0 < length <= DAY_MS for _, length in pieces)
    assert pieces == list(cut_slowly(start_ms, start_ms + duration_ms))


@given(INSTANTS_MS, st.lists(st.integers(1, 3 * DAY_MS), min_size=1, max_size=6))
def test_cutting_a_period_in_parts_gives_the_same_days(start_ms: int, lengths: list[int]) -> None:
    in_parts: dict[str, int] = {}
    at_ms = start_ms
    for length in lengths:
        for day, piece in cut_by_day(at_ms, at_ms + length):
            in_parts[day] = in_parts.get(day, 0) + piece
        at_ms += length
    assert in_parts == dict(cut_by_day(start_ms, at_ms))


@pytest.mark.parametrize(
    ("start", "end", "pieces"),
    [
        (
            "2022-06-30T15:59:59.999Z",
            "2022-06-30T16:00:00.001Z",
            [("2022-06-30", 1), ("2022-07-01", 1)],
        ),
        ("2022-06-30T16:00:00Z", "2022-07-01T16:00:00Z", [("2022-07-01", DAY_MS)]),
        ("2022-06-30T15:00:00Z", "2022-06-30T16:00:00Z", [("2022-06-30", 3_600_000)]),
        ("2022-07-01T00:00:00Z", "2022-07-01T00:00:00Z", []),
        ("2022-07-02T00:00:00Z", "2022-07-01T00:00:00Z", []),
    ],
)
def test_a_period_at_an_edge_is_cut_where_the_day_ends(
    start: str, end: str, pieces: list[tuple[str, int]]
) -> None:
    assert list(cut_by_day(parse_instant(start), parse_instant(end))) == pieces
