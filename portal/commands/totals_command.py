"""`suanquan report totals`: usage held against totals that were published elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from rich.console import RenderableType
from rich.table import Table

from ledger.errors import InvalidInputError
from ledger.period import parse_month
from ledger.quantity import parse_quantity
from ledger.text import Text
from ledger.usage import render_quantity, separate_thousands
from portal.commands.reconcile_command import DISAGREES
from portal.commands.usage_command import snapshot_at
from portal.options import answers
from portal.shell import Result, Shell
from reports.analysis import ENTERPRISE
from reports.frames import Compared, compare, sum_usage
from reports.snapshot import Snapshot
from vouchers.claims.spreadsheet import parse_csv

QUANTITY: Final = "card_seconds"


@click.command(
    epilog="""\b
Example:
  suanquan report totals known.csv"""
)
@click.argument("file", type=click.Path(path_type=Path))
@answers
def totals(shell: Shell, file: Path) -> Result:
    """Hold accelerator usage against totals published elsewhere; exit 4 where they disagree.

    FILE is a CSV: a first column with the enterprise's name or credit code, `card_seconds`, and
    `month` where the totals are by month. Each side's rows must all be on the other.
    """
    published = parse_totals(file.read_bytes())
    with_month = any(month for _, month in published)
    snapshot = snapshot_at(shell, {})
    recorded = _recorded(snapshot, published, with_month=with_month)
    rows = compare(published, recorded)
    differing = [one for one in rows if one.published != one.recorded]
    data = {
        "ok": not differing,
        "compared": len(rows),
        "rows": [_compared_row(one) for one in differing],
        "total": {
            "published": render_quantity(sum(one.published for one in rows)),
            "recorded": render_quantity(sum(one.recorded for one in rows)),
        },
    }
    return Result(data, _show_totals(shell, rows, differing), DISAGREES if differing else 0)


def parse_totals(raw: bytes) -> dict[tuple[str, str], int]:
    """Return published micro-card-seconds by enterprise and month, no month where none is given.

    Raises `InvalidInputError`: what `parse_csv` does, `bad_totals`, `bad_quantity`, `bad_month`.
    """
    head, *rows = parse_csv(raw) or [[]]
    if QUANTITY not in head[1:]:
        raise _bad_totals(f"{','.join(head)[:60]!r}")
    found: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        what = f"{number}: {','.join(row)[:60]!r}"
        if len(row) != len(head):
            raise _bad_totals(what)
        month = parse_month(row[head.index("month")]) if "month" in head else ""
        if (row[0], month) in found:
            raise _bad_totals(what)
        found[row[0], month] = parse_quantity(row[head.index(QUANTITY)])
    return found


def _bad_totals(what: str) -> InvalidInputError:
    return InvalidInputError(
        "bad_totals",
        Text(f"合计表的标题或行不对：{what}", f"not a head or row of totals: {what}"),
        Text(
            f"首列为企业名称或信用代码，另有 {QUANTITY} 列，可有 month 列；每企业每月一行",
            f"give the enterprise first, a column {QUANTITY}, and month if by month; one row each",
        ),
    )


def _recorded(
    snapshot: Snapshot, published: Mapping[tuple[str, str], int], *, with_month: bool
) -> dict[tuple[str, str], int]:
    """Return the ledger's accelerator usage, an enterprise being called as the totals call it."""
    book = snapshot.book
    is_card = book.accelerators
    usage = (one for rows in snapshot.usage.values() for one in rows if one[0][2] in is_card)
    known = {enterprise for enterprise, _ in published}
    found: dict[tuple[str, str], int] = {}
    for key, quantity in sum_usage(
        usage, ["enterprise", "month"] if with_month else ["enterprise"]
    ):
        code, month = key[0], key[1] if with_month else ""
        name = code if code in known else book.account(code).name
        found[name, month] = found.get((name, month), 0) + quantity
    return found


def _compared_row(one: Compared) -> dict[str, str]:
    return {
        "enterprise": one.enterprise,
        "month": one.month,
        "unit": "card_second",
        "published": render_quantity(one.published),
        "recorded": render_quantity(one.recorded),
    }


def _show_totals(shell: Shell, rows: list[Compared], differing: list[Compared]) -> RenderableType:
    """Return what differs as a table, or that nothing does."""
    if not differing:
        sum_ = separate_thousands(render_quantity(sum(one.recorded for one in rows)))
        return shell.say(
            Text(
                f"{len(rows)} 项合计全部一致，共 {sum_} 卡·秒。",
                f"All {len(rows)} totals agree: {sum_} card-seconds.",
            )
        )
    table = Table()
    table.add_column(shell.say(ENTERPRISE), overflow="fold")
    table.add_column(shell.say(Text("月份", "month")), no_wrap=True)
    for title in (Text("公布（卡·秒）", "published"), Text("账本（卡·秒）", "recorded")):
        table.add_column(shell.say(title), justify="right", no_wrap=True)
    for one in differing:
        sides = (one.published, one.recorded)
        shown = (separate_thousands(render_quantity(sum_)) for sum_ in sides)
        table.add_row(one.enterprise, one.month, *shown)
    return table
