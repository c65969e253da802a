"""资金执行情况表: what a fund got, reserved, spent and paid by a month's end, year by year.

What counts later than the month's last day is left out. The figures are those of the books, added
up from the same transfers.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from ledger.balance import Balances, Fund
from ledger.events import ClaimData, Data, FundAppropriated, FundData, FundTransferred
from ledger.journal import CHART, Account
from ledger.money import render_decimal
from ledger.period import last_day
from ledger.text import Text
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Block,
    Cell,
    Column,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
    digest_values,
)
from vouchers.claims.fold import action_of
from vouchers.claims.table import ACTION_NAMES

# Any change of words or layout on this statement is a new version.
MAKER = "fund/1"

TITLE = Text("资金执行情况表", "Fund execution statement")

FUND_ACTS: Final = {
    "cn.suanquan.fund.appropriated.v1": Text("预算下达", "appropriated"),
    "cn.suanquan.fund.transferred.v1": Text("资金调剂", "transferred"),
    "cn.suanquan.fund.closed.v1": Text("年终结账", "closed"),
}
"""What the acts on a budget are called, by the event."""

Years = dict[int, Fund]
"""What each year of a fund stands at, in order."""


def make_fund_report(snapshot: Snapshot, fund: str, month: str) -> Statement:
    """Return the execution statement of a fund by a month's end, not yet numbered."""
    until = last_day(month).isoformat()
    moved = [one for one in snapshot.budget if _touches(one[0], fund) and _day(one[0]) <= until]
    balances = _balance(moved, fund)
    in_month = list(_movements([one for one in moved if _day(one[0])[:7] == month], fund))
    spent_fen = sum(one.amount_fen("expended") for one in balances.values())
    return Statement(
        kind="fund",
        title=TITLE,
        subject="",
        subject_name=name_of(moved, fund),
        period=month,
        facts=(
            (Text("资金", "Fund"), Words(name_of(moved, fund), fund)),
            (Text("截至", "By the end of"), Words(until)),
        ),
        sections=(_budget(balances), _money(balances), _month(in_month, month), _basis()),
        total_fen=spent_fen,
        values_sha256=digest_values(fund, month, _figures(balances), in_month),
        maker=MAKER,
        about=fund,
    )


def funds_by(snapshot: Snapshot, month: str) -> list[str]:
    """Return the funds, by code, of which the budget said something by a month's end."""
    until = last_day(month).isoformat()
    said = (data for data, _ in snapshot.budget if _day(data) <= until)
    return sorted({data.fund for data in said if isinstance(data, FundData)})


def _day(data: Data) -> str:
    """Return the day from which an event of a fund or a claim counts."""
    assert isinstance(data, ClaimData | FundData), data
    return data.effective_on


def _touches(data: Data, fund: str) -> bool:
    """Return whether an event moves something in a fund."""
    assert isinstance(data, ClaimData | FundData), data
    return fund in (data.fund, data.to_fund if isinstance(data, FundTransferred) else data.fund)


def _balance(moved: list[tuple[Data, str]], fund: str) -> Years:
    """Return what each year of a fund stands at."""
    balances = Balances()
    for data, subject in moved:
        balances.take(data, subject)
    return {year: held for (code, year), held in sorted(balances.funds.items()) if code == fund}


def _figures(balances: Years) -> list[tuple[int, dict[Account, int]]]:
    """Return every account's debits less credits, by year."""
    return [(year, {one: getattr(held, one) for one in CHART}) for year, held in balances.items()]


def name_of(moved: Iterable[tuple[Data, str]], fund: str) -> str:
    """Return what the budget last called a fund, its code where it named none."""
    names = [data.name for data, _ in moved if isinstance(data, FundAppropriated) and data.name]
    return names[-1] if names else fund


def _budget(balances: Years) -> Section:
    """Return the budgetary accounts of each year, with how much of it is spent."""
    accounts: tuple[Account, ...] = ("appropriated", "available", "encumbered", "expended")
    columns = (
        Column(Text("年度", "Year"), 10),
        *(Column(CHART[one], 19, figures=True) for one in accounts),
        Column(Text("执行率", "Spent"), 14, figures=True),
    )
    rows: list[tuple[Cell, ...]] = []
    for year, stands in balances.items():
        given_fen, spent_fen = stands.amount_fen("appropriated"), stands.amount_fen("expended")
        share = _percent(spent_fen, given_fen) if given_fen else "—"
        figures = (Yuan(stands.amount_fen(one)) for one in accounts)
        rows.append((Words(str(year)), *figures, Words(share)))
    spent_fen = sum(one.amount_fen("expended") for one in balances.values())
    blocks: tuple[Block, ...] = (
        Table(columns, tuple(rows)),
        Amount(Text("累计支出", "Expended in all"), spent_fen),
    )
    return Section(Text("预算执行（元）", "Budget, in CNY"), blocks)


def _percent(part_fen: int, whole_fen: int) -> str:
    """Return a share in percent, rounded to two decimals."""
    return f"{render_decimal(Fraction(100 * part_fen, whole_fen), 2)}%"


def _money(balances: Years) -> Section:
    """Return what was paid, is still owed, and is claimed back, by year."""
    accounts: tuple[Account, ...] = ("treasury", "payable", "receivable")
    names = (
        Text("已由国库支付", "Paid by the treasury"),
        Text("应付未付", "Payable"),
        Text("应追缴", "Claimed back"),
    )
    columns = (
        Column(Text("年度", "Year"), 13),
        *(Column(one, 29, figures=True) for one in names),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Words(str(year)), *(Yuan(stands.amount_fen(one)) for one in accounts))
        for year, stands in balances.items()
    )
    return Section(Text("资金收付（元）", "Money, in CNY"), (Table(columns, rows),))


def _movements(moved: list[tuple[Data, str]], fund: str) -> Iterator[tuple[Text, int, int]]:
    """Yield (what was done, how often, fen) of a month, in the order in which it first was."""
    counts: dict[Text, list[int]] = {}
    for data, _ in moved:
        counts.setdefault(_call(data), []).append(_signed(data, fund))
    for name, amounts in counts.items():
        yield name, len(amounts), sum(amounts)


def _call(data: Data) -> Text:
    """Return what an event is called."""
    if isinstance(data, ClaimData):
        return ACTION_NAMES[action_of(data)]
    return FUND_ACTS[data.type]


def _signed(data: Data, fund: str) -> int:
    """Return an event's amount, below zero where a transfer takes it from the fund."""
    assert isinstance(data, ClaimData | FundData), data
    leaves = isinstance(data, FundTransferred) and data.fund == fund
    return -data.amount_fen if leaves else data.amount_fen


def _month(rows: list[tuple[Text, int, int]], month: str) -> Section:
    """Return what happened in the month, by what was done."""
    heading = Text(f"本月发生额（{month}）", f"In the month ({month})")
    if not rows:
        none = Text("本月没有发生额。", "Nothing moved in the month.")
        return Section(heading, (Paragraph(none),))
    columns = (
        Column(Text("事项", "What was done"), 50),
        Column(Text("笔数", "Number"), 20, figures=True),
        Column(Text("金额（元）", "CNY"), 30, figures=True),
    )
    cells = tuple(
        (Words(name.zh, name.en), Number(str(number)), Yuan(fen)) for name, number, fen in rows
    )
    return Section(heading, (Table(columns, cells),))


def _basis() -> Section:
    """Return how the figures follow, and room for the stamps."""
    how = Text(
        "按权责：提交即冻结，公示期满确认即列支出并形成应付，国库按银行回单付讫；"
        "各年度预算四个科目之和恒为零。逐笔分录见账簿导出。",
        "An amount is encumbered when it is claimed, expended and payable once it is cleared, and"
        " paid on the bank's word; the four budgetary accounts of a year always sum to zero. The"
        " journal's export has every entry.",
    )
    parties = (
        (Text("主管部门", "Authority"), "—"),
        (Text("财政部门", "Finance"), "—"),
    )
    return Section(Text("说明与签章", "Notes and stamps"), (Paragraph(how), Signatures(parties)))
