"""Usage × price → charge: exact until the one rounding, complete, and in no need of an order."""

from datetime import datetime, timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.codec import Event
from ledger.money import allocate, round_half_up, tax_within
from ledger.period import HOUR_MS, MILLISECOND, ZONE, parse_instant
from ledger.usage import Slice, by_day
from tests.small_ledger import CODE, account_of, book_of, events, usage_of
from vouchers.rating import Charge, ChargeLine, DayUsage, rate

HOUR = 3_600 * 1_000_000
"""Micro-unit-seconds of a card-hour."""

RESOURCES = """
    resource a100 accelerator card 2022-01-01 0.32
    resource disk storage tb 2022-01-01
    resource h100 accelerator card 2022-01-01
"""

CONTRACT = "contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour disk=3/tb_day\n"


def charge(text: str) -> Charge:
    """Return the charge of all usage in the ledger of a text."""
    return rate(*account_of(RESOURCES + text))


def only_line(text: str) -> ChargeLine:
    """Return the one line that a text is charged in."""
    made = charge(text)
    assert len(made.lines) == 1, made
    assert made.unrated == ()
    return made.lines[0]


def daily(unit_price: str, slices: str) -> ChargeLine:
    """Return the line of card-hours at a price; `slices` are hours on the days from 1 July on."""
    usage = "".join(
        f"usage a100 {hours} 2022-07-{day:02d}T08:00 2022-07-{day:02d}T09:00\n"
        for day, hours in enumerate(slices.split(), start=1)
    )
    text = f"contract C-1 2022-01-01 2022-12-31 0.06 a100={unit_price}/card_hour\n{usage}"
    return only_line(text)


# --- quantities ---


def test_a_slice_is_cut_at_midnight_in_shanghai_between_two_months() -> None:
    made = charge(CONTRACT + "usage a100 8 2022-07-31T22:00 2022-08-01T01:00")
    found = [(line.month, line.quantity, line.amount_fen) for line in made.lines]
    assert found == [("2022-07", 16 * HOUR, 20_000), ("2022-08", 8 * HOUR, 10_000)]


def test_the_last_millisecond_of_a_month_is_in_it_and_the_next_is_not() -> None:
    span = "2022-07-31T23:59:59.999 2022-08-01T00:00:00.002"
    made = charge(CONTRACT + f"usage a100 0.001 {span}")
    assert [(line.month, line.quantity) for line in made.lines] == [("2022-07", 1), ("2022-08", 2)]


def test_a_slice_over_a_whole_month_has_every_hour_of_it() -> None:
    line = only_line(CONTRACT + "usage a100 0.125 2022-07-01T00:00 2022-08-01T00:00")
    assert line.quantity == 31 * 24 * HOUR // 8
    assert line.amount_fen == 31 * 24 * 1250 // 8


# --- prices ---


def test_a_price_that_changes_within_the_month_holds_from_its_first_day() -> None:
    contract = (
        "contract C-1 2022-01-01 2022-12-31 0.06"
        " a100=12.50/card_hour@..2022-07-15 a100=9/card_hour@2022-07-16..\n"
    )
    line = only_line(contract + "usage a100 1 2022-07-15T22:00 2022-07-16T03:00")
    assert line.amount_fen == 2 * 1250 + 3 * 900
    parts = [(part.tariff.line.unit_price, part.units) for part in line.parts]
    assert parts == [("12.50", Fraction(2)), ("9", Fraction(3))]


def test_parts_stand_in_the_order_of_their_days_whether_the_contract_is_named_or_not() -> None:
    contract = (
        "contract C-1 2022-01-01 2022-12-31 0.06"
        " a100=12.50/card_hour@..2022-07-15 a100=9/card_hour@2022-07-16..\n"
    )
    line = only_line(
        contract
        + "usage a100 1 2022-07-20T00:00 2022-07-20T01:00\n"
        + "usage a100 1 2022-07-02T00:00 2022-07-02T01:00 C-1\n"
    )
    assert [part.tariff.line.unit_price for part in line.parts] == ["12.50", "9"]


def test_named_and_unnamed_usage_of_one_contract_is_one_line() -> None:
    line = only_line(
        CONTRACT
        + "usage a100 1 2022-07-20T00:00 2022-07-20T01:00\n"
        + "usage a100 2 2022-07-20T00:00 2022-07-20T01:00 C-1\n"
    )
    assert (line.quantity, line.amount_fen) == (3 * HOUR, 3750)


def test_75_card_hours_of_0_32_pflops_are_one_pflops_day() -> None:
    contract = "contract C-1 2022-01-01 2022-12-31 0.06 a100=96/pflops_day\n"
    line = only_line(contract + "usage a100 75 2022-07-20T00:00 2022-07-20T01:00")
    assert line.parts[0].units == 1
    assert line.amount_fen == 9600


def test_storage_is_charged_per_terabyte_and_day() -> None:
    line = only_line(CONTRACT + "usage disk 10 2022-07-01T00:00 2022-07-02T12:00")
    assert line.parts[0].units == 15
    assert line.amount_fen == 4500


def test_a_conversion_that_changes_within_the_month_makes_two_parts() -> None:
    line = only_line(
        "contract C-1 2022-01-01 2022-12-31 0.06 a100=96/pflops_day\n"
        "resource a100 accelerator card 2022-07-16 0.64\n"
        "usage a100 75 2022-07-15T23:00 2022-07-16T01:00"
    )
    assert [part.units for part in line.parts] == [1, 2]
    assert line.amount_fen == 3 * 9600


# --- rounding ---


@pytest.mark.parametrize(
    ("hours", "fen"),
    [("0.5", 1), ("1.5", 2), ("2.5", 3), ("0.499", 0), ("0.5 0.001", 1), ("1.499", 1)],
)
def test_half_a_fen_goes_up(hours: str, fen: int) -> None:
    assert daily("0.01", hours).amount_fen == fen


@pytest.mark.parametrize(
    ("hours", "fen", "rounded_daily_fen"),
    [("0.4 0.4", 1, 0), ("0.5 0.5", 1, 2), ("0.5 0.5 0.5 0.5 0.5", 3, 5), ("1.6 1.6 1.6", 5, 6)],
)
def test_a_month_is_rounded_once_and_not_by_day(
    hours: str, fen: int, rounded_daily_fen: int
) -> None:
    assert sum(round_half_up(Fraction(part)) for part in hours.split()) == rounded_daily_fen
    assert daily("0.01", hours).amount_fen == fen


def test_two_prices_in_one_month_are_rounded_together() -> None:
    contract = (
        "contract C-1 2022-01-01 2022-12-31 0.06"
        " a100=0.01/card_hour@..2022-07-15 a100=0.03/card_hour@2022-07-16..\n"
    )
    line = only_line(
        contract
        + "usage a100 0.5 2022-07-01T00:00 2022-07-01T01:00\n"
        + "usage a100 0.5 2022-07-16T00:00 2022-07-16T01:00\n"
    )
    assert line.amount_fen == 2, "0.5 + 1.5 fen; apart they would be 1 + 2"


def test_each_contract_resource_and_month_is_rounded_by_itself() -> None:
    made = charge(
        """
        contract C-1 2022-01-01 2022-12-31 0.06 a100=0.01/card_hour h100=0.01/card_hour
        contract C-2 2022-01-01 2022-12-31 0.06 a100=0.01/card_hour
        usage a100 0.5 2022-07-01T00:00 2022-07-01T01:00 C-1
        usage h100 0.5 2022-07-01T00:00 2022-07-01T01:00 C-1
        usage a100 0.5 2022-07-01T00:00 2022-07-01T01:00 C-2
        usage a100 0.5 2022-08-01T00:00 2022-08-01T01:00 C-1
        """
    )
    found = [(line.month, line.contract.contract, line.resource) for line in made.lines]
    assert found == [
        ("2022-07", "C-1", "a100"),
        ("2022-07", "C-1", "h100"),
        ("2022-07", "C-2", "a100"),
        ("2022-08", "C-1", "a100"),
    ]
    assert [line.amount_fen for line in made.lines] == [1, 1, 1, 1]
    assert made.amount_fen == 4


# --- tax ---


def test_tax_is_that_of_the_contracts_month_where_rounding_each_line_would_differ() -> None:
    made = charge(
        """
        contract C-1 2022-01-01 2022-12-31 0.06 a100=9/card_hour h100=9/card_hour x=9/card_hour
        usage a100 0.01 2022-07-01T00:00 2022-07-01T01:00
        usage h100 0.01 2022-07-01T00:00 2022-07-01T01:00
        usage x 0.01 2022-07-01T00:00 2022-07-01T01:00
        """
    )
    assert [line.amount_fen for line in made.lines] == [9, 9, 9]
    by_line = sum(tax_within(line.amount_fen, Fraction(6, 100)) for line in made.lines)
    of_month = tax_within(27, Fraction(6, 100))
    assert (by_line, of_month) == (3, 2), "the example shows the difference"
    assert [line.tax_fen for line in made.lines] == [1, 1, 0]
    assert [line.net_fen for line in made.lines] == [8, 8, 9]


def test_each_contract_is_taxed_at_its_own_rate() -> None:
    made = charge(
        """
        contract C-1 2022-01-01 2022-12-31 0.06 a100=10.60/card_hour
        contract C-2 2022-01-01 2022-12-31 0 a100=10.60/card_hour
        usage a100 1 2022-07-01T00:00 2022-07-01T01:00 C-1
        usage a100 1 2022-07-01T00:00 2022-07-01T01:00 C-2
        """
    )
    assert [(line.net_fen, line.tax_fen) for line in made.lines] == [(1000, 60), (1060, 0)]


# --- what cannot be rated ---


def test_usage_between_two_contracts_is_listed_and_not_charged() -> None:
    made = charge(
        CONTRACT
        + """
        contract C-2 2022-07-01 2022-12-31 0.06 a100=9/card_hour
        usage a100 1 2022-06-30T23:00 2022-07-01T02:00
        """
    )
    assert [(line.month, line.amount_fen) for line in made.lines] == [("2022-06", 1250)]
    assert made.unrated == (((CODE, "", "a100", "2022-07-01"), 2 * HOUR),)


@pytest.mark.parametrize(
    "book",
    [
        "",
        "contract C-1 2022-01-01 2022-12-31 0.06 h100=9/card_hour",
        "contract C-1 2022-01-01 2022-06-30 0.06 a100=9/card_hour",
        "contract C-1 2022-01-01 2022-12-31 0.06 a100=9/card_hour@..2022-06-30",
        "contract C-1 2022-01-01 2022-12-31 0.06 a100=9/tb_day",
    ],
)
def test_usage_without_a_price_is_listed_and_never_an_error(book: str) -> None:
    made = charge(book + "\nusage a100 1 2022-07-01T00:00 2022-07-01T02:00")
    assert made.lines == ()
    assert made.amount_fen == 0
    assert made.unrated == (((CODE, "", "a100", "2022-07-01"), 2 * HOUR),)


def test_a_resource_without_pflops_is_unrated_per_pflops_day() -> None:
    contract = "contract C-1 2022-01-01 2022-12-31 0.06 h100=96/pflops_day\n"
    made = charge(contract + "usage h100 1 2022-07-01T00:00 2022-07-01T02:00")
    assert made.unrated == (((CODE, "", "h100", "2022-07-01"), 2 * HOUR),)


def test_no_usage_is_no_charge() -> None:
    assert charge(CONTRACT) == Charge((), ())


# --- properties ---

C_1 = "a100=12.50/card_hour@..2022-06-30 a100=0.37/card_hour@2022-07-01.. disk=3.1/tb_day"
PRICED = f"""
    resource a100 accelerator card 2022-01-01 0.32
    resource disk storage tb 2022-01-01
    contract C-1 2022-01-01 2022-12-31 0.06 {C_1}
    contract C-2 2022-07-02 2022-07-02 0.13 a100=96/pflops_day
"""
SPAN_MS = 4 * 86_400_000


@st.composite
def slices(draw: st.DrawFn) -> Slice:
    """Return a slice within the four days that hold a month's edge and a second contract."""
    start, end = sorted(
        draw(st.lists(st.integers(0, SPAN_MS), min_size=2, max_size=2, unique=True))
    )
    first_ms = parse_instant("2022-06-29T00:00:00+08:00")
    return Slice(
        job="j",
        resource=draw(st.sampled_from(["a100", "disk", "x"])),
        contract=draw(st.sampled_from(["", "C-1", "C-2", "C-9"])),
        amount_milli=draw(st.integers(1, 100_000)),
        start_ms=first_ms + start,
        end_ms=first_ms + end,
    )


def rate_slices(pieces: list[Slice]) -> Charge:
    """Return the charge of slices, one row a slice and day: nobody has added them up."""
    book = book_of(events(PRICED))
    usage: list[DayUsage] = [row for piece in pieces for row in by_day(CODE, piece)]
    return rate(book, book.account(CODE), usage)


def merged(made: Charge) -> tuple[tuple[ChargeLine, ...], dict[object, int]]:
    """Return a charge with its unrated usage added up by key."""
    unrated: dict[object, int] = {}
    for key, quantity in made.unrated:
        unrated[key] = unrated.get(key, 0) + quantity
    return made.lines, unrated


@settings(deadline=None)
@given(st.lists(slices(), min_size=1, max_size=6), st.data())
def test_splitting_a_slice_into_two_adjacent_ones_changes_nothing(
    pieces: list[Slice], data: st.DataObject
) -> None:
    last = pieces[-1]
    cut_ms = data.draw(st.integers(last.start_ms, last.end_ms))
    halves = [replace(last, end_ms=cut_ms), replace(last, start_ms=cut_ms)]
    split = [*pieces[:-1], *(half for half in halves if half.start_ms < half.end_ms)]
    assert merged(rate_slices(split)) == merged(rate_slices(pieces))


@settings(deadline=None)
@given(st.lists(slices(), max_size=6), st.randoms())
def test_the_order_of_usage_changes_nothing(pieces: list[Slice], source: object) -> None:
    shuffled = list(pieces)
    source.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rate_slices(shuffled) == rate_slices(pieces)


@settings(deadline=None)
@given(st.lists(slices(), max_size=12))
def test_lines_add_up_to_the_total_and_net_and_tax_to_each_line(pieces: list[Slice]) -> None:
    made = rate_slices(pieces)
    assert made.amount_fen == sum(line.amount_fen for line in made.lines)
    for line in made.lines:
        assert line.net_fen + line.tax_fen == line.amount_fen
        assert min(line.net_fen, line.tax_fen) >= 0
    quantity = sum(piece.amount_milli * (piece.end_ms - piece.start_ms) for piece in pieces)
    rated = sum(line.quantity for line in made.lines)
    assert rated + sum(left for _, left in made.unrated) == quantity, "nothing vanishes"


def test_the_order_of_the_log_changes_nothing() -> None:
    log = events(
        """
        resource a100 accelerator card 2022-01-01 0.32
        contract C-1 2022-01-01 2022-12-31 0.06 a100=12.345/card_hour
        contract C-2 2022-01-01 2022-12-31 0.06 a100=31/pflops_day
        usage a100 3 2022-07-31T20:07 2022-08-01T03:01 C-1
        usage a100 7 2022-07-31T21:07 2022-08-01T01:01 C-2
        """
    )

    def made(order: tuple[Event, ...]) -> Charge:
        book = book_of(list(order))
        return rate(book, book.account(CODE), usage_of(list(order))[CODE])

    charges = [made(order) for order in permutations(log)]
    assert len(charges) == 120
    assert charges[0].amount_fen > 0
    assert all(one == charges[0] for one in charges)


# --- a slow and obvious reference ---


def reference(pieces: list[Slice]) -> dict[tuple[str, str, str], int]:
    """Return fen by month, contract and resource, each slice walked hour by hour."""
    exact: dict[tuple[str, str, str], Fraction] = {}
    for piece in pieces:
        at = piece.start_ms
        while at < piece.end_ms:
            local = datetime(1970, 1, 1, tzinfo=ZONE) + timedelta(hours=8) + at * MILLISECOND
            found = reference_price(piece.contract, piece.resource, local.date().isoformat())
            if found:
                contract, per_unit_second = found
                key = local.strftime("%Y-%m"), contract, piece.resource
                hour = Fraction(piece.amount_milli * 3_600, 1000) * per_unit_second
                exact[key] = exact.get(key, Fraction(0)) + hour
            at += HOUR_MS
    return {key: round_half_up(fen) for key, fen in exact.items()}


def reference_price(named: str, resource: str, day: str) -> tuple[str, Fraction] | None:
    """Return the contract of `PRICED` that applies and its fen per unit-second, spelt out."""
    if resource == "disk":
        return ("C-1", Fraction(310, 86_400)) if named in ("", "C-1") else None
    if resource != "a100" or named == "C-9":
        return None
    if named == "" and day == "2022-07-02":
        return None
    if named == "C-2":
        return "C-2", Fraction(9_600 * 32, 100 * 86_400)
    return "C-1", Fraction(1_250, 3_600) if day <= "2022-06-30" else Fraction(37, 3_600)


@settings(deadline=None)
@given(st.lists(slices(), max_size=4))
def test_a_walk_hour_by_hour_gives_the_same_charges(pieces: list[Slice]) -> None:
    whole = [
        replace(
            one,
            start_ms=one.start_ms // HOUR_MS * HOUR_MS,
            end_ms=-(-one.end_ms // HOUR_MS) * HOUR_MS,
        )
        for one in pieces
    ]
    made = rate_slices(whole)
    found = {(one.month, one.contract.contract, one.resource): one.amount_fen for one in made.lines}
    assert found == reference(whole)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5), st.integers(0, 20))
def test_tax_split_by_largest_remainder_is_never_more_than_its_line(
    amounts: list[int], percent: int
) -> None:
    taxes = allocate(tax_within(sum(amounts), Fraction(percent, 100)), amounts)
    assert all(tax <= amount for tax, amount in zip(taxes, amounts, strict=True))
