"""`suanquan usage`: how much was used, by whom, of what, when."""

from typing import Final

import click
from rich.table import Table

from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.period import parse_month
from ledger.read import read_heads
from ledger.tables import LOG_NUMBERS
from ledger.text import Text
from ledger.usage import DayKey, render_quantity, separate_thousands
from portal.options import answers
from portal.shell import Result, Shell
from reports.reading import read_snapshot, replay_snapshots
from reports.snapshot import Sizes, Snapshot
from vouchers.book import Book

DIMENSIONS: Final = ("enterprise", "month", "day", "resource", "contract")
_UNITS: Final = {"card": "card_second", "tb": "tb_second"}

UNITS: Final = {
    "card_second": Text("卡·秒", "card-seconds"),
    "tb_second": Text("TB·秒", "TB-seconds"),
    "unit_second": Text("单位·秒", "unit-seconds"),
}

TITLES: Final = {
    "enterprise": Text("信用代码", "credit code"),
    "name": Text("企业", "enterprise"),
    "month": Text("月份", "month"),
    "day": Text("日期", "day"),
    "resource": Text("资源", "resource"),
    "contract": Text("合同", "contract"),
    "unit": Text("单位", "unit"),
    "quantity": Text("数量", "quantity"),
}

Row = dict[str, str]


def parse_sizes(words: tuple[str, ...]) -> dict[LogName, int]:
    """Return the sizes of options such as `usage=1000`.

    Raises `InvalidInputError` (code `bad_size`).
    """
    sizes: dict[LogName, int] = {}
    for word in words:
        name, _, size = word.partition("=")
        log = next((one for one in LOG_NUMBERS if one == name), None)
        if log is None or not size.isdecimal():
            raise InvalidInputError(
                "bad_size",
                Text(f"--as-of 写法不对：{word!r}", f"not a log and a size: {word!r}"),
                Text(
                    "请写成 usage=1000，日志名见 suanquan log list",
                    "write it like usage=1000; see suanquan log list",
                ),
            )
        sizes[log] = int(size)
    return sizes


@click.command(
    epilog="""\b
Examples:
  suanquan usage
  suanquan usage --by enterprise,month --month 2022-07 --json
  suanquan usage --by day,resource --enterprise 91420100MA4K2XY18X
  suanquan usage --as-of usage=20000"""
)
@click.option("--by", default="enterprise,month", show_default=True, help=", ".join(DIMENSIONS))
@click.option("--enterprise", help="Only this credit code.")
@click.option("--month", help="Only this month, such as 2022-07.")
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@answers
def usage(
    shell: Shell, by: str, enterprise: str | None, month: str | None, as_of: tuple[str, ...]
) -> Result:
    """Sum usage exactly, in unit-seconds, ordered by the columns shown."""
    chosen = [name.strip() for name in by.split(",") if name.strip()]
    for name in chosen:
        if name not in DIMENSIONS:
            raise InvalidInputError(
                "bad_dimension",
                Text(f"不能按 {name!r} 汇总", f"cannot sum by {name!r}"),
                Text(f"可选：{', '.join(DIMENSIONS)}", f"choose from {', '.join(DIMENSIONS)}"),
            )
    snapshot = snapshot_at(shell, parse_sizes(as_of))
    wanted = parse_month(month) if month else ""
    days = [
        (key, quantity)
        for code, rows in snapshot.usage.items()
        if enterprise in (None, code)
        for key, quantity in rows
        if key[3].startswith(wanted)
    ]
    grouped = _sum(snapshot.book, days, chosen)
    total = _sum(snapshot.book, days, [])
    data = {
        "rows": grouped,
        "total": total,
        "as_of": [{"log": head.name, "size": head.size} for head in snapshot.heads],
    }
    return Result(data, _table(shell, grouped, total) if grouped else _empty(shell))


def snapshot_at(shell: Shell, sizes: dict[LogName, int]) -> Snapshot:
    """Return the ledger as it stands, or as it was at the sizes named."""
    # An earlier state is folded from the entries, which only an auditor may see.
    with shell.auditing() if sizes else shell.reading() as connection:
        current = read_snapshot(connection)
        if not sizes:
            return current
        heads = read_heads(connection)
        require_sizes({name: head.size for name, head in heads.items()}, sizes)
        seen = {name: size for name, size in sizes.items() if name in current.sizes}
        return next(replay_snapshots(connection, [{**current.sizes, **seen}]))


def require_sizes(current: Sizes, wanted: Sizes) -> None:
    """Raise `InvalidInputError` (`size_beyond_head`) for a size that a log has not reached."""
    for log, size in wanted.items():
        if size > current.get(log, 0):
            raise InvalidInputError(
                "size_beyond_head",
                Text(f"{log} 只有 {current.get(log, 0)} 条", f"{log} has {current.get(log, 0)}"),
                Text("大小见 suanquan log list", "see suanquan log list for the sizes"),
            )


def _sum(book: Book, days: list[tuple[DayKey, int]], by: list[str]) -> list[Row]:
    """Return quantities summed by dimensions and by resource, in order."""
    total: dict[tuple[tuple[str, str], ...], int] = {}
    for (enterprise, contract, resource, day), quantity in days:
        values = {
            "enterprise": enterprise,
            "month": day[:7],
            "day": day,
            "resource": resource,
            "contract": contract,
        }
        key = tuple((name, values[name]) for name in (*by, "resource"))
        total[key] = total.get(key, 0) + quantity
    return [_row(book, dict(key), quantity) for key, quantity in sorted(total.items())]


def _row(book: Book, key: Row, quantity: int) -> Row:
    """Return one row: the enterprise brings its name, the resource its unit."""
    row: Row = {}
    for name, value in key.items():
        row[name] = value
        if name == "enterprise":
            row["name"] = book.account(value).name
    listed = book.resources.get(key["resource"])
    unit = _UNITS[listed.unit] if listed else "unit_second"
    return row | {"unit": unit, "quantity": render_quantity(quantity)}


def _table(shell: Shell, rows: list[Row], total: list[Row]) -> Table:
    """Return the rows and the totals as a table: a name stands for its code, a day for its month.

    Names and identifiers fold, nothing else does.
    """
    implied = {code for code, name in (("enterprise", "name"), ("month", "day")) if name in rows[0]}
    columns = [name for name in rows[0] if name not in implied]
    table = Table()
    for name in columns:
        folds = name in {"name", "resource", "contract"}
        right = name == "quantity"
        table.add_column(
            shell.say(TITLES[name]),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=not folds,
        )
    for row in rows:
        table.add_row(*_cells(shell, row, columns))
    table.add_section()
    label = shell.say(Text("合计", "total"))
    for row in total:
        cells = _cells(shell, row, columns)
        cells[0] = f"{label} {cells[0]}".rstrip()
        table.add_row(*cells, style="bold")
    return table


def _cells(shell: Shell, row: Row, columns: list[str]) -> list[str]:
    """Return a row's cells: the unit in words, the quantity with thousands separators."""
    told = {"unit": shell.say(UNITS[row["unit"]]), "quantity": separate_thousands(row["quantity"])}
    return [(row | told).get(name, "") for name in columns]


def _empty(shell: Shell) -> str:
    """Return what to say when there is nothing, and the next step."""
    return shell.say(
        Text(
            "没有符合条件的用量。可用 suanquan ingest file 导入，或放宽筛选条件。",
            "No usage matches. Import some with suanquan ingest file, or ask for less.",
        )
    )
