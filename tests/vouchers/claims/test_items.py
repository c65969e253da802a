"""Each item of the check list by its own small worlds: met, not met, and not to be told."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

import pytest
from msgspec import structs

from ledger.text import Text
from tests.small_ledger import CODE, PROVIDER, invoice_number
from tests.vouchers.claims.test_worth import capped, draw
from tests.vouchers.claims.world import (
    CLAIM,
    FIRST,
    NAME,
    OTHER,
    SECOND,
    TEXT,
    evidence_of,
    items_of,
    reprint,
)
from vouchers.case import Case, FundingScope, Paper
from vouchers.claims.checklist import (
    ITEMS,
    PAYMENT_ONLY,
    check,
)
from vouchers.claims.drawn import Vouchers
from vouchers.claims.evidence import Elsewhere, Evidence, Named, Reversal, same_name
from vouchers.claims.matching import METERED_FEN_MAX, METERED_SHARE_MAX
from vouchers.pool import PoolClaim
from vouchers.prepared import prepare
from vouchers.programme import Cited, Document, Listed, Pool, Programme, ProviderListed
from vouchers.requirement import ContractAtLeast, Level, NoEarlierVoucher

_CLAUSE: Final = Text("办法", "rule")


def without(*words: str) -> str:
    """Return the ledger's text without the lines that hold one of some words."""
    return "\n".join(line for line in TEXT.splitlines() if not any(one in line for one in words))


def swap(old: str, new: str) -> str:
    """Return the ledger's text with some words for others."""
    assert old in TEXT, old
    return TEXT.replace(old, new)


# --- each item by its own small world ---

PROVINCE: Final = "hubei"
_RED: Final = invoice_number("9")


def elsewhere(programme: str | None) -> Elsewhere:
    """Return another claim of the same enterprise on the same invoice."""
    return Elsewhere(FIRST, CODE, "CL-2", programme)


def red(fen: int) -> Reversal:
    """Return a red invoice that takes so much back of the claim's."""
    return Reversal(_RED, FIRST, fen, date(2022, 10, 1))


def more_rules(rule: Any) -> Programme:  # noqa: ANN401 - any rule for purchases
    """Return the provincial programme with a rule more for purchases."""
    rules = capped(PROVINCE).versions[0].purchases
    return capped(PROVINCE, purchases=(*rules, Cited(rule, _CLAUSE, "A")))


def listed(first: date | None = None, code: str = PROVIDER) -> Programme:
    """Return the provincial programme with a list of one provider."""
    return more_rules(ProviderListed((Listed(code, first),)))


def papers(each: Literal["contract", "project"] = "contract") -> Programme:
    """Return the provincial programme with a document that each contract, or project, needs."""
    slip = Document("slip", Text("付款凭证", "payment slip"), each)
    return capped(PROVINCE, documents=(Cited(slip, _CLAUSE, "A"),))


def purchased(**fields: object) -> Callable[[Case], Case]:
    """Return the change of some facts of every purchase."""

    def change(case: Case) -> Case:
        purchases = tuple(structs.replace(one, **fields) for one in case.purchases or ())
        return structs.replace(case, purchases=purchases)

    return change


def confirmed(*, yes: bool | None) -> Evidence:
    """Return a claim under a rule that asks for the provider's word, and what it was."""
    rule = capped(PROVINCE, provider_confirms=Cited(True, _CLAUSE, "A"))  # noqa: FBT003
    return evidence_of(rule, facts=purchased(confirmed=yes))


def drawn_on(programme: str, other: str, invoice: str = FIRST, year: int = 2022) -> Evidence:
    """Return a claim after another programme has paid on an invoice."""
    drawn = draw(other, 100, invoice, year=year)
    return evidence_of(programme, vouchers=Vouchers({}, (drawn,)))


def excluding(scope: FundingScope, invoice: str, level: Level = "district") -> Evidence:
    """Return a claim of the district after a programme paid that rules a level out."""
    rule = Cited(NoEarlierVoucher((level,), scope), _CLAUSE, "A")
    other = capped("wuhan", eligibility=(rule,))
    drawn = structs.replace(
        draw("wuhan", 100, invoice), version=prepare(other, other.versions[0]).hash
    )
    return evidence_of("east_lake", vouchers=Vouchers({}, (drawn,)), beside=(other,))


def funded(*, named: bool) -> Evidence:
    """Return a claim whose project, which is named or not, had provincial money the year before."""
    text = f"{TEXT}\nfunding project province 2021 9 P-1"
    return evidence_of(text=text, facts=purchased(project="P-1" if named else None))


def near(day: str, least_fen: int = 1) -> Evidence:
    """Return a claim under a rule with a least contract, beside another contract of that day."""
    rule = more_rules(ContractAtLeast(least_fen))
    return evidence_of(rule, f"{TEXT}\ncontract C-2 {day} 2022-12-31 0.06 a100=9/card_hour")


def pooled(*queue: tuple[str, int]) -> Evidence:
    """Return a claim on a pool of CNY 30,000 for which others have applied before."""
    rule = capped(PROVINCE, pool=Cited(Pool(3_000_000, "application"), _CLAUSE, "A"))
    claims = (PoolClaim(id_, fen, date(2022, 11, 1), i) for i, (id_, fen) in enumerate(queue))
    return evidence_of(rule, queue=tuple(claims))


def open_cap() -> Evidence:
    """Return a claim whose yearly cap is not known."""
    made = evidence_of()
    decision = structs.replace(made.worth.decision, quota_fen=None)
    return structs.replace(made, worth=made.worth._replace(decision=decision))


def no_account() -> Evidence:
    """Return a claim that names no account to be paid to."""
    made = evidence_of()
    made.claim.account = None
    return made


def came_back(day: str, on: str, programme: str = PROVINCE) -> Evidence:
    """Return a claim that is checked on a day, and of which a payment came back on one."""
    text = f"{TEXT}\nback P-1-2022-08-10 1 {day} 20000"
    return evidence_of(programme, text, on=date.fromisoformat(on))


def on_paper(kind: str, **fields: object) -> Evidence:
    """Return a claim with something else standing on the papers of a kind."""
    return reprint(evidence_of(), kind, **fields)


def used(fen: int) -> Evidence:
    """Return a claim of CNY 30,000 after so much was drawn of the year's 200,000."""
    return evidence_of(vouchers=Vouchers({}, (draw(PROVINCE, fen, SECOND),)), asked_fen=3_000_000)


_GRANTED: Final = "granted hubei 2022 "
_SECOND_CONTRACT: Final = "contract C-2 2022-03-02 2022-12-31 0.06 a100=9/card_hour"
# Two contracts near one another, of which neither is the claim's.
_APART: Final = """
    contract C-2 2022-09-01 2022-12-31 0.06 a100=9/card_hour
    contract C-3 2022-09-02 2022-12-31 0.06 a100=9/card_hour
"""
_BEYOND: Final = "invoice 3 C-1 2022-09-01 900000.01 0 2022-08-01 2022-08-31"
_ELSE: Final = Named("武汉别家公司")
_NOT_MET: Final[dict[str, list[Callable[[], Evidence]]]] = {
    "status": [
        lambda: evidence_of(text=swap("2024-11-14", "2022-10-31")),
        lambda: evidence_of(text=swap("enterprise 420100", "enterprise 310000")),
        lambda: evidence_of("wuhan", swap("enterprise 2021-11-15", "enterprise 2022-08-01")),
        lambda: evidence_of("east_lake", without("domicile")),
        lambda: evidence_of("east_lake", without("above_scale")),
        lambda: evidence_of(applied_on=date(2020, 1, 1)),
    ],
    "parties": [
        lambda: on_paper("application", buyer=_ELSE),
        lambda: on_paper("contract", buyer=Named(NAME, OTHER)),
        lambda: on_paper("invoice", buyer=_ELSE),
        lambda: on_paper("payment", buyer=Named("张三")),
        lambda: on_paper("invoice", seller=Named("武汉人工智能计算中心", OTHER)),
    ],
    "provider": [
        lambda: evidence_of(listed(code=OTHER)),
        lambda: evidence_of(listed(date(2022, 7, 2))),
    ],
    "days": [
        lambda: evidence_of(text=swap("payment 1 2022-08-10", "payment 1 2022-02-28")),
        lambda: evidence_of(text=swap("C-1 2022-08-01", "C-1 2022-02-28")),
        lambda: evidence_of(text=swap("2022-03-01 2022-12-31", "2022-03-01 2022-07-30")),
        lambda: evidence_of("wuhan", applied_on=date(2023, 4, 1)),
        lambda: evidence_of("wuhan", applied_on=date(2023, 2, 28)),
        lambda: evidence_of("wuhan", swap("2022-03-01 2022", "2021-12-31 2022")),
        lambda: evidence_of(applied_on=date(2023, 1, 5)),
        lambda: evidence_of(applied_on=date(2022, 5, 6)),
    ],
    "invoice_unused": [
        lambda: evidence_of(elsewhere=(elsewhere(PROVINCE),)),
        lambda: evidence_of(elsewhere=(Elsewhere(FIRST, OTHER),)),
        lambda: evidence_of(elsewhere=(Elsewhere(FIRST, OTHER, "CL-8", "wuhan"),)),
    ],
    "not_reversed": [
        lambda: evidence_of(reversals=(red(10_000_000),)),
        lambda: evidence_of(reversals=(red(1),)),
    ],
    "sums": [
        lambda: on_paper("invoice", net_fen=9_433_963),
        lambda: on_paper("invoice", net_fen=9_433_963, tax_fen=566_037),
        lambda: on_paper("invoice", net_fen=1, tax_fen=1, total_fen=2),
    ],
    "paid": [
        lambda: evidence_of(text=swap("2022-08-10 100000", "2022-08-10 99999.99")),
        lambda: evidence_of(text=without("payment")),
        lambda: evidence_of(text=swap("2022-08-10 100000", "2022-11-02 100000")),
        lambda: came_back("2022-11-05", on="2022-11-05"),
    ],
    "payer": [
        lambda: on_paper("payment", buyer=_ELSE),
        lambda: on_paper("payment", own_account=False),
        lambda: on_paper("payment", seller=Named(None, OTHER)),
        lambda: on_paper("payment", seller=Named("某中介公司")),
    ],
    "lines": [
        lambda: evidence_of(text=swap("a100 accelerator", "a100 support")),
        lambda: evidence_of(more_rules(ContractAtLeast(100_000_001))),
    ],
    "match": [
        lambda: evidence_of(text=swap("07-04T08:00", "07-04T07:00")),
        lambda: evidence_of(text=without("usage")),
        lambda: evidence_of(text=swap("2022-08-10 100000", "2022-08-10 100000.01")),
        lambda: evidence_of(text=f"{TEXT}\n{_BEYOND}"),
    ],
    "related_party": [
        lambda: evidence_of(text=swap("declaration 2022", "declaration 2022 related")),
        lambda: evidence_of(facts=purchased(provider=CODE)),
    ],
    "credit": [lambda: evidence_of(text=swap("declaration 2022", "declaration 2022 dishonest"))],
    "other_grants": [
        lambda: funded(named=True),
        lambda: drawn_on("hubei", "wuhan"),
        lambda: drawn_on("wuhan", "hubei"),
        lambda: drawn_on("wuhan", "hubei", SECOND),
        lambda: excluding("contract", FIRST),
        lambda: excluding("enterprise", SECOND),
    ],
    "split": [lambda: near("2022-04-01"), lambda: near("2022-01-29")],
    "documents": [
        lambda: evidence_of(papers(), filed=()),
        lambda: evidence_of(papers(), filed=(Paper(kind="slip", ref="C-2"),)),
    ],
    "confirmed": [lambda: confirmed(yes=False)],
    "amount": [
        lambda: evidence_of(asked_fen=3_000_001),
        lambda: evidence_of(text=without("payment")),
        lambda: evidence_of(vouchers=Vouchers({}, (draw(PROVINCE, 1, FIRST),))),
    ],
    "headroom": [
        lambda: evidence_of(
            text=f"{TEXT}\ngranted hubei 2022 29999.99 2022-01-01", asked_fen=3_000_000
        ),
        lambda: evidence_of(asked_fen=20_000_001),
        lambda: evidence_of(
            vouchers=Vouchers({}, (draw(PROVINCE, 17_000_001, SECOND),)), asked_fen=3_000_000
        ),
    ],
    "pool": [
        lambda: evidence_of(available_fen=2_999_999),
        lambda: pooled(("CL-0", 100_000), (CLAIM, 3_000_000)),
        lambda: pooled(("CL-0", 1), (CLAIM, 3_000_000)),
    ],
    "payee": [lambda: evidence_of(holder="武汉别家公司")],
}

_OPEN: Final[dict[str, list[Callable[[], Evidence]]]] = {
    "status": [
        lambda: evidence_of(text=without("sales_fen 2021")),
        lambda: evidence_of(text=without("enterprise 420100")),
    ],
    "parties": [
        lambda: on_paper("contract", buyer=Named(NAME)),
        lambda: on_paper("invoice", buyer=Named(None, CODE)),
        lambda: on_paper("payment", buyer=Named()),
        lambda: on_paper("invoice", seller=Named()),
        lambda: evidence_of(printed=()),
        lambda: evidence_of(text=without("enterprise 420100")),
    ],
    "provider": [lambda: evidence_of(listed(date(2022, 1, 1)), without("contract C-1"))],
    "days": [
        lambda: evidence_of("wuhan", without("contract C-1")),
        lambda: evidence_of(facts=purchased(signed_on=None)),
        lambda: evidence_of("wuhan", facts=purchased(payments=None)),
        lambda: evidence_of("wuhan", facts=purchased(invoiced_on=None)),
    ],
    "invoice_unused": [
        lambda: evidence_of(elsewhere=(elsewhere(None),)),
        lambda: evidence_of(elsewhere=None),
    ],
    "not_reversed": [lambda: evidence_of(reversals=None)],
    "sums": [lambda: on_paper("invoice", net_fen=None)],
    "paid": [lambda: evidence_of(facts=purchased(payments=None))],
    "payer": [
        lambda: on_paper("payment", own_account=None),
        lambda: on_paper("payment", seller=Named()),
        lambda: evidence_of(text=without("payment")),
        lambda: evidence_of(text=without("enterprise 420100")),
    ],
    "lines": [lambda: evidence_of(text=without("resource a100"))],
    "match": [
        lambda: evidence_of(usage=None),
        lambda: evidence_of(text=without("contract C-1")),
        lambda: evidence_of(facts=purchased(metered_fen=None)),
    ],
    "related_party": [lambda: evidence_of(text=without("declaration 2022"))],
    "credit": [lambda: evidence_of(text=without("declaration 2022"))],
    "other_grants": [lambda: funded(named=False)],
    "split": [lambda: evidence_of(more_rules(ContractAtLeast(1)), without("contract C-1"))],
    "documents": [
        lambda: evidence_of(papers(), filed=None),
        lambda: evidence_of(papers("project"), filed=(Paper(kind="slip", ref="P-9"),)),
    ],
    "confirmed": [lambda: confirmed(yes=None)],
    "amount": [lambda: evidence_of(text=without("sales_fen 2021"))],
    "headroom": [open_cap],
    "pool": [
        lambda: evidence_of(available_fen=None),
        lambda: pooled(("CL-0", 100_000)),
    ],
    "payee": [
        lambda: evidence_of(holder=None),
        no_account,
        lambda: evidence_of(text=without("enterprise 420100")),
    ],
}

_MET: Final[dict[str, list[Callable[[], Evidence]]]] = {
    "paid": [
        lambda: came_back("2022-11-06", on="2022-11-05"),
        # Of a programme that pays on what is paid, what came back before was never claimed on.
        lambda: came_back("2022-10-05", on="2022-11-05", programme="east_lake"),
    ],
    "status": [
        lambda: evidence_of(text=swap("2024-11-14", "2022-11-01")),
        lambda: evidence_of("wuhan", swap("enterprise 2021-11-15", "enterprise 2022-07-31")),
    ],
    "parties": [
        lambda: on_paper("invoice", buyer=Named(f" {NAME} ", CODE)),
        lambda: on_paper("payment", buyer=Named(NAME, CODE)),
    ],
    "provider": [
        lambda: evidence_of(listed()),
        lambda: evidence_of(listed(date(2022, 7, 1))),
    ],
    "days": [
        lambda: evidence_of("wuhan", applied_on=date(2023, 3, 1)),
        lambda: evidence_of("wuhan", applied_on=date(2023, 3, 31)),
        lambda: evidence_of(text=swap("C-1 2022-08-01", "C-1 2022-03-01")),
        lambda: evidence_of(text=swap("2022-03-01 2022-12-31", "2022-03-01 2022-07-31")),
    ],
    "invoice_unused": [
        lambda: evidence_of(elsewhere=(elsewhere("east_lake"),)),
        lambda: evidence_of(elsewhere=(elsewhere(PROVINCE)._replace(live=False),)),
        lambda: evidence_of(elsewhere=(Elsewhere(FIRST, CODE),)),
    ],
    "not_reversed": [
        lambda: evidence_of(reversals=(red(1)._replace(invoice=SECOND),)),
        lambda: evidence_of(reversals=(red(1),), facts=purchased(invoiced_fen=9_999_999)),
    ],
    "payer": [lambda: on_paper("payment", seller=Named("武汉人工智能计算中心"))],
    "match": [
        # 79.2 of 80 hours: one percent less than was invoiced, to the second.
        lambda: evidence_of(text=swap("07-04T08:00", "07-04T07:12")),
        # What is paid after the application is no part of it.
        lambda: evidence_of(text=f"{TEXT}\npayment 1 2022-11-02 5"),
    ],
    "lines": [
        lambda: evidence_of(text=f"{TEXT}\nusage disk 80 2022-07-05T00:00 2022-07-06T00:00 C-1")
    ],
    "other_grants": [
        lambda: evidence_of(text=f"{TEXT}\nfunding project province 2020 9 P-1"),
        lambda: drawn_on("wuhan", "east_lake"),
        lambda: drawn_on("wuhan", "hubei", year=2021),
        lambda: excluding("contract", SECOND),
        lambda: excluding("contract", FIRST, "province"),
        lambda: drawn_on("east_lake", "wuhan"),
    ],
    "split": [
        lambda: near("2022-04-02"),
        lambda: evidence_of(more_rules(ContractAtLeast(1)), TEXT + _APART),
        lambda: near("2022-01-28"),
        lambda: evidence_of(
            text=f"{TEXT}\ncontract C-2 2022-03-02 2022-12-31 0.06 a100=9/card_hour"
        ),
    ],
    "documents": [lambda: evidence_of(papers(), filed=(Paper(kind="slip", ref="C-1"),))],
    "confirmed": [lambda: confirmed(yes=True)],
    "amount": [lambda: evidence_of(asked_fen=1)],
    "headroom": [
        lambda: evidence_of(text=f"{TEXT}\n{_GRANTED}30000 2022-01-01"),
        lambda: used(17_000_000),
    ],
    "pool": [
        lambda: evidence_of(available_fen=3_000_000),
        lambda: pooled((CLAIM, 3_000_000), ("CL-2", 100_000)),
    ],
    "payee": [lambda: evidence_of(holder="武汉某智能科技有限公司 ")],
}


def every(
    worlds: dict[str, list[Callable[[], Evidence]]],
) -> list[tuple[str, Callable[[], Evidence]]]:
    """Return the worlds one by one, each with its item."""
    return [(item, make) for item, several in worlds.items() for make in several]


@pytest.mark.parametrize(("item", "make"), every(_NOT_MET))
def test_what_is_wrong_is_not_met(item: str, make: Callable[[], Evidence]) -> None:
    found = items_of(make())[item]
    assert found.verdict == "not_met", found
    assert found.next_step is not None


@pytest.mark.parametrize(("item", "make"), every(_OPEN))
def test_what_is_not_known_cannot_be_told(item: str, make: Callable[[], Evidence]) -> None:
    found = items_of(make())[item]
    assert found.verdict == "cannot_tell", found
    assert found.next_step is not None


@pytest.mark.parametrize(("item", "make"), every(_MET))
def test_what_is_just_right_is_met(item: str, make: Callable[[], Evidence]) -> None:
    found = items_of(make())[item]
    assert found.verdict == "met", found


def test_every_item_has_a_world_for_each_verdict() -> None:
    ours = set(ITEMS) - PAYMENT_ONLY
    assert set(_NOT_MET) == set(_OPEN) == ours
    assert set(_MET) <= ours


# --- what is said of a flaw ---


@pytest.mark.parametrize(
    ("item", "make", "words"),
    [
        ("amount", lambda: evidence_of(asked_fen=3_100_000), "核减 1,000.00 元"),
        ("not_reversed", lambda: evidence_of(reversals=(red(2_500),)), "核减 25.00 元"),
        ("sums", lambda: on_paper("invoice", net_fen=9_433_963), "94,339.63 ＋ 5,660.38 ≠"),
        (
            "days",
            lambda: evidence_of(text=swap("1 2022-08-10", "1 2022-02-28")),
            "早于合同签订日期",
        ),
        ("match", lambda: evidence_of(text=swap("T08:00", "T07:00")), "差额超出容许的 1,000.00 元"),
        ("parties", lambda: on_paper("invoice", buyer=_ELSE), "“武汉别家公司”，登记为"),
    ],
)
def test_a_flaw_is_told_with_its_values(
    item: str, make: Callable[[], Evidence], words: str
) -> None:
    assert words in items_of(make())[item].found.zh


def test_what_is_not_covered_is_shown_with_the_amount_to_cut() -> None:
    text = f"{TEXT}\nusage disk 800 2022-07-05T00:00 2022-07-15T00:00 C-1"
    found = items_of(evidence_of(text=text))["lines"].found
    assert "（存储）50,000.00 元核减" in found.zh
    assert "(storage): CNY 50,000.00 is cut" in found.en


def test_the_holder_of_another_account_is_named_nowhere() -> None:
    items = check(evidence_of(holder="张三"))
    assert not any("张三" in str(one) for one in items)


def test_names_are_one_whatever_their_width() -> None:
    assert same_name("武汉某（湖北）科技 有限公司", "武汉某(湖北)科技有限公司")
    assert not same_name("武汉某科技有限公司", "武汉某科技股份有限公司")


def test_the_tolerance_is_the_larger_of_a_share_and_an_amount() -> None:
    small = swap("100000 5660.38", "1000 56.60").replace("2022-08-10 100000", "2022-08-10 1000")
    for minutes, verdict in ((44, "met"), (43, "not_met"), (52, "met"), (53, "not_met")):
        # 100 cards for less than an hour: CNY 1,250 an hour, CNY 100 may differ.
        text = small.replace("2022-07-04T08:00", f"2022-07-01T00:{minutes}")
        assert items_of(evidence_of(text=text))["match"].verdict == verdict, minutes
    assert (Fraction(1, 100), 10_000) == (METERED_SHARE_MAX, METERED_FEN_MAX)
