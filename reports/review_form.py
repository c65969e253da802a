"""初审意见表: what the first review found of each item, what it cut, and its conclusion."""

from collections.abc import Iterator
from typing import Final

from ledger.events import ClaimChecked, ClaimCut
from ledger.text import Text
from reports.claim_facts import Form, claim_until, last_done, state_claim
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Cell,
    Column,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)
from vouchers.claims.checklist import ITEMS
from vouchers.claims.fold import Claim
from vouchers.claims.item_view import VERDICTS

# Any change of words or layout on this statement is a new version.
MAKER: Final = "review/3"

TITLE: Final = Text("初审意见表", "First review form")


def reviewed(snapshot: Snapshot, month: str) -> list[str]:
    """Return the claims, by id, whose last first review was concluded in a month."""
    return last_done(snapshot, ClaimChecked, month)


def make_review(snapshot: Snapshot, claim: str, month: str) -> Statement:
    """Return the first review form of a claim's last review, not yet numbered."""
    folded, events = claim_until(snapshot, claim, ClaimChecked)
    checked = events[-1]
    assert isinstance(checked, ClaimChecked), checked
    cuts = [
        one
        for one in events
        if isinstance(one, ClaimCut) and one.revision == checked.revision and one.at == "check"
    ]
    sections = (_items(checked), _cuts(cuts), _conclusion(folded, checked))
    values = (
        [(one.item, one.computed, one.confirmed, one.basis, one.reason) for one in checked.items],
        [(one.item, one.base_cut_fen, one.amount_fen, one.reason) for one in cuts],
        (folded.amount_fen, checked.actor, checked.effective_on),
    )
    form = Form("review", TITLE, MAKER, sections, values, folded.amount_fen)
    return state_claim(snapshot, folded, month, form)


def _items(checked: ClaimChecked) -> Section:
    """Return each item as it was computed, as it was confirmed, on what basis and why."""
    columns = (
        Column(Text("初审事项", "Item"), 24),
        Column(Text("核查结果", "Computed"), 11),
        Column(Text("初审意见", "Confirmed"), 11),
        Column(Text("依据", "Basis"), 32),
        Column(Text("理由", "Reason"), 22),
    )
    rows = tuple(
        (
            Words(*ITEMS.get(one.item, Text(one.item, one.item))),
            Words(*VERDICTS[one.computed]),
            Words(*VERDICTS[one.confirmed]),
            Words(one.basis),
            Words(one.reason or "—"),
        )
        for one in checked.items
    )
    return Section(Text("一、初审事项", "1. Items"), (Table(columns, rows),))


def _cuts(cuts: list[ClaimCut]) -> Section:
    """Return what the review cut, of which invoice and why."""
    heading = Text("二、核减", "2. Cuts")
    if not cuts:
        return Section(heading, (Paragraph(Text("没有核减。", "Nothing was cut.")),))
    columns = (
        Column(Text("发票号码", "Invoice"), 27),
        Column(Text("核减基数（元）", "Base cut"), 19, figures=True),
        Column(Text("核减金额（元）", "Refund cut"), 19, figures=True),
        Column(Text("理由", "Reason"), 35),
    )
    rows = tuple(_cut_rows(cuts))
    total: tuple[Cell, ...] = (
        Words("合计", "Total"),
        Words(""),
        Yuan(sum(one.amount_fen for one in cuts)),
        Words(""),
    )
    return Section(heading, (Table(columns, rows, total),))


def _cut_rows(cuts: list[ClaimCut]) -> Iterator[tuple[Cell, ...]]:
    """Yield the row of each cut."""
    for one in cuts:
        base: Cell = Words("—") if one.base_cut_fen is None else Yuan(one.base_cut_fen)
        yield Words(one.item or "—"), base, Yuan(one.amount_fen), Words(one.reason)


def _conclusion(claim: Claim, checked: ClaimChecked) -> Section:
    """Return whether the claim is supported, with what, by whom."""
    unmet = [one for one in checked.items if one.confirmed != "met"]
    if unmet:
        names = [ITEMS.get(one.item, Text(one.item, one.item)) for one in unmet]
        said = Text(
            f"结论：{len(unmet)} 项不符合或无法认定（{'、'.join(one.zh for one in names)}），"
            "不能批准。",
            f"Conclusion: {len(unmet)} items are not met or cannot be told"
            f" ({', '.join(one.en for one in names)}); it cannot be approved.",
        )
    else:
        said = Text(
            "结论：各项符合，建议按下列金额批准。", "Conclusion: all met; approve this amount."
        )
    by = Text(
        f"初审人 {checked.actor}，{checked.effective_on}。",
        f"Reviewed by {checked.actor} on {checked.effective_on}.",
    )
    parties = (
        (Text("初审", "First review"), checked.actor or "—"),
        (Text("主管部门", "Authority"), "—"),
    )
    label = Text("初审后金额", "Amount after the review")
    blocks = (
        Paragraph(said, strong=True),
        Amount(label, claim.amount_fen),
        Paragraph(by),
        Signatures(parties),
    )
    return Section(Text("三、初审结论", "3. Conclusion"), blocks)
