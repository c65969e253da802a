"""The builder of cases for tests: complete, unchanging, and as strict as a case file."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from ledger.errors import InvalidInputError
from tests.vouchers.conftest import find_keys
from vouchers.case import parse_case
from vouchers.catalogue import find_programmes, select_programmes
from vouchers.decide import decide
from vouchers.testing import CaseBuilder, case, codes

FIRST = select_programmes(["hubei", "wuhan", "east_lake"])
WELCOME = case().qualified("high_tech_enterprise").qualified("above_scale").domiciled("east-lake")


def test_a_case_of_one_line_is_decided_by_every_programme() -> None:
    for programme in FIRST:
        assert decide(programme, case().build()).status == "ineligible", programme.id
        assert decide(programme, WELCOME.build()).status == "eligible", programme.id


def test_a_case_of_any_year_is_decided() -> None:
    for year in (2021, 2022, 2025, 2031):
        claim = case(year).qualified("high_tech_enterprise")
        statuses = {one.id: decide(one, claim.build()).status for one in FIRST}
        assert statuses["wuhan"] == "eligible"
        assert "undetermined" not in statuses.values()


def test_money_and_days_are_read_as_they_are_written() -> None:
    built = case().paid("100000.01", on="2022-07-10").paid("0.99").applied("2022-12-31").build()
    assert built.purchases is not None
    (purchase,) = built.purchases
    assert purchase.payments is not None
    assert [one.amount_fen for one in purchase.payments] == [10_000_001, 99]
    assert purchase.payments[0].paid_on == date(2022, 7, 10)
    assert purchase.invoiced_fen == 10_000_100
    assert built.apply_on == date(2022, 12, 31)


def test_what_is_invoiced_and_what_is_paid_may_differ() -> None:
    built = case().invoiced("100.00", tax="6.00", on="2022-07-02").paid("40.00").build()
    assert built.purchases is not None
    (purchase,) = built.purchases
    assert purchase.payments is not None
    assert (purchase.invoiced_fen, purchase.tax_fen) == (10_000, 600)
    assert [one.amount_fen for one in purchase.payments] == [4_000]
    (nothing,) = case().unpaid().build().purchases or ()
    assert nothing.payments == ()


def test_each_method_gives_another_builder_and_leaves_the_first_as_it_was() -> None:
    begun = case()
    before = begun.write()
    changed = [
        begun.registered("370100"),
        begun.named("济南某企业", "91420100MA49P8T68D"),
        begun.qualified("incubated", since="2022-01-01", recognised_by="city"),
        begun.domiciled("east-lake", until="2022-12-31"),
        begun.sold("1.00", year=2021),
        begun.counted("staff", 7, year=2021),
        begun.bought("storage"),
        begun.and_bought(),
        begun.signed("2022-02-01"),
        begun.served("2022-02-01", "2022-02-28"),
        begun.invoiced("2.00"),
        begun.paid("1.00"),
        begun.unpaid(),
        begun.for_project("P-7"),
        begun.refunded_by("wuhan"),
        begun.had("hubei", year=2022, claimed="1.00"),
        begun.funded("project", "P-1", level="province", year=2021),
        begun.declared(related_party=True),
        begun.applied("2022-12-01"),
        begun.with_fact("purchases[0].metered_fen", 1),
        begun.unknown("apply_on"),
    ]
    written = [one.write() for one in changed]
    assert begun.write() == before
    assert before not in written
    assert len(set(written)) == len(written)
    for raw in written:
        parse_case(raw)


def test_methods_are_about_the_last_purchase() -> None:
    claim = case().paid("1.00").and_bought("storage").paid("2.00").paid("3.00").signed("2022-05-01")
    first, second = claim.build().purchases or ()
    assert (first.invoiced_fen, second.invoiced_fen) == (100, 500)
    assert (first.resource_kind, second.resource_kind) == ("accelerator", "storage")
    assert (first.contract, second.contract) == ("C-1", "C-2")
    assert first.invoice != second.invoice


def test_what_is_taken_away_is_unknown() -> None:
    built = case().unknown("purchases[0].signed_on").unknown("enterprise.facts").build()
    assert built.purchases is not None
    assert built.purchases[0].signed_on is None
    assert built.enterprise.facts is None


def test_every_key_of_a_case_can_be_taken_away() -> None:
    full = WELCOME.had("hubei", year=2022).funded("project", "P-9", level="province", year=2021)
    full = full.qualified("incubated", since="2021-01-01", until="2024-01-01")
    for path in find_keys(json.loads(full.write())):
        full.unknown(path).build()


MISTAKES: list[tuple[Callable[[CaseBuilder], CaseBuilder], str, str]] = [
    (lambda one: one.paid(100_000), "bad_yuan", '"100000.00"'),  # type: ignore[arg-type]
    (lambda one: one.paid("100,000.00"), "bad_decimal", "12.50"),
    (lambda one: one.paid("-1.00"), "bad_decimal", "12.50"),
    (lambda one: one.paid("1.00", on="2022-02-30"), "bad_date", "2022-07-01"),
    (lambda one: one.applied("1/11/2022"), "bad_date", "2022-07-01"),
    (lambda one: one.qualified("high_tech_enterprize"), "bad_value", "high_tech_enterprise"),
    (lambda one: one.bought("gpu"), "bad_value", "accelerator"),
    (lambda one: one.registered("42"), "bad_value", "GB/T 2260"),
    (lambda one: one.declared(related_partys=True), "unknown_key", "related_party"),
    (lambda one: one.unknown("purchases[0].sined_on"), "unknown_path", "signed_on"),
    (lambda one: one.unknown("purchases[1].signed_on"), "unknown_path", "0"),
    (lambda one: one.unknown("purchases[1]"), "unknown_path", "0"),
    (lambda one: one.unknown("enterprize.name"), "unknown_path", "enterprise"),
    (lambda one: one.unknown(""), "unknown_path", "apply_on"),
    (lambda one: one.with_fact("purchases[0].metred_fen", 1), "unknown_key", "metered_fen"),
]


@pytest.mark.parametrize(("mistake", "code", "said"), MISTAKES)
def test_a_mistake_says_what_is_meant(
    mistake: Callable[[CaseBuilder], CaseBuilder], code: str, said: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        mistake(case()).build()
    assert caught.value.code == code
    assert said in caught.value.next_step.en


def test_what_is_written_is_a_case_file() -> None:
    raw = WELCOME.write()
    assert parse_case(raw) == WELCOME.build()
    assert list(json.loads(raw)) == [
        *("enterprise", "purchases", "earlier", "other_funding", "declarations", "apply_on")
    ]


def test_the_codes_of_a_decision_are_in_order() -> None:
    hubei = next(one for one in find_programmes() if one.id == "hubei")
    decision = decide(hubei, case().bought("storage").declared(related_party=True).build())
    assert codes(decision) == [reason.code for reason in decision.reasons]
    assert set(codes(decision)) >= {"related_party", "no_qualifying_status"}
