"""The check list of a claim (初审事项), computed: every item of what the task force checks.

An item is met, not met, or one cannot tell; what is unknown is never met. A reviewer confirms or
overrides each of them afterwards (`first_review`).
"""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from ledger.text import Text
from vouchers.claims.check_rows import ROWS, Row
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no
from vouchers.claims.paper_items import PAPERS

ITEMS: Final[Mapping[str, Text]] = {one.kind.item: one.kind.name for one in ROWS}
"""Every item and what it is called, in the order of the list."""

PAYMENT_ONLY: Final = frozenset({"domicile", "notice"})
"""Items that are asked for before a payment, and not at the first review."""

REVIEWED: Final = tuple(item for item in ITEMS if item not in PAYMENT_ONLY)
"""What a first review says something of, whatever the claim; recorded reviews are held to it.

Should an item come or go, the reviews of before have to be read by the list that they had.
"""

PAPERS_MAX: Final = 12
"""So many papers of a kind are named in a source: a year has twelve monthly invoices."""


def check(evidence: Evidence) -> tuple[Item, ...]:
    """Return every item of the check list, computed, in the list's order."""
    rows = [one for one in ROWS if evidence.stage == "payment" or one.kind.item not in PAYMENT_ONLY]
    return tuple(
        _name_papers(evidence, one.kind, _guard(evidence, one, _compute(evidence, one)))
        for one in rows
    )


def _compute(evidence: Evidence, row: Row) -> Item:
    if row.by_papers is not None:
        return row.by_papers(evidence, row.kind)
    assert row.by_rule is not None, row.kind.item
    version = evidence.version
    if version is not None:
        return row.by_rule(evidence, version, row.kind)
    decision = evidence.worth.decision
    document = evidence.programme.versions[-1].document
    findings = [no(one.code, *one.message, one.clause) for one in decision.reasons] or [
        no("no_version_in_force", "没有施行的规则版本", "no version is in force", document)
    ]
    return conclude(row.kind, findings, Text("", ""), document)


def _guard(evidence: Evidence, row: Row, item: Item) -> Item:
    """Return the item, but met only where each invoice of the claim was there to be looked at."""
    if not row.of_purchases or item.verdict != "met":
        return item
    there = {one.purchase.invoice for one in evidence.lines}
    absent = [one for one in evidence.claim.invoices if one not in there]
    if there and not absent:
        return item
    missing = [Text(f"发票 {one} 未登记", f"invoice {one} is not on record") for one in absent]
    none = Text("申请没有可核查的发票", "the claim has no invoice to look at")
    return structs.replace(
        item,
        verdict="cannot_tell",
        found=join(missing or [none]),
        next_step=Text("先登记发票及其合同", "enter the invoice and its contract first"),
    )


def _name_papers(evidence: Evidence, kind: Kind, item: Item) -> Item:
    """Return the item with the papers that it rests on named in its source, the first ones."""
    named = []
    for paper in kind.papers:
        numbers, name = evidence.numbers_of(paper), PAPERS[paper]
        shown, more = ", ".join(numbers[:PAPERS_MAX]), len(numbers) - PAPERS_MAX
        rest = Text(f" 等 {len(numbers)} 份", f" and {more} more") if more > 0 else Text("", "")
        if numbers:
            named.append(Text(f"{name.zh} {shown}{rest.zh}", f"{name.en} {shown}{rest.en}"))
    return structs.replace(item, source=join(named)) if named else item
