"""`suanquan programme simulate`: what other rules would have cost over the ledger's history."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from ledger.crew import by_crew
from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.head import Head
from ledger.period import months_between, parse_month
from ledger.read import decisive, read_heads
from ledger.text import Text
from portal.commands.impact_view import notes, show_impact
from portal.commands.programme_file import load_programme
from portal.options import answers
from portal.out_file import write_out
from portal.shell import Result, Shell
from reports.drawing import render_png, render_svg
from reports.fonts import CACHE, load
from reports.impact_chart import draw_impact
from reports.reading import read_book, read_enterprises
from vouchers.adoption import programmes_of, rules_of
from vouchers.amend import change_programmes
from vouchers.book import Book
from vouchers.catalogue import hash_catalogue
from vouchers.change import Change, parse_change
from vouchers.impact import Enterprises, Impact, Simulation, cut_into_runs, render_impact
from vouchers.programme import Programme
from vouchers.rule_changes import find_differences, render_difference
from vouchers.what_if import months_of

MONTHS_MAX: Final = 120
"""Ten years: a wrong century in an option must not run for a day."""

# A process takes a second to start, in which some two hundred enterprises are decided.
_WORTH_A_PROCESS: Final = 200


@click.command(
    "simulate",
    epilog="""\b
Examples:
  suanquan programme simulate --change examples/rules/change.toml
  suanquan programme simulate --change cap.toml --month-from 2022-01 --month-to 2022-12 --json
  suanquan programme simulate --change cap.toml --chart impact.svg""",
)
@click.option("--change", "change_file", type=click.Path(path_type=Path), required=True)
@click.option(
    "--month-from", metavar="MONTH", help="First month (default: first service invoiced)."
)
@click.option("--month-to", metavar="MONTH", help="Last month (default: last service invoiced).")
@click.option("--chart", type=click.Path(path_type=Path), help="Draw it into a .png or .svg file.")
@click.option(
    "--processes", type=click.IntRange(1, 256), help="Work so wide (default: every processor)."
)
@answers
def simulate(
    shell: Shell,
    *,
    change_file: Path,
    month_from: str | None,
    month_to: str | None,
    chart: Path | None,
    processes: int | None,
) -> Result:
    """Compare the budget under the rules as they are and after a change.

    A programme file that the change names is run as Python: take none from a stranger.
    """
    _require_picture(chart)
    change = parse_change(change_file.read_bytes())
    wanted = month_from, month_to
    made = measure(shell, change, wanted, change_file.parent, processes=processes)
    impact = made.impact
    data = {
        "title": shell.say(change.title),
        **impact_of(shell, made),
        "chart": str(chart) if chart else None,
    }
    if chart is not None:
        _draw(shell, change, impact, data, chart)
    return Result(data, show_impact(shell, change, impact, data))


class Measured(NamedTuple):
    """The impact of a change, of which log sizes, and whether some enterprise was made up."""

    impact: Impact
    heads: tuple[Head, ...]
    is_synthetic: bool


def impact_of(shell: Shell, made: Measured) -> dict[str, Any]:
    """Return the command line's keys of what was measured."""
    sets = made.impact.programmes
    return {
        **render_impact(made.impact, shell.language),
        "changes": [render_difference(one, shell.language) for one in find_differences(*sets)],
        "rules": {"before": hash_catalogue(sets[0]), "after": hash_catalogue(sets[1])},
        "synthetic": made.is_synthetic,
        "as_of": [{"log": head.name, "size": head.size} for head in made.heads],
    }


def measure(
    shell: Shell,
    change: Change,
    wanted: tuple[str | None, str | None],
    directory: Path | None = None,
    *,
    processes: int | None = None,
    months_max: int = MONTHS_MAX,
) -> Measured:
    """Return the impact of a change over the months from one through another.

    Programme files that it names lie in a directory; without one it may name none. Raises
    `InvalidInputError`: what `change_programmes` does, `bad_month`, `bad_range`,
    `nothing_to_simulate`.
    """
    assert directory is not None or not change.added, change
    with shell.reading() as connection:
        heads = decisive(read_heads(connection))
        book = read_book(connection, heads["book"])
        before = programmes_of(rules_of(book))
        sets = before, _after(change, before, directory or Path())
        months = _months(book, *wanted, months_max)
        simulation = Simulation(book.without_accounts(), months, sets)
        width = processes or _count_processes(len(book.accounts))
        impact = _run(shell, connection, book, simulation, width)
    return Measured(impact, tuple(heads.values()), _is_synthetic(book))


def _run(
    shell: Shell, connection: Connection, book: Book, simulation: Simulation, processes: int
) -> Impact:
    """Return the impact on all enterprises, of which each process has a run in hand."""
    impact = Impact(simulation.months, simulation.programmes)
    runs = cut_into_runs(read_enterprises(connection, book))
    parts = (
        by_crew(simulation.work, processes, runs, _name)
        if processes > 1
        else (simulation.work(run) for run in runs)
    )
    what = Text("逐家企业逐月测算", "deciding, month by month")
    with closing(parts), shell.progress(what, len(book.accounts)) as step:
        for part in parts:
            impact.join(part)
            step(part.enterprises)
    return impact


def _name(run: Enterprises) -> str:
    """Return what a run of enterprises is called in an error."""
    return f"{run[0][0].credit_code} … {run[-1][0].credit_code}"


def _count_processes(enterprises: int) -> int:
    """Return how many processes are worth their start, up to one for each processor."""
    return max(1, min(len(os.sched_getaffinity(0)), enterprises // _WORTH_A_PROCESS))


def _after(change: Change, before: tuple[Programme, ...], directory: Path) -> tuple[Programme, ...]:
    """Return the programmes after the change; the files that it names lie beside its own."""
    added = [load_programme(directory / name) for name in change.added]
    return change_programmes(change, before, added)


def _months(book: Book, first: str | None, last: str | None, months_max: int) -> tuple[str, ...]:
    """Return the months asked for, by default those of the services invoiced.

    Raises `InvalidInputError`: `bad_month`, `bad_range`, `nothing_to_simulate`.
    """
    known = months_of(book)
    if known is None:
        raise InvalidInputError(
            "nothing_to_simulate",
            Text("账本中没有发票，无从测算", "the ledger has no invoice to refund"),
            Text("可先运行 suanquan demo，或登记发票", "run suanquan demo, or record invoices"),
        )
    begin = parse_month(first) if first else known[0]
    end = parse_month(last) if last else max(known[1], begin)
    months = tuple(months_between(begin, end))
    if not 0 < len(months) <= months_max:
        raise bad_range(begin, end, months_max)
    return months


def bad_range(begin: str, end: str, months_max: int) -> InvalidInputError:
    """Return the refusal of months in the wrong order, or of too many."""
    return InvalidInputError(
        "bad_range",
        Text(f"月份范围不对：{begin} 至 {end}", f"not a range of months: {begin} to {end}"),
        Text(
            f"--month-from 不晚于 --month-to，且不超过 {months_max} 个月",
            f"--month-from comes first, and {months_max} months are the most",
        ),
    )


def _require_picture(chart: Path | None) -> None:
    """Raise before the work begins where the chart could not be drawn after it."""
    if chart is not None and chart.suffix.lower() not in {".png", ".svg"}:
        raise InvalidInputError(
            "bad_chart",
            Text(f"图表文件名不对：{str(chart)!r}", f"not a file name of a chart: {str(chart)!r}"),
            Text("请以 .png 或 .svg 结尾", "let it end in .png or .svg"),
        )
    if chart is not None and not chart.parent.is_dir():
        raise InvalidInputError(
            "bad_chart",
            Text(f"没有目录 {str(chart.parent)!r}", f"there is no directory {str(chart.parent)!r}"),
            Text("请先建立目录", "make it first"),
        )


def _is_synthetic(book: Book) -> bool:
    """Return whether some enterprise of the ledger was made up."""
    return any(one.registered and one.registered.synthetic for one in book.accounts.values())


def _draw(shell: Shell, change: Change, impact: Impact, data: dict[str, Any], path: Path) -> None:
    """Draw the chart into a file."""
    with shell.progress(Text("准备字体", "preparing fonts")):
        fonts = load(CACHE)
    drawing = draw_impact(impact, change.title, notes(impact, data), fonts, shell.language)
    render = render_svg if path.suffix.lower() == ".svg" else render_png
    write_out(path, render(drawing, fonts))
