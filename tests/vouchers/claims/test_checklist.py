"""The whole check list: a claim nothing speaks against, what unknown facts do, how it reads."""

from datetime import date
from random import Random
from typing import Any, Final

import pytest
from msgspec import structs

from ledger.events import ClaimNoticed, ClaimObjected, ClaimStep
from ledger.text import Text
from tests.small_ledger import CODE, invoice_number
from tests.vouchers.claims.world import (
    CLAIM,
    FIRST,
    MORE,
    OTHER,
    PAYS,
    SECOND,
    TEXT,
    evidence_of,
    items_of,
    unmet,
)
from vouchers.claims.checklist import ITEMS, PAYMENT_ONLY, check
from vouchers.claims.evidence import Elsewhere, Evidence
from vouchers.claims.fold import Claim
from vouchers.claims.item_view import COLUMNS, hide, list_rows, render_items

_CLAUSE: Final = Text("办法", "rule")


def without(*words: str) -> str:
    """Return the ledger's text without the lines that hold one of some words."""
    return "\n".join(line for line in TEXT.splitlines() if not any(one in line for one in words))


PROVINCE: Final = "hubei"


# --- a claim that nothing speaks against ---


@pytest.mark.parametrize("programme", PAYS)
def test_a_whole_claim_meets_every_item(programme: str) -> None:
    items = check(evidence_of(programme))
    assert {one.item: one.verdict for one in items if one.verdict != "met"} == {}
    assert [one.item for one in items] == [one for one in ITEMS if one not in PAYMENT_ONLY]


@pytest.mark.parametrize("programme", PAYS)
def test_every_item_says_what_it_found_on_what_basis_in_both_languages(programme: str) -> None:
    flawed = evidence_of(programme, without("contract", "declaration"))
    for one in (*check(evidence_of(programme)), *check(flawed)):
        for text in (one.name, one.found, one.basis, one.source):
            assert text.zh, one
            assert text.en, one
        assert (one.next_step is None) == (one.verdict == "met"), one


def test_the_figures_of_the_three_way_match_are_shown() -> None:
    found = items_of(evidence_of())["match"].found
    assert found.zh == (
        f"发票 {FIRST}：合同 C-1 1,000,000.00 元（累计开票 100,000.00），开票 100,000.00，"
        "付款 100,000.00，计量 100,000.00 元（8,000.00 卡时），差 0.00 元（0%）"
    )
    assert "8,000.00 card-hours" in found.en


def test_an_item_names_the_papers_that_it_rests_on() -> None:
    found = items_of(evidence_of())
    assert found["match"].source == Text(
        f"合同 C-1；发票 {FIRST}；付款凭证 P-1-2022-08-10",
        f"contract C-1; invoice {FIRST}; payment P-1-2022-08-10",
    )
    assert found["credit"].source.en == "declaration, records"


@pytest.mark.parametrize(
    ("items", "number"),
    [
        ("invoice_unused not_reversed sums lines days match parties", FIRST),
        ("provider split days match parties", "C-1"),
        ("paid payer days match parties", "P-1-2022-08-10"),
        ("parties", CLAIM),
    ],
)
def test_each_item_that_rests_on_papers_names_them(items: str, number: str) -> None:
    found = items_of(evidence_of())
    assert {one for one in found if number in found[one].source.zh} == set(items.split())


def test_a_source_names_no_more_papers_than_one_reads() -> None:
    many = [invoice_number(str(i)) for i in range(20, 40)]
    source = items_of(evidence_of(invoices=tuple(many)))["sums"].source
    assert (many[11] in source.zh, many[12] in source.zh) == (True, False)
    assert source.zh.endswith(" 等 20 份")
    assert source.en.endswith(" and 8 more")


def test_an_application_on_paper_is_compared_and_one_handed_in_here_is_its_own() -> None:
    made = evidence_of()
    here = structs.replace(
        made, printed=tuple(one for one in made.printed if one.kind != "application")
    )
    assert items_of(here)["parties"].verdict == "met"


# --- before a payment ---


def noticed(**fields: Any) -> Claim:  # noqa: ANN401 - any field of a notice
    """Return a claim under a public notice of five days."""
    claim = evidence_of().claim
    given: dict[str, Any] = {"notice": "N-1", "line": 1, "amount_fen": 3_000_000} | fields
    claim.noticed = ClaimNoticed(
        claim=CLAIM,
        revision=1,
        programme=PROVINCE,
        year=2022,
        effective_on="2022-11-07",
        acted_at="2022-11-07T02:00:00Z",
        sizes={"book": 1},
        rules="ab" * 32,
        actor="a-1",
        first_day="2022-11-07",
        last_day="2022-11-11",
        **given,
    )
    return claim


def objection(claim: Claim, name: str) -> Claim:
    """Return the claim with an objection that nobody has settled."""
    assert claim.noticed is not None
    given = structs.asdict(claim.noticed)
    shared = {one: given[one] for one in ClaimStep.__struct_fields__}
    claim.objections[name] = ClaimObjected(
        objection=name, digest="cd" * 32, matter="重复申请", **shared
    )
    return claim


@pytest.mark.parametrize(
    ("day", "verdict"),
    [("2022-11-07", "not_met"), ("2022-11-11", "not_met"), ("2022-11-12", "met")],
)
def test_a_payment_waits_for_the_last_day_of_the_notice(day: str, verdict: str) -> None:
    made = evidence_of(stage="payment", claim=noticed(), on=date.fromisoformat(day))
    assert items_of(made)["notice"].verdict == verdict
    assert set(items_of(made)) == set(ITEMS)


def test_a_payment_waits_for_every_objection() -> None:
    after = date(2022, 11, 20)
    made = evidence_of(stage="payment", claim=objection(noticed(), "O-1"), on=after)
    found = items_of(made)["notice"]
    assert (found.verdict, "O-1" in found.found.zh) == ("not_met", True)
    assert items_of(evidence_of(stage="payment"))["notice"].verdict == "not_met"
    other = evidence_of(stage="payment", claim=noticed(amount_fen=2_999_999), on=after)
    assert items_of(other)["notice"].verdict == "not_met"


@pytest.mark.parametrize(
    ("domicile", "verdict"),
    [
        ("domicile east-lake 2021-01-01", "met"),
        ("domicile east-lake 2022-11-02", "not_met"),
        ("domicile elsewhere 2021-01-01", "not_met"),
    ],
)
def test_the_zone_looks_at_the_tax_domicile_once_more_before_it_pays(
    domicile: str, verdict: str
) -> None:
    text = TEXT.replace("domicile east-lake 2021-01-01", domicile)
    made = evidence_of("east_lake", text, stage="payment")
    assert items_of(made)["domicile"].verdict == verdict
    assert items_of(evidence_of(stage="payment"))["domicile"].verdict == "met"
    moved = structs.replace(made, on=date(2020, 12, 31))
    assert items_of(moved)["domicile"].verdict == "not_met"


# --- properties ---


def _hide_one(evidence: Evidence, random: Random) -> Evidence:
    """Return the evidence with one fact of the shell's not looked up."""
    name = random.choice(["printed", "elsewhere", "reversals", "available_fen", "holder", "usage"])
    if name != "printed":
        return structs.replace(evidence, **{name: None})
    left = [one for one in evidence.printed if random.random() < 2 / 3]
    return structs.replace(evidence, printed=tuple(left))


@pytest.mark.parametrize("programme", PAYS)
def test_a_fact_that_nobody_looked_up_never_makes_an_item_met(programme: str) -> None:
    for seed in range(40):
        random = Random(seed)  # noqa: S311
        made = evidence_of(programme)
        if random.random() < 1 / 2:
            made = structs.replace(
                made, elsewhere=(Elsewhere(FIRST, CODE, "CL-2", programme),), holder="武汉别家公司"
            )
        before = unmet(made)
        for _ in range(3):
            made = _hide_one(made, random)
            after = unmet(made)
            assert set(before) <= set(after), (seed, before, after)
            before = after


_PAPERS: Final = ("contract", "invoice", "payment", "enterprise 4", "qualification", "declaration")


@pytest.mark.parametrize("programme", PAYS)
def test_a_paper_that_is_taken_away_never_makes_an_item_met(programme: str) -> None:
    lines = (TEXT + MORE).splitlines()
    papers = [one for one in lines if one.strip().startswith(_PAPERS)]
    for seed in range(40):
        random = Random(seed)  # noqa: S311
        gone: list[str] = []
        before = unmet(evidence_of(programme, "\n".join(lines), (FIRST, SECOND)))
        assert before == {}
        for paper in random.sample(papers, 4):
            gone.append(paper)
            text = "\n".join(one for one in lines if one not in gone)
            after = unmet(evidence_of(programme, text, (FIRST, SECOND)))
            assert set(before) <= set(after), (seed, gone)
            before = after


def test_an_invoice_that_is_not_on_record_leaves_what_rests_on_it_open() -> None:
    made = evidence_of(invoices=(FIRST, SECOND))
    met = {one.item for one in check(made) if one.verdict == "met"}
    assert met <= {"credit", "pool", "payee", "invoice_unused"}
    assert items_of(made)["days"].found == Text(
        f"发票 {SECOND} 未登记", f"invoice {SECOND} is not on record"
    )


def test_a_claim_without_an_invoice_meets_nothing_that_rests_on_one() -> None:
    met = {one.item for one in check(evidence_of(invoices=())) if one.verdict == "met"}
    assert met <= {"credit", "pool", "payee"}


# --- as people and machines read it ---


def test_an_enterprise_reads_nothing_of_others() -> None:
    items = check(evidence_of(elsewhere=(Elsewhere(FIRST, OTHER, "CL-8", "wuhan"),)))
    assert OTHER in str(items)
    assert OTHER not in str(hide(items))
    assert [one.verdict for one in hide(items)] == [one.verdict for one in items]


def test_a_language_changes_words_and_nothing_else() -> None:
    items = check(evidence_of(holder=None))
    zh, en = render_items(items, "zh"), render_items(items, "en")
    assert [sorted(one) for one in zh] == [sorted(one) for one in en]
    assert sorted(zh[0]) == ["basis", "computed", "found", "item", "name", "next", "source"]
    assert [(one["item"], one["computed"]) for one in zh] == [
        (one["item"], one["computed"]) for one in en
    ]


def test_the_table_has_a_row_for_each_item() -> None:
    items = check(evidence_of(holder=None))
    rows = list_rows(items, "zh")
    assert len(rows) == len(items)
    assert {len(one) for one in rows} == {len(COLUMNS)}
    assert rows[-1][:2] == ("收款户名为申请企业", "无法认定")
