"""`suanquan programme adopt` and `adopted`: which rules apply in this ledger, from when on."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group
from rich.table import Table

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.period import day_of, parse_date
from ledger.read import read_events, read_heads
from ledger.text import Text
from portal.acting import Act, acting
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.adoption import (
    Decided,
    Rules,
    adopt,
    as_adopted,
    compare_values,
    find_differences,
    rules_of,
)
from vouchers.book import Book
from vouchers.catalogue import select_programmes
from vouchers.names import LEVELS
from vouchers.programme import Programme, encode_version, hash_version

CHANGES: Final = {
    "new": Text("新增", "new"),
    "same": Text("未变", "the same"),
    "ended": Text("已设止期", "has a last day now"),
    "changed": Text("取值有变", "its values changed"),
    "gone": Text("不再适用", "applies no more"),
}

Row = dict[str, Any]


@click.command(
    "adopt",
    epilog="""\b
Examples:
  suanquan programme adopt --all
  suanquan programme adopt wuhan --on 2026-03-01 --decided-by 市科技创新局 --evidence notice.pdf""",
)
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "everything", is_flag=True, help="Every programme that there is.")
@click.option("--on", "on", metavar="DATE", help="The day of the decision (default: today).")
@click.option("--decided-by", default="", metavar="BODY", help="The body that decided.")
@click.option(
    "--evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The paper of the decision: its SHA-256 is recorded.",
)
@answers
def adopt_(shell: Shell, ids: tuple[str, ...], *, everything: bool, **paper: Any) -> Result:  # noqa: ANN401 - the options
    """Let programmes apply in this ledger from now on, as they are now.

    Adopting the same again changes nothing. What was decided before stays as it was.
    """
    if everything == bool(ids):
        raise InvalidInputError(
            "no_programme",
            Text(f"同时给出 {' '.join(ids)} 与 --all", f"both {' '.join(ids)} and --all")
            if ids
            else Text("没有指明项目", "no programme is named"),
            Text(
                "请列出项目（见 suanquan programme list），或只用 --all",
                "name programmes (see suanquan programme list), or --all alone",
            ),
        )
    chosen = select_programmes(ids)
    with acting(shell, anonymous=True) as act:
        book = read_book(act)
        before = rules_of(book)
        rows = [row for one in chosen for row in _rows(one, before, book)]
        adopt_programmes(act, book, chosen, **paper)
        for event in act.events:
            book.apply(event)
        after = rules_of(book)
        ceased = _ceased(before, after, book)
        recorded = len(act.events)
    _warn(shell, rows, ceased)
    data = {"rows": rows, "recorded": recorded, "ceased": ceased, "hash": after.hash}
    return Result(data, Group(_changes(shell, rows), shell.say(_told(recorded))))


def adopt_programmes(
    act: Act,
    book: Book,
    chosen: Iterable[Programme],
    *,
    on: str | None = None,
    decided_by: str = "",
    evidence: Path | None = None,
) -> None:
    """Record the adoption of programmes that the book has not as they are."""
    if on is not None:
        parse_date(on)
    digest = hashlib.sha256(evidence.read_bytes()).hexdigest() if evidence else None
    decided = Decided(on or day_of(act.at_ms), act.at, decided_by, digest, act.name)
    for one in chosen:
        made = adopt(one, book, decided)
        if made is not None:
            act.record(made)


def read_book(act: Act) -> Book:
    """Return the book as it stands still in an act."""
    size = read_heads(act.connection)["book"].size
    return Book(event for _, event in read_events(act.connection, "book", 0, size))


def _rows(programme: Programme, before: Rules, book: Book) -> Iterator[Row]:
    """Yield each version of a programme with what its adoption changes."""
    pins = {
        pin.version: pin.hash
        for one in before.ruled
        if one.programme == programme.id
        for pin in one.versions
    }
    for version in programme.versions:
        was, now = pins.pop(version.id, None), hash_version(programme, version)
        change, values = "changed", list[Row]()
        if was is None:
            change = "new"
        elif was == now:
            change = "same"
        elif as_adopted(programme, version, was) is not None:
            change = "ended"
        if was != now and was in book.values:
            text = encode_version(programme, version).decode()
            values = [one._asdict() for one in compare_values(book.values[was], text)]
        yield _row(programme, version.id, change, was, now) | {"values": values}
    for version_id, was in pins.items():
        yield _row(programme, version_id, "gone", was, None) | {"values": []}


def _row(
    programme: Programme, version_id: str, change: str, was: str | None, now: str | None
) -> Row:
    """Return a version's keys of the command line."""
    return {
        "programme": programme.id,
        "level": programme.level,
        "version": version_id,
        "change": change,
        "was": was,
        "hash": now,
    }


def _ceased(before: Rules, after: Rules, book: Book) -> list[str]:
    """Return the programmes that apply no more, now that the founding set was replaced.

    Raises `RuleViolationError` (`still_in_use`) where somebody has had a voucher of one.
    """
    kept = {one.programme for one in after.ruled}
    ceased = [one.programme for one in before.ruled if one.programme not in kept]
    granted = {programme for one in book.accounts.values() for programme, _ in one.granted}
    used = [programme for programme in ceased if programme in granted]
    if used:
        shown = " ".join(used)
        raise RuleViolationError(
            "still_in_use",
            Text(
                f"首次采纳未列 {shown}，而账本已发放其额度，采纳后将不再适用",
                f"{shown}: granted in this ledger, and not among the first that it adopts",
            ),
            Text(f"请一并列出：{shown}", f"name them in the same command: {shown}"),
        )
    return ceased


def _warn(shell: Shell, rows: Sequence[Row], ceased: Sequence[str]) -> None:
    """Tell what an adoption leaves behind that nobody may have meant."""
    for row in rows:
        if row["change"] in {"changed", "gone"}:
            name = f"{row['programme']} {row['version']}"
            shell.warn(
                Text(
                    f"{name} 此前已采纳，取值已不同：此前的补贴结算单将无法照原样重制；"
                    "规则有变宜另立新版本",
                    f"{name} was adopted otherwise: subsidy statements of before can no longer be"
                    " made again; a new rule is better a new version",
                )
            )
    if ceased:
        shown = ", ".join(ceased)
        shell.warn(Text(f"不再适用：{shown}", f"no longer applied: {shown}"))


def _told(recorded: int) -> Text:
    """Return how many adoptions were recorded."""
    if not recorded:
        return Text("账本已采纳，未作改动。", "Adopted already: nothing was changed.")
    return Text(f"已记录 {recorded} 项采纳。", f"Recorded {recorded} adoptions.")


def _changes(shell: Shell, rows: Sequence[Row]) -> Table:
    """Return versions with what their adoption changes."""
    table = Table()
    for title, folds in (
        (Text("项目", "programme"), False),
        (Text("版本", "version"), False),
        (Text("变化", "change"), True),
        (Text("取值摘要", "hash of its values"), True),
    ):
        table.add_column(shell.say(title), overflow="fold", no_wrap=not folds)
    for row in rows:
        change = shell.say(CHANGES[row["change"]])
        values = [
            f"{one['path']}: {one['then'] or '–'} → {one['now'] or '–'}" for one in row["values"]
        ]
        shown = "\n".join([change, *values])
        table.add_row(row["programme"], row["version"], shown, row["hash"] or "–")
    return table


@click.command("adopted", epilog="Example:  suanquan programme adopted --json")
@answers
def adopted(shell: Shell) -> Result:
    """List the rules that apply in this ledger, and whether this program has them as adopted."""
    with shell.reading() as connection:
        size = read_heads(connection)["book"].size
        book = Book(event for _, event in read_events(connection, "book", 0, size))
    rules = rules_of(book)
    data = {**render_rules(rules, book), "founding": rules.founding}
    table = Table()
    for title, folds in (
        (Text("级别", "level"), False),
        (Text("项目", "programme"), False),
        (Text("版本", "version"), False),
        (Text("采纳日期", "adopted on"), False),
        (Text("取值摘要", "hash of its values"), True),
    ):
        table.add_column(shell.say(title), overflow="fold", no_wrap=not folds)
    for row in data["rows"]:
        mark = "✓" if row["same"] else "✗"
        level = shell.say(LEVELS[row["level"]])
        day = row["adopted_on"] or "–"
        table.add_row(level, row["programme"], row["version"], day, f"{mark} {row['hash']}")
    differing = [shell.say(one.tell()) for one in find_differences(rules, book.values)]
    founding = Text(
        "账本尚未采纳规则，适用创始三项目。",
        "Nothing adopted yet: the three founding ones apply.",
    )
    return Result(data, Group(table, *differing, *[shell.say(founding)] * rules.founding))


def render_rules(rules: Rules, book: Book) -> Row:
    """Return `{rows, hash}`: each version that applies, by level, and the hash over all."""
    differing = {(one.programme, one.version) for one in find_differences(rules, book.values)}
    papers = book.adopted
    return {
        "rows": [
            {
                "programme": one.programme,
                "level": one.level,
                "version": pin.version,
                "hash": pin.hash,
                "same": (one.programme, pin.version) not in differing,
                "adopted_on": papers[one.programme].adopted_on if one.programme in papers else None,
                "decided_by": papers[one.programme].decided_by if one.programme in papers else None,
            }
            for one in rules.ruled
            for pin in one.versions
        ],
        "hash": rules.hash,
    }
