"""Why metered, invoiced and paid differ: each reason by its amount, and nothing made up."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events import StatementIssued
from ledger.money import render_yuan
from reports.frames import MonthSum, sum_months, tell
from reports.reconciliation import Explanation, reconcile
from tests.small_ledger import CODE, account_of, events, snapshot_of
from vouchers.book import Account, Book
from vouchers.rating import DayUsage, rate

World = tuple[Book, Account, list[DayUsage]]

CENTRE = """
    resource a100 accelerator card 2021-12-01 0.32
    resource ssd storage tb 2021-12-01
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
"""
# 8 cards for a day are 192 card-hours, or 2,400 yuan.
JULY = f"{CENTRE} usage a100 8 2022-07-01T00:00 2022-07-02T00:00 C-1"


def explain(world: World, month: str = "2022-07") -> tuple[MonthSum, list[Explanation]]:
    """Return a month's sums and every explanation, the left-over one named."""
    found = reconcile(*world, month)
    sums = sum_months([found])
    told = [one.explanation for one in tell([found], sums)]
    (month_sum,) = sums
    for side, amount_fen in (
        ("invoiced", month_sum.difference_fen),
        ("paid", month_sum.open_fen),
    ):
        assert sum(one.amount_fen for one in told if one.side == side) == amount_fen
    return month_sum, told


def reasons(text: str, month: str = "2022-07") -> list[tuple[str, str, int]]:
    """Return the reasons why invoiced and metered differ: code, what about, fen."""
    _, told = explain(account_of(text), month)
    return [(one.code, one.about, one.amount_fen) for one in told if one.side == "invoiced"]


def payments(text: str, month: str = "2022-07") -> list[tuple[str, str, int]]:
    """Return the reasons why invoiced and paid differ."""
    _, told = explain(account_of(text), month)
    return [(one.code, one.about, one.amount_fen) for one in told if one.side == "paid"]


# --- Invoiced and metered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31", []),
        ("", [("not_invoiced", "2022-07-01", -240_000)]),
        ("invoice 1 C-1 2022-08-05 2400.01 0 2022-07-01 2022-07-31", [("rounding", "", 1)]),
        (
            "invoice 1 C-1 2022-08-05 2500 0 2022-07-01 2022-07-31",
            [("unexplained", "", 10_000)],
        ),
        (
            "invoice 1 C-1 2022-08-05 2300 0 2022-07-01 2022-07-31",
            [("unexplained", "", -10_000)],
        ),
        (
            "invoice 1 C-1 2022-08-05 900 0 2022-07-02 2022-07-31",
            [
                ("outside_invoice", "2022-07-01", -240_000),
                ("invoice_outside_usage", "00000000000000000001", 90_000),
            ],
        ),
        (
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            invoice 2 C-9 2022-08-05 70 0 2022-07-01 2022-07-31""",
            [("invoice_without_usage", "00000000000000000002", 7_000)],
        ),
        (
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            red 901 1 2022-07-30 100 0""",
            [("reversed", "00000000000000000901", -10_000)],
        ),
        (
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            red 901 1 2022-09-01 2400 0""",
            [("reversed_later", "00000000000000000901", -240_000)],
        ),
        (
            # Taken back and issued anew: nothing differs.
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            red 901 1 2022-09-01 2400 0
            invoice 2 C-1 2022-09-02 2400 0 2022-07-01 2022-07-31""",
            [],
        ),
        (
            # A red invoice explains no more than what it took back, and nothing upwards.
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            red 901 1 2022-09-01 100 0
            invoice 2 C-1 2022-09-02 500 0 2022-07-01 2022-07-31""",
            [("unexplained", "", 40_000)],
        ),
        (
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            corrected 1 C-1 2022-08-05 2100 0 2022-07-01 2022-07-31""",
            [("invoice_corrected", "00000000000000000001", -30_000)],
        ),
        (
            """invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
            corrected 1 C-1 2022-08-05 0 0 2022-07-01 2022-07-31""",
            [("invoice_corrected", "00000000000000000001", -240_000)],
        ),
        (
            # Another day of the same size, on and after the day of the invoice.
            """usage a100 8 2022-07-20T00:00 2022-07-21T00:00 C-1
            invoice 1 C-1 2022-07-10 2400 0 2022-07-01 2022-07-31""",
            [("after_invoice", "2022-07-10", -240_000)],
        ),
    ],
)
def test_each_reason_comes_with_its_amount(
    lines: str, expected: list[tuple[str, str, int]]
) -> None:
    assert reasons(f"{JULY}\n{lines}") == expected


LATER = "a100=9/card_hour@2022-07-16.."
PRICES = f"""
    resource a100 accelerator card 2021-12-01 0.32
    contract C-1 2022-01-01 2022-12-31 0.06 a100=10/card_hour@..2022-07-15 {LATER}
    usage a100 1 2022-07-10T00:00 2022-07-11T00:00 C-1
    usage a100 1 2022-07-20T00:00 2022-07-21T00:00 C-1
"""


@pytest.mark.parametrize(
    ("yuan", "expected"),
    [
        ("456", []),
        ("480", [("price_changed", "a100", 2_400)]),
        ("432", [("price_changed", "a100", -2_400)]),
        ("470", [("price_changed", "a100", 1_400)]),
        ("500", [("price_changed", "a100", 2_400), ("unexplained", "", 2_000)]),
    ],
)
def test_a_price_that_changed_explains_up_to_the_other_price(
    yuan: str, expected: list[tuple[str, str, int]]
) -> None:
    text = f"{PRICES} invoice 1 C-1 2022-08-05 {yuan} 0 2022-07-01 2022-07-31"
    assert reasons(text) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Nobody has a price for it, so that it explains no amount.
        (
            "usage a100 1 2022-07-03T00:00 2022-07-04T00:00 C-7",
            [("unrated", "a100", 0), ("unexplained", "", 10_000)],
        ),
        # Two contracts price it; the dearer one is the most that it could cost: 300 or 480 yuan.
        (
            """contract C-2 2022-01-01 2022-12-31 0.06 a100=20/card_hour
            usage a100 1 2022-07-03T00:00 2022-07-04T00:00""",
            [("no_contract", "a100", 10_000)],
        ),
        (
            """contract C-2 2022-01-01 2022-12-31 0.06 a100=20/card_hour
            usage a100 1 2022-07-03T00:00 2022-07-03T01:00""",
            [("no_contract", "a100", 2_000), ("unexplained", "", 8_000)],
        ),
    ],
)
def test_usage_without_a_price_explains_what_it_could_cost_at_most(
    lines: str, expected: list[tuple[str, str, int]]
) -> None:
    invoice = "invoice 1 C-1 2022-08-05 2500 0 2022-07-01 2022-07-31"
    assert reasons(f"{JULY}\n{lines}\n{invoice}") == expected


def test_usage_without_a_price_that_nobody_billed_is_shown_with_its_quantity() -> None:
    text = f"{CENTRE} usage a100 2 2022-07-03T00:00 2022-07-03T01:00 C-7"
    month_sum, (why,) = explain(account_of(text))
    assert (why.code, why.contract, why.about) == ("unrated", "C-7", "a100")
    assert (why.amount_fen, why.quantity) == (0, 7_200_000_000)
    assert month_sum.difference_fen == 0


def test_an_invoice_for_usage_without_a_price_is_told_from_one_without_usage() -> None:
    text = f"""{CENTRE} usage a100 2 2022-07-03T00:00 2022-07-03T01:00 C-7
    invoice 1 C-7 2022-08-05 50 0 2022-07-01 2022-07-31"""
    assert reasons(text) == [
        ("invoice_unrated", "00000000000000000001", 5_000),
        ("unrated", "a100", 0),
    ]


def test_what_changed_after_a_statement_explains_an_invoice_made_by_it() -> None:
    book, account, usage = account_of(
        f"""{JULY}
        usage a100 1 2022-07-05T00:00 2022-07-06T00:00 C-1
        invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31"""
    )
    _, told = explain((book, account, usage))
    assert [one.code for one in told] == ["unpaid", "unexplained"]
    account.statements.append(
        StatementIssued(
            statement="SQ-C-1",
            kind="compute",
            period="2022-07",
            revision=1,
            sizes={"usage": 1, "book": 1},
            renderer="",
            total_fen=240_000,
            values_sha256="",
            pdf_sha256="",
        )
    )
    _, told = explain((book, account, usage))
    assert [(one.code, one.about, one.amount_fen) for one in told if one.side == "invoiced"] == [
        ("after_statement", "SQ-C-1", -30_000)
    ]


# --- An invoice over several months ---------------------------------------------------------------

QUARTER = f"""{CENTRE}
    usage a100 8 2022-07-01T00:00 2022-07-02T00:00 C-1
    usage a100 8 2022-09-01T00:00 2022-09-03T00:00 C-1
"""


def test_an_invoice_over_months_is_split_by_what_was_metered_in_each() -> None:
    text = f"""{QUARTER} invoice 1 C-1 2022-10-05 7200 0 2022-07-01 2022-09-30
    payment 1 2022-10-06 7200"""
    for month, fen in (("2022-07", 240_000), ("2022-08", 0), ("2022-09", 480_000)):
        month_sum, told = explain(account_of(text), month)
        assert (month_sum.metered_fen, month_sum.invoiced_fen, month_sum.paid_fen) == (fen,) * 3
        assert told == []


def test_what_was_metered_outside_its_period_is_no_weight_of_an_invoice() -> None:
    text = f"{QUARTER} invoice 1 C-1 2022-10-05 4800 0 2022-07-02 2022-09-30"
    assert reasons(text, "2022-07") == [("outside_invoice", "2022-07-01", -240_000)]
    assert reasons(text, "2022-09") == []
    # The same where another invoice bills that day.
    text += "\ninvoice 2 C-1 2022-10-05 2400 0 2022-07-01 2022-07-01"
    assert [reasons(text, month) for month in ("2022-07", "2022-08", "2022-09")] == [[], [], []]


def test_an_invoice_over_months_without_usage_is_split_by_days() -> None:
    text = f"{CENTRE} invoice 1 C-1 2022-10-05 61 0 2022-07-31 2022-09-29"
    shares = [
        explain(account_of(text), month)[0].invoiced_fen
        for month in ("2022-07", "2022-08", "2022-09")
    ]
    assert shares == [100, 3_100, 2_900]


# --- Invoiced and paid ----------------------------------------------------------------------------

INVOICED = f"{JULY}\ninvoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("payment 1 2022-08-10 2400", []),
        ("", [("unpaid", "00000000000000000001", 240_000)]),
        ("payment 1 2022-08-10 2000", [("unpaid", "00000000000000000001", 40_000)]),
        ("payment 1 2022-08-10 2500", [("overpaid", "00000000000000000001", -10_000)]),
        (
            """payment 1 2022-08-10 2300
            back P-1-2022-08-10 1 2022-09-02 50""",
            [
                ("paid_back", "00000000000000000001", 5_000),
                ("unpaid", "00000000000000000001", 10_000),
            ],
        ),
        (
            """payment 1 2022-08-10 2400
            red 901 1 2022-09-01 100 0""",
            [("overpaid", "00000000000000000001", -10_000)],
        ),
    ],
)
def test_each_reason_why_payments_differ_comes_with_its_amount(
    lines: str, expected: list[tuple[str, str, int]]
) -> None:
    assert payments(INVOICED + lines) == expected


def test_a_payment_of_an_unknown_invoice_belongs_to_the_month_of_its_day() -> None:
    text = f"{CENTRE} payment 9 2022-08-10 10"
    assert payments(text, "2022-07") == []
    assert payments(text, "2022-08") == [("unknown_invoice", "00000000000000000009", -1_000)]


# --- Worlds ---------------------------------------------------------------------------------------

MONTHS = ("2022-07", "2022-08")
PERIODS = (
    None,
    ("2022-07-01", "2022-07-31"),
    ("2022-08-01", "2022-08-31"),
    ("2022-07-01", "2022-08-31"),
    ("2022-07-01", "2022-07-02"),
)


def small_world(
    hours: tuple[int, int], period: tuple[str, str] | None, red: str, paid: str, extra_fen: int = 0
) -> World:
    """Return a world in which an invoice bills what its period comes to, and something extra."""
    usage = "\n".join(
        f"usage a100 1 {month}-0{day}T00:00 {month}-0{day}T{number:02d}:00 C-1"
        for month, number in zip(MONTHS, hours, strict=True)
        if number
        for day in (1, 5)
    )
    text = f"{CENTRE}\n{usage}"
    if period is None:
        return account_of(text)
    book, account, used = account_of(text)
    billed = rate(book, account, [one for one in used if period[0] <= one[0][3] <= period[1]])
    amount_fen = max(0, billed.amount_fen + extra_fen)
    shown = render_yuan(amount_fen).replace(",", "")
    text += f"\ninvoice 1 C-1 2022-09-05 {shown} 0 {period[0]} {period[1]}"
    if amount_fen and red != "none":
        taken = {"whole": amount_fen, "part": (amount_fen + 2) // 3}[red.partition(" ")[0]]
        day = "2022-07-31" if "early" in red else "2022-10-01"
        text += f"\nred 901 1 {day} {render_yuan(taken).replace(',', '')} 0"
    parts = {"none": 0, "half": amount_fen // 2, "all": amount_fen, "more": amount_fen + 7}
    if parts[paid]:
        text += f"\npayment 1 2022-09-10 {render_yuan(parts[paid]).replace(',', '')}"
    return account_of(text)


def test_in_every_small_honest_world_all_is_explained() -> None:
    seen = set()
    for hours, period, red, paid in product(
        ((0, 0), (1, 0), (0, 23), (23, 1)),
        PERIODS,
        ("none", "whole early", "part early", "whole late", "part late"),
        ("none", "half", "all", "more"),
    ):
        world = small_world(hours, period, red, paid)
        invoiced_fen = paid_fen = 0
        for month in MONTHS:
            month_sum, told = explain(world, month)
            assert (month_sum.unexplained_fen, month_sum.open_unexplained_fen) == (0, 0)
            seen |= {one.code for one in told}
            invoiced_fen += month_sum.invoiced_fen
            paid_fen += month_sum.paid_fen
        # The shares of an invoice make it up.
        account = world[1]
        took_fen = sum(one.amount_fen for one in account.red_invoices.values())
        assert invoiced_fen == sum(one.amount_fen for one in account.invoices.values()) - took_fen
        assert paid_fen == sum(one.amount_fen for one in account.payments.values())
    assert seen >= {"not_invoiced", "outside_invoice", "reversed", "reversed_later", "overpaid"}


@given(
    st.tuples(st.integers(1, 23), st.integers(1, 23)),
    st.sampled_from(PERIODS[1:]),
    # The least that is billed here is 12.50 yuan: an invoice of nothing would bill nothing.
    st.integers(10, 10**9) | st.integers(-1_249, -10),
)
def test_an_amount_that_was_altered_is_unexplained_to_the_fen(
    hours: tuple[int, int], period: tuple[str, str], extra_fen: int
) -> None:
    world = small_world(hours, period, "none", "none", extra_fen)
    told = [one for month in MONTHS for one in explain(world, month)[1]]
    assert (
        sum(one.amount_fen for one in told if one.code in {"unexplained", "rounding"}) == extra_fen
    )
    assert any(one.code == "unexplained" for one in told)


@given(
    st.tuples(st.integers(0, 23), st.integers(0, 23)),
    st.sampled_from(PERIODS),
    st.sampled_from(("none", "whole early", "part late")),
    st.sampled_from(("none", "half", "all", "more")),
    st.integers(-(10**6), 10**9),
)
def test_explanations_always_sum_to_the_difference(
    hours: tuple[int, int],
    period: tuple[str, str] | None,
    red: str,
    paid: str,
    extra_fen: int,
) -> None:
    world = small_world(hours, period, red, paid, extra_fen)
    for month in MONTHS:
        # `explain` adds the explanations of both sides up.
        month_sum, told = explain(world, month)
        left_fen = [one.amount_fen for one in told if one.code == "unexplained"]
        assert sum(left_fen) == month_sum.unexplained_fen
        # No reason points the other way than what it explains; only what stands alone does.
        loose = [
            one.amount_fen
            for one in told
            if one.side == "invoiced"
            and one.code not in {"not_invoiced", "outside_invoice", "invoice_outside_usage"}
        ]
        assert min(loose, default=0) >= 0 or max(loose, default=0) <= 0


def test_the_order_of_arrival_changes_nothing() -> None:
    text = f"""{JULY}
    invoice 1 C-1 2022-08-05 2400 0 2022-07-01 2022-07-31
    red 901 1 2022-09-01 100 0
    payment 1 2022-08-10 2300"""
    log = events(text)
    forward, backward = snapshot_of(log), snapshot_of(log[::-1])
    assert [
        reconcile(one.book, one.book.account(CODE), one.usage[CODE], "2022-07")
        for one in (forward, backward)
    ] == [reconcile(forward.book, forward.book.account(CODE), forward.usage[CODE], "2022-07")] * 2
