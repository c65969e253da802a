"""Red invoices after payment: which claims rest on them, and what is to come back."""

from datetime import date
from itertools import product
from random import Random

import pytest
from msgspec import structs

from ledger.events import VoucherDrawn
from tests.small_ledger import CODE, account_of, invoice_number
from tests.vouchers.claims.test_worth import draw
from tests.vouchers.claims.world import FIRST, MORE, SECOND, TEXT, grounds_of
from vouchers.claims.clawback import (
    Clawback,
    Paid,
    find_clawbacks,
    give_back,
    left_of,
    take_back,
)
from vouchers.claims.drawn import Vouchers
from vouchers.claims.evidence import Reversal
from vouchers.claims.fold import Claim
from vouchers.claims.worth import work_out
from vouchers.payments import sum_creditable

BOTH = TEXT + MORE
ACCOUNT = account_of(BOTH)[1]


def red(invoice: str, fen: int, number: str = "9") -> Reversal:
    return Reversal(invoice_number(number), invoice, fen, date(2023, 5, 4))


def paid(
    programme: str, *invoices: str, text: str = BOTH, drawn: tuple[VoucherDrawn, ...] = ()
) -> Paid:
    """Return a claim that was paid what it was worth after some draws."""
    grounds = grounds_of(text, programme, vouchers=Vouchers({}, drawn))
    amount_fen = work_out(grounds, invoices).amount_fen
    assert amount_fen, (programme, invoices)
    claim = Claim(
        f"CL-{programme}",
        enterprise=CODE,
        programme=programme,
        moved_to="paid",
        amount_fen=amount_fen,
        paid_fen=amount_fen,
        invoices=invoices,
    )
    return Paid(claim, grounds)


def clawbacks(reversals: list[Reversal], *claims: Paid) -> tuple[Clawback, ...]:
    return find_clawbacks(ACCOUNT, claims, reversals)


# --- one claim ---


def test_a_claim_on_a_wholly_reversed_invoice_gives_all_of_it_back() -> None:
    (found,) = clawbacks([red(FIRST, 10_000_000)], paid("east_lake", FIRST))
    assert (found.paid_fen, found.due_fen, found.amount_fen) == (5_000_000, 0, 5_000_000)
    assert (found.claim, found.enterprise, found.invoices) == ("CL-east_lake", CODE, (FIRST,))


@pytest.mark.parametrize(
    ("programme", "reversed_fen", "back_fen"),
    [
        ("east_lake", 2_000_000, 1_000_000),
        ("wuhan", 2_000_001, 1_000_001),
        ("hubei", 2_000_000, 600_000),
        ("hubei", 1, 100_000),  # whole thousands of yuan
        ("wuhan", 9_900_000, 5_000_000),  # below the least claim
    ],
)
def test_what_would_have_been_less_comes_back(
    programme: str, reversed_fen: int, back_fen: int
) -> None:
    (found,) = clawbacks([red(FIRST, reversed_fen)], paid(programme, FIRST))
    assert found.amount_fen == back_fen


def test_the_words_have_every_figure() -> None:
    (found,) = clawbacks([red(FIRST, 2_000_000)], paid("east_lake", FIRST))
    assert found.reason.zh == (
        f"发票 {FIRST} 于 2023-05-04 被红字发票 {invoice_number('9')} 冲销 20,000.00 元；"
        "已支付 50,000.00 元，重新核定 40,000.00 元，应追缴 10,000.00 元，不计利息"
    )
    assert found.reason.en.endswith(
        "CNY 50,000.00 was paid, 40,000.00 is due: 10,000.00 is to come back, no interest"
    )


def test_the_invoice_that_stays_is_still_paid_for() -> None:
    (found,) = clawbacks([red(FIRST, 10_000_000)], paid("east_lake", FIRST, SECOND))
    assert (found.paid_fen, found.due_fen, found.invoices) == (10_000_000, 5_000_000, (FIRST,))


def test_a_claim_on_other_invoices_gives_nothing_back() -> None:
    assert clawbacks([red(FIRST, 10_000_000)], paid("east_lake", SECOND)) == ()
    assert clawbacks([], paid("east_lake", FIRST)) == ()


def test_a_claim_that_a_cap_bound_may_be_worth_what_was_paid_all_the_same() -> None:
    text = BOTH.replace(" 100000", " 200000").replace("a100 100 ", "a100 200 ")
    claim = paid("wuhan", FIRST, SECOND, text=text)
    account = account_of(text)[1]
    assert claim.claim.paid_fen == 10_000_000
    assert find_clawbacks(account, [claim], [red(FIRST, 20_000_000)]) == ()


def test_a_clawback_speaks_of_its_own_invoices_alone() -> None:
    reds = [red(FIRST, 2_000_000), red(SECOND, 3_000_000, "8")]
    (found,) = clawbacks(reds, paid("east_lake", FIRST))
    assert (found.invoices, SECOND in found.reason.zh) == ((FIRST,), False)


def test_several_red_invoices_add_up() -> None:
    reds = [red(FIRST, 1_000_000), red(FIRST, 2_000_000, "8")]
    (found,) = clawbacks(reds, paid("east_lake", FIRST))
    assert found.amount_fen == 1_500_000
    assert left_of(ACCOUNT, [*reds, red(FIRST, 90_000_000, "7")]) == {FIRST: 0}


def test_what_was_claimed_back_before_is_not_claimed_back_again() -> None:
    claim = paid("east_lake", FIRST)
    claim.claim.receivable_fen, claim.claim.recovered_fen = 300_000, 500_000
    (found,) = clawbacks([red(FIRST, 2_000_000)], claim)
    assert (found.paid_fen, found.amount_fen) == (4_200_000, 200_000)
    claim.claim.recovered_fen = 700_000
    assert clawbacks([red(FIRST, 2_000_000)], claim) == ()


@pytest.mark.parametrize("state", ["submitted", "approved", "noticed", "cleared", "ordered"])
def test_a_claim_that_is_not_paid_gives_nothing_back(state: str) -> None:
    claim = paid("east_lake", FIRST)
    claim.claim.moved_to = state  # type: ignore[assignment]
    assert clawbacks([red(FIRST, 10_000_000)], claim) == ()


def test_a_reviewers_cut_stands() -> None:
    claim = paid("east_lake", FIRST)
    claim.claim.base_cuts = {FIRST: 1_000_000}
    claim.claim.amount_fen = claim.claim.paid_fen = 4_500_000
    (found,) = clawbacks([red(FIRST, 2_000_000)], claim)
    assert (found.due_fen, found.amount_fen) == (3_500_000, 1_000_000)


def test_what_cannot_be_told_waits_for_the_fact() -> None:
    claim = paid("east_lake", FIRST)
    case = claim.grounds.case
    unknown = type(case.enterprise)()
    grounds = claim.grounds._replace(
        case=type(case)(enterprise=unknown, purchases=case.purchases, apply_on=case.apply_on)
    )
    (found,) = clawbacks([red(FIRST, 2_000_000)], claim._replace(grounds=grounds))
    assert (found.due_fen, found.amount_fen) == (None, None)
    assert "missing" in found.reason.en


# --- money that came back ---


def test_a_payment_that_came_back_after_the_refund_takes_the_refund_along() -> None:
    text = BOTH + "\nback P-1-2022-08-10 1 2023-06-01 20000"
    (found,) = find_clawbacks(account_of(text)[1], [paid("east_lake", FIRST, text=text)], [])
    assert (found.paid_fen, found.due_fen, found.amount_fen) == (5_000_000, 4_000_000, 1_000_000)
    assert "付款 P-1-2022-08-10 于 2023-06-01 退回 20,000.00 元" in found.reason.zh
    # Whoever asks for payment in full gives all of it back.
    (whole,) = find_clawbacks(account_of(text)[1], [paid("hubei", FIRST, text=text)], [])
    assert whole.amount_fen == 3_000_000


def test_a_payment_that_came_back_before_the_application_was_no_part_of_it() -> None:
    text = BOTH + "\nback P-1-2022-08-10 1 2022-10-30 20000"
    claim = paid("east_lake", FIRST, text=text)
    assert claim.claim.paid_fen == 4_000_000
    assert find_clawbacks(account_of(text)[1], [claim], []) == ()


def test_each_kind_gives_back_by_what_was_paid_on_it_the_last_payment_first() -> None:
    text = BOTH + "payment 2 2022-10-20 50000\nusage disk 800 2022-09-05T00:00 2022-09-15T00:00 C-1"
    case = give_back(grounds_of(text, "east_lake").case, {SECOND: 6_000_000})
    found = [
        [one.amount_fen for one in purchase.payments or ()]
        for purchase in case.purchases or ()
        if purchase.invoice == SECOND
    ]
    assert found == [[4_500_000], [4_500_000]]
    emptied = give_back(case, {SECOND: 90_000_000, "none": 1})
    assert [one.payments for one in emptied.purchases or () if one.invoice == SECOND] == [(), ()]


# --- several levels on one invoice ---


def test_two_levels_each_give_their_own_part_back() -> None:
    city = paid("wuhan", FIRST)
    district = paid("east_lake", FIRST, drawn=(draw("wuhan", 5_000_000, FIRST, claim="CL-wuhan"),))
    found = clawbacks([red(FIRST, 5_000_000)], city, district)
    assert [(one.claim, one.amount_fen) for one in found] == [
        ("CL-wuhan", 2_500_000),
        ("CL-east_lake", 2_500_000),
    ]


def test_a_claim_that_is_reversed_leaves_room_to_the_later_one() -> None:
    # The city paid on the first invoice alone; the district on both, cut by what was paid.
    city = paid("wuhan", FIRST)
    before = draw("wuhan", 5_000_000, FIRST, claim="CL-wuhan")
    district = paid("east_lake", FIRST, SECOND, drawn=(before,))
    for first_fen, second_fen in product((0, 3_000_000, 10_000_000), repeat=2):
        reds = [red(FIRST, first_fen), red(SECOND, second_fen, "8")]
        found = clawbacks([one for one in reds if one.amount_fen], city, district)
        back = {one.claim: one.amount_fen for one in found}
        assert back.get("CL-wuhan", 0) == first_fen // 2
        assert back.get("CL-east_lake", 0) == (first_fen + second_fen) // 2


def test_after_clawbacks_no_more_stays_refunded_than_is_left_of_what_was_paid() -> None:
    tight = 0
    for seed in range(60):
        random = Random(seed)  # noqa: S311
        text = BOTH.replace("2022-10-10 100000", f"2022-10-10 {random.choice([100_000, 60_000])}")
        first = paid("wuhan", *random.sample([FIRST, SECOND], random.randint(1, 2)), text=text)
        fen = first.claim.paid_fen
        before = draw("wuhan", fen, *first.claim.invoices, claim="CL-wuhan")
        second = paid("east_lake", FIRST, SECOND, text=text, drawn=(before,))
        reds = [
            red(invoice, random.choice([0, 1, 3_000_000, 7_654_321, 10_000_000]), str(i))
            for i, invoice in enumerate((FIRST, SECOND), start=7)
        ]
        found = find_clawbacks(
            account_of(text)[1], [first, second], [one for one in reds if one.amount_fen]
        )
        stays = fen + second.claim.paid_fen - sum(one.amount_fen or 0 for one in found)
        case = take_back(second.grounds.case, left_of(ACCOUNT, reds))
        paid_fen = sum(
            sum_creditable(one, date.min, date(2023, 3, 10)).low for one in case.purchases or ()
        )
        assert stays <= paid_fen, seed
        # Half by each level: where all was paid and nothing capped, just as much.
        tight += stays == paid_fen
    assert tight > 5


def test_a_draw_that_says_its_parts_shrinks_with_its_claim() -> None:
    """Of two invoices the reversed one gives its part back, and the other one keeps its own."""
    text = BOTH.replace(" 100000", " 40000")
    account = account_of(text)[1]
    city = paid("wuhan", FIRST, SECOND, text=text)
    fen = city.claim.paid_fen
    drawn = structs.replace(
        draw("wuhan", fen, FIRST, SECOND, claim="CL-wuhan"), parts_fen=(fen // 2, fen // 2)
    )
    for invoice, expected in (
        (SECOND, [("CL-wuhan", 1_000_000)]),
        (FIRST, [("CL-wuhan", 1_000_000), ("CL-east_lake", 1_000_000)]),
    ):
        district = paid("east_lake", invoice, text=text, drawn=(drawn,))
        found = find_clawbacks(account, [city, district], [red(FIRST, 2_000_000)])
        assert [(one.claim, one.amount_fen) for one in found] == expected


# --- what is left of an invoice ---


def test_a_case_that_knows_of_the_red_invoice_stays_as_it_is() -> None:
    case = grounds_of(BOTH, "east_lake").case
    once = take_back(case, {FIRST: 4_000_000})
    assert take_back(once, {FIRST: 4_000_000}) == once
    assert take_back(once, {FIRST: 5_000_000}) == once
    assert take_back(case, {FIRST: 10_000_000}) == case
    purchases = once.purchases or ()
    assert [(one.invoiced_fen, one.tax_fen) for one in purchases] == [
        (4_000_000, 226_415),
        (10_000_000, 566_038),
    ]


def test_an_invoice_of_which_nothing_is_left_makes_no_purchase() -> None:
    case = take_back(grounds_of(BOTH, "east_lake").case, {FIRST: 0})
    assert [one.invoice for one in case.purchases or ()] == [SECOND]


def test_each_kind_of_resource_bears_its_part() -> None:
    text = BOTH + "usage disk 800 2022-07-05T00:00 2022-07-15T00:00 C-1"
    case = take_back(grounds_of(text, "east_lake").case, {FIRST: 7_000_001})
    parts = [one.invoiced_fen or 0 for one in case.purchases or () if one.invoice == FIRST]
    assert sorted(parts) == [3_500_000, 3_500_001]
