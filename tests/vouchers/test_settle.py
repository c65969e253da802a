"""Vouchers: the cap is granted once, what is refunded is drawn, and nothing is drawn twice."""

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codec import Event, encode
from ledger.errors import RuleViolationError
from ledger.events import VoucherDrawn, VoucherGranted
from tests.small_ledger import CODE, SALT, book_of, events, invoice_number, usage_of
from tests.vouchers.toy import rule
from tests.vouchers.values import yearly_cap
from vouchers.book import Account
from vouchers.case import Case, ContractRefund, Payment, Purchase
from vouchers.catalogue import find_programmes
from vouchers.decide import decide
from vouchers.ledger_case import case_of
from vouchers.plan import plan
from vouchers.programme import NoEarlierVoucher, hash_version
from vouchers.ruling import Ruling, rule_on
from vouchers.settle import SOURCE, settle

replace = msgspec.structs.replace

YEAR_END = date(2022, 12, 31)

ENTERPRISE = """
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-11-15 2024-11-14
    qualification above_scale 2021-01-01
    domicile      east-lake 2021-01-01
    fact          sales_fen 2021 15000000000
    declaration   2022
    declaration   2023
    resource      a100 accelerator card 2021-12-01 0.32
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    usage         a100 100 2022-07-01T00:00 2022-07-21T00:00
"""


def bought(yuan: str, number: str = "1", paid_on: str = "2022-08-10") -> str:
    """Return an invoice over July, paid in full."""
    invoice = f"invoice {number} C-1 2022-08-05 {yuan} 0 2022-07-01 2022-07-31\n"
    return invoice + f"payment {number} {paid_on} {yuan}\n"


def salt(source: str, event_id: str) -> str:
    """Return the salt of an event of the voucher office."""
    assert source == SOURCE
    assert event_id.startswith(CODE)
    return SALT


def settled(log: list[Event], apply_on: date = YEAR_END) -> list[Event]:
    """Return the events that settle the enterprise of a log on a day."""
    book = book_of(log)
    account = book.account(CODE)
    ruling = rule_on(book, account, usage_of(log).get(CODE, []), apply_on)
    return list(settle(account, ruling, apply_on, salt))


def drawn(made: list[Event]) -> dict[str, int]:
    """Return the fen drawn of each programme."""
    draws = [event.data for event in made if isinstance(event.data, VoucherDrawn)]
    return {draw.programme: draw.amount_fen for draw in draws}


def test_each_programme_of_the_best_plan_is_granted_its_cap_and_drawn() -> None:
    made = settled(events(ENTERPRISE + bought("600000")))
    versions = {
        programme.id: hash_version(programme, programme.versions[0])
        for programme in find_programmes()
    }
    assert [(event.source, event.id, event.subject, event.data) for event in made] == [
        (SOURCE, f"{CODE}/{name}/2022/{what}", CODE, data)
        for name, quota_fen, amount_fen in (
            ("wuhan", 10_000_000, 10_000_000),
            ("east_lake", 50_000_000, 30_000_000),
        )
        for what, data in (
            (
                "granted",
                VoucherGranted(
                    programme=name, year=2022, quota_fen=quota_fen, granted_on="2022-12-31"
                ),
            ),
            (
                "drawn/2022-12-31",
                VoucherDrawn(
                    programme=name,
                    year=2022,
                    amount_fen=amount_fen,
                    drawn_on="2022-12-31",
                    version=versions[name],
                    invoices=(invoice_number("1"),),
                    parts_fen=(amount_fen,),
                    base_fen=60_000_000,
                ),
            ),
        )
    ]


def test_settling_again_gives_nothing() -> None:
    log = events(ENTERPRISE + bought("600000"))
    assert settled(log + settled(log)) == []


def test_settling_again_gives_nothing_even_when_more_was_bought_meanwhile() -> None:
    log = events(ENTERPRISE + bought("100000"))
    more = events(bought("50000", "2"))
    assert settled(log + settled(log) + more) == []


def test_a_quota_that_was_granted_is_not_granted_again() -> None:
    log = events(ENTERPRISE + bought("600000") + "granted wuhan 2022 100000 2022-01-05")
    made = settled(log)
    granted = [event.data for event in made if isinstance(event.data, VoucherGranted)]
    assert [one.programme for one in granted] == ["east_lake"]
    assert drawn(made) == {"wuhan": 10_000_000, "east_lake": 30_000_000}


@pytest.mark.parametrize("quota", ["99999.99", "0"])
def test_a_draw_above_the_quota_is_refused(quota: str) -> None:
    log = events(ENTERPRISE + bought("600000") + f"granted wuhan 2022 {quota} 2022-01-05")
    with pytest.raises(RuleViolationError) as caught:
        settled(log)
    assert caught.value.code == "over_quota"
    assert caught.value.exit_status == 3
    assert "华智科技" in caught.value.message.zh
    assert "10000000" in caught.value.message.en


def test_a_draw_of_exactly_the_quota_is_made() -> None:
    log = events(ENTERPRISE + bought("600000") + "granted wuhan 2022 100000 2022-01-05")
    assert drawn(settled(log))["wuhan"] == 10_000_000


@pytest.mark.parametrize("other_day", [date(2022, 12, 31), date(2023, 3, 20)])
def test_an_invoice_is_refunded_by_a_programme_once(other_day: date) -> None:
    log = events(ENTERPRISE + bought("100000"))
    before = settled(log, date(2022, 12, 30))
    assert drawn(before) == {"wuhan": 5_000_000, "east_lake": 5_000_000}
    assert settled(log + before, other_day) == []


def test_a_draw_says_what_of_it_is_for_each_invoice() -> None:
    """Half of each, as far as the cap of CNY 100,000 goes; the rest of a fen to the first."""
    second = """
        resource b100 accelerator card 2021-12-01 0.32
        contract C-2 2022-03-01 2022-12-31 0.06 b100=12.50/card_hour
        usage    b100 100 2022-07-01T00:00 2022-07-02T00:00
        invoice  2 C-2 2022-08-06 100000 0 2022-07-01 2022-07-31
        payment  2 2022-08-10 100000
    """
    log = events(ENTERPRISE + bought("200000") + second)
    made = settled(log)
    draws = [event.data for event in made if isinstance(event.data, VoucherDrawn)]
    by_programme = {draw.programme: draw for draw in draws}
    draw = by_programme["wuhan"]
    assert (draw.amount_fen, draw.base_fen) == (10_000_000, 30_000_000)
    assert dict(zip(draw.invoices, draw.parts_fen, strict=True)) == {
        invoice_number("1"): 6_666_667,
        invoice_number("2"): 3_333_333,
    }
    book = book_of(log, made)
    case = case_of(book, book.account(CODE), usage_of(log).get(CODE, []), date(2023, 1, 1))
    (earlier,) = (one for one in case.earlier if one.programme == "wuhan")
    assert earlier.base_fen == 30_000_000
    assert earlier.contracts == (
        ContractRefund(contract="C-1", amount_fen=6_666_667),
        ContractRefund(contract="C-2", amount_fen=3_333_333),
    )


def test_a_draw_on_some_of_what_a_programme_counts_is_computed_on_these_alone() -> None:
    """Two programmes that exclude each other by contract: each contract goes to one of them."""
    paid = (Payment(paid_on=YEAR_END, amount_fen=10_000_000),)
    bought = [
        Purchase(
            contract=name,
            invoice=invoice_number(name[-1]),
            invoiced_fen=10_000_000,
            payments=paid,
        )
        for name in ("C-1", "C-2")
    ]
    case = Case(purchases=tuple(bought), apply_on=YEAR_END)
    excluding = NoEarlierVoucher(("city",), "contract")
    one = rule(yearly_cap_fen=6_000_000)
    two = rule(yearly_cap_fen=6_000_000, eligibility=(excluding,))
    two = replace(two, id="toy_two", level="district")
    programmes = (one, two)
    decisions = tuple((each, decide(each, case)) for each in programmes)
    ruling = Ruling(case, decisions, plan(case, programmes))
    assert ruling.total_fen == 10_000_000
    draws = {
        event.data.programme: event.data
        for event in settle(Account(CODE), ruling, YEAR_END, salt)
        if isinstance(event.data, VoucherDrawn)
    }
    assert {invoice for draw in draws.values() for invoice in draw.invoices} == {
        one.invoice for one in bought
    }
    for draw in draws.values():
        assert (len(draw.invoices), draw.base_fen) == (1, 10_000_000)
        assert draw.parts_fen == (5_000_000,)


def test_a_second_draw_for_one_year_is_refused() -> None:
    log = events(ENTERPRISE + bought("100000"))
    before = settled(log, date(2022, 12, 30))
    unnamed = [
        encode(event.source, event.id, CODE, replace(event.data, invoices=(), parts_fen=()), SALT)
        if isinstance(event.data, VoucherDrawn)
        else event
        for event in before
    ]
    with pytest.raises(RuleViolationError) as caught:
        settled(log + unnamed)
    assert caught.value.code == "already_drawn"
    assert "2022-12-30" in caught.value.message.zh
    assert "50,000.00" in caught.value.message.zh


def test_the_next_year_has_a_voucher_of_its_own() -> None:
    log = events(ENTERPRISE + bought("100000"))
    log += settled(log)
    log += events("""
        contract C-2 2023-01-01 2023-12-31 0.06 a100=12.50/card_hour
        usage    a100 100 2023-05-01T00:00 2023-05-02T00:00
        invoice  9 C-2 2023-06-05 30000 0 2023-05-01 2023-05-31
        payment  9 2023-06-10 30000
    """)
    made = settled(log, date(2023, 12, 31))
    assert drawn(made) == {"wuhan": 1_500_000, "east_lake": 1_500_000}
    years = {event.data.year for event in made if isinstance(event.data, VoucherGranted)}
    assert years == {2023}


def test_who_may_have_nothing_draws_nothing() -> None:
    refused = ENTERPRISE.replace("declaration   2022", "declaration 2022 related")
    assert settled(events(refused + bought("600000"))) == []
    assert settled(events(ENTERPRISE)) == []
    assert settled([]) == []


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 200_000_000), min_size=1, max_size=3),
    st.sampled_from(["east-lake", "elsewhere-zone"]),
    st.sampled_from([YEAR_END, date(2022, 9, 1), date(2023, 3, 20)]),
)
def test_what_is_drawn_is_within_every_cap_and_never_more_than_was_paid(
    invoices: list[int],
    zone: str,
    apply_on: date,
) -> None:
    text = ENTERPRISE.replace("east-lake", zone)
    for number, fen in enumerate(invoices, 1):
        text += bought(f"{fen // 100}.{fen % 100:02d}", str(number))
    log = events(text)
    made = settled(log, apply_on)
    amounts = drawn(made)
    caps = {one.id: yearly_cap(one.versions[0]).value for one in find_programmes()}
    assert all(fen <= caps[name] for name, fen in amounts.items())
    assert sum(amounts.values()) <= sum(invoices)
    account = book_of(log, made).account(CODE)
    for (programme, year), granted in account.granted.items():
        assert account.drawn_fen(programme, year) <= granted.quota_fen
    assert settled(log + made, apply_on) == []
