"""`suanquan calendar`: the working days of each year, adopted from the State Council's notice.

Public notices are counted by these calendars; a year without one is refused, never guessed.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group
from rich.table import Table

from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.events import CalendarAdopted
from ledger.period import day_of, parse_date
from ledger.read import read_heads
from ledger.text import Text
from portal.acting import Act, acting
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.calendar import (
    DOCUMENTS,
    CalendarFile,
    Days,
    differing,
    last_published,
    parse_calendar,
    published,
)
from vouchers.claims.calendar import working_days
from vouchers.reading import read_rules

Row = dict[str, Any]

_FORM: Final = (
    '{"year": 2027, "document": "国办发明电〔…〕…号", "off": ["2027-01-01"], "worked": []}'
)


@click.group()
def calendar() -> None:
    """Adopt each year's working days, by which public notices are counted."""


@calendar.command(
    epilog=f"""\b
Examples:
  suanquan calendar adopt 2026
  suanquan calendar adopt 2027 --file 2027.json --evidence notice.pdf
A file lists holidays from Monday to Friday, and days of weekends that are worked:
  {_FORM}"""
)
@click.argument("year", type=int)
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with the days, for a year that is not built in or a change of one.",
)
@click.option("--document", metavar="NUMBER", help="The number of the State Council's notice.")
@click.option(
    "--evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The paper of the notice: its SHA-256 is recorded.",
)
@click.option("--on", "on", metavar="DATE", help="The day of the decision (default: today).")
@answers
def adopt(
    shell: Shell,
    *,
    year: int,
    path: Path | None,
    document: str | None,
    evidence: Path | None,
    on: str | None,
) -> Result:
    """Let a year's working days be these from now on.

    Adopting the same again changes nothing. Periods that were counted before keep their last day.
    """
    written = parse_calendar(path.read_bytes()) if path else None
    days = _days(year, written)
    named = document or (written and written.document) or DOCUMENTS.get(year, "")
    if on is not None:
        parse_date(on)
    with acting(shell, anonymous=True) as act:
        before = _read(act.connection).get(year)
        made = adopted(act, days, _require_document(year, named), on, evidence)
        now = _record(act, before, made)
    changed = differing(before, now) if before else []
    _warn(shell, days, changed)
    data = {
        **_row(now),
        "off": list(now.off),
        "worked": list(now.worked),
        "changed": changed,
        "recorded": int(now is made),
    }
    told = (
        Text(f"已采纳 {year} 年工作日历。", f"Adopted the calendar of {year}.")
        if now is made
        else Text("账本已采纳，未作改动。", "Adopted already: nothing was changed.")
    )
    return Result(data, Group(_months(shell, now), shell.say(told)))


def adopted(
    act: Act, days: Days, document: str, on: str | None = None, evidence: Path | None = None
) -> CalendarAdopted:
    """Return the adoption of a year's calendar by whoever acts."""
    return CalendarAdopted(
        year=days.year,
        off=days.off,
        worked=days.worked,
        document=document,
        digest=days.digest,
        adopted_on=on or day_of(act.at_ms),
        at=act.at,
        evidence_sha256=hashlib.sha256(evidence.read_bytes()).hexdigest() if evidence else None,
        recorded_by=act.name,
    )


@calendar.command("list", epilog="Example:  suanquan calendar list --json")
@answers
def list_(shell: Shell) -> Result:
    """List the years whose calendar is adopted, in order."""
    with shell.reading() as connection:
        rows = [_row(one) for _, one in sorted(_read(connection).items())]
    if not rows:
        none = Text(
            "还没有工作日历。可用 suanquan calendar adopt 采纳。",
            "There are no calendars. Adopt one with suanquan calendar adopt.",
        )
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    for title, folds in (
        (Text("年度", "year"), False),
        (Text("工作日", "working days"), False),
        (Text("依据", "notice"), True),
        (Text("采纳日期", "adopted on"), False),
    ):
        table.add_column(shell.say(title), overflow="fold", no_wrap=not folds)
    for row in rows:
        shown = ("year", "working_days", "document", "adopted_on")
        table.add_row(*(str(row[name]) for name in shown))
    return Result({"rows": rows}, table)


@calendar.command("show", epilog="Example:  suanquan calendar show 2026")
@click.argument("year", type=int)
@answers
def show(shell: Shell, year: int) -> Result:
    """Show a year's adopted calendar, month by month."""
    with shell.reading() as connection:
        found = _read(connection).get(year)
    if found is None:
        raise InvalidInputError(
            "no_calendar",
            Text(f"{year} 年工作日历尚未采纳", f"no calendar of {year} is adopted"),
            Text(
                f"请运行 suanquan calendar adopt {year}",
                f"adopt it: suanquan calendar adopt {year}",
            ),
        )
    data = {**_row(found), "off": list(found.off), "worked": list(found.worked)}
    told = Text(
        f"依据：{found.document}；{found.adopted_on} 采纳；摘要 {found.digest}",
        f"By {found.document}; adopted on {found.adopted_on}; digest {found.digest}",
    )
    return Result(data, Group(_months(shell, found), shell.say(told)))


def _days(year: int, written: CalendarFile | None) -> Days:
    """Return the days of a year: those of a file, else those that are built in.

    Raises `InvalidInputError`: `other_year`, `not_published`.
    """
    if written is not None and written.year != year:
        raise InvalidInputError(
            "other_year",
            Text(f"文件是 {written.year} 年的，不是 {year} 年", f"the file is of {written.year}"),
            Text(
                f"请采纳 {written.year} 年，或更正文件", f"adopt {written.year}, or mend the file"
            ),
        )
    days = written.days if written else published(year)
    if days is None:
        last = last_published()
        raise InvalidInputError(
            "not_published",
            Text(
                f"没有内置 {year} 年的放假安排（内置至 {last} 年）",
                f"{year} is not built in; the last year that is: {last}",
            ),
            Text(
                f"请照国务院办公厅通知写成 JSON 并以 --file 给出：{_FORM}",
                f"write the State Council's notice as JSON and give it with --file: {_FORM}",
            ),
        )
    return days


def _require_document(year: int, document: str) -> str:
    """Return the notice's number; raises `InvalidInputError` (`no_document`) without one."""
    if document:
        return document
    raise InvalidInputError(
        "no_document",
        Text(f"没有 {year} 年放假通知的文号", f"the notice for {year} has no number"),
        Text(
            "请用 --document 写明，如 国办发明电〔2025〕7号",
            "give it with --document, such as 国办发明电〔2025〕7号",
        ),
    )


def _record(act: Act, before: CalendarAdopted | None, made: CalendarAdopted) -> CalendarAdopted:
    """Return the calendar that counts from now on, recorded unless it does already."""
    same = (
        before is not None
        and (before.digest, before.document) == (made.digest, made.document)
        and made.evidence_sha256 in (None, before.evidence_sha256)
    )
    if before is not None and same:
        return before
    act.record(made)
    return made


def _warn(shell: Shell, days: Days, changed: list[str]) -> None:
    """Tell which days are otherwise than before, or than the calendar that is built in."""
    if changed:
        shown = " ".join(changed)
        shell.warn(
            Text(
                f"与此前采纳的不同：{shown}；已算定的公示期限不变",
                f"otherwise than adopted before: {shown}; periods counted before stay",
            )
        )
    known = published(days.year)
    if known is not None and known != days:
        shown = " ".join(differing(known, days))
        shell.warn(
            Text(
                f"与内置的 {days.year} 年安排不同：{shown}，请核对",
                f"otherwise than built in for {days.year}: {shown}; check them",
            )
        )


def _read(connection: Connection) -> dict[int, CalendarAdopted]:
    """Return the adopted calendars by year."""
    size = read_heads(connection)["book"].size
    return read_rules(connection, size).calendars


def _row(adopted: CalendarAdopted) -> Row:
    """Return a calendar's keys of the command line."""
    return {
        "year": adopted.year,
        "document": adopted.document,
        "digest": adopted.digest,
        "working_days": len(working_days(adopted)),
        "adopted_on": adopted.adopted_on,
        "recorded_by": adopted.recorded_by,
    }


def _months(shell: Shell, adopted: CalendarAdopted) -> Table:
    """Return a year's months with their holidays, worked weekend days and number of days."""
    table = Table()
    for title in (
        Text("月份", "month"),
        Text("放假（周一至周五）", "off, Monday to Friday"),
        Text("调休上班", "worked weekend days"),
    ):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("工作日", "working days")), justify="right", no_wrap=True)
    counted = working_days(adopted)
    for number in range(1, 13):
        month = f"{adopted.year:04d}-{number:02d}"
        off, worked = (
            " ".join(day[-2:] for day in days if day.startswith(month))
            for days in (adopted.off, adopted.worked)
        )
        table.add_row(month, off, worked, str(sum(day.month == number for day in counted)))
    return table
