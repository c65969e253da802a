"""The claims on a subsidy statement: each in money, and what was claimed back, why and by what.

They are those first handed in by the day, in its year, as the book leaves them: a payment or a
clawback after the day is on the statement too, and making it again after one supplements it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.events import ClaimClawbackAssessed, ClaimClawbackRecovered, InvoiceReversed
from ledger.money import render_yuan
from ledger.period import last_day
from ledger.text import Text
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Block,
    Cell,
    Column,
    Paragraph,
    Section,
    Table,
    Words,
    Yuan,
    digest_values,
)
from vouchers.claims.fold import action_of
from vouchers.claims.standing import Act, Standing, TakenBack, acts_of, in_year_until, stand_at
from vouchers.claims.table import ACTION_NAMES
from vouchers.programme import Programme, Version, hash_version

NET: Final = Text("申请净额（已支付减应追缴）", "Net of claims: paid less claimed back")


def acts_in(
    snapshot: Snapshot, enterprise: str, month: str, size: int | None = None
) -> tuple[Act, ...]:
    """Return the acts on the claims of a subsidy statement, below a size of the book if given."""
    said = snapshot.claims.get(enterprise, [])
    below = (one for one in said if size is None or one[0] < size)
    return in_year_until(acts_of(enterprise, below), last_day(month))


def stand_now(acts: Sequence[Act]) -> dict[str, Standing]:
    """Return what each claim stands at after all acts, as they were first handed in."""
    return stand_at(acts, acts[-1].at + 1) if acts else {}


def net_fen(acts: Sequence[Act]) -> int:
    """Return what all claims got, less what was claimed back."""
    return sum(one.net_fen for one in stand_now(acts).values())


def digest_claims(acts: Sequence[Act]) -> str | None:
    """Return the digest of what is stated of claims, None where there is none."""
    if not acts:
        return None
    standings = [(claim, *one) for claim, one in stand_now(acts).items()]
    back = [
        (one.data.claim, one.data.effective_on, one.amount_fen, *_papers(one))
        for one in acts
        if one.is_clawback
    ]
    return digest_values(standings, back)


def _papers(act: Act) -> tuple[object, ...]:
    """Return the papers that a clawback rests on: document, words, numbers of what was reversed."""
    data = act.data
    assert isinstance(data, ClaimClawbackAssessed | ClaimClawbackRecovered), data
    reason = data.reason if isinstance(data, ClaimClawbackAssessed) else data.bank_reference
    return data.document, reason, [_number(one) for one in act.taken_back]


def claims_section(acts: Sequence[Act], programmes: Sequence[Programme]) -> Section:
    """Return the claims with what each asks, got and gives back, and what was claimed back why."""
    heading = Text("兑付申请与追缴", "Claims and clawbacks")
    if not acts:
        none = Text("本年度截至认定日没有兑付申请。", "No claim was handed in by that day.")
        return Section(heading, (Paragraph(none),))
    columns = (
        Column(Text("申请", "Claim"), 24),
        Column(Text("申请金额", "Asked"), 14, figures=True),
        Column(Text("核减等", "Cut, refused"), 13, figures=True),
        Column(Text("批准", "Approved"), 14, figures=True),
        Column(Text("已支付", "Paid"), 14, figures=True),
        Column(Text("应追缴", "Claimed back"), 13, figures=True),
        Column(Text("净额", "Net"), 14, figures=True),
    )
    stands = stand_now(acts)
    programme_of = {one.data.claim: one.data.programme for one in acts}
    rows = tuple(
        (name_claim(claim, programme_of[claim], programmes), *_money(one))
        for claim, one in stands.items()
    )
    total = (Words("合计", "Total"), *_money(_add_up(stands.values())))
    blocks: list[Block] = [Table(columns, rows, total), Amount(NET, net_fen(acts))]
    back = tuple(_clawback_row(one, programmes) for one in acts if one.is_clawback)
    if back:
        blocks += [Paragraph(_told_back(_add_up(stands.values())), strong=True), _clawbacks(back)]
    return Section(heading, tuple(blocks))


def _add_up(stands: Iterable[Standing]) -> Standing:
    """Return what all claims stand at together."""
    return Standing(*(sum(fen or 0 for fen in column) for column in zip(*stands, strict=True)))


def name_claim(claim: str, programme: str, programmes: Sequence[Programme]) -> Words:
    """Return a claim as a cell: its id, and its programme's name under it."""
    names = {one.id: one.name.zh for one in programmes}
    return Words(claim, names.get(programme, programme))


def _money(stands: Standing) -> tuple[Cell, ...]:
    """Return a claim's amounts as cells."""
    approved = stands.approved_fen
    return (
        Yuan(stands.asked_fen),
        Yuan(stands.refused_fen),
        Words("—") if approved is None else Yuan(approved),
        Yuan(stands.paid_fen),
        Yuan(stands.assessed_fen),
        Yuan(stands.net_fen),
    )


def _told_back(all_: Standing) -> Text:
    """Return what was claimed back of all claims, what of it came, and what is receivable."""
    assessed, recovered = render_yuan(all_.assessed_fen), render_yuan(all_.recovered_fen)
    left = render_yuan(all_.receivable_fen)
    return Text(
        f"应追缴 {assessed} 元，已追回 {recovered} 元，尚待追回 {left} 元；不计利息。",
        f"CNY {assessed} is claimed back, {recovered} came back, {left} is open; no interest.",
    )


def _clawbacks(rows: tuple[tuple[Cell, ...], ...]) -> Table:
    """Return the acts by which money is claimed back or came back, as a table."""
    columns = (
        Column(Text("日期与申请", "Day, claim"), 22),
        Column(Text("事项", "Act"), 14),
        Column(Text("金额（元）", "CNY"), 13, figures=True),
        Column(Text("尚待追回", "Receivable"), 13, figures=True),
        Column(Text("文号、凭证与条款", "Document, papers, clause"), 44),
    )
    return Table(columns, rows)


def _clawback_row(act: Act, programmes: Sequence[Programme]) -> tuple[Cell, ...]:
    """Return an act on a clawback as cells."""
    because = _because(act, programmes)
    return (
        Words(act.data.effective_on, act.data.claim),
        Words(*ACTION_NAMES[action_of(act.data)]),
        Yuan(act.amount_fen),
        Yuan(act.after.receivable_fen),
        Words(*because),
    )


def tell_act(act: Act, programmes: Sequence[Programme]) -> Text:
    """Return an act in a sentence: when, what, on which claim, over how much, on what papers."""
    what, yuan = ACTION_NAMES[action_of(act.data)], render_yuan(act.amount_fen)
    day, claim = act.data.effective_on, act.data.claim
    zh = f"{day} {what.zh}：申请 {claim}，{yuan} 元"
    en = f"{day} {what.en}: claim {claim}, CNY {yuan}"
    if not act.is_clawback:
        return Text(zh, en)
    because = _because(act, programmes)
    return Text(f"{zh}，{because.zh}", f"{en}, {because.en}")


def _because(act: Act, programmes: Sequence[Programme]) -> Text:
    """Return what a clawback rests on: document, words, what was reversed, the rule's clause."""
    data = act.data
    if isinstance(data, ClaimClawbackRecovered):
        return Text(
            f"文号 {data.document}；银行流水 {data.bank_reference}",
            f"document {data.document}; bank reference {data.bank_reference}",
        )
    assert isinstance(data, ClaimClawbackAssessed), data
    zh, en = [f"文号 {data.document}"], [f"document {data.document}"]
    for one in act.taken_back:
        told = _tell_taken_back(one)
        zh.append(told.zh)
        en.append(told.en)
    version = _find_version(act.version, programmes)
    if version is not None:
        clause = version.base.clause
        zh.append(f"条款：{clause.zh}")
        en.append(f"clause: {clause.en}")
    zh.append(f"事由：{data.reason}")
    en.append(f"reason: {data.reason}")
    return Text("；".join(zh), "; ".join(en))


def _tell_taken_back(one: TakenBack) -> Text:
    """Return a red invoice or money that came back in words."""
    yuan = render_yuan(one.amount_fen)
    if isinstance(one, InvoiceReversed):
        return Text(
            f"红字发票 {one.red_invoice}（{one.issued_on}，{yuan} 元，冲 {one.invoice}）",
            f"red invoice {one.red_invoice} ({one.issued_on}, CNY {yuan}, on {one.invoice})",
        )
    return Text(
        f"付款 {one.payment} 退回 {yuan} 元（{one.reversed_on}）",
        f"CNY {yuan} of payment {one.payment} came back ({one.reversed_on})",
    )


def _number(one: TakenBack) -> str:
    return one.red_invoice if isinstance(one, InvoiceReversed) else one.reversal


def _find_version(digest: str | None, programmes: Sequence[Programme]) -> Version | None:
    """Return the version that a claim was worked out by, None where it is not at hand."""
    return next(
        (
            version
            for programme in programmes
            for version in programme.versions
            if hash_version(programme, version) == digest
        ),
        None,
    )
