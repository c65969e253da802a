"""The simulated centre: repeatable, readable, and its invoices are what its usage costs."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.simulate import BOOK_SOURCE, USAGE_SOURCE, Tally, simulate
from ingest.simulate.cast import BEYOND, CENTRE, PROVIDER, STANDINGS, engage
from ledger.codec import Event, parse
from ledger.events import DeclarationFiled, EnterpriseRegistered, InvoiceRecorded, PaymentRecorded
from ledger.period import day_of
from ledger.projection import USAGE_DAY
from vouchers.book import Book
from vouchers.rating import Charge, rate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def year() -> list[Event]:
    """Return a year of one enterprise of each standing."""
    return list(simulate(len(STANDINGS), 365, 1))


def digest(enterprises: int, days: int, seed: int) -> str:
    return hashlib.sha256(
        b"\n".join(one.raw for one in simulate(enterprises, days, seed))
    ).hexdigest()


def charges(events: list[Event]) -> dict[str, Charge]:
    """Return what the rating that bills real usage charges each enterprise."""
    book = Book(events)
    usage: dict[str, list[tuple[tuple[str, str, str, str], int]]] = {}
    for key, (micro,) in USAGE_DAY.fold(events).items():
        enterprise, contract, resource, day = key
        usage.setdefault(enterprise, []).append(((enterprise, contract, resource, day), micro))
    return {code: rate(book, book.account(code), found) for code, found in usage.items()}


def test_the_same_arguments_give_the_same_bytes_on_any_machine() -> None:
    program = (
        "import hashlib; from ingest.simulate import simulate\n"
        "data = b'\\n'.join(one.raw for one in simulate(5, 20, 7))\n"
        "print(hashlib.sha256(data).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            cwd=ROOT,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "America/New_York"))
    }
    assert runs == {digest(5, 20, 7)}


def test_another_seed_gives_other_bytes() -> None:
    assert digest(2, 5, 1) != digest(2, 5, 2)


def test_more_enterprises_leave_the_others_as_they_are() -> None:
    few, many = (
        [one.usage for one in simulate(count, 10, 3) if one.usage is not None] for count in (2, 14)
    )
    assert Counter(few) <= Counter(many)


def test_only_a_big_centre_has_enterprises_from_elsewhere_in_the_province() -> None:
    everybody = (*STANDINGS, *BEYOND)
    small, last = 2 * len(STANDINGS), date(2022, 12, 31)
    cast = [engage(1, index, last) for index in range(small + len(everybody) + 1)]
    assert [one.standing for one in cast[:small]] == [*STANDINGS, *STANDINGS]
    assert [one.standing for one in cast[small:]] == [*everybody, STANDINGS[0]]
    assert {one.name[:2] for one in cast[:small]} == {"武汉", "长沙"}
    named = [one.name[:2] for one in cast if one.standing in BEYOND]
    assert named == ["宜昌", "襄阳"]


def test_every_event_may_come_from_outside(year: list[Event]) -> None:
    for event in year:
        assert event.kind.outside
        assert parse(event.raw).usage == event.usage
    assert len({(event.source, event.id) for event in year}) == len(year)
    assert {event.source for event in year} == {USAGE_SOURCE, BOOK_SOURCE}


def test_the_centre_comes_first_and_everything_says_that_it_is_made_up(year: list[Event]) -> None:
    assert (year[0].subject, year[0].data) == (PROVIDER, CENTRE)
    named = [one.data for one in year if isinstance(one.data, EnterpriseRegistered)]
    assert len({one.name for one in named}) == len(STANDINGS) + 1
    assert all(one.synthetic and "示例" in one.name for one in named)
    contracts = [
        one for account in Book(year).accounts.values() for one in account.contracts.values()
    ]
    assert len(contracts) == len(STANDINGS) + 1
    assert all(one.synthetic for one in contracts)


@pytest.mark.parametrize(("enterprises", "days"), [(4, 1), (3, 45), (12, 92)])
def test_invoices_are_the_charges_of_any_number_of_days(enterprises: int, days: int) -> None:
    check_invoices(list(simulate(enterprises, days, 5)))


def test_invoices_are_the_charges_of_a_year(year: list[Event]) -> None:
    check_invoices(year)


def check_invoices(events: list[Event]) -> None:
    """Hold every invoice against the rating of real usage, and all invoices against all charges."""
    book = Book(events)
    for code, charge in charges(events).items():
        assert charge.unrated == ()
        invoices = book.account(code).invoices.values()
        for invoice in invoices:
            lines = [
                line
                for line in charge.lines
                if line.contract.contract == invoice.contract
                and invoice.service_from[:7] <= line.month <= invoice.service_to[:7]
            ]
            assert invoice.amount_fen == sum(line.amount_fen for line in lines)
            assert invoice.tax_fen == sum(line.tax_fen for line in lines)
        assert sum(one.amount_fen for one in invoices) == charge.amount_fen


def test_documents_follow_the_usage_that_they_are_about(year: list[Event]) -> None:
    seen: dict[str, InvoiceRecorded] = {}
    for number, event in enumerate(year):
        data = event.data
        if isinstance(data, InvoiceRecorded):
            seen[data.invoice] = data
            assert data.service_to < data.issued_on
            late = [
                one
                for one in year[number:]
                if one.usage is not None
                and one.subject == event.subject
                and day_of(one.usage.end_ms - 1) <= data.service_to
            ]
            assert late == [], "an invoice waits for late records"
        if isinstance(data, PaymentRecorded):
            assert data.paid_on > seen[data.invoice].issued_on


def test_some_pay_late_and_one_withholds_half(year: list[Event]) -> None:
    paid: Counter[str] = Counter()
    delays: set[int] = set()
    documents = [one.data for one in year]
    invoices = {one.invoice: one for one in documents if isinstance(one, InvoiceRecorded)}
    for data in documents:
        if isinstance(data, PaymentRecorded):
            paid[data.invoice] += data.amount_fen
            issued, on = invoices[data.invoice].issued_on, data.paid_on
            delays.add(
                (int(on[:4]) * 12 + int(on[5:7])) - (int(issued[:4]) * 12 + int(issued[5:7]))
            )
    assert max(delays) >= 3
    short = [number for number, one in invoices.items() if paid[number] != one.amount_fen]
    assert [paid[number] for number in short] == [
        invoices[number].amount_fen // 2 for number in short
    ]
    assert len(short) == 1


def test_spending_reaches_from_below_the_floor_to_above_every_cap(year: list[Event]) -> None:
    spent_fen = sorted(charge.amount_fen for charge in charges(year).values())
    assert 50_000 < spent_fen[0] < 200_000, "half of it is under the city's thousand yuan"
    assert 150_000_000 < spent_fen[-1] < 300_000_000
    for edge_yuan in (2_000, 20_000, 100_000, 200_000, 350_000, 700_000, 1_000_000):
        assert any(one < edge_yuan * 100 for one in spent_fen)
        assert any(one > edge_yuan * 100 for one in spent_fen)


def test_every_standing_that_the_rules_tell_apart_is_there(year: list[Event]) -> None:
    accounts = [one for code, one in Book(year).accounts.items() if code != PROVIDER]
    kinds = Counter(one.kind for account in accounts for one in account.qualifications)
    assert kinds.keys() == {
        "technology_sme",
        "high_tech_enterprise",
        "above_scale",
        "advanced_service",
        "incubated",
    }
    assert any(
        one.valid_to == "2021-11-29" for account in accounts for one in account.qualifications
    )
    assert sum(not account.facts for account in accounts) == 1, "one figure is missing"
    sales_fen = [one.value for account in accounts for one in account.facts.values()]
    assert min(sales_fen) < 20_000_000_000 < max(sales_fen)
    regions = Counter(one.registered.registered_region for one in accounts if one.registered)
    assert regions == {"420100": 11, "430100": 1}
    declared = [one.data for one in year if isinstance(one.data, DeclarationFiled)]
    assert Counter(one.related_party for one in declared) == {False: 11, True: 1}
    assert {one.zone for account in accounts for one in account.domiciles} > {"east-lake"}


def test_some_records_come_late(year: list[Event]) -> None:
    ends_ms = [one.usage.end_ms for one in year if one.usage is not None]
    late = sum(later < earlier - 3_600_000 for earlier, later in pairwise(ends_ms))
    assert 50 < late < len(ends_ms) // 50


def test_a_year_stays_small_enough_for_a_demonstration(year: list[Event]) -> None:
    usage = Counter(one.subject for one in year if one.usage is not None)
    assert min(usage.values()) > 500
    assert max(usage.values()) < 4_500


def test_a_tally_counts_events_customers_and_card_seconds() -> None:
    tally = Tally()
    events = list(simulate(3, 4, 1))
    for event in events:
        tally.add(event)
    assert (tally.events, tally.enterprises) == (len(events), 3)
    micro = sum(
        one.usage.amount_milli * (one.usage.end_ms - one.usage.start_ms)
        for one in events
        if one.usage is not None and one.usage.resource != "storage-ssd"
    )
    whole, rest = (
        tally.card_seconds.split(".") if "." in tally.card_seconds else (tally.card_seconds, "")
    )
    assert int(whole) * 10**6 + int(rest.ljust(6, "0")) == micro
