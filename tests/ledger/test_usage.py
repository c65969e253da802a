"""Usage slices: what is absurd is refused with its reason, and quantities are exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded
from ledger.period import parse_instant, render_instant
from ledger.usage import (
    AMOUNT_MAX,
    INSTANT_MS_MAX,
    INSTANT_MS_MIN,
    SLICE_MS_MAX,
    Slice,
    by_day,
    check_quantity,
    parse_amount,
    quantity_of,
    render_quantity,
    slice_of,
)

START = "2022-07-01T00:00:00Z"
START_MS = parse_instant(START)


def record(
    start: str = START, end: str = "2022-07-01T01:00:00Z", amount: str = "8"
) -> UsageRecorded:
    return UsageRecorded(job="j", resource="a100", amount=amount, start=start, end=end)


def code_of(data: UsageRecorded) -> str:
    """Return the code under which a record is refused, or nothing."""
    try:
        slice_of(data)
    except InvalidInputError as error:
        return error.code
    return ""


# --- amounts ---


@pytest.mark.parametrize(
    ("text", "milli"),
    [("8", 8000), ("0.125", 125), ("0.001", 1), ("1.5", 1500), ("1.50", 1500), ("100000", 10**8)],
)
def test_an_amount_is_read_in_thousandths(text: str, milli: int) -> None:
    assert parse_amount(text) == milli


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.000",
        "-1",
        "+1",
        "1e3",
        "NaN",
        "Infinity",
        "1.2345",
        ".5",
        "5.",
        "01",
        " 1",
        "１",
        "1\n",
    ],
)
def test_what_is_no_usable_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_amount(text)
    assert caught.value.code == "bad_amount"
    assert repr(text) in caught.value.message.zh


@pytest.mark.parametrize("text", ["100000.001", "999999999999"])
def test_an_absurd_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_amount(text)
    assert caught.value.code == "absurd_amount"


# --- slices ---


def test_a_slice_is_what_the_record_says() -> None:
    data = UsageRecorded(
        job="j",
        resource="a100",
        amount="0.5",
        start=START,
        end="2022-07-01T00:00:00.001Z",
        contract="C-1",
    )
    assert slice_of(data) == Slice("j", "a100", "C-1", 500, START_MS, START_MS + 1)


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "code"),
    [
        (START_MS, START_MS + 1, ""),
        (START_MS, START_MS, "empty_slice"),
        (START_MS, START_MS - 1, "empty_slice"),
        (START_MS, START_MS + SLICE_MS_MAX, ""),
        (START_MS, START_MS + SLICE_MS_MAX + 1, "absurd_slice"),
        (INSTANT_MS_MIN, INSTANT_MS_MIN + 1, ""),
        (INSTANT_MS_MIN - 1, INSTANT_MS_MIN + 1, "absurd_instant"),
        (INSTANT_MS_MAX - 1, INSTANT_MS_MAX, ""),
        (INSTANT_MS_MAX - 1, INSTANT_MS_MAX + 1, "absurd_instant"),
        (0, 1, "absurd_instant"),
        (0, INSTANT_MS_MAX, "absurd_slice"),
    ],
)
def test_each_limit_of_a_slice_has_its_own_refusal(start_ms: int, end_ms: int, code: str) -> None:
    assert code_of(record(render_instant(start_ms), render_instant(end_ms))) == code


def test_the_limits_are_the_years_2000_to_2099() -> None:
    assert render_instant(INSTANT_MS_MIN) == "2000-01-01T00:00:00Z"
    assert render_instant(INSTANT_MS_MAX) == "2100-01-01T00:00:00Z"


def test_a_bad_instant_or_amount_is_refused() -> None:
    assert code_of(record(start="2022-07-01 00:00:00")) == "bad_instant"
    assert code_of(record(end="2022-07-01T01:00:00")) == "bad_instant"
    assert code_of(record(amount="-1")) == "bad_amount"
    assert code_of(record(amount="1000000")) == "absurd_amount"


# --- quantities ---


def test_a_thousand_of_the_largest_slices_fit_64_bits_a_day() -> None:
    largest = Slice("j", "a100", "", AMOUNT_MAX * 1000, START_MS, START_MS + 86_400_000)
    assert 1000 * quantity_of(largest) < 2**63


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "0"),
        (1, "0.000001"),
        (500000, "0.5"),
        (10**6, "1"),
        (3521082502 * 10**6, "3521082502"),
        (10 * 10**6, "10"),
        (10000010, "10.00001"),
    ],
)
def test_a_quantity_is_printed_exactly(micro: int, text: str) -> None:
    assert render_quantity(micro) == text


@given(st.integers(0, 10**24))
def test_a_printed_quantity_is_exact(micro: int) -> None:
    assert Decimal(render_quantity(micro)).scaleb(6) == micro if micro < 10**20 else True
    whole, _, fraction = render_quantity(micro).partition(".")
    assert int(whole) * 10**6 + int(fraction.ljust(6, "0")) == micro
    assert not fraction.endswith("0")


@given(st.integers(1, AMOUNT_MAX * 1000), st.integers(1, SLICE_MS_MAX))
def test_a_right_quantity_passes_and_a_wrong_one_does_not(milli: int, duration_ms: int) -> None:
    piece = Slice("j", "a100", "", milli, START_MS, START_MS + duration_ms)
    assert quantity_of(piece) == milli * duration_ms
    check_quantity(piece, render_quantity(quantity_of(piece)))
    for wrong in (quantity_of(piece) + 1, quantity_of(piece) - 1):
        with pytest.raises(InvalidInputError, match="quantity_mismatch"):
            check_quantity(piece, render_quantity(wrong))


@pytest.mark.parametrize(
    "text", ["28800.0000000", "2.88e4", " 28800", "028800", "NaN", "-28800", ""]
)
def test_a_quantity_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"bad_quantity|quantity_mismatch"):
        check_quantity(slice_of(record()), text)


@pytest.mark.parametrize("text", ["28800", "28800.0", "28800.000000"])
def test_a_quantity_may_have_trailing_zeros(text: str) -> None:
    check_quantity(slice_of(record()), text)


@given(
    st.integers(1, AMOUNT_MAX * 1000),
    st.integers(INSTANT_MS_MIN, INSTANT_MS_MAX - SLICE_MS_MAX),
    st.integers(1, SLICE_MS_MAX),
)
def test_the_days_of_a_slice_add_up_to_its_quantity(
    milli: int, start_ms: int, duration_ms: int
) -> None:
    piece = Slice("j", "a100", "C-1", milli, start_ms, start_ms + duration_ms)
    days = list(by_day("enterprise", piece))
    assert sum(quantity for _, quantity in days) == quantity_of(piece)
    assert {key[:3] for key, _ in days} == {("enterprise", "C-1", "a100")}
    assert [key[3] for key, _ in days] == sorted({key[3] for key, _ in days})


def test_a_slice_over_midnight_is_split_between_its_days() -> None:
    piece = Slice(
        "j",
        "a100",
        "",
        2000,
        parse_instant("2022-07-01T15:59:59Z"),
        parse_instant("2022-07-01T16:00:03Z"),
    )
    assert list(by_day("e", piece)) == [
        (("e", "", "a100", "2022-07-01"), 2_000_000),
        (("e", "", "a100", "2022-07-02"), 6_000_000),
    ]
