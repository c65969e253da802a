"""Cells: what is read exactly, and what is refused."""

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.cell import canonical_amount, make_clock, parse_duration
from ledger.errors import InvalidInputError
from ledger.period import to_ms
from ledger.usage import SLICE_MS_MAX, parse_amount

UTC = ZoneInfo("UTC")
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def words(text: str) -> list[str]:
    return text.split()


def refused(code: str) -> "pytest.RaisesExc[InvalidInputError]":
    return pytest.raises(InvalidInputError, check=lambda error: error.code == code)


@pytest.mark.parametrize(
    ("text", "zone", "same"),
    [
        ("2022-07-01 08:00:00", SHANGHAI, "2022-07-01T00:00:00+00:00"),
        ("2022-07-01T08:00:00", UTC, "2022-07-01T08:00:00+00:00"),
        ("2022-07-01 08:00:00.25", UTC, "2022-07-01T08:00:00.250+00:00"),
        ("2022-07-01T08:00:00.250000", UTC, "2022-07-01T08:00:00.250+00:00"),
        ("2022-07-01T08:00:00Z", None, "2022-07-01T08:00:00+00:00"),
        ("2022-07-01T08:00:00+08:00", BERLIN, "2022-07-01T00:00:00+00:00"),
        ("2022-03-27 01:59:59", BERLIN, "2022-03-27T00:59:59+00:00"),
        ("2022-03-27 03:00:00", BERLIN, "2022-03-27T01:00:00+00:00"),
        ("2022-10-30 03:00:00", BERLIN, "2022-10-30T02:00:00+00:00"),
    ],
)
def test_a_point_in_time_is_read(text: str, zone: ZoneInfo | None, same: str) -> None:
    assert make_clock(None, zone)(text) == to_ms(datetime.fromisoformat(same))


def test_a_form_of_its_own_is_read() -> None:
    assert make_clock("%d.%m.%Y %H:%M", SHANGHAI)("01.07.2022 08:00") == to_ms(
        datetime.fromisoformat("2022-07-01T00:00:00+00:00")
    )
    with refused("bad_time"):
        make_clock("%d.%m.%Y %H:%M", SHANGHAI)("2022-07-01 08:00:00")


FIRST, LAST = (datetime.fromisoformat(day) for day in ("2000-01-03", "2099-12-29"))


@given(st.datetimes(FIRST, LAST), st.sampled_from([SHANGHAI, BERLIN]))
def test_whole_seconds_take_a_short_way_to_the_same_instant(wall: datetime, zone: ZoneInfo) -> None:
    wall = wall.replace(microsecond=0)
    aware = wall.replace(tzinfo=zone)
    if aware.utcoffset() == aware.replace(fold=1).utcoffset():
        assert make_clock(None, zone)(str(wall)) == to_ms(aware)


def test_each_second_around_a_change_of_clocks_is_right_or_refused() -> None:
    clock = make_clock(None, BERLIN)
    for change in ("2022-03-27 02:00:00", "2022-10-30 02:00:00"):
        for minute in range(-300, 300):
            wall = datetime.fromisoformat(change) + timedelta(minutes=minute)
            if 0 <= minute < 60:
                with refused("ambiguous_time"):
                    clock(str(wall))
            else:
                assert clock(str(wall)) == to_ms(wall.replace(tzinfo=BERLIN))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022-07-01",
        "20220701T080000",
        "2022-W26-5",
        "2022-07-01 8:00:00",
        "2022-07-01 24:00:00",
        "2022-07-01 23:59:60",
        "2022-02-29 00:00:00",
        "2022-13-01 00:00:00",
        " 2022-07-01 08:00:00",
        "2022-07-01 08:00:00 ",
        "２０22-07-01 08:00:00",
        "NaN",
        "1656633600",
    ],
)
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    with refused("bad_time") as caught:
        make_clock(None, SHANGHAI)(text)
    assert repr(text) in caught.value.message.zh


def test_a_wall_clock_without_a_zone_is_refused() -> None:
    with refused("naive_time"):
        make_clock(None, None)("2022-07-01 08:00:00")


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-29", "2100-01-03", "9999-12-31"])
def test_an_absurd_year_is_refused(day: str) -> None:
    for zone in (UTC, SHANGHAI, ZoneInfo("America/New_York")):
        with refused("absurd_instant"):
            make_clock(None, zone)(f"{day} 00:00:00")


def test_finer_than_a_millisecond_is_refused() -> None:
    with refused("absurd_instant"):
        make_clock(None, UTC)("2022-07-01 08:00:00.000001")


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [
        ("66.0", 66_000),
        ("66", 66_000),
        ("0.001", 1),
        ("0.0010000", 1),
        ("1.5", 1500),
        ("000066.000", 66_000),
        ("31622400", SLICE_MS_MAX),
    ],
)
def test_a_duration_is_exact(text: str, duration_ms: int) -> None:
    assert parse_duration(text) == duration_ms


@pytest.mark.parametrize(
    "text",
    ["", " 66", *words("0 0.0 -66.0 +66 6e1 NaN nan inf 0.0001 1.00001 1,5 66. .5 0x10 ٦٦ 1_000")],
)
def test_a_duration_that_cannot_be_is_refused(text: str) -> None:
    with refused("bad_duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["31622400.001", "999999999999", "31622401"])
def test_a_duration_over_a_slice_is_refused(text: str) -> None:
    with refused("absurd_duration"):
        parse_duration(text)


@given(st.integers(1, 100_000_000))
def test_an_amount_keeps_its_value_in_its_shortest_form(milli: int) -> None:
    for text in (f"{milli // 1000}.{milli % 1000:03d}", str(milli // 1000 or 1)):
        short = canonical_amount(text)
        assert parse_amount(short) == parse_amount(text)
        assert Fraction(short) == Fraction(text)
        assert "." not in short or not short.endswith(("0", "."))


@pytest.mark.parametrize("text", ["", "0", "-1", "NaN", "1e3", "08", "1.2345", "٨"])
def test_an_amount_that_cannot_be_is_refused(text: str) -> None:
    with refused("bad_amount"):
        canonical_amount(text)
    with refused("absurd_amount"):
        canonical_amount("100000.001")
