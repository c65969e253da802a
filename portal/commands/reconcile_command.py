"""`suanquan reconcile`: usage against invoices against payments, and why they differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group
from rich.table import Table

from ledger.errors import InvalidInputError
from ledger.money import render_yuan
from ledger.period import last_day, parse_month
from ledger.text import Text
from ledger.usage import render_quantity
from portal.commands.usage_command import parse_sizes, snapshot_at
from portal.enterprises.known import require_known
from portal.options import answers
from portal.out_file import write_out
from portal.shell import Result, Shell
from reports.analysis import ENTERPRISE, SIDES, SUMS, TOTAL, describe, reconciliation_sheets
from reports.frames import MonthSum, Told, sum_months, tell
from reports.reconciliation import reconcile_all
from reports.sheets import render_xlsx
from vouchers.book import Book

DISAGREES: Final = 4


@click.command(
    epilog="""\b
Examples:
  suanquan reconcile --month 2022-07
  suanquan reconcile --month 2022-07 --enterprise 91420100MA4K2XY18X --json
  suanquan reconcile --month 2022-07 --out reconciliation.xlsx"""
)
@click.option("--month", required=True, help="Such as 2022-07.")
@click.option("--enterprise", help="Only this credit code.")
@click.option("--out", type=click.Path(path_type=Path), help="Write it into an .xlsx file too.")
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@answers
def reconcile(
    shell: Shell,
    *,
    month: str,
    enterprise: str | None,
    out: Path | None,
    as_of: tuple[str, ...],
) -> Result:
    """Compare what was metered, invoiced and paid of a month, each difference explained.

    Explanations add up to the difference to the fen. What is left is named as unexplained, and the
    exit status is 4.
    """
    month = parse_month(month)
    require_ending(out, {".xlsx"})
    snapshot = snapshot_at(shell, parse_sizes(as_of))
    require_known(snapshot, enterprise)
    reconciled = list(reconcile_all(snapshot, month, enterprise or ""))
    sums = sum_months(reconciled)
    told = tell(reconciled, sums)
    is_ok = not any(one.explanation.code == "unexplained" for one in told)
    if out is not None:
        sheets = reconciliation_sheets(snapshot.book, sums, told, shell.language)
        write_out(out, render_xlsx(sheets, last_day(month), shell.say(TOTAL)))
    data = {
        "month": month,
        "ok": is_ok,
        "rows": [sum_row(snapshot.book, one) for one in sums],
        "explanations": [_why_row(shell, snapshot.book, one) for one in told],
        "total": {name: sum(getattr(one, name) for one in sums) for name in SUMS},
        "as_of": [{"log": head.name, "size": head.size} for head in snapshot.heads],
        "file": str(out) if out else None,
    }
    shown = _show(shell, snapshot.book, sums, told)
    return Result(data, shown, 0 if is_ok else DISAGREES)


def require_ending(path: Path | None, endings: set[str]) -> None:
    """Raise before the work begins where a file could not be written after it.

    Raises `InvalidInputError` (`bad_file`).
    """
    if path is None:
        return
    if path.suffix.lower() not in endings:
        known = "、".join(sorted(endings)), ", ".join(sorted(endings))
        raise InvalidInputError(
            "bad_file",
            Text(f"文件名不对：{str(path)!r}", f"not a file name for this: {str(path)!r}"),
            Text(f"请以 {known[0]} 结尾", f"let it end in one of {known[1]}"),
        )
    if not path.parent.is_dir():
        raise InvalidInputError(
            "bad_file",
            Text(f"没有目录 {str(path.parent)!r}", f"there is no directory {str(path.parent)!r}"),
            Text("请先建立目录", "make it first"),
        )


def sum_row(book: Book, one: MonthSum) -> dict[str, Any]:
    """Return an enterprise's sums of a month as keys of the command line."""
    return {
        "enterprise": one.enterprise,
        "name": book.account(one.enterprise).name,
        **{name: getattr(one, name) for name in SUMS},
    }


def _why_row(shell: Shell, book: Book, told: Told) -> dict[str, Any]:
    """Return an explanation as keys of the command line."""
    why = told.explanation
    return {
        "enterprise": told.enterprise,
        "side": why.side,
        "code": why.code,
        "contract": why.contract,
        "about": why.about,
        "amount_fen": why.amount_fen,
        "quantity": None if why.quantity is None else render_quantity(why.quantity),
        "message": shell.say(describe(book, why)),
    }


def _show(shell: Shell, book: Book, sums: Sequence[MonthSum], told: Sequence[Told]) -> Group | str:
    """Return the sums as a table, and below it each explanation."""
    if not sums:
        none = Text(
            "该月没有用量、发票或付款。", "Nothing was used, invoiced or paid in the month."
        )
        return shell.say(none)
    table = Table()
    table.add_column(shell.say(ENTERPRISE), overflow="fold")
    for title in SUMS.values():
        table.add_column(shell.say(title), justify="right", no_wrap=True)
    for one in sums:
        amounts = (render_yuan(getattr(one, name)) for name in SUMS)
        table.add_row(book.account(one.enterprise).name, *amounts)
    table.add_section()
    totals = (render_yuan(sum(getattr(one, name) for one in sums)) for name in SUMS)
    table.add_row(shell.say(TOTAL), *totals, style="bold")
    if not told:
        every = Text("各项一致，没有差异。", "All of it agrees; there is no difference.")
        return Group(table, shell.say(every))
    return Group(table, _show_reasons(shell, book, told))


def _show_reasons(shell: Shell, book: Book, told: Sequence[Told]) -> Table:
    """Return the explanations as a table."""
    table = Table()
    for title in (ENTERPRISE, Text("差异", "between"), Text("原因", "reason")):
        table.add_column(shell.say(title), overflow="fold")
    table.add_column(shell.say(Text("金额（元）", "CNY")), justify="right", no_wrap=True)
    for enterprise, why in told:
        named = f"{why.contract} " if why.contract else ""
        table.add_row(
            book.account(enterprise).name,
            shell.say(SIDES[why.side]),
            named + shell.say(describe(book, why)),
            render_yuan(why.amount_fen),
            style="bold" if why.code == "unexplained" else None,
        )
    return table
