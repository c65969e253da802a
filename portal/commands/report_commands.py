"""`suanquan report month`: a centre's month at a glance, on the screen and as files."""

from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group, RenderableType
from rich.table import Table

from ledger.money import render_decimal, render_yuan
from ledger.period import last_day, parse_month
from ledger.text import Language, Text
from ledger.usage import render_quantity
from portal.commands.reconcile_command import require_ending, sum_row
from portal.commands.totals_command import totals
from portal.commands.usage_command import parse_sizes, snapshot_at
from portal.options import answers
from portal.out_file import write_out
from portal.shell import Result, Shell
from reports.analysis import ENTERPRISE, NO_LEVEL, SUMS, TOTAL, converted, month_sheets
from reports.compute import convert
from reports.drawing import render_png, render_svg
from reports.fonts import CACHE, load
from reports.month import Month, make_month
from reports.month_chart import draw_month
from reports.sheets import ColumnChart, render_xlsx
from vouchers.book import Book
from vouchers.names import LEVELS

ENDINGS: Final = {".xlsx", ".png", ".svg"}


@click.group()
def report() -> None:
    """Look at a centre's month; hold usage against totals published elsewhere."""


report.add_command(totals)


@report.command(
    "month",
    epilog="""\b
Examples:
  suanquan report month --month 2022-07 --cards 512
  suanquan report month --month 2022-07 --out july.xlsx --out july.png""",
)
@click.option("--month", required=True, help="Such as 2022-07.")
@click.option("--cards", type=click.IntRange(1, 10**7), help="How many accelerators there are.")
@click.option("--top", type=click.IntRange(1, 50), default=10, show_default=True, metavar="N")
@click.option(
    "--out",
    "outs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Write it into an .xlsx file with a chart, or draw it into a .png or .svg file.",
)
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@answers
def month_(
    shell: Shell,
    *,
    month: str,
    cards: int | None,
    top: int,
    outs: tuple[Path, ...],
    as_of: tuple[str, ...],
) -> Result:
    """Show a month at a glance: use, top users, charges, payments, refunds by level.

    The ledger does not know how many accelerators a centre has: give --cards for the utilisation.
    """
    month = parse_month(month)
    for path in outs:
        require_ending(path, ENDINGS)
    snapshot = snapshot_at(shell, parse_sizes(as_of))
    made = make_month(snapshot, month, cards, top)
    for path in outs:
        _write(shell, snapshot.book, made, path)
    data = _data(snapshot.book, made)
    data["as_of"] = [{"log": head.name, "size": head.size} for head in snapshot.heads]
    data["files"] = [str(path) for path in outs]
    return Result(data, _show(shell, snapshot.book, made))


def render_workbook(book: Book, made: Month, language: Language) -> bytes:
    """Return a month as a workbook with a chart of its days."""
    title = Text(f"{made.month} 每日加速卡用量（卡时）", f"Card-hours by day, {made.month}")
    chart = ColumnChart(title.render(language), 0, 1)
    sheets = month_sheets(book, made, language)
    return render_xlsx(sheets, last_day(made.month), TOTAL.render(language), chart)


def _write(shell: Shell, book: Book, made: Month, path: Path) -> None:
    """Write a month into a file of the kind that its name says."""
    if path.suffix.lower() == ".xlsx":
        write_out(path, render_workbook(book, made, shell.language))
        return
    with shell.progress(Text("准备字体", "preparing fonts")):
        fonts = load(CACHE)
    drawing = draw_month(book, made, _notes(made), fonts, shell.language)
    render = render_svg if path.suffix.lower() == ".svg" else render_png
    write_out(path, render(drawing, fonts))


def _data(book: Book, made: Month) -> dict[str, Any]:
    """Return a month as keys of the command line."""
    share = made.utilisation
    return {
        "month": made.month,
        "cards": made.cards,
        "utilisation": None if share is None else render_decimal(share, 6),
        "accelerator_card_seconds": render_quantity(made.accelerators),
        "usage": [
            {"resource": code, "name": _name(book, code), **_quantity(book, code, quantity)}
            for code, quantity in made.resources
        ],
        "days": [
            {"day": day, "resource": code, **_quantity(book, code, quantity)}
            for (day, code), quantity in made.days
        ],
        "users": [
            {
                "enterprise": one.enterprise,
                "name": book.account(one.enterprise).name,
                "unit": "card_second",
                "quantity": render_quantity(one.quantity),
                "metered_fen": one.charged_fen,
            }
            for one in made.users
        ],
        "rows": [sum_row(book, one) for one in made.sums],
        "total": {name: made.total_fen(name) for name in SUMS},
        "unrated": made.unrated,
        "refunds": [one._asdict() for one in made.levels],
        "notes": [{"code": code} for code in missing_in(made)],
    }


def _quantity(book: Book, resource: str, quantity: int) -> dict[str, str]:
    listed = book.resources.get(resource)
    unit = f"{listed.unit}_second" if listed else "unit_second"
    return {"unit": unit, "quantity": render_quantity(quantity)}


def _name(book: Book, resource: str) -> str:
    listed = book.resources.get(resource)
    return listed.name if listed else resource


def missing_in(made: Month) -> list[str]:
    """Return what a reader must know that the figures do not say."""
    found = []
    if made.cards is None:
        found.append("no_capacity")
    elif (made.utilisation or 0) > 1:
        found.append("beyond_capacity")
    if made.unrated:
        found.append("unrated")
    if any(one.unexplained_fen for one in made.sums):
        found.append("unexplained")
    if made.is_synthetic:
        found.append("synthetic")
    return found


def _notes(made: Month) -> list[Text]:
    """Return the sentences below the figures."""
    told = {
        "no_capacity": Text(
            "账本没有加速卡总数，利用率未列；可用 --cards 给出。",
            "The ledger does not know how many accelerators there are, so that no utilisation is"
            " shown; give it with --cards.",
        ),
        "beyond_capacity": Text(
            f"用量超过 {made.cards} 张卡的全部时间，请核对 --cards。",
            f"More was used than {made.cards} cards have time; check --cards.",
        ),
        "unrated": Text(
            f"有 {made.unrated} 项用量没有适用的单价，未计入金额；详见 suanquan reconcile。",
            f"No price applies to {made.unrated} items of usage, which are in no amount; see"
            " suanquan reconcile.",
        ),
        "unexplained": Text(
            "开票与计量有原因不明的差异，详见 suanquan reconcile。",
            "Invoiced and metered differ without an explanation; see suanquan reconcile.",
        ),
        "synthetic": Text(
            "所用的企业名称、合同与单价有演示用的合成数据。",
            "Some enterprises, contracts and prices are synthetic.",
        ),
    }
    how = Text(
        "用量按北京时间计日；开票与付款按服务期间归入各月。使用与支付按其日期。",
        "Days are Beijing time; invoices and payments belong to the months of their service, draws"
        " and refunds to their own day.",
    )
    capacity = Text(
        f"利用率按 {made.cards} 张加速卡全月计。", f"Utilisation is of {made.cards} cards."
    )
    return [*([capacity] if made.cards else []), *(told[code] for code in missing_in(made)), how]


def _show(shell: Shell, book: Book, made: Month) -> Group:
    """Return the month as tables for the screen, and the notes."""
    sums = Table(title=made.month, title_justify="left", show_header=False)
    sums.add_column("")
    sums.add_column("", justify="right", no_wrap=True)
    for code, quantity in made.resources:
        units, unit = converted(book, code, quantity)
        sums.add_row(_name(book, code), f"{render_decimal(units, 2)} {shell.say(unit)}")
    if made.utilisation is not None:
        share = render_decimal(made.utilisation * 100, 2)
        sums.add_row(shell.say(Text("加速卡利用率", "Utilisation")), f"{share} %")
    for name, title in SUMS.items():
        sums.add_row(shell.say(title), render_yuan(made.total_fen(name)))
    notes = [shell.say(one) for one in _notes(made)]
    return Group(sums, *_tables(shell, book, made), *notes)


def _tables(shell: Shell, book: Book, made: Month) -> list[RenderableType]:
    """Return the largest users and the refunds by level as tables."""
    users = Table()
    users.add_column(shell.say(ENTERPRISE), overflow="fold")
    for title in (Text("卡时", "Card-hours"), SUMS["metered_fen"]):
        users.add_column(shell.say(title), justify="right", no_wrap=True)
    for one in made.users:
        hours = render_decimal(convert("card_hour", one.quantity), 2)
        users.add_row(book.account(one.enterprise).name, hours, render_yuan(one.charged_fen))
    levels = Table()
    levels.add_column(shell.say(Text("级次", "Level")), no_wrap=True)
    for title in (
        Text("已使用（元）", "Drawn, CNY"),
        Text("已付（元）", "Paid, CNY"),
        Text("追回（元）", "Recovered, CNY"),
    ):
        levels.add_column(shell.say(title), justify="right", no_wrap=True)
    for level in made.levels:
        name = shell.say(LEVELS[level.level] if level.level else NO_LEVEL)
        levels.add_row(name, *map(render_yuan, level[1:]))
    return [users, levels] if made.users else [levels]
