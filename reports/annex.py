"""The annex of a subsidy statement: its purchases, and what each level counts of them."""

from datetime import date

from ledger.period import last_day
from ledger.text import Text
from reports.statement import Cell, Column, Number, Paragraph, Section, Table, Words, Yuan
from vouchers.case import Purchase
from vouchers.decision import Decision
from vouchers.names import LEVELS, RESOURCES
from vouchers.payer import list_bases
from vouchers.payments import sum_paid
from vouchers.programme import Programme
from vouchers.ruling import Ruling


def make_annex(ruling: Ruling, apply_on: date) -> Section:
    """Return the purchases with what was paid by the day, and what each level counts of them."""
    heading = Text("附件：采购与付款", "Annex: purchases and payments")
    case = ruling.case
    if not case.purchases:
        none = Text("截至认定日没有开具发票的采购。", "No purchase was invoiced by that day.")
        return Section(heading, (Paragraph(none),))
    columns = (
        Column(Text("项", "No."), 6, figures=True),
        Column(Text("发票号码与合同", "Invoice, contract"), 21),
        Column(Text("类别", "Kind"), 9),
        Column(Text("服务期间", "Service"), 11),
        Column(Text("开票金额", "Invoiced"), 13, figures=True),
        Column(Text("已付金额", "Paid by then"), 13, figures=True),
        *(
            Column(
                Text(f"{LEVELS[one.level].zh}计入", f"{LEVELS[one.level].en} counts"),
                13,
                figures=True,
            )
            for one, _ in ruling.decisions
        ),
    )
    rows, invoiced_total, paid_total = [], 0, 0
    counted = [counted_fen(ruling, *one) for one in ruling.decisions]
    for position, one in enumerate(case.purchases):
        paid = paid_fen(one, apply_on)
        invoiced_total += one.invoiced_fen or 0
        paid_total += paid
        rows.append(
            (
                Number(str(position + 1)),
                Words(one.invoice or "—", one.contract or "—"),
                Words(RESOURCES[one.resource_kind].zh if one.resource_kind else "未知"),
                Words(_service(one)),
                Words("—") if one.invoiced_fen is None else Yuan(one.invoiced_fen),
                Yuan(paid),
                *(_counted(one.get(position)) for one in counted),
            )
        )
    total: tuple[Cell, ...] = (
        Words(""),
        Words("合计", "Total"),
        *[Words("")] * 2,
        Yuan(invoiced_total),
        Yuan(paid_total),
        *(Yuan(sum(one.values())) for one in counted),
    )
    return Section(heading, (Table(columns, tuple(rows), total),))


def _service(purchase: Purchase) -> str:
    """Return a service period, a whole month as `2022-07`."""
    first, last = purchase.service_from, purchase.service_to
    if first is None or last is None:
        return "—"
    if first.day == 1 and last == last_day(first.isoformat()[:7]):
        return first.isoformat()[:7]
    return f"{first} 至 {last}"


def _counted(fen: int | None) -> Cell:
    return Words("—") if fen is None else Yuan(fen)


def paid_fen(purchase: Purchase, until: date) -> int:
    """Return what is known to be paid on a purchase up to and including a day."""
    return sum_paid(purchase, date.min, until).low


def counted_fen(ruling: Ruling, programme: Programme, decision: Decision) -> dict[int, int]:
    """Return what a programme counts of each purchase, by its position.

    One that is in the best combination counts what it counts there, another one what it would
    count alone.
    """
    bases, best = list_bases(decision), ruling.best
    shares = best is not None and programme.id in best.programmes
    return {at: bases[at] for at in (ruling.counted(programme.id) if shares else decision.counted)}
