"""`suanquan payment`: order what was cleared, hand it to the bank, record what the bank answers."""

from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Group
from rich.table import Table

from ledger.money import render_yuan
from ledger.secret import write_file
from ledger.text import Text
from portal.acting import acting, look
from portal.claims.batch_view import require_ending, show_left_out
from portal.claims.desk import open_desk
from portal.options import answers
from portal.payments.payment_desk import Recorded, order_payments, prepare_batch, record_answer
from portal.payments.payment_list import list_visible_batches
from portal.shell import Result, Shell
from reports.sheets import read_table, render_xlsx
from vouchers.claims.authorise import OFFICIALS
from vouchers.claims.payment import Batch, render_batch, sheet_of, totals_of
from vouchers.claims.spreadsheet import FILE_BYTES_MAX, digest_of, render_csv

_ON = click.option("--on", "on", metavar="DATE", help="The day that counts (default: today).")


@click.group()
def payment() -> None:
    """Payments: order, hand to the bank, record its answer."""


@payment.command(
    epilog="""\b
Examples:
  suanquan payment order hubei
  suanquan payment order hubei --batch hubei-2022-urgent --claim SQ-7K3M9XQ2"""
)
@click.argument("programme")
@click.option("--claim", "claims", multiple=True, metavar="ID", help="Just these claims.")
@click.option("--batch", metavar="ID", help="What the orders' numbers begin with.")
@_ON
@answers
def order(
    shell: Shell, *, programme: str, claims: tuple[str, ...], batch: str | None, on: str | None
) -> Result:
    """Order the payment of every cleared claim of a programme, and of those that failed.

    After a failed order the money goes to the enterprise's newest account. A claim that you may not
    order, or that no bank could pay, is named and left out.
    """
    with acting(shell) as act:
        given = order_payments(open_desk(act, on), programme, claims, batch)
    rows = [
        {
            "order": one.claim.order and one.claim.order.order,
            "claim": one.claim.claim,
            "enterprise": one.claim.enterprise,
            "amount_fen": one.claim.amount_fen,
        }
        for one in given.done.reads
    ]
    total_fen = sum(one.claim.amount_fen for one in given.done.reads)
    told = Text(
        f"批次 {given.batch}：下达 {len(rows)} 笔，合计 {render_yuan(total_fen)} 元；"
        f"交银行的文件：suanquan payment export {given.batch} --out FILE.xlsx",
        f"batch {given.batch}: {len(rows)} orders, CNY {render_yuan(total_fen)};"
        f" the bank's file: suanquan payment export {given.batch} --out FILE.xlsx",
    )
    data = {
        "batch": given.batch,
        "rows": rows,
        "total_fen": total_fen,
        "left_out": given.done.rows(shell.language),
    }
    return Result(data, Group(shell.say(told), *show_left_out(shell, given.done)))


@payment.command(epilog="Example:  suanquan payment export hubei-2022-B1 --out batch.xlsx")
@click.argument("batch")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE"
)
@answers
def export(shell: Shell, batch: str, out: Path) -> Result:
    """Write the orders of a batch that are under way as the bank takes them, CSV or XLSX.

    The file holds account numbers: only you may read it. Hand it over and delete it.
    """
    ending = require_ending(out)
    made = prepare_batch(shell, batch)
    raw = render_bank_file(made, is_csv=ending == ".csv")
    write_file(out, raw)
    warning = Text(
        f"{out} 含银行账号（个人信息），仅本用户可读；交银行后请删除",
        f"{out} holds account numbers (personal data), readable by you alone: delete it once the"
        " bank has it",
    )
    shell.warn(warning)
    told = Text(
        f"批次 {batch}：{made.count} 笔，合计 {render_yuan(made.total_fen)} 元",
        f"batch {batch}: {made.count} orders, CNY {render_yuan(made.total_fen)}",
    )
    data = {**render_batch(made), "path": str(out), "sha256": digest_of(raw), "personal": True}
    return Result(data, shell.say(told))


def render_bank_file(made: Batch, *, is_csv: bool) -> bytes:
    """Return a batch as the bank takes it, with its account numbers; XLSX has its sums too."""
    sheet = sheet_of(made)
    return render_csv(sheet) if is_csv else render_xlsx([sheet, totals_of(made)], made.made_on)


@payment.command("list", epilog="Example:  suanquan payment list --json")
@click.option("--programme", metavar="ID")
@answers
def list_(shell: Shell, programme: str | None) -> Result:
    """List the payment batches that you may see, by name: how many are paid, failed, open."""
    with shell.reading() as connection:
        roster, actor = look(shell, connection, (*OFFICIALS, "auditor"))
        batches = list_visible_batches(connection, roster, actor, programme)
    rows = [one._asdict() for one in batches]
    if not rows:
        none = Text(
            "还没有付款。财政可用 suanquan payment order 下达。",
            "There are no payments. Finance orders them with suanquan payment order.",
        )
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    for title in (
        Text("批次", "batch"),
        Text("项目", "programme"),
        Text("笔数", "orders"),
        Text("已付", "paid"),
        Text("失败", "failed"),
        Text("在途", "open"),
        Text("合计（元）", "CNY"),
    ):
        table.add_column(shell.say(title), no_wrap=True)
    for row in rows:
        names = ("batch", "programme", "orders", "paid", "failed", "open")
        table.add_row(*(str(row[name]) for name in names), render_yuan(row["total_fen"]))
    return Result({"rows": rows}, table)


@payment.command(
    epilog="""\b
Examples:
  suanquan payment results answer.xlsx
  suanquan payment results answer.csv --partial
See docs/bank.md for the columns and words that are understood."""
)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--partial", is_flag=True, help="Record what is right, and name the rows that are not."
)
@_ON
@answers
def results(shell: Shell, file: BinaryIO, *, partial: bool, on: str | None) -> Result:
    """Record what a bank says became of its orders: all rows of the file, or none.

    The same file once more changes nothing.
    """
    rows = read_table(file.read(FILE_BYTES_MAX + 1))
    with acting(shell) as act:
        recorded = record_answer(open_desk(act, on), rows, partial=partial)
    return Result(_answered(shell, recorded), Group(*_told(shell, recorded)))


def _answered(shell: Shell, recorded: Recorded) -> dict[str, Any]:
    """Return the keys of what was recorded of an answer."""
    return {
        "rows": [
            {
                "order": one.order,
                "claim": one.claim,
                "result": one.result,
                "amount_fen": one.amount_fen,
                "bank_reference": one.reference,
                "reason": one.reason,
            }
            for one in recorded.settled
        ],
        "paid": sum(one.result == "paid" for one in recorded.settled),
        "failed": sum(one.result == "failed" for one in recorded.settled),
        "unknown": [one.order for one in recorded.answer.unknown],
        "repeated": list(recorded.repeated),
        "missing": list(recorded.missing),
        "flaws": [
            {
                "row": one.row,
                "order": one.order,
                "code": one.code,
                "message": shell.say(one.message),
                "next": shell.say(one.next_step),
            }
            for one in recorded.flaws
        ],
    }


def _told(shell: Shell, recorded: Recorded) -> list[str]:
    """Return what was recorded of an answer, in lines."""
    data = _answered(shell, recorded)
    told = Text(
        f"登记付款成功 {data['paid']} 笔，失败 {data['failed']} 笔",
        f"recorded {data['paid']} payments and {data['failed']} failures",
    )
    if not recorded.settled and recorded.repeated:
        told = Text(
            "回单内容均已登记，未作改动", "all of it is recorded already: nothing was changed"
        )
    lines = [shell.say(told)]
    colon, comma = shell.say(Text("：", ": ")), shell.say(Text("、", ", "))
    stop = shell.say(Text("；", "; "))
    for title, orders in (
        (Text("此前已登记", "recorded before"), data["repeated"]),
        (Text("银行未定", "not settled by the bank"), data["unknown"]),
        (Text("回单未提及", "not in the answer"), data["missing"]),
    ):
        if orders:
            lines.append(f"{shell.say(title)}{colon}{comma.join(orders)}")
    lines += [
        f"  • {one['row']} {one['order']}{colon}{one['message']}{stop}{one['next']}"
        for one in data["flaws"]
    ]
    return lines
